//! Association (IEEE Std 802.11-2020 11.3.5).

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::change::{Change, Level};
use crypto::{Pmk, Rng};
use ipc_proto::Request;
use rsn::pmksa::PmksaQuery;
use rsn::{Authenticator, Negotiated, PeerStation, Pmkid, Refusal, Rsnxe};
use wire::element::{Elements, WPA_SELECTOR, id};
use wire::frame::{AssocRequest, AssocResponse, Management, Subtype, auth_algorithm};
use wire::{Instant, MacAddr, ReasonCode, StatusCode};

use crate::bss::Bss;
use crate::keyring::Offered;
use crate::station::{AUTHENTICATED_LIFETIME, Abilities, SaeKey, Stage, Watch};

/// A request that was judged.
#[derive(Debug)]
struct Accepted {
    abilities: Abilities,
    security: Option<Security>,
}

#[derive(Debug)]
struct Security {
    negotiated: Negotiated,
    element: Vec<u8>,
    rsnxe: Option<Vec<u8>>,
    candidates: Offered,
    pmkid: Option<Pmkid>,
}

impl Bss {
    pub(crate) fn handle_assoc(
        &mut self,
        header: &Management<'_>,
        reassociation: bool,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let addr = header.source;
        let Ok(request) = AssocRequest::parse(header.body, reassociation) else {
            self.log(Level::Debug, format!("{addr}: malformed association request"));
            return;
        };
        if self.countermeasures.are_active(now) {
            self.refuse(addr, reassociation, StatusCode::REFUSED, now);
            return;
        }
        let authenticated = self.stations.get(&addr).is_some_and(|station| station.stage >= Stage::Authenticated);
        let cached = if authenticated { Ok(()) } else { self.admit_by_cached_key(addr, &request, now) };
        if cached == Err(StatusCode::INVALID_PMKID) && !self.stations.contains_key(&addr) {
            self.log_stranger(
                "stations named keys that are not cached",
                format!("{addr}: names no key that is cached for it"),
            );
            self.refuse(addr, reassociation, StatusCode::INVALID_PMKID, now);
            return;
        }
        if cached.is_err() {
            self.log_stranger(
                "stations wanted to associate without being authenticated",
                format!("{addr}: wants to associate without being authenticated"),
            );
            self.send(Subtype::DEAUTH, addr, |w| {
                w.u16_le(ReasonCode::CLASS2_FROM_NONAUTH.0);
            });
            return;
        }
        self.finish_parting(addr);
        let Some(station) = self.stations.get(&addr) else { return };
        // 11.3.5.3 h: the association with protected management frames stands until SA Query says otherwise.
        let protected = station.is_protected();
        let (algorithm, lost_keys) = (station.algorithm, station.lost_keys_until.is_some_and(|until| until > now));
        let judged = self.judge(addr, algorithm, &request, now);
        match judged {
            Ok(_) if protected && !lost_keys => {
                self.log_stranger(
                    "stations that are associated wanted to associate again",
                    format!("{addr}: is associated already; asking it by SA Query"),
                );
                self.begin_sa_query(addr, now, rng);
                self.refuse(addr, reassociation, StatusCode::ASSOC_TOO_SOON, now);
            }
            Ok(accepted) => self.associate(addr, reassociation, accepted, now),
            Err(refusal) => {
                self.log_stranger("associations were refused", format!("{addr}: association refused: {refusal}"));
                self.refuse(addr, reassociation, refusal.status, now);
            }
        }
    }

    /// Where open authentication leaves nothing behind, a station is authenticated once it names a key that is cached for
    /// it. One that names another is told so and runs SAE.
    fn admit_by_cached_key(
        &mut self,
        addr: MacAddr,
        request: &AssocRequest<'_>,
        now: Instant,
    ) -> Result<(), StatusCode> {
        if !self.serves_only_sae() || !self.config.profile.admission.open_authentication || !self.is_welcome(addr) {
            return Err(StatusCode::REFUSED);
        }
        self.judge(addr, auth_algorithm::OPEN, request, now).map_err(|refusal| refusal.status)?;
        self.station_entry(addr, now).ok_or(StatusCode::AP_FULL)?;
        self.admit(addr, auth_algorithm::OPEN, now);
        Ok(())
    }

