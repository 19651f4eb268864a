//! All attributes of a frame, read and written. Which of them must be there is for who uses them to say.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{MacAddr, Malformed, Reader};

use crate::attribute::{Attribute, AttributeWriter};
use crate::channel::{ChannelIn, ChannelList, Country};
use crate::code::{Capability, DeviceCapability, GroupCapability, Status, id};
use crate::info::{ClientInfo, ConfigTimeout, DeviceInfo, ExtendedListen, GroupId, Intent};
use crate::noa::NoticeOfAbsence;

/// A device's address and those of its interfaces (4.1.18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// P2P device address.
    pub device: MacAddr,
    /// Its addresses in groups.
    pub interfaces: Vec<MacAddr>,
}

/// Where a negotiation that began out of band goes on (4.1.21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OobChannel {
    /// The channel.
    pub channel: ChannelIn,
    /// 0: no group yet, 1: client, 2: group owner.
    pub role: u8,
}

/// What a frame carries; absent ones are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (4.1.1)")]
pub struct Attributes {
    pub status: Option<Status>,
    pub minor_reason: Option<u8>,
    pub capability: Option<Capability>,
    pub device_id: Option<MacAddr>,
    pub intent: Option<Intent>,
    pub config_timeout: Option<ConfigTimeout>,
    pub listen_channel: Option<ChannelIn>,
    pub group_bssid: Option<MacAddr>,
    pub extended_listen: Option<ExtendedListen>,
    pub intended_interface: Option<MacAddr>,
    pub manageability: Option<u8>,
    pub channel_list: Option<(Country, ChannelList)>,
    pub notice_of_absence: Option<NoticeOfAbsence>,
    pub device_info: Option<DeviceInfo>,
    pub group_info: Option<Vec<ClientInfo>>,
    pub group_id: Option<GroupId>,
    pub interface: Option<Interface>,
    pub operating_channel: Option<ChannelIn>,
    pub invitation_flags: Option<u8>,
    pub oob_channel: Option<OobChannel>,
    pub service_hashes: Option<Vec<[u8; 6]>>,
    pub session_information: Option<Vec<u8>>,
    pub connection_capability: Option<u8>,
    pub advertisement_id: Option<(u32, MacAddr)>,
    pub advertised_services: Option<Vec<AdvertisedService>>,
    pub session_id: Option<(u32, MacAddr)>,
    pub feature_capability: Option<u16>,
    pub persistent_group: Option<GroupId>,
}

/// A service that is offered (4.1.27).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedService {
    /// Its advertisement.
    pub id: u32,
    /// Config methods that it takes.
    pub config_methods: u16,
    /// Its name: UTF-8, or whatever it is.
    pub name: Vec<u8>,
}

fn set<T>(slot: &mut Option<T>, value: T, field: &'static str) -> Result<(), Malformed> {
    // Two of a kind could be read either way, so neither counts.
    if slot.replace(value).is_some() { Err(Malformed(field)) } else { Ok(()) }
}

fn numbered_address(reader: &mut Reader<'_>, field: &'static str) -> Result<(u32, MacAddr), Malformed> {
    Ok((reader.u32_le(field)?, reader.mac(field)?))
}

impl Attributes {
    /// Reads attributes. Unknown ones are passed over; of those with a fixed length, octets behind it are too, since later
    /// editions may add some.
    ///
    /// # Errors
    /// If a length lies, an attribute is too short or has no meaning, or there are two of one that may be there once.
    pub fn parse(octets: &[u8]) -> Result<Attributes, Malformed> {
        let mut reader = Reader::new(octets);
        let mut all = Attributes::default();
        while !reader.is_empty() {
            let attribute = Attribute::read(&mut reader)?;
            all.take(attribute)?;
        }
        Ok(all)
    }

