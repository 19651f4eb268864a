use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode};

use crate::{
    ApParameters, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions, ChannelDefinition,
    ConnectParameters, InterfaceType, KeyBytes, KeyKind, KeyParameters, OperState, ScanParameters, SchedScanParameters,
    StationFlags, StationParameters, TransmitParameters,
};

/// Something a daemon asks of `privd`. `ifindex` is always the kernel's index of an interface that was attached or
/// made by this client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Which wireless interfaces exist. Answer: [`crate::Reply::Interfaces`].
    Interfaces,
    /// Takes an interface: events about it are sent from now on. Answer: [`crate::Reply::Attached`].
    Attach {
        /// Kernel name.
        ifname: String,
    },
    /// Gives an interface back; what was started on it is stopped.
    Detach {
        /// Interface.
        ifindex: u32,
    },
    /// What the interface's radio can do. Answer: [`crate::Reply::Wiphy`].
    Capabilities {
        /// Interface.
        ifindex: u32,
    },
    /// State of the link. Answer: [`crate::Reply::Link`].
    LinkState {
        /// Interface.
        ifindex: u32,
    },
    /// Administrative state of the interface.
    SetLinkUp {
        /// Interface.
        ifindex: u32,
        /// Up or down.
        up: bool,
    },
    /// Operational state, with link mode dormant.
    SetOperState {
        /// Interface.
        ifindex: u32,
        /// New state.
        state: OperState,
    },
    /// Type of the interface; `privd` takes it down and up again where the kernel asks for that.
    SetInterfaceType {
        /// Interface.
        ifindex: u32,
        /// New type.
        kind: InterfaceType,
    },
    /// Makes an interface on the radio of another. Answer: [`crate::Reply::Created`].
    AddInterface {
        /// An interface of the client on the same radio.
        parent: u32,
        /// Name of the new one.
        ifname: String,
        /// Type.
        kind: InterfaceType,
        /// Address; the kernel's choice if absent.
        addr: Option<MacAddr>,
    },
    /// Removes an interface that this client made.
    RemoveInterface {
        /// Interface.
        ifindex: u32,
    },
    /// MAC address; the interface must be down.
    SetMacAddress {
        /// Interface.
        ifindex: u32,
        /// New address.
        addr: MacAddr,
    },
    /// Bridge membership: joins the bridge (made if it does not exist), or leaves the one it is in.
    SetBridge {
        /// Interface.
        ifindex: u32,
        /// Bridge's name.
        bridge: Option<String>,
    },
    /// 4-address frames.
    SetFourAddress {
        /// Interface.
        ifindex: u32,
        /// On or off.
        enabled: bool,
    },

    /// Starts a scan.
    TriggerScan {
        /// Interface.
        ifindex: u32,
        /// What to scan.
        scan: ScanParameters,
    },
    /// Stops a scan.
    AbortScan {
        /// Interface.
        ifindex: u32,
    },
    /// The kernel's table of BSSs. Answer: [`crate::Reply::ScanResults`], several.
    ScanResults {
        /// Interface.
        ifindex: u32,
    },
    /// Starts a scheduled scan.
    StartSchedScan {
        /// Interface.
        ifindex: u32,
        /// What to scan.
        scan: SchedScanParameters,
    },
    /// Stops a scheduled scan.
    StopSchedScan {
        /// Interface.
        ifindex: u32,
    },

    /// Sends an Authentication frame to an access point.
    Authenticate {
        /// Interface.
        ifindex: u32,
        /// With whom and how.
        auth: AuthenticateParameters,
    },
    /// Sends an Association or Reassociation Request.
    Associate {
        /// Interface.
        ifindex: u32,
        /// With whom and how.
        assoc: AssociateParameters,
    },
    /// Connects through a driver that has its own SME.
    Connect {
        /// Interface.
        ifindex: u32,
        /// With whom and how.
        connect: ConnectParameters,
    },
    /// Deauthenticates from an access point.
    Deauthenticate {
        /// Interface.
        ifindex: u32,
        /// Access point.
        bssid: MacAddr,
        /// Reason sent.
        reason: ReasonCode,
        /// Only the kernel's state is cleared, no frame is sent.
        local: bool,
    },
    /// Disassociates from an access point.
    Disassociate {
        /// Interface.
        ifindex: u32,
        /// Access point.
        bssid: MacAddr,
        /// Reason sent.
        reason: ReasonCode,
    },
    /// Disconnects a driver that has its own SME.
    Disconnect {
        /// Interface.
        ifindex: u32,
        /// Reason sent.
        reason: ReasonCode,
    },

    /// Installs a key. A key that is installed already is refused ([`crate::Failure::KeyInstalled`]).
    AddKey {
        /// Interface.
        ifindex: u32,
        /// The key.
        key: KeyParameters,
    },
    /// Deletes a key.
    DeleteKey {
        /// Interface.
        ifindex: u32,
        /// Whose.
        kind: KeyKind,
        /// Slot.
        index: u8,
    },
    /// Packet number of a group key. Answer: [`crate::Reply::KeySequence`].
    KeySequence {
        /// Interface.
        ifindex: u32,
        /// Slot.
        index: u8,
    },
    /// Adds a PMKSA to the driver's cache.
    AddPmksa {
        /// Interface.
        ifindex: u32,
        /// Access point.
        bssid: MacAddr,
        /// Identifier.
        pmkid: [u8; 16],
        /// Key, for drivers that do the handshake.
        pmk: Option<KeyBytes>,
    },
    /// Removes one.
    RemovePmksa {
        /// Interface.
        ifindex: u32,
        /// Access point.
        bssid: MacAddr,
        /// Identifier.
        pmkid: [u8; 16],
    },
    /// Removes all.
    FlushPmksa {
        /// Interface.
        ifindex: u32,
    },
    /// Keys for a driver that answers group rekeying while the host sleeps.
    SetRekeyData {
        /// Interface.
        ifindex: u32,
        /// EAPOL-Key encryption key.
        kek: KeyBytes,
        /// EAPOL-Key confirmation key.
        kck: KeyBytes,
        /// Replay counter.
        replay_counter: [u8; 8],
    },
    /// Elements of fast BSS transition for the next association.
    UpdateFtElements {
        /// Interface.
        ifindex: u32,
        /// Mobility domain.
        mobility_domain: u16,
        /// Elements.
        elements: Vec<u8>,
    },

    /// Asks for received management frames.
    RegisterFrame {
        /// Interface.
        ifindex: u32,
        /// Subtype.
        subtype: Subtype,
        /// Start of the frame body.
        prefix: Vec<u8>,
    },
    /// Sends a management frame. Answer: [`crate::Reply::Cookie`]; then [`crate::Event::FrameSent`].
    TransmitFrame {
        /// Interface.
        ifindex: u32,
        /// Frame and where.
        transmit: TransmitParameters,
    },
    /// Ends the wait for an answer to a sent frame.
    CancelTransmit {
        /// Interface.
        ifindex: u32,
        /// Cookie of the frame.
        cookie: u64,
    },
    /// Stays on a channel. Answer: [`crate::Reply::Cookie`].
    RemainOnChannel {
        /// Interface.
        ifindex: u32,
        /// Frequency, MHz.
        freq: u32,
        /// How long, ms.
        duration: u32,
    },
    /// Leaves it.
    CancelRemainOnChannel {
        /// Interface.
        ifindex: u32,
        /// Cookie.
        cookie: u64,
    },

    /// Sends an EAPOL frame (ethertype 88-8E).
    SendEapol {
        /// Interface.
        ifindex: u32,
        /// Receiver.
        dest: MacAddr,
        /// From the protocol version octet on.
        data: Vec<u8>,
        /// Encrypted once there is a key; the 4-way handshake before that is not.
        encrypt: bool,
    },
    /// Sends an RSN pre-authentication frame (ethertype 88-C7).
    SendPreauth {
        /// Interface.
        ifindex: u32,
        /// Receiver.
        dest: MacAddr,
        /// From the protocol version octet on.
        data: Vec<u8>,
    },
    /// Listens for pre-authentication frames, or stops.
    ReceivePreauth {
        /// Interface.
        ifindex: u32,
        /// On or off.
        enabled: bool,
    },

    /// Starts an access point.
    StartAp {
        /// Interface.
        ifindex: u32,
        /// Everything about it.
        ap: ApParameters,
    },
    /// Changes its beacon.
    UpdateBeacon {
        /// Interface.
        ifindex: u32,
        /// The new one.
        beacon: BeaconParameters,
    },
    /// Stops it.
    StopAp {
        /// Interface.
        ifindex: u32,
    },
    /// Announces a channel and switches to it.
    SwitchChannel {
        /// Interface.
        ifindex: u32,
        /// Where to.
        channel: ChannelDefinition,
        /// Beacons until the switch.
        count: u8,
        /// Stations shall be silent until then.
        block_tx: bool,
        /// Beacon during the announcement.
        beacon: BeaconParameters,
        /// Octet offsets of the counter in the tail of `beacon`.
        counter_offsets: Vec<u16>,
        /// Beacon afterwards.
        after: BeaconParameters,
    },
    /// Settings of the BSS.
    SetBssOptions {
        /// Interface.
        ifindex: u32,
        /// Settings.
        options: BssOptions,
    },
    /// Channel of an interface that is not (yet) an access point.
    SetChannel {
        /// Interface.
        ifindex: u32,
        /// Channel.
        channel: ChannelDefinition,
    },
    /// Adds a station.
    AddStation {
        /// Interface.
        ifindex: u32,
        /// Everything about it.
        station: StationParameters,
    },
    /// Changes a station that was added: same fields.
    ChangeStation {
        /// Interface.
        ifindex: u32,
        /// Everything about it.
        station: StationParameters,
    },
    /// Flags of a station (or, at a station, of its access point: how the port is opened).
    SetStationFlags {
        /// Interface.
        ifindex: u32,
        /// Peer.
        addr: MacAddr,
        /// Flags.
        flags: StationFlags,
    },
    /// Removes a station, or all.
    RemoveStation {
        /// Interface.
        ifindex: u32,
        /// Which; all if absent.
        addr: Option<MacAddr>,
        /// Subtype and reason of the frame that the driver sends, if it sends one.
        notify: Option<(Subtype, ReasonCode)>,
    },
    /// What the kernel knows of one station or of all. Answer: [`crate::Reply::Stations`].
    Stations {
        /// Interface.
        ifindex: u32,
        /// Which; all if absent.
        addr: Option<MacAddr>,
    },
    /// Moves a station to a VLAN interface of the same radio.
    SetStationVlan {
        /// Interface.
        ifindex: u32,
        /// Station.
        addr: MacAddr,
        /// VLAN interface.
        vlan: u32,
    },
    /// Sends a null frame to a station. The answer arrives as [`crate::Event::ProbeStatus`].
    ProbeStation {
        /// Interface.
        ifindex: u32,
        /// Station.
        addr: MacAddr,
    },
    /// Transmit queue parameters (IEEE Std 802.11-2020 9.4.2.28).
    SetTxQueue {
        /// Interface.
        ifindex: u32,
        /// 0 voice, 1 video, 2 best effort, 3 background.
        queue: u8,
        /// Arbitration interframe spacing number.
        aifs: u8,
        /// Smallest contention window.
        cw_min: u16,
        /// Largest contention window.
        cw_max: u16,
        /// Transmit opportunity in units of 32 µs.
        txop: u16,
    },
    /// Request-to-send threshold in octets; absent: off.
    SetRtsThreshold {
        /// Interface.
        ifindex: u32,
        /// Threshold.
        threshold: Option<u32>,
    },
    /// Fragmentation threshold in octets; absent: off.
    SetFragThreshold {
        /// Interface.
        ifindex: u32,
        /// Threshold.
        threshold: Option<u32>,
    },

    /// Regulatory domain.
    SetCountry {
        /// Two letters.
        alpha2: [u8; 2],
    },
    /// Answer: [`crate::Reply::Country`].
    Country,
    /// Power save of a station.
    SetPowerSave {
        /// Interface.
        ifindex: u32,
        /// On or off.
        enabled: bool,
    },
    /// Signal level that is worth an event ([`crate::Event::SignalChange`]).
    MonitorSignal {
        /// Interface.
        ifindex: u32,
        /// dBm; 0 switches it off.
        threshold: i32,
        /// dB.
        hysteresis: u32,
    },
    /// Signal, noise and rates of the connection. Answer: [`crate::Reply::Signal`].
    SignalPoll {
        /// Interface.
        ifindex: u32,
    },
    /// How busy each channel was. Answer: [`crate::Reply::Survey`], several.
    Survey {
        /// Interface.
        ifindex: u32,
    },
    /// Sends a TDLS frame body through the driver.
    TdlsFrame {
        /// Interface.
        ifindex: u32,
        /// Peer.
        peer: MacAddr,
        /// TDLS action code.
        action: u8,
        /// Dialog token.
        dialog_token: u8,
        /// Status code.
        status: u16,
        /// Elements.
        elements: Vec<u8>,
    },
    /// Enables or disables a TDLS link: nl80211's operation number 0 to 4.
    TdlsOperation {
        /// Interface.
        ifindex: u32,
        /// Peer.
        peer: MacAddr,
        /// Operation.
        operation: u8,
    },
    /// For test suites; nothing in a build without them. The last one: no build numbers the others differently.
    Test(crate::TestRequest),
}

