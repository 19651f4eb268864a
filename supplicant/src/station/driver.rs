//! Drivers that authenticate and associate by themselves, and tell what came of it.

use ctrl::StationEvent;
use ipc_proto::{ConnectParameters, MfpMode, OperState, Request};
use wire::element::{Elements, id};
use wire::frame::auth_algorithm;
use wire::{MacAddr, StatusCode};

use super::connect::{PATIENCE, security};
use super::link::{Associating, Link, Target};
use super::{Station, WpaState};
use crate::outbox::{Cx, Purpose};

impl Station {
    /// Leaves the connection to the driver.
    pub(super) fn connect_by_driver(&mut self, cx: &mut Cx<'_>, target: Target) {
        let (bssid, ssid, freq) = (target.bssid, target.ssid, target.freq);
        if target.is_sae() {
            // Its frames would have to be made here for the driver (external authentication), or the key be told.
            tracing::warn!("{}: the driver connects by itself; SAE is not supported with such drivers", self.ifname());
            self.say(cx, ctrl::LogLevel::Info, "Association request to the driver failed");
            self.network_failed(cx, target.network, "CONN_FAILED");
            self.look_for_networks(cx, std::time::Duration::from_secs(1));
            return;
        }
        let mut elements = target.own_element.clone();
        elements.extend(target.own_rsnxe.iter().flatten());
        elements.extend(&self.runtime.assoc_elements);
        let connect = ConnectParameters {
            bssid: Some(bssid),
            bssid_hint: None,
            freq: Some(freq),
            ssid,
            algorithm: Some(auth_algorithm::OPEN),
            elements,
            security: target.negotiated.as_ref().map(security),
            mfp: if target.has_pmf() { MfpMode::Required } else { MfpMode::No },
            psk: None,
            sae_password: None,
            prev_bssid: target.previous,
            external_auth: false,
        };
        self.link = Link::Associating(Box::new(Associating {
            target,
            early: None,
            deadline: cx.now + PATIENCE.saturating_mul(2),
        }));
        self.tell(cx, &StationEvent::TryingToAssociate { bssid, ssid, freq });
        self.set_state(cx, WpaState::Associating);
        self.request(cx, Purpose::Connect(self.attempt), |handle| Request::Connect { handle, connect });
    }

    /// The driver has connected, or failed to. `sent`: the elements of its association request.
    pub(crate) fn connected_by_driver(
        &mut self,
        cx: &mut Cx<'_>,
        bssid: Option<MacAddr>,
        status: StatusCode,
        timed_out: bool,
        sent: &[u8],
    ) {
        let Link::Associating(state) = &self.link else { return };
        if !state.target.by_driver {
            return;
        }
        if status != StatusCode::SUCCESS || timed_out {
            tracing::info!("{}: the driver could not connect: {status}", self.ifname());
            let bssid = bssid.or(Some(state.target.bssid));
            self.tell(cx, &StationEvent::AssocReject { bssid, status: status.0, timeout: timed_out.then_some(None) });
            self.attempt_failed(cx, None);
            return;
        }
        let there = bssid.unwrap_or(state.target.bssid);
        self.arrived(there, sent);
        self.associated(cx);
    }

    /// The driver has moved to another access point: the port closes until the handshake there is done.
    pub(crate) fn roamed_by_driver(&mut self, cx: &mut Cx<'_>, bssid: MacAddr, sent: &[u8]) {
        let Link::Associated(state) = &self.link else { return };
        if !state.target.by_driver {
            return;
        }
        let target = state.target.clone();
        tracing::info!("{}: the driver has moved from {} to {bssid}", self.ifname(), target.bssid);
        self.attempt = self.attempt.wrapping_add(1);
        for (kind, index) in state.keys.clone() {
            self.request(cx, Purpose::Quiet, |handle| Request::DeleteKey { handle, kind, index, link: None });
        }
        self.request(cx, Purpose::Quiet, |handle| Request::SetOperState { handle, state: OperState::Dormant });
        self.link = Link::Associating(Box::new(Associating { target, early: None, deadline: cx.now + PATIENCE }));
        self.arrived(bssid, sent);
        self.associated(cx);
    }

    /// Where the driver has gone, and what it said there: the handshake checks both.
    fn arrived(&mut self, bssid: MacAddr, sent: &[u8]) {
        let Link::Associating(state) = &mut self.link else { return };
        let target = &mut state.target;
        if bssid != target.bssid {
            target.bssid = bssid;
            target.pmkid = None;
            target.previous = None;
            let bss = self.bss.find(bssid, &target.ssid);
            // One that no scan has seen is unknown: then message 3 alone says what it offers.
            target.ap_rsne = bss.and_then(|bss| bss.rsne().map(Vec::from));
            target.ap_rsnxe = bss.and_then(|bss| bss.rsnxe().map(Vec::from));
            target.ap_wpa = bss.and_then(|bss| bss.wpa().map(Vec::from));
            target.freq = bss.map_or(target.freq, |bss| bss.freq);
        }
        let sent = Elements::new(sent);
        if let Some(element) = sent.find(id::RSN)
            && target.negotiated.as_ref().is_some_and(|negotiated| negotiated.protocol == rsn::Protocol::Rsn)
        {
            target.own_element = element.whole.to_vec();
            target.own_rsnxe = sent.find(id::RSNX).map(|element| element.whole.to_vec());
        }
    }
}
