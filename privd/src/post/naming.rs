//! What in a configuration's text names files, folders, groups and interfaces.
//!
//! A configuration that the daemon may replace is read again, by the post, and by the launcher at the next start, which
//! both believe what stands in a file of the superuser. So a daemon that was taken over could write itself more rights:
//! what it writes may name nothing that was not named before.

use std::collections::BTreeSet;

use super::witness::separates;

/// Parameters whose values are text: of the air, of people, of certificates. Nothing reads them as a name.
const TEXTS: [&[u8]; 38] = [
    b"ssid",
    b"ssid2",
    b"psk",
    b"wpa_passphrase",
    b"wpa_psk",
    b"sae_password",
    b"sae_password_id",
    b"password",
    b"machine_password",
    b"identity",
    b"machine_identity",
    b"anonymous_identity",
    b"imsi_identity",
    b"private_key_passwd",
    b"private_key2_passwd",
    b"machine_private_key_passwd",
    b"pin",
    b"pin2",
    b"id_str",
    b"phase1",
    b"phase2",
    b"wep_key0",
    b"wep_key1",
    b"wep_key2",
    b"wep_key3",
    b"subject_match",
    b"subject_match2",
    b"altsubject_match",
    b"altsubject_match2",
    b"check_cert_subject",
    b"domain_match",
    b"domain_suffix_match",
    b"device_name",
    b"manufacturer",
    b"model_name",
    b"model_number",
    b"serial_number",
    b"p2p_ssid_postfix",
];

/// Most names of a text, in octets: a text that has more is not saved.
const MOST: usize = 1024 * 1024;

/// Parameters in whose values every word is a name; elsewhere only what has a slash could be one.
fn names_something(key: &[u8]) -> bool {
    let exact: [&[u8]; 7] =
        [b"ctrl_interface", b"ctrl_interface_group", b"interface", b"bss", b"bridge", b"vlan_bridge", b"driver_param"];
    let holds = |part: &[u8]| key.windows(part.len()).any(|window| window == part);
    exact.contains(&key) || holds(b"_file") || holds(b"cert") || holds(b"private_key") || holds(b"_path")
}

/// Each parameter with its value that may name something. What follows a `#` at the beginning of a line is none.
pub(super) fn values(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
    let lines = text.split(|octet| matches!(octet, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.starts_with(b"#"));
    let parts = lines.filter_map(|line| {
        let at = line.iter().position(|octet| *octet == b'=')?;
        Some((line.get(..at)?.trim_ascii().to_ascii_lowercase(), line.get(at.saturating_add(1)..)?))
    });
    parts.filter(|(key, _)| !is_text(key))
}

/// Is the value of this parameter text, whatever it looks like?
pub(super) fn is_text(parameter: &[u8]) -> bool {
    TEXTS.contains(&parameter.to_ascii_lowercase().as_slice())
}

/// Is this a parameter of a command that could name a file without any slash?
pub(super) fn is_name(parameter: &[u8]) -> bool {
    !is_text(parameter) && names_something(&parameter.to_ascii_lowercase())
}

/// The words of a text that could be names.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: BTreeSet<Vec<u8>>,
    octets: usize,
    /// A line that has begun.
    line: Vec<u8>,
}

impl Words {
    pub(super) fn of(text: &[u8]) -> Words {
        let mut words = Words::default();
        words.push(text);
        words.end();
        words
    }

