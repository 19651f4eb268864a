use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use wire::MacAddr;
use wire::channel::Band;

/// Names an interface (whatever the kernel knows it by: a device of its own, or none) to the client that has it. Given
/// when the interface is attached or made, and never again to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Handle(pub u64);

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A link of a multi-link device, 0 to 14 (IEEE Std 802.11be-2024 9.4.2.321). Absent, wherever a message has room for one:
/// the only link of an interface that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkId(pub u8);

impl LinkId {
    /// The largest.
    pub const MAX: LinkId = LinkId(14);
}

/// What an interface is (nl80211's interface types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InterfaceType {
    /// A station of an infrastructure BSS.
    Station,
    /// An access point.
    AccessPoint,
    /// A VLAN of an access point.
    AccessPointVlan,
    /// A P2P client.
    P2pClient,
    /// A P2P group owner.
    P2pGroupOwner,
    /// A P2P device, without a network interface.
    P2pDevice,
    /// A monitor.
    Monitor,
    /// A mesh point.
    MeshPoint,
    /// An independent BSS.
    AdHoc,
    /// A device of neighbour awareness networking, without a network interface.
    NanDevice,
    /// A port of an access point for one peer with 4-address frames.
    FourAddressPort,
    /// No radio: a wired port.
    Wired,
    /// Something else.
    Other,
}

impl InterfaceType {
    /// Every type.
    pub const ALL: [InterfaceType; 13] = [
        InterfaceType::Station,
        InterfaceType::AccessPoint,
        InterfaceType::AccessPointVlan,
        InterfaceType::P2pClient,
        InterfaceType::P2pGroupOwner,
        InterfaceType::P2pDevice,
        InterfaceType::Monitor,
        InterfaceType::MeshPoint,
        InterfaceType::AdHoc,
        InterfaceType::NanDevice,
        InterfaceType::FourAddressPort,
        InterfaceType::Wired,
        InterfaceType::Other,
    ];
}

/// What an interface does: some requests are in order only in some conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// Neither of the others.
    Idle,
    /// An authentication, an association or a connection was asked for.
    Joining,
    /// The kernel reported a connection.
    Joined,
    /// Listens for radar before it may beacon.
    CheckingRadar,
    /// An access point was started.
    Beaconing,
}

impl Condition {
    /// Every one.
    pub const ALL: [Condition; 5] =
        [Condition::Idle, Condition::Joining, Condition::Joined, Condition::CheckingRadar, Condition::Beaconing];
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Condition::Idle => "idle",
            Condition::Joining => "joining",
            Condition::Joined => "joined",
            Condition::CheckingRadar => "checking for radar",
            Condition::Beaconing => "beaconing",
        })
    }
}

/// Operational state of a link (RFC 2863): dormant until the port is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperState {
    /// Waiting for an external event, such as authentication.
    Dormant,
    /// Packets may pass.
    Up,
}

/// Width of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ChannelWidth {
    /// 20 MHz without HT.
    #[default]
    NoHt20,
    /// 20 MHz.
    Mhz20,
    /// 40 MHz.
    Mhz40,
    /// 80 MHz.
    Mhz80,
    /// 80+80 MHz.
    Mhz80Plus80,
    /// 160 MHz.
    Mhz160,
    /// 320 MHz.
    Mhz320,
}

/// A channel to operate on. Frequencies in MHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelDefinition {
    /// Centre of the primary 20 MHz.
    pub freq: u32,
    /// Width.
    pub width: ChannelWidth,
    /// Centre of the whole segment; 0: same as `freq`.
    pub center1: u32,
    /// Centre of the second segment of 80+80 MHz; otherwise 0.
    pub center2: u32,
}

impl ChannelDefinition {
    /// A 20 MHz channel without HT.
    #[must_use]
    pub const fn legacy(freq: u32) -> ChannelDefinition {
        ChannelDefinition { freq, width: ChannelWidth::NoHt20, center1: freq, center2: 0 }
    }
}

/// Whether management frame protection is used for an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum MfpMode {
    /// Not used.
    #[default]
    No,
    /// Used if the access point can (drivers with their own SME).
    Optional,
    /// Required.
    Required,
}

/// What a key protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyKind {
    /// Traffic with one peer.
    Pairwise(MacAddr),
    /// Group traffic, group management frames and beacons: slots 0 to 7.
    Group,
    /// Group traffic that one peer of a mesh or an IBSS sends.
    PeerGroup(MacAddr),
}

/// Key material. Never printed, wiped on drop, compared in constant time.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct KeyBytes(Vec<u8>);

impl KeyBytes {
    /// Takes a copy of key material.
    #[must_use]
    pub fn new(bytes: &[u8]) -> KeyBytes {
        KeyBytes(bytes.to_vec())
    }

    /// The material, for the kernel message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for KeyBytes {
    fn eq(&self, other: &KeyBytes) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyBytes({} octets)", self.0.len())
    }
}

