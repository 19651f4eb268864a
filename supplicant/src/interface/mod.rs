//! One interface: what the kernel has, what is configured, who listens, and the engine that decides.

mod changes;
mod config;
pub(crate) mod life;
mod radio_work;
pub(crate) mod serving;
mod told;

use std::collections::BTreeMap;

use conf::station::StationConfig;
use ctrl::{StationEvent, Subscriber};
use daemon::{Output, Worth};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Handle, Request, WiphyInfo};
use sta::Engine;
use wire::{Instant, MacAddr};

use crate::outbox::{Cx, InterfaceKey, Purpose};
use config::Configured;
pub(crate) use config::Runtime;

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
    /// An attach request is under way.
    pub(crate) attaching: bool,
    /// It is on its way to be usable, and nothing has failed yet: what is asked for waits.
    pub(crate) coming: bool,
    /// When to ask for it again.
    pub(crate) retry_at: Option<Instant>,
}

/// What is known of the interface from one attachment to the next.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// It cannot be used, and that is shown.
    pub(crate) disabled: bool,
    /// It was said that it is missed.
    missed_said: bool,
    /// Whether the interface was up when it was found; it is left so.
    found_up: Option<bool>,
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
    /// It was made by us and goes with us.
    pub(crate) created: bool,
}

/// One interface.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) key: InterfaceKey,
    pub(crate) origin: Origin,
    configured: Configured,
    pub(crate) socket: Option<SocketId>,
    pub(crate) clients: BTreeMap<ClientId, Subscriber>,
    pub(crate) iface: Iface,
    pub(crate) life: Life,
    pub(crate) engine: Engine,
    /// Changes of the table that listeners are still to hear of.
    changes: changes::Untold,
    pub(crate) serving: serving::Serving,
    pub(crate) works: radio_work::RadioWorks,
    #[cfg(feature = "testing")]
    pub(crate) data_test: Option<crate::data_test::Listening>,
}

impl Interface {
    pub(crate) fn new(key: InterfaceKey, origin: Origin, config: StationConfig) -> Interface {
        let mut interface = Interface {
            key,
            origin,
            configured: Configured::new(config),
            socket: None,
            clients: BTreeMap::new(),
            iface: Iface { coming: true, ..Iface::default() },
            life: Life::default(),
            engine: Engine::default(),
            changes: changes::Untold::default(),
            serving: serving::Serving::default(),
            works: radio_work::RadioWorks::default(),
            #[cfg(feature = "testing")]
            data_test: None,
        };
        interface.refresh();
        interface
    }

    pub(crate) fn ifname(&self) -> &str {
        &self.origin.ifname
    }

    /// Whether a word stands among the driver's parameters: those of the command line, else of the configuration.
    pub(crate) fn has_driver_param(&self, word: &str) -> bool {
        let own = self.origin.driver_param.as_ref().map(String::as_bytes);
        let text = own.or_else(|| self.config().globals.driver_param()).unwrap_or_default();
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

    /// A word about what it does, as `wpa_state` has it.
    pub(crate) fn wpa_state(&self) -> &'static str {
        if self.life.disabled {
            return "INTERFACE_DISABLED";
        }
        match (self.serving.network(), self.serving.is_on_air()) {
            (Some(_), true) => "COMPLETED",
            (Some(_), false) => "ASSOCIATING",
            (None, _) => told::name(self.engine.state()),
        }
    }

    /// Has the engine do something, and does what it then wants.
    pub(crate) fn drive<R>(&mut self, cx: &mut Cx<'_>, act: impl FnOnce(&mut Engine, &mut sta::Cx<'_>) -> R) -> R {
        let result = act(&mut self.engine, &mut sta::Cx { now: cx.now, rng: cx.rng });
        while let Some(output) = self.engine.poll_output() {
            self.engine_wants(cx, output);
        }
        result
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

    /// Events of the kernel were lost: asks for everything that they would have told, and what the radio may do by now.
    pub(crate) fn resync(&mut self, cx: &mut Cx<'_>) {
        tracing::warn!("{}: events of the kernel were lost; looking at everything anew", self.ifname());
        if self.iface.handle.is_none() {
            self.attach(cx);
            return;
        }
        self.drive(cx, |engine, _| engine.resync());
        self.request(cx, Purpose::Wiphy, |handle| Request::Capabilities { handle });
    }

    /// A scan is due. `free`: no other interface of ours scans or joins with this radio.
    pub(crate) fn start_scan(&mut self, cx: &mut Cx<'_>, free: bool) {
        if self.works.is_taken() {
            self.works.hold_scan(cx.now);
            self.engine.hold_scan();
            return;
        }
        let (free, coming) = (free && !self.serving.is_turning(), self.iface.coming);
        self.drive(cx, |engine, cx| engine.start_scan(cx, free, coming));
    }

    /// The earliest moment at which something is to be done by itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let own = [self.iface.retry_at, self.works.deadline(), self.changes.deadline()];
        own.into_iter().chain([self.engine.poll_deadline(), self.serving.deadline()]).flatten().min()
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if self.iface.retry_at.is_some_and(|at| at <= now) {
            self.iface.retry_at = None;
            self.attach(cx);
        }
        self.changes_timeout(cx);
        self.bss_timeout(cx);
        self.drive(cx, |engine, cx| engine.handle_timeout(cx));
    }
}
