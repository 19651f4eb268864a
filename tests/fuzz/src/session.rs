//! An access point before which a real station goes through a real SAE exchange and a real handshake, step by step, while
//! a stranger says what the input's octets make him say: at first sight, between two steps, and once the link stands.
//!
//! What must hold whatever he says: no port opens without a key that the driver has taken for this association, and a
//! link with protected management frames ends only at the will of whoever has its keys.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use ap::{Bss, BssOutput, Tag};
use crypto::Pmk;
use crypto::testing::TestRng;
use ipc_proto::{Event, Failure, Handle, KeyKind, Reply, Request, Role, StationFlags, StationInfo};
use rsn::{ApOffer, Pmf, Protection, StationPolicy, Supplicant, SupplicantConfig, SupplicantOutput};
use sae::{Group, Method, Password, PtSet, SaeAkm, Session};
use wire::element::{Elements, id};
use wire::frame::{self, Authentication, Beacon, Management, Subtype, auth_algorithm};
use wire::{Instant, MacAddr, StatusCode};

use crate::engine::{engine, judge};
use crate::records::{Record, Records};
use crate::report;

pub(crate) const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
pub(crate) const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);
pub(crate) const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 1, 0]);
const INTERFACE: Handle = Handle(7);
pub(crate) const ALONE: &str = "wpa_key_mgmt=SAE\nieee80211w=2\n";
pub(crate) const TRANSITION: &str = "wpa_key_mgmt=WPA-PSK SAE\nieee80211w=1\n\
    wpa_psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
pub(crate) const CONF: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=2\nrsn_pairwise=CCMP\n\
    sae_password=correct horse\nsae_pwe=2\nsae_groups=19\nsae_anti_clogging_threshold=3\nmax_num_sta=8\n";

static PASSWORD: LazyLock<Password> = LazyLock::new(|| Password::new(b"correct horse", None));
static PT: LazyLock<PtSet> = LazyLock::new(|| PtSet::derive(b"net", &PASSWORD, &[Group::P256]));

/// Most things that happen in one input.
const MOST: usize = 2000;

/// How far the station is.
enum Honest {
    /// It has not begun.
    Away,
    /// It has sent its commit.
    Committed(Box<Session>),
    /// Both know the key.
    Authenticated(Pmk),
    /// It has associated: it answers handshake messages.
    Associated,
}

/// A frame that the air has shown, which anybody may send again.
enum Seen {
    Management(Vec<u8>),
    Eapol(Vec<u8>),
}

struct World {
    bss: Bss,
    now: Instant,
    rng: TestRng,
    honest: Honest,
    supplicant: Option<Supplicant>,
    seen: Vec<Seen>,
    /// Management frames of the access point to the station which it has not read yet.
    told: Vec<Vec<u8>>,
    /// Peers whose pairwise key the driver has taken since they were last made or removed.
    keyed: BTreeSet<MacAddr>,
    /// The driver carries out so many requests, and refuses so many after that.
    refused: (u8, u8),
    /// Nothing is acknowledged.
    deaf: bool,
    /// The driver and the air have been fair: only the stranger was against the link.
    fair: bool,
    /// The link has stood.
    stood: bool,
}

/// The first octet chooses the configuration; then come records, see [`World::step`] for their kinds.
pub(crate) fn access_point(data: &[u8]) {
    let _ = link_stood(data);
}

/// The same; says whether the station came through.
pub(crate) fn link_stood(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    let Some(mut world) = World::new(if kind & 1 == 0 { ALONE } else { TRANSITION }) else {
        report("the engine's configuration is refused");
        return false;
    };
    for record in Records(data).take(MOST) {
        world.step(&record);
        world.pump();
        let stands = world.stands();
        assert!(!world.fair || !world.stood || stands, "a stranger has ended a protected link");
        world.stood |= stands;
    }
    world.stood
}

impl World {
    fn new(security: &str) -> Option<World> {
        let mut rng = TestRng::new(1);
        let bss = engine(&format!("{CONF}{security}"), AP, &mut rng)?;
        let mut world = World {
            bss,
            now: Instant::from_origin(Duration::from_secs(100)),
            rng,
            honest: Honest::Away,
            supplicant: None,
            seen: Vec::new(),
            told: Vec::new(),
            keyed: BTreeSet::new(),
            refused: (0, 0),
            deaf: false,
            fair: true,
            stood: false,
        };
        world.bss.start(world.now, &mut world.rng);
        world.pump();
        Some(world)
    }

