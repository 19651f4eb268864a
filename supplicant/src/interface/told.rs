//! What the engine wants and tells, carried out and put in the words that clients know.

use ctrl::{LogLevel, StationEvent};
use daemon::log;
use sta::{Change, Compared, Level, Output, Setback, State, TableChange};
use wire::{MacAddr, Ssid};

use super::Interface;
use crate::control::settings;
use crate::outbox::{Cx, Purpose};

/// WPA2-Personal is left: SAE only.
const WPA3_PERSONAL: u8 = 1 << 0;

const fn compared(one: Compared) -> (MacAddr, u32, i32, u32) {
    (one.bssid, one.freq, one.signal, one.throughput)
}

const fn reason(why: Setback) -> &'static str {
    match why {
        Setback::WrongKey => "WRONG_KEY",
        Setback::NoKey => "NO_PSK_AVAILABLE",
        Setback::Connection => "CONN_FAILED",
    }
}

/// A state, as lines of the log have it.
pub(super) const fn name(state: State) -> &'static str {
    match state {
        State::Disconnected => "DISCONNECTED",
        State::Inactive => "INACTIVE",
        State::Scanning => "SCANNING",
        State::Authenticating => "AUTHENTICATING",
        State::Associating => "ASSOCIATING",
        State::Associated => "ASSOCIATED",
        State::FourWayHandshake => "4WAY_HANDSHAKE",
        State::GroupHandshake => "GROUP_HANDSHAKE",
        State::Completed => "COMPLETED",
    }
}

impl Interface {
    /// Does what the engine wants.
    pub(super) fn engine_wants(&mut self, cx: &mut Cx<'_>, output: Output) {
        match output {
            Output::Request { ticket, request } => cx.out.request(self.key, Purpose::Engine(ticket), request),
            Output::Change(change) => self.changed(cx, change),
            Output::Log { level, stranger, text } => self.log(level, stranger, &text),
            Output::Key { what, key } => log::key(what, key.as_bytes()),
        }
    }

    fn log(&self, level: Level, stranger: Option<&'static str>, text: &str) {
        let name = self.ifname();
        match (level, stranger) {
            (_, Some(stranger)) => tracing::info!(stranger, "{name}: {text}"),
            (Level::Debug, None) => tracing::debug!("{name}: {text}"),
            (Level::Info, None) => tracing::info!("{name}: {text}"),
            (Level::Warning, None) => tracing::warn!("{name}: {text}"),
            (Level::Error, None) => tracing::error!("{name}: {text}"),
        }
    }

    fn ssid_of(&self, id: conf::station::NetworkId) -> Ssid {
        self.network(id).and_then(conf::station::Network::ssid).unwrap_or_default()
    }

