//! Associations that somebody else on this machine has made (`iw dev … connect`).

use wire::StatusCode;
use wire::frame::{AssocResponse, Management};

use super::Station;
use super::link::{Associating, Link};
use crate::outbox::Cx;

impl Station {
    /// An association that was not ours to make is taken over where an enabled network without security fits, as the
    /// originals do. One with security has keys that only its maker knows: it is left alone.
    pub(super) fn associated_from_outside(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        if !matches!(self.link, Link::Idle) || !self.is_ready() || self.disconnected {
            return;
        }
        let Ok(header) = Management::parse(frame) else { return };
        let accepted = AssocResponse::parse(header.body).is_ok_and(|response| response.status == StatusCode::SUCCESS);
        if !accepted {
            return;
        }
        let enabled: Vec<_> = self.enabled_networks().map(conf::station::Network::id).collect();
        let fitting = enabled.into_iter().filter_map(|id| self.candidate_for(id, header.source));
        let Some(candidate) = fitting.into_iter().find(|candidate| candidate.negotiated.is_none()) else { return };
        let Some(target) = self.target_of(candidate) else { return };
        tracing::info!("{}: associated with {} from outside", self.ifname(), header.source);
        self.scan.cancel_next();
        self.attempt = self.attempt.wrapping_add(1);
        self.link = Link::Associating(Box::new(Associating { target, early: None, deadline: cx.now }));
        self.associated(cx);
    }
}
