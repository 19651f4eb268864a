//! Services of this device, and what is answered about them.

use alloc::string::String;
use alloc::vec::Vec;
use wire::{Reader, Writer};

use super::tlv::{Query, Response, ServiceProtocol, ServiceStatus, read_queries};

/// A UPnP service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpService {
    /// 0x10 for version 1.0.
    pub version: u8,
    /// Its unique service name.
    pub name: String,
}

/// A Bonjour service: what is asked (name, type and version, as in the query TLV), and what is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BonjourService {
    query: Vec<u8>,
    answer: Vec<u8>,
}

/// The services of this device.
#[derive(Clone, Debug, Default)]
pub struct Local {
    bonjour: Vec<BonjourService>,
    upnp: Vec<UpnpService>,
    update_indicator: u16,
}

impl Local {
    /// Another number after each change (3.1.3.2).
    #[must_use]
    pub const fn update_indicator(&self) -> u16 {
        self.update_indicator
    }

    /// Services have changed, of an external program for example.
    pub const fn changed(&mut self) {
        self.update_indicator = self.update_indicator.wrapping_add(1);
    }

    /// Adds a Bonjour service, in place of one with the same query.
    pub fn add_bonjour(&mut self, query: Vec<u8>, answer: Vec<u8>) {
        self.bonjour.retain(|known| known.query != query);
        self.bonjour.push(BonjourService { query, answer });
        self.changed();
    }

    /// Removes a Bonjour service; false if there is none with this query.
    pub fn remove_bonjour(&mut self, query: &[u8]) -> bool {
        let before = self.bonjour.len();
        self.bonjour.retain(|known| known.query != query);
        let removed = self.bonjour.len() != before;
        if removed {
            self.changed();
        }
        removed
    }

    /// Adds a UPnP service; one that is there already stays as it is.
    pub fn add_upnp(&mut self, service: UpnpService) {
        if !self.upnp.contains(&service) {
            self.upnp.push(service);
            self.changed();
        }
    }

    /// Removes a UPnP service; false if there is none like it.
    pub fn remove_upnp(&mut self, service: &UpnpService) -> bool {
        let before = self.upnp.len();
        self.upnp.retain(|known| known != service);
        let removed = self.upnp.len() != before;
        if removed {
            self.changed();
        }
        removed
    }

    /// Removes all.
    pub fn flush(&mut self) {
        self.bonjour.clear();
        self.upnp.clear();
        self.changed();
    }

    /// What is answered to query TLVs. Those that cannot be read are a bad request.
    pub(crate) fn answer(&self, queries: &[u8], display: Option<&[u8]>) -> Vec<Response> {
        let Ok(queries) = read_queries(queries) else {
            let (protocol, status) = (ServiceProtocol::ALL, ServiceStatus::BAD_REQUEST);
            return Vec::from([Response { protocol, transaction: 0, status, data: Vec::new() }]);
        };
        let mut responses = Vec::new();
        for query in &queries {
            match query.protocol {
                ServiceProtocol::ALL => self.all(query, display, &mut responses),
                ServiceProtocol::BONJOUR => self.bonjour(query, &mut responses),
                ServiceProtocol::UPNP => self.upnp(query, &mut responses),
                ServiceProtocol::WIFI_DISPLAY => display_answer(query, display, &mut responses),
                _ => say(query, ServiceStatus::PROTOCOL_NOT_AVAILABLE, Vec::new(), &mut responses),
            }
        }
        responses
    }

    fn all(&self, query: &Query, display: Option<&[u8]>, responses: &mut Vec<Response>) {
        let of = |protocol| Query { protocol, data: Vec::new(), ..query.clone() };
        if self.bonjour.is_empty() && self.upnp.is_empty() && display.is_none() {
            say(query, ServiceStatus::PROTOCOL_NOT_AVAILABLE, Vec::new(), responses);
        }
        if !self.bonjour.is_empty() {
            self.bonjour(&of(ServiceProtocol::BONJOUR), responses);
        }
        if !self.upnp.is_empty() {
            self.upnp(&of(ServiceProtocol::UPNP), responses);
        }
        if let Some(display) = display {
            say(&of(ServiceProtocol::WIFI_DISPLAY), ServiceStatus::SUCCESS, display.to_vec(), responses);
        }
    }

