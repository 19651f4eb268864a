//! Events of a station.

use super::Level;
use crate::reply::{Escaped, Hex};
use alloc::{string::String, vec::Vec};
use core::fmt;
use wire::{MacAddr, Ssid};

/// Something a station's clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StationEvent {
    /// Authentication with an access point begins.
    TryingToAuthenticate {
        /// The access point.
        bssid: MacAddr,
        /// Name of the network.
        ssid: Ssid,
        /// Frequency in MHz.
        freq: u32,
    },
    /// Association with an access point begins.
    TryingToAssociate {
        /// The access point.
        bssid: MacAddr,
        /// Name of the network.
        ssid: Ssid,
        /// Frequency in MHz.
        freq: u32,
    },
    /// The driver is to connect to a network.
    TryingToAssociateWithSsid(Ssid),
    /// The access point has accepted the association.
    Associated(MacAddr),
    /// The 4-way handshake is done.
    KeyNegotiationCompleted {
        /// The access point.
        bssid: MacAddr,
        /// The pairwise cipher's word.
        pairwise: &'static str,
        /// The group cipher's word.
        group: &'static str,
    },
    /// A group key handshake is done.
    GroupRekeyingCompleted {
        /// The access point.
        bssid: MacAddr,
        /// The group cipher's word.
        group: &'static str,
        /// Whether the network is an RSN rather than WPA.
        rsn: bool,
    },
    /// The network can be used.
    Connected {
        /// The access point.
        bssid: MacAddr,
        /// The network.
        id: Option<u32>,
        /// Its name for scripts.
        id_str: Vec<u8>,
    },
    /// The network can no longer be used.
    Disconnected {
        /// The access point.
        bssid: MacAddr,
        /// The reason code.
        reason: u16,
        /// Whether we ended it.
        locally_generated: bool,
    },
    /// The access point refused the association.
    AssocReject {
        /// The access point, if it is known.
        bssid: Option<MacAddr>,
        /// The status code.
        status: u16,
        /// Whether there was no answer; and what for.
        timeout: Option<Option<&'static str>>,
    },
    /// The access point refused the authentication.
    AuthReject {
        /// The access point.
        bssid: MacAddr,
        /// The authentication algorithm.
        auth_type: u16,
        /// The transaction sequence number.
        transaction: u16,
        /// The status code.
        status: u16,
        /// Elements of the refusal.
        elements: Vec<u8>,
    },
    /// A handshake failed in a way that a wrong passphrase explains.
    PskMayBeWrong,
    /// A network is left alone for a while.
    TempDisabled {
        /// The network.
        id: u32,
        /// Its name.
        ssid: Ssid,
        /// Failures so far.
        failures: u32,
        /// Seconds.
        duration: u32,
        /// `CONN_FAILED`, `WRONG_KEY`, `AUTH_FAILED`, `NO_PSK_AVAILABLE`.
        reason: &'static str,
    },
    /// That while is over.
    Reenabled {
        /// The network.
        id: u32,
        /// Its name.
        ssid: Ssid,
    },
    /// A scan has begun.
    ScanStarted {
        /// Its number, if the client asked for one.
        id: Option<u32>,
    },
    /// A scan is done.
    ScanResults {
        /// Its number, if the client asked for one.
        id: Option<u32>,
    },
    /// A scan could not be started.
    ScanFailed {
        /// The error number, negative.
        error: i32,
        /// Whether it is tried again.
        retry: bool,
    },
    /// An access point was found.
    BssAdded {
        /// Its number in the table.
        id: u32,
        /// The access point.
        bssid: MacAddr,
    },
    /// An access point was forgotten.
    BssRemoved {
        /// Its number in the table.
        id: u32,
        /// The access point.
        bssid: MacAddr,
    },
    /// No enabled network was found.
    NetworkNotFound,
    /// The state of the interface changed.
    StateChange {
        /// The network in use.
        id: Option<u32>,
        /// The state's number.
        state: u8,
        /// The access point; zero for none.
        bssid: MacAddr,
        /// Name of the network in use.
        ssid: Option<Ssid>,
    },
    /// The regulatory domain changed.
    RegdomChange {
        /// Who changed it.
        initiator: RegdomInitiator,
        /// What kind it is.
        kind: RegdomType,
        /// Its country.
        country: Option<[u8; 2]>,
    },
    /// The signal crossed the threshold.
    SignalChange {
        /// Whether it is above now.
        above: bool,
        /// Signal in dBm.
        signal: i32,
        /// Noise in dBm.
        noise: i32,
        /// Rate in kb/s.
        rate: u32,
    },
    /// Beacons are missed.
    BeaconLoss,
    /// A beacon failed its check.
    UnprotBeacon(MacAddr),
    /// The network after a roam is another subnet, the same, or unknown.
    SubnetStatus(u8),
    /// The access point changes channel.
    ChannelSwitch {
        /// Whether it has only announced it.
        started: bool,
        /// Frequency in MHz.
        freq: u32,
        /// Whether HT is on.
        ht: bool,
        /// Where the secondary channel is.
        offset: i8,
        /// The width, in the driver's words.
        width: &'static str,
        /// Centre of the first segment in MHz.
        centre1: u32,
        /// Centre of the second segment in MHz.
        centre2: u32,
    },
    /// The access point does not know the password identifier.
    SaeUnknownPasswordIdentifier(MacAddr),
    /// Whether to go to a better access point was weighed.
    RoamDecision {
        /// Whether to go.
        go: bool,
        /// Present access point, its frequency and signal, and estimated throughput.
        current: (MacAddr, u32, i32, u32),
        /// The other one.
        other: (MacAddr, u32, i32, u32),
    },
    /// A key was cached.
    PmksaAdded {
        /// The access point.
        bssid: MacAddr,
        /// The network.
        id: u32,
    },
    /// A cached key was dropped.
    PmksaRemoved {
        /// The access point.
        bssid: MacAddr,
        /// The network.
        id: u32,
    },
    /// The access point says which weaker modes this network has left for good.
    TransitionDisable(u8),
    /// A secret or an identity is needed.
    Request {
        /// What: `PSK_PASSPHRASE`, `PASSWORD` …
        field: &'static str,
        /// The network.
        id: u32,
        /// In words.
        text: String,
        /// Name of the network.
        ssid: Ssid,
    },
    /// The daemon ends.
    Terminating,
    /// The interface appeared or was switched on (global).
    InterfaceEnabled,
    /// The interface was switched off (global).
    InterfaceDisabled,
    /// For tests: an EAPOL frame a client has to deliver.
    EapolTx {
        /// Where to.
        to: MacAddr,
        /// The frame.
        frame: Vec<u8>,
    },
    /// For tests: a management frame a client has to process.
    MgmtRx {
        /// Frequency in MHz.
        freq: u32,
        /// Rate in 500 kb/s.
        rate: u32,
        /// Signal in dBm.
        signal: i32,
        /// The frame.
        frame: Vec<u8>,
    },
    /// For tests: what became of a sent management frame.
    MgmtTxStatus {
        /// Frequency in MHz.
        freq: u32,
        /// Destination.
        to: MacAddr,
        /// Source.
        from: MacAddr,
        /// BSSID.
        bssid: MacAddr,
        /// `SUCCESS`, `NO_ACK` or `FAILED`.
        result: &'static str,
    },
    /// For tests: a data frame arrived.
    DataTestRx {
        /// Destination.
        to: MacAddr,
        /// Source.
        from: MacAddr,
        /// Its length, where it is not the usual one.
        length: Option<usize>,
    },
    /// The radio is free for a client's work.
    ExtRadioWorkStart(u32),
    /// A client's work took too long.
    ExtRadioWorkTimeout(u32),
    /// Any other line that clients see, such as a complaint of the key machine.
    Message {
        /// Its level.
        level: Level,
        /// Its text.
        text: String,
    },
}

