//! SAE on the access point's side (IEEE Std 802.11-2020 12.4): which password, when a token is demanded, repetitions.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use conf::KeyMgmt;
use conf::ap::Psk;
use crypto::Rng;
use ctrl::{ApEvent, Level};
use rsn::{AkmSuite, Pmkid, PmksaCache, PmksaEntry, Rsnxe, SaePwe};
use sae::{
    AntiClogging, CommitOutcome, Config, ConfirmOutcome, Group, Method, Password, PtSet, SaeAkm, SaeError, Session,
    State,
};
use wire::frame::{Authentication, auth_algorithm};
use wire::{Instant, MacAddr, StatusCode};

use crate::BssConfig;
use crate::bss::Bss;
use crate::password_ids::PasswordIds;
use crate::sae_tracking::Tracking;
use crate::station::{SaeKey, Stage, Station};

/// Wait for the station's answer before ours is sent again (dot11RSNASAERetransPeriod as the originals have it).
const RETRANSMIT: Duration = Duration::from_millis(1000);
/// Wrong confirms that one exchange survives: an attacker's must not end it, but it is no oracle either.
const MISMATCHES: u8 = 3;

const COMMIT: u16 = 1;
const CONFIRM: u16 = 2;

/// What all stations of a BSS share.
#[derive(Debug)]
pub(crate) struct SaeSide {
    offered: bool,
    pwe: SaePwe,
    /// What is offered; the first is meant by a commit that names none.
    akms: Vec<SaeAkm>,
    groups: Vec<Group>,
    secrets: Vec<Entry>,
    tracking: Tracking,
    ids: Option<PasswordIds>,
    tokens: AntiClogging,
    threshold: usize,
    sync: u16,
    confirm_immediate: bool,
    /// Commits handled since the token's secret last changed.
    handled: u32,
}

#[derive(Debug)]
struct Entry {
    password: Password,
    points: PtSet,
    peer: Option<MacAddr>,
}

/// One station's exchange.
#[derive(Debug)]
pub(crate) struct SaeExchange {
    session: Session,
    akm: SaeAkm,
    password: Password,
    /// The counter of the name that the password's identifier went by.
    counter: u32,
    rejected: Vec<u16>,
    deadline: Option<Instant>,
    repeats: u16,
    mismatches: u8,
}

impl SaeExchange {
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn is_open(&self) -> bool {
        self.session.state() != State::Accepted
    }
}

impl SaeSide {
    pub(crate) fn new(config: &BssConfig, rng: &mut dyn Rng) -> SaeSide {
        let bss = &config.bss;
        let methods = bss.key_mgmt();
        let offered = bss.is_protected() && methods.intersects(KeyMgmt::SAE.union(KeyMgmt::SAE_EXT_KEY));
        // A list of groups of which none exists here offers none: that is what was asked for.
        let named = Some(bss.sae_groups()).filter(|groups| !groups.is_empty());
        let groups = named.unwrap_or_else(|| [19, 20, 21].into());
        let groups: Vec<Group> = groups.into_iter().filter_map(Group::from_number).collect();
        let pwe = config.sae_pwe();
        let ssid = config.ssid();
        let mut secrets = Vec::new();
        if offered {
            let mut add = |password: &[u8], id: Option<&[u8]>, peer: Option<MacAddr>| {
                let password = Password::new(password, id);
                let used: &[Group] = if pwe.allows_h2e() { &groups } else { &[] };
                let points = PtSet::derive(ssid.as_bytes(), &password, used);
                secrets.push(Entry { password, points, peer });
            };
            for entry in bss.sae_passwords().chain(&config.lists.sae_passwords) {
                let peer = entry.peer.filter(|peer| !peer.is_broadcast() && !peer.is_zero());
                add(entry.password.as_bytes(), entry.id.as_deref(), peer);
            }
            if let Some(Psk::Passphrase(passphrase)) = bss.psk()
                && !bss.values().flag(conf::ap::BssKey::sae_password_psk)
            {
                add(passphrase.as_bytes(), None, None);
            }
        }
        SaeSide {
            offered,
            pwe,
            akms: [(KeyMgmt::SAE, SaeAkm::Sae), (KeyMgmt::SAE_EXT_KEY, SaeAkm::SaeExtKey)]
                .into_iter()
                .filter_map(|(method, akm)| methods.contains(method).then_some(akm))
                .collect(),
            groups,
            secrets,
            tracking: Tracking::new(usize::try_from(bss.sae_track_password()).unwrap_or(0)),
            ids: PasswordIds::of(bss),
            tokens: AntiClogging::new(rng),
            threshold: usize::try_from(bss.sae_anti_clogging_threshold()).unwrap_or(usize::MAX),
            sync: u16::try_from(bss.sae_sync()).unwrap_or(u16::MAX),
            confirm_immediate: bss.sae_confirm_immediate() != 0,
            handled: 0,
        }
    }

