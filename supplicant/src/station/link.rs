//! The link to an access point: its states, its loss, its end.

use std::time::Duration;

use conf::station::NetworkId;
use crypto::Pmk;
use ctrl::StationEvent;
use ipc_proto::{KeyKind, OperState, Request};
use rsn::{Negotiated, Pmkid};
use wire::frame::{self, Management};
use wire::{Instant, MacAddr, ReasonCode, Ssid};

use super::{Station, WpaState};
use crate::outbox::{Cx, Purpose};
use crate::sae_run;

/// With whom and how a link is to be, is being or was made.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) network: NetworkId,
    pub(crate) bssid: MacAddr,
    pub(crate) ssid: Ssid,
    pub(crate) freq: u32,
    /// None for an open network.
    pub(crate) negotiated: Option<Negotiated>,
    pub(crate) pmk: Option<Pmk>,
    pub(crate) pmkid: Option<Pmkid>,
    /// The key comes from the cache, not from an SAE run of this attempt.
    pub(crate) cached: bool,
    /// Group of the SAE run, for STATUS.
    pub(crate) sae_group: Option<u16>,
    /// The name by which the password's identifier goes in this SAE run, if not by its own.
    pub(crate) alias: Option<Vec<u8>>,
    /// The access point has proved that its name is what we know.
    pub(crate) ssid_confirmed: bool,
    pub(crate) own_element: Vec<u8>,
    pub(crate) own_rsnxe: Option<Vec<u8>>,
    pub(crate) ap_rsne: Option<Vec<u8>>,
    pub(crate) ap_rsnxe: Option<Vec<u8>>,
    pub(crate) ap_wpa: Option<Vec<u8>>,
    /// The access point that is left behind by a reassociation.
    pub(crate) previous: Option<MacAddr>,
    /// The driver makes the link by itself.
    pub(crate) by_driver: bool,
}

impl Target {
    pub(crate) fn is_sae(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm.is_sae())
    }

    pub(crate) fn has_pmf(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.pmf)
    }
}

/// Authentication frames are being exchanged.
#[derive(Debug)]
pub(crate) struct Authenticating {
    pub(crate) target: Target,
    pub(crate) sae: Option<sae_run::Run>,
    /// The last frame, to be sent again after a stale authentication was cleared away.
    pub(crate) sent: Option<sae_run::Frame>,
    pub(crate) retried: bool,
    pub(crate) deadline: Instant,
}

/// An Association Request was sent.
#[derive(Debug)]
pub(crate) struct Associating {
    pub(crate) target: Target,
    /// An EAPOL frame that overtook the Association Response.
    pub(crate) early: Option<(Vec<u8>, Option<bool>)>,
    pub(crate) deadline: Instant,
}

/// The access point has accepted the association.
#[derive(Debug)]
pub(crate) struct Associated {
    pub(crate) target: Target,
    pub(crate) handshake: Option<Box<rsn::Supplicant>>,
    /// The port is open.
    pub(crate) completed: bool,
    pub(crate) since: Instant,
    /// By then the handshake must be done.
    pub(crate) deadline: Option<Instant>,
    /// Keys that were installed.
    pub(crate) keys: Vec<(KeyKind, u8)>,
    /// Keys that the kernel has not answered for yet.
    pub(crate) unanswered: usize,
    /// The handshake is over: the port opens once the kernel has answered for all keys.
    pub(crate) negotiated: bool,
}

/// The link, and only what each state of it needs.
#[derive(Debug, Default)]
pub(crate) enum Link {
    #[default]
    Idle,
    Authenticating(Box<Authenticating>),
    Associating(Box<Associating>),
    Associated(Box<Associated>),
}

