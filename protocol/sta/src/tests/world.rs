//! A station's engine, the driver below it, the air, and an access point that knows the network's secrets.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::testing::TestRng;
use crypto::{Pmk, Rng as _, Secret};
use ipc_proto::{Event, Failure, Handle, KeyKind, Reply, Request, ScanEntry};
use rsn::{
    AkmSuite, ApElements, ApPolicy, Authenticator, AuthenticatorConfig, AuthenticatorOutput, CipherSuite, Group,
    GroupConfig, PeerStation, Pmf, Protection, Protocol, SaePwe,
};
use sae::{CommitOutcome, ConfirmOutcome, Method, PtSet, SaeAkm, Session};
use wire::element::{Elements, id};
use wire::frame::{self, AssocResponse, Authentication, Subtype};
use wire::{Instant, MacAddr, ReasonCode, Ssid, StatusCode};

use crate::choice::profile::Profile;
use crate::{Abilities, Bssids, Change, Cx, Engine, Output, Psk, SaeSecret, Security, State, Terms, Ticket};

pub(super) const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
pub(super) const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
pub(super) const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 4, 0]);
pub(super) const HANDLE: Handle = Handle(3);
const PASSWORD: &[u8] = b"correct horse";
const NAME: &[u8] = b"home";

/// How a network is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Psk,
    Sae,
}

impl Kind {
    fn policy(self) -> Option<ApPolicy> {
        match self {
            Kind::Open => None,
            Kind::Psk => Some(ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Disabled)),
            Kind::Sae => Some(ApPolicy::rsn(&[AkmSuite::Sae], Pmf::Required)),
        }
    }
}

pub(super) fn security(kind: Kind, password: &[u8]) -> Security {
    let akms = match kind {
        Kind::Open => vec![],
        Kind::Psk => vec![AkmSuite::Psk],
        Kind::Sae => vec![AkmSuite::Sae],
    };
    Security {
        open: kind == Kind::Open,
        open_refused: false,
        protected: kind != Kind::Open,
        protocols: vec![Protocol::Rsn],
        akms,
        pairwise: vec![CipherSuite::Ccmp128],
        group: vec![CipherSuite::Ccmp128],
        group_management: vec![CipherSuite::BipCmac128],
        pmf: if kind == Kind::Sae { Pmf::Required } else { Pmf::Disabled },
        sae_pwe: SaePwe::HuntAndPeck,
        sae_needs_pmf: false,
        password_id_change: false,
        ssid_protection: false,
        ocv: false,
        opportunistic: false,
        psk: (kind == Kind::Psk).then(|| Psk::Passphrase(Secret::from(password))),
        sae: (kind == Kind::Sae).then(|| SaeSecret {
            password: Secret::from(password),
            identifier: None,
            aliases: Vec::new(),
        }),
    }
}

pub(super) fn profile(id: u32, kind: Kind, password: &[u8]) -> Profile {
    Profile {
        id,
        ssid: Ssid::new(NAME).ok(),
        bssids: Bssids::default(),
        priority: 0,
        enabled: true,
        lacks_secret: false,
        asks_for_secret: false,
        hidden: false,
        scan_freqs: Vec::new(),
        freqs: Vec::new(),
        security: security(kind, password),
        terms: Terms::default(),
    }
}

pub(super) fn abilities() -> Abilities {
    Abilities { sae: true, user_sme: true, scan_names: 4, ..Abilities::default() }
}

/// The access point's side of one station.
struct Side {
    sae: Option<Session>,
    pmk: Option<Pmk>,
    authenticator: Option<(Authenticator, Group)>,
}

