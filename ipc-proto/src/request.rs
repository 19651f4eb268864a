use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode, Ssid, StatusCode};

use crate::{
    ApParameters, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions, ChannelDefinition,
    ConnectParameters, Handle, InterfaceType, KeyBytes, KeyKind, KeyParameters, LinkId, OperState, ScanParameters,
    SchedScanParameters, StationFlags, StationParameters, TransmitParameters,
};

/// Something a daemon asks of `privd`. `handle` is always that of an interface which was attached or made by this
/// client.
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
        handle: Handle,
    },
    /// What the interface's radio can do. Answer: [`crate::Reply::Wiphy`].
    Capabilities {
        /// Interface.
        handle: Handle,
    },
    /// State of the link. Answer: [`crate::Reply::Link`].
    LinkState {
        /// Interface.
        handle: Handle,
    },
    /// Administrative state of the interface.
    SetLinkUp {
        /// Interface.
        handle: Handle,
        /// Up or down.
        up: bool,
    },
    /// Operational state, with link mode dormant.
    SetOperState {
        /// Interface.
        handle: Handle,
        /// New state.
        state: OperState,
    },
    /// Type of the interface; `privd` takes it down and up again where the kernel asks for that.
    SetInterfaceType {
        /// Interface.
        handle: Handle,
        /// New type.
        kind: InterfaceType,
    },
    /// Makes an interface on the radio of another. Answer: [`crate::Reply::Created`].
    AddInterface {
        /// An interface of the client on the same radio.
        parent: Handle,
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
        handle: Handle,
    },
    /// MAC address; the interface must be down.
    SetMacAddress {
        /// Interface.
        handle: Handle,
        /// New address.
        addr: MacAddr,
    },
    /// Bridge membership: joins the bridge (made if it does not exist), or leaves the one it is in.
    SetBridge {
        /// Interface.
        handle: Handle,
        /// Bridge's name.
        bridge: Option<String>,
    },
    /// 4-address frames.
    SetFourAddress {
        /// Interface.
        handle: Handle,
        /// On or off.
        enabled: bool,
    },

    /// Starts a scan.
    TriggerScan {
        /// Interface.
        handle: Handle,
        /// What to scan.
        scan: ScanParameters,
    },
    /// Stops a scan.
    AbortScan {
        /// Interface.
        handle: Handle,
    },
    /// The kernel's table of BSSs. Answer: [`crate::Reply::ScanResults`], several.
    ScanResults {
        /// Interface.
        handle: Handle,
    },
    /// Starts a scheduled scan.
    StartSchedScan {
        /// Interface.
        handle: Handle,
        /// What to scan.
        scan: SchedScanParameters,
    },
    /// Stops a scheduled scan.
    StopSchedScan {
        /// Interface.
        handle: Handle,
    },

    /// Sends an Authentication frame to an access point.
    Authenticate {
        /// Interface.
        handle: Handle,
        /// With whom and how.
        auth: AuthenticateParameters,
    },
    /// Sends an Association or Reassociation Request.
    Associate {
        /// Interface.
        handle: Handle,
        /// With whom and how.
        assoc: AssociateParameters,
    },
    /// Connects through a driver that has its own SME.
    Connect {
        /// Interface.
        handle: Handle,
        /// With whom and how.
        connect: ConnectParameters,
    },
    /// Deauthenticates from an access point.
    Deauthenticate {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// Access point.
        bssid: MacAddr,
        /// Reason sent.
        reason: ReasonCode,
    },
    /// Disconnects a driver that has its own SME.
    Disconnect {
        /// Interface.
        handle: Handle,
        /// Reason sent.
        reason: ReasonCode,
    },

    /// Installs a key. A key that is installed already is refused ([`crate::Failure::KeyInstalled`]).
    AddKey {
        /// Interface.
        handle: Handle,
        /// The key.
        key: KeyParameters,
    },
    /// Deletes a key.
    DeleteKey {
        /// Interface.
        handle: Handle,
        /// Whose.
        kind: KeyKind,
        /// Slot.
        index: u8,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Packet number of a group key. Answer: [`crate::Reply::KeySequence`].
    KeySequence {
        /// Interface.
        handle: Handle,
        /// Slot.
        index: u8,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Adds a PMKSA to the driver's cache.
    AddPmksa {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// Access point.
        bssid: MacAddr,
        /// Identifier.
        pmkid: [u8; 16],
    },
    /// Removes all.
    FlushPmksa {
        /// Interface.
        handle: Handle,
    },
    /// Keys for a driver that answers group rekeying while the host sleeps.
    SetRekeyData {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// Mobility domain.
        mobility_domain: u16,
        /// Elements.
        elements: Vec<u8>,
    },

    /// Asks for received management frames.
    RegisterFrame {
        /// Interface.
        handle: Handle,
        /// Subtype.
        subtype: Subtype,
        /// Start of the frame body.
        prefix: Vec<u8>,
    },
    /// Sends a management frame. Answer: [`crate::Reply::Cookie`]; then [`crate::Event::FrameSent`].
    TransmitFrame {
        /// Interface.
        handle: Handle,
        /// Frame and where.
        transmit: TransmitParameters,
    },
    /// Ends the wait for an answer to a sent frame.
    CancelTransmit {
        /// Interface.
        handle: Handle,
        /// Cookie of the frame.
        cookie: u64,
    },
    /// Stays on a channel. Answer: [`crate::Reply::Cookie`].
    RemainOnChannel {
        /// Interface.
        handle: Handle,
        /// Frequency, MHz.
        freq: u32,
        /// How long, ms.
        duration: u32,
    },
    /// Leaves it.
    CancelRemainOnChannel {
        /// Interface.
        handle: Handle,
        /// Cookie.
        cookie: u64,
    },

    /// Sends an EAPOL frame (ethertype 88-8E).
    SendEapol {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// Receiver.
        dest: MacAddr,
        /// From the protocol version octet on.
        data: Vec<u8>,
    },
    /// Listens for pre-authentication frames, or stops.
    ReceivePreauth {
        /// Interface.
        handle: Handle,
        /// On or off.
        enabled: bool,
    },

    /// Starts an access point.
    StartAp {
        /// Interface.
        handle: Handle,
        /// Everything about it.
        ap: ApParameters,
    },
    /// Changes its beacon.
    UpdateBeacon {
        /// Interface.
        handle: Handle,
        /// The new one.
        beacon: BeaconParameters,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Stops it.
    StopAp {
        /// Interface.
        handle: Handle,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Announces a channel and switches to it.
    SwitchChannel {
        /// Interface.
        handle: Handle,
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
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Settings of the BSS.
    SetBssOptions {
        /// Interface.
        handle: Handle,
        /// Settings.
        options: BssOptions,
    },
    /// Channel of an interface that is not (yet) an access point.
    SetChannel {
        /// Interface.
        handle: Handle,
        /// Channel.
        channel: ChannelDefinition,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Adds a station.
    AddStation {
        /// Interface.
        handle: Handle,
        /// Everything about it.
        station: StationParameters,
    },
    /// Changes a station that was added: same fields.
    ChangeStation {
        /// Interface.
        handle: Handle,
        /// Everything about it.
        station: StationParameters,
    },
    /// Flags of a station (or, at a station, of its access point: how the port is opened).
    SetStationFlags {
        /// Interface.
        handle: Handle,
        /// Peer.
        addr: MacAddr,
        /// Flags.
        flags: StationFlags,
    },
    /// Removes a station, or all.
    RemoveStation {
        /// Interface.
        handle: Handle,
        /// Which; all if absent.
        addr: Option<MacAddr>,
        /// Subtype and reason of the frame that the driver sends, if it sends one.
        notify: Option<(Subtype, ReasonCode)>,
    },
    /// What the kernel knows of one station or of all. Answer: [`crate::Reply::Stations`].
    Stations {
        /// Interface.
        handle: Handle,
        /// Which; all if absent.
        addr: Option<MacAddr>,
    },
    /// Moves a station to a VLAN interface of the same radio.
    SetStationVlan {
        /// Interface.
        handle: Handle,
        /// Station.
        addr: MacAddr,
        /// VLAN interface.
        vlan: Handle,
    },
    /// Sends a null frame to a station. The answer arrives as [`crate::Event::ProbeStatus`].
    ProbeStation {
        /// Interface.
        handle: Handle,
        /// Station.
        addr: MacAddr,
    },
    /// Transmit queue parameters (IEEE Std 802.11-2020 9.4.2.28).
    SetTxQueue {
        /// Interface.
        handle: Handle,
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
        /// Of which link.
        link: Option<LinkId>,
    },
    /// Request-to-send threshold in octets; absent: off.
    SetRtsThreshold {
        /// Interface.
        handle: Handle,
        /// Threshold.
        threshold: Option<u32>,
    },
    /// Fragmentation threshold in octets; absent: off.
    SetFragThreshold {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// On or off.
        enabled: bool,
    },
    /// Signal level that is worth an event ([`crate::Event::SignalChange`]).
    MonitorSignal {
        /// Interface.
        handle: Handle,
        /// dBm; 0 switches it off.
        threshold: i32,
        /// dB.
        hysteresis: u32,
    },
    /// Signal, noise and rates of the connection. Answer: [`crate::Reply::Signal`].
    SignalPoll {
        /// Interface.
        handle: Handle,
    },
    /// How busy each channel was. Answer: [`crate::Reply::Survey`], several.
    Survey {
        /// Interface.
        handle: Handle,
    },
    /// Sends a TDLS frame body through the driver.
    TdlsFrame {
        /// Interface.
        handle: Handle,
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
        handle: Handle,
        /// Peer.
        peer: MacAddr,
        /// Operation.
        operation: u8,
    },
    /// Says how an authentication ended that the driver had asked for ([`crate::Event::ExternalAuth`]).
    ExternalAuth {
        /// Interface.
        handle: Handle,
        /// Access point, or station.
        bssid: MacAddr,
        /// Its network.
        ssid: Ssid,
        /// Success, or why not.
        status: StatusCode,
        /// Name of the key that was agreed on.
        pmkid: Option<[u8; 16]>,
    },
    /// Listens for radar on a channel before it is used; [`crate::Event::Radar`] tells the end.
    StartCac {
        /// Interface.
        handle: Handle,
        /// Channel.
        channel: ChannelDefinition,
        /// Of which link.
        link: Option<LinkId>,
    },
    /// The key of an authentication by IEEE Std 802.1X, for a driver that does the 4-way handshake itself.
    SetPmk {
        /// Interface.
        handle: Handle,
        /// Access point.
        peer: MacAddr,
        /// The key.
        pmk: KeyBytes,
    },
    /// Takes it away.
    DeletePmk {
        /// Interface.
        handle: Handle,
        /// Access point.
        peer: MacAddr,
    },
    /// Takes a link that is no radio (a wired port, a bridge) for frames of these ethertypes. Answer:
    /// [`crate::Reply::Attached`]; then [`crate::Event::Ether`].
    AttachLink {
        /// Kernel name.
        ifname: String,
        /// Ethertypes, each granted.
        ethertypes: Vec<u16>,
    },
    /// Sends a frame over such a link.
    SendEther {
        /// Link.
        handle: Handle,
        /// Receiver.
        dest: MacAddr,
        /// One of those that it was taken for.
        ethertype: u16,
        /// What stands behind the ethertype.
        data: Vec<u8>,
    },
    /// For test suites; nothing in a build without them. The last one: no build numbers the others differently.
    Test(crate::TestRequest),
}

impl Request {
    /// The interface that a request is about; absent for requests about none, or about one by name.
    #[must_use]
    pub const fn handle(&self) -> Option<Handle> {
        match self {
            Request::Interfaces
            | Request::Attach { .. }
            | Request::AttachLink { .. }
            | Request::SetCountry { .. }
            | Request::Country => None,
            Request::AddInterface { parent, .. } => Some(*parent),
            Request::ExternalAuth { handle, .. }
            | Request::StartCac { handle, .. }
            | Request::SetPmk { handle, .. }
            | Request::DeletePmk { handle, .. }
            | Request::SendEther { handle, .. }
            | Request::Detach { handle }
            | Request::Capabilities { handle }
            | Request::LinkState { handle }
            | Request::SetLinkUp { handle, .. }
            | Request::SetOperState { handle, .. }
            | Request::SetInterfaceType { handle, .. }
            | Request::RemoveInterface { handle }
            | Request::SetMacAddress { handle, .. }
            | Request::SetBridge { handle, .. }
            | Request::SetFourAddress { handle, .. }
            | Request::TriggerScan { handle, .. }
            | Request::AbortScan { handle }
            | Request::ScanResults { handle }
            | Request::StartSchedScan { handle, .. }
            | Request::StopSchedScan { handle }
            | Request::Authenticate { handle, .. }
            | Request::Associate { handle, .. }
            | Request::Connect { handle, .. }
            | Request::Deauthenticate { handle, .. }
            | Request::Disassociate { handle, .. }
            | Request::Disconnect { handle, .. }
            | Request::AddKey { handle, .. }
            | Request::DeleteKey { handle, .. }
            | Request::KeySequence { handle, .. }
            | Request::AddPmksa { handle, .. }
            | Request::RemovePmksa { handle, .. }
            | Request::FlushPmksa { handle }
            | Request::SetRekeyData { handle, .. }
            | Request::UpdateFtElements { handle, .. }
            | Request::RegisterFrame { handle, .. }
            | Request::TransmitFrame { handle, .. }
            | Request::CancelTransmit { handle, .. }
            | Request::RemainOnChannel { handle, .. }
            | Request::CancelRemainOnChannel { handle, .. }
            | Request::SendEapol { handle, .. }
            | Request::SendPreauth { handle, .. }
            | Request::ReceivePreauth { handle, .. }
            | Request::StartAp { handle, .. }
            | Request::UpdateBeacon { handle, .. }
            | Request::StopAp { handle, .. }
            | Request::SwitchChannel { handle, .. }
            | Request::SetBssOptions { handle, .. }
            | Request::SetChannel { handle, .. }
            | Request::AddStation { handle, .. }
            | Request::ChangeStation { handle, .. }
            | Request::SetStationFlags { handle, .. }
            | Request::RemoveStation { handle, .. }
            | Request::Stations { handle, .. }
            | Request::SetStationVlan { handle, .. }
            | Request::ProbeStation { handle, .. }
            | Request::SetTxQueue { handle, .. }
            | Request::SetRtsThreshold { handle, .. }
            | Request::SetFragThreshold { handle, .. }
            | Request::SetPowerSave { handle, .. }
            | Request::MonitorSignal { handle, .. }
            | Request::SignalPoll { handle }
            | Request::Survey { handle }
            | Request::TdlsFrame { handle, .. }
            | Request::TdlsOperation { handle, .. } => Some(*handle),
            Request::Test(test) => Some(test.handle()),
        }
    }
}
