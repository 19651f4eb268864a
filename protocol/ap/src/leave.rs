//! Stations leave, or are sent away (IEEE Std 802.11-2020 11.3.4.4, 11.3.5.6); SA Query (11.13).

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use crate::change::Level;
use crypto::Rng;
use ipc_proto::{Request, StationFlags};
use wire::frame::{Action, Management, Subtype, category, parse_reason};
use wire::{Instant, MacAddr, ReasonCode};

use crate::bss::{Bss, Tag};
use crate::station::{AUTHENTICATED_LIFETIME, SaQuery, Stage};

/// SA Query actions (9.6.9).
const SA_QUERY_REQUEST: u8 = 0;
const SA_QUERY_RESPONSE: u8 = 1;

/// A station that did not answer SA Query has this long to associate anew: the comeback time it was told, a scan, SAE.
const LOST_KEYS: Duration = Duration::from_secs(10);
/// A frame that sends a station away may wait this long for the station to wake.
const PARTING: Duration = Duration::from_secs(2);

impl Bss {
    /// The station deauthenticates. With protected management frames the kernel lets through what was protected only.
    pub(crate) fn handle_deauth(&mut self, header: &Management<'_>, now: Instant) {
        let addr = header.source;
        let Ok(reason) = parse_reason(header.body) else { return };
        if !self.stations.contains_key(&addr) {
            return;
        }
        self.log_stranger(
            "stations deauthenticated themselves",
            format!("{addr}: deauthenticated itself, reason {}", reason.0),
        );
        self.end_association(addr, now);
        self.remove_from_kernel(addr);
        self.stations.remove(&addr);
    }

    pub(crate) fn handle_disassoc(&mut self, header: &Management<'_>, now: Instant) {
        let addr = header.source;
        let Ok(reason) = parse_reason(header.body) else { return };
        let Some(station) = self.stations.get(&addr) else { return };
        if station.stage < Stage::Associating {
            return;
        }
        self.log_stranger(
            "stations disassociated themselves",
            format!("{addr}: disassociated itself, reason {}", reason.0),
        );
        self.part(addr, now);
    }

    /// The association ends, the authentication stays for a while.
    fn part(&mut self, addr: MacAddr, now: Instant) {
        self.end_association(addr, now);
        self.remove_from_kernel(addr);
        if let Some(station) = self.stations.get_mut(&addr) {
            station.expires = Some(now + AUTHENTICATED_LIFETIME);
        }
    }

    /// Sends a station away for good. A broadcast address means all of them.
    pub fn deauthenticate(&mut self, addr: MacAddr, reason: ReasonCode, now: Instant) {
        self.send_away(addr, Some(reason), now);
    }

    /// Forgets a station without telling it.
    pub fn forget(&mut self, addr: MacAddr, now: Instant) {
        self.send_away(addr, None, now);
    }

    fn send_away(&mut self, addr: MacAddr, reason: Option<ReasonCode>, now: Instant) {
        if let Some(reason) = reason {
            self.farewell(Subtype::DEAUTH, addr, reason);
        }
        for addr in self.those(addr) {
            self.log_farewell(addr, "deauthenticated", reason);
            self.end_association(addr, now);
            let told = reason.is_some();
            match self.stations.get_mut(&addr) {
                Some(station) if told && station.in_kernel => {
                    station.stage = Stage::Unknown;
                    self.begin_parting(addr, now);
                }
                Some(_) | None => {
                    self.remove_from_kernel(addr);
                    self.stations.remove(&addr);
                }
            }
        }
    }

    /// Ends the association of a station, or of all with a broadcast address.
    pub fn disassociate(&mut self, addr: MacAddr, reason: Option<ReasonCode>, now: Instant) {
        if let Some(reason) = reason {
            self.farewell(Subtype::DISASSOC, addr, reason);
        }
        for addr in self.those(addr) {
            self.log_farewell(addr, "disassociated", reason);
            if reason.is_none() {
                self.part(addr, now);
                continue;
            }
            self.end_association(addr, now);
            if let Some(station) = self.stations.get_mut(&addr) {
                station.expires = Some(now + AUTHENTICATED_LIFETIME);
            }
            self.begin_parting(addr, now);
        }
    }

    fn farewell(&mut self, subtype: Subtype, addr: MacAddr, reason: ReasonCode) {
        self.send(subtype, addr, |w| {
            w.u16_le(reason.0);
        });
    }

    fn log_farewell(&mut self, addr: MacAddr, how: &str, reason: Option<ReasonCode>) {
        if self.stations.get(&addr).is_some_and(|station| station.stage >= Stage::Associating) {
            let why = reason.map_or_else(|| "without being told".into(), |reason| format!("reason {}", reason.0));
            self.log_stranger("stations were sent away", format!("{addr}: {how} by us, {why}"));
        }
    }

