//! The interface as an access point (networks of `mode=2`): turned into one, served with the same engine as `apd` uses,
//! and turned back.

use std::sync::Arc;

use ap::{Bss, BssConfig, BssOutput, Condition, Leave, Listed, Lists, Operating, Profile, Tag};
use conf::station::{Network, NetworkId};
use ctrl::{ApEvent, StationEvent};
use ipc_proto::{Event, Failure, InterfaceType, KeyKind, KeyParameters, Reply, Request};
use wire::{Instant, MacAddr, ReasonCode};

use super::Interface;
use crate::access_point;
use crate::outbox::{Cx, Purpose, Turn};

/// A mode of the originals' networks: an access point.
const ACCESS_POINT: i64 = 2;

/// How far it has come.
#[derive(Debug)]
enum Stage {
    /// The interface becomes an access point.
    Turning(Turn),
    /// The engine starts, or works.
    Serving(Box<Bss>),
    /// The interface becomes a station again.
    Returning(Turn),
}

/// A network that is served.
#[derive(Debug)]
struct Served {
    network: NetworkId,
    stage: Stage,
}

/// What the interface serves, and what is known of serving.
#[derive(Debug, Default)]
pub(crate) struct Serving {
    now: Option<Served>,
    /// A network that could not be served, as it is configured.
    failed: Option<NetworkId>,
    /// Stations that may come, and that may not, as commands have listed them.
    lists: Lists,
    /// Nothing that could be joined is in reach.
    pub(super) nothing_found: bool,
}

impl Serving {
    /// The network, from the decision to serve it until that has ended.
    pub(crate) fn network(&self) -> Option<NetworkId> {
        self.now.as_ref().map(|served| served.network)
    }

    /// The engine, if it is there.
    pub(crate) fn bss(&self) -> Option<&Bss> {
        match &self.now.as_ref()?.stage {
            Stage::Serving(bss) => Some(bss),
            Stage::Turning(_) | Stage::Returning(_) => None,
        }
    }

    fn bss_mut(&mut self) -> Option<&mut Bss> {
        match &mut self.now.as_mut()?.stage {
            Stage::Serving(bss) => Some(bss),
            Stage::Turning(_) | Stage::Returning(_) => None,
        }
    }

    /// It works.
    pub(crate) fn is_on_air(&self) -> bool {
        self.bss().is_some_and(|bss| bss.condition() == Condition::Running)
    }

    /// The interface is becoming something else: that it goes down for that is no news.
    pub(super) fn is_turning(&self) -> bool {
        self.now.as_ref().is_some_and(|served| matches!(served.stage, Stage::Turning(_) | Stage::Returning(_)))
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.bss().and_then(Bss::poll_deadline)
    }

    /// The lists as the engine takes them: one that is on both is denied, for it was listed so in so many words.
    fn effective(&self) -> Lists {
        let mut lists = self.lists.clone();
        lists.accept.retain(|listed| lists.deny.iter().all(|denied| denied.addr != listed.addr));
        lists
    }

    /// What could not be served may be served now: it was changed, or is asked for.
    pub(crate) fn try_anew(&mut self) {
        self.failed = None;
    }
}

impl Interface {
    /// The network that is to be served now.
    fn to_serve(&self) -> Option<NetworkId> {
        if !self.is_ready() && !self.serving.is_turning() || self.engine.is_kept_apart() {
            return None;
        }
        let may = |network: &&Network| {
            network.mode() == ACCESS_POINT && !network.is_disabled() && network.missing().is_none()
        };
        let able: Vec<&Network> = self.config().networks.iter().filter(may).collect();
        if let Some(current) = self.serving.network()
            && able.iter().any(|network| network.id() == current)
        {
            return Some(current);
        }
        // Networks that could be joined come first.
        if self.engine.has_networks() && !self.serving.nothing_found || !self.engine.is_idle() {
            return None;
        }
        let able = able.into_iter().filter(|network| self.serving.failed != Some(network.id()));
        // Of equal ones the first.
        able.rev().max_by_key(|network| network.priority()).map(Network::id)
    }

