//! Elements, attributes and frames: octet for octet, cut and spread.

use alloc::vec::Vec;
use wire::element::Elements;
use wire::{MacAddr, Malformed, Writer};

use super::{all_attributes, config};
use crate::attribute::{P2P_SELECTOR, gather, spread};
use crate::attributes::Attributes;
use crate::channel::{Channel, ChannelList};
use crate::code::{GroupCapability, Method};
use crate::frame::{Content, Frame};
use crate::info::{DeviceName, DeviceType};
use crate::noa::Descriptor;
use crate::wps::Wps;

#[test]
fn a_go_negotiation_request_is_written_octet_for_octet() {
    let device = config(1);
    let p2p = Attributes {
        capability: Some(device.capability(GroupCapability::PERSISTENT_GROUP)),
        intent: Some(crate::info::Intent { value: 7, tie_breaker: true }),
        config_timeout: Some(device.config_timeout),
        listen_channel: Some(device.in_country(Channel { class: 81, number: 6 })),
        channel_list: Some((device.country, ChannelList::at(&[2412, 2437, 5180]))),
        device_info: Some(device.device_info()),
        ..Attributes::default()
    };
    let wps = Wps { password_id: Some(Method::PushButton.password_id()), ..Wps::default() };
    let content = Content { p2p: Some(p2p), wps: Some(wps), display: None };
    let frame = Frame { public: true, subtype: 0, token: 0x2a, content };
    let written = frame.write().unwrap();
    let expected: Vec<u8> = [
        &[4, 9, 0x50, 0x6f, 0x9a, 9, 0, 0x2a][..],
        // Wi-Fi Simple Configuration: version, device password ID, version 2.
        &[221, 25, 0, 0x50, 0xf2, 4, 0x10, 0x4a, 0, 1, 0x10, 0x10, 0x12, 0, 2, 0, 4],
        &[0x10, 0x49, 0, 6, 0, 0x37, 0x2a, 0, 1, 0x20],
        &[221, 65, 0x50, 0x6f, 0x9a, 9],
        &[2, 2, 0, 0x21, 0x0a],
        &[4, 1, 0, 0x0f],
        &[5, 2, 0, 100, 20],
        &[6, 5, 0, b'X', b'X', 4, 81, 6],
        &[11, 10, 0, b'X', b'X', 4, 81, 2, 1, 6, 115, 1, 36],
        &[13, 23, 0, 2, 0, 0, 0, 0, 1, 0x01, 0x88, 0, 1, 0, 0x50, 0xf2, 4, 0, 1, 0, 0x10, 0x11, 0, 2, b'd', b'1'],
    ]
    .concat();
    assert_eq!(written, expected);
    assert_eq!(Frame::parse(&written), Ok(Some(frame)));
}

#[test]
fn each_attribute_is_read_as_it_was_written_and_refused_when_it_is_cut() {
    let all = all_attributes();
    let octets = all.write().unwrap();
    assert_eq!(Attributes::parse(&octets), Ok(all));
    let mut ends = Vec::new();
    let mut reader = wire::Reader::new(&octets);
    while !reader.is_empty() {
        ends.push(octets.len() - reader.remaining());
        crate::attribute::Attribute::read(&mut reader).unwrap();
    }
    assert_eq!(ends.len(), 28, "an attribute is missing from the test");
    for cut in 0..octets.len() {
        assert_eq!(Attributes::parse(&octets[..cut]).is_ok(), ends.contains(&cut), "cut to {cut}");
    }
}

#[test]
fn attributes_run_on_from_one_element_into_the_next() {
    let octets = all_attributes().write().unwrap();
    assert!(octets.len() > 2 * 251);
    let mut writer = Writer::new();
    spread(&mut writer, P2P_SELECTOR, &octets);
    let elements = writer.finish().unwrap();
    assert_eq!(Elements::check(&elements).unwrap().count(), octets.len().div_ceil(251));
    assert_eq!(gather(Elements::new(&elements), P2P_SELECTOR), Some(octets));
    assert_eq!(gather(Elements::new(&[0, 1, b'x']), P2P_SELECTOR), None);
    let mut writer = Writer::new();
    spread(&mut writer, P2P_SELECTOR, &[]);
    assert_eq!(writer.finish().unwrap(), [221, 4, 0x50, 0x6f, 0x9a, 9]);
}

