//! Commits and confirms, and two sides of an exchange with an attacker between them.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crypto::testing::TestRng;
use sae::{
    CommitOutcome, Config, ConfirmOutcome, Group, Method, ParsedCommit, Password, PtSet, SaeAkm, SaeError, Session,
};
use wire::element::id_ext;
use wire::{MacAddr, StatusCode, Writer};

const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xaa]);
const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

static PASSWORD: LazyLock<Password> = LazyLock::new(|| Password::new(b"correct horse", None));
static PT: LazyLock<PtSet> = LazyLock::new(|| PtSet::derive(b"fuzz", &PASSWORD, &[Group::P256]));

fn session(own: MacAddr, peer: MacAddr, rng: &mut TestRng) -> Option<Session> {
    let config = Config {
        own,
        peer,
        group: Group::P256,
        method: Method::HashToElement,
        password: &PASSWORD,
        pt: Some(&PT),
        akm: SaeAkm::Sae,
        rejected_groups: &[],
        supported_groups: &[Group::P256],
    };
    Session::start(&config, rng).ok()
}

/// A commit as it must have looked, elements in the standard's order and without those that are passed over.
fn written(commit: &ParsedCommit<'_>, method: Method) -> Option<Vec<u8>> {
    let mut writer = Writer::new();
    writer.u16_le(commit.group.number());
    if let (Method::HuntAndPeck, Some(token)) = (method, commit.token) {
        writer.put(token);
    }
    writer.put(commit.scalar).put(commit.element);
    if let Some(identifier) = commit.password_id {
        writer.extension_element(id_ext::PASSWORD_IDENTIFIER, |w| {
            w.put(identifier);
        });
    }
    if let Some(groups) = &commit.rejected_groups {
        writer.extension_element(id_ext::REJECTED_GROUPS, |w| {
            for group in groups {
                w.u16_le(*group);
            }
        });
    }
    if let (Method::HashToElement, Some(token)) = (method, commit.token) {
        writer.extension_element(id_ext::ANTI_CLOGGING_TOKEN, |w| {
            w.put(token);
        });
    }
    if let Some(suite) = commit.akm_suite {
        writer.extension_element(id_ext::AKM_SUITE_SELECTOR, |w| {
            w.put(&suite);
        });
    }
    writer.finish().ok()
}

/// Commits, token requests and refusals, as they come before anything is known of the sender.
pub(crate) fn commit(data: &[u8]) {
    let mut deep = false;
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let Ok(parsed) = sae::parse_commit(data, method) else { continue };
        deep = true;
        let Some(again) = written(&parsed, method) else { continue };
        assert_eq!(
            sae::parse_commit(&again, method).as_ref(),
            Ok(&parsed),
            "a commit changes when it is written again"
        );
    }
    // A session costs a multiplication, so only what looks like something gets one.
    if !deep && data.len() > 64 {
        return;
    }
    let Some(mut session) = session(STA, AP, &mut TestRng::new(1)) else { return };
    for status in [76, 77, 126, 0, 1] {
        let _ = session.handle_commit(StatusCode(status), data);
    }
    let _ = session.handle_confirm(data);
}

/// What comes to who has committed and does not know the sender: no confirm made without the password is accepted.
pub(crate) fn confirm(data: &[u8]) {
    let mut rng = TestRng::new(1);
    let (Some(mut station), Some(mut access_point)) = (session(STA, AP, &mut rng), session(AP, STA, &mut rng)) else {
        return;
    };
    let refused = station.handle_confirm(data);
    assert_eq!(refused, Err(SaeError::ConfirmBeforeCommit));
    let commit = access_point.commit_body(None);
    assert_eq!(station.handle_commit(access_point.commit_status(), &commit), Ok(CommitOutcome::Accepted));
    assert!(station.handle_confirm(data).is_err(), "a confirm was accepted that nobody made");
    // The right one is accepted once, and what it leads to is there for whatever else comes.
    let commit = station.commit_body(None);
    assert_eq!(access_point.handle_commit(station.commit_status(), &commit), Ok(CommitOutcome::Accepted));
    let Ok(good) = access_point.confirm_body() else { return };
    assert_eq!(station.handle_confirm(&good), Ok(ConfirmOutcome::Accepted));
    let pmk = station.pmk();
    assert_ne!(station.handle_confirm(data), Ok(ConfirmOutcome::Accepted), "a confirm was accepted twice");
    assert_eq!(station.handle_confirm(&good), Ok(ConfirmOutcome::Ignored));
    assert!(pmk.is_some() && pmk == station.pmk(), "the key changed");
}

