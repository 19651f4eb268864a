//! Life of an interface: attached, up, blocked, gone and back.

use std::time::Duration;

use ctrl::StationEvent;
use ipc_proto::{Failure, Handle, InterfaceInfo, InterfaceType, OperState, Request, WiphyInfo};
use sta::{Abilities, State};
use wire::MacAddr;
use wire::frame::{Subtype, category};

use super::{Iface, Interface};
use crate::outbox::{Cx, Purpose};

/// How often an interface that is missing is asked for, in case its appearance went unheard.
const RETRY: Duration = Duration::from_secs(5);

impl Interface {
    /// A connection to `privd` stands: begin anew.
    pub(crate) fn privd_up(&mut self, cx: &mut Cx<'_>) {
        self.iface = Iface::default();
        self.attach(cx);
    }

    /// The connection to `privd` is gone, and with it whatever it had set up.
    pub(crate) fn privd_down(&mut self, cx: &mut Cx<'_>) {
        tracing::warn!("{}: privd is gone; waiting for it to come back", self.ifname());
        self.unusable(cx, false, false);
        // It comes back in a moment, and what is asked for waits for it.
        self.iface = Iface { coming: true, ..Iface::default() };
    }

    /// Asks for the interface.
    pub(crate) fn attach(&mut self, cx: &mut Cx<'_>) {
        if self.iface.attaching || self.iface.handle.is_some() {
            return;
        }
        self.iface.attaching = true;
        self.iface.coming = true;
        cx.out.request(self.key, Purpose::Attach, Request::Attach { ifname: self.origin.ifname.clone() });
    }

    /// What came of it.
    pub(crate) fn attached(&mut self, cx: &mut Cx<'_>, result: Result<(Handle, InterfaceInfo), Failure>) {
        self.iface.attaching = false;
        let (handle, info) = match result {
            Ok(found) => found,
            Err(failure) => {
                if !self.life.missed_said {
                    tracing::warn!("{}: cannot take the interface: {failure}; waiting for it", self.ifname());
                    self.life.missed_said = true;
                }
                self.iface.retry_at = Some(cx.now + RETRY);
                self.cannot_come(cx);
                return;
            }
        };
        self.life.missed_said = false;
        self.iface.retry_at = None;
        self.iface.handle = Some(handle);
        self.iface.ifindex = info.ifindex;
        self.iface.addr = info.addr;
        self.iface.up = info.up;
        // A privd that comes back finds it as the one before has left it.
        self.life.found_up.get_or_insert(info.up);
        self.iface.blocked = info.blocked;
        if info.kind != InterfaceType::Station {
            self.request(cx, Purpose::Told("making the interface a station"), |handle| Request::SetInterfaceType {
                handle,
                kind: InterfaceType::Station,
            });
        }
        self.request(cx, Purpose::Wiphy, |handle| Request::Capabilities { handle });
        if !info.blocked {
            self.request(cx, Purpose::LinkUp, |handle| Request::SetLinkUp { handle, up: true });
        } else {
            self.blocked_said();
            self.iface.coming = false;
        }
        // What an earlier program or an earlier life of privd left behind would refuse our next authentication.
        self.request(cx, Purpose::Quiet, |handle| Request::SetOperState { handle, state: OperState::Dormant });
        self.request(cx, Purpose::Told("asking for SA Query frames"), |handle| Request::RegisterFrame {
            handle,
            subtype: Subtype::ACTION,
            prefix: vec![category::SA_QUERY],
        });
        if let Some(alpha2) = self.config().globals.country() {
            cx.out.request(self.key, Purpose::Told("setting the country"), Request::SetCountry { alpha2 });
        }
        if let Some(bridge) = self.origin.bridge.clone() {
            self.request(cx, Purpose::Told("joining the bridge"), |handle| Request::SetBridge {
                handle,
                bridge: Some(bridge),
            });
        }
    }

    fn blocked_said(&self) {
        tracing::warn!("{}: the radio is blocked (rfkill); waiting for it", self.ifname());
    }

    /// What the radio can do.
    pub(crate) fn wiphy_known(&mut self, cx: &mut Cx<'_>, result: Result<WiphyInfo, Failure>) {
        match result {
            Ok(wiphy) => {
                self.iface.wiphy = Some(wiphy);
                self.became_ready(cx);
            }
            Err(failure) => {
                tracing::error!("{}: cannot learn what the radio can do: {failure}", self.ifname());
                self.iface.handle = None;
                self.iface.retry_at = Some(cx.now + RETRY);
                self.iface.coming = false;
            }
        }
    }

