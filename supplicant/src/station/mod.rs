//! One interface: its state, and how it is told and shown.

pub(crate) mod aliases;
mod changes;
pub(crate) mod connect;
mod countermeasures;
mod driver;
pub(crate) mod fail;
pub(crate) mod keys;
pub(crate) mod life;
pub(crate) mod link;
mod outside;
mod radio_work;
mod resync;
pub(crate) mod roam;
pub(crate) mod sa_query;
pub(crate) mod scan;
mod scan_parameters;
pub(crate) mod transition;

use std::collections::BTreeMap;
use std::time::Duration;

use conf::station::{Globals, Network, NetworkId, StationConfig};
use ctrl::{StationEvent, Subscriber};
use daemon::{Output, Worth};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Handle, Request, WiphyInfo};
use rsn::PmksaCache;
use wire::{Instant, MacAddr, Ssid};

use crate::bss::{BssTable, Limits};
use crate::memory::{IgnoreList, NetworkMemory};
use crate::outbox::{Cx, Purpose, StationKey};
use crate::select::Abilities;
use link::Link;
use scan::Scanner;

/// The states that clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WpaState {
    Disconnected,
    InterfaceDisabled,
    Inactive,
    Scanning,
    Authenticating,
    Associating,
    Associated,
    FourWayHandshake,
    GroupHandshake,
    Completed,
}

impl WpaState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            WpaState::Disconnected => "DISCONNECTED",
            WpaState::InterfaceDisabled => "INTERFACE_DISABLED",
            WpaState::Inactive => "INACTIVE",
            WpaState::Scanning => "SCANNING",
            WpaState::Authenticating => "AUTHENTICATING",
            WpaState::Associating => "ASSOCIATING",
            WpaState::Associated => "ASSOCIATED",
            WpaState::FourWayHandshake => "4WAY_HANDSHAKE",
            WpaState::GroupHandshake => "GROUP_HANDSHAKE",
            WpaState::Completed => "COMPLETED",
        }
    }
}

/// The interface as the kernel has it.
#[derive(Debug, Default)]
pub(crate) struct Iface {
    /// Its name to privd, once it was attached.
    pub(crate) handle: Option<Handle>,
    /// The kernel's index, to be shown.
    pub(crate) ifindex: u32,
    pub(crate) addr: MacAddr,
    pub(crate) up: bool,
    pub(crate) blocked: bool,
    pub(crate) wiphy: Option<WiphyInfo>,
    pub(crate) abilities: Abilities,
    /// An attach request is under way.
    pub(crate) attaching: bool,
    /// It is on its way to be usable, and nothing has failed yet: what is asked for waits.
    pub(crate) coming: bool,
    /// When to ask for it again.
    pub(crate) retry_at: Option<Instant>,
    /// It was said that it is missed.
    pub(crate) missed_said: bool,
    /// Its frames have four addresses.
    pub(crate) four_address: bool,
}

/// Settings that last as long as the interface does (`SET`).
#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) bssid_filter: Vec<MacAddr>,
    pub(crate) disallowed_bssids: Vec<MacAddr>,
    pub(crate) disallowed_ssids: Vec<Ssid>,
    pub(crate) roaming: bool,
    pub(crate) sta_autoconnect: bool,
    pub(crate) pmk_lifetime: Option<Duration>,
    pub(crate) pmk_threshold: u32,
    pub(crate) sa_query_off: bool,
    pub(crate) expire_age: Option<Duration>,
    pub(crate) expire_count: Option<u32>,
    pub(crate) vendor_elements: BTreeMap<u8, Vec<u8>>,
    /// `TEST_ASSOC_IE`; always empty but in test builds.
    pub(crate) assoc_elements: Vec<u8>,
    /// `ext_eapol_frame_io`; always off but in test builds.
    pub(crate) eapol_outside: bool,
    /// `MGMT_TX` frames whose fate is to be told, by cookie: frequency.
    pub(crate) mgmt_freq: u32,
    #[cfg(feature = "testing")]
    pub(crate) hooks: crate::hooks::Hooks,
}

