//! What is to be done, and what each answer that is still to come is for.

use std::collections::{BTreeMap, VecDeque};

use ap::Tag;
use daemon::Output;
use ipc_proto::Request;
use ipc_proto::post::{ClientId, SocketId};
use wire::MacAddr;

use crate::iface::Step;

/// Names a radio for as long as the daemon lives.
pub(crate) type IfaceId = u32;

/// What an answer of `privd` is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A step of bringing a radio up; of this attempt only.
    Step { iface: IfaceId, attempt: u32, step: Step },
    /// Something that a BSS asked for; of this attempt only.
    Bss { iface: IfaceId, attempt: u32, bss: usize, tag: Tag },
    /// A client wants to see a station.
    Station { iface: IfaceId, bss: usize, addr: MacAddr, client: ClientId },
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
    Named { iface: IfaceId, attempt: u32, path: String },
    /// A configuration to be read again.
    Reload { iface: IfaceId, client: Option<ClientId> },
    /// A configuration to be added.
    Add { path: String, ifname: Option<String>, radio: Option<String>, client: ClientId },
    /// Keys to be used from now on.
    Psks { iface: IfaceId, bss: usize, path: String, client: ClientId },
}

/// The queue of outputs and the table of answers awaited.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Output>,
    purposes: BTreeMap<u32, Purpose>,
    files: BTreeMap<u32, FilePurpose>,
    next: u32,
}

impl Outbox {
    pub(crate) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    pub(crate) fn request(&mut self, purpose: Purpose, request: Request) {
        let id = self.number();
        self.purposes.insert(id, purpose);
        self.push(Output::Request { id, request });
    }

    pub(crate) fn purpose(&mut self, id: u32) -> Option<Purpose> {
        self.purposes.remove(&id)
    }

    /// An answer that has further parts.
    pub(crate) fn restore(&mut self, id: u32, purpose: Purpose) {
        self.purposes.insert(id, purpose);
    }

    /// Nothing that was asked will be answered. Gives the clients who still wait.
    pub(crate) fn forget_requests(&mut self) -> Vec<ClientId> {
        self.queue.retain(|output| !matches!(output, Output::Request { .. }));
        let waiting = |purpose| match purpose {
            Purpose::Station { client, .. } => Some(client),
            #[cfg(feature = "testing")]
            Purpose::Word(client) => Some(client),
            Purpose::Step { .. } | Purpose::Bss { .. } | Purpose::Nothing(_) => None,
        };
        std::mem::take(&mut self.purposes).into_values().filter_map(waiting).collect()
    }

    pub(crate) fn read(&mut self, purpose: FilePurpose, path: String, on_behalf: Option<ClientId>) {
        let token = self.number();
        self.files.insert(token, purpose);
        self.push(Output::ReadFile { token, path, on_behalf });
    }

    pub(crate) fn file(&mut self, token: u32) -> Option<FilePurpose> {
        self.files.remove(&token)
    }

    pub(crate) fn reply(&mut self, client: ClientId, data: impl Into<Vec<u8>>) {
        self.push(Output::Send { clients: vec![client], data: data.into() });
    }

    pub(crate) fn new_socket(&mut self) -> SocketId {
        self.number()
    }
}
