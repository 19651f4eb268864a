use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::{MacAddr, ReasonCode, Ssid, StatusCode};

use crate::{ChannelDefinition, Handle, InterfaceType, LinkId};

/// Something that happened. Frames are carried as they came: `privd` does not read their bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields `handle`, `addr`, `bssid`, `freq` (MHz) and `frame` explain themselves")]
pub enum Event {
    /// Events were lost between the kernel and `privd`, or between `privd` and this client: look at everything anew.
    Resync,
    /// A wireless interface appeared.
    InterfaceAdded { ifname: String, kind: InterfaceType },
    /// An interface is gone; a grant for it is void.
    InterfaceGone { handle: Handle, ifname: String },
    /// Administrative state, carrier, or address changed.
    LinkChanged { handle: Handle, up: bool, carrier: bool, addr: MacAddr },
    /// A radio switch of this interface changed.
    RadioBlocked { handle: Handle, blocked: bool },
    /// A scan began.
    ScanStarted { handle: Handle },
    /// A scan ended; results can be asked for.
    ScanDone { handle: Handle, aborted: bool, freqs: Vec<u32> },
    /// A scheduled scan found something.
    SchedScanResults { handle: Handle },
    /// A scheduled scan ended by itself.
    SchedScanStopped { handle: Handle },
    /// An Authentication frame was received from an access point.
    AuthReceived { handle: Handle, frame: Vec<u8> },
    /// A (Re)Association Response was received. `request_elements`: what the kernel sent.
    AssocReceived { handle: Handle, frame: Vec<u8>, request_elements: Vec<u8> },
    /// No answer to an Authentication frame.
    AuthTimeout { handle: Handle, bssid: MacAddr },
    /// No answer to an Association Request.
    AssocTimeout { handle: Handle, bssid: MacAddr },
    /// A Deauthentication frame ended or would end the link; `local`: sent by ourselves or the kernel.
    Deauthenticated { handle: Handle, frame: Vec<u8>, local: bool },
    /// A Disassociation frame likewise.
    Disassociated { handle: Handle, frame: Vec<u8>, local: bool },
    /// An unprotected Deauthentication or Disassociation frame arrived on a protected link and was ignored.
    UnprotectedDeauth { handle: Handle, frame: Vec<u8> },
    /// A driver with its own SME has connected or failed to.
    Connected {
        handle: Handle,
        bssid: Option<MacAddr>,
        status: StatusCode,
        timed_out: bool,
        request_elements: Vec<u8>,
        response_elements: Vec<u8>,
    },
    /// It has moved to another access point.
    Roamed { handle: Handle, bssid: MacAddr, request_elements: Vec<u8>, response_elements: Vec<u8>, authorized: bool },
    /// It has opened the port.
    PortAuthorized { handle: Handle, bssid: MacAddr },
    /// The kernel says the connection ended (after the frame's own event, where there was one).
    Disconnected { handle: Handle, reason: ReasonCode, by_ap: bool },
    /// Beacons are missing.
    BeaconLoss { handle: Handle },
    /// Signal crossed the watched threshold. dBm.
    SignalChange { handle: Handle, above: bool, signal: i32 },
    /// Too many frames to this peer were not acknowledged.
    PacketLoss { handle: Handle, addr: MacAddr, packets: u32 },
    /// A TKIP MIC failed.
    MicFailure { handle: Handle, addr: MacAddr, group: bool },
    /// A registered management frame was received. Signal in dBm.
    FrameReceived { handle: Handle, freq: u32, signal: Option<i32>, frame: Vec<u8>, link: Option<LinkId> },
    /// A frame was sent; `acked`: the peer has it.
    FrameSent { handle: Handle, cookie: u64, acked: bool, frame: Vec<u8> },
    /// The stay on a channel began.
    OnChannel { handle: Handle, cookie: u64, freq: u32, duration: u32 },
    /// It ended.
    OffChannel { handle: Handle, cookie: u64, freq: u32 },
    /// An EAPOL frame was received. `encrypted`: over the protected link, where known.
    Eapol { handle: Handle, source: MacAddr, encrypted: Option<bool>, data: Vec<u8> },
    /// An EAPOL frame was sent; reported where the driver can.
    EapolSent { handle: Handle, dest: MacAddr, acked: bool, data: Vec<u8> },
    /// A pre-authentication frame was received.
    Preauth { handle: Handle, source: MacAddr, data: Vec<u8> },
    /// The kernel made a station entry (drivers with their own access point SME). Elements of its request.
    StationAdded { handle: Handle, addr: MacAddr, elements: Vec<u8>, reassociation: bool },
    /// The kernel removed one.
    StationRemoved { handle: Handle, addr: MacAddr },
    /// A data frame from a station that is not associated.
    UnexpectedFrame { handle: Handle, addr: MacAddr, four_address: bool },
    /// Answer to a probe.
    ProbeStatus { handle: Handle, addr: MacAddr, acked: bool },
    /// The channel changed.
    ChannelSwitched { handle: Handle, channel: ChannelDefinition, link: Option<LinkId> },
    /// It is going to change.
    ChannelSwitchStarted { handle: Handle, channel: ChannelDefinition, count: u8, link: Option<LinkId> },
    /// The access point was stopped by the kernel.
    ApStopped { handle: Handle, link: Option<LinkId> },
    /// The regulatory domain changed.
    RegulatoryChanged { alpha2: [u8; 2], initiator: u8, kind: u8 },
    /// Radar and channel availability: nl80211's event number.
    Radar { handle: Handle, channel: ChannelDefinition, event: u8, link: Option<LinkId> },
    /// The driver leaves an authentication to the daemon, which ends it with [`crate::Request::ExternalAuth`]; `start`:
    /// otherwise it does not wait for it any more.
    ExternalAuth { handle: Handle, start: bool, bssid: MacAddr, ssid: Ssid, akm: u32 },
    /// The driver has answered group rekeying while the host slept: the replay counter it has come to.
    RekeyCounter { handle: Handle, bssid: MacAddr, counter: [u8; 8] },
    /// A frame was received over a link that is no radio.
    Ether { handle: Handle, source: MacAddr, ethertype: u16, data: Vec<u8> },
    /// For test suites; nothing in a build without them.
    Test(crate::TestEvent),
}