impl Default for Runtime {
    fn default() -> Self {
        Runtime {
            bssid_filter: Vec::new(),
            disallowed_bssids: Vec::new(),
            disallowed_ssids: Vec::new(),
            roaming: true,
            sta_autoconnect: true,
            pmk_lifetime: None,
            pmk_threshold: 70,
            sa_query_off: false,
            expire_age: None,
            expire_count: None,
            vendor_elements: BTreeMap::new(),
            assoc_elements: Vec::new(),
            eapol_outside: false,
            mgmt_freq: 0,
            #[cfg(feature = "testing")]
            hooks: crate::hooks::Hooks::default(),
        }
    }
}

/// How an interface was named: on the command line or by `INTERFACE_ADD`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) ifname: String,
    /// `-c`: the file that is read again and saved.
    pub(crate) config_path: Option<String>,
    /// `-I`: read after it, never saved.
    pub(crate) more_path: Option<String>,
    /// `-b`.
    pub(crate) bridge: Option<String>,
    /// `-p`.
    pub(crate) driver_param: Option<String>,
}

/// One interface.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) key: StationKey,
    pub(crate) origin: Origin,
    pub(crate) config: StationConfig,
    pub(crate) socket: Option<SocketId>,
    pub(crate) clients: BTreeMap<ClientId, Subscriber>,
    pub(crate) iface: Iface,
    pub(crate) state: WpaState,
    pub(crate) link: Link,
    pub(crate) bss: BssTable,
    /// Changes of the table that listeners are still to hear of.
    changes: changes::Untold,
    pub(crate) scan: Scanner,
    pub(crate) memory: BTreeMap<NetworkId, NetworkMemory>,
    pub(crate) ignore: IgnoreList,
    pub(crate) pmksa: PmksaCache<NetworkId>,
    /// A client said DISCONNECT: stay so until one says otherwise.
    pub(crate) disconnected: bool,
    /// Failures to connect in a row, whatever the network.
    pub(crate) failures: u32,
    /// Attempts in a row that were ended by frames which anybody could have sent.
    pub(crate) interruptions: u32,
    /// An attempt that is to be made in a moment.
    pub(crate) again: Option<fail::Again>,
    /// Number of the attempt to connect; answers of earlier ones are stale.
    pub(crate) attempt: u32,
    /// What a client wants the next attempts to use (`ROAM`, `REATTACH`).
    pub(crate) wish: Option<MacAddr>,
    pub(crate) runtime: Runtime,
    pub(crate) sa_query: sa_query::SaQuery,
    countermeasures: countermeasures::Countermeasures,
    pub(crate) roam: roam::Roamer,
    pub(crate) works: radio_work::RadioWorks,
    /// Whether the interface was up when it was found; it is left so.
    pub(crate) found_up: Option<bool>,
    /// The interface was made by us and goes with us.
    pub(crate) created: bool,
    /// What `FLUSH` goes back to.
    pub(crate) started_globals: Globals,
    #[cfg(feature = "testing")]
    pub(crate) data_test: Option<crate::data_test::Listening>,
}

impl Station {
    pub(crate) fn new(key: StationKey, origin: Origin, config: StationConfig) -> Station {
        Station {
            key,
            origin,
            started_globals: config.globals.clone(),
            #[cfg(feature = "testing")]
            data_test: None,
            config,
            socket: None,
            clients: BTreeMap::new(),
            iface: Iface { coming: true, ..Iface::default() },
            state: WpaState::Disconnected,
            link: Link::Idle,
            bss: BssTable::default(),
            changes: changes::Untold::default(),
            scan: Scanner::default(),
            memory: BTreeMap::new(),
            ignore: IgnoreList::default(),
            pmksa: PmksaCache::new(PmksaCache::<NetworkId>::STATION_CAPACITY),
            disconnected: false,
            failures: 0,
            interruptions: 0,
            again: None,
            attempt: 0,
            wish: None,
            runtime: Runtime::default(),
            sa_query: sa_query::SaQuery::default(),
            countermeasures: countermeasures::Countermeasures::default(),
            roam: roam::Roamer::default(),
            works: radio_work::RadioWorks::default(),
            found_up: None,
            created: false,
        }
    }

