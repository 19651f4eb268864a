//! What devices and groups say of themselves: the attributes with a shape of their own.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use wire::{MacAddr, Malformed, Reader, Ssid, Writer};

use crate::code::{ConfigMethods, DeviceCapability};

/// The attribute of Wi-Fi Simple Configuration that a name is inside of.
const WPS_DEVICE_NAME: u16 = 0x1011;
/// Secondary device types that a device may have: what Wi-Fi Simple Configuration has room for.
pub const MAX_SECONDARY: usize = 16;

/// Category, OUI with type, and subcategory (Wi-Fi Simple Configuration 12, Primary Device Type), as on the air.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceType(pub [u8; 8]);

/// `1-0050F204-1`, the form of configuration files.
impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [c, d, o1, o2, o3, o4, s, t] = self.0;
        let (category, sub) = (u16::from_be_bytes([c, d]), u16::from_be_bytes([s, t]));
        write!(f, "{category}-{o1:02X}{o2:02X}{o3:02X}{o4:02X}-{sub}")
    }
}

/// A name of at most 32 octets, which is meant to be UTF-8 and may be anything.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeviceName(Vec<u8>);

impl DeviceName {
    /// `None` if it is longer than 32 octets.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<DeviceName> {
        (octets.len() <= 32).then(|| DeviceName(octets.to_vec()))
    }

    /// The octets as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Control characters become `_`, and what is not UTF-8 the replacement character: a name from the air cannot break a line.
impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                f.write_char(if c.is_control() { '_' } else { c })?;
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// What kind of device it is and what it is called: the end of both [`DeviceInfo`] and [`ClientInfo`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// How credentials can be handed over.
    pub config_methods: ConfigMethods,
    /// What it is.
    pub primary: DeviceType,
    /// What else it is; at most [`MAX_SECONDARY`] are written.
    pub secondary: Vec<DeviceType>,
    /// What it is called.
    pub name: DeviceName,
}

impl Description {
    fn read_types(reader: &mut Reader<'_>) -> Result<(ConfigMethods, DeviceType, Vec<DeviceType>), Malformed> {
        let config_methods = ConfigMethods(reader.u16_be("config methods")?);
        let primary = DeviceType(reader.array("primary device type")?);
        let count = usize::from(reader.u8("number of secondary device types")?);
        // CVE-2021-0326: the count is no more than what we have room for, whatever there is room for in the attribute.
        if count > MAX_SECONDARY {
            return Err(Malformed("number of secondary device types"));
        }
        let mut secondary = Vec::with_capacity(count);
        for _ in 0..count {
            secondary.push(DeviceType(reader.array("secondary device type list")?));
        }
        Ok((config_methods, primary, secondary))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Description, Malformed> {
        let (config_methods, primary, secondary) = Description::read_types(reader)?;
        if reader.u16_be("device name")? != WPS_DEVICE_NAME {
            return Err(Malformed("device name"));
        }
        let length = reader.u16_be("device name length")?;
        let name = reader.take(usize::from(length), "device name length")?;
        let name = DeviceName::new(name).ok_or(Malformed("device name length"))?;
        Ok(Description { config_methods, primary, secondary, name })
    }

    fn write(&self, body: &mut Writer) {
        body.u16_be(self.config_methods.0).put(&self.primary.0);
        let secondary = self.secondary.get(..MAX_SECONDARY).unwrap_or(&self.secondary);
        body.u8(u8::try_from(secondary.len()).unwrap_or(0));
        for each in secondary {
            body.put(&each.0);
        }
        // At most 32 octets, by its type.
        body.u16_be(WPS_DEVICE_NAME).u16_be(u16::try_from(self.name.0.len()).unwrap_or(0)).put(&self.name.0);
    }

    /// It is of this type, in the first place or else.
    #[must_use]
    pub fn is(&self, wanted: DeviceType) -> bool {
        self.primary == wanted || self.secondary.contains(&wanted)
    }
}

/// A device (4.1.15).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its P2P device address.
    pub address: MacAddr,
    /// The rest.
    pub description: Description,
}

impl DeviceInfo {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<DeviceInfo, Malformed> {
        Ok(DeviceInfo { address: reader.mac("device address")?, description: Description::read(reader)? })
    }

    pub(crate) fn write(&self, body: &mut Writer) {
        body.mac(self.address);
        self.description.write(body);
    }
}

/// A client of a group, as its owner tells of it (4.1.16).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its P2P device address.
    pub device: MacAddr,
    /// Its address in the group.
    pub interface: MacAddr,
    /// What it can.
    pub capability: DeviceCapability,
    /// The rest.
    pub description: Description,
}

impl ClientInfo {
    /// Reads all descriptors of a Group Info attribute. One that lies about its length makes the attribute unreadable.
    pub(crate) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<ClientInfo>, Malformed> {
        let mut clients = Vec::new();
        while !reader.is_empty() {
            let length = reader.u8("client information length")?;
            let mut inner = reader.sub(usize::from(length), "client information length")?;
            clients.push(ClientInfo {
                device: inner.mac("client device address")?,
                interface: inner.mac("client interface address")?,
                capability: DeviceCapability(inner.u8("client device capability")?),
                description: Description::read(&mut inner)?,
            });
            inner.finish("client information length")?;
        }
        Ok(clients)
    }

    pub(crate) fn write(&self, body: &mut Writer) {
        body.len8(|body| {
            body.mac(self.device).mac(self.interface).u8(self.capability.0);
            self.description.write(body);
        });
    }
}

/// A group: its owner's device address and its SSID (4.1.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId {
    /// The owner's P2P device address.
    pub owner: MacAddr,
    /// Its SSID.
    pub ssid: Ssid,
}

impl GroupId {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<GroupId, Malformed> {
        let owner = reader.mac("group owner's device address")?;
        // CVE-2015-1863: what is left of an attribute may be longer than any SSID.
        let ssid = Ssid::new(reader.take_rest()).map_err(|_| Malformed("group SSID"))?;
        Ok(GroupId { owner, ssid })
    }

    pub(crate) fn write(&self, body: &mut Writer) {
        body.mac(self.owner).put(self.ssid.as_bytes());
    }
}

/// How long each side needs before it is ready for provisioning (4.1.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigTimeout {
    /// As group owner, in units of 10 ms.
    pub owner: u8,
    /// As client, in units of 10 ms.
    pub client: u8,
}

impl ConfigTimeout {
    /// A count of units as a duration.
    #[must_use]
    pub const fn duration(units: u8) -> Duration {
        Duration::from_millis(10_u64.saturating_mul(units as u64))
    }
}

/// When a device listens while it does something else (4.1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedListen {
    /// How long, in milliseconds.
    pub period: u16,
    /// How often, in milliseconds.
    pub interval: u16,
}

/// Group owner intent: 0 to 15, and who wins when both are the same (4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// 0: rather not; 15: only as group owner.
    pub value: u8,
    /// The tie breaker.
    pub tie_breaker: bool,
}

impl Intent {
    /// From the octet of its attribute.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Intent {
        Intent { value: octet >> 1, tie_breaker: octet & 1 != 0 }
    }

    /// For its attribute.
    #[must_use]
    pub const fn octet(self) -> u8 {
        (self.value & 0x7f) << 1 | self.tie_breaker as u8
    }
}