    pub(crate) const fn is_offered(&self) -> bool {
        self.offered
    }

    fn allows(&self, method: Method) -> bool {
        match method {
            Method::HuntAndPeck => self.pwe.allows_hunting() && self.akms.contains(&SaeAkm::Sae),
            Method::HashToElement => self.pwe.allows_h2e(),
        }
    }

    /// Whether a password still opens the network to a station.
    pub(crate) fn knows(&self, password: &Password, peer: MacAddr) -> bool {
        self.secrets.iter().any(|entry| entry.password == *password && entry.peer.is_none_or(|only| only == peer))
    }

    /// Whether every password of an earlier side is one of this too.
    pub(crate) fn includes(&self, earlier: &SaeSide) -> bool {
        let same = |one: &Entry, other: &Entry| one.password == other.password && one.peer == other.peer;
        earlier.secrets.iter().all(|old| self.secrets.iter().any(|new| same(old, new)))
    }

    /// The password to run with a station. One for that station alone goes before those for all.
    fn secret(&self, peer: MacAddr, identifier: Option<&[u8]>) -> Option<&Entry> {
        let fitting = || {
            let named = self.secrets.iter().filter(move |entry| entry.password.identifier() == identifier);
            named.filter(move |entry| entry.peer.is_none_or(|only| only == peer))
        };
        if identifier.is_some() || !self.tracking.is_on() || fitting().any(|entry| entry.peer.is_some()) {
            return fitting().next();
        }
        let place = self.tracking.choose(peer, fitting().map(|entry| &entry.password));
        fitting().nth(place)
    }

    /// The password whose identifier goes by a name of our making, with that name and its counter.
    fn renamed(&self, peer: MacAddr, name: Option<&[u8]>) -> Option<(&Entry, (Vec<u8>, u32))> {
        let name = name?;
        let (identifier, counter) = self.ids.as_ref()?.read(name)?;
        Some((self.secret(peer, Some(&identifier))?, (name.to_vec(), counter)))
    }

    /// The passwords that are tried one after the other.
    fn nameless(&self) -> impl Iterator<Item = &Password> {
        let nameless = self.secrets.iter().filter(|entry| entry.peer.is_none());
        nameless.map(|entry| &entry.password).filter(|password| password.identifier().is_none())
    }

    /// A confirm shows that the station has another password. True if there is another to try.
    fn try_another(&mut self, peer: MacAddr, failed: &Password) -> bool {
        if !self.tracking.is_on() || !self.nameless().any(|password| password == failed) {
            return false;
        }
        let nameless: Vec<Password> = self.nameless().cloned().collect();
        self.tracking.failed(peer, failed, nameless.iter())
    }

    /// A confirm that comes at once would show the station that another password is being tried.
    fn confirms_at_once(&self, peer: MacAddr, password: &Password) -> bool {
        let sure = !self.tracking.is_on() || password.identifier().is_some() || self.tracking.knows(peer);
        self.confirm_immediate && sure
    }

    /// A station is known to have this password.
    fn bind(&mut self, peer: MacAddr, secret: &[u8]) -> bool {
        let password = Password::new(secret, None);
        let known = self.tracking.is_on() && self.nameless().any(|one| *one == password);
        if known {
            self.tracking.succeeded(peer, &password);
        }
        known
    }
}