    /// The frame that tells a station to go needs its entry in the kernel until it has left: for the key that protects
    /// it (12.11.2.8), and for the buffer in which it waits while the station sleeps. The port closes at once.
    fn begin_parting(&mut self, addr: MacAddr, now: Instant) {
        let handle = self.config.handle;
        let Some(station) = self.stations.get_mut(&addr).filter(|station| station.in_kernel) else { return };
        station.parting = Some(now + PARTING);
        let flags = StationFlags { authorized: Some(false), ..StationFlags::default() };
        self.request(Tag::Plain("closing a port"), Request::SetStationFlags { handle, addr, flags });
    }

    /// A frame that sends somebody away has left, whether it was heard or not.
    pub(crate) fn handle_farewell_sent(&mut self, addr: MacAddr) {
        for addr in self.those(addr) {
            self.finish_parting(addr);
        }
    }

    pub(crate) fn parting_timeout(&mut self, addr: MacAddr, now: Instant) {
        if self.stations.get(&addr).and_then(|station| station.parting).is_some_and(|at| at <= now) {
            self.finish_parting(addr);
        }
    }

    pub(crate) fn finish_parting(&mut self, addr: MacAddr) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if station.parting.take().is_none() {
            return;
        }
        let forgotten = station.stage == Stage::Unknown;
        self.remove_from_kernel(addr);
        if forgotten {
            self.stations.remove(&addr);
        }
    }

    fn those(&self, addr: MacAddr) -> Vec<MacAddr> {
        if addr.is_broadcast() { self.stations.keys().copied().collect() } else { [addr].into() }
    }

    /// A station that never came further, or whose association is over, is forgotten.
    pub(crate) fn expiry(&mut self, addr: MacAddr, now: Instant) {
        let Some(station) = self.stations.get(&addr) else { return };
        if station.expires.is_none_or(|at| at > now) {
            return;
        }
        if station.stage == Stage::Unknown {
            self.forget(addr, now);
        } else {
            self.log(Level::Debug, format!("{addr}: authenticated, but not associated in time"));
            self.deauthenticate(addr, ReasonCode::PREV_AUTH_NOT_VALID, now);
        }
    }

    pub(crate) fn handle_action(&mut self, header: &Management<'_>, now: Instant) {
        let addr = header.source;
        let Ok(action) = Action::parse(header.body) else { return };
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if action.category != category::SA_QUERY || station.stage < Stage::Associated {
            return;
        }
        if station.is_protected() {
            // The kernel lets through what was protected only: it has its keys.
            station.lost_keys_until = None;
        }
        match action.details {
            [SA_QUERY_REQUEST, first, second, ..] => {
                let answer = [category::SA_QUERY, SA_QUERY_RESPONSE, *first, *second];
                self.send(Subtype::ACTION, addr, |w| {
                    w.put(&answer);
                });
            }
            [SA_QUERY_RESPONSE, first, second, ..] => self.sa_query_answered(addr, [*first, *second], now),
            _ => {}
        }
    }

    fn sa_query_answered(&mut self, addr: MacAddr, transaction: [u8; 2], _now: Instant) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let fits = station.sa_query.as_ref().is_some_and(|query| query.transactions.contains(&transaction));
        if fits {
            station.sa_query = None;
            station.lost_keys_until = None;
            self.log(Level::Debug, format!("{addr}: answered SA Query, its association stands"));
        }
    }

    /// Asks an associated station whether it still has its keys.
    pub fn begin_sa_query(&mut self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) {
        let end = now + time_units(self.config.profile.care.sa_query_max);
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if station.sa_query.is_some() {
            return;
        }
        station.sa_query = Some(SaQuery { transactions: Vec::new(), next: now, end });
        self.send_sa_query(addr, now, rng);
    }

    fn send_sa_query(&mut self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) {
        let retry = time_units(self.config.profile.care.sa_query_retry.max(1));
        let mut transaction = [0; 2];
        rng.fill(&mut transaction);
        let Some(query) = self.stations.get_mut(&addr).and_then(|station| station.sa_query.as_mut()) else { return };
        query.transactions.push(transaction);
        query.next = now + retry;
        let [first, second] = transaction;
        self.send(Subtype::ACTION, addr, |w| {
            w.put(&[category::SA_QUERY, SA_QUERY_REQUEST, first, second]);
        });
    }

    pub(crate) fn sa_query_timeout(&mut self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(query) = &station.sa_query else { return };
        if query.end <= now {
            station.sa_query = None;
            station.lost_keys_until = Some(now + LOST_KEYS);
            self.log_stranger(
                "stations did not answer SA Query",
                format!("{addr}: no answer to SA Query; its next association is accepted"),
            );
        } else if query.next <= now {
            self.send_sa_query(addr, now, rng);
        }
    }
}

/// Time units of 1024 microseconds.
pub(crate) fn time_units(number: u32) -> Duration {
    Duration::from_micros(u64::from(number) * 1024)
}