struct Flight {
    to_station: bool,
    transaction: u16,
    body: Vec<u8>,
}

struct Air {
    station: Session,
    access_point: Session,
    flying: VecDeque<Flight>,
}

impl Air {
    fn send(&mut self, to_station: bool, transaction: u16, body: Vec<u8>) {
        self.flying.push_back(Flight { to_station, transaction, body });
    }

    fn commit_of(&mut self, station: bool) {
        let body = if station { self.station.commit_body(None) } else { self.access_point.commit_body(None) };
        self.send(!station, 1, body);
    }

    fn confirm_of(&mut self, station: bool) {
        let side = if station { &mut self.station } else { &mut self.access_point };
        if let Ok(body) = side.confirm_body() {
            self.send(!station, 2, body);
        }
    }

    fn deliver(&mut self, flight: &Flight) {
        let station = flight.to_station;
        let side = if station { &mut self.station } else { &mut self.access_point };
        if flight.transaction == 1 {
            match side.handle_commit(StatusCode::SAE_HASH_TO_ELEMENT, &flight.body) {
                Ok(CommitOutcome::Accepted) if station => self.confirm_of(true),
                Ok(CommitOutcome::Accepted) => self.commit_of(false),
                Ok(CommitOutcome::Repeated) => {
                    self.commit_of(station);
                    self.confirm_of(station);
                }
                Ok(_) | Err(_) => {}
            }
        } else {
            match side.handle_confirm(&flight.body) {
                Ok(ConfirmOutcome::Accepted) if station => {}
                Ok(ConfirmOutcome::Accepted | ConfirmOutcome::Again) => self.confirm_of(station),
                Ok(_) | Err(_) => {}
            }
        }
    }
}

/// Both sides of an exchange; octets of the input say what happens to the next frame.
pub(crate) fn exchange(data: &[u8]) {
    let _ = play(data);
}

/// Whether both sides accepted.
fn play(data: &[u8]) -> bool {
    let mut rng = TestRng::new(data.len() as u64);
    let (Some(station), Some(access_point)) = (session(STA, AP, &mut rng), session(AP, STA, &mut rng)) else {
        return false;
    };
    let mut air = Air { station, access_point, flying: VecDeque::new() };
    let mut past: Vec<Flight> = Vec::new();
    air.commit_of(true);
    let mut data = data;
    // Each commit that arrives costs multiplications: an input says enough with so many octets.
    for _ in 0..64 {
        let Some((action, rest)) = data.split_first() else { break };
        data = rest;
        let choice = usize::from(action >> 3);
        let flight = match action % 8 {
            0..=2 => air.flying.pop_front(),
            // Lost.
            3 => {
                air.flying.pop_front();
                None
            }
            // One of the past arrives again, or comes back to who sent it.
            4 | 5 => past.get(choice % past.len().max(1)).map(|old| Flight {
                to_station: old.to_station ^ (action % 8 == 5),
                transaction: old.transaction,
                body: old.body.clone(),
            }),
            // The next one is altered on its way.
            6 => air.flying.pop_front().map(|mut flight| {
                let (place, rest) = data.split_first().unwrap_or((&0, &[]));
                data = rest;
                if let Some(octet) = flight.body.get_mut(usize::from(*place)) {
                    *octet ^= 1 << (choice % 8);
                }
                flight
            }),
            // A forged one.
            _ => {
                let (body, rest) = data.split_at(data.len().min(choice * 4));
                data = rest;
                Some(Flight {
                    to_station: action & 8 != 0,
                    transaction: 1 + u16::from(action & 16 != 0),
                    body: body.to_vec(),
                })
            }
        };
        if let Some(flight) = flight {
            air.deliver(&flight);
            past.push(flight);
        }
        if let (Some(here), Some(there)) = (air.station.pmk(), air.access_point.pmk()) {
            assert!(here == there, "both sides accepted, with different keys");
            assert_eq!(air.station.pmkid(), air.access_point.pmkid(), "both sides accepted, with different names");
        }
    }
    air.station.pmk().is_some() && air.access_point.pmk().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The target would prove nothing if no input got to the end.
    #[test]
    fn an_exchange_left_alone_is_accepted() {
        assert!(play(&[0; 8]));
        assert!(!play(&[0, 0, 3]));
    }
}