impl Bss {
    pub(crate) fn handle_sae(&mut self, addr: MacAddr, auth: &Authentication<'_>, now: Instant, rng: &mut dyn Rng) {
        match (auth.transaction, auth.status) {
            (COMMIT, StatusCode::SUCCESS) => self.sae_commit(addr, Method::HuntAndPeck, auth, now, rng),
            (COMMIT, StatusCode::SAE_HASH_TO_ELEMENT) => self.sae_commit(addr, Method::HashToElement, auth, now, rng),
            (CONFIRM, StatusCode::SUCCESS) => self.sae_confirm(addr, auth, now),
            // 9.4.1.9: SAE-PK announces a run too, one that is not offered here.
            (COMMIT, StatusCode::SAE_PK) => self.sae_refuse(addr, COMMIT, &SaeError::MethodMismatch),
            // What reports a failure needs no answer, and nobody vouches for it.
            (COMMIT | CONFIRM, status) => self.log(Level::Debug, format!("{addr}: SAE: the station says {status}")),
            (transaction, _) => self.send_sae(addr, transaction, StatusCode::TRANSACTION_SEQUENCE, &[]),
        }
    }

    fn send_sae(&mut self, addr: MacAddr, transaction: u16, status: StatusCode, body: &[u8]) {
        self.send_auth(addr, Authentication { algorithm: auth_algorithm::SAE, transaction, status, rest: body });
    }

    fn sae_refuse(&mut self, addr: MacAddr, transaction: u16, error: &SaeError) {
        self.log(Level::Info, format!("{addr}: SAE: {error}"));
        let body = match error {
            SaeError::UnsupportedGroup(group) => group.to_le_bytes().to_vec(),
            SaeError::PasswordIdentifier => {
                self.event(ApEvent::SaeUnknownPasswordIdentifier(addr));
                Vec::new()
            }
            SaeError::Configuration(_)
            | SaeError::Malformed(_)
            | SaeError::GroupMismatch(_)
            | SaeError::MethodMismatch
            | SaeError::Scalar
            | SaeError::Element
            | SaeError::Downgrade(_)
            | SaeError::AkmMismatch
            | SaeError::SharedSecret
            | SaeError::ConfirmBeforeCommit
            | SaeError::ConfirmMismatch
            | SaeError::TooManyRepeats
            | SaeError::NothingToConfirm
            | SaeError::Refused(_) => Vec::new(),
        };
        self.send_sae(addr, transaction, error.status(), &body);
    }