#[test]
fn two_attributes_of_a_kind_are_refused_and_unknown_ones_are_passed_over() {
    assert_eq!(Attributes::parse(&[0, 1, 0, 0, 0, 1, 0, 1]), Err(Malformed("status")));
    let all = Attributes::parse(&[200, 2, 0, 1, 2, 221, 1, 0, 1, 221, 1, 0, 2, 0, 2, 0, 5, 9]).unwrap();
    assert_eq!(all, Attributes { status: Some(crate::code::Status(5)), ..Attributes::default() });
}

#[test]
fn other_action_frames_are_not_of_wi_fi_direct() {
    assert_eq!(Frame::parse(&[4, 10, 1, 108, 2, 0, 0, 0, 0]), Ok(None));
    assert_eq!(Frame::parse(&[4, 9, 0x50, 0x6f, 0x9a, 0x1a, 1, 2]), Ok(None));
    assert_eq!(Frame::parse(&[]), Ok(None));
    assert_eq!(Frame::parse(&[127, 0x50, 0x6f, 0x9a, 9, 1]), Err(Malformed("dialog token")));
}

#[test]
fn channels_and_frequencies_agree_and_overlapping_classes_are_the_same_channel() {
    for frequency in [2412, 2472, 2484, 5180, 5260, 5500, 5745, 5825, 5955, 60_480] {
        assert_eq!(Channel::at(frequency).unwrap().frequency(), Some(frequency));
    }
    assert_eq!(Channel { class: 12, number: 6 }.frequency(), None);
    // Class 128: 80 MHz channels, said by their centres; 124 and 125 both have channel 149.
    let list = ChannelList::at(&[5745]);
    assert!(list.contains(Channel { class: 125, number: 149 }));
    assert!(!list.contains(Channel { class: 125, number: 153 }));
    let other: ChannelList =
        [Channel { class: 125, number: 149 }, Channel { class: 81, number: 1 }].into_iter().collect();
    assert_eq!(list.common(&other).iter().collect::<Vec<_>>(), [Channel { class: 124, number: 149 }]);
}

#[test]
fn absences_are_known_from_the_groups_time() {
    let absence = Descriptor { count: 3, duration: 20, interval: 100, start: 1000 };
    for (time, absent) in
        [(999, false), (1000, true), (1019, true), (1020, false), (1100, true), (1219, true), (1300, false)]
    {
        assert_eq!(absence.is_absent(time), absent, "at {time}");
    }
    let always = Descriptor { count: 255, duration: 20, interval: 100, start: u32::MAX - 9 };
    assert!(always.is_absent(0) && !always.is_absent(10) && always.is_absent(90), "times wrap");
    assert!(!Descriptor { count: 2, duration: 101, interval: 100, start: 0 }.is_possible());
    assert!(Descriptor { count: 1, duration: 101, interval: 0, start: 5 }.is_absent(10));
}

#[test]
fn names_from_the_air_cannot_break_a_line() {
    let name = DeviceName::new(b"a\nb\x1b[2J\xff\xc3\xbc").unwrap();
    assert_eq!(alloc::format!("{name}"), "a_b_[2J\u{fffd}ü");
    assert_eq!(DeviceName::new(&[b'a'; 33]), None);
    assert_eq!(alloc::format!("{}", DeviceType([0, 1, 0, 0x50, 0xf2, 4, 0, 1])), "1-0050F204-1");
}

#[test]
fn a_vendor_extension_and_texts_of_simple_configuration_come_back() {
    let wps = Wps {
        config_methods: Some(crate::code::ConfigMethods(0x188)),
        password_id: Some(Method::Display.password_id()),
        name: DeviceName::new(b"phone"),
        primary: Some(DeviceType([7; 8])),
        requested: alloc::vec![DeviceType([1; 8]), DeviceType([2; 8])],
        manufacturer: Some(b"m".to_vec()),
        model_name: Some(b"n".to_vec()),
        model_number: Some(b"o".to_vec()),
        serial_number: Some(b"p".to_vec()),
    };
    let octets = wps.write().unwrap();
    assert_eq!(Wps::parse(&octets), Ok(wps));
    assert!(Wps::parse(&octets[..octets.len() - 1]).is_err());
}

#[test]
fn a_group_frame_comes_back() {
    let content =
        Content { p2p: Some(all_attributes()), wps: None, display: Some(alloc::vec![0, 0, 6, 1, 0x13, 2, 3, 4, 5]) };
    let frame = Frame { public: false, subtype: 1, token: 1, content };
    assert_eq!(Frame::parse(&frame.write().unwrap()), Ok(Some(frame)));
    assert_ne!(MacAddr::ZERO, config(0).address);
}