    fn bonjour(&self, query: &Query, responses: &mut Vec<Response>) {
        if self.bonjour.is_empty() {
            say(query, ServiceStatus::PROTOCOL_NOT_AVAILABLE, query.data.clone(), responses);
            return;
        }
        // Names of DNS are the same in capitals (RFC 1035 2.3.3).
        let asked = |known: &&BonjourService| query.data.is_empty() || known.query.eq_ignore_ascii_case(&query.data);
        let mut found = self.bonjour.iter().filter(asked).peekable();
        if found.peek().is_none() {
            say(query, ServiceStatus::INFORMATION_NOT_AVAILABLE, query.data.clone(), responses);
        }
        for known in found {
            say(query, ServiceStatus::SUCCESS, [&known.query[..], &known.answer].concat(), responses);
        }
    }

    fn upnp(&self, query: &Query, responses: &mut Vec<Response>) {
        if self.upnp.is_empty() {
            say(query, ServiceStatus::PROTOCOL_NOT_AVAILABLE, query.data.clone(), responses);
            return;
        }
        let (version, wanted) = match query.data.as_slice() {
            [] => (None, &b"ssdp:all"[..]),
            [version, wanted @ ..] => (Some(*version), wanted),
        };
        let asked = |known: &&UpnpService| {
            version.is_none_or(|version| known.version == version)
                && (wanted == b"ssdp:all" || contains(known.name.as_bytes(), wanted))
        };
        let mut found = self.upnp.iter().filter(asked).peekable();
        let Some(first) = found.peek() else {
            say(query, ServiceStatus::INFORMATION_NOT_AVAILABLE, query.data.clone(), responses);
            return;
        };
        // Annex E.3: the version, then all names, with commas between.
        let mut data = Vec::from([first.version]);
        let version = first.version;
        for (count, known) in found.filter(|known| known.version == version).enumerate() {
            if count > 0 {
                data.push(b',');
            }
            data.extend_from_slice(known.name.as_bytes());
        }
        say(query, ServiceStatus::SUCCESS, data, responses);
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    !wanted.is_empty() && text.windows(wanted.len()).any(|window| window == wanted)
}

fn say(query: &Query, status: ServiceStatus, data: Vec<u8>, responses: &mut Vec<Response>) {
    responses.push(Response { protocol: query.protocol, transaction: query.transaction, status, data });
}

/// Wi-Fi Display: which kinds of device are meant, then which subelements are wanted.
fn display_answer(query: &Query, display: Option<&[u8]>, responses: &mut Vec<Response>) {
    let Some(display) = display else {
        say(query, ServiceStatus::PROTOCOL_NOT_AVAILABLE, Vec::new(), responses);
        return;
    };
    let [kinds, wanted @ ..] = query.data.as_slice() else {
        say(query, ServiceStatus::BAD_REQUEST, Vec::new(), responses);
        return;
    };
    let mut found = Writer::new();
    let mut meant = false;
    let mut reader = Reader::new(display);
    while let (Ok(id), Ok(length)) = (reader.u8("subelement"), reader.u16_be("subelement length")) {
        let Ok(body) = reader.take(usize::from(length), "subelement length") else { break };
        if id == 0 {
            // Device information: the two lowest bits say which kind it is.
            meant = body.get(1).is_some_and(|information| kinds & (1 << (information & 3)) != 0);
        }
        if wanted.contains(&id) {
            found.u8(id).u16_be(length).put(body);
        }
    }
    let data = found.finish().unwrap_or_default();
    let status = match meant && !data.is_empty() {
        true => ServiceStatus::SUCCESS,
        false => ServiceStatus::INFORMATION_NOT_AVAILABLE,
    };
    say(query, status, if meant { data } else { Vec::new() }, responses);
}