    fn sae_commit(
        &mut self,
        addr: MacAddr,
        method: Method,
        auth: &Authentication<'_>,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if !self.sae.allows(method) {
            // 12.4.8.6.4: what the status code announces must be allowed here.
            self.sae_refuse(addr, COMMIT, &SaeError::MethodMismatch);
            return;
        }
        let commit = match sae::parse_commit(auth.rest, method) {
            Ok(commit) => commit,
            Err(error) => {
                self.sae_refuse(addr, COMMIT, &error);
                return;
            }
        };
        if !self.sae.groups.contains(&commit.group) {
            self.sae_refuse(addr, COMMIT, &SaeError::UnsupportedGroup(commit.group.number()));
            return;
        }
        // A repetition of what was answered, and our own words coming back.
        let known = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut());
        if let Some(exchange) = known.filter(|exchange| exchange.is_open()) {
            match exchange.session.handle_commit(auth.status, auth.rest) {
                Ok(CommitOutcome::Repeated) => {
                    self.sae_send_commit(addr, now);
                    return;
                }
                Ok(CommitOutcome::Reflected) => return,
                Ok(
                    CommitOutcome::Accepted
                    | CommitOutcome::Different
                    | CommitOutcome::TokenRequired(_)
                    | CommitOutcome::GroupRefused,
                )
                | Err(_) => {}
            }
        }
        let token_fits = commit.token.map(|token| self.sae.tokens.check(&addr, token));
        if token_fits == Some(false) {
            // 12.4.6: no answer, lest we become a way to flood others.
            self.log(Level::Debug, format!("{addr}: SAE: the token is not ours"));
            return;
        }
        if token_fits.is_none() && self.sae_is_busy() {
            self.sae.handled = self.sae.handled.wrapping_add(1);
            if self.sae.handled.is_multiple_of(1000) {
                self.sae.tokens.rotate(rng);
            }
            let body = self.sae.tokens.request_body(&addr, commit.group.number(), method);
            self.send_sae(addr, COMMIT, StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED, &body);
            return;
        }
        if self.station_entry(addr, now).is_none() {
            self.log_full(addr);
            self.send_sae(addr, COMMIT, StatusCode::AP_FULL, &[]);
            return;
        }
        let rejected = commit.rejected_groups.clone().unwrap_or_default();
        match self.sae_begin(addr, method, &commit, auth, rng) {
            Ok((session, akm, password, counter)) => {
                let at_once = self.sae.confirms_at_once(addr, &password);
                if let Some(station) = self.stations.get_mut(&addr) {
                    station.sae = Some(SaeExchange {
                        session,
                        akm,
                        password,
                        counter,
                        rejected,
                        deadline: None,
                        repeats: 0,
                        mismatches: 0,
                    });
                }
                self.sae_send_commit(addr, now);
                if at_once {
                    self.sae_send_confirm(addr);
                }
            }
            Err(error) => self.sae_refuse(addr, COMMIT, &error),
        }
    }

    fn sae_begin(
        &self,
        addr: MacAddr,
        method: Method,
        commit: &sae::ParsedCommit<'_>,
        auth: &Authentication<'_>,
        rng: &mut dyn Rng,
    ) -> Result<(Session, SaeAkm, Password, u32), SaeError> {
        // 12.4.5.3: a commit for an AKM with a longer key names it.
        let akm = match commit.akm_suite {
            Some(suite) => SaeAkm::from_suite(suite).filter(|akm| self.sae.akms.contains(akm)),
            None => self.sae.akms.first().copied(),
        };
        let akm = akm.ok_or(SaeError::Configuration("the station's AKM is not offered"))?;
        let identifier = commit.password_id;
        let missing = match identifier {
            Some(_) => SaeError::PasswordIdentifier,
            None => SaeError::Configuration("no password for this station"),
        };
        let (entry, name) = match self.sae.secret(addr, identifier) {
            Some(entry) => (entry, None),
            None => self.sae.renamed(addr, identifier).map(|(entry, name)| (entry, Some(name))).ok_or(missing)?,
        };
        // Under another name, the password has other points.
        let renamed = name.as_ref().map(|(name, _)| {
            let password = entry.password.known_as(name);
            let points = PtSet::derive(self.config.ssid().as_bytes(), &password, &[commit.group]);
            (password, points)
        });
        let (password, points) =
            renamed.as_ref().map_or((&entry.password, &entry.points), |(password, points)| (password, points));
        let config = Config {
            own: self.config.own,
            peer: addr,
            group: commit.group,
            method,
            password,
            pt: Some(points),
            akm,
            rejected_groups: &[],
            supported_groups: &self.sae.groups,
        };
        let mut session = Session::start(&config, rng)?;
        session.set_sync_limit(self.sae.sync);
        session.handle_commit(auth.status, auth.rest)?;
        Ok((session, akm, entry.password.clone(), name.map_or(0, |(_, counter)| counter)))
    }

    /// The names by which a station's password identifier is to go from now on, if it came with one and takes others.
    pub(crate) fn fresh_password_ids(&self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) -> Vec<Vec<u8>> {
        let station = self.stations.get(&addr);
        let takes = |station: &&Station| {
            let negotiated = station.negotiated.as_ref();
            negotiated.is_some_and(|negotiated| negotiated.rsnxe.has(Rsnxe::SAE_PASSWORD_ID_CHANGE))
        };
        let key = station.filter(takes).and_then(|station| station.sae_key.as_ref());
        match (&self.sae.ids, key.and_then(|key| Some((key.password.identifier()?, key.counter)))) {
            (Some(ids), Some((identifier, counter))) => ids.make(identifier, counter, now, rng),
            _ => Vec::new(),
        }
    }

    /// `SAE_PASSWORD_BIND`: a station is known to have this password, one of those without identifiers.
    pub fn bind_sae_password(&mut self, addr: MacAddr, password: &[u8]) -> bool {
        self.sae.bind(addr, password)
    }

    /// 12.4.6: so many exchanges are open that a new one has to show that its sender can receive.
    fn sae_is_busy(&self) -> bool {
        let open = self.stations.values().filter(|station| station.sae.as_ref().is_some_and(SaeExchange::is_open));
        open.count() >= self.sae.threshold
    }

    fn sae_send_commit(&mut self, addr: MacAddr, now: Instant) {
        let exchange = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut());
        let Some(exchange) = exchange else { return };
        exchange.deadline = Some(now + RETRANSMIT);
        let (status, body) = (exchange.session.commit_status(), exchange.session.commit_body(None));
        self.send_sae(addr, COMMIT, status, &body);
    }

    fn sae_send_confirm(&mut self, addr: MacAddr) {
        let exchange = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut());
        if let Some(Ok(body)) = exchange.map(|exchange| exchange.session.confirm_body()) {
            self.send_sae(addr, CONFIRM, StatusCode::SUCCESS, &body);
        }
    }

    fn sae_confirm(&mut self, addr: MacAddr, auth: &Authentication<'_>, now: Instant) {
        let station = self.stations.get_mut(&addr);
        let Some(exchange) = station.and_then(|station| station.sae.as_mut()) else {
            self.sae_refuse(addr, CONFIRM, &SaeError::ConfirmBeforeCommit);
            return;
        };
        match exchange.session.handle_confirm(auth.rest) {
            Ok(ConfirmOutcome::Accepted) => {
                exchange.deadline = None;
                self.sae_accepted(addr, now);
            }
            Ok(ConfirmOutcome::Again) => self.sae_send_confirm(addr),
            Ok(ConfirmOutcome::Ignored) => {}
            // 12.4.8.6.6: who is accepted is answered only if it knows the key; all else is not even counted.
            Err(_) if !exchange.is_open() => {}
            Err(error) => {
                exchange.mismatches = exchange.mismatches.saturating_add(1);
                let wrong = (error == SaeError::ConfirmMismatch).then(|| exchange.password.clone());
                if let Some(failed) = wrong
                    && self.sae.try_another(addr, &failed)
                {
                    self.log(Level::Info, format!("{addr}: SAE: another password is tried next time"));
                    if let Some(station) = self.stations.get_mut(&addr) {
                        station.sae = None;
                    }
                    self.send_sae(addr, CONFIRM, StatusCode::REFUSED, &[]);
                    return;
                }
                let Some(exchange) = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut()) else {
                    return;
                };
                let over = exchange.mismatches >= MISMATCHES;
                if over && let Some(station) = self.stations.get_mut(&addr) {
                    station.sae = None;
                }
                if error == SaeError::ConfirmMismatch {
                    self.event(ApEvent::PossiblePskMismatch(addr));
                }
                self.sae_refuse(addr, CONFIRM, &error);
            }
        }
    }

    /// The station knows the password: its last answer, the key, and the station may associate.
    fn sae_accepted(&mut self, addr: MacAddr, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(exchange) = &station.sae else { return };
        let akm = match exchange.akm {
            SaeAkm::Sae => AkmSuite::Sae,
            SaeAkm::SaeExtKey => AkmSuite::SaeExt,
        };
        let rejected = exchange.rejected.clone();
        let (Some(pmk), Some(pmkid)) = (exchange.session.pmk(), exchange.session.pmkid()) else { return };
        let group = exchange.session.group().number();
        let h2e = exchange.session.method() == Method::HashToElement;
        let password = exchange.password.clone();
        if self.sae.tracking.is_on() && password.identifier().is_none() {
            self.sae.tracking.succeeded(addr, &password);
        }
        station.sae_key = Some(SaeKey {
            pmk: pmk.clone(),
            pmkid: Pmkid(pmkid),
            h2e,
            group,
            akm,
            password,
            counter: exchange.counter,
            rejected,
        });
        let entry = PmksaEntry {
            pmkid: Pmkid(pmkid),
            pmk,
            akm,
            peer: addr,
            network: (),
            opportunistic: false,
            expires: now + PmksaCache::<()>::DEFAULT_LIFETIME,
        };
        if self.shares_keys() {
            self.fresh_keys.push(entry.clone());
        }
        self.pmksa.insert(entry);
        self.admit(addr, auth_algorithm::SAE, now);
        self.sae_send_confirm(addr);
    }

    pub(crate) fn sae_timeout(&mut self, addr: MacAddr, now: Instant) {
        let sync = self.sae.sync;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(exchange) = &mut station.sae else { return };
        if exchange.deadline.is_none_or(|at| at > now) {
            return;
        }
        if exchange.repeats >= sync {
            station.sae = None;
            self.log(Level::Info, format!("{addr}: SAE: no answer"));
            if self.stations.get(&addr).is_some_and(|station| station.stage == Stage::Unknown) {
                self.stations.remove(&addr);
            }
            return;
        }
        exchange.repeats = exchange.repeats.saturating_add(1);
        self.sae_send_commit(addr, now);
    }
}
