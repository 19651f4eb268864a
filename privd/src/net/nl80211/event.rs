//! Events of nl80211 as events for daemons. Of frames, headers are read and nothing else.

use ipc_proto::{Event, Handle, LinkId};
use wire::{ETH_P_EAPOL, ETH_P_PREAUTH, MacAddr, ReasonCode, Ssid, StatusCode};

use super::consts::{attr, cmd, cqm, rekey};
use super::parse;
use crate::net::message::{Table, numbers};

/// What an event's meaning depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::net) struct Context {
    /// Own address of the interface.
    pub(in crate::net) own: MacAddr,
    /// The daemon uses the driver's SME.
    pub(in crate::net) driver_sme: bool,
    /// Stations are managed by the daemon.
    pub(in crate::net) ap_sme_in_user_space: bool,
}

/// A suite of this selector. Some drivers have it in the other order of octets.
const fn selector(number: u32) -> u32 {
    if number.swap_bytes() >> 8 == 0x0000_0fac { number.swap_bytes() } else { number }
}

/// Transmitter address of a management frame: octets 10 to 15 (IEEE Std 802.11-2020 9.3.3.2).
fn transmitter(frame: &[u8]) -> Option<MacAddr> {
    frame.get(10..16).and_then(MacAddr::from_slice)
}

