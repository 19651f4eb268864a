//! The engine: what is heard finds its part, and the link changes in one place.

mod attempt;
mod commands;
mod countermeasures;
mod follow;
mod roam;
mod sa_query;
mod scan_parameters;
mod scan_results;
mod scanning;
mod select;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Rng;
use ipc_proto::{Event, Failure, Handle, LinkInfo, Reply, Request};
use rsn::PmksaEntry;
use wire::frame::{self, Action, AssocResponse, Management, Subtype, category};
use wire::{Instant, MacAddr, ReasonCode, StatusCode};

use crate::change::Change;
use crate::choice::abilities::Abilities;
use crate::choice::fit::Candidate;
use crate::choice::profile::{NetworkId, Profile};
use crate::choice::table::{Bss, BssTable};
use crate::history::History;
use crate::keys::Keys;
use crate::link::{Arrival, How, Input, Link, News, Parting, Rest, Shared, Silence, State, Target};
use crate::output::{Asked, Level, Outbox, Output, Ticket};
use crate::parts::Parts;
use crate::scan::Scanner;
use crate::settings::Settings;
use crate::tamper::{Honest, Tamper};

/// The world during one call into the engine.
pub struct Cx<'a> {
    /// The time.
    pub now: Instant,
    /// Random numbers.
    pub rng: &'a mut dyn Rng,
}

/// The interface as far as the engine knows it.
#[derive(Debug, Default)]
pub(crate) struct Device {
    pub(crate) own: MacAddr,
    pub(crate) abilities: Abilities,
    /// It is up and can be used.
    pub(crate) ready: bool,
}

/// What is wanted beside what the profiles say.
#[derive(Debug, Default)]
pub(crate) struct Intent {
    /// A client said that there is to be no link: stay so until one says otherwise.
    pub(crate) apart: bool,
    /// The interface is used for something else.
    pub(crate) occupied: bool,
    /// What a client wants the next attempts to use.
    pub(crate) wish: Option<MacAddr>,
    /// The attempt that begins as soon as the radio is free for it, and since when it waits.
    pub(crate) turn: Option<(Candidate, Instant)>,
}

impl Intent {
    /// No link is to be made by itself.
    pub(crate) const fn keeps_apart(&self) -> bool {
        self.apart || self.occupied
    }
}

/// One station.
#[derive(Debug)]
pub struct Engine {
    pub(crate) out: Outbox,
    pub(crate) device: Device,
    pub(crate) settings: Settings,
    pub(crate) profiles: Vec<Profile>,
    link: Link,
    pub(crate) table: BssTable,
    pub(crate) scan: Scanner,
    pub(crate) history: History,
    pub(crate) keys: Keys,
    pub(crate) intent: Intent,
    pub(crate) parts: Parts,
    pub(crate) tamper: Box<dyn Tamper>,
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            out: Outbox::default(),
            device: Device::default(),
            settings: Settings::default(),
            profiles: Vec::new(),
            link: Link::default(),
            table: BssTable::default(),
            scan: Scanner::default(),
            history: History::default(),
            keys: Keys::default(),
            intent: Intent::default(),
            parts: Parts::default(),
            tamper: Box::new(Honest),
        }
    }
}

