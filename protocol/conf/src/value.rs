//! Values of parameters: from text, and back to it.

use crate::param::{Kind, Param};
use crate::suites::{AuthAlg, Ciphers, KeyMgmt, Proto};
use crate::text;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use crypto::Secret;
use wire::MacAddr;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Int(i64),
    /// A string or some bytes.
    Bytes(Vec<u8>),
    /// Secret bytes: a password, a key.
    Secret(Secret),
    /// A passphrase from which a key is derived.
    Passphrase(Secret),
    /// The hash of a password.
    Hash(Secret),
    /// The name of a secret that an external store holds.
    External(Vec<u8>),
    /// An address.
    Mac(MacAddr),
    /// Addresses with their masks.
    Macs(Vec<(MacAddr, MacAddr)>),
    /// Numbers.
    Ints(Vec<i64>),
    /// A set of words.
    Bits(u32),
    /// Texts, in the order in which they were given.
    Lines(Vec<Vec<u8>>),
    /// Secret texts, in the order in which they were given.
    SecretLines(Vec<Secret>),
    /// hostapd's SAE passwords, in the order in which they were given.
    SaePasswords(Vec<SaePassword>),
}

/// One `sae_password` of hostapd.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaePassword {
    /// The password.
    pub password: Secret,
    /// The only station that may use it; `None` for any.
    pub peer: Option<MacAddr>,
    /// The VLAN of stations that use it; 0 for none.
    pub vlan: u32,
    /// The password identifier a station must send to use it.
    pub id: Option<Vec<u8>>,
    /// The SAE-PK modifier and private key.
    pub pk: Option<Secret>,
}

impl SaePassword {
    /// Reads `PASSWORD[|mac=ADDRESS][|vlanid=VLAN][|pk=MODIFIER:KEY][|id=IDENTIFIER]`.
    pub fn parse(line: &[u8]) -> Result<SaePassword, String> {
        let mut entry = SaePassword { password: Secret::default(), peer: None, vlan: 0, id: None, pk: None };
        let mut end = line.len();
        let mut from = 0;
        if let Some(at) = find(line, b"|mac=", from) {
            let rest = line.get(at.saturating_add(5)..).unwrap_or(&[]);
            let (mac, _) = text::mac_prefix(rest).ok_or("the address behind |mac= is not one")?;
            entry.peer = (!mac.is_broadcast()).then_some(mac);
            end = end.min(at);
            from = at.saturating_add(5 + 17);
        }
        if let Some(at) = find(line, b"|vlanid=", from) {
            let rest = until_bar(line.get(at.saturating_add(8)..).unwrap_or(&[]));
            let vlan = text::decimal(rest)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or("the number behind |vlanid= is not one")?;
            entry.vlan = vlan;
            end = end.min(at);
        }
        if let Some(at) = find(line, b"|pk=", from) {
            entry.pk = Some(Secret::from(until_bar(line.get(at.saturating_add(4)..).unwrap_or(&[]))));
            end = end.min(at);
        }
        if let Some(at) = find(line, b"|id=", from) {
            entry.id = Some(line.get(at.saturating_add(4)..).unwrap_or(&[]).to_vec());
            end = end.min(at);
        }
        entry.password = Secret::from(line.get(..end).unwrap_or(&[]));
        Ok(entry)
    }
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    haystack.get(from..)?.windows(needle.len()).position(|w| w == needle).map(|at| at.saturating_add(from))
}

fn until_bar(text: &[u8]) -> &[u8] {
    text.split(|b| *b == b'|').next().unwrap_or(text)
}

/// What a text means for a parameter.
pub(crate) enum Meaning {
    /// This value.
    Set(Value),
    /// No value any more.
    Unset,
}

/// EAP methods that `eap=` may name.
const EAP_METHODS: &[&str] = &[
    "MD5",
    "TLS",
    "UNAUTH-TLS",
    "WFA-UNAUTH-TLS",
    "MSCHAPV2",
    "PEAP",
    "TTLS",
    "GTC",
    "OTP",
    "SIM",
    "LEAP",
    "PSK",
    "AKA",
    "AKA'",
    "FAST",
    "TEAP",
    "PAX",
    "SAKE",
    "GPSK",
    "WSC",
    "IKEV2",
    "VENDOR-TEST",
    "TNC",
    "PWD",
    "EKE",
];

