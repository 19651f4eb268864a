//! Writing a configuration so that reading it gives the same again.

use super::{Network, StationConfig};
use crate::param::{Kind, Param};
use crate::suites::KeyMgmt;
use crate::text;
use crate::value::{Value, write_lines};
use crate::values::Values;
use alloc::vec::Vec;

pub(super) fn to_text(config: &StationConfig) -> Vec<u8> {
    let mut out = Vec::new();
    write_values(&mut out, b"", &config.globals.values, &|_| true);
    for cred in config.creds.iter().filter(|cred| !cred.is_temporary()) {
        out.extend_from_slice(b"\ncred={\n");
        write_values(&mut out, b"\t", &cred.values, &|_| true);
        out.extend_from_slice(b"}\n");
    }
    for network in config.networks.iter().filter(|network| worth_saving(network)) {
        out.extend_from_slice(b"\nnetwork={\n");
        write_values(&mut out, b"\t", &network.values, &|param| !(param.name == "psk" && network.mem_only_psk()));
        out.extend_from_slice(b"}\n");
    }
    for identity in &config.identities {
        out.extend_from_slice(b"\nidentity={\n");
        write_values(&mut out, b"\t", &identity.values, &|_| true);
        out.extend_from_slice(b"}\n");
    }
    for (name, bytes) in &config.blobs {
        if text::has_control(name.as_bytes()) || name.contains(['=', '#', '"']) {
            continue;
        }
        out.extend_from_slice(b"\nblob-base64-");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"={\n");
        out.extend_from_slice(&text::base64_encode(bytes));
        out.extend_from_slice(b"}\n");
    }
    out
}

/// Whether a network goes into the file: not one that is for now only, that came from elsewhere, or that lacks its key.
fn worth_saving(network: &Network) -> bool {
    let methods = network.key_mgmt();
    let psk_only = methods.intersects(KeyMgmt::ANY_PSK) && !methods.intersects(KeyMgmt::ANY_SAE);
    !(network.is_temporary()
        || network.is_read_only()
        || methods == KeyMgmt::WPS
        || psk_only && !methods.intersects(KeyMgmt::ANY_EAP) && network.psk().is_none()
        || methods.intersects(KeyMgmt::ANY_SAE) && network.sae_password().is_none() && network.psk().is_none())
}

fn write_values(out: &mut Vec<u8>, indent: &[u8], values: &Values, wanted: &dyn Fn(&Param) -> bool) {
    for (param, value) in values.iter().filter(|(param, _)| param.shape.saved && wanted(param)) {
        for text in lines(param, value) {
            out.extend_from_slice(indent);
            out.extend_from_slice(param.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(&text);
            out.push(b'\n');
        }
    }
}

/// The texts of a value, each in a notation that survives the reading of a line: no control character ever, no `#` that would
/// begin a comment, no white space that would be trimmed. What has no such notation is left out.
fn lines(param: &Param, value: &Value) -> Vec<Vec<u8>> {
    write_lines(param, value).into_iter().filter_map(|text| survives(param, text, value)).collect()
}

fn survives(param: &Param, written: Vec<u8>, value: &Value) -> Option<Vec<u8>> {
    let intact = |text: &[u8]| {
        let line = [b"x=", text].concat();
        // The reader of blocks wants a closing quote wherever the value begins with one.
        let closed = text.first() != Some(&b'"') || text.iter().skip(1).any(|b| *b == b'"');
        !text::has_control(text) && closed && text::strip_line(&line) == line
    };
    if intact(&written) {
        return Some(written);
    }
    let other = match (param.shape.kind, value) {
        (Kind::Quoted { .. } | Kind::QuotedText, Value::Bytes(bytes)) => text::to_hex(bytes),
        (Kind::Quoted { .. } | Kind::Password, Value::Secret(secret)) => text::to_hex(secret.as_bytes()),
        (Kind::Psk, Value::Passphrase(secret)) => {
            let mut escaped = b"P\"".to_vec();
            for byte in secret.as_bytes() {
                if matches!(byte, b'"' | b'#' | b'\\') || text::needs_hex(&[*byte]) {
                    escaped.extend_from_slice(b"\\x");
                    escaped.extend_from_slice(&text::to_hex(&[*byte]));
                } else {
                    escaped.push(*byte);
                }
            }
            escaped.push(b'"');
            escaped
        }
        _ => return None,
    };
    intact(&other).then_some(other)
}