impl Request {
    /// The interface that a request is about; absent for requests about none, or about one by name.
    #[must_use]
    pub const fn ifindex(&self) -> Option<u32> {
        match self {
            Request::Interfaces | Request::Attach { .. } | Request::SetCountry { .. } | Request::Country => None,
            Request::AddInterface { parent, .. } => Some(*parent),
            Request::Detach { ifindex }
            | Request::Capabilities { ifindex }
            | Request::LinkState { ifindex }
            | Request::SetLinkUp { ifindex, .. }
            | Request::SetOperState { ifindex, .. }
            | Request::SetInterfaceType { ifindex, .. }
            | Request::RemoveInterface { ifindex }
            | Request::SetMacAddress { ifindex, .. }
            | Request::SetBridge { ifindex, .. }
            | Request::SetFourAddress { ifindex, .. }
            | Request::TriggerScan { ifindex, .. }
            | Request::AbortScan { ifindex }
            | Request::ScanResults { ifindex }
            | Request::StartSchedScan { ifindex, .. }
            | Request::StopSchedScan { ifindex }
            | Request::Authenticate { ifindex, .. }
            | Request::Associate { ifindex, .. }
            | Request::Connect { ifindex, .. }
            | Request::Deauthenticate { ifindex, .. }
            | Request::Disassociate { ifindex, .. }
            | Request::Disconnect { ifindex, .. }
            | Request::AddKey { ifindex, .. }
            | Request::DeleteKey { ifindex, .. }
            | Request::KeySequence { ifindex, .. }
            | Request::AddPmksa { ifindex, .. }
            | Request::RemovePmksa { ifindex, .. }
            | Request::FlushPmksa { ifindex }
            | Request::SetRekeyData { ifindex, .. }
            | Request::UpdateFtElements { ifindex, .. }
            | Request::RegisterFrame { ifindex, .. }
            | Request::TransmitFrame { ifindex, .. }
            | Request::CancelTransmit { ifindex, .. }
            | Request::RemainOnChannel { ifindex, .. }
            | Request::CancelRemainOnChannel { ifindex, .. }
            | Request::SendEapol { ifindex, .. }
            | Request::SendPreauth { ifindex, .. }
            | Request::ReceivePreauth { ifindex, .. }
            | Request::StartAp { ifindex, .. }
            | Request::UpdateBeacon { ifindex, .. }
            | Request::StopAp { ifindex }
            | Request::SwitchChannel { ifindex, .. }
            | Request::SetBssOptions { ifindex, .. }
            | Request::SetChannel { ifindex, .. }
            | Request::AddStation { ifindex, .. }
            | Request::ChangeStation { ifindex, .. }
            | Request::SetStationFlags { ifindex, .. }
            | Request::RemoveStation { ifindex, .. }
            | Request::Stations { ifindex, .. }
            | Request::SetStationVlan { ifindex, .. }
            | Request::ProbeStation { ifindex, .. }
            | Request::SetTxQueue { ifindex, .. }
            | Request::SetRtsThreshold { ifindex, .. }
            | Request::SetFragThreshold { ifindex, .. }
            | Request::SetPowerSave { ifindex, .. }
            | Request::MonitorSignal { ifindex, .. }
            | Request::SignalPoll { ifindex }
            | Request::Survey { ifindex }
            | Request::TdlsFrame { ifindex, .. }
            | Request::TdlsOperation { ifindex, .. } => Some(*ifindex),
            Request::Test(test) => Some(test.ifindex()),
        }
    }
}
