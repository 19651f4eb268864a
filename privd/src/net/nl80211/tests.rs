use ipc_proto::{
    AssociateLink, AssociateParameters, Event, Handle, KeyBytes, KeyKind, KeyParameters, LinkId, MfpMode, MultiLink,
    StationFlags, StationParameters, WiphyFeatures,
};
use wire::{ETH_P_EAPOL, MacAddr};

use super::consts::{attr, bss, cmd, flag, key, rekey};
use super::event::{Context, decode};
use super::{command, parse};
use crate::net::message::{Attrs, Message, Messages, Table};

const PEER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const OWN: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);

/// The attributes as they are in a message.
fn octets(attrs: Attrs) -> Vec<u8> {
    let bytes = Message::generic(1, 1, attrs).encode(1).unwrap();
    Messages(&bytes).next().unwrap().payload[4..].to_vec()
}

fn key_parameters(kind: KeyKind, index: u8) -> KeyParameters {
    KeyParameters {
        kind,
        index,
        cipher: 0x000f_ac04,
        key: KeyBytes::new(&[7; 16]),
        sequence: vec![1, 0, 0, 0, 0, 0],
        set_default: true,
        rx_only: false,
        link: None,
    }
}

#[test]
#[cfg(target_endian = "little")]
fn the_octets_of_a_new_key() {
    let bytes = octets(command::new_key(3, &key_parameters(KeyKind::Pairwise(PEER), 0)));
    let mut expected =
        vec![8, 0, 3, 0, 3, 0, 0, 0, 10, 0, 6, 0, 2, 0, 0, 0, 0, 1, 0, 0, 52, 0, 0x50, 0x80, 20, 0, 1, 0];
    expected.extend_from_slice(&[7; 16]);
    expected.extend_from_slice(&[8, 0, 3, 0, 4, 0xac, 0x0f, 0]);
    expected.extend_from_slice(&[10, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[5, 0, 2, 0, 0, 0, 0, 0]);
    assert_eq!(bytes, expected);
}

#[test]
fn a_key_and_a_station_say_of_which_link_they_are() {
    let mut parameters = key_parameters(KeyKind::Group, 1);
    let link = |attrs| Table(&octets(attrs)).u8(attr::MLO_LINK_ID);
    assert_eq!(link(command::new_key(3, &parameters)), None);
    parameters.link = Some(LinkId(2));
    assert_eq!(link(command::new_key(3, &parameters)), Some(2));
    assert_eq!(link(command::default_key(3, &parameters).unwrap()), Some(2));
    assert_eq!(link(command::delete_key(3, KeyKind::Group, 1, Some(LinkId(4)))), Some(4));
    let station = StationParameters { addr: PEER, mld: Some((LinkId(1), OWN)), ..StationParameters::default() };
    let bytes = octets(command::station(3, &station, true, &WiphyFeatures::default()));
    let table = Table(&bytes);
    let (addr, device) = (table.mac(attr::MAC), table.mac(attr::MLD_ADDR));
    assert_eq!((table.u8(attr::MLO_LINK_ID), addr, device), (Some(1), Some(PEER), Some(OWN)));
}

#[test]
fn an_association_names_each_of_its_links() {
    let link = |number: u8, freq| {
        let (link, bssid) = (LinkId(number), MacAddr([2, 0, 0, 0, 1, number]));
        AssociateLink { link, bssid, freq, elements: vec![221, 0] }
    };
    let device = MultiLink { addr: PEER, over: LinkId(3), links: vec![link(0, 2412), link(3, 5180)] };
    let parameters = AssociateParameters {
        bssid: OWN,
        freq: 5180,
        ssid: wire::Ssid::default(),
        elements: Vec::new(),
        prev_bssid: None,
        security: None,
        mfp: MfpMode::No,
        control_port: false,
        disable_ht: false,
        disable_vht: false,
        multi_link: Some(device),
    };
    let bytes = octets(command::associate(3, &parameters, &WiphyFeatures::default()));
    let table = Table(&bytes);
    // The access point is the device; single addresses and channels are in the links.
    assert!(!table.has(attr::MAC) && !table.has(attr::WIPHY_FREQ));
    assert_eq!((table.u8(attr::MLO_LINK_ID), table.mac(attr::MLD_ADDR)), (Some(3), Some(PEER)));
    let links: Vec<_> = table.nested(attr::MLO_LINKS).unwrap().into_iter().map(|(_, link)| Table(link)).collect();
    let numbers = links.iter().map(|link| (link.u8(attr::MLO_LINK_ID), link.u32(attr::WIPHY_FREQ)));
    assert_eq!(numbers.collect::<Vec<_>>(), [(Some(0), Some(2412)), (Some(3), Some(5180))]);
    assert!(links.iter().all(|link| link.has(attr::IE) && link.has(attr::MAC)));
}

#[test]
fn an_authentication_is_left_to_the_daemon_whatever_the_order_of_its_suite() {
    for akm in [0x000f_ac08_u32, 0x08ac_0f00] {
        let attrs = Attrs::new().u32(attr::EXTERNAL_AUTH_ACTION, 0).u32(attr::AKM_SUITES, akm);
        let attrs = attrs.mac(attr::BSSID, PEER).bytes(attr::SSID, b"net");
        let bytes = octets(attrs);
        let heard = decode(cmd::EXTERNAL_AUTH, Handle(3), &Table(&bytes), &Context::default());
        let (ssid, akm) = (wire::Ssid::new(b"net").unwrap(), 0x000f_ac08);
        assert_eq!(heard, Some(Event::ExternalAuth { handle: Handle(3), start: true, bssid: PEER, ssid, akm }));
    }
}

#[test]
fn the_replay_counter_of_a_driver_that_answers_rekeying_is_told() {
    let data = Attrs::new().bytes(rekey::REPLAY_CTR, &[0, 0, 0, 0, 0, 0, 1, 2]);
    let bytes = octets(Attrs::new().mac(attr::MAC, PEER).nest(attr::REKEY_DATA, &data));
    let heard = decode(cmd::SET_REKEY_OFFLOAD, Handle(3), &Table(&bytes), &Context::default());
    let counter = [0, 0, 0, 0, 0, 0, 1, 2];
    assert_eq!(heard, Some(Event::RekeyCounter { handle: Handle(3), bssid: PEER, counter }));
}

#[test]
fn default_keys_by_slot() {
    assert_eq!(command::default_key(3, &key_parameters(KeyKind::Pairwise(PEER), 0)), None);
    for (index, default) in [(1, key::DEFAULT), (4, key::DEFAULT_MGMT), (6, key::DEFAULT_BEACON)] {
        let bytes = octets(command::default_key(3, &key_parameters(KeyKind::Group, index)).unwrap());
        let inner = Table(&bytes).nested(attr::KEY).unwrap();
        assert!(inner.has(default) && inner.u8(key::IDX) == Some(index));
    }
}

/// Mask and values of the flags.
fn flags_of(attrs: Attrs) -> (u32, u32) {
    let bytes = octets(attrs);
    let words = crate::net::message::numbers(Table(&bytes).get(attr::STA_FLAGS2).unwrap());
    (words[0], words[1])
}

#[test]
fn a_new_station_is_not_associated_unless_it_is_said() {
    let station = StationParameters { addr: PEER, ..StationParameters::default() };
    let full = WiphyFeatures { full_ap_client_state: true, ..WiphyFeatures::default() };
    let states = 1 << flag::AUTHENTICATED | 1 << flag::ASSOCIATED;
    assert_eq!(flags_of(command::station(3, &station, true, &full)), (states, 0));
    assert_eq!(flags_of(command::station(3, &station, true, &WiphyFeatures::default())), (0, 0));
    let authorized = StationFlags { authorized: Some(true), ..StationFlags::default() };
    assert_eq!(flags_of(command::station_flags(3, PEER, authorized)), (2, 2));
    let closed = StationFlags { authorized: Some(false), ..StationFlags::default() };
    assert_eq!(flags_of(command::station_flags(3, PEER, closed)), (2, 0));
}

fn event(command: u8, attrs: Attrs) -> Option<Event> {
    let context = Context { own: OWN, driver_sme: false, ap_sme_in_user_space: true };
    decode(command, Handle(3), &Table(&octets(attrs)), &context)
}

fn management(from: MacAddr) -> Vec<u8> {
    let mut frame = vec![0xc0, 0, 0, 0];
    frame.extend_from_slice(PEER.octets());
    frame.extend_from_slice(from.octets());
    frame.extend_from_slice(&[0; 10]);
    frame
}

#[test]
fn who_sent_a_deauthentication() {
    for (from, expected) in [(OWN, true), (PEER, false)] {
        let heard = event(cmd::DEAUTHENTICATE, Attrs::new().bytes(attr::FRAME, &management(from)));
        assert!(matches!(heard, Some(Event::Deauthenticated { handle: Handle(3), local, .. }) if local == expected));
    }
    let short = event(cmd::DEAUTHENTICATE, Attrs::new().bytes(attr::FRAME, &[0xc0]));
    assert!(matches!(short, Some(Event::Deauthenticated { local: false, .. })));
    assert_eq!(event(cmd::DEAUTHENTICATE, Attrs::new()), None);
}

#[test]
fn eapol_frames_and_nothing_else_from_the_control_port() {
    let frame = |ethertype| {
        Attrs::new().u16(attr::CONTROL_PORT_ETHERTYPE, ethertype).mac(attr::MAC, PEER).bytes(attr::FRAME, &[2, 3])
    };
    let heard = event(cmd::CONTROL_PORT_FRAME, frame(ETH_P_EAPOL));
    let expected = Event::Eapol { handle: Handle(3), source: PEER, encrypted: Some(true), data: vec![2, 3] };
    assert_eq!(heard, Some(expected));
    let plain = event(cmd::CONTROL_PORT_FRAME, frame(ETH_P_EAPOL).flag(attr::CONTROL_PORT_NO_ENCRYPT));
    assert!(matches!(plain, Some(Event::Eapol { encrypted: Some(false), .. })));
    assert_eq!(event(cmd::CONTROL_PORT_FRAME, frame(0x0800)), None);
    // Shorter than the Ethernet header that it should have.
    assert_eq!(event(cmd::CONTROL_PORT_FRAME_TX_STATUS, Attrs::new().bytes(attr::FRAME, &[0; 13])), None);
}

#[test]
fn a_bss_without_a_probe_response() {
    let entry = Attrs::new().mac(bss::BSSID, PEER).u32(bss::FREQUENCY, 2412).bytes(bss::BEACON_IES, &[0, 0]);
    let bytes = octets(Attrs::new().nest(attr::BSS, &entry));
    let entry = parse::scan_entry(&Table(&bytes)).unwrap();
    assert_eq!((entry.elements, entry.beacon_elements), (vec![0, 0], vec![]));
    assert!(entry.signal_unspecified && !entry.associated);
    let bytes = octets(Attrs::new().nest(attr::BSS, &Attrs::new().mac(bss::BSSID, PEER)));
    assert_eq!(parse::scan_entry(&Table(&bytes)), None);
}

#[test]
fn no_command_panics_on_any_attributes() {
    let wiphy = Attrs::new().nest(attr::WIPHY_BANDS, &Attrs::new().nest(0, &Attrs::new().nest(1, &Attrs::new())));
    let bytes = octets(wiphy.bytes(attr::FRAME, &management(PEER)).u32(attr::WIPHY_FREQ, 2412).mac(attr::MAC, PEER));
    for position in 0..bytes.len() {
        for value in [0, 1, 3, 5, 0x7f, 0xff] {
            let mut changed = bytes.clone();
            changed[position] = value;
            let table = Table(&changed);
            for command in 0..=u8::MAX {
                let _ = decode(command, Handle(3), &table, &Context::default());
            }
            parse::wiphy(&mut parse::blank_wiphy(), &table);
            let _ = (parse::interface(&table), parse::station(&table), parse::survey_entry(&table));
        }
    }
}