    /// Begins to serve what is to be served, and ends what is not any more.
    pub(crate) fn serve_or_not(&mut self, cx: &mut Cx<'_>) {
        let wanted = self.to_serve();
        match &self.serving.now {
            None => {
                if let Some(network) = wanted
                    && !self.works.is_taken()
                    && !self.engine.is_scanning()
                {
                    self.serving.nothing_found = false;
                    self.serving.now = Some(Served { network, stage: Stage::Turning(Turn::Down) });
                    self.drive(cx, sta::Engine::occupy);
                    self.turn(cx, Turn::Down);
                }
            }
            Some(served) if wanted != Some(served.network) && matches!(served.stage, Stage::Serving(_)) => {
                self.stop_serving(cx);
            }
            // What turns is turned to its end first.
            Some(_) => {}
        }
    }

    fn turn(&self, cx: &mut Cx<'_>, step: Turn) {
        let kind = |kind| move |handle| Request::SetInterfaceType { handle, kind };
        let purpose = Purpose::Turn(step);
        match step {
            Turn::Down | Turn::BackDown => {
                self.request(cx, purpose, |handle| Request::SetLinkUp { handle, up: false });
            }
            Turn::Up | Turn::BackUp => self.request(cx, purpose, |handle| Request::SetLinkUp { handle, up: true }),
            Turn::Abilities => self.request(cx, purpose, |handle| Request::Capabilities { handle }),
            Turn::Type => self.request(cx, purpose, kind(InterfaceType::AccessPoint)),
            Turn::BackType => self.request(cx, purpose, kind(InterfaceType::Station)),
        }
    }

    /// The answer to a step.
    pub(crate) fn turned(&mut self, cx: &mut Cx<'_>, step: Turn, result: Result<Reply, Failure>) {
        let name = self.ifname().to_owned();
        let Some(served) = &mut self.serving.now else { return };
        let network = served.network;
        match (&served.stage, result) {
            (Stage::Turning(at), Err(failure)) if *at == step => {
                tracing::error!("{name}: cannot become an access point: {failure}");
                self.serving.failed = Some(network);
                self.go_back(cx);
            }
            (Stage::Turning(at), Ok(reply)) if *at == step => {
                let next = match step {
                    Turn::Down => Some(Turn::Type),
                    Turn::Type => Some(Turn::Up),
                    Turn::Up => Some(Turn::Abilities),
                    Turn::Abilities | Turn::BackDown | Turn::BackType | Turn::BackUp => None,
                };
                if let Reply::Wiphy(wiphy) = reply {
                    self.iface.wiphy = Some(wiphy);
                }
                match next {
                    Some(next) => {
                        served.stage = Stage::Turning(next);
                        self.turn(cx, next);
                    }
                    None => self.start_serving(cx, network),
                }
            }
            (Stage::Returning(at), result) if *at == step => {
                if let Err(failure) = result {
                    tracing::warn!("{name}: becoming a station again: {failure}");
                }
                let next = match step {
                    Turn::BackDown => Some(Turn::BackType),
                    Turn::BackType => Some(Turn::BackUp),
                    Turn::BackUp | Turn::Down | Turn::Type | Turn::Up | Turn::Abilities => None,
                };
                match next {
                    Some(next) => {
                        served.stage = Stage::Returning(next);
                        self.turn(cx, next);
                    }
                    None => {
                        self.serving.now = None;
                        self.drive(cx, sta::Engine::vacate);
                    }
                }
            }
            (Stage::Turning(_) | Stage::Serving(_) | Stage::Returning(_), _) => {}
        }
    }

    /// The interface is an access point: its engine starts.
    fn start_serving(&mut self, cx: &mut Cx<'_>, id: NetworkId) {
        match self.made(cx, id) {
            Ok(mut bss) => {
                bss.start(cx.now, cx.rng);
                self.serving.now = Some(Served { network: id, stage: Stage::Serving(Box::new(bss)) });
                self.drain_bss(cx);
            }
            Err(why) => {
                tracing::error!("{}: network {id} cannot be served: {why}", self.ifname());
                self.serving.failed = Some(id);
                self.go_back(cx);
            }
        }
    }

