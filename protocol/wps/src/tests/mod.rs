//! What is tested without the world outside.

mod attacks;
mod codec;
mod foreign;
mod fragments;
mod kit;
mod link;
mod nfc;
mod pairs;
mod registration;
mod setup;
mod upnp;
