//! Connecting: authentication and association.

use std::sync::Arc;
use std::time::Duration;

use conf::station::NetworkId;
use ctrl::StationEvent;
use ipc_proto::{AssociateParameters, AuthenticateParameters, Failure, LinkSecurity, MfpMode, Request};
use rsn::pmksa::PmksaQuery;
use rsn::{Negotiated, PmksaEntry, Protocol};
use wire::element::Elements;
use wire::frame::{AssocResponse, Authentication, Management, auth_algorithm};
use wire::{Instant, MacAddr, ReasonCode, Ssid, StatusCode};

use super::link::{Associated, Associating, Authenticating, HANDSHAKE, Link, Loss, Target};
use super::{Station, WpaState};
use crate::outbox::{Cx, Purpose};
use crate::sae_run::{self, Frame, Parties, Run, Step};
use crate::select::Candidate;

/// How long authentication and association may take, each.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// errno of an authentication that is there already, and of one that is under way.
const EALREADY: i32 = 114;
const EBUSY: i32 = 16;

/// The suites as the kernel takes them.
pub(super) fn security(negotiated: &Negotiated) -> LinkSecurity {
    LinkSecurity {
        rsn: negotiated.protocol == Protocol::Rsn,
        pairwise: negotiated.pairwise.nl80211(),
        group: negotiated.group.nl80211(),
        akm: match negotiated.protocol {
            Protocol::Rsn => negotiated.akm.nl80211(),
            Protocol::Wpa => {
                negotiated.akm.wpa_selector().map_or_else(|| negotiated.akm.nl80211(), rsn::Selector::nl80211)
            }
        },
    }
}

impl Station {
    /// Computes ahead what connecting to the enabled networks will need: key of the passphrase, SAE points.
    pub(crate) fn prepare_keys(&mut self) {
        let named = |network: &conf::station::Network| network.ssid().map(|ssid| (network.id(), ssid));
        let known: Vec<(NetworkId, Ssid)> = self.enabled_networks().filter_map(named).collect();
        // Many networks would take long: those beyond the first few are computed when they are joined.
        for (id, ssid) in known.into_iter().take(4) {
            self.network_pmk(id, &ssid);
            self.sae_password(id, &ssid);
        }
    }

    /// The key of a network's passphrase with this name, computed once. A network that names only an access point has
    /// the name which that one bears.
    fn network_pmk(&mut self, id: NetworkId, ssid: &Ssid) -> Option<crypto::Pmk> {
        let network = self.config.network(id)?;
        if !network.key_mgmt().intersects(conf::KeyMgmt::ANY_PSK) {
            return None;
        }
        let memory = self.memory.entry(id).or_default();
        if memory.pmk.as_ref().is_none_or(|(of, _)| of != ssid) {
            memory.pmk = network.pmk(ssid).map(|pmk| (*ssid, pmk));
        }
        memory.pmk.as_ref().map(|(_, pmk)| pmk.clone())
    }

    /// The SAE password of a network with its points for this name, derived once.
    fn sae_password(&mut self, id: NetworkId, ssid: &Ssid) -> Option<Arc<sae_run::Password>> {
        let network = self.config.network(id)?;
        if !network.key_mgmt().intersects(conf::KeyMgmt::ANY_SAE) {
            return None;
        }
        let memory = self.memory.entry(id).or_default();
        if memory.sae.as_ref().is_none_or(|(of, _)| of != ssid) {
            let mut groups = self.config.globals.sae_groups();
            groups.retain(|group| *group != 0);
            if groups.is_empty() {
                groups = vec![19, 20, 21];
            }
            let secret = network.sae_password()?;
            let password =
                sae_run::Password::derive(secret.as_bytes(), network.sae_password_id(), ssid.as_bytes(), &groups);
            memory.sae = Some((*ssid, Arc::new(password)));
        }
        memory.sae.as_ref().map(|(_, password)| password.clone())
    }