    /// The engine for a network.
    fn made(&self, cx: &mut Cx<'_>, id: NetworkId) -> Result<Bss, String> {
        let (Some(network), Some(handle), Some(wiphy)) = (self.network(id), self.iface.handle, &self.iface.wiphy)
        else {
            return Err("it is gone".into());
        };
        let globals = &self.config().globals;
        let radio = access_point::radio(network, globals, wiphy)?;
        let operating = Operating::choose(&radio, wiphy)?;
        let config = BssConfig {
            handle,
            own: self.iface.addr,
            profile: self.profile_of(network),
            radio,
            wiphy: Arc::new(wiphy.clone()),
            operating,
            lists: self.serving.effective(),
        };
        Ok(Bss::new(config, cx.rng))
    }

    /// Ends serving; stations are told.
    fn stop_serving(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if let Some(bss) = self.serving.bss_mut() {
            bss.stop(now);
        }
        self.drain_bss(cx);
        self.say_end(cx);
        self.go_back(cx);
    }

    fn say_end(&self, cx: &mut Cx<'_>) {
        if self.serving.bss().is_some() {
            self.tell_of_bss(cx, &ApEvent::Disabled);
            let (bssid, reason) = (self.iface.addr, ReasonCode::DEAUTH_LEAVING.0);
            self.tell(cx, &StationEvent::Disconnected { bssid, reason, locally_generated: true });
        }
    }

    fn go_back(&mut self, cx: &mut Cx<'_>) {
        if let Some(served) = &mut self.serving.now {
            served.stage = Stage::Returning(Turn::BackDown);
            self.turn(cx, Turn::BackDown);
        }
    }

    /// The interface cannot be used any more, and is served no more with it. `there`: it is only down, and can be turned
    /// back so.
    pub(super) fn lose_serving(&mut self, cx: &mut Cx<'_>, there: bool) {
        if self.serving.now.is_none() {
            return;
        }
        if let Some(bss) = self.serving.bss_mut() {
            bss.lost();
        }
        self.drain_bss(cx);
        self.say_end(cx);
        self.serving.now = None;
        self.drive(cx, sta::Engine::vacate);
        if there {
            let what = "becoming a station again";
            let kind = InterfaceType::Station;
            self.request(cx, Purpose::Told(what), |handle| Request::SetInterfaceType { handle, kind });
        }
    }

    /// The daemon ends, or gives the interface back.
    pub(super) fn end_serving(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if let Some(bss) = self.serving.bss_mut() {
            bss.stop(now);
            self.drain_bss(cx);
            self.say_end(cx);
        }
        self.serving.now = None;
    }

    /// The driver has answered the engine.
    pub(crate) fn bss_reply(&mut self, cx: &mut Cx<'_>, tag: Tag, result: Result<Reply, Failure>) {
        if let Some(bss) = self.serving.bss_mut() {
            bss.handle_reply(tag, result, cx.now, cx.rng);
            self.drain_bss(cx);
        }
    }

    /// Something happened; events of stations' links are none of an access point.
    pub(crate) fn bss_event(&mut self, cx: &mut Cx<'_>, event: &Event) {
        if let Some(bss) = self.serving.bss_mut() {
            bss.handle_event(event, cx.now, cx.rng);
            self.drain_bss(cx);
            if self.serving.bss().is_some_and(|bss| bss.condition() == Condition::Stopped) {
                self.serving.failed = self.serving.network();
                self.say_end(cx);
                self.go_back(cx);
            }
        }
    }

    pub(super) fn bss_timeout(&mut self, cx: &mut Cx<'_>) {
        if let Some(bss) = self.serving.bss_mut()
            && bss.poll_deadline().is_some_and(|at| at <= cx.now)
        {
            bss.handle_timeout(cx.now, cx.rng);
            self.drain_bss(cx);
        }
    }

    /// Does something with the engine; false: there is none.
    pub(crate) fn with_bss(&mut self, cx: &mut Cx<'_>, act: impl FnOnce(&mut Bss) -> bool) -> bool {
        let done = self.serving.bss_mut().is_some_and(act);
        self.drain_bss(cx);
        done
    }

    /// Where stations are listed that may come, the others may not.
    fn profile_of(&self, network: &Network) -> Profile {
        let mut profile = access_point::profile(network, &self.config().globals);
        profile.admission.unlisted = self.serving.lists.accept.is_empty();
        profile
    }

    /// Stations that may come (`accept`), or that may not.
    pub(crate) fn listed(&self, accept: bool) -> impl Iterator<Item = MacAddr> {
        let lists = &self.serving.lists;
        (if accept { &lists.accept } else { &lists.deny }).iter().map(|listed| listed.addr)
    }

