#![allow(clippy::wildcard_enum_match_arm, reason = "the scripted driver knows only what these flows need")]

mod ends;
mod fit;
mod pairs;
mod world;
