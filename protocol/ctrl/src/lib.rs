//! The control interface of both daemons: commands, replies and events, as the originals' clients know them.
//!
//! Pure: datagrams in, values out, and back. A daemon answers each command in a function of its own.
//!
//! * [`StationCommand`]`::parse(datagram)` for the socket of a station's interface, [`GlobalStationCommand`] for the global one;
//!   [`ApCommand`] and [`GlobalApCommand`] for the access point. A command that does not exist is [`ParseError::Unknown`], one
//!   whose arguments are wrong [`ParseError::Invalid`]; [`ParseError::reply`] gives the answer to either.
//! * [`StationEvent`], [`ApEvent`]: `Display` is the text, `level()` the level; [`event::message`] the datagram
//!   (`<3>CTRL-EVENT-CONNECTED - …`), [`event::global_message`] the one for the global socket. [`Subscriber`] says whether a client
//!   that attached wants it.
//! * [`reply`]: the fixed answers and [`reply::Lines`] for `key=value` answers; flags and SSIDs as the originals show them.
//! * [`log`]: the words of `LOG_LEVEL`.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

pub mod ap;
mod args;
pub mod event;
pub mod log;
pub mod reply;
pub mod station;

pub use ap::{ApCommand, GlobalApCommand};
pub use event::{ApEvent, Level, StationEvent, Subscriber};
pub use log::LogLevel;
pub use station::{GlobalStationCommand, StationCommand};

/// Why a datagram is no command that can be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// There is no such command.
    Unknown,
    /// Its arguments are wrong.
    Invalid,
}

impl ParseError {
    /// The answer a client gets.
    pub const fn reply(self) -> &'static [u8] {
        match self {
            ParseError::Unknown => reply::UNKNOWN_COMMAND,
            ParseError::Invalid => reply::FAIL,
        }
    }
}

impl core::fmt::Display for ParseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ParseError::Unknown => "there is no such command",
            ParseError::Invalid => "the arguments of the command are wrong",
        })
    }
}

impl core::error::Error for ParseError {}

#[cfg(test)]
mod tests;