/// Station flags (nl80211): `None` leaves a flag as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StationFlags {
    /// The port is open (IEEE 802.1X controlled port).
    pub authorized: Option<bool>,
    /// Short preamble can be used.
    pub short_preamble: Option<bool>,
    /// QoS (WMM) station.
    pub wme: Option<bool>,
    /// Management frame protection.
    pub mfp: Option<bool>,
    /// Authenticated in the sense of IEEE 802.11.
    pub authenticated: Option<bool>,
    /// Associated.
    pub associated: Option<bool>,
    /// TDLS peer.
    pub tdls_peer: Option<bool>,
}

/// What a radio can do, as far as daemons decide on it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WiphyInfo {
    /// Kernel index of the radio.
    pub wiphy: u32,
    /// Kernel name, such as `phy0`.
    pub name: String,
    /// Most SSIDs in one active scan.
    pub max_scan_ssids: u8,
    /// Most octets of elements added to probe requests.
    pub max_scan_ie_len: u16,
    /// Most SSIDs in one scheduled scan; 0: none.
    pub max_sched_scan_ssids: u8,
    /// Most match sets of a scheduled scan.
    pub max_match_sets: u8,
    /// Cipher suite selectors, big endian as in the RSNE (00-0F-AC-04 = 0x000fac04).
    pub ciphers: Vec<u32>,
    /// AKM suite selectors, likewise; empty: not said.
    pub akms: Vec<u32>,
    /// Interface types that can be made.
    pub interface_types: Vec<InterfaceType>,
    /// Longest remain-on-channel, in ms.
    pub max_remain_on_channel: u32,
    /// Most PMKIDs that the driver stores.
    pub max_pmkids: u8,
    /// Most associated stations; 0: not said.
    pub max_stations: u32,
    /// Yes-or-no capabilities.
    pub features: WiphyFeatures,
    /// Bands and their channels.
    pub bands: Vec<BandInfo>,
    /// Permanent MAC address.
    pub perm_addr: MacAddr,
    /// Commands that the driver names as supported, as nl80211 numbers.
    pub commands: Vec<u32>,
    /// Extended capabilities element's body, as the driver has it.
    pub extended_capabilities: Vec<u8>,
}

/// Yes-or-no capabilities of a radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent capability bit of the kernel")]
pub struct WiphyFeatures {
    /// The daemon is the SME: authenticate and associate are to be used, not connect.
    pub user_sme: bool,
    /// Connect is offered.
    pub connect: bool,
    /// SAE with the SME in user space.
    pub sae: bool,
    /// SAE done by the driver.
    pub sae_offload: bool,
    /// 4-way handshake of a station done by the driver.
    pub four_way_offload_psk: bool,
    /// EAPOL frames over nl80211.
    pub control_port: bool,
    /// Status of EAPOL frames sent over nl80211.
    pub control_port_tx_status: bool,
    /// Frames off the operating channel.
    pub offchannel_tx: bool,
    /// Frame registration of the access point's SME is expected from user space.
    pub ap_sme_in_user_space: bool,
    /// Key extended identifier.
    pub ext_key_id: bool,
    /// Beacon protection.
    pub beacon_protection: bool,
    /// Randomised MAC addresses in scans.
    pub scan_random_mac: bool,
    /// Operating channel validation.
    pub ocv: bool,
    /// Multicast management frame registration.
    pub multicast_registrations: bool,
    /// Full station state in user space (new station before authorisation).
    pub full_ap_client_state: bool,
    /// Inactivity timer in the driver.
    pub inactivity_timer: bool,
    /// Probe responses are sent by the driver.
    pub probe_response_offload: bool,
    /// TDLS.
    pub tdls: bool,
    /// P2P device interfaces.
    pub p2p_device: bool,
    /// Channel switch announcements.
    pub channel_switch: bool,
    /// QoS mapping.
    pub qos_map: bool,
    /// Roaming decided by the driver.
    pub roam_offload: bool,
    /// 4-address stations and access points.
    pub four_address: bool,
    /// A pairwise key in use can be replaced under its index without leaking frames.
    pub can_replace_ptk0: bool,
}

/// A band of a radio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandInfo {
    /// Which.
    pub band: Band,
    /// HT capability information, if HT is supported.
    pub ht_capability: Option<u16>,
    /// HT A-MPDU parameters.
    pub ht_ampdu: u8,
    /// Supported MCS set, 16 octets.
    pub ht_mcs: Vec<u8>,
    /// VHT capability information, if VHT is supported.
    pub vht_capability: Option<u32>,
    /// VHT MCS set, 8 octets.
    pub vht_mcs: Vec<u8>,
    /// Rates in units of 100 kb/s.
    pub rates: Vec<u16>,
    /// Channels.
    pub channels: Vec<ChannelInfo>,
}

/// A channel of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent regulatory flag of the kernel")]
pub struct ChannelInfo {
    /// Centre frequency, MHz.
    pub freq: u32,
    /// The regulatory domain forbids it.
    pub disabled: bool,
    /// No active scan, no beacons.
    pub no_ir: bool,
    /// Radar detection is needed.
    pub radar: bool,
    /// No 40 MHz above.
    pub no_ht40_plus: bool,
    /// No 40 MHz below.
    pub no_ht40_minus: bool,
    /// Largest transmit power, in mBm (hundredths of dBm).
    pub max_power: u32,
}