    pub(crate) fn ifname(&self) -> &str {
        &self.origin.ifname
    }

    /// Whether a word stands among the driver's parameters: those of the command line, else of the configuration.
    pub(crate) fn has_driver_param(&self, word: &str) -> bool {
        let own = self.origin.driver_param.as_ref().map(String::as_bytes);
        let text = own.or_else(|| self.config.globals.driver_param()).unwrap_or_default();
        text.split(|octet| matches!(octet, b' ' | b',' | b'"')).any(|one| one == word.as_bytes())
    }

    /// The interface can be used.
    pub(crate) const fn is_ready(&self) -> bool {
        self.iface.handle.is_some() && self.iface.up && !self.iface.blocked && self.iface.wiphy.is_some()
    }

    /// It cannot be used, and will not be in a moment.
    pub(crate) const fn is_unusable(&self) -> bool {
        !self.is_ready() && !self.iface.coming
    }

    /// The kernel's index of its radio.
    pub(crate) fn radio(&self) -> Option<u32> {
        self.iface.wiphy.as_ref().map(|wiphy| wiphy.wiphy)
    }

    /// A connection is being made, from its first frame to the open port.
    pub(crate) fn is_joining(&self) -> bool {
        self.state > WpaState::Scanning && self.state < WpaState::Completed
    }

    /// Asks `privd` about this interface; nothing if it is not there.
    pub(crate) fn request(&self, cx: &mut Cx<'_>, purpose: Purpose, make: impl FnOnce(Handle) -> Request) {
        if let Some(handle) = self.iface.handle {
            cx.out.request(self.key, purpose, make(handle));
        }
    }

    /// Tells listeners of this interface and of the global socket.
    pub(crate) fn tell(&self, cx: &mut Cx<'_>, event: &StationEvent) {
        self.tell_of(cx, event, None);
    }

    /// The same. `stranger`: of which kind it is, if anybody on the air can cause it; then it gives way to what listeners
    /// wait for.
    fn tell_of(&self, cx: &mut Cx<'_>, event: &StationEvent, stranger: Option<&'static str>) {
        let level = event.level();
        if level >= ctrl::LogLevel::Info
            && let Some(stranger) = stranger
        {
            tracing::info!(stranger, "{}: {event}", self.ifname());
        } else if level >= ctrl::LogLevel::Info && !event.is_routine() {
            tracing::info!("{}: {event}", self.ifname());
        } else {
            tracing::debug!("{}: {event}", self.ifname());
        }
        let wants = |clients: &BTreeMap<ClientId, Subscriber>| -> Vec<ClientId> {
            clients.iter().filter(|(_, subscriber)| subscriber.wants(level, false)).map(|(id, _)| *id).collect()
        };
        let clients = wants(&self.clients);
        let worth = if event.is_detail() || stranger.is_some() { Worth::Detail } else { Worth::Awaited };
        if !clients.is_empty() {
            cx.out.push(Output::Send { clients, data: event.message(), worth });
        }
        let clients = wants(&cx.out.global_clients);
        if !clients.is_empty() {
            cx.out.push(Output::Send { clients, data: event.global_message(self.ifname()), worth });
        }
    }

    /// A line that listeners see too.
    pub(crate) fn say(&self, cx: &mut Cx<'_>, level: ctrl::LogLevel, text: impl Into<String>) {
        self.tell(cx, &StationEvent::Message { level, text: text.into() });
    }