    fn take(&mut self, attribute: Attribute<'_>) -> Result<(), Malformed> {
        let body = &mut Reader::new(attribute.body);
        match attribute.id {
            id::STATUS => set(&mut self.status, Status(body.u8("status")?), "status"),
            id::MINOR_REASON => set(&mut self.minor_reason, body.u8("minor reason")?, "minor reason"),
            id::CAPABILITY => {
                let device = DeviceCapability(body.u8("capability")?);
                let group = GroupCapability(body.u8("capability")?);
                set(&mut self.capability, Capability { device, group }, "capability")
            }
            id::DEVICE_ID => set(&mut self.device_id, body.mac("device ID")?, "device ID"),
            id::GROUP_OWNER_INTENT => {
                let intent = Intent::from_octet(body.u8("group owner intent")?);
                if intent.value > 15 {
                    return Err(Malformed("group owner intent"));
                }
                set(&mut self.intent, intent, "group owner intent")
            }
            id::CONFIGURATION_TIMEOUT => {
                let owner = body.u8("configuration timeout")?;
                let timeout = ConfigTimeout { owner, client: body.u8("configuration timeout")? };
                set(&mut self.config_timeout, timeout, "configuration timeout")
            }
            // 4.1.8: an empty one says that there is none.
            id::LISTEN_CHANNEL if body.is_empty() => Ok(()),
            id::LISTEN_CHANNEL => set(&mut self.listen_channel, ChannelIn::read(body)?, "listen channel"),
            id::GROUP_BSSID => set(&mut self.group_bssid, body.mac("group BSSID")?, "group BSSID"),
            id::EXTENDED_LISTEN_TIMING => {
                let period = body.u16_le("extended listen timing")?;
                let timing = ExtendedListen { period, interval: body.u16_le("extended listen timing")? };
                set(&mut self.extended_listen, timing, "extended listen timing")
            }
            id::INTENDED_INTERFACE_ADDRESS => {
                set(&mut self.intended_interface, body.mac("intended interface address")?, "intended interface address")
            }
            id::MANAGEABILITY => set(&mut self.manageability, body.u8("manageability")?, "manageability"),
            id::CHANNEL_LIST => set(&mut self.channel_list, ChannelList::read(body)?, "channel list"),
            id::NOTICE_OF_ABSENCE => {
                set(&mut self.notice_of_absence, NoticeOfAbsence::read(body)?, "notice of absence")
            }
            id::DEVICE_INFO => set(&mut self.device_info, DeviceInfo::read(body)?, "device info"),
            id::GROUP_INFO => set(&mut self.group_info, ClientInfo::read_all(body)?, "group info"),
            id::GROUP_ID => set(&mut self.group_id, GroupId::read(body)?, "group ID"),
            id::INTERFACE => {
                let device = body.mac("interface")?;
                let count = body.u8("interface")?;
                let interfaces = (0..count).map(|_| body.mac("interface address list")).collect::<Result<_, _>>()?;
                set(&mut self.interface, Interface { device, interfaces }, "interface")
            }
            id::OPERATING_CHANNEL if body.is_empty() => Ok(()),
            id::OPERATING_CHANNEL => set(&mut self.operating_channel, ChannelIn::read(body)?, "operating channel"),
            id::INVITATION_FLAGS => set(&mut self.invitation_flags, body.u8("invitation flags")?, "invitation flags"),
            id::OOB_NEGOTIATION_CHANNEL => {
                let channel = ChannelIn::read(body)?;
                let oob = OobChannel { channel, role: body.u8("out-of-band channel")? };
                set(&mut self.oob_channel, oob, "out-of-band channel")
            }
            id::SERVICE_HASH => {
                let mut hashes = Vec::new();
                while !body.is_empty() {
                    hashes.push(body.array("service hash")?);
                }
                set(&mut self.service_hashes, hashes, "service hash")
            }
            id::SESSION_INFORMATION => {
                set(&mut self.session_information, body.take_rest().to_vec(), "session information")
            }
            id::CONNECTION_CAPABILITY => {
                set(&mut self.connection_capability, body.u8("connection capability")?, "connection capability")
            }
            id::ADVERTISEMENT_ID => {
                let value = numbered_address(body, "advertisement ID")?;
                set(&mut self.advertisement_id, value, "advertisement ID")
            }
            id::ADVERTISED_SERVICE => {
                let mut services = Vec::new();
                while !body.is_empty() {
                    let id = body.u32_le("advertised service")?;
                    let config_methods = body.u16_be("advertised service")?;
                    let length = body.u8("advertised service name")?;
                    let name = body.take(usize::from(length), "advertised service name")?.to_vec();
                    services.push(AdvertisedService { id, config_methods, name });
                }
                set(&mut self.advertised_services, services, "advertised service")
            }
            id::SESSION_ID => set(&mut self.session_id, numbered_address(body, "session ID")?, "session ID"),
            id::FEATURE_CAPABILITY => {
                set(&mut self.feature_capability, body.u16_le("feature capability")?, "feature capability")
            }
            id::PERSISTENT_GROUP => set(&mut self.persistent_group, GroupId::read(body)?, "persistent group"),
            _ => Ok(()),
        }
    }