    /// What a candidate comes to as a target.
    pub(super) fn target_of(&self, candidate: Candidate) -> Option<Target> {
        let bss = self.bss.by_id(candidate.bss)?;
        Some(Target {
            network: candidate.network,
            bssid: bss.bssid,
            ssid: bss.ssid,
            freq: bss.freq,
            negotiated: candidate.negotiated,
            pmk: None,
            pmkid: None,
            cached: false,
            sae_group: None,
            alias: None,
            ssid_confirmed: false,
            own_element: Vec::new(),
            own_rsnxe: None,
            ap_rsne: bss.rsne().map(Vec::from),
            ap_rsnxe: bss.rsnxe().map(Vec::from),
            ap_wpa: bss.wpa().map(Vec::from),
            previous: None,
            by_driver: !self.iface.abilities.user_sme,
        })
    }

    /// Joins what was chosen. A link that stands is given up for it: within the same network by reassociation.
    pub(crate) fn connect(&mut self, cx: &mut Cx<'_>, candidate: Candidate) {
        if self.works.is_taken() || self.works.sibling_scans {
            self.works.hold_connect(candidate, cx.now);
            return;
        }
        let Some(mut target) = self.target_of(candidate) else { return };
        self.scan.cancel_next();
        if let Some(old) = self.link.target() {
            let same = old.ssid == target.ssid && self.link.is_completed();
            if same {
                target.previous = Some(old.bssid);
                if old.bssid == target.bssid || old.network != target.network {
                    // The kernel refuses to authenticate where it is associated: that has to end first.
                    self.clear_kernel(cx);
                    target.previous = None;
                }
                self.lost_link(cx, Loss { reason: ReasonCode::DEAUTH_LEAVING, local: true, quiet: true });
            } else {
                self.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
            }
        }
        self.attempt = self.attempt.wrapping_add(1);
        if let Err(why) = self.find_key(cx, &mut target) {
            tracing::warn!("{}: cannot join \"{}\": {why}", self.ifname(), target.ssid);
            self.network_failed(cx, target.network, "NO_PSK_AVAILABLE");
            self.look_for_networks(cx, Duration::from_secs(1));
            return;
        }
        if let Some(negotiated) = &target.negotiated {
            tracing::info!(
                "{}: joining \"{}\" at {} ({} MHz): {}, {}{}",
                self.ifname(),
                target.ssid,
                target.bssid,
                target.freq,
                negotiated.akm.config_name(),
                negotiated.pairwise.name(),
                if negotiated.pmf { ", protected management frames" } else { "" },
            );
        }
        self.say_tkip(&target);
        if target.by_driver {
            self.connect_by_driver(cx, target);
        } else {
            self.authenticate(cx, target);
        }
    }

    /// An old cipher for group frames is nothing to refuse a network for, but something to know: said once for each.
    fn say_tkip(&mut self, target: &Target) {
        let weak = |negotiated: &Negotiated| {
            negotiated.group == rsn::CipherSuite::Tkip && negotiated.pairwise != rsn::CipherSuite::Tkip
        };
        let memory = self.memory.entry(target.network).or_default();
        if target.negotiated.as_ref().is_some_and(weak) && !std::mem::replace(&mut memory.tkip_said, true) {
            tracing::warn!(
                "{}: \"{}\" protects frames for all with TKIP only; group=CCMP in the network refuses that",
                self.ifname(),
                target.ssid
            );
        }
    }

