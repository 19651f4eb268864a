//! The vocabulary of a daemon with `privd post`, which owns the control sockets and the daemon's files.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Names a control socket; chosen by the daemon.
pub type SocketId = u32;
/// Names an address that wrote to a control socket; given by the post, never used twice in its life.
pub type ClientId = u64;

/// Most octets of a command or a reply.
pub const MAX_DATAGRAM: usize = 64 * 1024;
/// Most octets of a file.
pub const MAX_FILE: usize = 120 * 1024;

/// From a daemon to the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToPost {
    /// The first message, and only the first.
    Hello {
        /// [`crate::VERSION`].
        version: u16,
    },
    /// Opens a control socket. Answered by [`FromPost::Opened`].
    Open {
        /// Its name from now on.
        socket: SocketId,
        /// Path of the socket, below a directory that was allowed at start.
        path: String,
        /// Group that may use it: name or number; none: only its owner.
        group: Option<String>,
    },
    /// Closes one and removes its file.
    Close {
        /// Which.
        socket: SocketId,
    },
    /// Sends a datagram (a reply, or an event) to clients that wrote to us before.
    Send {
        /// To whom.
        clients: Vec<ClientId>,
        /// What.
        data: Vec<u8>,
    },
    /// Reads a file. Answered by [`FromPost::FileRead`].
    ReadFile {
        /// Correlation.
        token: u32,
        /// Absolute path: one named at start, or, with `on_behalf`, any that this client could read.
        path: String,
        /// The client whose command names the file.
        on_behalf: Option<ClientId>,
    },
    /// Replaces a file that was named as writable at start. Answered by [`FromPost::FileWritten`].
    WriteFile {
        /// Correlation.
        token: u32,
        /// Absolute path.
        path: String,
        /// New contents, whole.
        data: Vec<u8>,
    },
    /// Opens the log file named at start anew. Answered by [`FromPost::Log`] with its descriptor.
    ReopenLog,
}

/// From the post to a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromPost {
    /// The hello was accepted.
    Welcome {
        /// [`crate::VERSION`].
        version: u16,
    },
    /// What came of opening a control socket.
    Opened {
        /// Which.
        socket: SocketId,
        /// Why it failed, in words.
        result: Result<(), String>,
    },
    /// A datagram came.
    Command {
        /// On this socket.
        socket: SocketId,
        /// From this client.
        client: ClientId,
        /// The user who sent it.
        uid: u32,
        /// What it said.
        data: Vec<u8>,
    },
    /// A client cannot be reached any more, or is too slow: forget it.
    Gone {
        /// Which.
        client: ClientId,
    },
    /// A file's contents.
    FileRead {
        /// Correlation.
        token: u32,
        /// Contents, or why not, in words.
        result: Result<Vec<u8>, String>,
    },
    /// A file was replaced, or why not, in words.
    FileWritten {
        /// Correlation.
        token: u32,
        /// Why it failed.
        result: Result<(), String>,
    },
    /// The log file's new descriptor comes with this message, unless it failed.
    Log {
        /// Why it failed, in words.
        result: Result<(), String>,
    },
}
