//! The handshakes of a link, and the keys and the port that follow from them.

use crypto::Secret;
use ctrl::StationEvent;
use ipc_proto::{Failure, KeyBytes, KeyKind, KeyParameters, OperState, Request, StationFlags};
use rsn::{CipherSuite, Protection, Protocol, Supplicant, SupplicantConfig, SupplicantOutput};
use wire::{MacAddr, ReasonCode};

use super::link::{Link, Target};
use super::{Station, WpaState};
use crate::outbox::{Cx, Purpose};

/// EAPOL packet type of EAPOL-Key (IEEE Std 802.1X-2020 11.3.2).
const EAPOL_KEY: u8 = 3;

impl Station {
    /// The machine for a link's handshakes; none for an open network.
    pub(crate) fn handshake_for(&self, target: &Target) -> Option<Supplicant> {
        let negotiated = target.negotiated.clone()?;
        let offer = rsn::ApOffer {
            rsne: target.ap_rsne.as_deref(),
            rsnxe: target.ap_rsnxe.as_deref(),
            wpa: target.ap_wpa.as_deref(),
        };
        let network = self.network(target.network);
        let rekey = network.map_or(0, |network| network.wpa_ptk_rekey());
        let replaceable = self.iface.wiphy.as_ref().is_some_and(|wiphy| wiphy.features.can_replace_ptk0);
        #[allow(unused_mut, reason = "changed for tests only")]
        let mut config = SupplicantConfig {
            pmk: target.pmk.clone(),
            pmkid: target.pmkid,
            ssid: Some(target.ssid.as_bytes().to_vec()),
            eapol_version: self.config.globals.eapol_version(),
            deny_ptk0_rekey: match network.map_or(0, |network| network.wpa_deny_ptk0_rekey()) {
                0 => false,
                1 => !replaceable,
                _ => true,
            },
            ptk_rekey: (rekey > 0).then(|| std::time::Duration::from_secs(rekey.into())),
            ..SupplicantConfig::new(
                self.iface.addr,
                target.bssid,
                negotiated,
                &offer,
                target.own_element.clone(),
                target.own_rsnxe.clone(),
            )
        };
        #[cfg(feature = "testing")]
        self.runtime.hooks.change_handshake(&mut config);
        Some(Supplicant::new(config))
    }

    /// An EAPOL frame came from the air.
    pub(crate) fn eapol_from_air(&mut self, cx: &mut Cx<'_>, source: MacAddr, encrypted: Option<bool>, data: &[u8]) {
        if self.runtime.eapol_outside {
            let text = format!("EAPOL-RX {source} {}", ctrl::reply::Hex(data));
            self.say(cx, ctrl::LogLevel::Info, text);
            return;
        }
        self.eapol_received(cx, source, encrypted, data);
    }

    /// An EAPOL frame came.
    pub(crate) fn eapol_received(&mut self, cx: &mut Cx<'_>, source: MacAddr, encrypted: Option<bool>, data: &[u8]) {
        match &mut self.link {
            Link::Idle | Link::Authenticating(_) => {}
            Link::Associating(state) => {
                // It may overtake the event of the association: one frame is kept.
                if source == state.target.bssid {
                    state.early = Some((data.to_vec(), encrypted));
                }
            }
            Link::Associated(state) => {
                if source != state.target.bssid {
                    tracing::debug!("{}: EAPOL frame of {source}, which is not our access point", self.origin.ifname);
                    return;
                }
                if data.get(1) != Some(&EAPOL_KEY) {
                    tracing::debug!("{}: EAPOL frame that is no key frame", self.origin.ifname);
                    return;
                }
                let Some(handshake) = &mut state.handshake else { return };
                let protection = match encrypted {
                    Some(true) => Protection::Encrypted,
                    Some(false) => Protection::Plain,
                    None => Protection::Unknown,
                };
                if let Err(discard) = handshake.handle_eapol_key(data, protection, cx.now, cx.rng) {
                    tracing::debug!("{}: EAPOL-Key frame of {source} dropped: {discard}", self.origin.ifname);
                }
                let (four_way, group) = (handshake.four_way_in_progress(), handshake.group_handshake_in_progress());
                if !state.completed {
                    if four_way {
                        self.set_state(cx, WpaState::FourWayHandshake);
                    } else if group {
                        self.set_state(cx, WpaState::GroupHandshake);
                    }
                }
                self.drain_handshake(cx);
            }
        }
    }