    /// What came of switching it on.
    pub(crate) fn link_is_up(&mut self, cx: &mut Cx<'_>, result: Result<(), Failure>) {
        match result {
            Ok(()) => {
                self.iface.up = true;
                self.became_ready(cx);
            }
            Err(Failure::RadioBlocked) => {
                self.iface.blocked = true;
                self.blocked_said();
                self.cannot_come(cx);
            }
            Err(failure) => {
                tracing::error!("{}: cannot switch the interface on: {failure}", self.ifname());
                self.cannot_come(cx);
            }
        }
    }

    /// It does not become usable for now: nothing waits for that any more.
    fn cannot_come(&mut self, cx: &mut Cx<'_>) {
        self.iface.coming = false;
        self.drive(cx, |engine, _| engine.cannot_come());
        self.life.disabled = true;
    }

    /// The interface may have become usable.
    fn became_ready(&mut self, cx: &mut Cx<'_>) {
        let (Some(handle), Some(wiphy)) = (self.iface.handle, &self.iface.wiphy) else { return };
        if !self.is_ready() {
            self.life.disabled = true;
            return;
        }
        // A test of drivers that connect by themselves, on one that need not.
        let abilities = Abilities::of(wiphy, self.has_driver_param("force_connect_cmd=1"));
        let was_away = self.life.disabled || self.iface.coming;
        if std::mem::take(&mut self.life.disabled) {
            self.tell(cx, &StationEvent::InterfaceEnabled);
        }
        if was_away && self.engine.is_idle() && self.engine.state() != State::Scanning {
            tracing::info!("{}: ready, address {}", self.ifname(), self.iface.addr);
        }
        self.iface.coming = false;
        let addr = self.iface.addr;
        self.drive(cx, |engine, cx| engine.ready(cx, handle, addr, abilities));
    }

    /// The interface cannot be used for now. `there`: it still has state of ours to undo. `told`: listeners hear of it.
    fn unusable(&mut self, cx: &mut Cx<'_>, there: bool, told: bool) {
        self.lose_serving(cx, there);
        self.drive(cx, |engine, cx| engine.unusable(cx, there));
        if !std::mem::replace(&mut self.life.disabled, true) && told {
            self.tell(cx, &StationEvent::InterfaceDisabled);
        }
    }

    /// An interface appeared.
    pub(crate) fn interface_added(&mut self, cx: &mut Cx<'_>) {
        if self.iface.handle.is_none() {
            self.iface.retry_at = None;
            self.attach(cx);
        }
    }

    /// Ours is gone.
    pub(crate) fn interface_gone(&mut self, cx: &mut Cx<'_>) {
        tracing::warn!("{}: the interface is gone; waiting for it to come back", self.ifname());
        self.unusable(cx, false, true);
        self.life.found_up = None;
        self.life.missed_said = true;
        self.iface = Iface { retry_at: Some(cx.now + RETRY), ..Iface::default() };
    }

    /// Its administrative state or address changed.
    pub(crate) fn link_changed(&mut self, cx: &mut Cx<'_>, up: bool, addr: MacAddr) {
        if !addr.is_zero() && addr != self.iface.addr {
            tracing::info!("{}: address is now {addr}", self.ifname());
            self.iface.addr = addr;
            self.engine.readdressed(addr);
        }
        // It goes down and up to become something else.
        if up == self.iface.up || self.serving.is_turning() {
            return;
        }
        self.iface.up = up;
        if up {
            // A radio that could be switched on is not blocked.
            self.iface.blocked = false;
            self.became_ready(cx);
        } else {
            tracing::warn!("{}: the interface was switched off", self.ifname());
            self.unusable(cx, true, true);
        }
    }

    /// A radio switch changed.
    pub(crate) fn radio_blocked(&mut self, cx: &mut Cx<'_>, blocked: bool) {
        if blocked == self.iface.blocked {
            return;
        }
        self.iface.blocked = blocked;
        if blocked {
            self.blocked_said();
            self.unusable(cx, true, true);
        } else {
            tracing::info!("{}: the radio is no longer blocked", self.ifname());
            // The kernel took the interface down with the block.
            self.request(cx, Purpose::LinkUp, |handle| Request::SetLinkUp { handle, up: true });
        }
    }

    /// The interface is given back.
    pub(crate) fn leave(&mut self, cx: &mut Cx<'_>) {
        self.end_serving(cx);
        self.drive(cx, sta::Engine::give_back);
        if self.life.found_up.take() == Some(false) {
            self.request(cx, Purpose::Quiet, |handle| Request::SetLinkUp { handle, up: false });
        }
        self.request(cx, Purpose::Quiet, |handle| Request::Detach { handle });
        if self.origin.created {
            self.request(cx, Purpose::Quiet, |handle| Request::RemoveInterface { handle });
        }
        self.iface = Iface::default();
    }
}
