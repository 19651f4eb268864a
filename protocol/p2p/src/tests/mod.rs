//! Tests of the crate, and the devices that they are played with.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing among many")]

mod attacks;
mod codec;
mod discovery;
mod groups;
mod members;
mod services;
mod world;

use alloc::vec;
use alloc::vec::Vec;
use wire::MacAddr;

use crate::attributes::Attributes;
use crate::channel::{Channel, ChannelList};
use crate::code::{ConfigMethods, DeviceCapability, GroupCapability};
use crate::config::Config;
use crate::info::{ConfigTimeout, Description, DeviceName, DeviceType};

/// Octets of hexadecimal text; spaces are passed over.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// A device with this number.
pub(crate) fn config(number: u8) -> Config {
    let social = [1, 6, 11];
    Config {
        address: MacAddr([2, 0, 0, 0, 0, number]),
        interface: MacAddr([2, 0, 0, 0, 1, number]),
        description: Description {
            config_methods: ConfigMethods(ConfigMethods::DISPLAY | ConfigMethods::PUSH_BUTTON | ConfigMethods::KEYPAD),
            primary: DeviceType([0, 1, 0, 0x50, 0xf2, 4, 0, 1]),
            secondary: Vec::new(),
            name: DeviceName::new(&[b'd', b'0' + number % 10]).unwrap(),
        },
        capability: DeviceCapability(DeviceCapability::SERVICE_DISCOVERY | DeviceCapability::INVITATION),
        group_capability: GroupCapability(GroupCapability::INTRA_BSS),
        country: *b"XX\x04",
        listen_channel: Channel { class: 81, number: social[usize::from(number) % 3] },
        owner_channels: ChannelList::at(&[2412, 2437, 2462, 5180, 5200]),
        client_channels: ChannelList::at(&[5745]),
        preferred: Vec::new(),
        config_timeout: ConfigTimeout { owner: 100, client: 20 },
        extended_listen: None,
        ssid_postfix: b"-test".to_vec(),
        display: None,
        texts: [b"Airlock".to_vec(), b"Model".to_vec(), b"1".to_vec(), b"0".to_vec()],
    }
}

/// Attributes of each kind.
pub(crate) fn all_attributes() -> Attributes {
    use crate::attributes::{AdvertisedService, Interface, OobChannel};
    use crate::info::{ClientInfo, ExtendedListen, GroupId, Intent};
    use crate::noa::{Descriptor, NoticeOfAbsence};
    let device = config(1);
    let channel = device.in_country(Channel { class: 81, number: 6 });
    let group = GroupId { owner: device.address, ssid: wire::Ssid::new(b"DIRECT-ab-test").unwrap() };
    let description = Description { secondary: vec![DeviceType([9; 8]); 2], ..device.description.clone() };
    let client = |number| ClientInfo {
        device: MacAddr([2, 0, 0, 0, 0, number]),
        interface: MacAddr([2, 0, 0, 0, 1, number]),
        capability: DeviceCapability(2),
        description: description.clone(),
    };
    let absence = Descriptor { count: 255, duration: 1000, interval: 102_400, start: 77 };
    Attributes {
        status: Some(crate::code::Status(7)),
        minor_reason: Some(1),
        capability: Some(device.capability(2)),
        device_id: Some(device.address),
        intent: Some(Intent { value: 15, tie_breaker: true }),
        config_timeout: Some(device.config_timeout),
        listen_channel: Some(channel),
        group_bssid: Some(device.interface),
        extended_listen: Some(ExtendedListen { period: 100, interval: 5000 }),
        intended_interface: Some(device.interface),
        manageability: Some(1),
        channel_list: Some((device.country, device.channels(false))),
        notice_of_absence: Some(NoticeOfAbsence {
            index: 3,
            opportunistic: true,
            ct_window: 10,
            descriptors: vec![absence; 2],
        }),
        device_info: Some(device.device_info()),
        group_info: Some(vec![client(2), client(3), client(4), client(5), client(6)]),
        group_id: Some(group),
        interface: Some(Interface { device: device.address, interfaces: vec![device.interface; 3] }),
        operating_channel: Some(channel),
        invitation_flags: Some(1),
        oob_channel: Some(OobChannel { channel, role: 2 }),
        service_hashes: Some(vec![[1; 6], [2; 6]]),
        session_information: Some(b"session".to_vec()),
        connection_capability: Some(4),
        advertisement_id: Some((0x0102_0304, device.address)),
        advertised_services: Some(vec![AdvertisedService {
            id: 9,
            config_methods: 0x1108,
            name: b"org.wi-fi".to_vec(),
        }]),
        session_id: Some((5, device.address)),
        feature_capability: Some(1),
        persistent_group: Some(group),
    }
}
