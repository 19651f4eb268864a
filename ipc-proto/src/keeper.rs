//! What a keeper tells the daemon whose `privd` or `privd post` it keeps alive. The keeper reads nothing.

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
