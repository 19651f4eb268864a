//! Answers.

use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Done.
pub const OK: &[u8] = b"OK\n";
/// Not done.
pub const FAIL: &[u8] = b"FAIL\n";
/// Not done, because something else is going on.
pub const FAIL_BUSY: &[u8] = b"FAIL-BUSY\n";
/// No such command.
pub const UNKNOWN_COMMAND: &[u8] = b"UNKNOWN COMMAND\n";
/// The answer to PING.
pub const PONG: &[u8] = b"PONG\n";
/// Head of the answer to SCAN_RESULTS.
pub const SCAN_RESULTS_HEAD: &str = "bssid / frequency / signal level / flags / ssid\n";
/// Head of the answer to LIST_NETWORKS.
pub const LIST_NETWORKS_HEAD: &str = "network id / ssid / bssid / flags\n";
/// Head of the answer to LIST_CREDS.
pub const LIST_CREDS_HEAD: &str = "cred id / realm / username / domain / imsi\n";
/// Head of the answer to PMKSA.
pub const PMKSA_HEAD: &str = "Index / AA / PMKID / expiration (in seconds) / opportunistic\n";
/// Longest answer of a station's interface.
pub const STATION_LIMIT: usize = 4096;
/// Longest answer of a station's global socket.
pub const GLOBAL_STATION_LIMIT: usize = 2048;
/// Longest answer of an access point.
pub const AP_LIMIT: usize = 8192;

/// An answer of lines that grows up to a limit: a line that does not fit is left out whole, and nothing follows it.
#[derive(Clone, Debug)]
pub struct Lines {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Lines {
    /// An empty answer.
    pub fn new(limit: usize) -> Lines {
        Lines { bytes: Vec::new(), limit, full: false }
    }

    /// Appends text as it is, if it fits.
    pub fn text(&mut self, text: impl AsRef<[u8]>) -> &mut Lines {
        let text = text.as_ref();
        // The originals keep room for a NUL.
        if self.full || self.bytes.len().saturating_add(text.len()) >= self.limit {
            self.full = true;
        } else {
            self.bytes.extend_from_slice(text);
        }
        self
    }

    /// Appends `name=value` and a line break, if they fit.
    pub fn field(&mut self, name: &str, value: impl fmt::Display) -> &mut Lines {
        self.text(alloc::format!("{name}={value}\n"))
    }

    /// Appends `name=value` and a line break with a value of any bytes.
    pub fn field_bytes(&mut self, name: &str, value: &[u8]) -> &mut Lines {
        self.text([name.as_bytes(), b"=", value, b"\n"].concat())
    }

    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Whether nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The answer.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Bytes as status lines show them (`\n`, `\"`, `\xNN` …).
#[derive(Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `escape` gives is ASCII.
        conf::text::escape(self.0).into_iter().try_for_each(|byte| f.write_char(char::from(byte)))
    }
}

/// Bytes as lower case hex digits.
#[derive(Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Words in brackets, one after the other: `[WPA2-PSK-CCMP][ESS]`.
pub fn flags<'a>(words: impl IntoIterator<Item = &'a str>) -> alloc::string::String {
    let mut out = alloc::string::String::new();
    for word in words {
        out.push('[');
        out.push_str(word);
        out.push(']');
    }
    out
}

/// The flags of LIST_NETWORKS.
pub fn network_flags(
    current: bool,
    disabled: bool,
    temporarily: bool,
    persistent_group: bool,
) -> alloc::string::String {
    let words = [
        (current, "CURRENT"),
        (disabled, "DISABLED"),
        (temporarily, "TEMP-DISABLED"),
        (persistent_group, "P2P-PERSISTENT"),
    ];
    flags(words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word))
}

/// One `[WPA2-PSK-CCMP]`-like flag: protocol, key management words joined by `+`, cipher words joined by `+`, and whether
/// pre-authentication is offered.
pub fn security_flag(proto: &str, key_mgmt: &[&str], ciphers: &[&str], preauth: bool) -> alloc::string::String {
    alloc::format!("[{proto}-{}-{}{}]", key_mgmt.join("+"), ciphers.join("+"), if preauth { "-preauth" } else { "" })
}