    /// The key of the target: the cached one, the passphrase's, or the one that SAE will bring.
    fn find_key(&mut self, cx: &mut Cx<'_>, target: &mut Target) -> Result<(), &'static str> {
        let Some(negotiated) = target.negotiated.clone() else { return Ok(()) };
        if negotiated.akm.is_sae() {
            if let Some((pmk, pmkid)) = self.cached_key(target, negotiated.akm, cx.now) {
                target.pmk = Some(pmk);
                target.pmkid = Some(pmkid);
                target.cached = true;
            } else if self.sae_password(target.network, &target.ssid).is_none_or(|password| !password.is_usable()) {
                return Err("no SAE password, or none of sae_groups is supported");
            }
        } else {
            target.pmk = self.network_pmk(target.network, &target.ssid);
            if target.pmk.is_none() {
                return Err("no passphrase and no key");
            }
        }
        let pmkids: Vec<rsn::Pmkid> = target.pmkid.into_iter().collect();
        target.own_element = negotiated.station_element(&pmkids);
        target.own_rsnxe = negotiated.station_rsnxe();
        #[cfg(feature = "testing")]
        self.runtime.hooks.change_association(target);
        Ok(())
    }

    /// The key of an earlier association with the target, or with another access point of a network that shares keys
    /// (opportunistic caching). One whose time is nearly over is not used for a new association: better to authenticate
    /// now than when it ends (`dot11RSNAConfigPMKReauthThreshold`).
    fn cached_key(&mut self, target: &Target, akm: rsn::AkmSuite, now: Instant) -> Option<(crypto::Pmk, rsn::Pmkid)> {
        if target.by_driver {
            return None;
        }
        let memory = self.memory.entry(target.network).or_default();
        if memory.doubted.take_if(|doubted| *doubted == target.bssid).is_some() {
            return None;
        }
        let lifetime = self.pmk_lifetime();
        let rest = lifetime.saturating_mul(100_u32.saturating_sub(self.runtime.pmk_threshold));
        let rest = rest.checked_div(100).unwrap_or_default();
        let fresh = |entry: &PmksaEntry<NetworkId>| entry.expires - now > rest;
        let query = PmksaQuery { network: &target.network, akm, peer: target.bssid, pmkid: None };
        if let Some(entry) = self.pmksa.find(&query, now).filter(|entry| fresh(entry)) {
            return Some((entry.pmk.clone(), entry.pmkid));
        }
        let network = self.config.network(target.network)?;
        let apart = self.memory.get(&target.network).is_some_and(|memory| memory.apart.contains(&target.bssid));
        if apart || !network.proactive_key_caching(&self.config.globals) {
            return None;
        }
        let entry = self.pmksa.find_opportunistic(&query, target.bssid, self.iface.addr, now, fresh)?;
        Some((entry.pmk.clone(), entry.pmkid))
    }

    /// An attempt with a cached key has failed. Nobody vouches for what ended it, so the key stays; but the access point may
    /// have lost its own, so the next attempt there does without. One that was made with another access point goes: it
    /// was no more than a guess.
    pub(crate) fn doubt_key(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) {
        const MOST: usize = 16;
        let of = |entry: &PmksaEntry<NetworkId>| entry.peer == bssid && entry.network == network && entry.opportunistic;
        let guessed = self.pmksa.iter().any(of);
        let memory = self.memory.entry(network).or_default();
        if guessed {
            if memory.apart.len() >= MOST {
                memory.apart.remove(0);
            }
            memory.apart.push(bssid);
        } else {
            memory.doubted = Some(bssid);
        }
        self.forget_pmksa(cx, of);
    }

    /// How long a key lasts.
    fn pmk_lifetime(&self) -> Duration {
        let configured = || Duration::from_secs(self.config.globals.pmk_lifetime().into());
        self.runtime.pmk_lifetime.unwrap_or_else(configured)
    }

    fn authenticate(&mut self, cx: &mut Cx<'_>, mut target: Target) {
        let (bssid, ssid, freq) = (target.bssid, target.ssid, target.freq);
        let mut sae = None;
        let mut sent = None;
        if target.is_sae() && !target.cached {
            let Some(password) = self.sae_password(target.network, &ssid) else { return };
            let password = match self.choose_alias(cx, target.network) {
                Some(alias) => {
                    let renamed = Arc::new(password.known_as(&alias, target.ssid.as_bytes()));
                    target.alias = Some(alias);
                    renamed
                }
                None => password,
            };
            let parties = Parties {
                own: self.iface.addr,
                peer: bssid,
                h2e: target.negotiated.as_ref().is_some_and(|negotiated| negotiated.h2e),
                ext: target.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm == rsn::AkmSuite::SaeExt),
            };
            #[cfg(feature = "testing")]
            let password = Arc::new(password.claiming(self.runtime.hooks.rejected_groups()));
            match Run::start(password, parties, cx.rng) {
                Ok((run, frame)) => {
                    target.sae_group = Some(run.group());
                    sae = Some(run);
                    sent = Some(frame);
                }
                Err(error) => {
                    tracing::warn!("{}: SAE cannot be used with \"{ssid}\": {error}", self.ifname());
                    self.network_failed(cx, target.network, "CONN_FAILED");
                    self.look_for_networks(cx, Duration::from_secs(1));
                    return;
                }
            }
        }
        self.link = Link::Authenticating(Box::new(Authenticating {
            target,
            sae,
            sent,
            retried: false,
            deadline: cx.now + PATIENCE,
        }));
        self.tell(cx, &StationEvent::TryingToAuthenticate { bssid, ssid, freq });
        self.set_state(cx, WpaState::Authenticating);
        self.send_authentication(cx);
    }

