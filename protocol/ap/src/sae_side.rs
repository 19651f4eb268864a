//! SAE on the access point's side (IEEE Std 802.11-2020 12.4): which password, when a token is demanded, repetitions.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use crate::change::{Change, Level};
use crypto::Rng;
use rsn::{AkmSuite, Pmkid, PmksaCache, PmksaEntry, Rsnxe, SaePwe};
use sae::{AntiClogging, Config, Group, Method, Password, PtSet, SaeAkm, SaeError, Session};
use wire::frame::{Authentication, auth_algorithm};
use wire::{Instant, MacAddr, StatusCode};

use crate::BssConfig;
use crate::bss::Bss;
use crate::password_ids::PasswordIds;
use crate::profile::{Psk, Security};
use crate::sae_runs::{Confirmed, Heard, Run, SaeExchange, Terms};
use crate::sae_tracking::Tracking;
use crate::sae_work::{Waiting, Work, by_lot, units};
use crate::station::{SaeKey, Stage, Station};

/// Wait for the station's answer before ours is sent again (dot11RSNASAERetransPeriod as the originals have it).
const RETRANSMIT: Duration = Duration::from_millis(1000);

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
    pub(crate) work: Work,
}

#[derive(Debug)]
struct Entry {
    password: Password,
    points: PtSet,
    peer: Option<MacAddr>,
}

