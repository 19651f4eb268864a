//! SA Query (IEEE Std 802.11-2020 11.13): is the access point that seems to throw us out still the one we know?

use std::time::Duration;

use ipc_proto::{Request, TransmitParameters};
use wire::frame::{self, Action, Management, Subtype, category};
use wire::{Instant, MacAddr, ReasonCode};

use super::Station;
use super::link::Link;
use crate::outbox::{Cx, Purpose};

/// How often a request is repeated (dot11AssociationSAQueryRetryTimeout: 201 TU).
const RETRY: Duration = Duration::from_micros(201 * 1024);
/// When it is given up (dot11AssociationSAQueryMaximumTimeout: 1000 TU).
const GIVE_UP: Duration = Duration::from_micros(1000 * 1024);
/// Forged frames must not keep us busy: one query in this time.
const RATE: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Running {
    started: Instant,
    next: Instant,
    ids: Vec<[u8; 2]>,
}

/// The query under way.
#[derive(Debug, Default)]
pub(crate) struct SaQuery {
    running: Option<Running>,
    last: Option<Instant>,
}

impl SaQuery {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.next)
    }

    pub(crate) fn stop(&mut self) {
        self.running = None;
    }
}

impl Station {
    /// An unprotected Deauthentication or Disassociation frame arrived on a protected link.
    pub(crate) fn unprotected_deauth(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        let Ok(header) = Management::parse(frame) else { return };
        let Ok(reason) = frame::parse_reason(header.body) else { return };
        let Link::Associated(state) = &self.link else { return };
        if header.source != state.target.bssid || !state.target.has_pmf() || !state.completed {
            return;
        }
        tracing::info!(
            stranger = "unprotected frames in the name of our access point were ignored",
            "{}: unprotected frame in the name of {} ignored: {reason}",
            self.ifname(),
            header.source
        );
        // 11.13: only these say that the access point has lost its state of us.
        if !matches!(reason, ReasonCode::CLASS2_FROM_NONAUTH | ReasonCode::CLASS3_FROM_NONASSOC)
            || self.runtime.sa_query_off
            || self.sa_query.running.is_some()
            || self.sa_query.last.is_some_and(|last| cx.now - last < RATE)
        {
            return;
        }
        self.sa_query.last = Some(cx.now);
        self.sa_query.running = Some(Running { started: cx.now, next: cx.now, ids: Vec::new() });
        self.sa_query_timeout(cx);
    }

    /// Sends the next request, or gives up.
    pub(crate) fn sa_query_timeout(&mut self, cx: &mut Cx<'_>) {
        let Some(running) = &mut self.sa_query.running else { return };
        if running.next > cx.now {
            return;
        }
        if cx.now - running.started >= GIVE_UP {
            self.sa_query.stop();
            tracing::info!("{}: the access point does not answer SA Query; connecting anew", self.ifname());
            let lost = self.link.target().map(|target| (target.network, target.bssid, target.ssid, target.freq));
            self.disconnect(cx, ReasonCode::PREV_AUTH_NOT_VALID);
            if let Some((network, bssid, ssid, freq)) = lost
                && !self.reconnect_to(cx, network, bssid)
            {
                self.look_for_lost(cx, &ssid, freq);
            }
            return;
        }
        let mut id = [0; 2];
        cx.rng.fill(&mut id);
        running.ids.push(id);
        running.next = cx.now + RETRY;
        if let Some(bssid) = self.link.target().map(|target| target.bssid) {
            self.send_sa_query(cx, bssid, 0, id);
        }
    }

    fn send_sa_query(&self, cx: &mut Cx<'_>, bssid: MacAddr, action: u8, id: [u8; 2]) {
        let built = frame::build(Subtype::ACTION, bssid, self.iface.addr, bssid, |writer| {
            writer.put(&[category::SA_QUERY, action]).put(&id);
        });
        let Ok(frame) = built else { return };
        let freq = self.link.target().map(|target| target.freq);
        self.request(cx, Purpose::Quiet, |handle| Request::TransmitFrame {
            handle,
            transmit: TransmitParameters {
                freq,
                wait: 0,
                frame,
                no_cck: false,
                no_ack: false,
                offchannel: false,
                link: None,
            },
        });
    }

    /// A registered management frame came.
    pub(crate) fn frame_received(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        let Ok(header) = Management::parse(frame) else { return };
        if header.subtype() != Subtype::ACTION {
            return;
        }
        let Ok(action) = Action::parse(header.body) else { return };
        if action.category != category::SA_QUERY {
            return;
        }
        let Link::Associated(state) = &self.link else { return };
        if header.source != state.target.bssid || !state.completed {
            return;
        }
        let [kind, high, low, ..] = action.details else { return };
        let id = [*high, *low];
        match kind {
            0 => self.send_sa_query(cx, header.source, 1, id),
            1 if self.sa_query.running.as_ref().is_some_and(|running| running.ids.contains(&id)) => {
                tracing::debug!("{}: the access point answered SA Query", self.ifname());
                self.sa_query.stop();
            }
            _ => {}
        }
    }
}