    /// Sends the frame of the running authentication.
    fn send_authentication(&mut self, cx: &mut Cx<'_>) {
        let Link::Authenticating(state) = &mut self.link else { return };
        #[cfg(feature = "testing")]
        if let Some(frame) = &mut state.sent {
            self.runtime.hooks.change_commit(frame);
        }
        let target = &state.target;
        let auth = AuthenticateParameters {
            bssid: target.bssid,
            freq: target.freq,
            ssid: target.ssid,
            algorithm: if state.sae.is_some() { auth_algorithm::SAE } else { auth_algorithm::OPEN },
            data: state.sent.as_ref().map(Frame::data).unwrap_or_default(),
            elements: Vec::new(),
            local_state_change: false,
            mld: None,
        };
        self.request(cx, Purpose::Authenticate(self.attempt), |handle| Request::Authenticate { handle, auth });
    }

    /// What came of sending it.
    pub(crate) fn authentication_sent(&mut self, cx: &mut Cx<'_>, attempt: u32, result: Result<(), Failure>) {
        let Err(failure) = result else { return };
        if attempt != self.attempt {
            return;
        }
        let Link::Authenticating(state) = &mut self.link else { return };
        let bssid = state.target.bssid;
        if !state.retried && matches!(&failure, Failure::Kernel { errno: EALREADY | EBUSY, .. }) {
            // The kernel still knows an earlier authentication: that is cleared away first.
            state.retried = true;
            self.request(cx, Purpose::Quiet, |handle| Request::Deauthenticate {
                handle,
                bssid,
                reason: ReasonCode::DEAUTH_LEAVING,
                local: true,
            });
            self.send_authentication(cx);
            return;
        }
        tracing::info!("{}: cannot authenticate with {bssid}: {failure}", self.ifname());
        self.scan.forget_results();
        self.attempt_failed(cx, None);
    }

    /// An Authentication frame came.
    pub(crate) fn authentication_received(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        let Link::Authenticating(state) = &mut self.link else { return };
        let Ok(header) = Management::parse(frame) else { return };
        if header.source != state.target.bssid || header.bssid != state.target.bssid {
            return;
        }
        let Ok(auth) = Authentication::parse(header.body) else { return };
        let bssid = state.target.bssid;
        let reject = StationEvent::AuthReject {
            bssid,
            auth_type: auth.algorithm,
            transaction: auth.transaction,
            status: auth.status.0,
            elements: if auth.algorithm == auth_algorithm::SAE { Vec::new() } else { auth.rest.to_vec() },
        };
        let Some(run) = &mut state.sae else {
            if auth.algorithm != auth_algorithm::OPEN || auth.transaction != 2 {
                return;
            }
            if auth.status != StatusCode::SUCCESS {
                tracing::info!("{}: {bssid} refuses authentication: {}", self.ifname(), auth.status);
                self.tell(cx, &reject);
                self.attempt_failed(cx, None);
                return;
            }
            self.associate(cx);
            return;
        };
        if auth.algorithm != auth_algorithm::SAE {
            return;
        }
        let step = run.handle(auth.transaction, auth.status, auth.rest, cx.rng);
        state.target.sae_group = Some(run.group());
        match step {
            Step::Send(frame) => {
                state.sent = Some(frame);
                state.deadline = cx.now + PATIENCE;
                self.send_authentication(cx);
            }
            Step::Ignore(why) => tracing::debug!("{}: SAE frame of {bssid} ignored: {why}", self.ifname()),
            Step::Accepted { pmk, pmkid } => {
                state.target.pmk = Some(pmk.clone());
                state.target.pmkid = Some(pmkid);
                let network = state.target.network;
                let akm = state.target.negotiated.as_ref().map_or(rsn::AkmSuite::Sae, |negotiated| negotiated.akm);
                let lifetime = self.pmk_lifetime();
                self.pmksa.insert(PmksaEntry {
                    pmkid,
                    pmk,
                    akm,
                    peer: bssid,
                    network,
                    opportunistic: false,
                    expires: cx.now + lifetime,
                });
                self.tell(cx, &StationEvent::PmksaAdded { bssid, id: network });
                self.associate(cx);
            }
            Step::Failed { why, wrong_password } => {
                let network = state.target.network;
                let ssid = state.target.ssid;
                let alias =
                    state.target.alias.take().filter(|_| auth.status == StatusCode::UNKNOWN_PASSWORD_IDENTIFIER);
                tracing::info!("{}: SAE with {bssid} failed: {why}", self.ifname());
                if auth.status != StatusCode::SUCCESS {
                    self.tell(cx, &reject);
                }
                if auth.status == StatusCode::UNKNOWN_PASSWORD_IDENTIFIER {
                    self.tell(cx, &StationEvent::SaeUnknownPasswordIdentifier(bssid));
                }
                if let Some(alias) = alias {
                    self.forget_alias(cx, network, &alias);
                }
                if wrong_password {
                    tracing::warn!("{}: is the password of \"{ssid}\" right?", self.ifname());
                    self.network_failed(cx, network, "WRONG_KEY");
                }
                self.attempt_failed(cx, None);
            }
        }
    }

