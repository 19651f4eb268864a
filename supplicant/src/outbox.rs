//! What the machine wants done, and what it waits for.

use std::collections::{BTreeMap, VecDeque};

use crypto::Rng;
use ctrl::Subscriber;
use daemon::Output;
use ipc_proto::Request;
use ipc_proto::post::{ClientId, SocketId};
use wire::Instant;

/// Names a station of this daemon for as long as the daemon runs.
pub(crate) type StationKey = u32;

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
    /// State of the link, after events were lost.
    LinkState,
    /// Starting a scan.
    Scan,
    /// Reading the table of BSSs.
    ScanResults,
    /// Sending an Authentication frame, in this attempt.
    Authenticate(u32),
    /// Sending an Association Request, in this attempt.
    Associate(u32),
    /// Connecting through the driver, in this attempt.
    Connect(u32),
    /// Installing the pairwise key, in this attempt.
    PairwiseKey(u32),
    /// Installing a group key, in this attempt.
    GroupKey(u32),
    /// Opening the port, in this attempt.
    Authorize(u32),
    /// Answering `SIGNAL_POLL`.
    SignalPoll(ClientId),
    /// Answering `STATUS`, which shows an address that only the kernel knows.
    Status(ClientId, ctrl::station::StatusKind),
    /// Answering `PKTCNT_POLL`.
    PacketCount(ClientId),
    /// Making an interface for `INTERFACE_ADD … create`.
    Create(ClientId),
    /// Answering a command of a test suite with OK or FAIL.
    #[cfg(feature = "testing")]
    Word(ClientId),
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

/// Outputs, requests without an answer and the global socket's listeners: shared by all stations.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Output>,
    next_request: u32,
    pending: BTreeMap<u32, (StationKey, Purpose)>,
    next_token: u32,
    files: BTreeMap<u32, (StationKey, FileJob)>,
    next_socket: SocketId,
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
    pub(crate) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// Asks `privd`. Without a connection nothing is asked: the next one begins anew anyway.
    pub(crate) fn request(&mut self, station: StationKey, purpose: Purpose, request: Request) {
        if !self.privd_up {
            return;
        }
        let id = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.pending.insert(id, (station, purpose));
        self.push(Output::Request { id, request });
    }

    /// Whose request an answer belongs to. `more`: further answers follow.
    pub(crate) fn answered(&mut self, id: u32, more: bool) -> Option<(StationKey, Purpose)> {
        if more { self.pending.get(&id).cloned() } else { self.pending.remove(&id) }
    }

    /// Requests get no answer any more; those of clients are given back, so that they hear so.
    pub(crate) fn forget_requests(&mut self) -> Vec<Purpose> {
        std::mem::take(&mut self.pending).into_values().map(|(_, purpose)| purpose).collect()
    }

    /// Sends a client its reply.
    pub(crate) fn reply(&mut self, client: ClientId, data: impl Into<Vec<u8>>) {
        self.push(Output::Send { clients: vec![client], data: data.into() });
    }

    pub(crate) fn read_file(&mut self, station: StationKey, job: FileJob, path: String, on_behalf: Option<ClientId>) {
        let token = self.token(station, job);
        self.push(Output::ReadFile { token, path, on_behalf });
    }

    pub(crate) fn write_file(&mut self, station: StationKey, job: FileJob, path: String, data: Vec<u8>) {
        let token = self.token(station, job);
        self.push(Output::WriteFile { token, path, data });
    }

    fn token(&mut self, station: StationKey, job: FileJob) -> u32 {
        let token = self.next_token;
        self.next_token = self.next_token.wrapping_add(1);
        self.files.insert(token, (station, job));
        token
    }

    /// What a file was wanted for.
    pub(crate) fn file_done(&mut self, token: u32) -> Option<(StationKey, FileJob)> {
        self.files.remove(&token)
    }

    /// The post is gone, and what it was asked with it.
    pub(crate) fn forget_files(&mut self) {
        self.files.clear();
    }

    /// A socket's name that was never used.
    pub(crate) fn socket(&mut self) -> SocketId {
        self.next_socket = self.next_socket.wrapping_add(1);
        self.next_socket
    }
}

/// The world during one call into the machine.
pub(crate) struct Cx<'a> {
    pub(crate) now: Instant,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) out: &'a mut Outbox,
}
