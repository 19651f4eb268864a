//! Which management frames may be sent: by kind of interface, with which addresses.
//!
//! The body is never looked into. What the table keeps from a daemon that was taken over is to speak in a neighbour's
//! name, and to beacon, answer, or send away as another kind of device than it is.

use ipc_proto::InterfaceType;
use wire::frame::{Management, Subtype};

use crate::verdict::Standing;

/// Frames of a station: its other ones are built by the kernel, by requests of their own. Authentication is that of
/// external authentication and of PASN.
const STATION: &[Subtype] = &[Subtype::AUTHENTICATION, Subtype::ACTION, Subtype::ACTION_NO_ACK];
/// Frames of an access point. Its beacon has requests of its own.
const ACCESS_POINT: &[Subtype] = &[
    Subtype::ASSOC_RESPONSE,
    Subtype::REASSOC_RESPONSE,
    Subtype::PROBE_RESPONSE,
    Subtype::DISASSOC,
    Subtype::AUTHENTICATION,
    Subtype::DEAUTH,
    Subtype::ACTION,
    Subtype::ACTION_NO_ACK,
];
/// Frames of a mesh point or of a station of an independent BSS.
const PEER: &[Subtype] = &[Subtype::AUTHENTICATION, Subtype::DEAUTH, Subtype::ACTION, Subtype::ACTION_NO_ACK];
/// A P2P device answers probe requests while it listens.
const P2P_DEVICE: &[Subtype] = &[Subtype::PROBE_RESPONSE, Subtype::AUTHENTICATION, Subtype::ACTION];
const NAN_DEVICE: &[Subtype] = &[Subtype::AUTHENTICATION, Subtype::ACTION, Subtype::ACTION_NO_ACK];

/// The subtypes that an interface of this kind may send.
pub(crate) const fn of_kind(kind: InterfaceType) -> &'static [Subtype] {
    match kind {
        InterfaceType::Station | InterfaceType::P2pClient => STATION,
        InterfaceType::AccessPoint | InterfaceType::P2pGroupOwner => ACCESS_POINT,
        InterfaceType::MeshPoint | InterfaceType::AdHoc => PEER,
        InterfaceType::P2pDevice => P2P_DEVICE,
        InterfaceType::NanDevice => NAN_DEVICE,
        InterfaceType::AccessPointVlan
        | InterfaceType::FourAddressPort
        | InterfaceType::Monitor
        | InterfaceType::Wired
        | InterfaceType::Other => &[],
    }
}

/// May the interface send this frame? If not: what is wrong with it.
///
/// `random`: the grant lets the client choose an address, also the transmitter's of an Action frame.
pub(crate) fn judge(standing: &Standing, random: bool, frame: &[u8]) -> Result<(), &'static str> {
    let Ok(frame) = Management::parse(frame) else { return Err("management frame") };
    let subtype = frame.subtype();
    if !of_kind(standing.kind).contains(&subtype) {
        return Err("type of a frame");
    }
    let action = matches!(subtype, Subtype::ACTION | Subtype::ACTION_NO_ACK);
    let own = frame.source == standing.addr;
    let chosen = random && action && frame.source.is_local() && !frame.source.is_group();
    if !own && !chosen {
        return Err("transmitter of a frame");
    }
    // IEEE Std 802.11-2020 9.3.3.1: the BSSID is that of the BSS, or the wildcard in frames outside of one.
    let bssid = match standing.kind {
        InterfaceType::Station | InterfaceType::P2pClient => {
            frame.bssid == frame.destination || Some(frame.bssid) == standing.peer || frame.bssid == frame.source
        }
        InterfaceType::AccessPoint | InterfaceType::P2pGroupOwner => frame.bssid == frame.source,
        // A mesh has none, an independent BSS one that nobody owns.
        InterfaceType::MeshPoint | InterfaceType::AdHoc | InterfaceType::P2pDevice | InterfaceType::NanDevice => true,
        InterfaceType::AccessPointVlan
        | InterfaceType::FourAddressPort
        | InterfaceType::Monitor
        | InterfaceType::Wired
        | InterfaceType::Other => false,
    };
    let wildcard = action && frame.bssid.is_broadcast();
    if bssid || wildcard { Ok(()) } else { Err("BSSID of a frame") }
}

