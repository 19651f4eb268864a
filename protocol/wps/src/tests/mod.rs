//! What is tested without the world outside.

mod kit;
mod registration;
