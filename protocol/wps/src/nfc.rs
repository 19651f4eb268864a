//! What is handed over by touch (10): password tokens, configuration tokens, and the carrier records of a connection
//! handover; as records of NDEF (NFC Forum, NFC Data Exchange Format 1.0) or bare.

use alloc::vec::Vec;

use crypto::{Rng, Secret};
use wire::cursor::Overflow;
use wire::{MacAddr, Malformed, Reader, Ssid, Writer};

use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::attributes::Attributes;
use crate::code::{PasswordId, RfBands};
use crate::credential::Credential;
use crate::device::Uuid;
use crate::element::VERSION_1;
use crate::extension::Extension;
use crate::keys::{KeyHash, KeyPair};
use crate::password::DevicePassword;
use crate::quirks::Quirks;

/// The MIME type of our records.
const WSC: &[u8] = b"application/vnd.wfa.wsc";
/// Octets of a password that is made up here: as many as fit (12, OOB Device Password).
const PASSWORD: usize = 32;
/// The fewest octets of a password.
const MIN_PASSWORD: usize = 16;
/// The longest payload that is looked at.
const MAX_PAYLOAD: usize = 20_000;

const BEGIN: u8 = 0x80;
const END: u8 = 0x40;
const CHUNK: u8 = 0x20;
const SHORT: u8 = 0x10;
const HAS_ID: u8 = 0x08;
const FORMAT: u8 = 0x07;
const MIME: u8 = 0x02;

/// The payload of the first record of ours in an NDEF message.
///
/// # Errors
/// If a length lies (CVE-2015-8041), or there is none.
pub fn payload(message: &[u8]) -> Result<&[u8], Malformed> {
    let mut reader = Reader::new(message);
    while !reader.is_empty() {
        let flags = reader.u8("NDEF flags")?;
        if flags & CHUNK != 0 {
            return Err(Malformed("NDEF chunk"));
        }
        let kind = usize::from(reader.u8("NDEF type length")?);
        let length = if flags & SHORT == 0 {
            usize::try_from(reader.u32_be("NDEF payload length")?).map_err(|_| Malformed("NDEF payload length"))?
        } else {
            usize::from(reader.u8("NDEF payload length")?)
        };
        if length > MAX_PAYLOAD {
            return Err(Malformed("NDEF payload length"));
        }
        let name = if flags & HAS_ID == 0 { 0 } else { usize::from(reader.u8("NDEF ID length")?) };
        let kind = reader.take(kind, "NDEF type")?;
        reader.take(name, "NDEF ID")?;
        let payload = reader.take(length, "NDEF payload")?;
        // RFC 2045 5.1: types are of either case.
        if flags & FORMAT == MIME && kind.eq_ignore_ascii_case(WSC) {
            return Ok(payload);
        }
    }
    Err(Malformed("NDEF record of Wi-Fi Simple Configuration"))
}

/// An NDEF message of one record of ours.
///
/// # Errors
/// If the payload does not fit.
pub fn record(payload: &[u8]) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::new();
    let kind = u8::try_from(WSC.len()).map_err(|_| Overflow)?;
    match u8::try_from(payload.len()) {
        Ok(length) => writer.u8(BEGIN | END | SHORT | MIME).u8(kind).u8(length),
        Err(_) => {
            let length = u32::try_from(payload.len()).map_err(|_| Overflow)?;
            writer.u8(BEGIN | END | MIME).u8(kind).u32_be(length)
        }
    };
    writer.put(WSC).put(payload);
    writer.finish()
}

/// A device password that is handed over, with the hash of its owner's public key (12, OOB Device Password).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordToken {
    /// The hash.
    pub hash: KeyHash,
    /// Which password.
    pub id: PasswordId,
    /// The password; none with a connection handover.
    pub password: Secret,
}

impl PasswordToken {
    /// A fresh one for these keys.
    pub fn generate(keys: &KeyPair, rng: &mut dyn Rng) -> PasswordToken {
        let mut password = [0; PASSWORD];
        rng.fill(&mut password);
        let mut number = [0; 2];
        rng.fill(&mut number);
        // Identifiers below are taken.
        let id = PasswordId(u16::from_be_bytes(number) | PasswordId::FIRST_RANDOM.0);
        PasswordToken { hash: keys.public().hash(), id, password: Secret::from(password) }
    }

    /// The password as a run uses it: hexadecimal digits in capital letters (12, OOB Device Password).
    ///
    /// # Errors
    /// If it is longer than any may be.
    pub fn device_password(&self) -> Result<DevicePassword, WpsError> {
        let digit = |half: u8| b"0123456789ABCDEF".get(usize::from(half)).copied();
        let digits = self.password.as_bytes().iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]);
        let secret = Secret::from(digits.flatten().collect::<Vec<u8>>());
        DevicePassword::new(self.id, secret).ok_or(WpsError::Protocol("a device password that is too long"))
    }

    fn parse(body: &[u8]) -> Result<PasswordToken, WpsError> {
        let mut reader = Reader::new(body);
        let hash = reader.array("Public Key Hash")?;
        let id = PasswordId(reader.u16_be("Device Password ID")?);
        let password = reader.take_rest();
        let is_handover = id == PasswordId::NFC_HANDOVER && password.is_empty();
        if !is_handover && !(MIN_PASSWORD..=PASSWORD).contains(&password.len()) {
            return Err(WpsError::Malformed(Malformed("OOB Device Password length")));
        }
        Ok(PasswordToken { hash, id, password: Secret::from(password) })
    }

    fn body(&self) -> Vec<u8> {
        [&self.hash[..], &self.id.0.to_be_bytes(), self.password.as_bytes()].concat()
    }

    /// The attributes of a password token (10.1).
    ///
    /// # Errors
    /// Never: they fit.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        builder.put(id::OOB_PASSWORD, &self.body());
        end(builder)
    }
}

