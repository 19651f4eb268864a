//! Who is told of what happens in the air (UPnP Device Architecture 1.0, 4): subscriptions and their events.
//!
//! An event goes only to hosts of the local network, and only to a few: CVE-2020-12695 ("CallStranger") is a device
//! that sends to whomever a subscription names.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use crypto::Rng;
use wire::{Instant, MacAddr};

use super::Local;
use super::http::{self, Message, Status};
use super::soap::{self, WlanEventType, element};
use super::xml;
use crate::device::Uuid;

/// How many there are at most, and from one host.
const MAX_SUBSCRIPTIONS: usize = 8;
const MAX_OF_HOST: usize = 2;
/// How many places one may name, and how long each is.
const MAX_PLACES: usize = 4;
const MAX_URL: usize = 256;
/// How many events may wait for one.
const MAX_EVENTS: usize = 20;
/// How often a delivery may fail.
const MAX_FAILURES: u8 = 10;
/// How long a subscription lasts (4.1.2: half an hour at least).
const LIFE: Duration = Duration::from_secs(1801);
/// How many probe requests a second are told: strangers send them.
const PROBES_A_SECOND: u8 = 5;

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host.
    pub host: SocketAddrV4,
    /// The path.
    pub path: String,
}

impl Place {
    /// Reads a URL: `http`, a host by its address, in this network.
    #[must_use]
    pub fn parse(url: &str, local: &Local) -> Option<Place> {
        if url.len() > MAX_URL || !url.bytes().all(|octet| octet.is_ascii_graphic()) {
            return None;
        }
        let (scheme, rest) = url.split_at_checked("http://".len())?;
        if !scheme.eq_ignore_ascii_case("http://") {
            return None;
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A name would be looked up by whoever is asked, and be somewhere else by then.
        let with_port = |host: &str| host.parse().ok().map(|ip: Ipv4Addr| SocketAddrV4::new(ip, 80));
        let host: SocketAddrV4 = host.parse().ok().or_else(|| with_port(host))?;
        let is_local = local.has_host(*host.ip()) && host.port() != 0;
        is_local.then(|| Place { host, path: alloc::format!("/{path}") })
    }
}

/// The subscriptions of a device.
#[derive(Debug)]
pub struct Subscriptions {
    local: Local,
    all: Vec<Subscription>,
    last: Option<Vec<u8>>,
    probes: (Instant, u8),
}

#[derive(Debug)]
struct Subscription {
    id: Uuid,
    from: Ipv4Addr,
    places: VecDeque<Place>,
    until: Instant,
    sequence: u32,
    events: VecDeque<Vec<u8>>,
    is_sending: bool,
    failures: u8,
}

/// An event to be delivered: a stream is to be opened, and the answer's status told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Of which subscription.
    pub id: Uuid,
    /// To whom.
    pub to: SocketAddrV4,
    /// The request.
    pub request: Vec<u8>,
}

