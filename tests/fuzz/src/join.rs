//! A station that joins a real access point, step by step, while a stranger says what the input's octets make him say:
//! to it alone, in the access point's name, before each step and once the link stands.
//!
//! What must hold whatever he says: no port opens without a key that the driver has taken for this association, no key
//! is given to the driver twice, both sides use the same, and a link with protected management frames stays.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use ap::{Bss, BssOutput, Tag};
use crypto::testing::TestRng;
use crypto::{Pmk, Secret};
use ipc_proto::{
    AssociateParameters, AuthenticateParameters, Event, Failure, Handle, KeyKind, KeyParameters, MfpMode, OperState,
    Reply, Request, Role, ScanEntry, StationInfo,
};
use rsn::{AkmSuite, CipherSuite, Pmf, Protocol, SaePwe};
use sta::{Abilities, Bssids, Cx, Engine, Output, Profile, Psk, SaeSecret, Security, Settings, Terms, Ticket};
use wire::frame::{self, AssocResponse, Authentication, Beacon, Management, Subtype, auth_algorithm};
use wire::{Instant, MacAddr, Ssid, StatusCode, Writer};

use crate::engine::{engine, judge, wiphy};
use crate::records::{Record, Records};
use crate::report;
use crate::session::{ALONE, AP, CONF, OTHER, STA, TRANSITION};

const INTERFACE: Handle = Handle(7);

/// Most things that happen in one input.
const MOST: usize = 2000;
/// How long the kernel waits for an answer of the access point.
const PATIENCE: Duration = Duration::from_millis(600);

/// How far the station's kernel is with the access point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Authenticating,
    Associating,
    Associated,
}

/// What the network is protected by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sae,
    /// Either, as networks that change over have it.
    Both,
    Psk,
}

impl Kind {
    const fn of(octet: u8) -> Kind {
        match octet & 0x7f {
            0 => Kind::Sae,
            1 => Kind::Both,
            _ => Kind::Psk,
        }
    }
}

/// What is on the air, or on its way from the driver.
enum Flight {
    /// A frame to the access point.
    Up(Vec<u8>),
    EapolUp(Vec<u8>, bool),
    /// A frame to the station.
    Down(Vec<u8>),
    EapolDown(Vec<u8>, bool),
    /// Of the station's own driver.
    Driver(Event),
}

/// What the air has shown, which anybody may say again.
enum Seen {
    Management(Vec<u8>),
    Eapol(Vec<u8>),
}

struct World {
    station: Engine,
    bss: Bss,
    now: Instant,
    rng: TestRng,
    phase: Phase,
    /// Management frames of this association are protected once there is a key.
    protected: bool,
    /// Until when the kernel waits for an answer, and what it says then.
    patience: Option<(Instant, Event)>,
    flights: VecDeque<Flight>,
    seen: Vec<Seen>,
    /// BSSs that the stranger pretends.
    pretended: Vec<ScanEntry>,
    /// Keys that the station's driver has taken in this association: pairwise ones, and of the group.
    pairwise: Vec<Vec<u8>>,
    group: BTreeSet<Vec<u8>>,
    /// The last one that the access point's driver has taken.
    access_point: Option<Vec<u8>>,
    /// The driver carries out so many requests, and refuses so many after that.
    refused: (u8, u8),
    /// The driver says whether a handshake message came encrypted.
    tells: bool,
    /// The driver and the radio have been fair: only the stranger was against the link.
    fair: bool,
    stood: bool,
}

/// The first octet chooses the configuration and the driver; then come records, see [`World::step`] for their kinds.
pub(crate) fn station(data: &[u8]) {
    let _ = link_stood(data);
}

/// The same; says whether the station came through.
pub(crate) fn link_stood(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    let Some(mut world) = World::new(Kind::of(*kind), kind & 0x80 == 0) else {
        report("the access point's configuration is refused");
        return false;
    };
    for record in Records(data).take(MOST) {
        world.step(&record);
        world.pump();
        let stands = world.station.is_connected();
        assert!(!world.fair || !world.stood || stands, "a stranger has ended a protected link");
        world.stood |= stands;
    }
    world.stood
}

