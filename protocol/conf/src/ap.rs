//! The language of hostapd.conf.

mod bss;
mod bss_table;
mod check;
mod files;
mod radio;
mod radio_table;
#[cfg(test)]
mod tests;

pub use bss::{Bss, ControlDirectory, Psk};
pub use bss_table::BSS_PARAMS;
use bss_table::BssKey;
pub use files::{AclEntry, PskEntry, PskSecret, parse_mac_file, parse_psk_file, parse_sae_password_file};
pub use radio::{ChannelChoice, HtCapab, HwMode, Radio, WmmCategory};
pub use radio_table::RADIO_PARAMS;
use radio_table::RadioKey;

use crate::notice::{Notice, Rejected};
use crate::param::{self, Effect};
use crate::text;
use crate::values::{self, Change, SetError};
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

/// A whole hostapd.conf: one radio and its BSSs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApConfig {
    /// What all its BSSs share.
    pub radio: Radio,
    /// The BSSs; there is always a first one.
    pub bss: Vec<Bss>,
}

impl Default for ApConfig {
    fn default() -> Self {
        ApConfig { radio: Radio::default(), bss: vec![Bss::default()] }
    }
}

impl ApConfig {
    /// An empty configuration of an interface, to be filled by `SET` (the global `ADD IFNAME …`).
    pub fn for_interface(interface: &str) -> ApConfig {
        let mut config = ApConfig::default();
        // A name the table refuses leaves the configuration without one, and the check says so.
        let _ = config.set(0, b"interface", interface.as_bytes());
        config
    }

    /// Reads a configuration file and checks it as a whole; `name` is what its warnings and errors call it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, contents: &[u8]) -> Result<(ApConfig, Vec<Notice>), Rejected> {
        let mut config = ApConfig::default();
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let mut refused: Vec<String> = Vec::new();
        for (index, line) in contents.split(|b| *b == b'\n').enumerate() {
            let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
            let notice = |text: String| Notice { file: name.to_string(), line: number, text };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") || text::trim_start(line).is_empty() {
                continue;
            }
            let Some(at) = line.iter().position(|b| *b == b'=') else {
                errors.push(notice(format!("not a parameter: '{}'", String::from_utf8_lossy(line))));
                continue;
            };
            let (parameter, rest) = line.split_at(at);
            let value = rest.get(1..).unwrap_or(&[]);
            let last = config.bss.len().saturating_sub(1);
            let shown = String::from_utf8_lossy(parameter);
            match config.set(last, parameter, value) {
                Ok(_) => {
                    let number = config.param(parameter).is_some_and(|param| param.shape.kind.takes_any_number());
                    if number && text::decimal(value).is_none() {
                        let (n, text) = (text::leading_number(value), String::from_utf8_lossy(value));
                        warnings.push(notice(format!("{shown}: \"{text}\" is not a number; it is read as {n}")));
                    }
                    if let Some(what) = config.without_effect(parameter, value) {
                        warnings.push(notice(format!("{shown} {what}")));
                    }
                }
                Err(SetError::Unknown) => errors.push(notice(format!("unknown parameter '{shown}'"))),
                // What would have no effect is no reason to refuse the file.
                Err(SetError::Invalid(why)) if without_effect(&modern(parameter)).is_some() => {
                    warnings.push(notice(format!("{shown}: {why}; it is not supported yet and has no effect")));
                }
                Err(SetError::Invalid(why)) => {
                    errors.push(notice(format!("{shown}: {why}")));
                    refused.push(shown.into_owned());
                }
            }
        }
        let whole = |text: String| Notice { file: name.to_string(), line: 0, text };
        let checked = config.check();
        warnings.extend(checked.warnings.into_iter().map(whole));
        // That a value is missing is no news where its line was refused.
        let follows = |text: &String| refused.iter().any(|name| text.contains(name.as_str()));
        errors.extend(checked.errors.into_iter().filter(|text| !follows(text)).map(whole));
        if errors.is_empty() { Ok((config, warnings)) } else { Err(Rejected { errors, warnings }) }
    }

    fn without_effect(&self, name: &[u8], value: &[u8]) -> Option<&'static str> {
        let name = modern(name);
        if *name == *b"driver" {
            return (self.radio.values.read(RadioKey::driver) != Some("nl80211"))
                .then_some("is ignored: nl80211 is the only driver interface");
        }
        if *name == *b"ctrl_interface" && self.bss.iter().all(|bss| bss.control_directory().is_none()) {
            return (!value.is_empty()).then_some(ControlDirectory::NO_PLACE);
        }
        if *name == *b"channel" && self.radio.channel() == ChannelChoice::Automatic {
            return Some("names none: the best channel is not searched for yet, the first one that is allowed is used");
        }
        let last = self.bss.last().is_some_and(|bss| bss.values.has_preset(&name));
        if self.radio.values.has_preset(&name) || last {
            return None;
        }
        without_effect(&name)
    }

    fn param(&self, name: &[u8]) -> Option<&'static param::Param> {
        let name = modern(name);
        self.radio.values.param(&name).or_else(|| Bss::default().values.param(&name))
    }

    /// Sets a parameter from its text, as a line of the file or `SET` does; parameters of the radio are the radio's whichever
    /// BSS they are set through. `bss=NAME` adds a BSS.
    ///
    /// # Errors
    /// If there is no such parameter or BSS, or the text is not a value of it.
    pub fn set(&mut self, bss: usize, name: &[u8], text: &[u8]) -> Result<Change, SetError> {
        let name = modern(name);
        let name = name.as_ref();
        if name == b"bss" {
            let mut further = Bss::default();
            further.set(b"interface", text)?;
            self.bss.push(further);
            return Ok(Change::Changed);
        }
        if self.radio.values.param(name).is_some() {
            return self.radio.set(name, text);
        }
        let bss = if name == b"interface" { 0 } else { bss };
        self.bss.get_mut(bss).ok_or(SetError::Unknown)?.set(name, text)
    }

    /// The text of a parameter; secrets as `*`. `None` if it is unset or unknown.
    pub fn get(&self, bss: usize, name: &[u8]) -> Option<Vec<u8>> {
        let name = modern(name);
        if self.radio.values.param(&name).is_some() {
            return self.radio.values.get(&name);
        }
        self.bss.get(bss)?.get(&name)
    }

    /// What a change of a parameter does.
    #[must_use]
    pub fn on_change(name: &[u8]) -> Effect {
        let name = modern(name);
        let of_radio = param::effect_of(RADIO_PARAMS, &name);
        if of_radio == Effect::Nothing { param::effect_of(BSS_PARAMS, &name) } else { of_radio }
    }

    /// Whether a parameter names a file that the daemon reads.
    #[must_use]
    pub fn names_file(name: &[u8]) -> bool {
        BSS_PARAMS.iter().any(|param| param.name.as_bytes() == name && param.shape.file)
    }

    /// Checks the configuration as a whole, as it must be before it is used.
    pub fn check(&self) -> Checked {
        check::check(self)
    }
}

/// What the check of a configuration as a whole found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Why it cannot be used; empty if it can.
    pub errors: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// What is said of a parameter that has no effect.
fn without_effect(name: &[u8]) -> Option<&'static str> {
    values::without_effect(RADIO_PARAMS, name).or_else(|| values::without_effect(BSS_PARAMS, name))
}

/// Names from before quality of service was called WMM.
fn modern(name: &[u8]) -> Cow<'_, [u8]> {
    match name.strip_prefix(b"wme_ac_") {
        Some(rest) => Cow::Owned([b"wmm_ac_", rest].concat()),
        None => Cow::Borrowed(name),
    }
}