impl Link {
    pub(crate) const fn target(&self) -> Option<&Target> {
        match self {
            Link::Idle => None,
            Link::Authenticating(state) => Some(&state.target),
            Link::Associating(state) => Some(&state.target),
            Link::Associated(state) => Some(&state.target),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Link::Idle => None,
            Link::Authenticating(state) => Some(state.deadline),
            Link::Associating(state) => Some(state.deadline),
            Link::Associated(state) => {
                let rekey = state.handshake.as_ref().and_then(|handshake| handshake.poll_deadline());
                [state.deadline, rekey].into_iter().flatten().min()
            }
        }
    }

    pub(crate) fn associated(&self) -> Option<&Associated> {
        if let Link::Associated(state) = self { Some(state) } else { None }
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.associated().is_some_and(|state| state.completed)
    }
}

/// How a link ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    pub(crate) reason: ReasonCode,
    /// We ended it, or the kernel.
    pub(crate) local: bool,
    /// Nobody needs to hear of it: it goes on elsewhere.
    pub(crate) quiet: bool,
}

/// How long the handshake may take after the association.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

impl Station {
    /// The link is gone: our state of it is cleared, and listeners are told. What to do next is the caller's affair.
    pub(crate) fn lost_link(&mut self, cx: &mut Cx<'_>, loss: Loss) {
        let link = std::mem::take(&mut self.link);
        self.sa_query.stop();
        self.roam.stop();
        let Some(target) = link.target().cloned() else { return };
        self.attempt = self.attempt.wrapping_add(1);
        if let Link::Associated(state) = &link {
            for (kind, index) in &state.keys {
                let (kind, index) = (*kind, *index);
                self.request(cx, Purpose::Quiet, |handle| Request::DeleteKey { handle, kind, index, link: None });
            }
            self.request(cx, Purpose::Quiet, |handle| Request::SetOperState { handle, state: OperState::Dormant });
        }
        self.set_four_address(cx, false);
        if !loss.quiet {
            self.tell(
                cx,
                &StationEvent::Disconnected {
                    bssid: target.bssid,
                    reason: loss.reason.0,
                    locally_generated: loss.local,
                },
            );
        }
        self.set_state(cx, WpaState::Disconnected);
    }

    /// Frames with four addresses where the network wants them, and only as long as the link stands.
    pub(crate) fn set_four_address(&mut self, cx: &mut Cx<'_>, enabled: bool) {
        if std::mem::replace(&mut self.iface.four_address, enabled) != enabled {
            self.request(cx, Purpose::Told("setting 4-address mode"), |handle| Request::SetFourAddress {
                handle,
                enabled,
            });
        }
    }

    /// Ends the link, if there is one, and tells the access point.
    pub(crate) fn disconnect(&mut self, cx: &mut Cx<'_>, reason: ReasonCode) {
        let Some(target) = self.link.target() else {
            return;
        };
        let bssid = target.bssid;
        if target.by_driver {
            self.request(cx, Purpose::Quiet, |handle| Request::Disconnect { handle, reason });
        } else {
            self.request(cx, Purpose::Quiet, |handle| Request::Deauthenticate { handle, bssid, reason, local: false });
        }
        self.lost_link(cx, Loss { reason, local: true, quiet: false });
    }

    /// A Deauthentication or Disassociation frame.
    pub(crate) fn link_ended_by_frame(&mut self, cx: &mut Cx<'_>, frame: &[u8], local: bool) {
        let Ok(frame) = Management::parse(frame) else { return };
        let Ok(reason) = frame::parse_reason(frame.body) else { return };
        self.link_ended(cx, Some(frame.bssid), reason, local);
    }