/// What is on its way.
enum Flight {
    ToAp(Request),
    ToStation(Event),
    /// The kernel sends a frame again, if it was not answered.
    Again(u32, Request),
    /// The kernel gives up waiting for the answer to a frame, if this was the last one.
    Patience(u32, Event),
}

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now: Instant,
    pub(super) rng: TestRng,
    kind: Kind,
    side: Side,
    flights: Vec<(Instant, u64, Flight)>,
    launched: u64,
    waits: u32,
    /// Part of the frames that are lost, and that arrive twice, in 256ths.
    pub(super) loss: u8,
    pub(super) duplicates: u8,
    /// Longest time on the air, in milliseconds.
    pub(super) slowest: u8,
    pub(super) requests: Vec<Request>,
    pub(super) changes: Vec<Change>,
    /// Requests that are not answered: the test does it.
    pub(super) holds: fn(&Request) -> bool,
    pub(super) held: Vec<(Ticket, Request)>,
    /// What it answers to the next association.
    pub(super) assoc_status: StatusCode,
    pub(super) auth_status: StatusCode,
    /// It does not answer at all.
    pub(super) silent: bool,
    /// Pairwise keys that the station's kernel was given, and that the access point has used.
    pub(super) station_keys: Vec<Vec<u8>>,
    pub(super) ap_keys: Vec<Vec<u8>>,
}

fn elements(kind: Kind) -> Vec<u8> {
    let mut elements = vec![0, 4];
    elements.extend_from_slice(NAME);
    if let Some(own) = kind.policy().map(|policy| policy.elements()) {
        elements.extend(own.rsne.into_iter().chain(own.rsnxe).flatten());
    }
    elements
}

impl World {
    pub(super) fn new(kind: Kind) -> World {
        World::with(kind, PASSWORD, 1)
    }

    pub(super) fn with(kind: Kind, password: &[u8], seed: u64) -> World {
        let mut world = World {
            engine: Engine::default(),
            now: Instant::from_origin(Duration::from_secs(100)),
            rng: TestRng::new(seed),
            kind,
            side: Side { sae: None, pmk: None, authenticator: None },
            flights: Vec::new(),
            launched: 0,
            waits: 0,
            loss: 0,
            duplicates: 0,
            slowest: 1,
            requests: Vec::new(),
            changes: Vec::new(),
            holds: |_| false,
            held: Vec::new(),
            assoc_status: StatusCode::SUCCESS,
            auth_status: StatusCode::SUCCESS,
            silent: false,
            station_keys: Vec::new(),
            ap_keys: Vec::new(),
        };
        world.engine.set_profile(profile(0, kind, password));
        world.act(|engine, cx| engine.ready(cx, HANDLE, STA, abilities()));
        world
    }