/// Who changed the regulatory domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegdomInitiator {
    /// The kernel.
    Core,
    /// A program.
    User,
    /// A driver.
    Driver,
    /// What access points announce.
    CountryIe,
    /// What beacons show.
    BeaconHint,
}

/// What kind of regulatory domain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegdomType {
    /// Not known.
    Unknown,
    /// A country.
    Country,
    /// The whole world.
    World,
    /// A driver's own.
    CustomWorld,
    /// Several at once.
    Intersection,
}

impl RegdomInitiator {
    const fn word(self) -> &'static str {
        match self {
            RegdomInitiator::Core => "CORE",
            RegdomInitiator::User => "USER",
            RegdomInitiator::Driver => "DRIVER",
            RegdomInitiator::CountryIe => "COUNTRY_IE",
            RegdomInitiator::BeaconHint => "BEACON_HINT",
        }
    }
}

impl RegdomType {
    const fn word(self) -> &'static str {
        match self {
            RegdomType::Unknown => "UNKNOWN",
            RegdomType::Country => "COUNTRY",
            RegdomType::World => "WORLD",
            RegdomType::CustomWorld => "CUSTOM_WORLD",
            RegdomType::Intersection => "INTERSECTION",
        }
    }
}

impl StationEvent {
    /// How important it is.
    pub fn level(&self) -> Level {
        // All events but free text are of one level.
        if let StationEvent::Message { level, .. } = self { *level } else { Level::Info }
    }

    /// It happens again and again while nothing else does: no news for a log.
    pub fn is_routine(&self) -> bool {
        matches!(
            self,
            StationEvent::ScanStarted { .. }
                | StationEvent::ScanResults { .. }
                | StationEvent::BssAdded { .. }
                | StationEvent::BssRemoved { .. }
                | StationEvent::NetworkNotFound
                | StationEvent::SignalChange { .. }
        )
    }

