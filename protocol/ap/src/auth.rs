//! Authentication frames and probe requests (IEEE Std 802.11-2020 9.3.3.11, 11.1.4.3.4, 11.3.4).

use alloc::format;

use crate::change::{Change, Level};
use crypto::Rng;
use ipc_proto::Request;
use wire::element::{Elements, id};
use wire::frame::{Authentication, Management, auth_algorithm};
use wire::{Instant, MacAddr, ReasonCode, StatusCode};

use crate::bss::{Bss, Tag};
use crate::profile::Shown;
use crate::station::Stage;

impl Bss {
    /// Answers a probe request that asks for this network or for any that shows itself (11.1.4.3.4).
    pub(crate) fn handle_probe(&mut self, header: &Management<'_>, signal: Option<i32>) {
        let (own, source) = (self.config.own, header.source);
        self.tell(Change::Probed { addr: source, signal: signal.unwrap_or(0) });
        let for_us = header.destination == own || header.destination.is_broadcast();
        let any_bss = header.bssid == own || header.bssid.is_broadcast();
        if !for_us || !any_bss || !self.config.profile.admission.answers_probes || !self.is_welcome(source) {
            return;
        }
        let elements = Elements::new(header.body);
        let Some(asked) = elements.find(id::SSID).map(|element| element.body) else { return };
        let ours = self.config.ssid();
        let wildcard = asked.is_empty();
        let shown = self.config.profile.shown == Shown::Plain;
        let meant = asked == ours.as_bytes() || (wildcard && shown);
        if !meant {
            return;
        }
        // 11.1.4.3.4: a DSSS parameter set element names the channel the station is on.
        if let Some([channel]) = elements.find(id::DSSS_PARAMETER_SET).map(|element| element.body)
            && *channel != self.config.operating.number
            && self.config.operating.band == wire::channel::Band::Ghz2
        {
            return;
        }
        if self.config.wiphy.features.probe_response_offload {
            return;
        }
        let response = self.builder().probe_response(source);
        // Whoever asks everybody hears enough answers: these are not repeated.
        self.transmit(response, wildcard && header.destination.is_broadcast());
    }

    pub(crate) fn handle_auth(&mut self, header: &Management<'_>, now: Instant, rng: &mut dyn Rng) {
        let source = header.source;
        let Ok(auth) = Authentication::parse(header.body) else {
            self.log(Level::Debug, format!("{source}: malformed Authentication frame"));
            return;
        };
        let answer = |status: StatusCode| Authentication {
            algorithm: auth.algorithm,
            transaction: auth.transaction.wrapping_add(1),
            status,
            rest: &[],
        };
        if !self.is_welcome(source) {
            self.log_stranger(
                "stations were refused by the lists of addresses",
                format!("{source}: refused by the lists of addresses (macaddr_acl, accept_mac_file, deny_mac_file)"),
            );
            self.send_auth(source, answer(StatusCode::REFUSED));
            return;
        }
        if self.countermeasures.are_active(now) {
            self.log_stranger(
                "stations were refused during TKIP countermeasures",
                format!("{source}: refused during TKIP countermeasures"),
            );
            self.send_auth(source, answer(StatusCode::REFUSED));
            return;
        }
        // It comes again: what was still to be taken away of its last association goes now.
        self.finish_parting(source);
        match auth.algorithm {
            auth_algorithm::OPEN if self.config.profile.admission.open_authentication => {
                // 12.3.3.2: only the first of the two frames comes from the station.
                if auth.transaction != 1 {
                    self.send_auth(source, answer(StatusCode::TRANSACTION_SEQUENCE));
                    return;
                }
                // Nothing is remembered of who may only name a cached key in its request, which shows whether it has one.
                if self.serves_only_sae() {
                    self.send_auth(source, answer(StatusCode::SUCCESS));
                    return;
                }
                let status = if self.station_entry(source, now).is_some() {
                    self.admit(source, auth_algorithm::OPEN, now);
                    StatusCode::SUCCESS
                } else {
                    self.log_full(source);
                    StatusCode::AP_FULL
                };
                self.send_auth(source, answer(status));
            }
            auth_algorithm::SAE if self.sae.is_offered() => self.handle_sae(source, &auth, now, rng),
            other => {
                self.log_stranger(
                    "authentication algorithms that are not offered",
                    format!("{source}: authentication algorithm {other} is not offered"),
                );
                self.send_auth(source, answer(StatusCode::UNSUPPORTED_AUTH_ALG));
            }
        }
    }

