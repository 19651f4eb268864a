//! Both configuration languages: wpa_supplicant.conf and hostapd.conf.
//!
//! Pure: text in, values out; whoever reads the files hands their contents in. Each parameter is declared once, by a row of a table
//! ([`station::NETWORK_PARAMS`], [`station::GLOBAL_PARAMS`], [`ap::RADIO_PARAMS`], [`ap::BSS_PARAMS`] …), and from that row come its
//! parsing, range check, preset, `GET`, `SET`, its line in a saved file and in the manual, and the typed accessor by which it is
//! read: a parameter that nothing acts on has none, and whoever sets it is warned. Malformed values and unknown names are errors.
//! Both name file and line ([`Notice`]).
//!
//! * [`station::StationConfig`]`::parse(file, bytes)` → `globals`, `networks`, `creds`, `blobs`; `to_text()` is what SAVE_CONFIG writes.
//!   [`station::Network`]: `set(field, text)`, `get(field)` (secrets as `*`), and typed accessors such as `ssid()`, `psk()`, `key_mgmt()`.
//! * [`ap::ApConfig`]`::parse(file, bytes)` → `radio`, `bss`; `set(bss, name, text)`, `check()`, and typed accessors on
//!   [`ap::Radio`] and [`ap::Bss`].
//! * [`suites`]: sets of key management methods and ciphers. [`text`]: strings, hex and escapes in the originals' notation.
//!
//! A new parameter: a row with `=> TYPE` in its table, and a call of the accessor of that name where it acts.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

pub mod ap;
mod notice;
pub mod param;
pub mod station;
pub mod stored;
pub mod suites;
pub mod text;
mod value;
mod values;

pub use notice::{Notice, Rejected};
pub use suites::{AuthAlg, Ciphers, KeyMgmt, Proto};
pub use value::{SaePassword, Value};
pub use values::{Change, SetError, Values};
