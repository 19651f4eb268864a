//! The engine against scripted and real stations, under a virtual clock.

mod attacks;
mod channel;
mod costs;
mod countermeasures;
mod floods;
mod group_keys;
mod joining;
mod keeping;
#[allow(dead_code, reason = "the daemon needs all of it")]
#[path = "../../../../apd/src/profile.rs"]
mod profile;
mod reload;
mod world;
mod wpa3;
