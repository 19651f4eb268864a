//! What requests carry that is more than a field or two.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::{MacAddr, Ssid};

use crate::{ChannelDefinition, KeyBytes, KeyKind, LinkId, MfpMode, StationFlags};

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScanParameters {
    /// SSIDs to probe for; an empty one is the wildcard; no entry: passive scan.
    pub ssids: Vec<Ssid>,
    /// Frequencies in MHz; none: all.
    pub freqs: Vec<u32>,
    /// Elements to add to probe requests.
    pub elements: Vec<u8>,
    /// Only this BSSID.
    pub bssid: Option<MacAddr>,
    /// Forget what was known before.
    pub flush: bool,
    /// Low priority.
    pub low_priority: bool,
    /// Random MAC address: address and mask.
    pub random_mac: Option<(MacAddr, MacAddr)>,
    /// Management frames of the scan use no CCK rates.
    pub no_cck: bool,
    /// Dwell time per channel in time units; 0: the driver's choice.
    pub duration: u16,
}

/// What to scan for, again and again.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchedScanParameters {
    /// Interval, ms.
    pub interval: u32,
    /// SSIDs to probe for.
    pub ssids: Vec<Ssid>,
    /// SSIDs whose presence is worth an event.
    pub match_ssids: Vec<Ssid>,
    /// Frequencies in MHz; none: all.
    pub freqs: Vec<u32>,
    /// Elements to add to probe requests.
    pub elements: Vec<u8>,
    /// Weakest signal that matches, dBm.
    pub rssi_threshold: Option<i32>,
}

/// With whom and how to authenticate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticateParameters {
    /// Access point.
    pub bssid: MacAddr,
    /// Its channel, MHz.
    pub freq: u32,
    /// Its SSID.
    pub ssid: Ssid,
    /// Authentication algorithm number ([`wire::frame::auth_algorithm`]).
    pub algorithm: u16,
    /// Transaction, status and what follows, for SAE and others whose frames the daemon builds; empty for open.
    pub data: Vec<u8>,
    /// Elements to add.
    pub elements: Vec<u8>,
    /// Forget an earlier authentication without a frame.
    pub local_state_change: bool,
    /// With a multi-link device: over which link, and its address.
    pub mld: Option<(LinkId, MacAddr)>,
}

/// With whom and how to associate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociateParameters {
    /// Access point.
    pub bssid: MacAddr,
    /// Its channel, MHz.
    pub freq: u32,
    /// Its SSID.
    pub ssid: Ssid,
    /// Elements to add: RSNE, RSNXE and others.
    pub elements: Vec<u8>,
    /// Present for a reassociation: the access point before.
    pub prev_bssid: Option<MacAddr>,
    /// Cipher and AKM in use; absent: no security.
    pub security: Option<LinkSecurity>,
    /// Management frame protection.
    pub mfp: MfpMode,
    /// The kernel leaves EAPOL frames to the daemon, over nl80211 where it can.
    pub control_port: bool,
    /// HT switched off.
    pub disable_ht: bool,
    /// VHT switched off.
    pub disable_vht: bool,
    /// With a multi-link device: its address and links.
    pub multi_link: Option<MultiLink>,
}

/// The links of an association with a multi-link device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiLink {
    /// Address of the device.
    pub addr: MacAddr,
    /// The link over which the request goes: one of the list.
    pub over: LinkId,
    /// All links that are asked for.
    pub links: Vec<AssociateLink>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociateLink {
    /// Which.
    pub link: LinkId,
    /// The access point's address there.
    pub bssid: MacAddr,
    /// Its channel, MHz.
    pub freq: u32,
    /// Elements of this link alone.
    pub elements: Vec<u8>,
}

/// Suites of a link, as selectors (00-0F-AC-04 = 0x000fac04).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSecurity {
    /// RSN, otherwise WPA version 1.
    pub rsn: bool,
    /// Pairwise cipher.
    pub pairwise: u32,
    /// Group cipher.
    pub group: u32,
    /// AKM.
    pub akm: u32,
}

/// With whom and how to connect, for drivers with their own SME.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectParameters {
    /// The access point to use, if it shall not be the driver's choice.
    pub bssid: Option<MacAddr>,
    /// One to try first.
    pub bssid_hint: Option<MacAddr>,
    /// Its channel, MHz.
    pub freq: Option<u32>,
    /// SSID.
    pub ssid: Ssid,
    /// Authentication algorithm number; absent: the driver's choice.
    pub algorithm: Option<u16>,
    /// Elements to add.
    pub elements: Vec<u8>,
    /// Suites; absent: no security.
    pub security: Option<LinkSecurity>,
    /// Management frame protection.
    pub mfp: MfpMode,
    /// PMK or PSK, for drivers that do the 4-way handshake.
    pub psk: Option<KeyBytes>,
    /// The daemon authenticates where the driver asks for it ([`crate::Event::ExternalAuth`]).
    pub external_auth: bool,
    /// SAE password, for drivers that do SAE.
    pub sae_password: Option<KeyBytes>,
    /// The access point before.
    pub prev_bssid: Option<MacAddr>,
}