    /// The same for a line that anybody on the air can cause, of this kind.
    pub(crate) fn say_of_strangers(&self, cx: &mut Cx<'_>, kind: &'static str, text: impl Into<String>) {
        let event = StationEvent::Message { level: ctrl::LogLevel::Info, text: text.into() };
        self.tell_of(cx, &event, Some(kind));
    }

    /// The state as clients know it; those who asked for debug messages (`LEVEL 2`) hear of each change.
    pub(crate) fn set_state(&mut self, cx: &mut Cx<'_>, state: WpaState) {
        let before = std::mem::replace(&mut self.state, state);
        if before != state {
            self.say(cx, ctrl::LogLevel::Debug, format!("State: {} -> {}", before.name(), state.name()));
        }
    }

    pub(crate) fn network(&self, id: NetworkId) -> Option<&Network> {
        self.config.network(id)
    }

    /// Networks that may be joined by themselves.
    pub(crate) fn enabled_networks(&self) -> impl Iterator<Item = &Network> {
        self.config
            .networks
            .iter()
            .filter(|network| !network.is_disabled() && (network.missing().is_none() || lacks_secret(network)))
    }

    /// The network is left alone for now.
    pub(crate) fn is_temp_disabled(&self, id: NetworkId, now: Instant) -> bool {
        self.memory.get(&id).and_then(|memory| memory.disabled_until).is_some_and(|until| until > now)
    }

    pub(crate) fn limits(&self) -> Limits {
        let globals = &self.config.globals;
        Limits {
            age: self.runtime.expire_age.unwrap_or_else(|| Duration::from_secs(globals.bss_expiration_age().into())),
            scans: self.runtime.expire_count.unwrap_or_else(|| globals.bss_expiration_scan_count()).max(1),
            count: usize::try_from(globals.bss_max_count()).unwrap_or(200),
        }
    }

    /// Forgets all cached keys that `gone` names, here and at listeners.
    pub(crate) fn forget_pmksa(&mut self, cx: &mut Cx<'_>, gone: impl Fn(&rsn::PmksaEntry<NetworkId>) -> bool) {
        let mut removed = Vec::new();
        self.pmksa.remove(|entry| {
            let leaves = gone(entry);
            if leaves {
                removed.push((entry.peer, entry.network));
            }
            leaves
        });
        for (bssid, id) in removed {
            self.tell(cx, &StationEvent::PmksaRemoved { bssid, id });
        }
    }

    /// The earliest moment at which something is to be done by itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [
            self.iface.retry_at,
            self.scan.deadline(),
            self.again.map(|again| again.at),
            self.link.deadline(),
            self.sa_query.deadline(),
            self.roam.deadline(),
            self.works.deadline(),
            self.changes.deadline(),
            self.countermeasures.deadline(),
            self.pmksa.poll_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if self.iface.retry_at.is_some_and(|at| at <= now) {
            self.iface.retry_at = None;
            self.attach(cx);
        }
        if self.pmksa.poll_deadline().is_some_and(|at| at <= now) {
            self.forget_pmksa(cx, |entry| entry.expires <= now);
        }
        self.changes_timeout(cx);
        self.countermeasures_timeout(cx);
        self.link_timeout(cx);
        self.sa_query_timeout(cx);
        self.roam_timeout(cx);
        self.again_timeout(cx);
        self.scan_timeout(cx);
    }
}

/// Nothing but a passphrase or key is missing: a client may be asked for it once the network is in reach.
pub(crate) fn lacks_secret(network: &Network) -> bool {
    let methods = network.key_mgmt();
    let psk = methods.intersects(conf::KeyMgmt::ANY_PSK);
    let sae = methods.intersects(conf::KeyMgmt::ANY_SAE);
    let secret = (psk && network.psk().is_some()) || (sae && network.sae_password().is_some());
    (psk || sae)
        && !secret
        && !methods.contains(conf::KeyMgmt::NONE)
        && network.mode() == 0
        && (network.ssid().is_some() || network.bssid().is_some())
}