/// Reads the text of a parameter, given its present value. The error says what is wrong with the text, without the text
/// itself where that is a secret.
pub(crate) fn parse(param: &Param, text: &[u8], present: Option<&Value>) -> Result<Meaning, String> {
    let text = if param.shape.kind.is_free() { text } else { text::without_comment(text) };
    let set = |value| Ok(Meaning::Set(value));
    let shown = || String::from_utf8_lossy(text).into_owned();
    let number = |n: Option<i64>, min: i64, max: i64| {
        let n = n.ok_or_else(|| format!("\"{}\" is not a number", shown()))?;
        if n < min || n > max {
            return Err(format!("{n} is not between {min} and {max}"));
        }
        Ok(Meaning::Set(Value::Int(n)))
    };
    match param.shape.kind {
        Kind::Int { min, max } => number(text::c_number(text), min, max),
        Kind::Decimal { min, max } if param.shape.kind.takes_any_number() => {
            number(Some(text::decimal(text).unwrap_or_else(|| text::leading_number(text))), min, max)
        }
        Kind::Decimal { min, max } => number(text::decimal(text), min, max),
        Kind::HexNumber { max } => {
            let digits = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
            let n = core::str::from_utf8(text::trim_end(digits)).ok().and_then(|d| i64::from_str_radix(d, 16).ok());
            number(n, 0, max)
        }
        Kind::Fraction => {
            let fraction = core::str::from_utf8(text::trim_end(text)).ok().and_then(|t| t.parse::<f64>().ok());
            match fraction {
                Some(f) if (0.0..=1.0).contains(&f) => set(Value::Bytes(text.to_vec())),
                _ => Err("not a number between 0 and 1".to_string()),
            }
        }
        Kind::Quoted { min, max } => {
            if text == b"NULL" {
                return Ok(Meaning::Unset);
            }
            let bytes = text::string(text).ok_or_else(|| not_quoted(text, param.shape.secret))?;
            length(bytes.len(), min, max)?;
            set(if param.shape.secret { Value::Secret(Secret::from(bytes)) } else { Value::Bytes(bytes) })
        }
        Kind::QuotedText => {
            if text == b"NULL" {
                return Ok(Meaning::Unset);
            }
            let bytes = text::string(text).ok_or_else(|| not_quoted(text, param.shape.secret))?;
            no_control(&bytes)?;
            set(Value::Bytes(bytes))
        }
        Kind::Text { min, max } => {
            length(text.len(), min, max)?;
            no_control(text)?;
            set(if param.shape.secret { Value::Secret(Secret::from(text)) } else { Value::Bytes(text.to_vec()) })
        }
        Kind::Word(words) => {
            let text = text::trim_end(text);
            if words.iter().any(|word| word.as_bytes() == text) {
                set(Value::Bytes(text.to_vec()))
            } else {
                Err(format!("\"{}\" is none of {}", String::from_utf8_lossy(text), words.join(", ")))
            }
        }
        Kind::Psk => psk(text),
        Kind::Password => password(text),
        Kind::Passphrase => {
            passphrase_length(text.len())?;
            no_control(text)?;
            set(Value::Secret(Secret::from(text)))
        }
        Kind::HexPsk => hex_psk(text),
        Kind::Bssid => match text::trim_end(text) {
            b"" | b"\"\"" | b"any" => Ok(Meaning::Unset),
            text => mac(text),
        },
        Kind::Mac => match text::mac_loose(text::trim_end(text)) {
            Some(mac) => set(Value::Mac(mac)),
            None => Err(format!("\"{}\" is not an address", shown())),
        },
        Kind::MacList => {
            let mut list = Vec::new();
            for word in text::words(text) {
                let entry = text::mac_masked(word);
                list.push(entry.ok_or_else(|| format!("\"{}\" is not an address", String::from_utf8_lossy(word)))?);
            }
            Ok(if list.is_empty() { Meaning::Unset } else { Meaning::Set(Value::Macs(list)) })
        }
        Kind::IntList => {
            let mut list = Vec::new();
            for word in text::words(text::trim_end(text)) {
                match text::decimal(word) {
                    Some(0) => break,
                    Some(n) if i64::from(i32::MIN) <= n && n <= i64::from(i32::MAX) => list.push(n),
                    _ => return Err(format!("\"{}\" is not a number", String::from_utf8_lossy(word))),
                }
            }
            Ok(if list.is_empty() { Meaning::Unset } else { Meaning::Set(Value::Ints(list)) })
        }
        Kind::Hex { min, max } => {
            if text.is_empty() && min == 0 {
                return Ok(Meaning::Unset);
            }
            let bytes = text::hex(text::trim_end(text)).ok_or("not an even number of hex digits")?;
            length(bytes.len(), min, max)?;
            set(if param.shape.secret { Value::Secret(Secret::from(bytes)) } else { Value::Bytes(bytes) })
        }
        Kind::Proto => bits(Proto::parse(text).map(Proto::bits)),
        Kind::KeyMgmt => bits(KeyMgmt::parse(text).map(KeyMgmt::bits)),
        Kind::AuthAlg => bits(AuthAlg::parse(text).map(AuthAlg::bits)),
        Kind::Ciphers(allowed) => {
            let set = Ciphers::parse(text).map_err(|word| format!("\"{word}\" is not a cipher"))?;
            if set.is_empty() {
                return Err("no cipher is named".to_string());
            }
            // Old files name WEP beside the ciphers of WPA for the group; it never was a choice for pairwise.
            let set = if allowed.contains(Ciphers::GTK_NOT_USED) { set.without(Ciphers::WEP) } else { set };
            let refused = set.without(allowed);
            if refused.is_empty() {
                Ok(Meaning::Set(Value::Bits(set.bits())))
            } else {
                Err(format!("{refused} cannot be used here"))
            }
        }
        Kind::Cipher(allowed) => {
            let set = Ciphers::parse(text).map_err(|word| format!("\"{word}\" is not a cipher"))?;
            if set.iter().count() == 1 && allowed.contains(set) {
                Ok(Meaning::Set(Value::Bits(set.bits())))
            } else {
                Err(format!("not exactly one of {allowed}"))
            }
        }
        Kind::Eap => {
            let mut methods = Vec::new();
            for word in text::words(text) {
                if !EAP_METHODS.iter().any(|m| m.as_bytes() == word) {
                    return Err(format!("\"{}\" is not an EAP method", String::from_utf8_lossy(word)));
                }
                methods.push(word.to_vec());
            }
            set(Value::Bytes(methods.join(&b' ')))
        }
        Kind::Country => match text {
            [a, b, ..] if !text::has_control(&[*a, *b]) => set(Value::Bytes([*a, *b].to_vec())),
            _ => Err("not two letters".to_string()),
        },
        Kind::CountryCode => match text {
            // What stands behind white space is not looked at.
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] | [a @ b'A'..=b'Z', b @ b'A'..=b'Z', b' ' | b'\t' | b'\r', ..] => {
                set(Value::Bytes([*a, *b].to_vec()))
            }
            _ => Err(format!("\"{}\" is not two capital letters", shown())),
        },
        Kind::Uuid => {
            let digits: Vec<u8> = text.iter().copied().filter(|b| *b != b'-').collect();
            match text::hex(&digits) {
                Some(bytes) if bytes.len() == 16 => set(Value::Bytes(text.to_vec())),
                _ => Err(format!("\"{}\" is not a UUID", shown())),
            }
        }
        Kind::DeviceType => {
            let mut parts = text.split(|b| *b == b'-');
            let (category, oui, sub) = (parts.next(), parts.next(), parts.next());
            let fits = category.and_then(text::decimal).is_some()
                && oui.and_then(text::hex).is_some_and(|oui| oui.len() == 4)
                && sub.and_then(text::decimal).is_some()
                && parts.next().is_none();
            if fits { set(Value::Bytes(text.to_vec())) } else { Err(format!("\"{}\" is not a device type", shown())) }
        }
        Kind::Ipv4 => address(text, false),
        Kind::IpAddr => address(text, true),
        Kind::Lines => {
            no_control(text)?;
            let mut lines = match present {
                Some(Value::Lines(lines)) => lines.clone(),
                _ => Vec::new(),
            };
            lines.push(text.to_vec());
            set(Value::Lines(lines))
        }
        Kind::SecretLines => {
            no_control(text)?;
            let mut lines = match present {
                Some(Value::SecretLines(lines)) => lines.clone(),
                _ => Vec::new(),
            };
            lines.push(Secret::from(text));
            set(Value::SecretLines(lines))
        }
        Kind::SaePassword => {
            no_control(text)?;
            let mut entries = match present {
                Some(Value::SaePasswords(entries)) => entries.clone(),
                _ => Vec::new(),
            };
            entries.push(SaePassword::parse(text)?);
            set(Value::SaePasswords(entries))
        }
        Kind::Wep | Kind::Ignored => Ok(Meaning::Unset),
    }
}

