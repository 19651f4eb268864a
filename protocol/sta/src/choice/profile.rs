//! What is to be joined: typed, whatever file it stood in.

use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Secret};
use rsn::{AkmSuite, CipherSuite, Pmf, Protocol, SaePwe};
use wire::{MacAddr, Ssid};

/// Names a profile for as long as it exists.
pub type NetworkId = u32;

/// A network that may be joined.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its number.
    pub id: NetworkId,
    /// Its name; none: any, where an access point is named.
    pub ssid: Option<Ssid>,
    /// Which of its access points are used.
    pub bssids: Bssids,
    /// Those of higher priority are chosen first.
    pub priority: i64,
    /// It may be joined without being asked for.
    pub enabled: bool,
    /// It lacks nothing but a passphrase or key. Where more is missing it is not enabled.
    pub lacks_secret: bool,
    /// A user is to be asked for that.
    pub asks_for_secret: bool,
    /// Its name has to be called, since it does not show it.
    pub hidden: bool,
    /// The only channels to scan for it, in MHz; none: all.
    pub scan_freqs: Vec<u32>,
    /// The only channels on which it is used, in MHz; none: all.
    pub freqs: Vec<u32>,
    /// How it is to be protected.
    pub security: Security,
    /// How its links are to be.
    pub terms: Terms,
}

/// Which access points of a network are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bssids {
    /// The only one.
    pub only: Option<MacAddr>,
    /// The one to try first.
    pub hint: Option<MacAddr>,
    /// Those that are not used: addresses and masks.
    pub ignored: Vec<(MacAddr, MacAddr)>,
    /// The only ones that are used, if any is named: addresses and masks.
    pub accepted: Vec<(MacAddr, MacAddr)>,
}

impl Bssids {
    /// Whether this access point may be used.
    #[must_use]
    pub fn accept(&self, bssid: MacAddr) -> bool {
        let on = |list: &[(MacAddr, MacAddr)]| {
            list.iter().any(|(address, mask)| {
                let mut pairs = address.octets().iter().zip(bssid.octets()).zip(mask.octets());
                pairs.all(|((listed, seen), mask)| listed & mask == seen & mask)
            })
        };
        self.only.is_none_or(|only| only == bssid)
            && !on(&self.ignored)
            && (self.accepted.is_empty() || on(&self.accepted))
    }
}

/// The pre-shared key of a network.
#[derive(Clone, Debug)]
pub enum Psk {
    /// A passphrase; the key depends on the name of the network too (IEEE Std 802.11-2020 J.4).
    Passphrase(Secret),
    /// The key itself.
    Key(Pmk),
    /// There is one, but not here.
    Elsewhere,
}

/// The password of SAE.
#[derive(Clone, Debug)]
pub struct SaeSecret {
    /// The password.
    pub password: Secret,
    /// Which of several passwords it is.
    pub identifier: Option<Vec<u8>>,
    /// Further names of that identifier, of which one is used each time (`sae_password_id_change`).
    pub aliases: Vec<Vec<u8>>,
}

/// How a network is to be protected.
#[derive(Clone, Debug)]
pub struct Security {
    /// It may be open.
    pub open: bool,
    /// It must not be open although it may, since protection of management frames is required.
    pub open_refused: bool,
    /// It names methods beside none: of those that can be carried out `akms` has the list.
    pub protected: bool,
    /// Protocols to accept.
    pub protocols: Vec<Protocol>,
    /// Key management suites to accept for which there is a secret, the preferred first.
    pub akms: Vec<AkmSuite>,
    /// Pairwise ciphers to accept, the preferred first.
    pub pairwise: Vec<CipherSuite>,
    /// Group ciphers to accept.
    pub group: Vec<CipherSuite>,
    /// Ciphers for group addressed management frames to accept.
    pub group_management: Vec<CipherSuite>,
    /// Protection of management frames.
    pub pmf: Pmf,
    /// How SAE derives its password element.
    pub sae_pwe: SaePwe,
    /// SAE is used only where management frames are protected (`sae_check_mfp`).
    pub sae_needs_pmf: bool,
    /// New names of the password's identifier are accepted.
    pub password_id_change: bool,
    /// The network's name is confirmed in the 4-way handshake.
    pub ssid_protection: bool,
    /// The operating channel is validated.
    pub ocv: bool,
    /// A key may be used with other access points of the network.
    pub opportunistic: bool,
    /// The pre-shared key.
    pub psk: Option<Psk>,
    /// The password of SAE.
    pub sae: Option<SaeSecret>,
}

/// How links to a network are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Without HT.
    pub no_ht: bool,
    /// Without VHT.
    pub no_vht: bool,
    /// Frames have four addresses.
    pub four_address: bool,
    /// Beacons are protected where the driver can.
    pub beacon_protection: bool,
    /// A new pairwise key is asked for after so long.
    pub ptk_rekey: Option<Duration>,
    /// When the link is rather made anew than the pairwise key replaced.
    pub deny_ptk0_rekey: DenyPtk0,
}

/// When a link is rather made anew than its pairwise key replaced (`wpa_deny_ptk0_rekey`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenyPtk0 {
    /// Never.
    #[default]
    Never,
    /// Where the driver cannot replace it safely.
    Unsafe,
    /// Always.
    Always,
}
