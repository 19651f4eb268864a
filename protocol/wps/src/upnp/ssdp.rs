//! Who is there (UPnP Device Architecture 1.0, 1): datagrams of an access point, and of a registrar that looks for one.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use crypto::Rng;
use wire::Instant;

use super::Local;
use super::description::{DEVICE, DEVICE_PATH};
use super::http::{self, Assembly, Message, SERVER, Status};
use super::soap::SERVICE;
use crate::device::Uuid;

/// Where everybody listens.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);
/// How long an advertisement is good for: half an hour at least (1.1.2).
const MAX_AGE: Duration = Duration::from_secs(1801);
/// The longest datagram that is read.
const MAX_DATAGRAM: usize = 1600;
/// How many answers may wait to be sent.
const MAX_ANSWERS: usize = 80;
/// The longest that an answer is delayed, whatever the question says.
const MAX_DELAY: Duration = Duration::from_secs(5);
/// Each advertisement is sent so often: datagrams get lost.
const REPEATS: usize = 2;

/// What is advertised and looked for (1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Root devices.
    Root,
    /// This device.
    Device,
    /// Devices of this kind.
    Kind,
    /// Devices with this service.
    Service,
}

/// All of them.
pub const TARGETS: [Target; 4] = [Target::Root, Target::Device, Target::Kind, Target::Service];

impl Target {
    fn name(self, uuid: Uuid) -> String {
        match self {
            Self::Root => "upnp:rootdevice".into(),
            Self::Device => alloc::format!("uuid:{uuid}"),
            Self::Kind => DEVICE.into(),
            Self::Service => SERVICE.into(),
        }
    }

    fn unique(self, uuid: Uuid) -> String {
        match self {
            Self::Device => alloc::format!("uuid:{uuid}"),
            Self::Root | Self::Kind | Self::Service => alloc::format!("uuid:{uuid}::{}", self.name(uuid)),
        }
    }
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// To whom.
    pub to: SocketAddrV4,
    /// Its octets.
    pub octets: Vec<u8>,
}

fn location(local: &Local) -> String {
    alloc::format!("http://{}{DEVICE_PATH}", local.own)
}

fn notify(local: &Local, uuid: Uuid, target: Target, is_alive: bool) -> Datagram {
    let (name, unique) = (target.name(uuid), target.unique(uuid));
    let (age, place) = (alloc::format!("max-age={}", MAX_AGE.as_secs()), location(local));
    let host = alloc::format!("{GROUP}");
    let mut headers = alloc::vec![("HOST", host.as_str())];
    if is_alive {
        headers.extend([("CACHE-CONTROL", age.as_str()), ("LOCATION", place.as_str())]);
    }
    headers.extend([("NTS", if is_alive { "ssdp:alive" } else { "ssdp:byebye" }), ("SERVER", SERVER)]);
    headers.extend([("NT", name.as_str()), ("USN", unique.as_str())]);
    Datagram { to: GROUP, octets: http::write("NOTIFY * HTTP/1.1", &headers, None) }
}

fn answer(local: &Local, uuid: Uuid, target: Target, to: SocketAddrV4) -> Datagram {
    let (name, unique) = (target.name(uuid), target.unique(uuid));
    let (age, place) = (alloc::format!("max-age={}", MAX_AGE.as_secs()), location(local));
    let headers = [
        ("CACHE-CONTROL", age.as_str()),
        ("EXT", ""),
        ("LOCATION", &place),
        ("SERVER", SERVER),
        ("ST", &name),
        ("USN", &unique),
    ];
    let start = alloc::format!("HTTP/1.1 {} {}", 200, Status(200).text());
    Datagram { to, octets: http::write(&start, &headers, None) }
}

fn read(datagram: &[u8]) -> Option<Message> {
    if datagram.len() > MAX_DATAGRAM {
        return None;
    }
    let mut assembly = Assembly::new();
    match assembly.push(datagram) {
        Ok(Some(message)) => Some(message),
        // A response has no body, and says nothing of its length.
        Ok(None) => assembly.finish().ok(),
        Err(_) => None,
    }
}

/// An access point's advertisements: at its start, again and again, as answers, and at its end.
#[derive(Debug)]
pub struct Advertiser {
    local: Local,
    uuid: Uuid,
    next: Option<Instant>,
    answers: Vec<(Instant, SocketAddrV4, Target)>,
}

impl Advertiser {
    /// Begins at once.
    #[must_use]
    pub const fn new(local: Local, uuid: Uuid, now: Instant) -> Advertiser {
        Advertiser { local, uuid, next: Some(now), answers: Vec::new() }
    }

    /// A datagram that came to the group or to us. Only hosts of the local network are answered: nobody else is to be
    /// flooded through us.
    pub fn handle_datagram(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant, rng: &mut dyn Rng) {
        if !self.local.has_host(*from.ip()) || from.port() == 0 {
            return;
        }
        let Some((targets, delay)) = read(datagram).and_then(|message| self.asked(&message)) else { return };
        for target in targets {
            if self.answers.len() >= MAX_ANSWERS {
                return;
            }
            self.answers.push((now + below(delay.min(MAX_DELAY), rng), from, target));
        }
    }

