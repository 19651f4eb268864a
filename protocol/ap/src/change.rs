//! What a BSS tells.

use alloc::string::String;

use ipc_proto::ChannelDefinition;
use wire::MacAddr;

/// Something that has changed or happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A station's port is open.
    Connected {
        /// Which one.
        addr: MacAddr,
        /// Name of the key that it used, where the list of keys has names.
        keyid: Option<String>,
    },
    /// It is not any more.
    Disconnected(MacAddr),
    /// A station has another key than ours: the likeliest reason is a wrong passphrase.
    PskMismatch(MacAddr),
    /// A 4-way handshake is done.
    FourWayCompleted(MacAddr),
    /// A station that was silent is there.
    PollOk(MacAddr),
    /// There is no room for a station.
    NoRoom(MacAddr),
    /// A station's identifier of a password is not known.
    PasswordIdentifierUnknown(MacAddr),
    /// A switch of channels is over.
    Switched {
        /// To which one.
        channel: ChannelDefinition,
        /// HT is used there.
        ht: bool,
        /// Where the secondary channel is: 1 above, -1 below, 0 nowhere.
        secondary: i8,
    },
    /// Somebody asks who is there.
    Probed {
        /// Who.
        addr: MacAddr,
        /// As strong as that, in dBm; 0 where the driver does not say.
        signal: i32,
    },
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// What an administrator wants to know.
    Info,
    /// What is wrong but goes on.
    Warning,
    /// What failed.
    Error,
}