    /// Writes them, in the order of their identifiers.
    ///
    /// # Errors
    /// If one does not fit its length.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut writer = AttributeWriter::new();
        let w = &mut writer;
        octet(w, id::STATUS, self.status.map(|status| status.0));
        octet(w, id::MINOR_REASON, self.minor_reason);
        put(w, id::CAPABILITY, self.capability, |capability, w| {
            w.u8(capability.device.0).u8(capability.group.0);
        });
        address(w, id::DEVICE_ID, self.device_id);
        octet(w, id::GROUP_OWNER_INTENT, self.intent.map(Intent::octet));
        put(w, id::CONFIGURATION_TIMEOUT, self.config_timeout, |timeout, w| {
            w.u8(timeout.owner).u8(timeout.client);
        });
        put(w, id::LISTEN_CHANNEL, self.listen_channel, |channel, w| channel.write(w));
        address(w, id::GROUP_BSSID, self.group_bssid);
        put(w, id::EXTENDED_LISTEN_TIMING, self.extended_listen, |timing, w| {
            w.u16_le(timing.period).u16_le(timing.interval);
        });
        address(w, id::INTENDED_INTERFACE_ADDRESS, self.intended_interface);
        octet(w, id::MANAGEABILITY, self.manageability);
        put(w, id::CHANNEL_LIST, self.channel_list.as_ref(), |(country, list), w| list.write(*country, w));
        put(w, id::NOTICE_OF_ABSENCE, self.notice_of_absence.as_ref(), |notice, w| notice.write(w));
        put(w, id::DEVICE_INFO, self.device_info.as_ref(), |info, w| info.write(w));
        put(w, id::GROUP_INFO, self.group_info.as_ref(), |clients, w| {
            for client in clients {
                client.write(w);
            }
        });
        put(w, id::GROUP_ID, self.group_id, |group, w| group.write(w));
        put(w, id::INTERFACE, self.interface.as_ref(), |interface, w| {
            w.mac(interface.device);
            let shown = interface.interfaces.get(..255).unwrap_or(&interface.interfaces);
            w.u8(u8::try_from(shown.len()).unwrap_or(0));
            for each in shown {
                w.mac(*each);
            }
        });
        put(w, id::OPERATING_CHANNEL, self.operating_channel, |channel, w| channel.write(w));
        octet(w, id::INVITATION_FLAGS, self.invitation_flags);
        put(w, id::OOB_NEGOTIATION_CHANNEL, self.oob_channel, |oob, w| {
            oob.channel.write(w);
            w.u8(oob.role);
        });
        put(w, id::SERVICE_HASH, self.service_hashes.as_ref(), |hashes, w| {
            for hash in hashes {
                w.put(hash);
            }
        });
        put(w, id::SESSION_INFORMATION, self.session_information.as_ref(), |octets, w| {
            w.put(octets);
        });
        octet(w, id::CONNECTION_CAPABILITY, self.connection_capability);
        put(w, id::ADVERTISEMENT_ID, self.advertisement_id, |(number, address), w| {
            w.put(&number.to_le_bytes()).mac(address);
        });
        put(w, id::ADVERTISED_SERVICE, self.advertised_services.as_ref(), |services, w| {
            for service in services {
                w.put(&service.id.to_le_bytes()).u16_be(service.config_methods);
                w.len8(|w| {
                    w.put(&service.name);
                });
            }
        });
        put(w, id::SESSION_ID, self.session_id, |(number, address), w| {
            w.put(&number.to_le_bytes()).mac(address);
        });
        put(w, id::FEATURE_CAPABILITY, self.feature_capability, |capability, w| {
            w.u16_le(capability);
        });
        put(w, id::PERSISTENT_GROUP, self.persistent_group, |group, w| group.write(w));
        writer.finish()
    }
}

fn put<T>(writer: &mut AttributeWriter, id: u8, value: Option<T>, body: impl FnOnce(T, &mut wire::Writer)) {
    if let Some(value) = value {
        writer.put(id, |writer| body(value, writer));
    }
}

fn octet(writer: &mut AttributeWriter, id: u8, value: Option<u8>) {
    put(writer, id, value, |value, writer| {
        writer.u8(value);
    });
}

fn address(writer: &mut AttributeWriter, id: u8, value: Option<MacAddr>) {
    put(writer, id, value, |value, writer| {
        writer.mac(value);
    });
}