    /// 1.2.2: what is looked for, and within which time answers are to be spread.
    fn asked(&self, message: &Message) -> Option<(Vec<Target>, Duration)> {
        if message.start != "M-SEARCH * HTTP/1.1" || message.header("man") != Some("\"ssdp:discover\"") {
            return None;
        }
        let seconds: u64 = message.header("mx")?.parse().ok().filter(|seconds| *seconds >= 1)?;
        let wanted = message.header("st")?;
        let is_all = wanted.eq_ignore_ascii_case("ssdp:all");
        let fits = |target: &Target| is_all || target.name(self.uuid).eq_ignore_ascii_case(wanted);
        Some((TARGETS.into_iter().filter(fits).collect(), Duration::from_secs(seconds)))
    }

    /// What is to be sent by now.
    pub fn handle_timeout(&mut self, now: Instant, rng: &mut dyn Rng) -> Vec<Datagram> {
        let mut out = Vec::new();
        if self.next.is_some_and(|next| now >= next) {
            for _ in 0..REPEATS {
                out.extend(TARGETS.map(|target| notify(&self.local, self.uuid, target, true)));
            }
            // Well before it is stale.
            let quarter = MAX_AGE.checked_div(4).unwrap_or_default();
            self.next = Some(now + quarter + below(quarter, rng));
        }
        let (local, uuid) = (self.local, self.uuid);
        out.extend(
            self.answers.iter().filter(|(at, ..)| now >= *at).map(|(_, to, target)| answer(&local, uuid, *target, *to)),
        );
        self.answers.retain(|(at, ..)| now < *at);
        out
    }

    /// When to call [`Advertiser::handle_timeout`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.answers.iter().map(|(at, ..)| *at).chain(self.next).min()
    }

    /// The farewell.
    #[must_use]
    pub fn stop(self) -> Vec<Datagram> {
        TARGETS.map(|target| notify(&self.local, self.uuid, target, false)).into()
    }
}

/// Somewhere below this time.
fn below(span: Duration, rng: &mut dyn Rng) -> Duration {
    let mut octets = [0; 2];
    rng.fill(&mut octets);
    let part = u32::from(u16::from_be_bytes(octets));
    span.checked_div(1 << 16).unwrap_or_default().saturating_mul(part)
}

/// A registrar's question for access points.
#[must_use]
pub fn search(seconds: u8) -> Datagram {
    let (host, mx) = (alloc::format!("{GROUP}"), alloc::format!("{}", seconds.max(1)));
    let headers = [("HOST", host.as_str()), ("MAN", "\"ssdp:discover\""), ("MX", &mx), ("ST", DEVICE)];
    Datagram { to: GROUP, octets: http::write("M-SEARCH * HTTP/1.1", &headers, None) }
}

/// What a registrar hears of an access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its name.
    pub uuid: Uuid,
    /// Where its description is: `None` if it has gone.
    pub place: Option<(SocketAddrV4, String)>,
    /// How long that is good for.
    pub age: Duration,
}

impl Heard {
    /// Reads an advertisement or an answer of an access point. A place other than the host that sent it is refused.
    #[must_use]
    pub fn parse(datagram: &[u8], from: SocketAddrV4) -> Option<Heard> {
        let message = read(datagram)?;
        let is_answer = message.status() == Ok(Status(200));
        if !is_answer && message.start != "NOTIFY * HTTP/1.1" {
            return None;
        }
        let kind = message.header(if is_answer { "st" } else { "nt" })?;
        if kind != DEVICE && kind != SERVICE {
            return None;
        }
        let unique = message.header("usn")?.strip_prefix("uuid:")?;
        let uuid = Uuid::parse(unique.split("::").next()?)?;
        if !is_answer && message.header("nts") == Some("ssdp:byebye") {
            return Some(Heard { uuid, place: None, age: Duration::ZERO });
        }
        let (host, path) = message.header("location")?.strip_prefix("http://")?.split_once('/')?;
        let port = |host: &str| host.parse().ok().map(|ip: Ipv4Addr| SocketAddrV4::new(ip, 80));
        let host =
            host.parse().ok().or_else(|| port(host)).filter(|host| host.ip() == from.ip() && host.port() != 0)?;
        let is_clean = path.len() <= 200 && path.bytes().all(|octet| octet.is_ascii_graphic());
        let said = message.header("cache-control").and_then(|value| value.trim().strip_prefix("max-age="));
        let age = said.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(MAX_AGE.as_secs());
        let age = Duration::from_secs(age).min(MAX_AGE.saturating_mul(48));
        is_clean.then(|| Heard { uuid, place: Some((host, alloc::format!("/{path}"))), age })
    }
}