impl Subscriptions {
    /// None.
    #[must_use]
    pub const fn new(local: Local) -> Subscriptions {
        Subscriptions { local, all: Vec::new(), last: None, probes: (Instant::ZERO, 0) }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// There are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// SUBSCRIBE: a new one, or one that goes on (4.1.1, 4.1.2). Gives the response.
    pub fn subscribe(&mut self, request: &Message, from: Ipv4Addr, now: Instant, rng: &mut dyn Rng) -> Vec<u8> {
        self.forget(now);
        let id = match (request.header("sid"), request.header("callback"), request.header("nt")) {
            (Some(id), None, None) => self.renew(id, from, now),
            (None, Some(callback), Some("upnp:event")) => self.add(callback, from, now, rng),
            (None, _, _) => Err(Status(412)),
            (Some(_), _, _) => Err(Status(400)),
        };
        match id {
            Ok(id) => {
                let (id, life) = (alloc::format!("uuid:{id}"), alloc::format!("Second-{}", LIFE.as_secs()));
                http::response(Status(200), &[("SID", &id), ("Timeout", &life)], None)
            }
            Err(status) => http::response(status, &[], None),
        }
    }

    fn renew(&mut self, id: &str, from: Ipv4Addr, now: Instant) -> Result<Uuid, Status> {
        let known = self.find(id, from).ok_or(Status(412))?;
        known.until = now + LIFE;
        Ok(known.id)
    }

    fn find(&mut self, id: &str, from: Ipv4Addr) -> Option<&mut Subscription> {
        let id = Uuid::parse(id.strip_prefix("uuid:")?)?;
        self.all.iter_mut().find(|known| known.id == id && known.from == from)
    }

    fn add(&mut self, callback: &str, from: Ipv4Addr, now: Instant, rng: &mut dyn Rng) -> Result<Uuid, Status> {
        if !self.local.has_host(from) {
            return Err(Status(412));
        }
        let urls = callback.split('<').skip(1).filter_map(|part| part.split_once('>').map(|(url, _)| url));
        let mut places = VecDeque::new();
        for url in urls.take(MAX_PLACES) {
            // One that leads elsewhere spoils them all: nobody means well with it.
            places.push_back(Place::parse(url, &self.local).ok_or(Status(412))?);
        }
        if places.is_empty() {
            return Err(Status(412));
        }
        let of_host = self.all.iter().filter(|known| known.from == from).count();
        if of_host >= MAX_OF_HOST {
            // The host's own oldest one gives way.
            if let Some(oldest) = self.all.iter().position(|known| known.from == from) {
                self.all.remove(oldest);
            }
        }
        if self.all.len() >= MAX_SUBSCRIPTIONS {
            return Err(Status(500));
        }
        let mut octets = [0; 16];
        rng.fill(&mut octets);
        let id = Uuid(octets);
        // 4.2: the first event says what all variables are.
        let events = VecDeque::from([self.first()]);
        let until = now + LIFE;
        self.all.push(Subscription { id, from, places, until, sequence: 0, events, is_sending: false, failures: 0 });
        Ok(id)
    }

    fn first(&self) -> Vec<u8> {
        let event = self.last.as_deref().map(|event| property(&element("WLANEvent", event)));
        let status = [property("<STAStatus>1</STAStatus>"), property("<APStatus>1</APStatus>")];
        set(&status.into_iter().chain(event).collect::<String>())
    }

    /// UNSUBSCRIBE (4.1.3). Gives the response.
    pub fn unsubscribe(&mut self, request: &Message, from: Ipv4Addr) -> Vec<u8> {
        let known = request.header("sid").and_then(|id| self.find(id, from)).map(|known| known.id);
        let status = match known {
            Some(_) if request.header("callback").is_some() || request.header("nt").is_some() => Status(400),
            Some(id) => {
                self.all.retain(|known| known.id != id);
                Status(200)
            }
            None => Status(412),
        };
        http::response(status, &[], None)
    }

    /// A message of the air for all of them: a probe request's attributes, or a message of an Enrollee.
    pub fn tell(&mut self, kind: WlanEventType, addr: MacAddr, message: &[u8], now: Instant) {
        if kind == WlanEventType::PROBE && !self.may_tell_probe(now) {
            return;
        }
        let event = WlanEvent { kind, addr, message: message.to_vec() }.write();
        let body = set(&property(&element("WLANEvent", &event)));
        self.last = Some(event);
        // Whoever does not take its events is not told any more.
        self.all.retain(|known| known.events.len() < MAX_EVENTS);
        self.all.iter_mut().for_each(|known| known.events.push_back(body.clone()));
    }

    fn may_tell_probe(&mut self, now: Instant) -> bool {
        let (since, told) = &mut self.probes;
        if now >= *since + Duration::from_secs(1) {
            (*since, *told) = (now, 0);
        }
        *told = told.saturating_add(1);
        *told <= PROBES_A_SECOND
    }

    /// The next event to be delivered; each subscription has one on its way at a time.
    pub fn poll_delivery(&mut self) -> Option<Delivery> {
        let next = self.all.iter_mut().find(|known| !known.is_sending && !known.events.is_empty())?;
        let (event, place) = (next.events.front()?, next.places.front()?);
        next.is_sending = true;
        let (host, id) = (alloc::format!("{}", place.host), alloc::format!("uuid:{}", next.id));
        let sequence = alloc::format!("{}", next.sequence);
        let headers = [
            ("HOST", host.as_str()),
            ("NT", "upnp:event"),
            ("NTS", "upnp:propchange"),
            ("SID", &id),
            ("SEQ", &sequence),
        ];
        let start = alloc::format!("NOTIFY {} HTTP/1.1", place.path);
        let request = http::write(&start, &headers, Some((soap::XML, event)));
        Some(Delivery { id: next.id, to: place.host, request })
    }

    /// What came of a delivery: `false` if nobody was there, or answered with something other than 200.
    pub fn delivered(&mut self, id: Uuid, is_well: bool) {
        let Some(known) = self.all.iter_mut().find(|known| known.id == id && known.is_sending) else { return };
        known.is_sending = false;
        if is_well {
            known.events.pop_front();
            known.failures = 0;
            // 4.2.1: zero is the first one's alone.
            known.sequence = known.sequence.checked_add(1).unwrap_or(1);
            return;
        }
        known.failures = known.failures.saturating_add(1);
        known.places.rotate_left(1);
        self.all.retain(|known| known.failures < MAX_FAILURES);
    }

    /// Forgets those that were not renewed.
    pub fn forget(&mut self, now: Instant) {
        self.all.retain(|known| now < known.until);
    }

    /// When the first of them ends.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.all.iter().map(|known| known.until).min()
    }
}

