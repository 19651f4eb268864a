//! Events of the kernel were lost: what is true now?

use std::time::Duration;

use ipc_proto::{LinkInfo, Request};

use super::Station;
use super::link::{Link, Loss};
use crate::outbox::{Cx, Purpose};

impl Station {
    /// Asks for everything that events would have told: the link, what is in reach, and what the radio may do by now.
    pub(crate) fn resync(&mut self, cx: &mut Cx<'_>) {
        tracing::warn!("{}: events of the kernel were lost; looking at everything anew", self.ifname());
        if self.iface.handle.is_none() {
            self.attach(cx);
            return;
        }
        self.request(cx, Purpose::LinkState(self.attempt), |handle| Request::LinkState { handle });
        // The end of a scan may be among what was lost.
        self.request(cx, Purpose::ScanResults, |handle| Request::ScanResults { handle });
        self.request(cx, Purpose::Wiphy, |handle| Request::Capabilities { handle });
    }

    /// What is true now. `attempt`: the one that ran when it was asked; of a later one the answer knows nothing.
    pub(crate) fn link_state(&mut self, cx: &mut Cx<'_>, attempt: u32, link: &LinkInfo) {
        self.link_changed(cx, link.up, link.addr);
        if attempt != self.attempt || !self.is_ready() {
            return;
        }
        match (&self.link, link.bssid) {
            (Link::Associated(state), Some(bssid)) if state.target.bssid == bssid => {}
            (Link::Associated(state), Some(bssid)) if state.target.by_driver => {
                self.roamed_by_driver(cx, bssid, &[]);
            }
            (Link::Associated(state), _) => {
                let bssid = state.target.bssid;
                tracing::warn!("{}: the link to {bssid} ended while events were lost", self.ifname());
                self.lost_link(cx, Loss { reason: wire::ReasonCode::UNSPECIFIED, local: false, quiet: false });
                self.look_for_networks(cx, Duration::from_millis(100));
            }
            (Link::Idle, Some(bssid)) => {
                // We had left, and the kernel did not hear of it.
                let reason = wire::ReasonCode::DEAUTH_LEAVING;
                self.request(cx, Purpose::Quiet, |handle| Request::Deauthenticate {
                    handle,
                    bssid,
                    reason,
                    local: false,
                });
            }
            // An answer that was lost is waited for until its time is over, and then asked for anew.
            (Link::Authenticating(_) | Link::Associating(_), _) | (Link::Idle, None) => {}
        }
    }
}