/// The event of a message about the interface that its client calls `handle`; `None` for one that daemons do not hear of.
pub(in crate::net) fn decode(command: u8, handle: Handle, table: &Table<'_>, context: &Context) -> Option<Event> {
    let frame = || table.get(attr::FRAME).map(<[u8]>::to_vec);
    let peer = || table.mac(attr::MAC);
    let link = || table.u8(attr::MLO_LINK_ID).map(LinkId);
    let timed_out = table.has(attr::TIMED_OUT);
    let cookie = || table.u64(attr::COOKIE).unwrap_or_default();
    let freq = || table.u32(attr::WIPHY_FREQ).unwrap_or_default();
    let local = || table.get(attr::FRAME).and_then(transmitter) == Some(context.own);
    let request_elements = || table.octets(attr::REQ_IE);
    let response_elements = || table.octets(attr::RESP_IE);
    let event = match command {
        cmd::TRIGGER_SCAN => Event::ScanStarted { handle },
        cmd::NEW_SCAN_RESULTS | cmd::SCAN_ABORTED => {
            let freqs = table.nested(attr::SCAN_FREQUENCIES).into_iter().flatten();
            let freqs = freqs.filter_map(|(_, freq)| numbers(freq).first().copied()).collect();
            Event::ScanDone { handle, aborted: command == cmd::SCAN_ABORTED, freqs }
        }
        cmd::SCHED_SCAN_RESULTS => Event::SchedScanResults { handle },
        cmd::SCHED_SCAN_STOPPED => Event::SchedScanStopped { handle },
        cmd::AUTHENTICATE if timed_out => Event::AuthTimeout { handle, bssid: peer()? },
        cmd::AUTHENTICATE => Event::AuthReceived { handle, frame: frame()? },
        cmd::ASSOCIATE if timed_out => Event::AssocTimeout { handle, bssid: peer()? },
        cmd::ASSOCIATE => Event::AssocReceived { handle, frame: frame()?, request_elements: request_elements() },
        cmd::DEAUTHENTICATE => Event::Deauthenticated { handle, frame: frame()?, local: local() },
        cmd::DISASSOCIATE => Event::Disassociated { handle, frame: frame()?, local: local() },
        cmd::UNPROT_DEAUTHENTICATE | cmd::UNPROT_DISASSOCIATE => Event::UnprotectedDeauth { handle, frame: frame()? },
        cmd::CONNECT if context.driver_sme => Event::Connected {
            handle,
            bssid: peer(),
            status: StatusCode(table.u16(attr::STATUS_CODE).unwrap_or_default()),
            timed_out,
            request_elements: request_elements(),
            response_elements: response_elements(),
        },
        cmd::ROAM => Event::Roamed {
            handle,
            bssid: peer()?,
            request_elements: request_elements(),
            response_elements: response_elements(),
            authorized: table.has(attr::PORT_AUTHORIZED),
        },
        cmd::PORT_AUTHORIZED => Event::PortAuthorized { handle, bssid: peer()? },
        cmd::DISCONNECT => Event::Disconnected {
            handle,
            reason: ReasonCode(table.u16(attr::REASON_CODE).unwrap_or_default()),
            by_ap: table.has(attr::DISCONNECTED_BY_AP),
        },
        cmd::NOTIFY_CQM => return quality(handle, &table.nested(attr::CQM)?, peer()),
        cmd::MICHAEL_MIC_FAILURE => {
            Event::MicFailure { handle, addr: peer()?, group: table.u32(attr::KEY_TYPE) == Some(0) }
        }
        cmd::FRAME => Event::FrameReceived {
            handle,
            freq: freq(),
            signal: table.i32(attr::RX_SIGNAL_DBM),
            frame: frame()?,
            link: link(),
        },
        cmd::FRAME_TX_STATUS => {
            Event::FrameSent { handle, cookie: cookie(), acked: table.has(attr::ACK), frame: frame()? }
        }
        cmd::REMAIN_ON_CHANNEL => {
            let duration = table.u32(attr::DURATION).unwrap_or_default();
            Event::OnChannel { handle, cookie: cookie(), freq: freq(), duration }
        }
        cmd::CANCEL_REMAIN_ON_CHANNEL => Event::OffChannel { handle, cookie: cookie(), freq: freq() },
        cmd::CONTROL_PORT_FRAME => match table.u16(attr::CONTROL_PORT_ETHERTYPE)? {
            ETH_P_EAPOL => {
                let encrypted = Some(!table.has(attr::CONTROL_PORT_NO_ENCRYPT));
                Event::Eapol { handle, source: peer()?, encrypted, data: frame()? }
            }
            ETH_P_PREAUTH => Event::Preauth { handle, source: peer()?, data: frame()? },
            _ => return None,
        },
        cmd::CONTROL_PORT_FRAME_TX_STATUS => {
            // An Ethernet header stands before the payload.
            let frame = table.get(attr::FRAME)?;
            let dest = MacAddr::from_slice(frame.get(..6)?)?;
            Event::EapolSent { handle, dest, acked: table.has(attr::ACK), data: frame.get(14..)?.to_vec() }
        }
        cmd::NEW_STATION if !context.ap_sme_in_user_space => {
            Event::StationAdded { handle, addr: peer()?, elements: table.octets(attr::IE), reassociation: false }
        }
        cmd::DEL_STATION if !context.ap_sme_in_user_space => Event::StationRemoved { handle, addr: peer()? },
        cmd::UNEXPECTED_FRAME | cmd::UNEXPECTED_4ADDR_FRAME => {
            let four_address = command == cmd::UNEXPECTED_4ADDR_FRAME;
            Event::UnexpectedFrame { handle, addr: peer()?, four_address }
        }
        cmd::PROBE_CLIENT => Event::ProbeStatus { handle, addr: peer()?, acked: table.has(attr::ACK) },
        cmd::CH_SWITCH_NOTIFY => Event::ChannelSwitched { handle, channel: parse::channel(table)?, link: link() },
        cmd::CH_SWITCH_STARTED_NOTIFY => {
            let count = table.u32(attr::CH_SWITCH_COUNT).unwrap_or_default();
            let count = u8::try_from(count).unwrap_or(u8::MAX);
            Event::ChannelSwitchStarted { handle, channel: parse::channel(table)?, count, link: link() }
        }
        cmd::STOP_AP => Event::ApStopped { handle, link: link() },
        cmd::EXTERNAL_AUTH => Event::ExternalAuth {
            handle,
            start: table.u32(attr::EXTERNAL_AUTH_ACTION)? == 0,
            bssid: table.mac(attr::BSSID).or_else(peer)?,
            ssid: Ssid::new(table.get(attr::SSID)?).ok()?,
            akm: table.u32(attr::AKM_SUITES).map(selector)?,
        },
        cmd::SET_REKEY_OFFLOAD => {
            let data = table.nested(attr::REKEY_DATA)?;
            let counter = data.get(rekey::REPLAY_CTR).and_then(|octets| octets.first_chunk().copied())?;
            Event::RekeyCounter { handle, bssid: peer()?, counter }
        }
        cmd::RADAR_DETECT => {
            let event = u8::try_from(table.u32(attr::RADAR_EVENT)?).ok()?;
            Event::Radar { handle, channel: parse::channel(table)?, event, link: link() }
        }
        _ => return None,
    };
    Some(event)
}

fn quality(handle: Handle, table: &Table<'_>, peer: Option<MacAddr>) -> Option<Event> {
    if table.has(cqm::BEACON_LOSS_EVENT) {
        return Some(Event::BeaconLoss { handle });
    }
    if let Some(packets) = table.u32(cqm::PKT_LOSS_EVENT) {
        return Some(Event::PacketLoss { handle, addr: peer?, packets });
    }
    match table.u32(cqm::RSSI_THRESHOLD_EVENT)? {
        2 => Some(Event::BeaconLoss { handle }),
        number => {
            let signal = table.i32(cqm::RSSI_LEVEL).unwrap_or_default();
            Some(Event::SignalChange { handle, above: number == 1, signal })
        }
    }
}

/// The regulatory domain of a change.
pub(in crate::net) fn regulatory(table: &Table<'_>) -> Event {
    let alpha2 = match table.get(attr::REG_ALPHA2) {
        Some([one, other, ..]) => [*one, *other],
        _ => *b"00",
    };
    let initiator = table.u8(attr::REG_INITIATOR).unwrap_or_default();
    Event::RegulatoryChanged { alpha2, initiator, kind: table.u8(attr::REG_TYPE).unwrap_or_default() }
}