/// The network as the station knows it.
fn profile(kind: Kind) -> Profile {
    let akms = match kind {
        Kind::Sae => vec![AkmSuite::Sae],
        Kind::Both => vec![AkmSuite::Sae, AkmSuite::Psk],
        Kind::Psk => vec![AkmSuite::Psk],
    };
    let psk = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].repeat(4);
    let security = Security {
        open: false,
        open_refused: false,
        protected: true,
        protocols: vec![Protocol::Rsn],
        psk: Pmk::from_bytes(&psk).map(Psk::Key).filter(|_| kind != Kind::Sae),
        sae: akms.contains(&AkmSuite::Sae).then(|| SaeSecret {
            password: Secret::from(b"correct horse".as_slice()),
            identifier: None,
            aliases: Vec::new(),
        }),
        akms,
        pairwise: vec![CipherSuite::Ccmp128],
        group: vec![CipherSuite::Ccmp128],
        group_management: vec![CipherSuite::BipCmac128],
        pmf: if kind == Kind::Sae { Pmf::Required } else { Pmf::Optional },
        sae_pwe: SaePwe::Both,
        sae_needs_pmf: false,
        password_id_change: false,
        ssid_protection: false,
        ocv: false,
        opportunistic: false,
    };
    Profile {
        id: 0,
        ssid: Ssid::new(b"net").ok(),
        bssids: Bssids::default(),
        priority: 0,
        enabled: true,
        lacks_secret: false,
        asks_for_secret: false,
        hidden: false,
        scan_freqs: Vec::new(),
        freqs: Vec::new(),
        security,
        terms: Terms::default(),
    }
}

impl World {
    fn new(kind: Kind, tells: bool) -> Option<World> {
        let mut rng = TestRng::new(1);
        let security = if kind == Kind::Sae { ALONE } else { TRANSITION };
        let bss = engine(&format!("{CONF}{security}"), AP, &mut rng)?;
        let mut world = World {
            station: Engine::default(),
            bss,
            now: Instant::from_origin(Duration::from_secs(100)),
            rng,
            phase: Phase::Idle,
            protected: false,
            patience: None,
            flights: VecDeque::new(),
            seen: Vec::new(),
            pretended: Vec::new(),
            pairwise: Vec::new(),
            group: BTreeSet::new(),
            access_point: None,
            refused: (0, 0),
            tells,
            fair: true,
            stood: false,
        };
        world.bss.start(world.now, &mut world.rng);
        // Going to a better access point would leave this one at a stranger's word, as it should.
        world.station.set_settings(Settings { roams: false, sae_groups: vec![19], ..Settings::default() });
        world.station.set_profile(profile(kind));
        let cx = &mut Cx { now: world.now, rng: &mut world.rng };
        world.station.ready(cx, INTERFACE, STA, Abilities::of(&wiphy(), false));
        world.pump();
        Some(world)
    }

    /// One record. Kinds, modulo eight: what is on the air arrives, or time passes; then the stranger's: an answer to an
    /// Authentication; to an Association Request; a handshake message; what the air has shown, perhaps changed; the end
    /// of the link, or an Action; a BSS that looks like one; and a driver that refuses, or a frame that is lost.
    fn step(&mut self, record: &Record<'_>) {
        let data = record.data;
        match record.kind % 8 {
            0 => self.proceed(),
            1 => self.forge(Subtype::AUTHENTICATION, data),
            2 => self.forge(Subtype::ASSOC_RESPONSE, data),
            3 => {
                let source = if record.kind & 0x40 == 0 { AP } else { OTHER };
                self.hear(source, false, data.to_vec());
            }
            4 => self.again(record),
            5 => {
                let Some((subtype, body)) = data.split_first() else { return };
                let subtype = match subtype % 3 {
                    0 => Subtype::DEAUTH,
                    1 => Subtype::DISASSOC,
                    _ => Subtype::ACTION,
                };
                self.forge(subtype, body);
            }
            6 => {
                let bssid = if record.kind & 0x40 == 0 { AP } else { OTHER };
                let capability = if record.kind & 0x80 == 0 { 0x11 } else { 1 };
                let entry = ScanEntry { bssid, freq: 2412, signal: -2000, capability, ..ScanEntry::default() };
                self.pretended.retain(|one| one.bssid != bssid);
                self.pretended.push(ScanEntry { elements: data.to_vec(), ..entry });
            }
            _ => {
                self.fair = false;
                match data {
                    [first, many, ..] => self.refused = (*first, *many),
                    _ => drop(self.flights.pop_front()),
                }
            }
        }
    }

    /// What is on the air arrives; when nothing is, time passes.
    fn proceed(&mut self) {
        match self.flights.pop_front() {
            Some(flight) => self.arrive(flight),
            None => self.wait(),
        }
    }

