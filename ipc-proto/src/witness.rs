//! What the post tells `privd` of the superuser's words, over a line of their own that no daemon holds.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Most names in a message.
pub const MAX_NAMES: usize = 1024;

/// From the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWitness {
    /// The superuser has named these, and may mean interfaces or bridges.
    Named(Vec<String>),
    /// He has taken these back.
    Gone(Vec<String>),
}

/// From `privd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWitness {
    /// It has begun anew and knows nothing of what was said before.
    Again,
}