impl Engine {
    /// What is to be done next, if anything.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// The earliest moment at which something is to be done by itself.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        [
            self.scan.deadline(),
            self.history.again.map(|again| again.at),
            self.link.deadline(),
            self.parts.deadline(),
            self.keys.cache.poll_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if self.keys.cache.poll_deadline().is_some_and(|at| at <= now) {
            self.forget_cached(|entry| entry.expires <= now);
        }
        self.countermeasures_timeout(cx);
        if self.link.deadline().is_some_and(|at| at <= now) {
            self.drive(cx, Input::Timeout);
        }
        self.sa_query_timeout(cx);
        self.again_timeout(cx);
        self.scan_timeout(cx);
    }

    /// The interface can be used: its name to the driver, its address, what its radio can do.
    pub fn ready(&mut self, cx: &mut Cx<'_>, handle: Handle, own: MacAddr, abilities: Abilities) {
        self.out.handle = Some(handle);
        self.device = Device { own, abilities, ready: true };
        if self.link.is_idle() && self.link.state() != State::Scanning {
            self.rest(cx, Rest::Disconnected);
            self.scan.restart();
            self.look(cx, Duration::ZERO);
        }
        if self.scan.is_requested() {
            self.scan.at(cx.now);
        }
    }

    /// Its address is another one.
    pub const fn readdressed(&mut self, own: MacAddr) {
        self.device.own = own;
    }

    /// It cannot be used any more. `there`: the driver still knows it, so that what was set up can be undone.
    pub fn unusable(&mut self, cx: &mut Cx<'_>, there: bool) {
        self.scan.stop();
        self.intent.turn = None;
        self.device.ready = false;
        if !there {
            self.out.handle = None;
        }
        let parting = Parting { how: How::Known, reason: ReasonCode::DEAUTH_LEAVING, local: true, quiet: false };
        self.drive(cx, Input::Leave(parting));
        self.rest(cx, Rest::Disconnected);
    }

    /// It does not become usable for now: nothing waits for that any more.
    pub fn cannot_come(&mut self) {
        self.scan.stop();
    }

    /// Something happened to the interface.
    pub fn handle_event(&mut self, cx: &mut Cx<'_>, event: &Event) {
        match event {
            Event::ScanStarted { .. } => self.scan_started(cx),
            Event::ScanDone { aborted, freqs, .. } => {
                self.scan.end_heard();
                self.scan_done(*aborted, freqs.clone());
            }
            Event::SchedScanResults { .. } => self.scan_done(false, Vec::new()),
            Event::AuthReceived { frame, .. } => self.drive(cx, Input::Authentication(frame)),
            Event::AssocReceived { frame, .. } if self.link.is_idle() => self.associated_from_outside(cx, frame),
            Event::AssocReceived { frame, .. } => self.drive(cx, Input::Association(frame)),
            Event::AuthTimeout { bssid, .. } => {
                self.drive(cx, Input::Silent { to: Silence::Authentication, bssid: *bssid });
            }
            Event::AssocTimeout { bssid, .. } => {
                self.drive(cx, Input::Silent { to: Silence::Association, bssid: *bssid });
            }
            Event::Deauthenticated { frame, local, .. } | Event::Disassociated { frame, local, .. } => {
                let Ok(frame) = Management::parse(frame) else { return };
                let Ok(reason) = frame::parse_reason(frame.body) else { return };
                self.drive(cx, Input::Ended { bssid: Some(frame.bssid), reason, local: *local });
            }
            Event::Disconnected { reason, by_ap, .. } => {
                self.drive(cx, Input::Ended { bssid: None, reason: *reason, local: !by_ap });
            }
            Event::UnprotectedDeauth { frame, .. } => self.unprotected_deauth(cx, frame),
            Event::Connected { bssid, status, timed_out, request_elements, .. } => {
                if *status == StatusCode::SUCCESS && !timed_out {
                    if let Some(arrival) = self.arrival(*bssid, request_elements) {
                        self.drive(cx, Input::DriverConnected(arrival));
                    }
                } else {
                    let (bssid, status, timed_out) = (*bssid, *status, *timed_out);
                    self.drive(cx, Input::DriverFailed { bssid, status, timed_out });
                }
            }
            Event::Roamed { bssid, request_elements, .. } => {
                if let Some(arrival) = self.arrival(Some(*bssid), request_elements) {
                    self.drive(cx, Input::DriverRoamed(arrival));
                }
            }
            Event::SignalChange { .. } => self.look_around(cx),
            Event::FrameReceived { frame, .. } => self.frame_received(frame),
            Event::Eapol { source, encrypted, data, .. } => self.eapol_from_air(cx, *source, *encrypted, data),
            Event::MicFailure { group, .. } => self.michael_failure(cx, *group),
            Event::ChannelSwitched { channel, .. } => self.channel_switched(cx, channel.freq),
            // Of the interface itself, of others' use of it, and of what a station does not do.
            Event::Resync
            | Event::InterfaceAdded { .. }
            | Event::InterfaceGone { .. }
            | Event::RegulatoryChanged { .. }
            | Event::LinkChanged { .. }
            | Event::RadioBlocked { .. }
            | Event::BeaconLoss { .. }
            | Event::FrameSent { .. }
            | Event::ChannelSwitchStarted { .. }
            | Event::Test(_)
            | Event::SchedScanStopped { .. }
            | Event::PortAuthorized { .. }
            | Event::PacketLoss { .. }
            | Event::OnChannel { .. }
            | Event::OffChannel { .. }
            | Event::EapolSent { .. }
            | Event::Preauth { .. }
            | Event::StationAdded { .. }
            | Event::StationRemoved { .. }
            | Event::UnexpectedFrame { .. }
            | Event::ProbeStatus { .. }
            | Event::ApStopped { .. }
            | Event::Radar { .. }
            | Event::ExternalAuth { .. }
            | Event::RekeyCounter { .. }
            | Event::Ether { .. } => {}
        }
    }

    /// The driver has answered.
    pub fn handle_reply(&mut self, cx: &mut Cx<'_>, ticket: Ticket, result: Result<Reply, Failure>) {
        match ticket.asked {
            Asked::Quiet => {}
            Asked::Told(what) => {
                if let Err(failure) = result {
                    self.out.log(Level::Warning, alloc::format!("{what} failed: {failure}"));
                }
            }
            Asked::Scan => self.scan_triggered(cx, result.err()),
            Asked::ScanResults => {
                let entries = result.and_then(|reply| {
                    if let Reply::ScanResults { entries, last } = reply {
                        Ok((entries, last))
                    } else {
                        Err(Failure::Invalid("reply".into()))
                    }
                });
                self.scan_results(cx, entries);
            }
            Asked::LinkState => {
                if let Ok(Reply::Link(link)) = result
                    && self.out.is_current(ticket)
                {
                    self.link_state(cx, &link);
                }
            }
            Asked::Authenticate | Asked::Associate | Asked::Key { .. } | Asked::Port => {
                if self.out.is_current(ticket) {
                    self.drive(cx, Input::Answered { asked: ticket.asked, failure: result.err() });
                }
            }
        }
    }

    /// The one place where the link changes.
    pub(crate) fn drive(&mut self, cx: &mut Cx<'_>, input: Input<'_>) {
        let before = self.link.state();
        let link = core::mem::take(&mut self.link);
        let mut shared = Shared {
            now: cx.now,
            rng: cx.rng,
            own: self.device.own,
            out: &mut self.out,
            settings: &self.settings,
            cache: &mut self.keys.cache,
            tamper: &*self.tamper,
            news: Vec::new(),
        };
        let step = link.step(input, &mut shared);
        let news = shared.news;
        let (link, end) = step.apart();
        self.link = link;
        let now = self.link.state();
        if now != before {
            self.out.tell(Change::State { before, now });
        }
        for news in news {
            match news {
                News::KeyDoubted { network, bssid } => self.doubt_key(network, bssid),
                News::Opened { network, bssid } => self.opened(network, bssid),
            }
        }
        if let Some(end) = end {
            self.parts.link_ended();
            self.follow(cx, *end);
        }
        if matches!(self.link, Link::Associated(_)) {
            self.drive(cx, Input::GoOn);
        }
    }

    /// Without a link: does this.
    pub(crate) fn rest(&mut self, cx: &mut Cx<'_>, rest: Rest) {
        self.drive(cx, Input::Rest(rest));
    }

    /// Ends the link, if there is one, and tells the access point. What is next is the caller's affair.
    pub(crate) fn leave(&mut self, cx: &mut Cx<'_>, reason: ReasonCode) {
        self.drive(cx, Input::Leave(Parting::told(reason)));
    }

    /// Data may pass.
    fn opened(&mut self, network: NetworkId, bssid: MacAddr) {
        self.history.succeeded(bssid);
        self.intent.wish = None;
        self.scan.restart();
        if self.history.forgive(network, true) {
            self.out.tell(Change::Reenabled(network));
        }
        self.out.tell(Change::Connected { bssid, network });
    }

    fn arrival(&self, bssid: Option<MacAddr>, sent: &[u8]) -> Option<Arrival> {
        let target = self.link.target()?;
        let bssid = bssid.unwrap_or(target.bssid);
        Some(Arrival { bssid, sent: sent.to_vec(), seen: self.table.find(bssid, &target.ssid).cloned() })
    }

    /// An association that was not ours to make is taken over where an enabled network without security fits, as the
    /// originals do. One with security has keys that only its maker knows: it is left alone.
    fn associated_from_outside(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        if !self.device.ready || self.intent.keeps_apart() {
            return;
        }
        let Ok(header) = Management::parse(frame) else { return };
        let accepted = AssocResponse::parse(header.body).is_ok_and(|response| response.status == StatusCode::SUCCESS);
        if !accepted {
            return;
        }
        let enabled: Vec<NetworkId> = self.enabled().map(|profile| profile.id).collect();
        let fitting = enabled.into_iter().filter_map(|id| self.candidate_for(id, header.source));
        let Some(candidate) = fitting.into_iter().find(|candidate| candidate.negotiated.is_none()) else { return };
        let Some(plan) = self.plan(candidate) else { return };
        self.out.log(Level::Info, alloc::format!("associated with {} from outside", header.source));
        self.scan.cancel_next();
        self.drive(cx, Input::Taken(Box::new(plan)));
    }

    fn eapol_from_air(&mut self, cx: &mut Cx<'_>, source: MacAddr, encrypted: Option<bool>, data: &[u8]) {
        if self.settings.eapol_outside {
            self.out.tell(Change::EapolReceived { source, frame: data.to_vec() });
        } else {
            self.handle_eapol(cx, source, encrypted, data);
        }
    }

    /// An EAPOL frame came, on whatever way. `encrypted`: whether it was, where that is known.
    pub fn handle_eapol(&mut self, cx: &mut Cx<'_>, source: MacAddr, encrypted: Option<bool>, data: &[u8]) {
        self.drive(cx, Input::Eapol { source, encrypted, data });
    }

    /// A registered management frame came.
    fn frame_received(&mut self, frame: &[u8]) {
        let Ok(header) = Management::parse(frame) else { return };
        if header.subtype() != Subtype::ACTION {
            return;
        }
        let Ok(action) = Action::parse(header.body) else { return };
        if action.category == category::SA_QUERY {
            self.sa_query_frame(header.source, action.details);
        }
    }

    /// The access point has moved to another channel, in MHz.
    fn channel_switched(&mut self, cx: &mut Cx<'_>, freq: u32) {
        if let Some(bssid) = self.link.target().map(|target| target.bssid) {
            self.table.moved(bssid, freq);
            self.drive(cx, Input::Moved(freq));
        }
    }

    /// Events of the kernel were lost: asks for everything that they would have told.
    pub fn resync(&mut self) {
        self.out.ask(Asked::LinkState, |handle| Request::LinkState { handle });
        // The end of a scan may be among what was lost.
        self.out.ask(Asked::ScanResults, |handle| Request::ScanResults { handle });
    }

    /// What is true now of the present link.
    fn link_state(&mut self, cx: &mut Cx<'_>, link: &LinkInfo) {
        if !self.device.ready {
            return;
        }
        match (&self.link, link.bssid) {
            (Link::Associated(_) | Link::Securing(_) | Link::Connected(_), found) => {
                let Some((bssid, by_driver)) = self.target().map(|target| (target.bssid, target.by_driver)) else {
                    return;
                };
                match found {
                    Some(found) if found == bssid => {}
                    Some(found) if by_driver => {
                        if let Some(arrival) = self.arrival(Some(found), &[]) {
                            self.drive(cx, Input::DriverRoamed(arrival));
                        }
                    }
                    Some(_) | None => {
                        let text = alloc::format!("the link to {bssid} ended while events were lost");
                        self.out.log(Level::Warning, text);
                        let parting = Parting::suffered(ReasonCode::UNSPECIFIED, false);
                        self.drive(cx, Input::Leave(parting));
                        self.look(cx, Duration::from_millis(100));
                    }
                }
            }
            (Link::Idle(_), Some(bssid)) => {
                // We had left, and the kernel did not hear of it.
                let (reason, local) = (ReasonCode::DEAUTH_LEAVING, false);
                self.out.ask(Asked::Quiet, |handle| Request::Deauthenticate { handle, bssid, reason, local });
            }
            // An answer that was lost is waited for until its time is over, and then asked for anew.
            (Link::Authenticating(_) | Link::Associating(_), _) | (Link::Idle(_), None) => {}
        }
    }

    /// Forgets all cached keys that `gone` names, here and at listeners.
    pub(crate) fn forget_cached(&mut self, gone: impl Fn(&PmksaEntry<NetworkId>) -> bool) {
        let out = &mut self.out;
        self.keys.cache.remove(|entry| {
            let leaves = gone(entry);
            if leaves {
                out.tell(Change::KeyForgotten { bssid: entry.peer, network: entry.network });
            }
            leaves
        });
    }

    /// An attempt with a cached key has failed.
    pub(crate) fn doubt_key(&mut self, network: NetworkId, bssid: MacAddr) {
        if self.keys.doubt(network, bssid) {
            self.forget_cached(|entry| crate::keys::is_guess(entry, network, bssid));
        }
    }

    /// The link, for other files of the engine: it changes by [`Engine::drive`] alone.
    pub(crate) const fn link(&self) -> &Link {
        &self.link
    }

    /// With whom the link is, or is to be.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.link.target()
    }

    /// What the link is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        self.link.state()
    }

    /// Data may pass.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self.link, Link::Connected(_))
    }

    /// When the access point accepted the association, if it has.
    #[must_use]
    pub fn associated_since(&self) -> Option<Instant> {
        self.link.since()
    }

    /// There is no link, and none is being made.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.link.is_idle()
    }

    /// A link is being made, from its first frame to the open port.
    #[must_use]
    pub const fn is_joining(&self) -> bool {
        !matches!(self.link, Link::Idle(_) | Link::Connected(_))
    }

    /// Frames of authentication or association are exchanged.
    #[must_use]
    pub const fn is_exchanging(&self) -> bool {
        self.link.is_joining()
    }

    /// We authenticate and associate, not the driver.
    #[must_use]
    pub const fn connects_itself(&self) -> bool {
        self.device.abilities.user_sme
    }

    /// The BSSs that were seen lately.
    #[must_use]
    pub const fn table(&self) -> &BssTable {
        &self.table
    }

    /// A BSS of the table.
    #[must_use]
    pub fn bss(&self, id: u32) -> Option<&Bss> {
        self.table.by_id(id)
    }

    /// Cached keys.
    pub fn cached_keys(&self) -> impl Iterator<Item = &PmksaEntry<NetworkId>> {
        self.keys.cache.iter()
    }

    /// The nonce of the access point that is in use: for test suites.
    #[must_use]
    pub fn anonce(&self) -> Option<rsn::ptk::Nonce> {
        self.link.anonce()
    }
}