    fn wait(&mut self) {
        let patience = self.patience.as_ref().map(|(at, _)| *at);
        let next = [self.station.poll_deadline(), self.bss.poll_deadline(), patience].into_iter().flatten().min();
        self.now = next.unwrap_or(self.now + Duration::from_millis(100)).max(self.now);
        if let Some((_, event)) = self.patience.take_if(|(at, _)| *at <= self.now) {
            self.phase = Phase::Idle;
            self.tell(&event);
        }
        if self.station.poll_deadline().is_some_and(|at| at <= self.now) {
            self.station.handle_timeout(&mut Cx { now: self.now, rng: &mut self.rng });
        }
        self.pump();
        if self.bss.poll_deadline().is_some_and(|at| at <= self.now) {
            self.bss.handle_timeout(self.now, &mut self.rng);
        }
    }

    fn arrive(&mut self, flight: Flight) {
        match flight {
            Flight::Up(frame) => {
                let handle = INTERFACE;
                self.tell_ap(&Event::FrameReceived { handle, freq: 2412, signal: None, frame, link: None });
            }
            Flight::EapolUp(data, encrypted) => {
                self.tell_ap(&Event::Eapol { handle: INTERFACE, source: STA, encrypted: Some(encrypted), data });
            }
            Flight::Down(frame) => {
                self.remember(Seen::Management(frame.clone()));
                self.receive(frame, true);
            }
            Flight::EapolDown(data, encrypted) => {
                if !encrypted {
                    self.remember(Seen::Eapol(data.clone()));
                }
                self.hear(AP, encrypted, data);
            }
            Flight::Driver(event) => self.tell(&event),
        }
    }

    fn remember(&mut self, seen: Seen) {
        if self.seen.len() < 256 {
            self.seen.push(seen);
        }
    }

    fn tell(&mut self, event: &Event) {
        self.station.handle_event(&mut Cx { now: self.now, rng: &mut self.rng }, event);
    }

    fn tell_ap(&mut self, event: &Event) {
        self.bss.handle_event(event, self.now, &mut self.rng);
    }

    fn forge(&mut self, subtype: Subtype, body: &[u8]) {
        let built = frame::build(subtype, STA, AP, AP, |w| {
            w.put(body);
        });
        if let Ok(frame) = built {
            self.receive(frame, false);
        }
    }

    /// A frame, as far as the kernel lets it through; `own`: the access point has protected it if it had to.
    fn receive(&mut self, frame: Vec<u8>, own: bool) {
        let Ok(parsed) = Management::parse(&frame) else { return };
        if parsed.destination != STA || parsed.source != AP {
            return;
        }
        let handle = INTERFACE;
        let guarded = self.protected && !self.pairwise.is_empty() && !own;
        let event = match parsed.subtype() {
            Subtype::AUTHENTICATION if self.phase == Phase::Authenticating => {
                self.patience = None;
                Event::AuthReceived { handle, frame }
            }
            Subtype::ASSOC_RESPONSE if self.phase == Phase::Associating => {
                let Ok(response) = AssocResponse::parse(parsed.body) else { return };
                let joined = response.status == StatusCode::SUCCESS;
                self.phase = if joined { Phase::Associated } else { Phase::Idle };
                self.patience = None;
                Event::AssocReceived { handle, frame, request_elements: Vec::new() }
            }
            Subtype::DEAUTH | Subtype::DISASSOC if self.phase != Phase::Idle => {
                if guarded {
                    Event::UnprotectedDeauth { handle, frame }
                } else {
                    let deauth = parsed.subtype() == Subtype::DEAUTH;
                    // Without keys that protect it, a link ends at anybody's word.
                    self.fair &= own || self.protected;
                    (self.phase, self.patience) = (Phase::Idle, None);
                    let local = false;
                    if deauth {
                        Event::Deauthenticated { handle, frame, local }
                    } else {
                        Event::Disassociated { handle, frame, local }
                    }
                }
            }
            Subtype::ACTION if self.phase == Phase::Associated && !guarded => {
                Event::FrameReceived { handle, freq: 2412, signal: None, frame, link: None }
            }
            _ => return,
        };
        self.tell(&event);
    }

    fn hear(&mut self, source: MacAddr, encrypted: bool, data: Vec<u8>) {
        if self.phase == Phase::Associated {
            let encrypted = self.tells.then_some(encrypted);
            self.tell(&Event::Eapol { handle: INTERFACE, source, encrypted, data });
        }
    }

