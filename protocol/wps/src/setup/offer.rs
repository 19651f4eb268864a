//! What an Enrollee is given.

use alloc::vec;
use alloc::vec::Vec;

use crypto::{Rng, Secret, pbkdf2_psk};
use wire::Ssid;

use crate::Forbidden;
use crate::credential::{Credential, Network, NetworkKey, Security};
use crate::device::Device;
use crate::message::M1;
use crate::quirks::{Quirk, Quirks};

/// The letters of a passphrase that is made up: 64 of them, so that each octet's low bits choose one.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+";
/// How many: 132 bits.
const PASSPHRASE: usize = 22;

/// What there is to give.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// The networks, the first one first.
    pub networks: Vec<Network>,
    /// What a backhaul station of Multi-AP is given in their place.
    pub backhaul: Option<Network>,
    /// Each Enrollee is given a key of its own: it is to be remembered when it is registered.
    pub own_keys: bool,
    /// The access point has no configuration: a network of this name is made up for the first Enrollee.
    pub made_up: Option<Ssid>,
}

impl Networks {
    /// Credentials for this Enrollee, and the network if it was made up for it.
    ///
    /// # Errors
    /// If it can enter none of them.
    pub(super) fn offer(
        &self,
        m1: &M1,
        quirks: Quirks,
        rng: &mut dyn Rng,
    ) -> Result<(Vec<Credential>, Option<Network>), Forbidden> {
        let wants_backhaul = m1.extension.multi_ap.is_some_and(|multi_ap| multi_ap.is_backhaul_station());
        if let (Some(backhaul), true) = (&self.backhaul, wants_backhaul) {
            return Ok((vec![backhaul.credential(m1.addr)], None));
        }
        if let Some(ssid) = self.made_up {
            let network = make_up(ssid, rng);
            return Ok((vec![network.credential(m1.addr)], Some(network)));
        }
        let mut given = Vec::new();
        let mut refused = Forbidden::Unknown;
        for network in &self.networks {
            let mut network = network.clone();
            if self.own_keys {
                give_own_key(&mut network, rng);
            } else if quirks.has(Quirk::NeedsKey) && needs_key(&m1.device) {
                give_key(&mut network);
            }
            match network.credential_for(m1.addr, m1.auth, m1.encr, quirks) {
                Ok(credential) => given.push(credential),
                Err(why) => refused = why,
            }
        }
        if given.is_empty() { Err(refused) } else { Ok((given, None)) }
    }

    /// What was made up is the configuration.
    pub(super) fn configured(&mut self, network: Network) {
        self.made_up = None;
        self.networks = vec![network];
    }
}

fn make_up(ssid: Ssid, rng: &mut dyn Rng) -> Network {
    let mut octets = [0; PASSPHRASE];
    rng.fill(&mut octets);
    let letters = octets.iter().filter_map(|octet| LETTERS.get(usize::from(octet & 63)).copied());
    let key = NetworkKey::Passphrase(Secret::from(letters.collect::<Vec<u8>>()));
    let security = Security::Personal { is_wpa2: true, is_wpa: false, has_aes: true, has_tkip: false, key };
    Network { ssid, security, is_shareable: false }
}

fn give_own_key(network: &mut Network, rng: &mut dyn Rng) {
    if let Security::Personal { key, .. } = &mut network.security {
        let mut octets = [0; 32];
        rng.fill(&mut octets);
        *key = NetworkKey::Key(Secret::from(octets));
    }
}

/// The key of the passphrase (IEEE Std 802.11-2020 J.4.1).
fn give_key(network: &mut Network) {
    if let Security::Personal { key, .. } = &mut network.security
        && let NetworkKey::Passphrase(passphrase) = key
    {
        let psk = pbkdf2_psk(passphrase.as_bytes(), network.ssid.as_bytes());
        *key = NetworkKey::Key(Secret::from(psk.as_bytes()));
    }
}

fn needs_key(device: &Device) -> bool {
    device.manufacturer.starts_with(b"Apple ") && device.model_name == b"AirPort"
}
