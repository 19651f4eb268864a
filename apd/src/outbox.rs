//! What is to be done, and what each answer that is still to come is for.

use ap::Tag;
use ipc_proto::post::ClientId;
use wire::MacAddr;

use crate::iface::{BssStep, Step};

/// Names a radio for as long as the daemon lives.
pub(crate) type IfaceId = u32;
/// Names a BSS of a radio, likewise.
pub(crate) type BssId = u32;

/// What an answer of `privd` is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A step of bringing a radio up; of this attempt only.
    Step { iface: IfaceId, attempt: u32, step: Step },
    /// Something that a BSS asked for; of this attempt only.
    Bss { iface: IfaceId, attempt: u32, bss: BssId, tag: Tag },
    /// A step of bringing one of its BSSs up; of this attempt only.
    BssStep { iface: IfaceId, attempt: u32, bss: BssId, step: BssStep },
    /// How the link of a BSS stands, after events were lost; of this attempt only.
    Link { iface: IfaceId, attempt: u32, bss: BssId },
    /// A client wants to see a station.
    Station { iface: IfaceId, bss: usize, addr: MacAddr, client: ClientId },
    /// A client wants to see what has become of the interface of a BSS.
    Driver { iface: IfaceId, bss: usize, client: ClientId },
    /// A client of a test suite hears OK or FAIL.
    #[cfg(feature = "testing")]
    Word(ClientId),
    /// Nothing waits for it; a failure is logged with these words.
    Nothing(&'static str),
}

/// What a file's contents are for.
#[derive(Clone, Debug)]
pub(crate) enum FilePurpose {
    /// A file that a BSS's parameters name, before a start.
    Named { iface: IfaceId, attempt: u32, bss: BssId, path: String },
    /// A configuration to be read again.
    Reload { iface: IfaceId, client: Option<ClientId> },
    /// A configuration to be added.
    Add(Addition),
    /// Keys or addresses to be used from now on.
    Lists { iface: IfaceId, bss: BssId, path: String, client: ClientId },
}

/// A configuration that a client adds.
#[derive(Clone, Debug)]
pub(crate) struct Addition {
    pub(crate) path: String,
    /// For this interface, whatever the file says.
    pub(crate) ifname: Option<String>,
    /// On this radio, beside what is there.
    pub(crate) radio: Option<String>,
    pub(crate) client: ClientId,
}

/// The queue of outputs and the answers awaited.
pub(crate) type Outbox = daemon::Outbox<Purpose, FilePurpose>;

impl Purpose {
    /// The client who waits for the answer.
    pub(crate) const fn client(&self) -> Option<ClientId> {
        match self {
            Purpose::Station { client, .. } | Purpose::Driver { client, .. } => Some(*client),
            #[cfg(feature = "testing")]
            Purpose::Word(client) => Some(*client),
            Purpose::Step { .. }
            | Purpose::Bss { .. }
            | Purpose::BssStep { .. }
            | Purpose::Link { .. }
            | Purpose::Nothing(_) => None,
        }
    }
}