    /// What the air has shown comes again; a second and third octet say where it is changed, and how.
    fn again(&mut self, record: &Record<'_>) {
        let mut octets = record.data.iter().copied();
        let which = usize::from(octets.next().unwrap_or(0)) % self.seen.len().max(1);
        let change = octets.next().zip(octets.next());
        let changed = |data: &[u8]| {
            let mut data = data.to_vec();
            if let Some((place, change)) = change {
                let place = usize::from(place) % data.len().max(1);
                if let Some(octet) = data.get_mut(place) {
                    *octet ^= change;
                }
            }
            data
        };
        match self.seen.get(which) {
            Some(Seen::Management(frame)) => {
                let frame = changed(frame);
                self.receive(frame, false);
            }
            Some(Seen::Eapol(data)) => {
                let data = changed(data);
                self.hear(AP, false, data);
            }
            None => {}
        }
    }

    /// Carries out what both engines want, and looks at it.
    fn pump(&mut self) {
        for _ in 0..2000 {
            if let Some(output) = self.bss.poll_output() {
                match output {
                    BssOutput::Request { tag, request } => self.ap_asked(tag, request),
                    BssOutput::Change(_) | BssOutput::Log { .. } | BssOutput::Started | BssOutput::StartFailed(_) => {}
                }
            } else if let Some(output) = self.station.poll_output() {
                match output {
                    Output::Request { ticket, request } => self.asked(ticket, request),
                    Output::Change(_) | Output::Log { .. } | Output::Key { .. } => {}
                }
            } else if self.station.waiting().is_some() {
                self.station.take_turn(&mut Cx { now: self.now, rng: &mut self.rng });
            } else if self.station.is_scan_due() {
                self.station.start_scan(&mut Cx { now: self.now, rng: &mut self.rng }, true, false);
            } else {
                return self.compare();
            }
        }
        report("one input makes an engine talk for ever");
    }

    /// Once nothing is under way, both sides use the same key.
    fn compare(&self) {
        let stand = self.station.is_connected() && self.bss.station(STA).is_some_and(ap::Station::is_authorized);
        if stand && self.flights.is_empty() {
            assert!(self.pairwise.last() == self.access_point.as_ref(), "two sides, two keys");
        }
    }

