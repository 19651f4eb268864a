//! Reading a file, line by line and block by block.

use super::network_table::NetworkKey;
use super::{Cred, Globals, Identity, Network, Psk, StationConfig};
use crate::notice::{Notice, Rejected};
use crate::param::Param;
use crate::suites::{AuthAlg, Ciphers, KeyMgmt};
use crate::text;
use crate::value::Value;
use crate::values::{Change, SetError, without_effect};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// All lines of a file.
type AllLines<'a> = core::slice::Split<'a, u8, fn(&u8) -> bool>;

/// The lines that say something, with their numbers.
struct Lines<'a> {
    rest: core::iter::Enumerate<AllLines<'a>>,
    last: u32,
}

impl<'a> Lines<'a> {
    fn new(contents: &'a [u8]) -> Lines<'a> {
        let newline: fn(&u8) -> bool = |b| *b == b'\n';
        Lines { rest: contents.split(newline).enumerate(), last: 0 }
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        for (index, line) in self.rest.by_ref() {
            let line = text::strip_line(line);
            if !line.is_empty() {
                self.last = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
                return Some(line);
            }
        }
        None
    }
}

struct Reader<'a> {
    name: &'a str,
    lines: Lines<'a>,
    errors: Vec<Notice>,
    warnings: Vec<Notice>,
}

impl Reader<'_> {
    fn notice(&self, text: impl Into<String>) -> Notice {
        Notice { file: self.name.to_string(), line: self.lines.last, text: text.into() }
    }

    fn error(&mut self, text: impl Into<String>) {
        let notice = self.notice(text);
        self.errors.push(notice);
    }

    fn warning(&mut self, text: impl Into<String>) {
        let notice = self.notice(text);
        self.warnings.push(notice);
    }

    /// Reports what came of setting a parameter; `usual`: to the value that it has without that.
    fn report(&mut self, name: &[u8], table: &[Param], result: Result<Change, SetError>, place: &str, usual: bool) {
        let shown = String::from_utf8_lossy(name).into_owned();
        match result {
            Ok(_) => {
                if !usual && let Some(what) = without_effect(table, name) {
                    self.warning(format!("{shown} {what}"));
                }
            }
            Err(SetError::Unknown) => self.error(format!("unknown {place} '{shown}'")),
            Err(SetError::Invalid(why)) => self.error(format!("{shown}: {why}")),
        }
    }

    /// Reads the fields of a block up to its closing brace.
    fn block(&mut self, what: &str, mut set: impl FnMut(&mut Self, &[u8], &[u8])) {
        let opened = self.lines.last;
        while let Some(line) = self.lines.next() {
            if line == b"}" {
                return;
            }
            let Some(at) = line.iter().position(|b| *b == b'=') else {
                self.error(format!("a {what} block has no such line: '{}'", String::from_utf8_lossy(line)));
                continue;
            };
            let (name, rest) = line.split_at(at);
            let value = rest.get(1..).unwrap_or(&[]);
            if value.first() == Some(&b'"') && !value.iter().skip(1).any(|b| *b == b'"') {
                self.error(format!("{}: a quote is not closed", String::from_utf8_lossy(name)));
                continue;
            }
            set(self, name, value);
        }
        self.error(format!("the {what} block that line {opened} opens is not closed"));
    }
}

/// Adds what a file says to a configuration.
pub(super) fn read(
    config: &mut StationConfig,
    name: &str,
    contents: &[u8],
    read_only: bool,
) -> Result<Vec<Notice>, Rejected> {
    let mut next = config.clone();
    let mut reader = Reader { name, lines: Lines::new(contents), errors: Vec::new(), warnings: Vec::new() };
    while let Some(line) = reader.lines.next() {
        if line == b"network={" {
            let mut network = Network::new(next.next_network_id());
            network.read_only = read_only;
            reader.block("network", |reader, name, value| set_network(reader, &mut network, name, value));
            check_network(&mut reader, &mut network);
            next.networks.push(network);
        } else if line == b"cred={" {
            let id = next.creds.iter().map(|cred| cred.id).max().map_or(0, |id| id.saturating_add(1));
            let mut cred = Cred::new(id);
            reader.block("cred", |reader, name, value| {
                let result = cred.set(name, value);
                reader.report(name, super::CRED_PARAMS, result, "cred field", false);
            });
            next.creds.push(cred);
        } else if line == b"identity={" {
            let id = next.identities.iter().map(|identity| identity.id).max().map_or(1, |id| id.saturating_add(1));
            let mut identity = Identity::new(id);
            reader.block("identity", |reader, name, value| {
                let result = identity.set(name, value);
                reader.report(name, super::IDENTITY_PARAMS, result, "identity field", false);
            });
            next.identities.push(identity);
        } else if let Some(rest) = line.strip_prefix(b"blob-base64-") {
            read_blob(&mut reader, &mut next, rest);
        } else {
            set_global(&mut reader, &mut next.globals, line);
        }
    }
    let Reader { errors, warnings, .. } = reader;
    if errors.is_empty() {
        *config = next;
        Ok(warnings)
    } else {
        Err(Rejected { errors, warnings })
    }
}