    /// Does what the handshake's machine asks for.
    pub(crate) fn drain_handshake(&mut self, cx: &mut Cx<'_>) {
        loop {
            let Link::Associated(state) = &mut self.link else { return };
            let Some(handshake) = &mut state.handshake else { return };
            let Some(output) = handshake.poll_output() else { return };
            let bssid = state.target.bssid;
            let (network, ssid, freq) = (state.target.network, state.target.ssid, state.target.freq);
            let negotiated = handshake.negotiated();
            let (pairwise, group, protocol) = (negotiated.pairwise, negotiated.group, negotiated.protocol);
            match output {
                #[cfg(feature = "testing")]
                SupplicantOutput::SendEapol { frame, .. } if self.runtime.hooks.swallows(&frame) => {}
                SupplicantOutput::SendEapol { frame, .. } if self.runtime.eapol_outside => {
                    self.tell(cx, &StationEvent::EapolTx { to: bssid, frame });
                }
                SupplicantOutput::SendEapol { frame, encrypt } => {
                    self.request(cx, Purpose::Told("sending an EAPOL frame"), |handle| Request::SendEapol {
                        handle,
                        dest: bssid,
                        data: frame,
                        encrypt,
                    });
                }
                SupplicantOutput::InstallPtk { cipher, key } => {
                    if daemon::log::shows_keys() {
                        let ptk = handshake.ptk().map(rsn::ptk::Ptk::whole).unwrap_or_default();
                        daemon::log::key("WPA: PTK", ptk.as_bytes());
                    }
                    self.install(cx, KeyKind::Pairwise(bssid), 0, cipher, &key, &[]);
                }
                SupplicantOutput::InstallGtk { cipher, index, key, rsc } => {
                    daemon::log::key("WPA: Group Key", key.as_bytes());
                    self.install(cx, KeyKind::Group, index, cipher, &key, &rsc);
                }
                SupplicantOutput::InstallIgtk { cipher, index, key, ipn } => {
                    self.install(cx, KeyKind::Group, index, cipher, &key, &ipn);
                }
                SupplicantOutput::InstallBigtk { cipher, index, key, bipn } => {
                    let wanted = self.network(network).is_some_and(|network| network.beacon_prot());
                    let able = self.iface.wiphy.as_ref().is_some_and(|wiphy| wiphy.features.beacon_protection);
                    if wanted && able {
                        self.install(cx, KeyKind::Group, index, cipher, &key, &bipn);
                    }
                }
                SupplicantOutput::SsidConfirmed => {
                    state.target.ssid_confirmed = true;
                    self.say(cx, ctrl::LogLevel::Info, "RSN: SSID matched expected value");
                }
                SupplicantOutput::TransitionDisable(bits) => self.leave_transition(cx, network, bits),
                SupplicantOutput::PasswordIdentifiers(ids) => self.take_aliases(cx, network, &ids),
                SupplicantOutput::Completed { rekeyed } => {
                    self.tell(
                        cx,
                        &StationEvent::KeyNegotiationCompleted {
                            bssid,
                            pairwise: pairwise.name(),
                            group: group.name(),
                        },
                    );
                    if !rekeyed || !self.link.is_completed() {
                        self.await_keys(cx);
                    }
                }
                SupplicantOutput::GroupRekeyed => {
                    self.tell(
                        cx,
                        &StationEvent::GroupRekeyingCompleted {
                            bssid,
                            group: group.name(),
                            rsn: protocol == Protocol::Rsn,
                        },
                    );
                }
                SupplicantOutput::PmkidMismatch { pmkid } => {
                    // Message 1 is authenticated by nobody: a forged one must not throw us out of a link that stands.
                    tracing::info!(
                        stranger = "messages in the name of our access point named another key than ours",
                        "{}: {bssid} names another key than ours ({pmkid})",
                        self.ifname()
                    );
                    if state_is_fresh(&self.link) && self.link.target().is_some_and(|target| target.cached) {
                        self.doubt_key(cx, network, bssid);
                    }
                }
                SupplicantOutput::Reconnect => {
                    self.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
                    if !self.reconnect_to(cx, network, bssid) {
                        self.look_for_lost(cx, &ssid, freq);
                    }
                    return;
                }
                SupplicantOutput::Report(report) => {
                    self.say_of_strangers(cx, "key frames were not as they should be", report.to_string());
                }
                SupplicantOutput::Disconnect { reason, why } => {
                    tracing::warn!("{}: leaving {bssid}: {why}", self.ifname());
                    let completed = self.link.is_completed();
                    self.disconnect(cx, reason);
                    if completed {
                        self.look_for_lost(cx, &ssid, freq);
                    } else {
                        self.connection_failed(cx, bssid, Some(network));
                    }
                    return;
                }
            }
        }
    }

