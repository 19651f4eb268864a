//! What a device is given: who it is, and what it may do.

use alloc::vec::Vec;
use crypto::{Rng, Secret};
use wire::{MacAddr, Ssid};

use crate::channel::{Channel, ChannelIn, ChannelList, Country};
use crate::code::{Capability, DeviceCapability, GroupCapability};
use crate::info::{ConfigTimeout, Description, DeviceInfo, ExtendedListen};

/// The profile of a device.
#[derive(Clone, Debug)]
pub struct Config {
    /// P2P device address.
    pub address: MacAddr,
    /// The address that it will have in its next group.
    pub interface: MacAddr,
    /// What it is and what it is called.
    pub description: Description,
    /// What it can.
    pub capability: DeviceCapability,
    /// What groups that it owns can: of [`GroupCapability`], intra-BSS distribution, cross connection, and persistent reconnect.
    pub group_capability: GroupCapability,
    /// Where it is; the third octet is 4.
    pub country: Country,
    /// Where it listens: a social channel.
    pub listen_channel: Channel,
    /// Where it may own a group.
    pub owner_channels: ChannelList,
    /// Where else it may be a client, since somebody else owns the group there.
    pub client_channels: ChannelList,
    /// Where it would rather own a group, best first: the channel in use of a radio with one, for example.
    pub preferred: Vec<Channel>,
    /// How long it needs to be ready.
    pub config_timeout: ConfigTimeout,
    /// When it listens while it is busy otherwise.
    pub extended_listen: Option<ExtendedListen>,
    /// What stands behind `DIRECT-xy` in names of its groups.
    pub ssid_postfix: Vec<u8>,
    /// Subelements of Wi-Fi Display.
    pub display: Option<Vec<u8>>,
    /// Texts of Wi-Fi Simple Configuration: manufacturer, model name, model number, serial number.
    pub texts: [Vec<u8>; 4],
}

impl Config {
    pub(crate) fn device_info(&self) -> DeviceInfo {
        DeviceInfo { address: self.address, description: self.description.clone() }
    }

    pub(crate) const fn in_country(&self, channel: Channel) -> ChannelIn {
        ChannelIn { country: self.country, channel }
    }

    pub(crate) const fn capability(&self, group: u8) -> Capability {
        Capability { device: self.capability, group: GroupCapability(self.group_capability.0 | group) }
    }

    /// Channels where it may be in a group; with `owner`, as owner alone.
    pub(crate) fn channels(&self, owner: bool) -> ChannelList {
        let more = self.client_channels.iter().filter(|channel| !owner && !self.owner_channels.contains(*channel));
        self.owner_channels.iter().chain(more).collect()
    }
}

/// What lets devices into a group. The passphrase is wiped, and not printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// The group's SSID.
    pub ssid: Ssid,
    /// Its passphrase: 8 to 63 printable ASCII characters.
    pub passphrase: Secret,
}

/// Letters and digits, as names and passphrases have them (3.2.1).
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn letter(rng: &mut dyn Rng) -> u8 {
    loop {
        let mut octet = [0];
        rng.fill(&mut octet);
        let [octet] = octet;
        // Six bits, and the two values beyond the alphabet again, so that each letter is as likely as any other.
        if let Some(letter) = ALPHABET.get(usize::from(octet & 0x3f)) {
            return *letter;
        }
    }
}

impl Credentials {
    /// New ones, for a group with this postfix: two random letters in its name (3.2.1), twelve in its passphrase.
    #[must_use]
    pub fn generate(postfix: &[u8], rng: &mut dyn Rng) -> Credentials {
        let name: Vec<u8> =
            b"DIRECT-".iter().copied().chain([letter(rng), letter(rng)]).chain(postfix.iter().copied()).collect();
        // A postfix that is too long is cut.
        let ssid = Ssid::new(name.get(..32).unwrap_or(&name)).unwrap_or_default();
        let passphrase: [u8; 12] = core::array::from_fn(|_| letter(rng));
        Credentials { ssid, passphrase: Secret::from(passphrase) }
    }
}

/// A random count from 1 to 3 of 100 time units: how long a device listens (3.1.2.1.3).
pub(crate) fn listen_interval(rng: &mut dyn Rng) -> core::time::Duration {
    let mut octets = [0; 4];
    rng.fill(&mut octets);
    let count = (u32::from_le_bytes(octets) % 3).saturating_add(1);
    core::time::Duration::from_micros(102_400_u64.saturating_mul(u64::from(count)))
}

/// A random dialog token, which is not 0.
pub(crate) fn dialog_token(rng: &mut dyn Rng) -> u8 {
    let mut octet = [0];
    rng.fill(&mut octet);
    let [octet] = octet;
    octet.max(1)
}