impl Event {
    /// The interface an event is about; absent for events about none.
    #[must_use]
    pub const fn handle(&self) -> Option<Handle> {
        match self {
            Event::Resync | Event::InterfaceAdded { .. } | Event::RegulatoryChanged { .. } => None,
            Event::InterfaceGone { handle, .. }
            | Event::LinkChanged { handle, .. }
            | Event::RadioBlocked { handle, .. }
            | Event::ScanStarted { handle }
            | Event::ScanDone { handle, .. }
            | Event::SchedScanResults { handle }
            | Event::SchedScanStopped { handle }
            | Event::AuthReceived { handle, .. }
            | Event::AssocReceived { handle, .. }
            | Event::AuthTimeout { handle, .. }
            | Event::AssocTimeout { handle, .. }
            | Event::Deauthenticated { handle, .. }
            | Event::Disassociated { handle, .. }
            | Event::UnprotectedDeauth { handle, .. }
            | Event::Connected { handle, .. }
            | Event::Roamed { handle, .. }
            | Event::PortAuthorized { handle, .. }
            | Event::Disconnected { handle, .. }
            | Event::BeaconLoss { handle }
            | Event::SignalChange { handle, .. }
            | Event::PacketLoss { handle, .. }
            | Event::MicFailure { handle, .. }
            | Event::FrameReceived { handle, .. }
            | Event::FrameSent { handle, .. }
            | Event::OnChannel { handle, .. }
            | Event::OffChannel { handle, .. }
            | Event::Eapol { handle, .. }
            | Event::EapolSent { handle, .. }
            | Event::Preauth { handle, .. }
            | Event::StationAdded { handle, .. }
            | Event::StationRemoved { handle, .. }
            | Event::UnexpectedFrame { handle, .. }
            | Event::ProbeStatus { handle, .. }
            | Event::ChannelSwitched { handle, .. }
            | Event::ChannelSwitchStarted { handle, .. }
            | Event::ApStopped { handle, .. }
            | Event::Radar { handle, .. }
            | Event::ExternalAuth { handle, .. }
            | Event::RekeyCounter { handle, .. }
            | Event::Ether { handle, .. } => Some(*handle),
            Event::Test(test) => Some(test.handle()),
        }
    }
}
