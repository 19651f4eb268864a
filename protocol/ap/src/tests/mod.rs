//! The engine against scripted and real stations, under a virtual clock.

mod attacks;
mod channel;
mod costs;
mod countermeasures;
mod floods;
mod group_keys;
mod joining;
mod keeping;
mod reload;
mod world;
mod wpa3;