impl SaeSide {
    pub(crate) fn new(config: &BssConfig, rng: &mut dyn Rng) -> SaeSide {
        let security = config.profile.security.as_ref().filter(|security| security.has_sae());
        let profile = security.map(|security| &security.sae);
        let groups = profile.map(|sae| sae.groups.as_slice()).unwrap_or_default();
        let groups: Vec<Group> = groups.iter().copied().filter_map(Group::from_number).collect();
        let pwe = config.sae_pwe();
        let ssid = config.ssid();
        let mut secrets = Vec::new();
        if let Some(Security { psk, sae, .. }) = security {
            let mut add = |password: &[u8], id: Option<&[u8]>, peer: Option<MacAddr>| {
                let password = Password::new(password, id);
                let used: &[Group] = if pwe.allows_h2e() { &groups } else { &[] };
                let points = PtSet::derive(ssid.as_bytes(), &password, used);
                secrets.push(Entry { password, points, peer });
            };
            for entry in config.sae_passwords() {
                let peer = entry.peer.filter(|peer| !peer.is_broadcast() && !peer.is_zero());
                add(entry.password.as_bytes(), entry.id.as_deref(), peer);
            }
            if let Some(Psk::Passphrase(passphrase)) = psk
                && !sae.without_passphrase
            {
                add(passphrase.as_bytes(), None, None);
            }
        }
        let has = |akm: AkmSuite| security.is_some_and(|security| security.akms.contains(&akm));
        SaeSide {
            offered: security.is_some(),
            pwe,
            akms: [(AkmSuite::Sae, SaeAkm::Sae), (AkmSuite::SaeExt, SaeAkm::SaeExtKey)]
                .into_iter()
                .filter_map(|(suite, akm)| has(suite).then_some(akm))
                .collect(),
            groups,
            secrets,
            tracking: Tracking::new(profile.map_or(0, |sae| sae.tracked)),
            ids: PasswordIds::of(profile.and_then(|sae| sae.identifiers.as_ref())),
            tokens: AntiClogging::new(rng),
            threshold: profile.map_or(usize::MAX, |sae| sae.threshold),
            sync: profile.map_or(0, |sae| sae.sync),
            confirm_immediate: profile.is_some_and(|sae| sae.confirm_immediate),
            work: Work::default(),
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
        self.log_stranger("SAE exchanges were refused", format!("{addr}: SAE: {error}"));
        let body = match error {
            SaeError::UnsupportedGroup(group) => group.to_le_bytes().to_vec(),
            SaeError::PasswordIdentifier => {
                self.tell(Change::PasswordIdentifierUnknown(addr));
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
        let sync = self.sae.sync;
        let known = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut());
        match known.map_or(Heard::New, |exchange| exchange.hear_commit(&commit, method, sync)) {
            Heard::New => {}
            Heard::Repeated(status, body) => {
                self.send_sae(addr, COMMIT, status, &body);
                self.sae_wait_for_answer(addr, now);
                return;
            }
            Heard::Nothing => return,
        }
        if self.sae_go_on_beside(addr, method, &commit, auth.rest, now, rng) {
            return;
        }
        // A token for another commit is worth nothing, and no reason for silence: somebody who writes in the station's name
        // may have made it take that one.
        let paid = commit.token.is_some_and(|token| self.sae.tokens.check(&addr, &commit, token, now));
        if !paid && self.sae_is_busy(now) {
            let body = self.sae.tokens.request_body(&addr, &commit, method, now);
            self.send_sae(addr, COMMIT, StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED, &body);
            return;
        }
        self.sae.work.wait(Waiting { addr, method, body: auth.rest.to_vec(), paid, since: now }, rng);
        self.sae_work(now, rng);
    }

    /// Answers a commit in the name of a station whose exchange is open with our commit of that exchange, if it is on the
    /// same terms. It costs nothing until a confirm comes, so nobody has to bring a token for it.
    fn sae_go_on_beside(
        &mut self,
        addr: MacAddr,
        method: Method,
        commit: &sae::ParsedCommit<'_>,
        body: &[u8],
        now: Instant,
        rng: &mut dyn Rng,
    ) -> bool {
        let exchange = self.stations.get(&addr).and_then(|station| station.sae.as_ref());
        let (Some(exchange), Ok((_, _, terms))) =
            (exchange.filter(|exchange| exchange.is_open()), self.sae_terms(addr, commit))
        else {
            return false;
        };
        let ours = exchange.ours(commit.group, method, &terms).cloned();
        let Some(ours) = ours.filter(|_| SaeExchange::can_keep(commit, body)) else { return false };
        // A confirm of ours needs the keys.
        if self.sae.confirms_at_once(addr, &terms.password) {
            return false;
        }
        let run = Run::later(ours, commit, body, terms);
        let (status, body) = run.answer();
        let lot = by_lot(usize::MAX, rng).unwrap_or(0);
        if let Some(exchange) = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut()) {
            exchange.add(run, lot);
        }
        self.send_sae(addr, COMMIT, status, &body);
        self.sae_wait_for_answer(addr, now);
        true
    }

    /// Takes the commits that wait, as far as there is budget for them.
    pub(crate) fn sae_work(&mut self, now: Instant, rng: &mut dyn Rng) {
        while let Some(waiting) = self.sae.work.take(now, rng) {
            let Ok(commit) = sae::parse_commit(&waiting.body, waiting.method) else { continue };
            self.sae_take(&waiting, &commit, now, rng);
        }
    }

    fn sae_take(&mut self, waiting: &Waiting, commit: &sae::ParsedCommit<'_>, now: Instant, rng: &mut dyn Rng) {
        let addr = waiting.addr;
        let run = match self.sae_begin(waiting, commit, now, rng) {
            Ok(run) => run,
            Err(error) => return self.sae_refuse(addr, COMMIT, &error),
        };
        let at_once = self.sae.confirms_at_once(addr, &run.terms().password);
        let (status, body) = run.answer();
        let lot = by_lot(usize::MAX, rng).unwrap_or(0);
        let Some(station) = self.station_entry(addr, now) else {
            self.log_full(addr);
            self.send_sae(addr, COMMIT, StatusCode::AP_FULL, &[]);
            return;
        };
        station.paid |= waiting.paid;
        station.sae.get_or_insert_default().add(run, lot);
        self.send_sae(addr, COMMIT, status, &body);
        self.sae_wait_for_answer(addr, now);
        if at_once {
            self.sae_send_confirm(addr);
        }
    }

    /// The password that a commit means, and on which terms.
    fn sae_terms(
        &self,
        addr: MacAddr,
        commit: &sae::ParsedCommit<'_>,
    ) -> Result<(&Entry, Option<Vec<u8>>, Terms), SaeError> {
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
        let (name, counter) = name.map_or((None, 0), |(name, counter)| (Some(name), counter));
        let terms = Terms {
            akm,
            password: entry.password.clone(),
            identifier: identifier.map(<[u8]>::to_vec),
            counter,
            rejected: commit.rejected_groups.clone().unwrap_or_default(),
        };
        Ok((entry, name, terms))
    }

    /// Begins a run: with our commit of another in that name on the same terms, or with a new one.
    fn sae_begin(
        &mut self,
        waiting: &Waiting,
        commit: &sae::ParsedCommit<'_>,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<Run, SaeError> {
        let (addr, method, group) = (waiting.addr, waiting.method, commit.group);
        let (entry, name, terms) = self.sae_terms(addr, commit)?;
        let exchange = self.stations.get(&addr).and_then(|station| station.sae.as_ref());
        let known = exchange.and_then(|exchange| exchange.ours(group, method, &terms)).cloned();
        let cost = units(group, known.is_none());
        let ours = match known {
            Some(ours) => Ok(ours),
            None => {
                // Under another name, the password has other points.
                let renamed = name.as_ref().map(|name| {
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
                    akm: terms.akm,
                    rejected_groups: &[],
                    supported_groups: &self.sae.groups,
                };
                Session::start(&config, rng)
            }
        };
        self.sae.work.spend(cost, now);
        let mut ours = ours?;
        ours.set_sync_limit(self.sae.sync);
        Run::later(ours, commit, &waiting.body, terms).compute()
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

    /// 12.4.6: so many exchanges are open, or so much was done, that a new one has to show that its sender can receive.
    fn sae_is_busy(&mut self, now: Instant) -> bool {
        self.sae.work.is_much(now) || self.stations.tallies().open_exchanges >= self.sae.threshold
    }

    fn sae_wait_for_answer(&mut self, addr: MacAddr, now: Instant) {
        if let Some(exchange) = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut()) {
            exchange.deadline = Some(now + RETRANSMIT);
        }
    }

    fn sae_send_confirm(&mut self, addr: MacAddr) {
        let exchange = self.stations.get_mut(&addr).and_then(|station| station.sae.as_mut());
        if let Some(body) = exchange.and_then(SaeExchange::confirm_body) {
            self.send_sae(addr, CONFIRM, StatusCode::SUCCESS, &body);
        }
    }

    fn sae_confirm(&mut self, addr: MacAddr, auth: &Authentication<'_>, now: Instant) {
        let station = self.stations.get_mut(&addr);
        let Some(exchange) = station.and_then(|station| station.sae.as_mut()) else {
            self.sae_refuse(addr, CONFIRM, &SaeError::ConfirmBeforeCommit);
            return;
        };
        let failed = exchange.password().cloned();
        let work = &mut self.sae.work;
        let others = work.waits(addr);
        let budget = |group| work.compute_for_confirm(units(group, false), now);
        let heard = exchange.hear_confirm(auth.rest, others, budget);
        if exchange.is_over()
            && let Some(station) = self.stations.get_mut(&addr)
        {
            station.sae = None;
        }
        match heard {
            Confirmed::Accepted => self.sae_accepted(addr, now),
            Confirmed::Again => self.sae_send_confirm(addr),
            Confirmed::Nothing => {}
            // Whoever writes in its name must not have the station told that its password is wrong.
            Confirmed::Ambiguous => {
                self.log_stranger(
                    "several SAE commits came in the name of a station",
                    format!("{addr}: SAE: several commits came in its name, its confirm fits none yet"),
                );
            }
            Confirmed::Wrong(SaeError::ConfirmMismatch) => {
                if failed.is_some_and(|failed| self.sae.try_another(addr, &failed)) {
                    self.log_stranger(
                        "stations are tried with another SAE password next time",
                        format!("{addr}: SAE: another password is tried next time"),
                    );
                    if let Some(station) = self.stations.get_mut(&addr) {
                        station.sae = None;
                    }
                    self.send_sae(addr, CONFIRM, StatusCode::REFUSED, &[]);
                    return;
                }
                self.tell(Change::PskMismatch(addr));
                self.sae_refuse(addr, CONFIRM, &SaeError::ConfirmMismatch);
            }
            Confirmed::Wrong(error) => self.sae_refuse(addr, CONFIRM, &error),
        }
    }

    /// The station knows the password: its last answer, the key, and the station may associate.
    fn sae_accepted(&mut self, addr: MacAddr, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(run) = station.sae.as_ref().and_then(SaeExchange::accepted) else { return };
        let Some(session) = run.accepted() else { return };
        let terms = run.terms().clone();
        let akm = match terms.akm {
            SaeAkm::Sae => AkmSuite::Sae,
            SaeAkm::SaeExtKey => AkmSuite::SaeExt,
        };
        let (Some(pmk), Some(pmkid)) = (session.pmk(), session.pmkid()) else { return };
        let (group, h2e) = (session.group(), session.method() == Method::HashToElement);
        self.sae.work.refund(addr, units(group, true));
        let Terms { password, counter, rejected, .. } = terms;
        if self.sae.tracking.is_on() && password.identifier().is_none() {
            self.sae.tracking.succeeded(addr, &password);
        }
        station.sae_key = Some(SaeKey {
            pmk: pmk.clone(),
            pmkid: Pmkid(pmkid),
            h2e,
            group: group.number(),
            akm,
            password,
            counter,
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
            self.log_stranger("SAE exchanges were not gone on with", format!("{addr}: SAE: no answer"));
            if self.stations.get(&addr).is_some_and(|station| station.stage == Stage::Unknown) {
                self.stations.remove(&addr);
            }
            return;
        }
        exchange.repeats = exchange.repeats.saturating_add(1);
        exchange.deadline = Some(now + RETRANSMIT);
        if let Some((status, body)) = exchange.newest().map(Run::answer) {
            self.send_sae(addr, COMMIT, status, &body);
        }
    }
}
