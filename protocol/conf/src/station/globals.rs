//! What stands outside the blocks.

use super::global_table::{GLOBAL_PARAMS, GlobalKey};
use crate::param::{self, Effect};
use crate::values::{Change, SetError, Values};
use alloc::{string::String, vec::Vec};

/// The parameters outside any block.
#[derive(Clone, PartialEq, Eq)]
pub struct Globals {
    pub(crate) values: Values,
}

impl Default for Globals {
    fn default() -> Self {
        Globals { values: Values::new(GLOBAL_PARAMS) }
    }
}

impl core::fmt::Debug for Globals {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.values.fmt(f)
    }
}

/// Where the control sockets of a daemon are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlDirectory {
    /// The directory.
    pub directory: String,
    /// The group that may use the sockets, by name or number.
    pub group: Option<String>,
}

impl ControlDirectory {
    /// What is said of a text that names no place for a socket (Android's configurations have the interface's name there).
    pub const NO_PLACE: &str = "is no absolute path of a directory: there will be no control socket";

    /// Reads `PATH` or `DIR=PATH GROUP=GROUP`; `group` is the one that another parameter names. Nothing comes of a path
    /// that is not absolute: whose working directory would it be in?
    pub fn parse(text: &str, group: Option<&str>) -> Option<ControlDirectory> {
        let (directory, own_group) = match text.strip_prefix("DIR=") {
            None => (text, None),
            Some(rest) => match rest.split_once(" GROUP=") {
                Some((directory, group)) => (directory, Some(group)),
                None => (rest, None),
            },
        };
        let group = own_group.or(group).filter(|group| !group.is_empty());
        directory
            .starts_with('/')
            .then(|| ControlDirectory { directory: directory.into(), group: group.map(Into::into) })
    }
}

impl Globals {
    /// Sets a parameter (a line of the file, or `SET`).
    ///
    /// # Errors
    /// If there is no such parameter or the text is not a value of it.
    pub fn set(&mut self, name: &[u8], text: &[u8]) -> Result<Change, SetError> {
        if name == b"no_ctrl_interface" {
            self.values.clear(GlobalKey::ctrl_interface);
            return Ok(Change::Changed);
        }
        self.values.set(name, text)
    }

    /// What a change of a parameter does.
    #[must_use]
    pub fn on_change(name: &[u8]) -> Effect {
        param::effect_of(GLOBAL_PARAMS, name)
    }

    /// The text of a parameter (`GET`); `None` if it is unset, unknown or secret.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.values.param(name).filter(|param| !param.shape.secret)?;
        self.values.get(name)
    }

    /// `name=value` lines of all parameters (`DUMP`); an unset one is `null`.
    pub fn dump(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (param, text) in self.values.dump() {
            if param.shape.secret {
                continue;
            }
            out.extend_from_slice(param.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(text.as_deref().unwrap_or(b"null"));
            out.push(b'\n');
        }
        out
    }

    /// Replaces `ctrl_interface` (`-C`).
    pub fn set_control_interface(&mut self, text: &str) {
        // An option of the command line has no line that it could break.
        let _ = self.values.set(b"ctrl_interface", text.as_bytes());
    }

    /// Where the control sockets are to be; `None` for no control sockets.
    pub fn control_directory(&self) -> Option<ControlDirectory> {
        let group = self.values.read(GlobalKey::ctrl_interface_group);
        self.values.read(GlobalKey::ctrl_interface).and_then(|text| ControlDirectory::parse(text, group))
    }

    /// Seconds a cached pairwise master key lasts.
    pub fn pmk_lifetime(&self) -> u32 {
        match self.values.read(GlobalKey::dot11RSNAConfigPMKLifetime) {
            // IEEE Std 802.11-2020 C.3: dot11RSNAConfigPMKLifetime defaults to 43200 seconds.
            0 => 43_200,
            seconds => seconds,
        }
    }
}
