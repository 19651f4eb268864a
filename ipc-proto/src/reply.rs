use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::{MacAddr, Ssid};

use crate::{ChannelDefinition, ChannelWidth, Condition, Handle, InterfaceType, WiphyInfo};

/// What came of a request that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It was done.
    Done,
    /// Wireless interfaces.
    Interfaces(Vec<InterfaceInfo>),
    /// The interface was attached: its name from now on, and what it is.
    Attached(Handle, InterfaceInfo),
    /// The interface was made, likewise.
    Created(Handle, InterfaceInfo),
    /// What the radio can do.
    Wiphy(WiphyInfo),
    /// State of the link.
    Link(LinkInfo),
    /// Part of the table of BSSs.
    ScanResults {
        /// Entries.
        entries: Vec<ScanEntry>,
        /// No more follow.
        last: bool,
    },
    /// Part of the table of stations.
    Stations {
        /// Entries.
        entries: Vec<StationInfo>,
        /// No more follow.
        last: bool,
    },
    /// Part of the survey.
    Survey {
        /// Entries.
        entries: Vec<SurveyEntry>,
        /// No more follow.
        last: bool,
    },
    /// Names a transmission or a stay on a channel.
    Cookie(u64),
    /// Packet number of a group key, least significant octet first.
    KeySequence([u8; 6]),
    /// Regulatory domain.
    Country([u8; 2]),
    /// Signal of the connection.
    Signal(SignalInfo),
}

/// Why a request failed. Says who is to blame: the client, the kernel, or the state of things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The policy allows it for no such role or kind of interface.
    Denied,
    /// No such interface.
    NoInterface,
    /// The interface belongs to another client.
    InUse,
    /// This very key is installed already; installing it again would reset its packet number.
    KeyInstalled,
    /// A field is out of range: which.
    Invalid(String),
    /// Neither the driver nor this version can do it.
    NotSupported,
    /// A radio switch is off.
    RadioBlocked,
    /// The kernel said no: error number and its own words, if it had any.
    Kernel {
        /// Positive error number (errno).
        errno: i32,
        /// The kernel's extended acknowledgement, or empty.
        text: String,
    },
    /// The daemon's grant does not have it: the line that would allow it.
    NotGranted(String),
    /// Not in this condition of the interface.
    OutOfCondition(Condition),
    /// There is no more of it: of what.
    Full(String),
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Failure::Denied => f.write_str("denied by policy"),
            Failure::NotGranted(line) => write!(f, "the grant has no line \"{line}\""),
            Failure::OutOfCondition(condition) => write!(f, "not while the interface is {condition}"),
            Failure::Full(what) => write!(f, "no room for more {what}"),
            Failure::NoInterface => f.write_str("no such interface"),
            Failure::InUse => f.write_str("the interface is in use by another client"),
            Failure::KeyInstalled => f.write_str("this key is installed already"),
            Failure::Invalid(field) => write!(f, "{field} is out of range"),
            Failure::NotSupported => f.write_str("not supported"),
            Failure::RadioBlocked => f.write_str("the radio is blocked (rfkill)"),
            Failure::Kernel { errno, text } => {
                match crate::errno::words(*errno) {
                    Some((words, name)) => write!(f, "the kernel says: {words} ({name})")?,
                    None => write!(f, "the kernel says: error {errno}")?,
                }
                if text.is_empty() { Ok(()) } else { write!(f, ", {text}") }
            }
        }
    }
}

impl core::error::Error for Failure {}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceInfo {
    /// Kernel index, for whoever wants to see it: nothing can be asked with it.
    pub ifindex: u32,
    /// Kernel name.
    pub ifname: String,
    /// Kernel index of its radio; of a link that is none, the largest number there is.
    pub wiphy: u32,
    /// Address.
    pub addr: MacAddr,
    /// Type.
    pub kind: InterfaceType,
    /// Administratively up.
    pub up: bool,
    /// A radio switch is off.
    pub blocked: bool,
}

/// State of a link.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkInfo {
    /// Administratively up.
    pub up: bool,
    /// Address.
    pub addr: MacAddr,
    /// Of a station: its access point.
    pub bssid: Option<MacAddr>,
    /// SSID in use.
    pub ssid: Option<Ssid>,
    /// Channel in use.
    pub channel: Option<ChannelDefinition>,
    /// Bridge it is a member of: its name.
    pub bridge: Option<String>,
    /// It is there because it was asked to be.
    pub joined_bridge: bool,
    /// The bridge was made for it.
    pub made_bridge: bool,
    /// First IPv4 address, of the bridge if it is in one.
    pub ipv4: Option<[u8; 4]>,
    /// Regulatory domain of its radio.
    pub country: Option<[u8; 2]>,
}

/// An entry of the kernel's table of BSSs.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScanEntry {
    /// BSSID.
    pub bssid: MacAddr,
    /// Frequency, MHz.
    pub freq: u32,
    /// Signal in mBm, or in units of 1/100 of 100 where the driver has no better (see `signal_unspecified`).
    pub signal: i32,
    /// The signal has no unit.
    pub signal_unspecified: bool,
    /// Beacon interval, time units.
    pub beacon_interval: u16,
    /// Capability information.
    pub capability: u16,
    /// Timing synchronisation function, µs.
    pub tsf: u64,
    /// How long ago it was seen, ms.
    pub age_ms: u32,
    /// Elements of the last probe response, or of the beacon if there was none.
    pub elements: Vec<u8>,
    /// Elements of the last beacon, if they are other ones.
    pub beacon_elements: Vec<u8>,
    /// The kernel counts this interface as associated with it.
    pub associated: bool,
}

/// What the kernel knows of a station.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StationInfo {
    /// Address.
    pub addr: MacAddr,
    /// Time since its last frame, ms.
    pub inactive_ms: u32,
    /// Octets received.
    pub rx_bytes: u64,
    /// Octets sent.
    pub tx_bytes: u64,
    /// Frames received.
    pub rx_packets: u32,
    /// Frames sent.
    pub tx_packets: u32,
    /// Frames given up.
    pub tx_failed: u32,
    /// Retransmissions.
    pub tx_retries: u32,
    /// Last signal, dBm.
    pub signal: i8,
    /// Average signal of beacons, dBm.
    pub beacon_signal: i8,
    /// Transmit rate, units of 100 kb/s.
    pub tx_rate: u32,
    /// Receive rate, units of 100 kb/s.
    pub rx_rate: u32,
    /// Seconds since association.
    pub connected_s: u32,
    /// The port is open.
    pub authorized: bool,
}

/// Signal of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignalInfo {
    /// dBm.
    pub signal: i32,
    /// Average, dBm.
    pub average: i32,
    /// Average of beacons, dBm.
    pub beacon_average: i32,
    /// Noise, dBm; absent: not known.
    pub noise: Option<i32>,
    /// Transmit rate, units of 100 kb/s.
    pub tx_rate: u32,
    /// Channel, MHz.
    pub freq: u32,
    /// Centre of the first segment, MHz; 0: not known.
    pub center1: u32,
    /// Centre of the second segment, MHz; 0: none.
    pub center2: u32,
    /// Width.
    pub width: ChannelWidth,
}

/// How busy a channel was.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SurveyEntry {
    /// Channel, MHz.
    pub freq: u32,
    /// Noise, dBm.
    pub noise: Option<i8>,
    /// Time on the channel, ms.
    pub active_ms: Option<u64>,
    /// Of that, time it was busy, ms.
    pub busy_ms: Option<u64>,
    /// It is the one in use.
    pub in_use: bool,
}