fn property(inner: &str) -> String {
    alloc::format!("<e:property>{inner}</e:property>")
}

fn set(properties: &str) -> Vec<u8> {
    alloc::format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <e:propertyset xmlns:e=\"urn:schemas-upnp-org:event-1-0\">{properties}</e:propertyset>\n"
    )
    .into_bytes()
}

/// A message of the air, as the variable WLANEvent has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WlanEvent {
    /// What it is.
    pub kind: WlanEventType,
    /// From whom.
    pub addr: MacAddr,
    /// Attributes.
    pub message: Vec<u8>,
}

impl WlanEvent {
    /// Kind, address as 17 letters, message.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let addr = alloc::format!("{}", self.addr);
        [&[self.kind.0], addr.as_bytes(), &self.message].concat()
    }

    /// Undoes [`WlanEvent::write`].
    #[must_use]
    pub fn parse(octets: &[u8]) -> Option<WlanEvent> {
        let (kind, rest) = octets.split_first()?;
        let (addr, message) = rest.split_first_chunk::<17>()?;
        let addr = core::str::from_utf8(addr).ok()?.parse().ok()?;
        Some(WlanEvent { kind: WlanEventType(*kind), addr, message: message.to_vec() })
    }

    /// Reads an event that an access point has sent to a registrar; `None` if it tells of no message.
    #[must_use]
    pub fn of_notification(request: &Message) -> Option<WlanEvent> {
        if request.request().ok()?.0 != "NOTIFY" || request.header("nt") != Some("upnp:event") {
            return None;
        }
        let document = core::str::from_utf8(&request.body).ok()?;
        Self::parse(&soap::decode(xml::text_of(document, "WLANEvent")?)?)
    }
}

/// A registrar's request to be told (4.1.1).
#[must_use]
pub fn request(host: &str, target: &str, place: &Place) -> Vec<u8> {
    let callback = alloc::format!("<http://{}{}>", place.host, place.path);
    let headers = [("HOST", host), ("CALLBACK", &callback), ("NT", "upnp:event"), ("TIMEOUT", "Second-1800")];
    http::write(&alloc::format!("SUBSCRIBE {target} HTTP/1.1"), &headers, None)
}
