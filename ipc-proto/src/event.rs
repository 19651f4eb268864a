use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::{MacAddr, ReasonCode, StatusCode};

use crate::{ChannelDefinition, InterfaceType};

/// Something that happened. Frames are carried as they came: `privd` does not read their bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields `ifindex`, `addr`, `bssid`, `freq` (MHz) and `frame` explain themselves")]
pub enum Event {
    /// Events were lost between the kernel and `privd`, or between `privd` and this client: look at everything anew.
    Resync,
    /// A wireless interface appeared.
    InterfaceAdded { ifindex: u32, ifname: String, kind: InterfaceType },
    /// An interface is gone; a grant for it is void.
    InterfaceGone { ifindex: u32, ifname: String },
    /// Administrative state, carrier, or address changed.
    LinkChanged { ifindex: u32, up: bool, carrier: bool, addr: MacAddr },
    /// A radio switch of this interface changed.
    RadioBlocked { ifindex: u32, blocked: bool },
    /// A scan began.
    ScanStarted { ifindex: u32 },
    /// A scan ended; results can be asked for.
    ScanDone { ifindex: u32, aborted: bool, freqs: Vec<u32> },
    /// A scheduled scan found something.
    SchedScanResults { ifindex: u32 },
    /// A scheduled scan ended by itself.
    SchedScanStopped { ifindex: u32 },
    /// An Authentication frame was received from an access point.
    AuthReceived { ifindex: u32, frame: Vec<u8> },
    /// A (Re)Association Response was received. `request_elements`: what the kernel sent.
    AssocReceived { ifindex: u32, frame: Vec<u8>, request_elements: Vec<u8> },
    /// No answer to an Authentication frame.
    AuthTimeout { ifindex: u32, bssid: MacAddr },
    /// No answer to an Association Request.
    AssocTimeout { ifindex: u32, bssid: MacAddr },
    /// A Deauthentication frame ended or would end the link; `local`: sent by ourselves or the kernel.
    Deauthenticated { ifindex: u32, frame: Vec<u8>, local: bool },
    /// A Disassociation frame likewise.
    Disassociated { ifindex: u32, frame: Vec<u8>, local: bool },
    /// An unprotected Deauthentication or Disassociation frame arrived on a protected link and was ignored.
    UnprotectedDeauth { ifindex: u32, frame: Vec<u8> },
    /// A driver with its own SME has connected or failed to.
    Connected {
        ifindex: u32,
        bssid: Option<MacAddr>,
        status: StatusCode,
        timed_out: bool,
        request_elements: Vec<u8>,
        response_elements: Vec<u8>,
    },
    /// It has moved to another access point.
    Roamed { ifindex: u32, bssid: MacAddr, request_elements: Vec<u8>, response_elements: Vec<u8>, authorized: bool },
    /// It has opened the port.
    PortAuthorized { ifindex: u32, bssid: MacAddr },
    /// The kernel says the connection ended (after the frame's own event, where there was one).
    Disconnected { ifindex: u32, reason: ReasonCode, by_ap: bool },
    /// Beacons are missing.
    BeaconLoss { ifindex: u32 },
    /// Signal crossed the watched threshold. dBm.
    SignalChange { ifindex: u32, above: bool, signal: i32 },
    /// Too many frames to this peer were not acknowledged.
    PacketLoss { ifindex: u32, addr: MacAddr, packets: u32 },
    /// A TKIP MIC failed.
    MicFailure { ifindex: u32, addr: MacAddr, group: bool },
    /// A registered management frame was received. Signal in dBm.
    FrameReceived { ifindex: u32, freq: u32, signal: Option<i32>, frame: Vec<u8> },
    /// A frame was sent; `acked`: the peer has it.
    FrameSent { ifindex: u32, cookie: u64, acked: bool, frame: Vec<u8> },
    /// The stay on a channel began.
    OnChannel { ifindex: u32, cookie: u64, freq: u32, duration: u32 },
    /// It ended.
    OffChannel { ifindex: u32, cookie: u64, freq: u32 },
    /// An EAPOL frame was received. `encrypted`: over the protected link, where known.
    Eapol { ifindex: u32, source: MacAddr, encrypted: Option<bool>, data: Vec<u8> },
    /// An EAPOL frame was sent; reported where the driver can.
    EapolSent { ifindex: u32, dest: MacAddr, acked: bool, data: Vec<u8> },
    /// A pre-authentication frame was received.
    Preauth { ifindex: u32, source: MacAddr, data: Vec<u8> },
    /// The kernel made a station entry (drivers with their own access point SME). Elements of its request.
    StationAdded { ifindex: u32, addr: MacAddr, elements: Vec<u8>, reassociation: bool },
    /// The kernel removed one.
    StationRemoved { ifindex: u32, addr: MacAddr },
    /// A data frame from a station that is not associated.
    UnexpectedFrame { ifindex: u32, addr: MacAddr, four_address: bool },
    /// Answer to a probe.
    ProbeStatus { ifindex: u32, addr: MacAddr, acked: bool },
    /// The channel changed.
    ChannelSwitched { ifindex: u32, channel: ChannelDefinition },
    /// It is going to change.
    ChannelSwitchStarted { ifindex: u32, channel: ChannelDefinition, count: u8 },
    /// The access point was stopped by the kernel.
    ApStopped { ifindex: u32 },
    /// The regulatory domain changed.
    RegulatoryChanged { alpha2: [u8; 2], initiator: u8, kind: u8 },
    /// Radar and channel availability: nl80211's event number.
    Radar { ifindex: u32, channel: ChannelDefinition, event: u8 },
    /// For test suites; nothing in a build without them.
    Test(crate::TestEvent),
}

