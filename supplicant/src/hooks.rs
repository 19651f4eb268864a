//! Hooks for test suites, behind the feature `testing`: a station that says what no honest one says.

use rsn::SupplicantConfig;
use sta::{Commit, Tamper};
use wire::StatusCode;

use crate::interface::Interface;

/// What is said instead. `SET NAME VALUE` sets them, `FLUSH` takes them back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hooks {
    /// Body of SAE commits.
    sae_commit: Option<Vec<u8>>,
    /// Groups that commits claim were refused.
    sae_rejected: Vec<u16>,
    /// RSNXE of the association request, perhaps none.
    rsnxe_assoc: Option<Vec<u8>>,
    /// RSNE and RSNXE of message 2, perhaps none.
    rsne_eapol: Option<Vec<u8>>,
    rsnxe_eapol: Option<Vec<u8>>,
    /// Bits to set in the key information of message 2.
    second_info: u16,
    /// What else messages of the handshake say.
    tweaks: rsn::supplicant::Tweaks,
    /// Group messages are not answered.
    no_group_answers: bool,
}

/// Bytes; `NULL` takes the hook back.
fn bytes(value: &[u8]) -> Option<Option<Vec<u8>>> {
    if value == b"NULL" { Some(None) } else { conf::text::hex(value).map(Some) }
}

fn number(value: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(value).ok()?.trim(), radix).ok()
}

impl Tamper for Hooks {
    fn claimed_groups(&self) -> Vec<u16> {
        self.sae_rejected.clone()
    }

    fn change_commit(&self, commit: &mut Commit) {
        if let Some(body) = self.sae_commit.clone() {
            *commit = Commit { status: StatusCode::SUCCESS, body };
        }
    }

    fn change_association(&self, own: &mut Option<Vec<u8>>) {
        if let Some(rsnxe) = self.rsnxe_assoc.clone() {
            *own = Some(rsnxe).filter(|element| !element.is_empty());
        }
    }

    fn change_handshake(&self, config: &mut SupplicantConfig) {
        if let Some(rsne) = self.rsne_eapol.clone() {
            config.own_element = rsne;
        }
        if let Some(rsnxe) = self.rsnxe_eapol.clone() {
            config.own_rsnxe = Some(rsnxe).filter(|element| !element.is_empty());
        }
        config.second_info = self.second_info;
        config.tweaks = self.tweaks.clone();
    }

    /// The answer to a group message, which has neither the pairwise nor the request bit.
    fn swallows(&self, frame: &[u8]) -> bool {
        self.no_group_answers && matches!(frame, [_, _, _, _, _, high, low, ..] if high & 8 == 0 && low & 8 == 0)
    }
}

impl Hooks {
    /// Sets one; absent if it is none, false if the value is none of it.
    fn set(&mut self, name: &str, value: &[u8]) -> Option<bool> {
        let elements = |hook: &mut Option<Vec<u8>>| bytes(value).map(|bytes| *hook = bytes).is_some();
        let done = match name {
            "sae_commit_override" => {
                let set = elements(&mut self.sae_commit);
                self.sae_commit = self.sae_commit.take().filter(|body| !body.is_empty());
                set
            }
            "rsne_override_eapol" => elements(&mut self.rsne_eapol),
            "rsnxe_override_eapol" => elements(&mut self.rsnxe_eapol),
            "rsnxe_override_assoc" => elements(&mut self.rsnxe_assoc),
            "extra_sae_rejected_groups" => {
                let groups = conf::text::words(value).filter_map(|word| number(word, 10));
                self.sae_rejected = groups.filter_map(|group| u16::try_from(group).ok()).collect();
                true
            }
            "eapol_2_key_info_set_mask" => {
                let mask = number(value, 16).and_then(|mask| u16::try_from(mask).ok());
                mask.map(|mask| self.second_info = mask).is_some()
            }
            "encrypt_eapol_m2" => {
                self.tweaks.second_encrypted = value == b"1";
                true
            }
            "encrypt_eapol_m4" => {
                self.tweaks.fourth_encrypted = value == b"1";
                true
            }
            "disable_eapol_g2_tx" => {
                self.no_group_answers = value == b"1";
                true
            }
            _ => return None,
        };
        Some(done)
    }
}

impl Interface {
    /// Sets a hook; absent if it is none, false if the value is none of it.
    pub(crate) fn set_hook(&mut self, name: &str, value: &[u8]) -> Option<bool> {
        if name == "ignore_sae_h2e_only" {
            self.engine.set_hunting_only(value == b"1");
            return Some(true);
        }
        self.change_runtime(|runtime| runtime.hooks.set(name, value))
    }

    /// Elements for message 2 or 4.
    pub(crate) fn set_message_elements(&mut self, fourth: bool, elements: Vec<u8>) {
        self.change_runtime(|runtime| {
            let tweaks = &mut runtime.hooks.tweaks;
            *(if fourth { &mut tweaks.fourth } else { &mut tweaks.second }) = elements;
        });
    }

    /// `GET NAME` of what a test suite alone asks for.
    pub(crate) fn get_hook(&self, name: &str) -> Option<String> {
        let nonce = self.engine.anonce().filter(|_| name == "anonce");
        nonce.map(|nonce| ctrl::reply::Hex(&nonce).to_string())
    }
}
