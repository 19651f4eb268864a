//! What a keeper tells the daemon whose `privd` or `privd post` it keeps alive, of which it reads nothing; and what it
//! gives each worker, a program of its own, on the line that is the worker's standard input.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// From a keeper to its daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromKeeper {
    /// A worker was started; the descriptor that comes with this message is the connection to it.
    Started {
        /// How many were started before this one.
        restarts: u32,
    },
    /// Workers die at once, again and again: the keeper waits before it tries anew.
    Faltering {
        /// Wait, ms.
        wait_ms: u32,
    },
}

/// From a keeper to its worker, which answers nothing: when this line ends, the other side is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Something that is open already: its descriptor comes with this message.
    Part(Part),
    /// Nothing further comes: the work begins.
    Begin(Begin),
}

/// What a descriptor is to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The connection with its daemon.
    Connection,
    /// The line between privd and the post of one daemon.
    Witness,
    /// The line to the keeper, who opens files.
    Opener,
    /// The device of the radio switches.
    Switches,
    /// A socket with more room than others.
    Spare,
    /// The system's log.
    Log,
}

/// What a worker has to know before it confines itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// [`crate::VERSION`] of the keeper.
    pub version: u16,
    /// What its daemon may have, in the form of a grant's file.
    pub grant: String,
    /// The folder in which the daemon was started: octets of a path.
    pub started: Option<Vec<u8>>,
    /// The user and group that it will have.
    pub own: (u32, u32),
    /// Groups by name: once confined, it cannot look them up any more.
    pub groups: Vec<(String, u32)>,
    /// Goes on where the kernel cannot confine.
    pub accept_unconfined: bool,
    /// Says more.
    pub debug: bool,
}