    /// One record. Kinds, modulo eight: the station's next step; a whole frame; a frame with a header made for it; a
    /// handshake message; one that the air has shown, perhaps changed; time; the driver refuses; nothing is acknowledged.
    fn step(&mut self, record: &Record<'_>) {
        let source = if record.kind & 0x40 == 0 { STA } else { OTHER };
        match record.kind % 8 {
            0 => self.proceed(),
            1 => self.forge(record.data.to_vec()),
            2 => {
                let Some((subtype, body)) = record.data.split_first() else { return };
                let subtype = match subtype % 8 {
                    0 | 1 => Subtype::AUTHENTICATION,
                    2 => Subtype::ASSOC_REQUEST,
                    3 => Subtype::REASSOC_REQUEST,
                    4 => Subtype::DEAUTH,
                    5 => Subtype::DISASSOC,
                    6 => Subtype::ACTION,
                    _ => Subtype::PROBE_REQUEST,
                };
                let frame = frame::build(subtype, AP, source, AP, |w| {
                    w.put(body);
                });
                self.forge(frame.unwrap_or_default());
            }
            3 => self.eapol(source, record.data.to_vec(), false),
            4 => self.again(record),
            5 => {
                let later = self.now + Duration::from_millis(100);
                self.now = self.bss.poll_deadline().unwrap_or(later).max(later);
                self.bss.handle_timeout(self.now, &mut self.rng);
            }
            6 => {
                self.fair = false;
                if let [first, many, ..] = record.data {
                    self.refused = (*first, *many);
                }
            }
            _ => {
                self.fair = false;
                self.deaf = !self.deaf;
            }
        }
    }

    fn stands(&self) -> bool {
        self.bss.station(STA).is_some_and(ap::Station::is_authorized)
    }

    fn tell(&mut self, event: &Event) {
        self.bss.handle_event(event, self.now, &mut self.rng);
    }

    /// A frame of the stranger, as far as the kernel lets it through: from a station with keys nothing that must be protected.
    fn forge(&mut self, frame: Vec<u8>) {
        let Ok(parsed) = Management::parse(&frame) else { return };
        let robust = [Subtype::DEAUTH, Subtype::DISASSOC, Subtype::ACTION].contains(&parsed.subtype());
        if robust && self.keyed.contains(&parsed.source) {
            return;
        }
        self.receive(frame);
    }

    fn receive(&mut self, frame: Vec<u8>) {
        self.tell(&Event::FrameReceived { handle: INTERFACE, freq: 2412, signal: None, frame, link: None });
    }

    fn eapol(&mut self, source: MacAddr, data: Vec<u8>, encrypted: bool) {
        self.tell(&Event::Eapol { handle: INTERFACE, source, encrypted: Some(encrypted), data });
    }

