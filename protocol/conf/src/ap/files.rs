//! The files hostapd.conf names: station lists, keys and passwords for single stations. They are read by whoever owns the files;
//! their contents are taken apart here.

use crate::notice::Notice;
use crate::text;
use crate::value::SaePassword;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use crypto::{Pmk, Secret};
use wire::MacAddr;

/// A line of a station list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Whether the line takes an earlier one back.
    pub remove: bool,
    /// The station.
    pub address: MacAddr,
    /// Its VLAN; 0 for none.
    pub vlan: u32,
}

/// A key for one station or for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskEntry {
    /// The only station that may use it; `None` for any.
    pub address: Option<MacAddr>,
    /// The key.
    pub secret: PskSecret,
    /// Its name in events.
    pub keyid: Option<String>,
    /// The VLAN of stations that use it; 0 for none.
    pub vlan: u32,
    /// Whether WPS made it.
    pub wps: bool,
}

/// A key or what it is derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PskSecret {
    /// A passphrase.
    Passphrase(Secret),
    /// The key itself.
    Key(Secret),
}

impl PskSecret {
    /// The pairwise master key in a network of a name (IEEE Std 802.11-2020 J.4; 4096 rounds for a passphrase).
    pub fn pmk(&self, ssid: &wire::Ssid) -> Option<Pmk> {
        match self {
            PskSecret::Passphrase(passphrase) => Some(crypto::pbkdf2_psk(passphrase.as_bytes(), ssid.as_bytes())),
            PskSecret::Key(key) => Pmk::from_bytes(key.as_bytes()),
        }
    }
}

/// The lines of a file that say something, with their numbers.
fn lines(contents: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    contents.split(|b| *b == b'\n').zip(1..).filter_map(|(line, number)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (!line.is_empty() && !line.starts_with(b"#")).then_some((number, line))
    })
}

fn notice(file: &str, line: u32, text: impl Into<String>) -> Notice {
    Notice { file: file.to_string(), line, text: text.into() }
}

/// Reads the contents of an `accept_mac_file` or `deny_mac_file`: `[-]ADDRESS [VLAN]`.
///
/// # Errors
/// The first line that is not of this form.
pub fn parse_mac_file(name: &str, contents: &[u8]) -> Result<Vec<AclEntry>, Notice> {
    let mut entries = Vec::new();
    for (number, line) in lines(contents) {
        let (remove, line) = match line.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let mut words = text::words(line);
        let address = words.next().and_then(text::mac).ok_or_else(|| notice(name, number, "not an address"))?;
        let vlan = match words.next() {
            None => 0,
            Some(word) if word.starts_with(b"#") => 0,
            Some(word) => text::decimal(word)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or_else(|| notice(name, number, "the VLAN is not a number"))?,
        };
        entries.push(AclEntry { remove, address, vlan });
    }
    Ok(entries)
}

/// Reads the contents of a `wpa_psk_file`: `[keyid=NAME] [vlanid=VLAN] [wps=1] ADDRESS KEY`. The key that stands last in the file is
/// the first to be tried, so it is the first here.
///
/// # Errors
/// The first line that is not of this form.
pub fn parse_psk_file(name: &str, contents: &[u8]) -> Result<Vec<PskEntry>, Notice> {
    let mut entries = Vec::new();
    for (number, line) in lines(contents) {
        let fail = |what: &str| notice(name, number, what);
        let mut entry =
            PskEntry { address: None, secret: PskSecret::Key(Secret::default()), keyid: None, vlan: 0, wps: false };
        let mut rest = line;
        let address = loop {
            let start = rest.iter().position(|b| *b != b' ').ok_or_else(|| fail("neither address nor key"))?;
            rest = rest.get(start..).unwrap_or(&[]);
            let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let Some(at) = word.iter().position(|b| *b == b'=') else { break word };
            let (option, value) = word.split_at(at);
            let value = value.get(1..).unwrap_or(&[]);
            match option {
                b"keyid" => {
                    let keyid = core::str::from_utf8(value).map_err(|_| fail("keyid is not UTF-8"))?;
                    if keyid.len() > 31 || text::has_control(value) {
                        return Err(fail("keyid is longer than 31 characters"));
                    }
                    entry.keyid = Some(keyid.to_string());
                }
                b"vlanid" => {
                    entry.vlan = text::decimal(value)
                        .and_then(|n| u32::try_from(n).ok())
                        .ok_or_else(|| fail("vlanid is not a number"))?;
                }
                b"wps" => entry.wps = value == b"1",
                _ => return Err(fail("unknown option before the address")),
            }
        };
        let address = text::mac(address).ok_or_else(|| fail("not an address"))?;
        entry.address = (!address.is_zero()).then_some(address);
        let start = rest.iter().position(|b| *b != b' ').ok_or_else(|| fail("there is no key"))?;
        let key = rest.get(start..).unwrap_or(&[]);
        entry.secret = match text::hex(key) {
            Some(bytes) if bytes.len() == 32 => PskSecret::Key(Secret::from(bytes)),
            _ if (8..=63).contains(&key.len()) => PskSecret::Passphrase(Secret::from(key)),
            _ => return Err(fail("neither a passphrase of 8 to 63 characters nor 64 hex digits")),
        };
        entries.push(entry);
    }
    entries.reverse();
    Ok(entries)
}

/// Reads the contents of a `sae_password_file`: one `sae_password` in each line. The one that stands last is the first to be tried,
/// so it is the first here.
///
/// # Errors
/// The first line that is not of this form.
pub fn parse_sae_password_file(name: &str, contents: &[u8]) -> Result<Vec<SaePassword>, Notice> {
    let mut entries = Vec::new();
    for (line, number) in contents.split(|b| *b == b'\n').zip(1..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // A password may begin with '#': there are no comments here.
        if !line.is_empty() {
            entries.push(SaePassword::parse(line).map_err(|why| notice(name, number, why))?);
        }
    }
    entries.reverse();
    Ok(entries)
}