impl Event {
    /// The interface an event is about; absent for events about none.
    #[must_use]
    pub const fn ifindex(&self) -> Option<u32> {
        match self {
            Event::Resync | Event::RegulatoryChanged { .. } => None,
            Event::InterfaceAdded { ifindex, .. }
            | Event::InterfaceGone { ifindex, .. }
            | Event::LinkChanged { ifindex, .. }
            | Event::RadioBlocked { ifindex, .. }
            | Event::ScanStarted { ifindex }
            | Event::ScanDone { ifindex, .. }
            | Event::SchedScanResults { ifindex }
            | Event::SchedScanStopped { ifindex }
            | Event::AuthReceived { ifindex, .. }
            | Event::AssocReceived { ifindex, .. }
            | Event::AuthTimeout { ifindex, .. }
            | Event::AssocTimeout { ifindex, .. }
            | Event::Deauthenticated { ifindex, .. }
            | Event::Disassociated { ifindex, .. }
            | Event::UnprotectedDeauth { ifindex, .. }
            | Event::Connected { ifindex, .. }
            | Event::Roamed { ifindex, .. }
            | Event::PortAuthorized { ifindex, .. }
            | Event::Disconnected { ifindex, .. }
            | Event::BeaconLoss { ifindex }
            | Event::SignalChange { ifindex, .. }
            | Event::PacketLoss { ifindex, .. }
            | Event::MicFailure { ifindex, .. }
            | Event::FrameReceived { ifindex, .. }
            | Event::FrameSent { ifindex, .. }
            | Event::OnChannel { ifindex, .. }
            | Event::OffChannel { ifindex, .. }
            | Event::Eapol { ifindex, .. }
            | Event::EapolSent { ifindex, .. }
            | Event::Preauth { ifindex, .. }
            | Event::StationAdded { ifindex, .. }
            | Event::StationRemoved { ifindex, .. }
            | Event::UnexpectedFrame { ifindex, .. }
            | Event::ProbeStatus { ifindex, .. }
            | Event::ChannelSwitched { ifindex, .. }
            | Event::ChannelSwitchStarted { ifindex, .. }
            | Event::ApStopped { ifindex }
            | Event::Radar { ifindex, .. } => Some(*ifindex),
            Event::Test(test) => Some(test.ifindex()),
        }
    }
}
