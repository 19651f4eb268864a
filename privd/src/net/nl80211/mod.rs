//! nl80211: its numbers, requests as its messages, its answers and events as values.

pub(super) mod command;
pub(super) mod consts;
pub(super) mod event;
pub(super) mod parse;

#[cfg(test)]
mod tests;