    fn answer(&mut self, ticket: Ticket, result: Result<Reply, Failure>) {
        self.station.handle_reply(&mut Cx { now: self.now, rng: &mut self.rng }, ticket, result);
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "everything else is simply done")]
    fn asked(&mut self, ticket: Ticket, request: Request) {
        judge(Role::Station, |_| STA, &request);
        assert!(request.handle().is_none_or(|handle| handle == INTERFACE), "a request is about another's interface");
        let opens = match &request {
            Request::SetStationFlags { flags, .. } => flags.authorized == Some(true),
            Request::SetOperState { state, .. } => *state == OperState::Up,
            _ => false,
        };
        assert!(!opens || !self.pairwise.is_empty(), "a port opens without a key that the driver has taken");
        let (first, many) = self.refused;
        self.refused = (first.saturating_sub(1), if first == 0 { many.saturating_sub(1) } else { many });
        if first == 0 && many > 0 {
            let failure = Failure::Kernel { errno: 12, text: String::new() };
            return self.answer(ticket, Err(failure));
        }
        let handle = INTERFACE;
        let reply = match request {
            Request::TriggerScan { .. } => {
                self.flights.push_back(Flight::Driver(Event::ScanStarted { handle }));
                let done = Event::ScanDone { handle, aborted: false, freqs: vec![2412] };
                self.flights.push_back(Flight::Driver(done));
                Reply::Done
            }
            Request::ScanResults { .. } => {
                let mut entries = self.pretended.clone();
                entries.extend(self.in_reach());
                Reply::ScanResults { entries, last: true }
            }
            Request::Authenticate { auth, .. } => {
                self.leave();
                self.authenticate(&auth);
                Reply::Done
            }
            Request::Associate { assoc, .. } => {
                self.leave();
                self.associate(&assoc);
                Reply::Done
            }
            Request::Deauthenticate { reason, local, .. } => {
                self.leave();
                if !local {
                    self.send(Subtype::DEAUTH, |w| {
                        w.u16_le(reason.0);
                    });
                }
                Reply::Done
            }
            Request::AddKey { key, .. } => {
                self.take_key(&key);
                Reply::Done
            }
            Request::SendEapol { data, encrypt, .. } => {
                self.flights.push_back(Flight::EapolUp(data, encrypt));
                Reply::Done
            }
            Request::TransmitFrame { transmit, .. } => {
                self.flights.push_back(Flight::Up(transmit.frame));
                Reply::Cookie(1)
            }
            _ => Reply::Done,
        };
        self.answer(ticket, Ok(reply));
    }

    /// A new attempt, or none: the keys of the link before are gone.
    fn leave(&mut self) {
        (self.phase, self.patience, self.protected) = (Phase::Idle, None, false);
        self.pairwise.clear();
        self.group.clear();
    }

    fn take_key(&mut self, key: &KeyParameters) {
        let octets = key.key.as_bytes().to_vec();
        if matches!(key.kind, KeyKind::Pairwise(_)) {
            assert!(!self.pairwise.contains(&octets), "a pairwise key is given to the driver twice");
            self.pairwise.push(octets);
        } else {
            assert!(self.group.insert(octets), "a group's key is given to the driver twice");
        }
    }

    /// The access point as a scan shows it.
    fn in_reach(&self) -> Option<ScanEntry> {
        let beacon = self.bss.beacon();
        let beacon = [beacon.head, beacon.tail].concat();
        let frame = Management::parse(&beacon).ok()?;
        let body = Beacon::parse(frame.body).ok()?;
        let known = ScanEntry { bssid: AP, freq: 2412, signal: -3000, ..ScanEntry::default() };
        Some(ScanEntry { capability: body.capability, elements: body.elements.to_vec(), ..known })
    }

    fn send(&mut self, subtype: Subtype, body: impl FnOnce(&mut Writer)) {
        match frame::build(subtype, AP, STA, AP, body) {
            Ok(frame) => self.flights.push_back(Flight::Up(frame)),
            Err(_) => report("a frame of the station is too long"),
        }
    }

    fn authenticate(&mut self, auth: &AuthenticateParameters) {
        self.phase = Phase::Authenticating;
        self.patience = Some((self.now + PATIENCE, Event::AuthTimeout { handle: INTERFACE, bssid: auth.bssid }));
        if auth.bssid != AP {
            return;
        }
        let (transaction, status, rest) = match auth.data.as_slice() {
            [low, high, status_low, status_high, rest @ ..] if auth.algorithm == auth_algorithm::SAE => {
                let transaction = u16::from_le_bytes([*low, *high]);
                (transaction, StatusCode(u16::from_le_bytes([*status_low, *status_high])), rest)
            }
            _ => (1, StatusCode::SUCCESS, [].as_slice()),
        };
        let body = Authentication { algorithm: auth.algorithm, transaction, status, rest };
        self.send(Subtype::AUTHENTICATION, |w| body.write(w));
    }

    fn associate(&mut self, assoc: &AssociateParameters) {
        self.phase = Phase::Associating;
        self.protected = assoc.mfp != MfpMode::No;
        self.patience = Some((self.now + PATIENCE, Event::AssocTimeout { handle: INTERFACE, bssid: assoc.bssid }));
        if assoc.bssid != AP {
            return;
        }
        self.send(Subtype::ASSOC_REQUEST, |w| {
            w.put(&[0x21, 0x04, 5, 0, 0, 3, b'n', b'e', b't', 1, 8, 2, 4, 11, 22, 12, 18, 24, 36]).put(&assoc.elements);
        });
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "everything else is simply done")]
    fn ap_asked(&mut self, tag: Tag, request: Request) {
        let mut sent = None;
        let reply = match request {
            Request::AddKey { key, .. } => {
                if matches!(key.kind, KeyKind::Pairwise(STA)) {
                    self.access_point = Some(key.key.as_bytes().to_vec());
                }
                Reply::Done
            }
            Request::TransmitFrame { transmit, .. } => {
                sent = Some(transmit.frame);
                Reply::Cookie(1)
            }
            Request::SendEapol { dest: STA, data, encrypt, .. } => {
                self.flights.push_back(Flight::EapolDown(data, encrypt));
                Reply::Done
            }
            Request::Stations { addr, .. } => {
                let entries = addr.map(|addr| StationInfo { addr, ..StationInfo::default() }).into_iter().collect();
                Reply::Stations { entries, last: true }
            }
            _ => Reply::Done,
        };
        self.bss.handle_reply(tag, Ok(reply), self.now, &mut self.rng);
        if let Some(frame) = sent {
            self.flights.push_back(Flight::Down(frame.clone()));
            self.tell_ap(&Event::FrameSent { handle: INTERFACE, cookie: 1, acked: true, frame });
        }
    }
}