    /// What the air has shown comes again; a second and third octet say where it is changed, and how.
    fn again(&mut self, record: &Record<'_>) {
        let mut octets = record.data.iter().copied();
        let which = usize::from(octets.next().unwrap_or(0)) % self.seen.len().max(1);
        let change = octets.next().zip(octets.next());
        let changed = |data: &Vec<u8>| {
            let mut data = data.clone();
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
                self.forge(frame);
            }
            Some(Seen::Eapol(data)) => {
                let data = changed(data);
                self.eapol(STA, data, false);
            }
            None => {}
        }
    }

    /// The station sends a frame of its own.
    fn send(&mut self, subtype: Subtype, body: &[u8]) {
        let built = frame::build(subtype, AP, STA, AP, |w| {
            w.put(body);
        });
        let Ok(frame) = built else { return report("a frame of the station is too long") };
        self.seen.push(Seen::Management(frame.clone()));
        self.receive(frame);
        self.pump();
    }

    fn send_sae(&mut self, transaction: u16, status: StatusCode, rest: &[u8]) {
        let mut w = wire::Writer::new();
        Authentication { algorithm: auth_algorithm::SAE, transaction, status, rest }.write(&mut w);
        if let Ok(body) = w.finish() {
            self.told.clear();
            self.send(Subtype::AUTHENTICATION, &body);
        }
    }

    /// The station's next step; with no answer, or another than it can use, it begins anew.
    fn proceed(&mut self) {
        self.honest = match std::mem::replace(&mut self.honest, Honest::Away) {
            Honest::Away => self.commit(),
            Honest::Committed(session) => self.confirm(*session),
            Honest::Authenticated(pmk) => self.associate(pmk),
            Honest::Associated if self.stands() => Honest::Associated,
            Honest::Associated => self.commit(),
        };
    }

    fn commit(&mut self) -> Honest {
        let config = sae::Config {
            own: STA,
            peer: AP,
            group: Group::P256,
            method: Method::HashToElement,
            password: &PASSWORD,
            pt: Some(&PT),
            akm: SaeAkm::Sae,
            rejected_groups: &[],
            supported_groups: &[Group::P256],
        };
        let Ok(session) = Session::start(&config, &mut self.rng) else { return Honest::Away };
        self.send_sae(1, session.commit_status(), &session.commit_body(None));
        Honest::Committed(Box::new(session))
    }

    /// What the access point has answered in this transaction.
    fn answered(&self, transaction: u16) -> Option<(StatusCode, Vec<u8>)> {
        self.told.iter().rev().find_map(|frame| {
            let parsed = Management::parse(frame).ok()?;
            let auth = Authentication::parse(parsed.body).ok()?;
            let fits = auth.algorithm == auth_algorithm::SAE && auth.transaction == transaction;
            fits.then(|| (auth.status, auth.rest.to_vec()))
        })
    }

    fn confirm(&mut self, mut session: Session) -> Honest {
        let Some((status, body)) = self.answered(1) else { return Honest::Away };
        let _ = session.handle_commit(status, &body);
        let Ok(confirm) = session.confirm_body() else { return Honest::Away };
        self.send_sae(2, StatusCode::SUCCESS, &confirm);
        let Some((_, body)) = self.answered(2) else { return Honest::Away };
        let _ = session.handle_confirm(&body);
        session.pmk().map_or(Honest::Away, Honest::Authenticated)
    }

    fn associate(&mut self, pmk: Pmk) -> Honest {
        let beacon = self.bss.beacon();
        let beacon = [beacon.head, beacon.tail].concat();
        let Some(body) = Management::parse(&beacon).ok().and_then(|frame| Beacon::parse(frame.body).ok()) else {
            return Honest::Away;
        };
        let elements = Elements::new(body.elements);
        let offer = ApOffer {
            rsne: elements.find(id::RSN).map(|element| element.whole),
            rsnxe: elements.find(id::RSNX).map(|element| element.whole),
            wpa: None,
        };
        let policy = StationPolicy { pmf: Pmf::Required, sae_pwe: rsn::SaePwe::Both, ..StationPolicy::personal() };
        let Ok(chosen) = policy.choose(&offer) else { return Honest::Away };
        let (element, rsnxe) = (chosen.station_element(&[]), chosen.station_rsnxe());
        let config = SupplicantConfig::new(STA, AP, chosen, &offer, element.clone(), rsnxe.clone());
        self.supplicant = Some(Supplicant::new(SupplicantConfig { pmk: Some(pmk), ..config }));
        let mut request = vec![0x21, 0x04, 5, 0, 0, 3, b'n', b'e', b't', 1, 8, 2, 4, 11, 22, 12, 18, 24, 36];
        request.extend(element);
        request.extend(rsnxe.unwrap_or_default());
        self.send(Subtype::ASSOC_REQUEST, &request);
        Honest::Associated
    }

    /// Carries out what the engine wants, and looks at it.
    fn pump(&mut self) {
        let mut count = 0;
        while let Some(output) = self.bss.poll_output() {
            count += 1;
            assert!(count < 1000, "one input makes the engine talk for ever");
            match output {
                BssOutput::Request { tag, request } => self.carry_out(tag, request),
                BssOutput::Change(_) | BssOutput::Log { .. } | BssOutput::Started | BssOutput::StartFailed(_) => {}
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "everything else is simply done")]
    fn carry_out(&mut self, tag: Tag, request: Request) {
        judge(Role::AccessPoint, |_| AP, &request);
        assert!(request.handle().is_none_or(|handle| handle == INTERFACE), "a request is about another's interface");
        let (peer, flags) = match &request {
            Request::SetStationFlags { addr, flags, .. } => (Some(*addr), *flags),
            Request::AddStation { station, .. } | Request::ChangeStation { station, .. } => {
                (Some(station.addr), station.flags)
            }
            _ => (None, StationFlags::default()),
        };
        let keyed = peer.is_some_and(|peer| self.keyed.contains(&peer));
        assert!(keyed || flags.authorized != Some(true), "a port opens without a key that the driver has taken");
        let (first, many) = self.refused;
        self.refused = (first.saturating_sub(1), if first == 0 { many.saturating_sub(1) } else { many });
        if first == 0 && many > 0 {
            let failure = Failure::Kernel { errno: 12, text: String::new() };
            return self.bss.handle_reply(tag, Err(failure), self.now, &mut self.rng);
        }
        let mut sent = None;
        let reply = match request {
            Request::AddKey { key, .. } => {
                if let KeyKind::Pairwise(peer) = key.kind {
                    self.keyed.insert(peer);
                }
                Reply::Done
            }
            Request::AddStation { station, .. } => {
                self.keyed.remove(&station.addr);
                Reply::Done
            }
            Request::RemoveStation { addr, .. } => {
                self.keyed.retain(|peer| addr.is_some_and(|addr| addr != *peer));
                Reply::Done
            }
            Request::TransmitFrame { transmit, .. } => {
                sent = Some(transmit.frame);
                Reply::Cookie(1)
            }
            Request::SendEapol { dest, data, encrypt, .. } => {
                self.bss.handle_reply(tag, Ok(Reply::Done), self.now, &mut self.rng);
                if dest == STA && !self.deaf {
                    self.hear(&data, encrypt);
                }
                return;
            }
            Request::Stations { addr, .. } => {
                let entries = addr.map(|addr| StationInfo { addr, ..StationInfo::default() }).into_iter().collect();
                Reply::Stations { entries, last: true }
            }
            _ => Reply::Done,
        };
        self.bss.handle_reply(tag, Ok(reply), self.now, &mut self.rng);
        if let Some(frame) = sent {
            self.transmitted(frame);
        }
    }

    /// The station hears a frame, and answers if it is asked whether it has still its keys (SA Query).
    fn transmitted(&mut self, frame: Vec<u8>) {
        let acked = !self.deaf;
        let parsed = Management::parse(&frame).ok();
        assert!(parsed.is_some(), "our own frame cannot be read");
        let to_station = acked && parsed.as_ref().is_some_and(|frame| frame.destination == STA);
        let parting = [Subtype::DEAUTH, Subtype::DISASSOC];
        if to_station && parsed.as_ref().is_some_and(|frame| parting.contains(&frame.subtype())) {
            self.honest = Honest::Away;
        }
        let query = parsed.and_then(|frame| match (frame.subtype(), frame.body) {
            (Subtype::ACTION, [8, 0, first, second, ..]) => Some([8, 1, *first, *second]),
            _ => None,
        });
        self.tell(&Event::FrameSent { handle: INTERFACE, cookie: 1, acked, frame: frame.clone() });
        if !to_station {
            return;
        }
        match query.filter(|_| matches!(self.honest, Honest::Associated)) {
            Some(answer) => {
                if let Ok(frame) = frame::build(Subtype::ACTION, AP, STA, AP, |w| {
                    w.put(&answer);
                }) {
                    self.receive(frame);
                }
            }
            None => {
                self.told.push(frame);
                let excess = self.told.len().saturating_sub(16);
                self.told.drain(..excess);
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the station's own driver is of no interest")]
    fn hear(&mut self, data: &[u8], encrypted: bool) {
        let Some(station) = &mut self.supplicant else { return };
        let protection = if encrypted { Protection::Encrypted } else { Protection::Plain };
        let _ = station.handle_eapol_key(data, protection, self.now, &mut self.rng);
        let mut answers = Vec::new();
        while let Some(output) = station.poll_output() {
            if let SupplicantOutput::SendEapol { frame, encrypt } = output {
                answers.push((frame, encrypt));
            }
        }
        for (data, encrypt) in answers {
            if !encrypt && self.seen.len() < 256 {
                self.seen.push(Seen::Eapol(data.clone()));
            }
            self.eapol(STA, data, encrypt);
        }
    }
}