fn length(len: usize, min: usize, max: usize) -> Result<(), String> {
    if len < min {
        return Err(format!("{len} bytes, at least {min} are needed"));
    }
    if len > max {
        return Err(format!("{len} bytes, at most {max} are possible"));
    }
    Ok(())
}

fn no_control(bytes: &[u8]) -> Result<(), String> {
    if text::has_control(bytes) { Err("control characters are not possible here".to_string()) } else { Ok(()) }
}

fn passphrase_length(len: usize) -> Result<(), String> {
    // IEEE Std 802.11-2020 J.4.1: a passphrase has 8 to 63 characters.
    if (8..=63).contains(&len) { Ok(()) } else { Err(format!("a passphrase has 8 to 63 characters, not {len}")) }
}

fn mac(text: &[u8]) -> Result<Meaning, String> {
    match text::mac(text) {
        Some(mac) => Ok(Meaning::Set(Value::Mac(mac))),
        None => Err(format!("\"{}\" is not an address", String::from_utf8_lossy(text))),
    }
}

fn bits(parsed: Result<u32, String>) -> Result<Meaning, String> {
    match parsed {
        Ok(0) => Err("no value is named".to_string()),
        Ok(bits) => Ok(Meaning::Set(Value::Bits(bits))),
        Err(word) => Err(format!("\"{word}\" has no meaning here")),
    }
}

