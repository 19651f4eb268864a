//! Logging of both daemons.

/// How much is logged: wpa_supplicant's and hostapd's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything, frames included.
    Excessive,
    /// Messages as they come.
    MsgDump,
    /// For those who look for a fault.
    Debug,
    /// What an administrator wants to know.
    Info,
    /// What is wrong but goes on.
    Warning,
    /// What failed.
    Error,
}