    /// Has the engine do something, and does what it then wants.
    pub(super) fn act<R>(&mut self, act: impl FnOnce(&mut Engine, &mut Cx<'_>) -> R) -> R {
        let result = act(&mut self.engine, &mut Cx { now: self.now, rng: &mut self.rng });
        self.settle();
        result
    }

    /// The radio is always free, and the driver answers at once.
    fn settle(&mut self) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                match output {
                    Output::Request { ticket, request } => self.asked(ticket, request),
                    Output::Change(change) => self.changes.push(change),
                    Output::Log { .. } | Output::Key { .. } => {}
                }
            }
            let cx = &mut Cx { now: self.now, rng: &mut self.rng };
            if self.engine.waiting().is_some() {
                self.engine.take_turn(cx);
            } else if self.engine.is_scan_due() {
                self.engine.start_scan(cx, true, false);
            } else {
                return;
            }
        }
    }

    fn asked(&mut self, ticket: Ticket, request: Request) {
        self.requests.push(request.clone());
        if (self.holds)(&request) {
            self.held.push((ticket, request));
            return;
        }
        let reply = self.driver(request);
        self.answer(ticket, Ok(reply));
    }

    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<Reply, Failure>) {
        self.engine.handle_reply(&mut Cx { now: self.now, rng: &mut self.rng }, ticket, result);
    }

    fn driver(&mut self, request: Request) -> Reply {
        match &request {
            Request::TriggerScan { handle, .. } => {
                let handle = *handle;
                self.launch(Duration::from_millis(1), Flight::ToStation(Event::ScanStarted { handle }));
                let done = Event::ScanDone { handle, aborted: false, freqs: vec![2412] };
                self.launch(Duration::from_millis(50), Flight::ToStation(done));
            }
            Request::ScanResults { .. } => {
                let entry = |bssid: MacAddr| ScanEntry {
                    bssid,
                    freq: 2412,
                    signal: -3000,
                    capability: if self.kind == Kind::Open { 1 } else { 0x11 },
                    elements: elements(self.kind),
                    ..ScanEntry::default()
                };
                return Reply::ScanResults { entries: vec![entry(AP)], last: true };
            }
            Request::Authenticate { .. } => {
                self.awaited(request, Event::AuthTimeout { handle: HANDLE, bssid: AP });
            }
            Request::Associate { .. } => self.awaited(request, Event::AssocTimeout { handle: HANDLE, bssid: AP }),
            Request::SendEapol { .. } | Request::Deauthenticate { local: false, .. } => {
                self.on_air(Flight::ToAp(request));
            }
            Request::AddKey { key, .. } if matches!(key.kind, KeyKind::Pairwise(_)) => {
                self.station_keys.push(key.key.as_bytes().to_vec());
            }
            _ => {}
        }
        Reply::Done
    }

    /// A frame that the kernel sends three times, until it is answered; then it says that it was not.
    fn awaited(&mut self, request: Request, timeout: Event) {
        self.waits += 1;
        for again in [200, 400] {
            self.launch(Duration::from_millis(again), Flight::Again(self.waits, request.clone()));
        }
        self.launch(Duration::from_millis(600), Flight::Patience(self.waits, timeout));
        self.on_air(Flight::ToAp(request));
    }

    fn launch(&mut self, after: Duration, flight: Flight) {
        self.launched += 1;
        self.flights.push((self.now + after, self.launched, flight));
    }

    fn octet(&mut self) -> u8 {
        let mut octet = [0];
        self.rng.fill(&mut octet);
        octet[0]
    }

    /// A frame, which may be lost, late or doubled.
    fn on_air(&mut self, flight: Flight) {
        if self.octet() < self.loss {
            return;
        }
        let twice = self.octet() < self.duplicates;
        for _ in 0..=u8::from(twice) {
            let late = Duration::from_millis(u64::from(self.octet() % self.slowest.max(1)) + 1);
            let copy = match &flight {
                Flight::ToAp(request) => Flight::ToAp(request.clone()),
                Flight::ToStation(event) => Flight::ToStation(event.clone()),
                Flight::Again(number, request) => Flight::Again(*number, request.clone()),
                Flight::Patience(number, event) => Flight::Patience(*number, event.clone()),
            };
            self.launch(late, copy);
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.act(|engine, cx| engine.handle_event(cx, &event));
    }

    /// Lets time pass, with everything that falls due on the way.
    pub(super) fn sleep(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let flight = self.flights.iter().map(|(at, number, _)| (*at, *number)).min();
            let ap = self.side.authenticator.as_ref().and_then(|(side, _)| side.poll_deadline());
            let next = [flight.map(|(at, _)| at), self.engine.poll_deadline(), ap].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            if let Some((_, number)) = flight.filter(|(at, _)| *at <= self.now) {
                let place = self.flights.iter().position(|(_, one, _)| *one == number).unwrap();
                let (_, _, flight) = self.flights.swap_remove(place);
                self.land(flight);
            }
            if self.engine.poll_deadline().is_some_and(|at| at <= self.now) {
                self.act(|engine, cx| engine.handle_timeout(cx));
            }
            self.ap_timeout();
        }
        self.now = end;
    }

    fn land(&mut self, flight: Flight) {
        match flight {
            Flight::ToAp(request) if !self.silent => self.at_ap(request),
            Flight::ToAp(_) => {}
            Flight::ToStation(event) => {
                if matches!(event, Event::AuthReceived { .. } | Event::AssocReceived { .. }) {
                    self.waits += 1;
                }
                self.event(event);
            }
            Flight::Patience(number, event) if number == self.waits => self.event(event),
            Flight::Again(number, request) if number == self.waits => self.on_air(Flight::ToAp(request)),
            Flight::Patience(..) | Flight::Again(..) => {}
        }
    }

    fn at_ap(&mut self, request: Request) {
        match request {
            Request::Authenticate { auth, .. } if auth.algorithm == 0 => {
                let status = self.auth_status;
                self.send_auth(&Authentication { algorithm: 0, transaction: 2, status, rest: &[] });
            }
            Request::Authenticate { auth, .. } => self.sae(&auth.data),
            Request::Associate { assoc, .. } => self.associate(&assoc.elements),
            Request::SendEapol { data, .. } => {
                if let Some((side, group)) = &mut self.side.authenticator {
                    let _ = side.handle_eapol_key(&data, Protection::Unknown, group, self.now, &mut self.rng);
                }
                self.drain_ap();
            }
            Request::Deauthenticate { .. } => self.side.authenticator = None,
            _ => {}
        }
    }

    fn send_auth(&mut self, body: &Authentication<'_>) {
        let frame = frame::build(Subtype::AUTHENTICATION, STA, AP, AP, |writer| body.write(writer)).unwrap();
        self.on_air(Flight::ToStation(Event::AuthReceived { handle: HANDLE, frame }));
    }

    fn sae(&mut self, data: &[u8]) {
        let transaction = u16::from_le_bytes([data[0], data[1]]);
        let status = StatusCode(u16::from_le_bytes([data[2], data[3]]));
        let body = &data[4..];
        if transaction == 1 {
            let password = sae::Password::new(PASSWORD, None);
            let groups = [sae::Group::from_number(19).unwrap()];
            let points = PtSet::derive(NAME, &password, &groups);
            let config = sae::Config {
                own: AP,
                peer: STA,
                group: groups[0],
                method: Method::HuntAndPeck,
                password: &password,
                pt: Some(&points),
                akm: SaeAkm::Sae,
                rejected_groups: &[],
                supported_groups: &groups,
            };
            let fresh = Session::start(&config, &mut self.rng).unwrap();
            let session = self.side.sae.get_or_insert(fresh);
            let known = match session.handle_commit(status, body) {
                Ok(CommitOutcome::Accepted | CommitOutcome::Repeated) => true,
                Ok(CommitOutcome::Different) | Err(_) => {
                    // A new run of the station.
                    *session = Session::start(&config, &mut self.rng).unwrap();
                    session.handle_commit(status, body).is_ok()
                }
                Ok(_) => false,
            };
            if known {
                let (status, commit) = (session.commit_status(), session.commit_body(None));
                let confirm = session.confirm_body();
                self.send_auth(&Authentication { algorithm: 3, transaction: 1, status, rest: &commit });
                if let Ok(confirm) = confirm {
                    let status = StatusCode::SUCCESS;
                    self.send_auth(&Authentication { algorithm: 3, transaction: 2, status, rest: &confirm });
                }
            }
            return;
        }
        let Some(session) = &mut self.side.sae else { return };
        match session.handle_confirm(body) {
            Ok(ConfirmOutcome::Accepted) => self.side.pmk = session.pmk(),
            Ok(ConfirmOutcome::Again) => {
                if let Ok(confirm) = session.confirm_body() {
                    let status = StatusCode::SUCCESS;
                    self.send_auth(&Authentication { algorithm: 3, transaction: 2, status, rest: &confirm });
                }
            }
            Ok(ConfirmOutcome::Ignored) => {}
            Err(_) => {
                let status = StatusCode::CHALLENGE_FAILURE;
                self.send_auth(&Authentication { algorithm: 3, transaction: 2, status, rest: &[] });
            }
        }
    }

    fn associate(&mut self, elements: &[u8]) {
        let body = AssocResponse { capability: 1, status: self.assoc_status, aid: 1, elements: &[] };
        let frame = frame::build(Subtype::ASSOC_RESPONSE, STA, AP, AP, |writer| body.write(writer)).unwrap();
        let request_elements = Vec::new();
        self.on_air(Flight::ToStation(Event::AssocReceived { handle: HANDLE, frame, request_elements }));
        let Some(policy) = self.kind.policy().filter(|_| self.assoc_status == StatusCode::SUCCESS) else { return };
        let Some(element) = Elements::new(elements).find(id::RSN) else { return };
        let rsnxe = Elements::new(elements).find(id::RSNX).map(|element| element.whole.to_vec());
        let negotiated = policy.accept(element.whole, rsnxe.as_deref()).unwrap();
        let config = Arc::new(AuthenticatorConfig::new(AP, ApElements { ..policy.elements() }));
        let group = Group::new(GroupConfig::new(&policy), self.now, &mut self.rng);
        let peer = PeerStation { addr: STA, negotiated, element: element.whole.to_vec(), rsnxe };
        let keys = match self.kind {
            Kind::Psk => vec![crypto::pbkdf2_psk(PASSWORD, NAME)],
            Kind::Open | Kind::Sae => self.side.pmk.clone().into_iter().collect(),
        };
        let mut side = Authenticator::new(config, peer, keys, None);
        side.start(self.now, &mut self.rng);
        self.side.authenticator = Some((side, group));
        self.drain_ap();
    }

    fn ap_timeout(&mut self) {
        if let Some((side, group)) = &mut self.side.authenticator
            && side.poll_deadline().is_some_and(|at| at <= self.now)
        {
            side.handle_timeout(group, self.now, &mut self.rng);
            self.drain_ap();
        }
    }

    fn drain_ap(&mut self) {
        while let Some(output) = self.side.authenticator.as_mut().and_then(|(side, _)| side.poll_output()) {
            match output {
                AuthenticatorOutput::SendEapol { frame, .. } => {
                    let event = Event::Eapol { handle: HANDLE, source: AP, encrypted: None, data: frame };
                    self.on_air(Flight::ToStation(event));
                }
                AuthenticatorOutput::InstallPtk { key, .. } => self.ap_keys.push(key.as_bytes().to_vec()),
                AuthenticatorOutput::Disconnect { reason, .. } => {
                    self.side.authenticator = None;
                    self.deauthenticate(reason);
                }
                _ => {}
            }
        }
    }

    /// The access point throws the station out.
    pub(super) fn deauthenticate(&mut self, reason: ReasonCode) {
        let frame = frame::build(Subtype::DEAUTH, STA, AP, AP, |writer| {
            writer.u16_le(reason.0);
        });
        let event = Event::Deauthenticated { handle: HANDLE, frame: frame.unwrap(), local: false };
        self.launch(Duration::from_millis(1), Flight::ToStation(event));
    }

    /// The states that were shown, since the last time.
    pub(super) fn states(&mut self) -> Vec<State> {
        let shown = self.changes.iter().filter_map(|change| match change {
            Change::State { now, .. } => Some(*now),
            _ => None,
        });
        let shown = shown.collect();
        self.changes.clear();
        shown
    }

    /// How often the port was opened.
    pub(super) fn opened(&self) -> usize {
        let opens = |request: &&Request| matches!(request, Request::SetStationFlags { flags, .. } if flags.authorized == Some(true));
        self.requests.iter().filter(opens).count()
    }

    /// How often it was tried to authenticate.
    pub(super) fn attempts(&self) -> usize {
        self.requests.iter().filter(|request| matches!(request, Request::Authenticate { auth, .. } if auth.data.first().is_none_or(|first| *first == 1))).count()
    }

    /// Scans that were asked for.
    pub(super) fn scans(&self) -> usize {
        self.requests.iter().filter(|request| matches!(request, Request::TriggerScan { .. })).count()
    }
}
