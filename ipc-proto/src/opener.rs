//! The vocabulary of the post with its keeper, which alone can open the granted files: by their place in the grant.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// A granted file: its place in the grant's list, and its name in the folder that is meant there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Place in the list of files.
    pub place: u16,
    /// Its own name, without folder.
    pub name: String,
}

/// From the post to its keeper. Each is answered by one [`FromOpener`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToOpener {
    /// Opens a file for reading.
    Read(Granted),
    /// Opens a journal for the new content of a file; one that was open before is forgotten.
    Begin {
        /// Which.
        file: Granted,
        /// Also where the file does not say that it may be saved.
        told: bool,
    },
    /// The same for a file that the superuser has named on a control socket, by its absolute path. It has to say that it
    /// may be saved.
    BeginNamed(String),
    /// The journal is complete and on the disk: its file gets the content.
    Complete,
    /// Opens the log, at its end.
    Log,
}

/// What came of it: a descriptor comes with each success but that of [`ToOpener::Complete`]. A failure is in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromOpener(pub Result<(), String>);
