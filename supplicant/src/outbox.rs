//! What the machine wants done, and what it waits for.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use crypto::Rng;
use ctrl::Subscriber;
use ipc_proto::Request;
use ipc_proto::post::ClientId;
use wire::Instant;

/// Names an interface of this daemon for as long as the daemon runs.
pub(crate) type InterfaceKey = u32;

/// Why a request was made, so that its answer finds its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Only a failure is worth a line in the log; what was wanted, in words.
    Told(&'static str),
    /// Whatever comes of it.
    Quiet,
    /// Taking the interface.
    Attach,
    /// What the radio can do.
    Wiphy,
    /// Switching the interface on.
    LinkUp,
    /// What an interface's engine has asked for.
    Engine(sta::Ticket),
    /// What the access point's engine has asked for.
    Bss(ap::Tag),
    /// Making the interface an access point, or a station again.
    Turn(Turn),
    /// Answering `STA`, which shows what only the kernel knows of a station.
    Station(ClientId, wire::MacAddr),
    /// Answering `SIGNAL_POLL`.
    SignalPoll(ClientId),
    /// Answering `STATUS`, which shows an address that only the kernel knows.
    Status(ClientId, ctrl::station::StatusKind),
    /// Answering `PKTCNT_POLL`.
    PacketCount(ClientId),
    /// Answering `INTERFACE_LIST`.
    InterfaceList(ClientId),
    /// Making an interface for `INTERFACE_ADD … create`.
    Create(ClientId),
    /// Looking whether an interface is in the bridge that `INTERFACE_ADD` says it is in.
    InBridge(ClientId),
    /// Answering a command of a test suite with OK or FAIL.
    #[cfg(feature = "testing")]
    Word(ClientId),
}

/// A step in making an interface an access point, and a station again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Down, for the next step needs that.
    Down,
    /// An access point.
    Type,
    /// Up.
    Up,
    /// What can the radio do by now? Countries change.
    Abilities,
    /// Down again.
    BackDown,
    /// A station.
    BackType,
    /// Up.
    BackUp,
}

/// What a file is read or written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileJob {
    /// `SAVE_CONFIG` of these clients.
    Save(Option<ClientId>),
    /// `RECONFIGURE`, or SIGHUP without a client.
    Reconfigure(Option<ClientId>),
    /// The further file of `-I`, after the first was read.
    ReconfigureMore(Option<ClientId>),
    /// `INTERFACE_ADD`.
    AddInterface(ClientId),
}

/// Outputs, what answers are for and the global socket's listeners: shared by all interfaces.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    common: daemon::Outbox<(InterfaceKey, Purpose), (InterfaceKey, FileJob)>,
    /// Listeners of the global socket.
    pub(crate) global_clients: BTreeMap<ClientId, Subscriber>,
    /// The connection to `privd` stands.
    pub(crate) privd_up: bool,
    /// The connection to the post stands.
    pub(crate) post_up: bool,
    /// What is logged, as `LOG_LEVEL` shows it.
    pub(crate) log_level: Option<ctrl::LogLevel>,
    /// Lines of the log begin with the time.
    pub(crate) log_timestamps: bool,
    /// A command asked the daemon to end.
    pub(crate) terminate: bool,
}

impl Outbox {
    /// Asks `privd`. Without a connection nothing is asked: the next one begins anew anyway.
    pub(crate) fn request(&mut self, station: InterfaceKey, purpose: Purpose, request: Request) {
        if self.privd_up {
            self.common.request((station, purpose), request);
        }
    }
}

impl Deref for Outbox {
    type Target = daemon::Outbox<(InterfaceKey, Purpose), (InterfaceKey, FileJob)>;

    fn deref(&self) -> &Self::Target {
        &self.common
    }
}

impl DerefMut for Outbox {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.common
    }
}

/// The world during one call into the machine.
pub(crate) struct Cx<'a> {
    pub(crate) now: Instant,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) out: &'a mut Outbox,
}