    /// More of the text.
    pub(super) fn push(&mut self, part: &[u8]) {
        let mut lines = part.split(|octet| *octet == b'\n');
        if let Some(first) = lines.next() {
            self.keep(first);
        }
        for line in lines {
            self.end();
            self.keep(line);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        if self.line.len().saturating_add(part.len()) <= MOST {
            self.line.extend_from_slice(part);
        } else {
            self.octets = usize::MAX;
        }
    }

    /// The line is whole.
    pub(super) fn end(&mut self) {
        let line = zeroize::Zeroizing::new(std::mem::take(&mut self.line));
        for (key, value) in values(&line) {
            let every = names_something(&key);
            let words = value.split(|octet| separates(*octet)).filter(|word| !word.is_empty());
            // Two slashes begin what is no path, like the place of a blob.
            let names = words.filter(|word| every || (word.contains(&b'/') && !word.starts_with(b"//")));
            for word in names.filter(|word| *word != b"DIR" && *word != b"GROUP") {
                if self.octets <= MOST && self.words.insert(word.to_vec()) {
                    self.octets = self.octets.saturating_add(word.len());
                }
            }
        }
    }

    /// There were more than can be looked at.
    pub(super) const fn is_too_much(&self) -> bool {
        self.octets > MOST
    }

    /// The first that the other text does not have, and nobody else knows.
    pub(super) fn beyond(&self, other: &Words, known: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
        self.words.iter().map(Vec::as_slice).find(|word| !other.words.contains(*word) && !known(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beyond(before: &str, after: &str) -> Option<String> {
        let (before, after) = (Words::of(before.as_bytes()), Words::of(after.as_bytes()));
        after.beyond(&before, |_| false).map(|word| String::from_utf8_lossy(word).into_owned())
    }

    #[test]
    fn names_that_were_there_stay_and_new_ones_are_found() {
        let before = "ctrl_interface=DIR=/run/x GROUP=netdev\nnetwork={\n\tca_cert=\"/etc/ca.pem\"\n}\n";
        assert_eq!(beyond(before, before), None);
        for (line, found) in [
            ("any=/etc/shadow", "/etc/shadow"),
            ("\tca_cert=\"/etc/shadow\"", "/etc/shadow"),
            (" CA_CERT =shadow", "shadow"),
            ("wpa_psk_file=shadow", "shadow"),
            ("ctrl_interface=DIR=/run/x GROUP=wheel", "wheel"),
            ("bridge=br9", "br9"),
            ("x=../etc/shadow", "../etc/shadow"),
        ] {
            assert_eq!(beyond(before, &format!("{before}{line}\n")).as_deref(), Some(found), "{line}");
        }
    }

    #[test]
    fn what_people_and_the_air_say_is_no_name() {
        for line in
            ["ssid=\"a/b\"", "\tpsk=\"half/and/half\"", "identity=\"DOMAIN/me\"", "#x=/etc/shadow", "priority=5"]
        {
            assert_eq!(beyond("", line), None, "{line}");
        }
        assert_eq!(beyond("", "ca_cert2=\"blob://x\"\n"), Some("//x".into()));
        assert_eq!(beyond("", "nai=blob://x\n"), None);
    }

    #[test]
    fn what_is_taken_for_text_is_a_parameter_that_names_no_file() {
        use conf::station::{CRED_PARAMS, GLOBAL_PARAMS, IDENTITY_PARAMS, NETWORK_PARAMS};
        let tables = [CRED_PARAMS, GLOBAL_PARAMS, IDENTITY_PARAMS, NETWORK_PARAMS];
        let all = tables.iter().chain([&conf::ap::RADIO_PARAMS, &conf::ap::BSS_PARAMS]).flat_map(|table| table.iter());
        let all: Vec<&[u8]> = all.map(|parameter| parameter.name.as_bytes()).collect();
        let unknown: Vec<_> =
            TEXTS.iter().filter(|text| !all.contains(*text)).map(|text| text.escape_ascii()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let files: Vec<_> = all.iter().filter(|name| conf::ap::ApConfig::names_file(name)).collect();
        assert!(!files.is_empty() && files.iter().all(|name| is_name(name)), "{files:?}");
    }

    #[test]
    fn a_text_is_the_same_in_parts() {
        let mut parts = Words::default();
        for part in ["network={\n ca_ce", "rt=\"/etc/", "shadow\"\n}"] {
            parts.push(part.as_bytes());
        }
        parts.end();
        assert_eq!(parts.beyond(&Words::default(), |_| false), Some(b"/etc/shadow".as_slice()));
    }
}
