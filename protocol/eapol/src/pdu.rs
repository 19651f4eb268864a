//! EAPOL packets (IEEE Std 802.1X-2020 11.3): a version, a type, a length, and what follows.

use alloc::vec::Vec;
use core::fmt;

use wire::cursor::Overflow;
use wire::{MacAddr, Malformed, Reader, Writer};

/// Ethertype of EAPOL (IEEE Std 802.1X-2020 11.1.4).
pub const ETHERTYPE: u16 = 0x888e;
/// Ethertype of pre-authentication (IEEE Std 802.11-2020 12.6.10.2).
pub const ETHERTYPE_PREAUTH: u16 = 0x88c7;
/// The nearest non-TPMR bridge: where EAPOL goes on a wired link (IEEE Std 802.1X-2020 Table 11-1).
pub const PAE_GROUP: MacAddr = MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x03]);

/// What a packet is (IEEE Std 802.1X-2020 Table 11-3). Open: types that are not known here are read and handed on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketType(pub u8);

impl PacketType {
    /// A packet of EAP.
    pub const EAP: PacketType = PacketType(0);
    /// A supplicant asks for a conversation.
    pub const START: PacketType = PacketType(1);
    /// A supplicant wants its port closed.
    pub const LOGOFF: PacketType = PacketType(2);
    /// A key descriptor; those of 802.11 are read by `rsn`.
    pub const KEY: PacketType = PacketType(3);
    /// An alert that may pass an unauthorized port.
    pub const ASF_ALERT: PacketType = PacketType(4);
    /// MACsec key agreement.
    pub const MKA: PacketType = PacketType(5);
    /// An announcement to everybody.
    pub const ANNOUNCEMENT: PacketType = PacketType(6);
    /// An announcement to one station.
    pub const ANNOUNCEMENT_SPECIFIC: PacketType = PacketType(7);
    /// A station asks for an announcement.
    pub const ANNOUNCEMENT_REQUEST: PacketType = PacketType(8);

    /// What the type is called in the standard.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "EAPOL-EAP",
            1 => "EAPOL-Start",
            2 => "EAPOL-Logoff",
            3 => "EAPOL-Key",
            4 => "EAPOL-Encapsulated-ASF-Alert",
            5 => "EAPOL-MKA",
            6 => "EAPOL-Announcement (Generic)",
            7 => "EAPOL-Announcement (Specific)",
            8 => "EAPOL-Announcement-Req",
            _ => "a type not known here",
        }
    }
}

impl fmt::Debug for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

/// A packet whose length is right; anyone may have sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// 1 (2001), 2 (2004) or 3 (2010 and later). A higher one is read like the highest known (11.4 a).
    pub version: u8,
    /// What it is.
    pub ty: PacketType,
    /// The packet body.
    pub body: &'a [u8],
    /// The packet from the version to the end of its body, as a MIC protects it.
    pub whole: &'a [u8],
}

impl<'a> Pdu<'a> {
    /// Takes a packet apart. Octets behind the body are padding of the link and passed over (11.4 d). Any version is read, 0
    /// included, which no standard has and some devices send.
    ///
    /// # Errors
    /// Names the field that is missing, or says that the body is shorter than its length (11.4 c); the packet is to be
    /// discarded.
    pub fn parse(bytes: &'a [u8]) -> Result<Pdu<'a>, Malformed> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8("EAPOL version")?;
        let ty = PacketType(reader.u8("EAPOL packet type")?);
        let length = usize::from(reader.u16_be("EAPOL packet body length")?);
        let body = reader.take(length, "EAPOL packet body")?;
        let whole = bytes.get(..length.saturating_add(4)).ok_or(Malformed("EAPOL packet body"))?;
        Ok(Pdu { version, ty, body, whole })
    }
}

/// Writes a packet.
///
/// # Errors
/// If the body has more than 65535 octets.
pub fn write(version: u8, ty: PacketType, body: &[u8]) -> Result<Vec<u8>, Overflow> {
    let length = u16::try_from(body.len()).map_err(|_| Overflow)?;
    let mut writer = Writer::with_capacity(body.len().saturating_add(4));
    writer.u8(version).u8(ty.0).u16_be(length).put(body);
    writer.finish()
}
