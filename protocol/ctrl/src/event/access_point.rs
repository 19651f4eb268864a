//! Events of an access point.

use super::Level;
use crate::reply::Hex;
use alloc::{string::String, vec::Vec};
use core::fmt;
use wire::MacAddr;

/// Something an access point's clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApEvent {
    /// The access point works.
    Enabled,
    /// The access point has stopped.
    Disabled,
    /// The interface appeared or was switched on.
    InterfaceEnabled,
    /// The interface was switched off.
    InterfaceDisabled,
    /// A station can use the network.
    StaConnected {
        /// The station.
        addr: MacAddr,
        /// The name of the key it used.
        keyid: Option<String>,
        /// Its VLAN; 0 for none.
        vlan: u32,
    },
    /// A station can no longer use the network.
    StaDisconnected(MacAddr),
    /// A station's second message had a wrong MIC: its passphrase may be another.
    PossiblePskMismatch(MacAddr),
    /// A station's 4-way handshake is done.
    FourWayCompleted(MacAddr),
    /// A silent station has answered.
    PollOk(MacAddr),
    /// A station was refused because there are too many.
    RejectedMaxSta(MacAddr),
    /// A station was refused because it is on a list.
    RejectedBlockedSta(MacAddr),
    /// A station named a password identifier that is not known.
    SaeUnknownPasswordIdentifier(MacAddr),
    /// A channel switch is done.
    CsaFinished {
        /// Frequency in MHz.
        freq: u32,
        /// Whether it has radar detection.
        dfs: bool,
    },
    /// A channel switch was announced or is done.
    ChannelSwitch {
        /// Whether it has only been announced.
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
        /// Whether the frequency has radar detection.
        dfs: bool,
    },
    /// A probe request arrived; only for clients that asked for them.
    RxProbeRequest {
        /// The sender.
        addr: MacAddr,
        /// Signal in dBm.
        signal: i32,
    },
    /// The daemon ends.
    Terminating,
    /// For tests: an EAPOL frame a client has to deliver.
    EapolTx {
        /// Where to.
        to: MacAddr,
        /// The frame.
        frame: Vec<u8>,
    },
    /// For tests: a management frame a client has to process.
    MgmtRx(Vec<u8>),
    /// For tests: what became of a sent management frame.
    MgmtTxStatus {
        /// Its subtype.
        subtype: u8,
        /// Whether it was acknowledged.
        ok: bool,
        /// The frame.
        frame: Vec<u8>,
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
    /// Any other line that clients see.
    Message {
        /// Its level.
        level: Level,
        /// Its text.
        text: String,
    },
}

impl ApEvent {
    /// How important it is.
    pub fn level(&self) -> Level {
        // All events but free text are of one level.
        if let ApEvent::Message { level, .. } = self { *level } else { Level::Info }
    }

    /// Of which kind it is in a log, if anybody on the air can cause it.
    pub fn of_strangers(&self) -> Option<&'static str> {
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "all others come from ourselves or from stations that have a key"
        )]
        match self {
            ApEvent::PossiblePskMismatch(_) => Some("AP-STA-POSSIBLE-PSK-MISMATCH"),
            ApEvent::SaeUnknownPasswordIdentifier(_) => Some("CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER"),
            ApEvent::RejectedMaxSta(_) => Some("AP-REJECTED-MAX-STA"),
            ApEvent::RejectedBlockedSta(_) => Some("AP-REJECTED-BLOCKED-STA"),
            _ => None,
        }
    }

    /// Whether only clients that asked for probe requests get it.
    pub fn is_probe_request(&self) -> bool {
        matches!(self, ApEvent::RxProbeRequest { .. })
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

impl fmt::Display for ApEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApEvent::Enabled => f.write_str("AP-ENABLED "),
            ApEvent::Disabled => f.write_str("AP-DISABLED "),
            ApEvent::InterfaceEnabled => f.write_str("INTERFACE-ENABLED "),
            ApEvent::InterfaceDisabled => f.write_str("INTERFACE-DISABLED "),
            ApEvent::StaConnected { addr, keyid, vlan } => {
                write!(f, "AP-STA-CONNECTED {addr}")?;
                if let Some(keyid) = keyid {
                    write!(f, " keyid={keyid}")?;
                }
                if *vlan == 0 { Ok(()) } else { write!(f, " vlanid={vlan}") }
            }
            ApEvent::StaDisconnected(addr) => write!(f, "AP-STA-DISCONNECTED {addr}"),
            ApEvent::PossiblePskMismatch(addr) => write!(f, "AP-STA-POSSIBLE-PSK-MISMATCH {addr}"),
            ApEvent::FourWayCompleted(addr) => write!(f, "EAPOL-4WAY-HS-COMPLETED {addr}"),
            ApEvent::PollOk(addr) => write!(f, "AP-STA-POLL-OK {addr}"),
            ApEvent::RejectedMaxSta(addr) => write!(f, "AP-REJECTED-MAX-STA {addr}"),
            ApEvent::RejectedBlockedSta(addr) => write!(f, "AP-REJECTED-BLOCKED-STA {addr}"),
            ApEvent::SaeUnknownPasswordIdentifier(addr) => {
                write!(f, "CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER {addr}")
            }
            ApEvent::CsaFinished { freq, dfs } => write!(f, "AP-CSA-FINISHED freq={freq} dfs={}", u8::from(*dfs)),
            ApEvent::ChannelSwitch { started, freq, ht, offset, width, centre1, centre2, dfs } => {
                let name = if *started { "CTRL-EVENT-STARTED-CHANNEL-SWITCH" } else { "CTRL-EVENT-CHANNEL-SWITCH" };
                write!(
                    f,
                    "{name} freq={freq} ht_enabled={} ch_offset={offset} ch_width={width} cf1={centre1} cf2={centre2} is_dfs0={} dfs={}",
                    u8::from(*ht),
                    u8::from(*dfs),
                    u8::from(*dfs)
                )
            }
            ApEvent::RxProbeRequest { addr, signal } => write!(f, "RX-PROBE-REQUEST sa={addr} signal={signal}"),
            ApEvent::Terminating => f.write_str("CTRL-EVENT-TERMINATING "),
            ApEvent::EapolTx { to, frame } => write!(f, "EAPOL-TX {to} {}", Hex(frame)),
            ApEvent::MgmtRx(frame) => write!(f, "MGMT-RX {}", Hex(frame)),
            ApEvent::MgmtTxStatus { subtype, ok, frame } => {
                write!(f, "MGMT-TX-STATUS stype={subtype} ok={} buf={}", u8::from(*ok), Hex(frame))
            }
            ApEvent::DataTestRx { to, from, length } => {
                write!(f, "DATA-TEST-RX {to} {from}")?;
                length.map_or(Ok(()), |length| write!(f, " len={length}"))
            }
            ApEvent::Message { text, .. } => f.write_str(text),
        }
    }
}
