//! Both machines under a virtual clock, alone and against each other.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it expects")]

mod attacks;
mod authenticator;
mod codec;
mod keys;
mod kit;
mod pairs;
mod radius;
mod supplicant;