    /// The access point did not answer.
    pub(crate) fn authentication_timed_out(&mut self, cx: &mut Cx<'_>, bssid: MacAddr) {
        if let Link::Authenticating(state) = &self.link
            && state.target.bssid == bssid
        {
            tracing::info!("{}: {bssid} does not answer authentication", self.ifname());
            self.attempt_failed(cx, None);
        }
    }

    fn associate(&mut self, cx: &mut Cx<'_>) {
        let Link::Authenticating(state) = std::mem::take(&mut self.link) else { return };
        let target = state.target;
        let (bssid, ssid, freq) = (target.bssid, target.ssid, target.freq);
        let network = self.network(target.network);
        let (disable_ht, disable_vht) = network.map_or((false, false), |n| (n.disable_ht(), n.disable_vht()));
        let mut elements = target.own_element.clone();
        elements.extend(target.own_rsnxe.iter().flatten());
        elements.extend(&self.runtime.assoc_elements);
        // Frames of this kind bear the number 13 in VENDOR_ELEM_ADD.
        elements.extend(self.runtime.vendor_elements.get(&13).into_iter().flatten());
        let assoc = AssociateParameters {
            bssid,
            freq,
            ssid,
            elements,
            prev_bssid: target.previous,
            security: target.negotiated.as_ref().map(security),
            mfp: if target.has_pmf() { MfpMode::Required } else { MfpMode::No },
            control_port: target.negotiated.is_some(),
            disable_ht,
            disable_vht,
            multi_link: None,
        };
        self.link = Link::Associating(Box::new(Associating { target, early: None, deadline: cx.now + PATIENCE }));
        self.tell(cx, &StationEvent::TryingToAssociate { bssid, ssid, freq });
        self.set_state(cx, WpaState::Associating);
        self.request(cx, Purpose::Associate(self.attempt), |handle| Request::Associate { handle, assoc });
    }

    /// What came of sending an Association Request.
    pub(crate) fn association_sent(&mut self, cx: &mut Cx<'_>, attempt: u32, result: Result<(), Failure>) {
        let Err(failure) = result else { return };
        if attempt != self.attempt || !matches!(self.link, Link::Associating(_)) {
            return;
        }
        tracing::info!("{}: cannot associate: {failure}", self.ifname());
        self.say(cx, ctrl::LogLevel::Info, "Association request to the driver failed");
        self.disconnect_quietly(cx);
    }

    /// Clears the kernel's state of an attempt that failed, and goes on.
    fn disconnect_quietly(&mut self, cx: &mut Cx<'_>) {
        self.clear_kernel(cx);
        self.attempt_failed(cx, None);
    }

    /// Makes the kernel forget the link, without a word to the access point where it lets us choose.
    fn clear_kernel(&self, cx: &mut Cx<'_>) {
        let Some(target) = self.link.target() else { return };
        let (bssid, reason) = (target.bssid, ReasonCode::DEAUTH_LEAVING);
        if target.by_driver {
            self.request(cx, Purpose::Quiet, |handle| Request::Disconnect { handle, reason });
        } else {
            self.request(cx, Purpose::Quiet, |handle| Request::Deauthenticate { handle, bssid, reason, local: true });
        }
    }

