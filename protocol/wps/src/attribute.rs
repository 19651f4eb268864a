//! Attributes, one by one: a type of two octets, a length of two octets, a value (12).

use wire::cursor::Overflow;
use wire::{Malformed, Reader, Writer};

use crate::quirks::{Quirk, Quirks};

/// Types of attributes that are read or written here.
#[allow(missing_docs, reason = "the names are the specification's own (12)")]
pub mod id {
    pub const AP_CHANNEL: u16 = 0x1001;
    pub const ASSOCIATION_STATE: u16 = 0x1002;
    pub const AUTH_TYPE: u16 = 0x1003;
    pub const AUTH_TYPE_FLAGS: u16 = 0x1004;
    pub const AUTHENTICATOR: u16 = 0x1005;
    pub const CONFIG_METHODS: u16 = 0x1008;
    pub const CONFIG_ERROR: u16 = 0x1009;
    pub const CONNECTION_TYPE_FLAGS: u16 = 0x100d;
    pub const CREDENTIAL: u16 = 0x100e;
    pub const ENCR_TYPE: u16 = 0x100f;
    pub const ENCR_TYPE_FLAGS: u16 = 0x1010;
    pub const DEVICE_NAME: u16 = 0x1011;
    pub const PASSWORD_ID: u16 = 0x1012;
    pub const E_HASH1: u16 = 0x1014;
    pub const E_HASH2: u16 = 0x1015;
    pub const E_SNONCE1: u16 = 0x1016;
    pub const E_SNONCE2: u16 = 0x1017;
    pub const ENCRYPTED_SETTINGS: u16 = 0x1018;
    pub const ENROLLEE_NONCE: u16 = 0x101a;
    pub const KEY_WRAP_AUTHENTICATOR: u16 = 0x101e;
    pub const MAC_ADDRESS: u16 = 0x1020;
    pub const MANUFACTURER: u16 = 0x1021;
    pub const MESSAGE_TYPE: u16 = 0x1022;
    pub const MODEL_NAME: u16 = 0x1023;
    pub const MODEL_NUMBER: u16 = 0x1024;
    pub const NETWORK_INDEX: u16 = 0x1026;
    pub const NETWORK_KEY: u16 = 0x1027;
    pub const NETWORK_KEY_INDEX: u16 = 0x1028;
    pub const NEW_PASSWORD: u16 = 0x102a;
    pub const OOB_PASSWORD: u16 = 0x102c;
    pub const OS_VERSION: u16 = 0x102d;
    pub const PUBLIC_KEY: u16 = 0x1032;
    pub const REGISTRAR_NONCE: u16 = 0x1039;
    pub const REQUEST_TYPE: u16 = 0x103a;
    pub const RESPONSE_TYPE: u16 = 0x103b;
    pub const RF_BANDS: u16 = 0x103c;
    pub const R_HASH1: u16 = 0x103d;
    pub const R_HASH2: u16 = 0x103e;
    pub const R_SNONCE1: u16 = 0x103f;
    pub const R_SNONCE2: u16 = 0x1040;
    pub const SELECTED_REGISTRAR: u16 = 0x1041;
    pub const SERIAL_NUMBER: u16 = 0x1042;
    pub const SETUP_STATE: u16 = 0x1044;
    pub const SSID: u16 = 0x1045;
    pub const UUID_E: u16 = 0x1047;
    pub const UUID_R: u16 = 0x1048;
    pub const VENDOR_EXTENSION: u16 = 0x1049;
    pub const VERSION: u16 = 0x104a;
    pub const SELECTED_METHODS: u16 = 0x1053;
    pub const PRIMARY_TYPE: u16 = 0x1054;
    pub const SECONDARY_TYPES: u16 = 0x1055;
    pub const SETUP_LOCKED: u16 = 0x1057;
    pub const REQUESTED_TYPE: u16 = 0x106a;
}

/// The first octet of all types (12).
const FAMILY: u8 = 0x10;

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its type.
    pub id: u16,
    /// Its value.
    pub body: &'a [u8],
    /// How many octets of the message are in front of it.
    pub offset: usize,
}

/// Takes a message apart.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    reader: Reader<'a>,
    length: usize,
    quirks: Quirks,
    before: u16,
}

impl<'a> Cursor<'a> {
    /// At the start of a message.
    #[must_use]
    pub const fn new(message: &'a [u8], quirks: Quirks) -> Cursor<'a> {
        Cursor { reader: Reader::new(message), length: message.len(), quirks, before: 0 }
    }

    /// The next attribute.
    ///
    /// # Errors
    /// If a length runs past the end.
    pub fn next_attribute(&mut self) -> Result<Option<Attribute<'a>>, Malformed> {
        let rest = self.reader.peek_rest();
        if rest.is_empty() {
            return Ok(None);
        }
        if self.quirks.has(Quirk::PaddedMessage) && rest.len() >= 4 && rest.iter().all(|octet| *octet == 0) {
            return Ok(None);
        }
        let offset = self.length.saturating_sub(rest.len());
        let mut reader = self.reader;
        match take(&mut reader) {
            Ok((id, body)) => {
                self.reader = reader;
                self.before = id;
                Ok(Some(Attribute { id, body, offset }))
            }
            Err(why) => {
                // One octet further it may well be an attribute.
                let is_behind_key = self.before == id::NETWORK_KEY && self.quirks.has(Quirk::OctetAfterKey);
                if !is_behind_key || matches!(rest, [FAMILY, ..]) {
                    return Err(why);
                }
                self.before = 0;
                self.reader.u8("WPS attribute")?;
                self.next_attribute()
            }
        }
    }
}

fn take<'a>(reader: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Malformed> {
    let id = reader.u16_be("WPS attribute")?;
    let length = reader.u16_be("WPS attribute length")?;
    Ok((id, reader.take(usize::from(length), "WPS attribute length")?))
}

/// Puts a message together.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    writer: Writer,
    is_too_long: bool,
}

impl Builder {
    /// An empty message.
    #[must_use]
    pub const fn new() -> Builder {
        Builder { writer: Writer::new(), is_too_long: false }
    }

    /// Appends an attribute.
    pub fn put(&mut self, id: u16, body: &[u8]) -> &mut Builder {
        match u16::try_from(body.len()) {
            Ok(length) => {
                self.writer.u16_be(id).u16_be(length).put(body);
            }
            Err(_) => self.is_too_long = true,
        }
        self
    }

    /// Appends an attribute of one octet.
    pub fn put_u8(&mut self, id: u16, value: u8) -> &mut Builder {
        self.put(id, &[value])
    }

    /// Appends an attribute of two octets.
    pub fn put_u16(&mut self, id: u16, value: u16) -> &mut Builder {
        self.put(id, &value.to_be_bytes())
    }

    /// Appends attributes that are written already.
    pub fn put_raw(&mut self, attributes: &[u8]) -> &mut Builder {
        self.writer.put(attributes);
        self
    }

    /// The finished message.
    ///
    /// # Errors
    /// If a value was longer than its length can say.
    pub fn finish(self) -> Result<alloc::vec::Vec<u8>, Overflow> {
        if self.is_too_long { Err(Overflow) } else { self.writer.finish() }
    }
}