    /// The kernel says that the link ended.
    pub(crate) fn link_ended(&mut self, cx: &mut Cx<'_>, bssid: Option<MacAddr>, reason: ReasonCode, local: bool) {
        let Some(target) = self.link.target() else { return };
        if bssid.is_some_and(|bssid| bssid != target.bssid) {
            return;
        }
        match &self.link {
            Link::Idle => {}
            Link::Authenticating(_) | Link::Associating(_) => {
                // Our own frames come back as events, also those of an earlier link to the same access point.
                if local || bssid.is_none() {
                    return;
                }
                tracing::info!(
                    stranger = "attempts were ended by frames that anybody could have sent",
                    "{}: {} ended the attempt: {reason}",
                    self.ifname(),
                    target.bssid
                );
                let (network, bssid, cached) = (target.network, target.bssid, target.cached);
                if cached {
                    // The cached key is what it does not like, perhaps.
                    self.doubt_key(cx, network, bssid);
                }
                self.lost_link(cx, Loss { reason, local, quiet: false });
                self.interrupted(cx, network, bssid);
            }
            Link::Associated(_) => self.association_ended(cx, reason, local),
        }
    }

    fn association_ended(&mut self, cx: &mut Cx<'_>, reason: ReasonCode, local: bool) {
        let Link::Associated(state) = &self.link else { return };
        let bssid = state.target.bssid;
        let network = state.target.network;
        let (ssid, freq) = (state.target.ssid, state.target.freq);
        let completed = state.completed;
        let psk = state.target.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm.is_psk());
        let in_handshake = state.handshake.as_ref().is_some_and(|handshake| handshake.four_way_in_progress());
        if state.target.cached && !completed {
            // The access point does not like the cached key, perhaps.
            self.doubt_key(cx, network, bssid);
        }
        // The access point never said that it knows our key: the likeliest reason is that it does not.
        let mismatch = psk && in_handshake && !completed && !local && reason != ReasonCode::ELEMENT_MISMATCH;
        if mismatch {
            self.tell(cx, &StationEvent::PskMayBeWrong);
            tracing::warn!("{}: is the passphrase of \"{ssid}\" right?", self.ifname());
            self.ignore.add(bssid, cx.now);
            self.network_failed(cx, network, "WRONG_KEY");
        }
        self.lost_link(cx, Loss { reason, local, quiet: false });
        if self.disconnected {
            return;
        }
        if completed {
            if local && reason == ReasonCode::INACTIVITY {
                // It does not answer any more.
                let changes = self.bss.forget(bssid);
                self.tell_table(cx, changes);
            }
            let recoverable = matches!(
                reason,
                ReasonCode::INACTIVITY
                    | ReasonCode::AP_BUSY
                    | ReasonCode::CLASS2_FROM_NONAUTH
                    | ReasonCode::CLASS3_FROM_NONASSOC
            );
            if recoverable && !local && self.runtime.sta_autoconnect && self.reconnect_to(cx, network, bssid) {
                return;
            }
            if self.runtime.sta_autoconnect {
                self.scan.restart();
                self.look_for_lost(cx, &ssid, freq);
            }
        } else if mismatch {
            self.look_for_networks(cx, Duration::from_millis(100));
        } else if local {
            self.connection_failed(cx, bssid, Some(network));
        } else {
            self.interrupted(cx, network, bssid);
        }
    }

    /// Time has passed for the link.
    pub(crate) fn link_timeout(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if let Link::Associated(state) = &mut self.link
            && let Some(handshake) = &mut state.handshake
            && handshake.poll_deadline().is_some_and(|at| at <= now)
        {
            handshake.handle_timeout(now);
            self.drain_handshake(cx);
        }
        let due = |at: Instant| at <= now;
        let expired = match &self.link {
            Link::Idle => false,
            Link::Authenticating(state) => due(state.deadline),
            Link::Associating(state) => due(state.deadline),
            Link::Associated(state) => state.deadline.is_some_and(due),
        };
        if !expired {
            return;
        }
        let Some(target) = self.link.target() else { return };
        let bssid = target.bssid;
        self.say(cx, ctrl::LogLevel::Info, format!("Authentication with {bssid} timed out."));
        let cached = target.cached;
        let network = target.network;
        if cached {
            self.doubt_key(cx, network, bssid);
        }
        self.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
        self.connection_failed(cx, bssid, Some(network));
    }
}
