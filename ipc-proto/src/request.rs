use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode, Ssid};

use crate::{ChannelDefinition, InterfaceType, KeyBytes, KeyKind, MfpMode, OperState, StationFlags};

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