    /// Many may come at once, and what it tells can be asked for: it gives way to events that clients wait for.
    pub fn is_detail(&self) -> bool {
        matches!(self, StationEvent::BssAdded { .. } | StationEvent::BssRemoved { .. })
    }

    /// The datagram for clients of the interface.
    pub fn message(&self) -> Vec<u8> {
        super::message(self.level(), self)
    }

    /// The datagram for clients of the global socket.
    pub fn global_message(&self, interface: &str) -> Vec<u8> {
        super::global_message(interface, self.level(), self)
    }
}

/// A number, or -1 for none.
struct OrMinusOne(Option<u32>);

impl fmt::Display for OrMinusOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(n) => n.fmt(f),
            None => f.write_str("-1"),
        }
    }
}

impl fmt::Display for StationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StationEvent::TryingToAuthenticate { bssid, ssid, freq } => {
                write!(
                    f,
                    "SME: Trying to authenticate with {bssid} (SSID='{}' freq={freq} MHz)",
                    Escaped(ssid.as_bytes())
                )
            }
            StationEvent::TryingToAssociate { bssid, ssid, freq } => {
                write!(f, "Trying to associate with {bssid} (SSID='{}' freq={freq} MHz)", Escaped(ssid.as_bytes()))
            }
            StationEvent::TryingToAssociateWithSsid(ssid) => {
                write!(f, "Trying to associate with SSID '{}'", Escaped(ssid.as_bytes()))
            }
            StationEvent::Associated(bssid) => write!(f, "Associated with {bssid}"),
            StationEvent::KeyNegotiationCompleted { bssid, pairwise, group } => {
                write!(f, "WPA: Key negotiation completed with {bssid} [PTK={pairwise} GTK={group}]")
            }
            StationEvent::GroupRekeyingCompleted { bssid, group, rsn } => {
                let proto = if *rsn { "RSN" } else { "WPA" };
                write!(f, "{proto}: Group rekeying completed with {bssid} [GTK={group}]")
            }
            StationEvent::Connected { bssid, id, id_str } => {
                let id_str = String::from_utf8_lossy(id_str);
                write!(
                    f,
                    "CTRL-EVENT-CONNECTED - Connection to {bssid} completed [id={} id_str={id_str}]",
                    OrMinusOne(*id)
                )
            }
            StationEvent::Disconnected { bssid, reason, locally_generated } => {
                let local = if *locally_generated { " locally_generated=1" } else { "" };
                write!(f, "CTRL-EVENT-DISCONNECTED bssid={bssid} reason={reason}{local}")
            }
            StationEvent::AssocReject { bssid, status, timeout } => {
                f.write_str("CTRL-EVENT-ASSOC-REJECT ")?;
                if let Some(bssid) = bssid {
                    write!(f, "bssid={bssid} ")?;
                }
                write!(f, "status_code={status}")?;
                match timeout {
                    None => Ok(()),
                    Some(None) => f.write_str(" timeout"),
                    Some(Some(what)) => write!(f, " timeout={what}"),
                }
            }
            StationEvent::AuthReject { bssid, auth_type, transaction, status, elements } => {
                write!(
                    f,
                    "CTRL-EVENT-AUTH-REJECT {bssid} auth_type={auth_type} auth_transaction={transaction} status_code={status}"
                )?;
                if elements.is_empty() { Ok(()) } else { write!(f, " ie={}", Hex(elements)) }
            }
            StationEvent::PskMayBeWrong => f.write_str("WPA: 4-Way Handshake failed - pre-shared key may be incorrect"),
            StationEvent::TempDisabled { id, ssid, failures, duration, reason } => write!(
                f,
                "CTRL-EVENT-SSID-TEMP-DISABLED id={id} ssid=\"{}\" auth_failures={failures} duration={duration} reason={reason}",
                Escaped(ssid.as_bytes())
            ),
            StationEvent::Reenabled { id, ssid } => {
                write!(f, "CTRL-EVENT-SSID-REENABLED id={id} ssid=\"{}\"", Escaped(ssid.as_bytes()))
            }
            StationEvent::ScanStarted { id } => numbered(f, "CTRL-EVENT-SCAN-STARTED ", *id),
            StationEvent::ScanResults { id } => numbered(f, "CTRL-EVENT-SCAN-RESULTS ", *id),
            StationEvent::ScanFailed { error, retry } => {
                write!(f, "CTRL-EVENT-SCAN-FAILED ret={error}{}", if *retry { " retry=1" } else { "" })
            }
            StationEvent::BssAdded { id, bssid } => write!(f, "CTRL-EVENT-BSS-ADDED {id} {bssid}"),
            StationEvent::BssRemoved { id, bssid } => write!(f, "CTRL-EVENT-BSS-REMOVED {id} {bssid}"),
            StationEvent::NetworkNotFound => f.write_str("CTRL-EVENT-NETWORK-NOT-FOUND "),
            StationEvent::StateChange { id, state, bssid, ssid } => {
                write!(f, "CTRL-EVENT-STATE-CHANGE id={} state={state} BSSID={bssid} SSID=", OrMinusOne(*id))?;
                ssid.as_ref().map_or(Ok(()), |ssid| Escaped(ssid.as_bytes()).fmt(f))
            }
            StationEvent::RegdomChange { initiator, kind, country } => {
                write!(f, "CTRL-EVENT-REGDOM-CHANGE init={} type={}", initiator.word(), kind.word())?;
                match country {
                    Some([a, b]) => write!(f, " alpha2={}{}", char::from(*a), char::from(*b)),
                    None => Ok(()),
                }
            }
            StationEvent::SignalChange { above, signal, noise, rate } => {
                write!(
                    f,
                    "CTRL-EVENT-SIGNAL-CHANGE above={} signal={signal} noise={noise} txrate={rate}",
                    u8::from(*above)
                )
            }
            StationEvent::BeaconLoss => f.write_str("CTRL-EVENT-BEACON-LOSS "),
            StationEvent::UnprotBeacon(bssid) => write!(f, "CTRL-EVENT-UNPROT-BEACON {bssid}"),
            StationEvent::SubnetStatus(status) => write!(f, "CTRL-EVENT-SUBNET-STATUS-UPDATE status={status}"),
            StationEvent::ChannelSwitch { started, freq, ht, offset, width, centre1, centre2 } => {
                let name = if *started { "CTRL-EVENT-STARTED-CHANNEL-SWITCH" } else { "CTRL-EVENT-CHANNEL-SWITCH" };
                write!(
                    f,
                    "{name} freq={freq} ht_enabled={} ch_offset={offset} ch_width={width} cf1={centre1} cf2={centre2}",
                    u8::from(*ht)
                )
            }
            StationEvent::SaeUnknownPasswordIdentifier(bssid) => {
                write!(f, "CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER {bssid}")
            }
            StationEvent::RoamDecision { go, current, other } => write!(
                f,
                "CTRL-EVENT-{}-ROAM cur_bssid={} cur_freq={} cur_level={} cur_est={} sel_bssid={} sel_freq={} sel_level={} sel_est={}",
                if *go { "DO" } else { "SKIP" },
                current.0,
                current.1,
                current.2,
                current.3,
                other.0,
                other.1,
                other.2,
                other.3
            ),
            StationEvent::PmksaAdded { bssid, id } => write!(f, "PMKSA-CACHE-ADDED {bssid} {id}"),
            StationEvent::PmksaRemoved { bssid, id } => write!(f, "PMKSA-CACHE-REMOVED {bssid} {id}"),
            StationEvent::TransitionDisable(bits) => write!(f, "TRANSITION-DISABLE {bits:02x}"),
            StationEvent::Request { field, id, text, ssid } => {
                write!(f, "CTRL-REQ-{field}-{id}:{text} needed for SSID {}", Escaped(ssid.as_bytes()))
            }
            StationEvent::Terminating => f.write_str("CTRL-EVENT-TERMINATING "),
            StationEvent::InterfaceEnabled => f.write_str("INTERFACE-ENABLED "),
            StationEvent::InterfaceDisabled => f.write_str("INTERFACE-DISABLED "),
            StationEvent::EapolTx { to, frame } => write!(f, "EAPOL-TX {to} {}", Hex(frame)),
            StationEvent::MgmtRx { freq, rate, signal, frame } => {
                write!(f, "MGMT-RX freq={freq} datarate={rate} ssi_signal={signal} {}", Hex(frame))
            }
            StationEvent::MgmtTxStatus { freq, to, from, bssid, result } => {
                write!(f, "MGMT-TX-STATUS freq={freq} dst={to} src={from} bssid={bssid} result={result}")
            }
            StationEvent::DataTestRx { to, from, length } => {
                write!(f, "DATA-TEST-RX {to} {from}")?;
                length.map_or(Ok(()), |length| write!(f, " len={length}"))
            }
            StationEvent::ExtRadioWorkStart(id) => write!(f, "EXT-RADIO-WORK-START {id}"),
            StationEvent::ExtRadioWorkTimeout(id) => write!(f, "EXT-RADIO-WORK-TIMEOUT {id}"),
            StationEvent::Message { text, .. } => f.write_str(text),
        }
    }
}

fn numbered(f: &mut fmt::Formatter<'_>, name: &str, id: Option<u32>) -> fmt::Result {
    f.write_str(name)?;
    id.map_or(Ok(()), |id| write!(f, "id={id}"))
}
