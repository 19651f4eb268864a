//! The vocabulary of a daemon with `privd post`, which owns the control sockets and the daemon's files.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::Role;

/// Names a control socket; chosen by the daemon.
pub type SocketId = u32;
/// Names an address that wrote to a control socket; given by the post, never used twice in its life.
pub type ClientId = u64;

/// Most octets of a command or a reply.
pub const MAX_DATAGRAM: usize = 64 * 1024;
/// Most octets of a file: more than any list is that a daemon could hold.
pub const MAX_FILE: usize = 64 * 1024 * 1024;
/// Most octets of a part of one.
pub const MAX_PART: usize = 64 * 1024;

/// From a daemon to the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToPost {
    /// The first message, and only the first.
    Hello {
        /// [`crate::VERSION`].
        version: u16,
        /// What the daemon is.
        role: Role,
        /// Absolute paths of its granted configuration files: others that stand in them may be read too.
        configurations: Vec<String>,
    },
    /// Opens a control socket. Answered by [`FromPost::Opened`].
    Open {
        /// Its name from now on.
        socket: SocketId,
        /// Path of the socket, where the grant has one; `@name` is of the abstract space.
        path: String,
        /// Group that may use it, which the grant names: name or number; none: only its owner.
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
        /// Absolute path: granted, or named by the superuser in a command or in a granted file.
        path: String,
    },
    /// Replaces a granted file. Answered by [`FromPost::FileWritten`] once the last part is on the disk.
    WriteFile {
        /// Correlation.
        token: u32,
        /// Absolute path.
        path: String,
        /// A part of its new contents, in order; at most [`MAX_PART`] octets.
        data: Vec<u8>,
        /// The last part.
        last: bool,
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
    /// A file to be read: its descriptor comes with this message, unless it failed.
    FileRead {
        /// Correlation.
        token: u32,
        /// Why it failed, in words.
        result: Result<(), String>,
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