    fn judge(
        &self,
        addr: MacAddr,
        algorithm: u16,
        request: &AssocRequest<'_>,
        now: Instant,
    ) -> Result<Accepted, Refusal> {
        let no = |status, why| Err(Refusal { status, why });
        let Ok(elements) = Elements::check(request.elements) else {
            return no(StatusCode::REFUSED, "malformed elements");
        };
        if elements.ssid() != Some(self.config.ssid()) {
            return no(StatusCode::REFUSED, "it asks for another network");
        }
        if request.listen_interval > self.config.profile.admission.listen_interval {
            return no(StatusCode(51), "its listen interval is too long");
        }
        let mut abilities = Abilities::read(elements, self.config.ht(), self.config.vht(), self.config.wmm());
        abilities.capability = request.capability;
        abilities.listen_interval = request.listen_interval;
        if abilities.rates.is_empty() {
            return no(StatusCode::REFUSED, "it knows no rates");
        }
        if self.config.ht() && self.config.radio.require_ht && abilities.ht.is_none() {
            return no(StatusCode::HT_REQUIRED, "it does not know HT");
        }
        if self.config.vht() && self.config.radio.require_vht && abilities.vht.is_none() {
            return no(StatusCode::VHT_REQUIRED, "it does not know VHT");
        }
        let security = self.judge_security(addr, algorithm, elements, now)?;
        Ok(Accepted { abilities, security })
    }

    fn judge_security(
        &self,
        addr: MacAddr,
        algorithm: u16,
        elements: Elements<'_>,
        now: Instant,
    ) -> Result<Option<Security>, Refusal> {
        let Some(policy) = &self.policy else { return Ok(None) };
        let rsn = policy.protocols.contains(&rsn::Protocol::Rsn).then(|| elements.find(id::RSN)).flatten();
        let wpa = policy.protocols.contains(&rsn::Protocol::Wpa).then(|| elements.find_vendor(WPA_SELECTOR)).flatten();
        let missing = Refusal { status: StatusCode::INVALID_ELEMENT, why: "no security element" };
        let element = rsn.or(wpa).ok_or(missing)?.whole.to_vec();
        let rsnxe = elements.find(id::RSNX).map(|element| element.whole.to_vec());
        let negotiated = policy.accept(&element, rsnxe.as_deref())?;
        let (candidates, pmkid) = if negotiated.akm.is_psk() {
            (self.keyring.offered_to(addr), None)
        } else {
            let (pmk, name) = self.sae_key_of(addr, algorithm, &negotiated, now)?;
            (Offered::only(pmk), Some(name))
        };
        if candidates.candidates().is_empty() {
            return Err(Refusal { status: StatusCode::REFUSED, why: "there is no key for this station" });
        }
        Ok(Some(Security { negotiated, element, rsnxe, candidates, pmkid }))
    }

    /// The key that SAE agreed on just now, or in an earlier association that the station names (12.6.10.3).
    fn sae_key_of(
        &self,
        addr: MacAddr,
        algorithm: u16,
        negotiated: &Negotiated,
        now: Instant,
    ) -> Result<(Pmk, Pmkid), Refusal> {
        let station = self.stations.get(&addr);
        let fresh = station.and_then(|station| station.sae_key.as_ref());
        let cached = negotiated.pmkids.iter().find_map(|name| {
            let query = PmksaQuery { network: &(), akm: negotiated.akm, peer: addr, pmkid: Some(*name) };
            self.pmksa.find(&query, now)
        });
        // Who is associated and comes with another key than that of this association has taken one that is cached.
        let stands = station.is_some_and(|station| station.stage == Stage::Associated);
        let another = |key: &SaeKey| stands && cached.is_some_and(|cached| cached.pmkid != key.pmkid);
        if algorithm == auth_algorithm::SAE
            && let Some(key) = fresh.filter(|key| !another(key))
        {
            // 12.4.4.2.3: who can do hash-to-element with us and did not was talked out of it.
            let could = self.config.sae_pwe().allows_h2e() && negotiated.rsnxe.has(Rsnxe::SAE_H2E);
            if could && !key.h2e {
                let why = "it knows hash-to-element but did not use it";
                return Err(Refusal { status: StatusCode::REFUSED, why });
            }
            if key.akm != negotiated.akm {
                return Err(Refusal { status: StatusCode::AKMP_INVALID, why: "SAE was run for another suite" });
            }
            return Ok((key.pmk.clone(), key.pmkid));
        }
        let cached = cached
            .ok_or(Refusal { status: StatusCode::INVALID_PMKID, why: "it did not run SAE and names no cached key" })?;
        Ok((cached.pmk.clone(), cached.pmkid))
    }

    /// 9.3.3.8: a response that refuses.
    fn refuse(&mut self, addr: MacAddr, reassociation: bool, status: StatusCode, now: Instant) {
        let mut body = Vec::new();
        if status == StatusCode::ASSOC_TOO_SOON {
            // 9.4.2.48: association comeback time in TUs.
            let left = self
                .stations
                .get(&addr)
                .and_then(|station| station.sa_query.as_ref())
                .map_or(1, |query| u32::try_from(query.end.since(now).as_micros() / 1024).unwrap_or(u32::MAX));
            body.extend([id::TIMEOUT_INTERVAL, 5, 3]);
            body.extend(left.max(1).to_le_bytes());
        }
        self.respond(addr, reassociation, status, 0, &body);
    }