/// A key to install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyParameters {
    /// What it protects.
    pub kind: KeyKind,
    /// Slot: 0 to 3 for data, 4 and 5 for group management frames, 6 and 7 for beacons.
    pub index: u8,
    /// Cipher suite selector.
    pub cipher: u32,
    /// The material; for TKIP with its MIC keys in the kernel's order.
    pub key: KeyBytes,
    /// Receive sequence counter, least significant octet first; 0 or 6 octets.
    pub sequence: Vec<u8>,
    /// Also make it the one to transmit with.
    pub set_default: bool,
    /// Only for receiving, until made the default (extended key identifiers).
    pub rx_only: bool,
    /// Of which link; a pairwise key is of all.
    pub link: Option<LinkId>,
}

/// A frame to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransmitParameters {
    /// Channel, MHz; absent: the one the interface is on.
    pub freq: Option<u32>,
    /// How long to stay for an answer, ms.
    pub wait: u32,
    /// The management frame with its header.
    pub frame: Vec<u8>,
    /// No CCK rates.
    pub no_cck: bool,
    /// No acknowledgement expected, no status reported.
    pub no_ack: bool,
    /// May leave the operating channel.
    pub offchannel: bool,
    /// Over which link.
    pub link: Option<LinkId>,
}

/// What a beacon and the answers of an access point consist of. Element order is the daemon's affair.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BeaconParameters {
    /// From frame control up to the element before the TIM.
    pub head: Vec<u8>,
    /// From the element after the TIM on.
    pub tail: Vec<u8>,
    /// Additional elements of beacons, for drivers that build their own.
    pub beacon_elements: Vec<u8>,
    /// Of probe responses.
    pub probe_response_elements: Vec<u8>,
    /// Of (re)association responses.
    pub assoc_response_elements: Vec<u8>,
    /// A whole probe response, for drivers that answer.
    pub probe_response: Vec<u8>,
}

/// Everything about an access point to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApParameters {
    /// SSID.
    pub ssid: Ssid,
    /// 0: in beacons; 1: empty; 2: zeroes of its length (nl80211's values).
    pub hidden_ssid: u8,
    /// Beacon interval, time units.
    pub beacon_interval: u16,
    /// Beacons between two DTIMs.
    pub dtim_period: u8,
    /// Channel.
    pub channel: ChannelDefinition,
    /// Beacon.
    pub beacon: BeaconParameters,
    /// Privacy bit.
    pub privacy: bool,
    /// RSN, otherwise (with `pairwise` not empty) WPA version 1; both bits possible: 1 WPA, 2 RSN.
    pub wpa_versions: u8,
    /// AKM selectors.
    pub akms: Vec<u32>,
    /// Pairwise ciphers.
    pub pairwise: Vec<u32>,
    /// Group cipher.
    pub group: Option<u32>,
    /// Drivers that count inactivity themselves: seconds.
    pub inactivity_timeout: Option<u16>,
    /// Stations do not see each other.
    pub isolate: bool,
    /// Settings that are given at start.
    pub options: BssOptions,
    /// Of which link.
    pub link: Option<LinkId>,
}

/// Settings of a BSS; `None` leaves one as it is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BssOptions {
    /// CTS protection.
    pub cts_protection: Option<bool>,
    /// Short preamble.
    pub short_preamble: Option<bool>,
    /// Short slot time.
    pub short_slot: Option<bool>,
    /// HT operation mode field.
    pub ht_operation_mode: Option<u16>,
    /// Basic rates, units of 500 kb/s.
    pub basic_rates: Option<Vec<u8>>,
    /// Stations do not see each other.
    pub isolate: Option<bool>,
    /// Group frames are sent to each station.
    pub multicast_to_unicast: Option<bool>,
    /// Of which link.
    pub link: Option<LinkId>,
}

/// Everything about a station to add.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StationParameters {
    /// Address.
    pub addr: MacAddr,
    /// Association identifier, 1 to 2007; absent: not associated yet.
    pub aid: Option<u16>,
    /// Capability information.
    pub capability: u16,
    /// Listen interval, beacon intervals.
    pub listen_interval: u16,
    /// Rates, units of 500 kb/s.
    pub rates: Vec<u8>,
    /// HT capabilities element body, 26 octets, if it has HT.
    pub ht_capabilities: Option<Vec<u8>>,
    /// VHT capabilities element body, 12 octets.
    pub vht_capabilities: Option<Vec<u8>>,
    /// HE capabilities element body.
    pub he_capabilities: Option<Vec<u8>>,
    /// Operating mode notification.
    pub opmode: Option<u8>,
    /// Extended capabilities element body.
    pub extended_capabilities: Vec<u8>,
    /// WMM: U-APSD queues and longest service period.
    pub uapsd: Option<(u8, u8)>,
    /// Flags.
    pub flags: StationFlags,
    /// A station of a multi-link device: over which link, and the device's address; `addr` is that of the link.
    pub mld: Option<(LinkId, MacAddr)>,
}
