//! The one interface between a daemon that decides and the loop that moves bytes.

use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Event, Failure, Reply, Request};
use wire::Instant;

/// Something that the loop tells a machine.
#[derive(Debug)]
pub enum Input {
    /// A connection to `privd` stands and its hello was accepted: begin, or begin anew (nothing of an earlier
    /// connection survives: interfaces have to be attached again).
    PrivdUp,
    /// The connection to `privd` is gone; requests without an answer will get none.
    PrivdDown,
    /// An answer.
    Reply {
        /// The request's identifier.
        id: u32,
        /// What came of it.
        result: Result<Reply, Failure>,
    },
    /// Something happened in the kernel.
    Event(Event),
    /// A connection to the post stands: control sockets are to be opened (again).
    PostUp,
    /// The connection to the post is gone, and all its clients.
    PostDown,
    /// What came of opening a control socket.
    ControlOpened {
        /// Which.
        socket: SocketId,
        /// Why it failed, in words.
        result: Result<(), String>,
    },
    /// A command.
    Control {
        /// On this socket.
        socket: SocketId,
        /// From this client.
        client: ClientId,
        /// The datagram.
        command: Vec<u8>,
    },
    /// A client cannot be reached any more.
    ControlGone {
        /// Which.
        client: ClientId,
    },
    /// A file's contents, or why not, in words.
    FileRead {
        /// Correlation.
        token: u32,
        /// Contents.
        result: Result<Vec<u8>, String>,
    },
    /// A file was replaced, or why not, in words.
    FileWritten {
        /// Correlation.
        token: u32,
        /// Why it failed.
        result: Result<(), String>,
    },
    /// A signal.
    Signal(Signal),
    /// The deadline that was asked for has passed.
    Timeout,
}

/// Signals that mean something to a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: read the configuration again; reopen the log.
    Hangup,
    /// SIGTERM or SIGINT: end.
    Terminate,
    /// SIGUSR1: say what state things are in.
    User1,
}

/// What is to become of a message for a helper where too much waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// An event of which many come at once and whose content a client can ask for: let go before anything else.
    Detail,
    /// A reply or an event that a client waits for, or a frame for the air, which loses some itself: let go from some
    /// thousands on.
    Awaited,
    /// Something that the other side's state depends on: never let go.
    State,
}

/// Something that a machine wants done.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "an output is moved once, from the machine's queue to the loop")]
pub enum Output {
    /// Asks `privd`.
    Request {
        /// Identifier, unique while the request is outstanding.
        id: u32,
        /// What.
        request: Request,
    },
    /// Opens a control socket.
    OpenControl {
        /// Its name from now on.
        socket: SocketId,
        /// Path of the socket.
        path: String,
        /// Group that may use it: name or number.
        group: Option<String>,
    },
    /// Closes one.
    CloseControl {
        /// Which.
        socket: SocketId,
    },
    /// Sends a datagram to clients: a reply, or an event to those that are attached.
    Send {
        /// To whom.
        clients: Vec<ClientId>,
        /// What.
        data: Vec<u8>,
        /// What becomes of it where too much waits already.
        worth: Worth,
    },
    /// Reads a file.
    ReadFile {
        /// Correlation.
        token: u32,
        /// Absolute path.
        path: String,
    },
    /// Replaces a file that was named at start.
    WriteFile {
        /// Correlation.
        token: u32,
        /// Absolute path.
        path: String,
        /// New contents.
        data: Vec<u8>,
    },
    /// Reopens the log file.
    ReopenLog,
    /// Changes what is logged.
    SetLogLevel {
        /// New level.
        level: crate::log::Level,
        /// With the time at the start of each line; absent: as before.
        timestamps: Option<bool>,
    },
    /// Ends the daemon with this exit status, once what was queued before it has left.
    Exit(u8),
}

/// A daemon: everything that decides, and nothing that waits.
///
/// The loop calls [`Machine::handle`] with one input, then [`Machine::poll_output`] until it gives nothing more, then
/// sleeps until [`Machine::poll_deadline`] or the next input. Spurious timeouts are harmless.
pub trait Machine {
    /// Takes an input. `rng` gives random octets from the kernel.
    fn handle(&mut self, input: Input, now: Instant, rng: &mut dyn crypto::Rng);

    /// The next thing to do, in order.
    fn poll_output(&mut self) -> Option<Output>;

    /// When to call back with [`Input::Timeout`].
    fn poll_deadline(&self) -> Option<Instant>;

    /// Something that whoever started the daemon in the background wants to know the end of is still under way.
    fn is_starting(&self) -> bool {
        false
    }

    /// What it is doing, in a few words for whoever asks the service manager.
    fn status(&self) -> String {
        String::new()
    }
}