    /// Tells listeners, and keeps what is to be kept.
    fn changed(&mut self, cx: &mut Cx<'_>, change: Change) {
        let event = match change {
            Change::State { before, now } => {
                self.life.disabled = false;
                let text = format!("State: {} -> {}", name(before), name(now));
                return self.say(cx, LogLevel::Debug, text);
            }
            Change::TryingToAuthenticate { bssid, ssid, freq } => {
                StationEvent::TryingToAuthenticate { bssid, ssid, freq }
            }
            Change::TryingToAssociate { bssid, ssid, freq } => StationEvent::TryingToAssociate { bssid, ssid, freq },
            Change::AuthenticationRefused { bssid, algorithm, transaction, status, elements } => {
                StationEvent::AuthReject { bssid, auth_type: algorithm, transaction, status: status.0, elements }
            }
            Change::AssociationRefused { bssid, status, timed_out } => {
                StationEvent::AssocReject { bssid, status: status.0, timeout: timed_out.then_some(None) }
            }
            Change::AssociationNotSent => {
                return self.say(cx, LogLevel::Info, "Association request to the driver failed");
            }
            Change::PasswordIdentifierUnknown { bssid, network, alias } => {
                self.tell(cx, &StationEvent::SaeUnknownPasswordIdentifier(bssid));
                return self.forget_alias(cx, network, alias);
            }
            Change::PasswordIdentifiers { network, aliases } => {
                let text = format!("RSN: Received {} SAE Password Identifier(s)", aliases.len());
                self.say(cx, LogLevel::Info, text);
                return self.set_aliases(cx, network, &aliases);
            }
            Change::TransitionDisable { network, bits, sae } => {
                self.tell(cx, &StationEvent::TransitionDisable(bits));
                return self.leave_transition(cx, network, bits, sae);
            }
            Change::Associated(bssid) => StationEvent::Associated(bssid),
            Change::KeyNegotiationCompleted { bssid, pairwise, group } => {
                let (pairwise, group) = (pairwise.name(), group.name());
                StationEvent::KeyNegotiationCompleted { bssid, pairwise, group }
            }
            Change::GroupRekeyed { bssid, group, rsn } => {
                StationEvent::GroupRekeyingCompleted { bssid, group: group.name(), rsn }
            }
            Change::Connected { bssid, network } => {
                let id_str = self.network(network).and_then(conf::station::Network::id_str).unwrap_or_default();
                StationEvent::Connected { bssid, id: Some(network), id_str: id_str.to_vec() }
            }
            Change::Disconnected { bssid, reason, local } => {
                StationEvent::Disconnected { bssid, reason: reason.0, locally_generated: local }
            }
            Change::TimedOut(bssid) => {
                return self.say(cx, LogLevel::Info, format!("Authentication with {bssid} timed out."));
            }
            Change::SsidConfirmed => return self.say(cx, LogLevel::Info, "RSN: SSID matched expected value"),
            Change::PskMayBeWrong => StationEvent::PskMayBeWrong,
            Change::KeyCached { bssid, network } => StationEvent::PmksaAdded { bssid, id: network },
            Change::KeyForgotten { bssid, network } => StationEvent::PmksaRemoved { bssid, id: network },
            Change::LeftAlone { network, failures, lasts, why } => StationEvent::TempDisabled {
                id: network,
                ssid: self.ssid_of(network),
                failures,
                duration: u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX),
                reason: reason(why),
            },
            Change::Reenabled(network) => StationEvent::Reenabled { id: network, ssid: self.ssid_of(network) },
            Change::NothingFits(obstacles) => return tracing::info!("{}", self.in_the_way(&obstacles)),
            Change::NetworkNotFound => {
                self.serving.nothing_found = true;
                StationEvent::NetworkNotFound
            }
            Change::SecretWanted { network, ask: true } => StationEvent::Request {
                field: "PSK_PASSPHRASE",
                id: network,
                text: "PSK or passphrase".into(),
                ssid: self.ssid_of(network),
            },
            Change::SecretWanted { network, ask: false } => {
                let ssid = self.ssid_of(network);
                return tracing::warn!(
                    "{}: \"{ssid}\" is in reach, but it has neither passphrase nor key",
                    self.ifname()
                );
            }
            Change::ScanStarted { id } => StationEvent::ScanStarted { id },
            Change::ScanResults { id } => StationEvent::ScanResults { id },
            Change::ScanFailed(error) => StationEvent::ScanFailed { error, retry: false },
            Change::Table(changes) => return self.tell_table(cx, changes),
            Change::RoamDecision { go, current, other } => {
                StationEvent::RoamDecision { go, current: compared(current), other: compared(other) }
            }
            Change::Countermeasures(true) => {
                return self.say(cx, LogLevel::Warning, "WPA: TKIP countermeasures started");
            }
            Change::Countermeasures(false) => {
                return self.say(cx, LogLevel::Info, "WPA: TKIP countermeasures stopped");
            }
            Change::Report(report) => {
                return self.say_of_strangers(cx, "key frames were not as they should be", report.to_string());
            }
            Change::EapolReceived { source, frame } => {
                let text = format!("EAPOL-RX {source} {}", ctrl::reply::Hex(&frame));
                return self.say(cx, LogLevel::Info, text);
            }
            Change::EapolToSend { to, frame } => StationEvent::EapolTx { to, frame },
        };
        self.tell(cx, &event);
    }

    /// The event of an entry of the table.
    pub(super) const fn table_event(change: TableChange) -> StationEvent {
        match change {
            TableChange::Added { id, bssid } => StationEvent::BssAdded { id, bssid },
            TableChange::Removed { id, bssid } => StationEvent::BssRemoved { id, bssid },
        }
    }

    /// An access point does not know this name of the password's identifier any more.
    fn forget_alias(&mut self, cx: &mut Cx<'_>, id: conf::station::NetworkId, alias: Option<Vec<u8>>) {
        let (Some(alias), Some(network)) = (alias, self.network(id)) else { return };
        let left: Vec<Vec<u8>> = network.alt_sae_password_ids().into_iter().filter(|one| *one != alias).collect();
        self.set_aliases(cx, id, &left);
    }

    fn set_aliases(&mut self, cx: &mut Cx<'_>, id: conf::station::NetworkId, aliases: &[Vec<u8>]) {
        let set = self.change_network(id, |network| network.set_alt_sae_password_ids(aliases));
        if set.is_some() {
            self.save_by_itself(cx);
        }
    }

    /// The network has left weaker modes: nobody can make us use them again (WPA3 Specification 3.5 section 8).
    fn leave_transition(&mut self, cx: &mut Cx<'_>, id: conf::station::NetworkId, bits: u8, sae: bool) {
        // It says so of what it has proved itself by: a link made with the pre-shared key proves nothing about SAE.
        if bits & WPA3_PERSONAL == 0 || !sae {
            return;
        }
        if self.change_network(id, conf::station::Network::leave_wpa2_personal) == Some(true) {
            tracing::info!("{}: network {id} has left WPA2: it is joined with SAE only from now on", self.ifname());
            self.save_by_itself(cx);
        }
    }

    fn save_by_itself(&self, cx: &mut Cx<'_>) {
        if self.config().globals.update_config() {
            settings::write(self, cx, None);
        }
    }
}
