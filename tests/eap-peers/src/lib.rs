//! Our EAP, TLS and RADIUS machines on loopback, so that foreign programs can judge them and their speed can be compared.
//!
//! For tests only: each program serves one user and reads a file of `name=value` lines. Sockets, the clock and random
//! octets are here, which no crate under `protocol/` has.
//!
//! | file | what stands there |
//! |---|---|
//! | `config` | the lines |
//! | `material` | TLS endpoints of them |
//! | `served` | the server's side: users, methods, a RADIUS server's judge |
//! | `caller` | the peer's side: one conversation over a RADIUS client |
//! | `card` | the card of a mobile network, and its home, for programs that ask elsewhere |
//! | `surroundings` | clock and random octets |
#![forbid(unsafe_code)]

pub mod caller;
pub mod card;
pub mod config;
pub mod material;
pub mod served;
pub mod surroundings;

/// What a step gives; words for whoever runs the program.
pub type Outcome<T = ()> = Result<T, Box<dyn core::error::Error>>;

/// Octets as digits.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Digits as octets; `None` if they are none.
#[must_use]
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