    fn respond(&mut self, addr: MacAddr, reassociation: bool, status: StatusCode, aid: u16, more: &[u8]) {
        let (ht, vht, wmm) = self.stations.get(&addr).map_or((false, false, false), |station| {
            let abilities = &station.abilities;
            (abilities.ht.is_some(), abilities.vht.is_some(), abilities.wmm.is_some())
        });
        let good = status == StatusCode::SUCCESS;
        let builder = self.builder();
        let elements = builder.assoc_response(ht && good, vht && good, wmm && good).finish().unwrap_or_default();
        let capability = builder.capability();
        let subtype = if reassociation { Subtype::REASSOC_RESPONSE } else { Subtype::ASSOC_RESPONSE };
        self.send(subtype, addr, |w| {
            AssocResponse { capability, status, aid, elements: &elements }.write(w);
            w.put(more);
        });
    }

    fn associate(&mut self, addr: MacAddr, reassociation: bool, accepted: Accepted, now: Instant) {
        // What was before ends here, keys included: the new association starts from nothing (12.6.14).
        let before =
            self.stations.get(&addr).map(|station| (station.aid, station.in_kernel && !station.kernel_associated));
        let Some((aid, fresh_entry)) = before else { return };
        self.end_association(addr, now);
        let Some(aid) = Some(aid).filter(|aid| *aid != 0).or_else(|| self.stations.free_aid()) else {
            self.tell(Change::NoRoom(addr));
            self.log_full(addr);
            self.refuse(addr, reassociation, StatusCode::AP_FULL, now);
            return;
        };
        let limit = usize::try_from(self.config.profile.admission.most).unwrap_or(usize::MAX);
        if self.stations.tallies().members >= limit {
            self.tell(Change::NoRoom(addr));
            self.log_full(addr);
            self.refuse(addr, reassociation, StatusCode::AP_FULL, now);
            return;
        }
        if !fresh_entry {
            self.remove_from_kernel(addr);
        }
        let (authenticator, handle) = (self.authenticator.clone(), self.config.handle);
        let Some(station) = self.stations.get_mut(&addr) else { return };
        station.aid = aid;
        station.stage = Stage::Associating;
        station.abilities = accepted.abilities;
        station.expires = Some(now + AUTHENTICATED_LIFETIME);
        if let (Some(security), Some(authenticator)) = (accepted.security, authenticator) {
            let peer = PeerStation {
                addr,
                negotiated: security.negotiated.clone(),
                element: security.element,
                rsnxe: security.rsnxe,
            };
            station.negotiated = Some(security.negotiated);
            let pmks = security.candidates.candidates();
            station.candidates = Some(security.candidates);
            let authenticator: Arc<rsn::AuthenticatorConfig> = authenticator;
            station.handshake = Some(Authenticator::new(authenticator, peer, pmks, security.pmkid));
        }
        let parameters = station.parameters();
        station.in_kernel = true;
        station.kernel_associated = true;
        let request = if fresh_entry {
            Request::ChangeStation { handle, station: parameters }
        } else {
            Request::AddStation { handle, station: parameters }
        };
        self.request_entry(addr, request);
        self.update_protection();
        self.respond(addr, reassociation, StatusCode::SUCCESS, aid, &[]);
    }

    /// A frame of ours went out, or did not.
    pub(crate) fn handle_sent(&mut self, bytes: &[u8], acked: bool, now: Instant, rng: &mut dyn Rng) {
        let Ok(header) = Management::parse(bytes) else { return };
        if matches!(header.subtype(), Subtype::DEAUTH | Subtype::DISASSOC) {
            self.handle_farewell_sent(header.destination);
            return;
        }
        if !matches!(header.subtype(), Subtype::ASSOC_RESPONSE | Subtype::REASSOC_RESPONSE) {
            return;
        }
        let addr = header.destination;
        let success = AssocResponse::parse(header.body).is_ok_and(|response| response.status == StatusCode::SUCCESS);
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if !success || station.stage != Stage::Associating {
            return;
        }
        if !acked {
            self.log_stranger(
                "association responses were not acknowledged",
                format!("{addr}: did not acknowledge the association response"),
            );
            self.end_association(addr, now);
            self.remove_from_kernel(addr);
            return;
        }
        let aid = station.aid;
        station.stage = Stage::Associated;
        station.expires = None;
        let inactivity = self.config.profile.care.inactivity;
        if inactivity > 0 && !self.config.wiphy.features.inactivity_timer {
            station.watch = Some(Watch::Look(now + core::time::Duration::from_secs(u64::from(inactivity))));
        }
        self.log_stranger("stations associated", format!("{addr}: associated (aid {aid})"));
        let ids = self.fresh_password_ids(addr, now, rng);
        let Some(station) = self.stations.get_mut(&addr) else { return };
        match &mut station.handshake {
            Some(handshake) => {
                handshake.set_password_ids(ids);
                handshake.start(now, rng);
                self.drain_handshake(addr, now);
            }
            None => self.authorize(addr, now),
        }
    }
}
