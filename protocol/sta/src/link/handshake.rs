//! What the machine of the handshakes asks for, done.

use alloc::format;

use crypto::Secret;
use ipc_proto::{KeyBytes, KeyKind, KeyParameters, Request};
use rsn::{CipherSuite, Protocol, Supplicant, SupplicantConfig, SupplicantOutput};
use wire::ReasonCode;

use super::parting::Installed;
use super::target::Plan;
use super::{Shared, joining};
use crate::change::Change;
use crate::choice::profile::DenyPtk0;
use crate::output::{Asked, Level};

/// What a handshake has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It goes on.
    Runs,
    /// All keys are agreed.
    Agreed,
    /// The link is better made anew at once.
    Anew,
    /// The access point is to be left.
    Leave(ReasonCode),
}

/// The machine for a link's handshakes; none for an open network.
pub(super) fn begin(plan: &Plan, shared: &Shared<'_>) -> Option<Supplicant> {
    let target = &plan.target;
    let negotiated = target.negotiated.clone()?;
    let offer = rsn::ApOffer {
        rsne: target.ap_rsne.as_deref(),
        rsnxe: target.ap_rsnxe.as_deref(),
        wpa: target.ap_wpa.as_deref(),
    };
    let (own_element, own_rsnxe) = (target.own_element.clone(), target.own_rsnxe.clone());
    let mut config = SupplicantConfig {
        pmk: target.pmk.clone(),
        pmkid: target.pmkid,
        ssid: Some(target.ssid.as_bytes().to_vec()),
        eapol_version: shared.settings.eapol_version,
        deny_ptk0_rekey: match plan.terms.deny_ptk0_rekey {
            DenyPtk0::Never => false,
            DenyPtk0::Unsafe => !plan.replaces_ptk0,
            DenyPtk0::Always => true,
        },
        ptk_rekey: plan.terms.ptk_rekey,
        ..SupplicantConfig::new(shared.own, target.bssid, negotiated, &offer, own_element, own_rsnxe)
    };
    shared.tamper.change_handshake(&mut config);
    Some(Supplicant::new(config))
}

/// A key for the kernel.
struct Key<'a> {
    kind: KeyKind,
    index: u8,
    cipher: CipherSuite,
    key: &'a Secret,
    /// Last packet number in use, least significant octet first.
    sequence: &'a [u8],
}

fn install(given: Key<'_>, installed: &mut Installed, shared: &mut Shared<'_>) {
    let Key { kind, index, cipher, key, sequence } = given;
    let pairwise = matches!(kind, KeyKind::Pairwise(_));
    let key = KeyParameters {
        kind,
        index,
        cipher: cipher.nl80211(),
        key: KeyBytes::new(key.as_bytes()),
        sequence: sequence.to_vec(),
        set_default: pairwise,
        rx_only: false,
        link: None,
    };
    shared.out.ask(Asked::Key { pairwise }, |handle| Request::AddKey { handle, key });
    installed.unanswered = installed.unanswered.saturating_add(1);
    if !installed.keys.contains(&(kind, index)) {
        installed.keys.push((kind, index));
    }
}

/// Does what the machine asks for.
pub(super) fn drain(
    handshake: &mut Supplicant,
    plan: &mut Plan,
    installed: &mut Installed,
    fresh: bool,
    shared: &mut Shared<'_>,
) -> Outcome {
    let mut outcome = Outcome::Runs;
    let (bssid, network) = (plan.target.bssid, plan.target.network);
    while let Some(output) = handshake.poll_output() {
        let negotiated = handshake.negotiated();
        let (pairwise, group, rsn) = (negotiated.pairwise, negotiated.group, negotiated.protocol == Protocol::Rsn);
        match output {
            SupplicantOutput::SendEapol { frame, .. } if shared.tamper.swallows(&frame) => {}
            SupplicantOutput::SendEapol { frame, .. } if shared.settings.eapol_outside => {
                shared.out.tell(Change::EapolToSend { to: bssid, frame });
            }
            SupplicantOutput::SendEapol { frame, encrypt } => {
                shared.out.ask(Asked::Told("sending an EAPOL frame"), |handle| Request::SendEapol {
                    handle,
                    dest: bssid,
                    data: frame,
                    encrypt,
                });
            }
            SupplicantOutput::InstallPtk { cipher, key } => {
                if shared.settings.shows_keys {
                    let ptk = handshake.ptk().map(rsn::ptk::Ptk::whole).unwrap_or_default();
                    shared.out.show_key("WPA: PTK", ptk);
                }
                let kind = KeyKind::Pairwise(bssid);
                install(Key { kind, index: 0, cipher, key: &key, sequence: &[] }, installed, shared);
            }
            SupplicantOutput::InstallGtk { cipher, index, key, rsc } => {
                if shared.settings.shows_keys {
                    shared.out.show_key("WPA: Group Key", key.clone());
                }
                install(Key { kind: KeyKind::Group, index, cipher, key: &key, sequence: &rsc }, installed, shared);
            }
            SupplicantOutput::InstallIgtk { cipher, index, key, ipn } => {
                install(Key { kind: KeyKind::Group, index, cipher, key: &key, sequence: &ipn }, installed, shared);
            }
            SupplicantOutput::InstallBigtk { cipher, index, key, bipn } => {
                if plan.terms.beacon_protection && plan.beacon_protection {
                    install(Key { kind: KeyKind::Group, index, cipher, key: &key, sequence: &bipn }, installed, shared);
                }
            }
            SupplicantOutput::SsidConfirmed => {
                plan.target.ssid_confirmed = true;
                shared.out.tell(Change::SsidConfirmed);
            }
            SupplicantOutput::TransitionDisable(bits) => {
                let sae = plan.target.is_sae();
                shared.out.tell(Change::TransitionDisable { network, bits, sae });
            }
            SupplicantOutput::PasswordIdentifiers(aliases) => {
                shared.out.tell(Change::PasswordIdentifiers { network, aliases });
            }
            SupplicantOutput::Completed { rekeyed: _ } => {
                shared.out.tell(Change::KeyNegotiationCompleted { bssid, pairwise, group });
                outcome = Outcome::Agreed;
            }
            SupplicantOutput::GroupRekeyed => shared.out.tell(Change::GroupRekeyed { bssid, group, rsn }),
            SupplicantOutput::PmkidMismatch { pmkid } => {
                // Message 1 is authenticated by nobody: a forged one must not throw us out of a link that stands.
                shared.out.log_of_strangers(
                    "messages in the name of our access point named another key than ours",
                    format!("{bssid} names another key than ours ({pmkid})"),
                );
                if fresh {
                    joining::doubt(plan, shared);
                }
            }
            SupplicantOutput::Report(report) => shared.out.tell(Change::Report(report)),
            SupplicantOutput::Reconnect => return Outcome::Anew,
            SupplicantOutput::Disconnect { reason, why } => {
                shared.out.log(Level::Warning, format!("leaving {bssid}: {why}"));
                return Outcome::Leave(reason);
            }
        }
    }
    outcome
}