#[cfg(test)]
mod tests {
    use ipc_proto::Condition;
    use wire::MacAddr;

    use super::*;
    use crate::verdict::{Hold, Standing};

    const OWN: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const PEER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
    const BROADCAST: MacAddr = MacAddr([0xff; 6]);
    const NEIGHBOUR: MacAddr = MacAddr([2, 0, 0, 0, 0, 3]);

    fn standing(kind: InterfaceType) -> Standing {
        Standing {
            hold: Hold::Attached,
            kind,
            condition: Condition::Joined,
            addr: OWN,
            peer: Some(PEER),
            ..Standing::NONE
        }
    }

    fn frame(subtype: Subtype, to: MacAddr, from: MacAddr, bssid: MacAddr) -> Vec<u8> {
        let [low, high] = subtype.frame_control().to_le_bytes();
        let addresses = [to.octets(), from.octets(), bssid.octets()].into_iter().flatten().copied();
        [low, high, 0, 0].into_iter().chain(addresses).chain([0, 0, 4, 0]).collect()
    }

    fn verdict(kind: InterfaceType, frame: &[u8]) -> Result<(), &'static str> {
        judge(&standing(kind), false, frame)
    }

    #[test]
    fn a_station_sends_nobody_away_and_beacons_nowhere() {
        for subtype in (0..16).map(Subtype) {
            let sent = verdict(InterfaceType::Station, &frame(subtype, PEER, OWN, PEER));
            let may = matches!(subtype, Subtype::AUTHENTICATION | Subtype::ACTION | Subtype::ACTION_NO_ACK);
            assert_eq!(sent, if may { Ok(()) } else { Err("type of a frame") }, "{subtype:?}");
        }
    }

    #[test]
    fn nobody_speaks_in_a_neighbours_name() {
        for kind in
            [InterfaceType::Station, InterfaceType::AccessPoint, InterfaceType::MeshPoint, InterfaceType::P2pDevice]
        {
            let forged = frame(Subtype::ACTION, PEER, NEIGHBOUR, PEER);
            assert_eq!(verdict(kind, &forged), Err("transmitter of a frame"));
            assert_eq!(verdict(kind, &frame(Subtype::ACTION, PEER, OWN, BROADCAST)), Ok(()));
        }
        let deauth = frame(Subtype::DEAUTH, PEER, OWN, NEIGHBOUR);
        assert_eq!(verdict(InterfaceType::AccessPoint, &deauth), Err("BSSID of a frame"));
        let deauth = frame(Subtype::DEAUTH, BROADCAST, OWN, BROADCAST);
        assert_eq!(verdict(InterfaceType::AccessPoint, &deauth), Err("BSSID of a frame"));
        assert_eq!(verdict(InterfaceType::AccessPoint, &frame(Subtype::DEAUTH, BROADCAST, OWN, OWN)), Ok(()));
    }

    #[test]
    fn an_address_of_its_own_choice_is_for_actions_and_needs_the_grant() {
        let random = MacAddr([0x06, 1, 2, 3, 4, 5]);
        let action = frame(Subtype::ACTION, PEER, random, PEER);
        assert!(judge(&standing(InterfaceType::Station), true, &action).is_ok());
        assert!(judge(&standing(InterfaceType::Station), false, &action).is_err());
        let global = frame(Subtype::ACTION, PEER, MacAddr([0, 1, 2, 3, 4, 5]), PEER);
        assert!(judge(&standing(InterfaceType::Station), true, &global).is_err());
        let authentication = frame(Subtype::AUTHENTICATION, PEER, random, PEER);
        assert!(judge(&standing(InterfaceType::Station), true, &authentication).is_err());
    }

    #[test]
    fn kinds_without_a_radio_link_send_nothing() {
        for kind in [InterfaceType::Monitor, InterfaceType::Wired, InterfaceType::AccessPointVlan, InterfaceType::Other]
        {
            for subtype in (0..16).map(Subtype) {
                assert!(verdict(kind, &frame(subtype, PEER, OWN, OWN)).is_err());
            }
        }
    }
}