fn hex_psk(text: &[u8]) -> Result<Meaning, String> {
    match text::hex(text) {
        Some(key) if key.len() == 32 => Ok(Meaning::Set(Value::Secret(Secret::from(key)))),
        _ => Err("a pre-shared key is 64 hex digits".to_string()),
    }
}

fn psk(text: &[u8]) -> Result<Meaning, String> {
    if let Some(name) = text.strip_prefix(b"ext:") {
        no_control(name)?;
        return Ok(Meaning::Set(Value::External(name.to_vec())));
    }
    let passphrase = if let Some(rest) = text.strip_prefix(b"\"") {
        // What follows the last quote is not looked at, and the quote may be missing: files with that exist.
        let end = rest.iter().rposition(|b| *b == b'"').unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest).to_vec()
    } else if text.starts_with(b"P\"") {
        text::string(text).ok_or("a quote is missing")?
    } else {
        return hex_psk(text).map_err(|_| "neither a passphrase in quotes nor 64 hex digits".to_string());
    };
    let passphrase = Secret::from(passphrase);
    passphrase_length(passphrase.len())?;
    no_control(passphrase.as_bytes())?;
    Ok(Meaning::Set(Value::Passphrase(passphrase)))
}

fn password(text: &[u8]) -> Result<Meaning, String> {
    if text == b"NULL" {
        return Ok(Meaning::Unset);
    }
    if let Some(name) = text.strip_prefix(b"ext:") {
        no_control(name)?;
        return Ok(Meaning::Set(Value::External(name.to_vec())));
    }
    if let Some(digits) = text.strip_prefix(b"hash:") {
        return match text::hex(digits) {
            Some(hash) if hash.len() == 16 => Ok(Meaning::Set(Value::Hash(Secret::from(hash)))),
            _ => Err("a password hash is 32 hex digits".to_string()),
        };
    }
    let bytes = text::string(text).ok_or("neither a quoted string nor hex digits")?;
    Ok(Meaning::Set(Value::Secret(Secret::from(bytes))))
}

/// The commonest mistake of all in network blocks; secrets are not shown.
fn not_quoted(text: &[u8], secret: bool) -> String {
    let shown = if secret { "it".into() } else { String::from_utf8_lossy(text) };
    format!("{shown} is neither in quotes (\"…\") nor hex digits")
}