    /// A (Re)Association Response came.
    pub(crate) fn association_received(&mut self, cx: &mut Cx<'_>, frame: &[u8]) {
        let Link::Associating(state) = &self.link else { return self.associated_from_outside(cx, frame) };
        let Ok(header) = Management::parse(frame) else { return };
        // Where the driver connects, its own word counts.
        if header.source != state.target.bssid || state.target.by_driver {
            return;
        }
        let Ok(response) = AssocResponse::parse(header.body) else { return };
        if response.status != StatusCode::SUCCESS {
            self.association_refused(cx, response.status);
            return;
        }
        if Elements::check(response.elements).is_err() {
            tracing::debug!("{}: the association response has broken elements", self.ifname());
        }
        self.associated(cx);
    }

    fn association_refused(&mut self, cx: &mut Cx<'_>, status: StatusCode) {
        let Some(target) = self.link.target() else { return };
        let (bssid, network, cached) = (target.bssid, target.network, target.cached);
        tracing::info!("{}: {bssid} refuses association: {status}", self.ifname());
        self.tell(cx, &StationEvent::AssocReject { bssid: Some(bssid), status: status.0, timeout: None });
        if cached {
            // The key may be what it does not like (53: it does not know the PMKID).
            self.doubt_key(cx, network, bssid);
        }
        if cached && status == StatusCode::INVALID_PMKID {
            self.clear_kernel(cx);
            self.lost_link(cx, Loss { reason: ReasonCode::UNSPECIFIED, local: true, quiet: true });
            self.try_again_soon(cx, network, bssid);
            return;
        }
        self.disconnect_quietly(cx);
    }

    /// No answer to the Association Request.
    pub(crate) fn association_timed_out(&mut self, cx: &mut Cx<'_>, bssid: MacAddr) {
        if let Link::Associating(state) = &self.link
            && state.target.bssid == bssid
        {
            tracing::info!("{}: {bssid} does not answer association", self.ifname());
            self.disconnect_quietly(cx);
        }
    }

    /// The association stands: open networks are done, others begin their handshake.
    pub(crate) fn associated(&mut self, cx: &mut Cx<'_>) {
        let Link::Associating(state) = std::mem::take(&mut self.link) else { return };
        let target = state.target;
        let (bssid, network) = (target.bssid, target.network);
        let handshake = self.handshake_for(&target);
        let secured = handshake.is_some();
        self.link = Link::Associated(Box::new(Associated {
            target,
            handshake: handshake.map(Box::new),
            completed: false,
            since: cx.now,
            deadline: secured.then(|| cx.now + HANDSHAKE),
            keys: Vec::new(),
            unanswered: 0,
            negotiated: false,
        }));
        let four = self.network(network).is_some_and(conf::station::Network::enable_4addr_mode);
        self.set_four_address(cx, four);
        self.set_state(cx, WpaState::Associated);
        self.tell(cx, &StationEvent::Associated(bssid));
        if !secured {
            self.open_port(cx);
        } else if let Some((frame, encrypted)) = state.early {
            self.eapol_received(cx, bssid, encrypted, &frame);
        }
    }

    /// Connects to this access point of this network if the table still has it and nothing speaks against it.
    pub(crate) fn reconnect_to(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) -> bool {
        match self.candidate_for(network, bssid) {
            Some(candidate) => {
                self.connect(cx, candidate);
                true
            }
            None => false,
        }
    }

    /// This access point as a candidate for this network.
    pub(crate) fn candidate_for(&self, id: NetworkId, bssid: MacAddr) -> Option<Candidate> {
        let network = self.network(id)?;
        let mut found = self.bss.iter().filter(|bss| bss.bssid == bssid);
        found.find_map(|bss| {
            if !crate::select::names(network, &bss.ssid) || self.is_avoided(bss.bssid, &bss.ssid) {
                return None;
            }
            let negotiated = crate::select::fits(network, &self.config.globals, bss, &self.iface.abilities).ok()?;
            Some(Candidate { network: id, bss: bss.id, negotiated })
        })
    }
}