fn set_global(reader: &mut Reader<'_>, globals: &mut Globals, line: &[u8]) {
    let Some(at) = line.iter().position(|b| *b == b'=') else {
        reader.error(format!("neither a parameter nor a block: '{}'", String::from_utf8_lossy(line)));
        return;
    };
    let (name, rest) = line.split_at(at);
    let value = rest.get(1..).unwrap_or(&[]);
    let result = globals.set(name, value);
    if result.is_ok() && name == b"ctrl_interface" && !value.is_empty() && globals.control_directory().is_none() {
        reader.warning(format!("ctrl_interface {}", super::ControlDirectory::NO_PLACE));
    }
    reader.report(name, super::GLOBAL_PARAMS, result, "global parameter", globals.values.has_preset(name));
}

fn set_network(reader: &mut Reader<'_>, network: &mut Network, name: &[u8], value: &[u8]) {
    if matches!(name, b"wep_key0" | b"wep_key1" | b"wep_key2" | b"wep_key3" | b"wep_tx_keyidx") {
        reader.warning(format!("{}: WEP is not supported; the network is disabled", String::from_utf8_lossy(name)));
        network.set_disabled(true);
        return;
    }
    let result = network.set(name, value);
    let taken = result.is_ok();
    reader.report(name, super::NETWORK_PARAMS, result, "network field", network.values.has_preset(name));
    if taken && let Some(what) = value_without_effect(network, name) {
        reader.warning(format!("{}: {what}", String::from_utf8_lossy(name)));
    }
}

/// What a field's value asks for that there is not: it is read, and the network waits for it in vain.
fn value_without_effect(network: &Network, name: &[u8]) -> Option<String> {
    match name {
        b"psk" if matches!(network.psk(), Some(Psk::External(_))) => {
            Some("secrets of an external store (ext:) are not supported yet; this network cannot be joined".into())
        }
        b"auth_alg" if !network.values.read(NetworkKey::auth_alg).contains(AuthAlg::OPEN) => {
            Some(format!("{} is not supported; open authentication is used", network.values.read(NetworkKey::auth_alg)))
        }
        b"key_mgmt" => {
            let methods = network.key_mgmt();
            let others = KeyMgmt::NONE.union(KeyMgmt::WPS);
            let unserved = methods.without(KeyMgmt::SERVED).without(others);
            if unserved.is_empty() {
                None
            } else if unserved == methods {
                Some(format!("{unserved} is not supported yet; this network cannot be joined"))
            } else {
                Some(format!("{unserved} is not supported yet and not used"))
            }
        }
        _ => None,
    }
}

/// What must hold of a block as a whole.
fn check_network(reader: &mut Reader<'_>, network: &mut Network) {
    let ccmp_like =
        Ciphers::CCMP.union(Ciphers::CCMP_256).union(Ciphers::GCMP).union(Ciphers::GCMP_256).union(Ciphers::NONE);
    // The group cipher cannot be stronger than the pairwise one (IEEE Std 802.11-2020 12.7.2).
    if network.group().contains(Ciphers::CCMP) && !network.pairwise().intersects(ccmp_like) {
        let group = network.group().without(Ciphers::CCMP);
        let group = if group.is_empty() { network.pairwise() } else { group };
        network.values.put(NetworkKey::group, Value::Bits(group.bits()));
    }
    if network.mode() == 5 && network.key_mgmt() != KeyMgmt::NONE && network.key_mgmt() != KeyMgmt::SAE {
        reader.error("a mesh network (mode=5) needs key_mgmt=NONE or key_mgmt=SAE");
    }
    if !matches!(network.mode(), 0 | 2) {
        reader.warning(
            "only infrastructure networks (mode=0) and access points (mode=2) are supported yet; this network is not used",
        );
    }
    if network.ocv() && network.own_ieee80211w() == Some(0) {
        reader.error("ocv=1 needs management frame protection (ieee80211w)");
    }
}

fn read_blob(reader: &mut Reader<'_>, config: &mut StationConfig, rest: &[u8]) {
    let Some(at) = rest.iter().position(|b| *b == b'=') else {
        reader.error("a blob needs a name and '={'");
        return;
    };
    let (name, _) = rest.split_at(at);
    let mut encoded = Vec::new();
    loop {
        match reader.lines.next() {
            Some(b"}") => break,
            Some(line) => encoded.extend_from_slice(line),
            None => {
                reader.error("the blob is not closed");
                return;
            }
        }
    }
    match (core::str::from_utf8(name), text::base64_decode(&encoded)) {
        (Ok(name), Some(bytes)) if !encoded.is_empty() => {
            config.blobs.insert(name.to_string(), bytes);
        }
        (Err(_), _) => reader.error("the name of a blob is not UTF-8"),
        (Ok(_), _) => reader.error("the blob is not base64"),
    }
}