fn address(text: &[u8], v6: bool) -> Result<Meaning, String> {
    let text = text::trim_end(text);
    let parsed = core::str::from_utf8(text).ok().and_then(|t| t.parse::<core::net::IpAddr>().ok());
    match parsed {
        Some(core::net::IpAddr::V4(_)) => Ok(Meaning::Set(Value::Bytes(text.to_vec()))),
        Some(core::net::IpAddr::V6(_)) if v6 => Ok(Meaning::Set(Value::Bytes(text.to_vec()))),
        _ => Err(format!("\"{}\" is not an IP address", String::from_utf8_lossy(text))),
    }
}

/// The text of a value, secrets included. `None` where the original shows nothing either.
pub(crate) fn write(param: &Param, value: &Value) -> Option<Vec<u8>> {
    let kind = param.shape.kind;
    let words = |words: String| Some(words.into_bytes());
    match value {
        Value::Int(n) => words(n.to_string()),
        Value::Bytes(bytes) => Some(if matches!(kind, Kind::Quoted { .. }) {
            text::to_string(bytes)
        } else if kind == Kind::QuotedText {
            text::quoted(bytes)
        } else if matches!(kind, Kind::Hex { .. }) {
            text::to_hex(bytes)
        } else {
            bytes.clone()
        }),
        Value::Secret(secret) => {
            let bytes = secret.as_bytes();
            Some(if matches!(kind, Kind::Quoted { .. } | Kind::Password) {
                text::to_string(bytes)
            } else if matches!(kind, Kind::Hex { .. } | Kind::Psk | Kind::HexPsk) {
                text::to_hex(bytes)
            } else {
                bytes.to_vec()
            })
        }
        Value::Passphrase(secret) => Some(text::quoted(secret.as_bytes())),
        Value::Hash(hash) => Some([b"hash:".to_vec(), text::to_hex(hash.as_bytes())].concat()),
        Value::External(name) => Some([b"ext:", name.as_slice()].concat()),
        Value::Mac(mac) => words(mac.to_string()),
        Value::Macs(list) => {
            let entry = |(mac, mask): &(MacAddr, MacAddr)| {
                if mask.is_broadcast() { mac.to_string() } else { format!("{mac}/{mask}") }
            };
            words(list.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
        Value::Ints(list) => words(list.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")),
        Value::Bits(bits) => {
            let written = if kind == Kind::Proto {
                Proto::from_bits(*bits).to_string()
            } else if kind == Kind::KeyMgmt {
                KeyMgmt::from_bits(*bits).to_string()
            } else if kind == Kind::AuthAlg {
                AuthAlg::from_bits(*bits).to_string()
            } else {
                // An empty set of ciphers is shown, as nothing.
                return words(Ciphers::from_bits(*bits).to_string());
            };
            if written.is_empty() { None } else { words(written) }
        }
        Value::Lines(_) | Value::SecretLines(_) | Value::SaePasswords(_) => None,
    }
}

/// The texts that would give a value again, one for each line of a file.
pub(crate) fn write_lines(param: &Param, value: &Value) -> Vec<Vec<u8>> {
    if let Value::Lines(lines) = value {
        lines.clone()
    } else if let Value::SecretLines(lines) = value {
        lines.iter().map(|line| line.as_bytes().to_vec()).collect()
    } else if let Value::SaePasswords(entries) = value {
        entries.iter().map(sae_password).collect()
    } else {
        write(param, value).into_iter().collect()
    }
}

fn sae_password(entry: &SaePassword) -> Vec<u8> {
    let mut out = entry.password.as_bytes().to_vec();
    if let Some(peer) = entry.peer {
        out.extend_from_slice(format!("|mac={peer}").as_bytes());
    }
    if entry.vlan != 0 {
        out.extend_from_slice(format!("|vlanid={}", entry.vlan).as_bytes());
    }
    if let Some(pk) = &entry.pk {
        out.extend_from_slice(b"|pk=");
        out.extend_from_slice(pk.as_bytes());
    }
    if let Some(id) = &entry.id {
        out.extend_from_slice(b"|id=");
        out.extend_from_slice(id);
    }
    out
}