fn end(mut builder: Builder) -> Result<Vec<u8>, Overflow> {
    builder.put(id::VENDOR_EXTENSION, &Extension::version_2().write()?);
    builder.finish()
}

/// What a tag holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The password of a device.
    Password(PasswordToken),
    /// Networks: no run is needed.
    Configuration(Vec<Credential>),
}

impl Tag {
    /// Reads a tag's attributes, in a record of NDEF or bare.
    ///
    /// # Errors
    /// If they cannot be read, or hold neither a password nor a network.
    pub fn parse(octets: &[u8], quirks: Quirks) -> Result<Tag, WpsError> {
        let attributes = Attributes::parse(payload(octets).unwrap_or(octets), quirks)?;
        if let Some(body) = attributes.oob_password {
            return PasswordToken::parse(body).map(Tag::Password);
        }
        let read = |body: &&[u8]| Credential::parse(body, quirks);
        let credentials = attributes.credentials.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if credentials.is_empty() { Err(WpsError::Missing("Credential")) } else { Ok(Tag::Configuration(credentials)) }
    }
}

/// The attributes of a configuration token (10.2).
///
/// # Errors
/// If they do not fit.
pub fn configuration(credentials: &[Credential]) -> Result<Vec<u8>, Overflow> {
    let mut builder = Builder::new();
    builder.put_u8(id::VERSION, VERSION_1);
    for credential in credentials {
        builder.put(id::CREDENTIAL, &credential.write()?);
    }
    end(builder)
}

/// What an Enrollee hands over when it asks for a connection (10.3, Wi-Fi carrier of a Handover Request).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverRequest {
    /// The hash of its public key.
    pub hash: KeyHash,
    /// Its name.
    pub uuid: Uuid,
}

/// What an access point hands over in return (10.3, Wi-Fi carrier of a Handover Select).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverSelect {
    /// The hash of its public key, and which password is meant: that of a handover, or another that comes with it.
    pub password: PasswordToken,
    /// Its network.
    pub ssid: Option<Ssid>,
    /// Where it is: band and channel.
    pub channel: Option<(RfBands, u16)>,
    /// Its address.
    pub bssid: Option<MacAddr>,
}

/// Attributes behind two octets that count them.
fn carrier(payload: &[u8]) -> Result<&[u8], Malformed> {
    let mut reader = Reader::new(payload);
    let length = usize::from(reader.u16_be("carrier length")?);
    reader.take(length, "carrier length")
}

fn put_carrier(attributes: &[u8]) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::new();
    writer.u16_be(u16::try_from(attributes.len()).map_err(|_| Overflow)?).put(attributes);
    writer.finish()
}

fn token_of(attributes: &Attributes<'_>) -> Result<PasswordToken, WpsError> {
    PasswordToken::parse(attributes.oob_password.ok_or(WpsError::Missing("OOB Device Password"))?)
}

impl HandoverRequest {
    /// Reads the payload of the carrier record.
    ///
    /// # Errors
    /// If it cannot be read, or is of another kind of handover.
    pub fn parse(payload: &[u8], quirks: Quirks) -> Result<HandoverRequest, WpsError> {
        let attributes = Attributes::parse(carrier(payload)?, quirks)?;
        let token = token_of(&attributes)?;
        if token.id != PasswordId::NFC_HANDOVER {
            return Err(WpsError::Protocol("a handover request with another device password"));
        }
        Ok(HandoverRequest { hash: token.hash, uuid: attributes.uuid_e.ok_or(WpsError::Missing("UUID-E"))? })
    }

    /// The payload of the carrier record.
    ///
    /// # Errors
    /// Never: it fits.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        builder.put(id::OOB_PASSWORD, &handover(self.hash).body()).put(id::UUID_E, &self.uuid.0);
        put_carrier(&end(builder)?)
    }
}

fn handover(hash: KeyHash) -> PasswordToken {
    PasswordToken { hash, id: PasswordId::NFC_HANDOVER, password: Secret::default() }
}

impl HandoverSelect {
    /// For an access point whose keys these are.
    #[must_use]
    pub fn of(keys: &KeyPair, ssid: Ssid, channel: Option<(RfBands, u16)>, bssid: MacAddr) -> HandoverSelect {
        let hash = keys.public().hash();
        HandoverSelect { password: handover(hash), ssid: Some(ssid), channel, bssid: Some(bssid) }
    }

    /// Reads the payload of the carrier record.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn parse(payload: &[u8], quirks: Quirks) -> Result<HandoverSelect, WpsError> {
        let attributes = Attributes::parse(carrier(payload)?, quirks)?;
        Ok(HandoverSelect {
            password: token_of(&attributes)?,
            ssid: attributes.ssid.map(Ssid::new).transpose().map_err(|_| Malformed("SSID length"))?,
            channel: attributes.rf_bands.zip(attributes.ap_channel),
            bssid: attributes.mac_address,
        })
    }

    /// The payload of the carrier record.
    ///
    /// # Errors
    /// Never: it fits.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        builder.put(id::OOB_PASSWORD, &self.password.body());
        if let Some(ssid) = &self.ssid {
            builder.put(id::SSID, ssid.as_bytes());
        }
        if let Some((band, channel)) = self.channel {
            builder.put_u8(id::RF_BANDS, band.0).put_u16(id::AP_CHANNEL, channel);
        }
        if let Some(bssid) = self.bssid {
            builder.put(id::MAC_ADDRESS, bssid.octets());
        }
        put_carrier(&end(builder)?)
    }
}
