//! What a device says of itself.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wire::MacAddr;

use crate::attribute::{Builder, id};
use crate::attributes::Attributes;

/// A device's name for life (12, UUID-E and UUID-R; RFC 9562).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

/// The name space in which addresses become names: that of hostap, so that a device that changes programs stays the same.
const NAME_SPACE: [u8; 16] =
    [0x52, 0x64, 0x80, 0xf8, 0xc9, 0x9b, 0x4b, 0xe5, 0xa6, 0x55, 0x58, 0xed, 0x5f, 0x5d, 0x60, 0x84];

impl Uuid {
    /// All zeros.
    pub const NIL: Uuid = Uuid([0; 16]);

    /// The version 5 name of a MAC address (RFC 9562 5.5).
    #[must_use]
    pub fn from_mac(addr: MacAddr) -> Uuid {
        let [a, b, c, d, e, f, version, h, variant, j, k, l, m, n, o, p, ..] =
            crypto::sha1(&[&NAME_SPACE, addr.octets()]);
        Uuid([a, b, c, d, e, f, 0x50 | (version & 0x0f), h, 0x80 | (variant & 0x3f), j, k, l, m, n, o, p])
    }

    /// From the text of a configuration: 32 digits with hyphens at their places.
    #[must_use]
    pub fn parse(text: &str) -> Option<Uuid> {
        let mut octets = [0; 16];
        let mut groups = text.split('-');
        let mut places = octets.iter_mut();
        for digits in [8, 4, 4, 4, 12] {
            let group = groups.next().filter(|group| group.len() == digits && group.is_ascii())?;
            for pair in group.as_bytes().chunks(2) {
                let pair = core::str::from_utf8(pair).ok()?;
                let is_digits = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
                *places.next()? = is_digits.then(|| u8::from_str_radix(pair, 16).ok())??;
            }
        }
        groups.next().is_none().then_some(Uuid(octets))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, octet) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Category, vendor and subcategory of a device (12, Primary Device Type).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DeviceType(pub [u8; 8]);

impl DeviceType {
    /// Of the Wi-Fi Alliance's own list.
    #[must_use]
    pub const fn known(category: u16, subcategory: u16) -> DeviceType {
        let ([a, b], [c, d]) = (category.to_be_bytes(), subcategory.to_be_bytes());
        DeviceType([a, b, 0x00, 0x50, 0xf2, 0x04, c, d])
    }

    /// Its category.
    #[must_use]
    pub const fn category(self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// Whether a request for `wanted` means this one: a subcategory of zero stands for all of its category.
    #[must_use]
    pub fn is_meant_by(self, wanted: DeviceType) -> bool {
        let (Some(own), Some(other)) = (self.0.split_last_chunk::<2>(), wanted.0.split_last_chunk::<2>()) else {
            return false;
        };
        own.0 == other.0 && (*other.1 == [0, 0] || own.1 == other.1)
    }
}

impl fmt::Display for DeviceType {
    /// The form of configuration files: `6-0050F204-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g, h, i] = self.0;
        let (category, sub) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([h, i]));
        write!(f, "{category}-{c:02X}{d:02X}{e:02X}{g:02X}-{sub}")
    }
}

impl fmt::Debug for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a device says of itself in nearly every message. Texts of others are as they came: not fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Up to 64 octets.
    pub manufacturer: Vec<u8>,
    /// Up to 32 octets.
    pub model_name: Vec<u8>,
    /// Up to 32 octets.
    pub model_number: Vec<u8>,
    /// Up to 32 octets.
    pub serial_number: Vec<u8>,
    /// Up to 32 octets.
    pub name: Vec<u8>,
    /// What it is in the first place.
    pub primary_type: DeviceType,
    /// What it is besides: up to 16 (128 octets).
    pub secondary_types: Vec<DeviceType>,
    /// The operating system's version.
    pub os_version: u32,
}

/// How long the texts may be (12).
pub const MAX_MANUFACTURER: usize = 64;
/// How long the other texts may be (12).
pub const MAX_TEXT: usize = 32;

impl Device {
    /// What a message says of its sender.
    #[must_use]
    pub fn of(attributes: &Attributes<'_>) -> Device {
        let text = |text: Option<&[u8]>| text.unwrap_or_default().to_vec();
        Device {
            manufacturer: text(attributes.manufacturer),
            model_name: text(attributes.model_name),
            model_number: text(attributes.model_number),
            serial_number: text(attributes.serial_number),
            name: text(attributes.device_name),
            primary_type: attributes.primary_type.unwrap_or_default(),
            secondary_types: attributes.secondary_types.clone().unwrap_or_default(),
            os_version: attributes.os_version.unwrap_or_default(),
        }
    }

    /// The name, cleaned of what does not belong on a terminal.
    #[must_use]
    pub fn shown_name(&self) -> String {
        String::from_utf8_lossy(&self.name).chars().filter(|letter| !letter.is_control()).collect()
    }

    /// Manufacturer, model, serial number, type and name, in the order of M1 (8.3.1). An empty text is written as one
    /// blank: version 2.0 has none that are empty.
    pub(crate) fn write(&self, builder: &mut Builder) {
        self.write_texts(builder);
        builder.put(id::PRIMARY_TYPE, &self.primary_type.0).put(id::DEVICE_NAME, filled(&self.name));
    }

    fn write_texts(&self, builder: &mut Builder) {
        builder
            .put(id::MANUFACTURER, filled(&self.manufacturer))
            .put(id::MODEL_NAME, filled(&self.model_name))
            .put(id::MODEL_NUMBER, filled(&self.model_number))
            .put(id::SERIAL_NUMBER, filled(&self.serial_number));
    }
}

const fn filled(text: &[u8]) -> &[u8] {
    if text.is_empty() { b" " } else { text }
}