    fn install(
        &mut self,
        cx: &mut Cx<'_>,
        kind: KeyKind,
        index: u8,
        cipher: CipherSuite,
        key: &Secret,
        sequence: &[u8],
    ) {
        let pairwise = matches!(kind, KeyKind::Pairwise(_));
        let parameters = KeyParameters {
            kind,
            index,
            cipher: cipher.nl80211(),
            key: KeyBytes::new(key.as_bytes()),
            sequence: sequence.to_vec(),
            set_default: pairwise,
            rx_only: false,
            link: None,
        };
        let purpose = if pairwise { Purpose::PairwiseKey(self.attempt) } else { Purpose::GroupKey(self.attempt) };
        self.request(cx, purpose, |handle| Request::AddKey { handle, key: parameters });
        if let Link::Associated(state) = &mut self.link {
            state.unanswered = state.unanswered.saturating_add(1);
            if !state.keys.contains(&(kind, index)) {
                state.keys.push((kind, index));
            }
        }
    }

    /// The handshake is over. Data must not pass before the kernel has the keys that protect it (IEEE Std 802.11-2020
    /// 12.7.6.6, 12.6.10.3).
    fn await_keys(&mut self, cx: &mut Cx<'_>) {
        let Link::Associated(state) = &mut self.link else { return };
        state.negotiated = true;
        if state.unanswered == 0 {
            self.open_port(cx);
        }
    }

    /// What came of installing a key. Without the pairwise key there is no link; what the kernel has already is as good.
    pub(crate) fn key_installed(
        &mut self,
        cx: &mut Cx<'_>,
        attempt: u32,
        what: &'static str,
        result: Result<(), Failure>,
    ) {
        let well = matches!(result, Ok(()) | Err(Failure::KeyInstalled));
        self.key_or_port(cx, attempt, what, result);
        let Link::Associated(state) = &mut self.link else { return };
        if attempt != self.attempt || !well {
            return;
        }
        state.unanswered = state.unanswered.saturating_sub(1);
        if state.negotiated && !state.completed {
            self.await_keys(cx);
        }
    }

    /// What came of installing a key or opening the port. Without either there is no link.
    pub(crate) fn key_or_port(
        &mut self,
        cx: &mut Cx<'_>,
        attempt: u32,
        what: &'static str,
        result: Result<(), Failure>,
    ) {
        let Err(failure) = result else { return };
        if attempt != self.attempt {
            return;
        }
        if failure == Failure::KeyInstalled {
            tracing::info!("{}: {what}: {failure}", self.ifname());
            return;
        }
        tracing::error!("{}: {what} failed: {failure}", self.ifname());
        let Some(target) = self.link.target() else { return };
        let (bssid, network) = (target.bssid, target.network);
        self.disconnect(cx, ReasonCode::UNSPECIFIED);
        self.connection_failed(cx, bssid, Some(network));
    }

    /// `KEY_REQUEST`: asks the access point for new keys.
    #[cfg(feature = "testing")]
    pub(crate) fn request_keys(&mut self, cx: &mut Cx<'_>, error: bool, pairwise: bool) -> bool {
        let Link::Associated(state) = &mut self.link else { return false };
        let Some(handshake) = &mut state.handshake else { return false };
        match (error, pairwise) {
            (true, _) => handshake.report_mic_failure(pairwise),
            (false, true) => handshake.request_rekey(),
            (false, false) => handshake.request_group_rekey(),
        }
        self.drain_handshake(cx);
        true
    }

    /// Everything is there: data may pass.
    pub(crate) fn open_port(&mut self, cx: &mut Cx<'_>) {
        let Link::Associated(state) = &mut self.link else { return };
        state.completed = true;
        state.deadline = None;
        let target = state.target.clone();
        let (bssid, id) = (target.bssid, target.network);
        if target.negotiated.is_some() {
            self.request(cx, Purpose::Authorize(self.attempt), |handle| Request::SetStationFlags {
                handle,
                addr: bssid,
                flags: StationFlags { authorized: Some(true), ..StationFlags::default() },
            });
        }
        self.request(cx, Purpose::Told("opening the link"), |handle| Request::SetOperState {
            handle,
            state: OperState::Up,
        });
        self.failures = 0;
        self.interruptions = 0;
        self.wish = None;
        self.ignore.remove(bssid);
        self.scan.restart();
        self.forgive(cx, id, true);
        self.set_state(cx, WpaState::Completed);
        let id_str = self.network(id).and_then(|network| network.id_str()).unwrap_or_default().to_vec();
        self.tell(cx, &StationEvent::Connected { bssid, id: Some(id), id_str });
        self.roam_started(cx);
    }
}

fn state_is_fresh(link: &Link) -> bool {
    link.associated().is_some_and(|state| !state.completed)
}
