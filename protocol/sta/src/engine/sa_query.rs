//! SA Query: when it begins, its frames, and what follows from silence.

use alloc::format;

use ipc_proto::{Request, TransmitParameters};
use wire::frame::{self, Management, Subtype, category};
use wire::{MacAddr, ReasonCode};

use super::{Cx, Engine};
use crate::link::Target;
use crate::output::{Asked, Level};
use crate::parts::sa_query::Due;

/// SA Query Request and Response (9.6.9).
const REQUEST: u8 = 0;
const RESPONSE: u8 = 1;

impl Engine {
    /// The present link, if management frames are protected there and data may pass.
    fn protected_link(&self) -> Option<&Target> {
        self.link().connected().map(|state| &state.plan.target).filter(|target| target.has_pmf())
    }

    /// An unprotected Deauthentication or Disassociation frame arrived on a protected link.
    pub(crate) fn unprotected_deauth(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        let Ok(header) = Management::parse(frame) else { return };
        let Ok(reason) = frame::parse_reason(header.body) else { return };
        if self.protected_link().is_none_or(|target| header.source != target.bssid) {
            return;
        }
        self.out.log_of_strangers(
            "unprotected frames in the name of our access point were ignored",
            format!("unprotected frame in the name of {} ignored: {reason}", header.source),
        );
        // 11.13: only these say that the access point has lost its state of us.
        let lost = matches!(reason, ReasonCode::CLASS2_FROM_NONAUTH | ReasonCode::CLASS3_FROM_NONASSOC);
        if lost && !self.settings.sa_query_off {
            self.parts.sa_query.begin(cx.now);
            self.sa_query_timeout(cx);
        }
    }

    /// Sends the next request, or gives up.
    pub(crate) fn sa_query_timeout(&mut self, cx: &mut Cx<'_>) {
        match self.parts.sa_query.due(cx.now, cx.rng) {
            None => {}
            Some(Due::Send(id)) => self.send_sa_query(REQUEST, id),
            Some(Due::GivenUp) => {
                self.out.log(Level::Info, "the access point does not answer SA Query; connecting anew".into());
                self.leave_and_come_back(cx, ReasonCode::PREV_AUTH_NOT_VALID);
            }
        }
    }

    fn send_sa_query(&mut self, action: u8, id: [u8; 2]) {
        let Some((bssid, freq)) = self.target().map(|target| (target.bssid, target.freq)) else { return };
        let built = frame::build(Subtype::ACTION, bssid, self.device.own, bssid, |writer| {
            writer.put(&[category::SA_QUERY, action]).put(&id);
        });
        let Ok(frame) = built else { return };
        self.out.ask(Asked::Quiet, |handle| Request::TransmitFrame {
            handle,
            transmit: TransmitParameters {
                freq: Some(freq),
                wait: 0,
                frame,
                no_cck: false,
                no_ack: false,
                offchannel: false,
                link: None,
            },
        });
    }

    /// An SA Query frame came; what follows its category.
    pub(crate) fn sa_query_frame(&mut self, source: MacAddr, details: &[u8]) {
        if self.link().connected().is_none_or(|state| state.plan.target.bssid != source) {
            return;
        }
        let [kind, high, low, ..] = details else { return };
        let id = [*high, *low];
        match *kind {
            REQUEST => self.send_sa_query(RESPONSE, id),
            RESPONSE if self.parts.sa_query.answered(id) => {
                self.out.log(Level::Debug, "the access point answered SA Query".into());
            }
            _ => {}
        }
    }
}
