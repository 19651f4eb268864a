//! The language of wpa_supplicant.conf.

mod block;
mod cred_table;
mod file;
mod global_table;
mod globals;
mod network;
mod network_table;
mod save;
#[cfg(test)]
mod tests;

pub use block::{Cred, Identity};
pub use cred_table::{CRED_PARAMS, IDENTITY_PARAMS};
pub use global_table::GLOBAL_PARAMS;
pub use globals::{ControlDirectory, Globals};
pub use network::{Network, NetworkId, Psk};
pub use network_table::NETWORK_PARAMS;

use crate::notice::Notice;
use alloc::{collections::BTreeMap, string::String, vec::Vec};

/// A whole wpa_supplicant.conf, or several that were read one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StationConfig {
    /// What stands outside the blocks.
    pub globals: Globals,
    /// The networks, in the order of the file, then in that in which they were added.
    pub networks: Vec<Network>,
    /// The credentials.
    pub creds: Vec<Cred>,
    /// The stored P2P identities.
    pub identities: Vec<Identity>,
    /// The named blobs.
    pub blobs: BTreeMap<String, Vec<u8>>,
}

impl StationConfig {
    /// Reads a configuration file; `name` is what its warnings and errors call it.
    ///
    /// # Errors
    /// Everything that is wrong with it; nothing of it is used then.
    pub fn parse(name: &str, contents: &[u8]) -> Result<(StationConfig, Vec<Notice>), crate::Rejected> {
        let mut config = StationConfig::default();
        let warnings = config.read(name, contents, false)?;
        Ok((config, warnings))
    }

    /// Reads a further file on top of this configuration (`-I`, RECONFIGURE onto an empty one); `read_only` keeps its
    /// networks out of saved files. On error this configuration is left as it was.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn read(&mut self, name: &str, contents: &[u8], read_only: bool) -> Result<Vec<Notice>, crate::Rejected> {
        file::read(self, name, contents, read_only)
    }

    /// The text that SAVE_CONFIG writes: parsing it gives this configuration again, without what is never saved
    /// (temporary and unusable networks, keys that stay in memory).
    pub fn to_text(&self) -> Vec<u8> {
        save::to_text(self)
    }

    /// The network of an identifier.
    pub fn network(&self, id: NetworkId) -> Option<&Network> {
        self.networks.iter().find(|network| network.id() == id)
    }

    /// The network of an identifier, to change it.
    pub fn network_mut(&mut self, id: NetworkId) -> Option<&mut Network> {
        self.networks.iter_mut().find(|network| network.id() == id)
    }

    /// Adds an empty network, which is disabled until it is enabled or selected, as ADD_NETWORK does.
    pub fn add_network(&mut self) -> &mut Network {
        let id = self.next_network_id();
        let mut network = Network::new(id);
        network.set_disabled(true);
        self.networks.push(network);
        let last = self.networks.len().saturating_sub(1);
        #[allow(clippy::indexing_slicing, reason = "the element was pushed just now")]
        &mut self.networks[last]
    }

    /// Takes a network away.
    pub fn remove_network(&mut self, id: NetworkId) -> Option<Network> {
        let at = self.networks.iter().position(|network| network.id() == id)?;
        Some(self.networks.remove(at))
    }

    fn next_network_id(&self) -> NetworkId {
        self.networks.iter().map(Network::id).max().map_or(0, |id| id.saturating_add(1))
    }

    /// The credential of an identifier.
    pub fn cred(&self, id: u32) -> Option<&Cred> {
        self.creds.iter().find(|cred| cred.id == id)
    }

    /// The credential of an identifier, to change it.
    pub fn cred_mut(&mut self, id: u32) -> Option<&mut Cred> {
        self.creds.iter_mut().find(|cred| cred.id == id)
    }

    /// Adds an empty credential and gives its identifier.
    pub fn add_cred(&mut self) -> u32 {
        let id = self.creds.iter().map(|cred| cred.id).max().map_or(0, |id| id.saturating_add(1));
        self.creds.push(Cred::new(id));
        id
    }
}