    pub(crate) fn log_full(&mut self, addr: MacAddr) {
        let limit = self.config.profile.admission.most;
        self.log_stranger(
            "there was no room for another station",
            format!("{addr}: no room for another station (max_num_sta={limit})"),
        );
    }

    /// Every station has to come with SAE, or with a key that it led to.
    pub(crate) fn serves_only_sae(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| !policy.akms.iter().any(|akm| akm.is_psk()))
    }

    /// A station has authenticated. What an unprotected frame must not end (an association with protected management
    /// frames) stays until SA Query has spoken (11.3.4.3 d, 11.13).
    pub(crate) fn admit(&mut self, addr: MacAddr, algorithm: u16, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let proven = algorithm == auth_algorithm::SAE;
        if station.is_protected() {
            // Open authentication says nothing about who sent it.
            if proven {
                station.algorithm = algorithm;
            }
            return;
        }
        station.algorithm = algorithm;
        self.end_association(addr, now);
        self.remove_from_kernel(addr);
        let lifetime = self.authenticated_lifetime();
        let early = self.config.wiphy.features.full_ap_client_state;
        let handle = self.config.handle;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        station.stage = Stage::Authenticated;
        station.expires = Some(now + lifetime);
        let mut request = None;
        if early {
            station.in_kernel = true;
            station.kernel_associated = false;
            let mut parameters = station.parameters();
            // The kernel wants rates; those of the request are not known yet.
            parameters.rates = self.config.operating.basic_rates();
            request = Some(Request::AddStation { handle, station: parameters });
        }
        self.log_stranger("stations authenticated", format!("{addr}: authenticated"));
        if let Some(request) = request {
            self.request_entry(addr, request);
        }
    }

    /// Takes the station out of the kernel, with its keys.
    pub(crate) fn remove_from_kernel(&mut self, addr: MacAddr) {
        let handle = self.config.handle;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if !station.in_kernel {
            return;
        }
        station.in_kernel = false;
        station.kernel_associated = false;
        self.request(
            Tag::Plain("removing a station"),
            Request::RemoveStation { handle, addr: Some(addr), notify: None },
        );
    }

    /// Nobody is told; what the association was is forgotten, and listeners hear of it.
    pub(crate) fn end_association(&mut self, addr: MacAddr, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let was_authorized = station.authorized;
        let handshake = station.handshake.take();
        station.forget_association();
        if let (Some(mut handshake), Some(group)) = (handshake, self.group.as_mut()) {
            handshake.leave(group, now);
        }
        if was_authorized {
            self.tell(Change::Disconnected(addr));
        }
        self.drain_group();
        self.update_protection();
    }

    /// 9.4.2.12: whether a station that knows no OFDM is here, for whom the others have to protect their frames.
    pub(crate) fn update_protection(&mut self) {
        let present = self.config.operating.is_erp() && self.stations.tallies().non_erp > 0;
        if present != self.non_erp_present {
            self.non_erp_present = present;
            self.update_beacon();
            let (handle, options) = (self.config.handle, self.options());
            self.request(Tag::Plain("changing protection"), Request::SetBssOptions { handle, options });
        }
    }

    /// A frame that needs an association came from a station that has none (11.3.3, classes of frames).
    pub(crate) fn handle_unexpected(&mut self, addr: MacAddr, _now: Instant) {
        let stage = self.stations.get(&addr).map_or(Stage::Unknown, |station| station.stage);
        if addr.is_group() || stage >= Stage::Associating {
            return;
        }
        self.log(Level::Debug, format!("{addr}: sends data without being associated"));
        let (subtype, reason) = if stage == Stage::Authenticated {
            (wire::frame::Subtype::DISASSOC, ReasonCode::CLASS3_FROM_NONASSOC)
        } else {
            (wire::frame::Subtype::DEAUTH, ReasonCode::CLASS3_FROM_NONASSOC)
        };
        self.send(subtype, addr, |w| {
            w.u16_le(reason.0);
        });
    }
}