    /// Changes one of these lists. Whoever is denied, or accepted no more, goes.
    pub(crate) fn list(&mut self, cx: &mut Cx<'_>, accept: bool, act: impl FnOnce(&mut Vec<Listed>)) -> bool {
        let lists = &mut self.serving.lists;
        act(if accept { &mut lists.accept } else { &mut lists.deny });
        let lists = self.serving.effective();
        let network = self.serving.network().and_then(|id| self.network(id));
        let Some(profile) = network.map(|network| self.profile_of(network)) else { return false };
        let (now, rng) = (cx.now, &mut *cx.rng);
        let done = self.serving.bss_mut().is_some_and(|bss| {
            bss.reconfigure(&profile, lists, Leave::Unwelcome, now, rng);
            true
        });
        self.drain_bss(cx);
        done
    }

    /// What beacons say is what the configuration has now, as far as the network stays the same.
    pub(crate) fn update_beacon(&mut self, cx: &mut Cx<'_>) -> bool {
        let network = self.serving.network().and_then(|id| self.network(id));
        let Some(profile) = network.map(|network| self.profile_of(network)) else { return false };
        let lists = self.serving.effective();
        let (now, rng) = (cx.now, &mut *cx.rng);
        let done = self.serving.bss_mut().is_some_and(|bss| {
            bss.reconfigure(&profile, lists, Leave::Nobody, now, rng);
            bss.update_beacon();
            true
        });
        self.drain_bss(cx);
        done
    }

    fn drain_bss(&mut self, cx: &mut Cx<'_>) {
        while let Some(output) = self.serving.bss_mut().and_then(Bss::poll_output) {
            match output {
                BssOutput::Request { tag, request } => {
                    if let Request::AddKey { key, .. } = &request {
                        self.show_key(key);
                    }
                    cx.out.request(self.key, Purpose::Bss(tag), request);
                }
                BssOutput::Change(change) => {
                    for event in daemon::access_point::events(change) {
                        self.tell_of_bss(cx, &event);
                    }
                }
                BssOutput::Log { level, stranger, text } => {
                    daemon::access_point::log(self.ifname(), level, stranger, &text);
                }
                BssOutput::Started => self.say_begin(cx),
                BssOutput::StartFailed(failure) => {
                    tracing::error!("{}: the driver starts no access point: {failure}", self.ifname());
                    self.serving.failed = self.serving.network();
                    return self.go_back(cx);
                }
            }
        }
    }

    fn say_begin(&self, cx: &mut Cx<'_>) {
        let Some((id, bss)) = self.serving.network().zip(self.serving.bss()) else { return };
        let (operating, ssid) = (bss.operating(), bss.config().ssid());
        let (number, freq) = (operating.number, operating.definition.freq);
        tracing::info!("{}: \"{ssid}\" is on the air on channel {number} ({freq} MHz)", self.ifname());
        self.tell_of_bss(cx, &ApEvent::Enabled);
        let id_str = self.network(id).and_then(Network::id_str).unwrap_or_default().to_vec();
        self.tell(cx, &StationEvent::Connected { bssid: self.iface.addr, id: Some(id), id_str });
    }

    /// With `-K`: the key that is installed, for whoever decrypts a capture.
    fn show_key(&self, key: &KeyParameters) {
        if !daemon::log::shows_keys() {
            return;
        }
        match key.kind {
            KeyKind::Pairwise(addr) => {
                if let Some(ptk) = self.serving.bss().and_then(|bss| bss.ptk_of(addr)) {
                    daemon::log::key("WPA: PTK", ptk.as_bytes());
                }
            }
            KeyKind::Group | KeyKind::PeerGroup(_) => daemon::log::key("WPA: Group Key", key.key.as_bytes()),
        }
    }

    /// An event of the access point, as clients of a station's interface see it.
    fn tell_of_bss(&self, cx: &mut Cx<'_>, event: &ApEvent) {
        if let ApEvent::RxProbeRequest { .. } = event {
            return;
        }
        let text = event.to_string();
        let message = StationEvent::Message { level: event.level(), text };
        self.tell_of(cx, &message, event.of_strangers());
    }
}
