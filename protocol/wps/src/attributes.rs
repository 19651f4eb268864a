//! All attributes of a message, read once, each with the shape it must have.

use alloc::vec::Vec;
use wire::{MacAddr, Malformed, Reader};

use crate::attribute::{Attribute, Cursor, id};
use crate::code::{
    AssociationState, AuthTypes, ConfigError, ConfigMethods, ConnectionTypes, EncrTypes, MessageType, PasswordId,
    RequestType, ResponseType, RfBands, SetupState,
};
use crate::device::{DeviceType, MAX_MANUFACTURER, MAX_TEXT, Uuid};
use crate::extension::{Extension, WFA};
use crate::quirks::{Quirk, Quirks};

/// How many credentials a message may have.
pub const MAX_CREDENTIALS: usize = 10;
/// How many requested device types are read.
pub const MAX_REQUESTED: usize = 10;
/// How many secondary device types there are at most (12).
const MAX_SECONDARY: usize = 16;
/// How many extensions of other vendors are kept.
const MAX_VENDORS: usize = 10;
/// The longest extension of another vendor (12).
const MAX_VENDOR_EXTENSION: usize = 1024;

macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $id:ident, $read:expr;)*) => {
        /// The attributes of a message or element. Those that nobody here knows are passed over.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the specification's own (12)")]
        pub struct Attributes<'a> {
            $($(#[$doc])* pub $name: Option<$type>,)*
            /// The bodies of the Credential attributes.
            pub credentials: Vec<&'a [u8]>,
            pub requested_types: Vec<DeviceType>,
            /// The Wi-Fi Alliance's extension.
            pub extension: Extension,
            /// Extensions of other vendors: identifier and value.
            pub vendors: Vec<([u8; 3], &'a [u8])>,
            /// How many octets are in front of the Authenticator.
            pub authenticator_at: Option<usize>,
            /// How many octets are in front of the Key Wrap Authenticator, which has to be the last attribute.
            pub key_wrap_at: Option<usize>,
            /// How many octets there are.
            pub length: usize,
        }

        impl<'a> Attributes<'a> {
            fn read_single(&mut self, attribute: &Attribute<'a>, quirks: Quirks) -> Result<bool, Malformed> {
                match attribute.id {
                    $(id::$id => {
                        let read: fn(&'a [u8], Quirks) -> Result<Option<$type>, Malformed> = $read;
                        // One that is passed over does not count as absent twice.
                        if let Some(value) = read(attribute.body, quirks)? {
                            set(&mut self.$name, value, quirks)?;
                        }
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}

fn set<T: PartialEq>(place: &mut Option<T>, value: T, quirks: Quirks) -> Result<(), Malformed> {
    if !quirks.has(Quirk::RepeatedAttributes) && place.as_ref().is_some_and(|before| *before != value) {
        return Err(Malformed("the same WPS attribute twice"));
    }
    *place = Some(value);
    Ok(())
}

fn array<const N: usize>(body: &[u8], name: &'static str) -> Result<[u8; N], Malformed> {
    <[u8; N]>::try_from(body).map_err(|_| Malformed(name))
}

fn octet<T>(body: &[u8], name: &'static str, make: fn(u8) -> T) -> Result<Option<T>, Malformed> {
    array(body, name).map(|[octet]| Some(make(octet)))
}

fn pair<T>(body: &[u8], name: &'static str, make: fn(u16) -> T) -> Result<Option<T>, Malformed> {
    array(body, name).map(|octets| Some(make(u16::from_be_bytes(octets))))
}

fn boolean(body: &[u8], name: &'static str) -> Result<Option<bool>, Malformed> {
    octet(body, name, |octet| octet != 0)
}

/// Texts are UTF-8 by specification; whatever they are, they are kept as octets.
fn text<'a>(body: &'a [u8], most: usize, quirks: Quirks, name: &'static str) -> Result<Option<&'a [u8]>, Malformed> {
    if !quirks.has(Quirk::LooseTexts) {
        return if body.len() > most { Err(Malformed(name)) } else { Ok(Some(body)) };
    }
    let body = body.get(..most).unwrap_or(body);
    Ok(Some(body.iter().position(|octet| *octet == 0).and_then(|end| body.get(..end)).unwrap_or(body)))
}

fn device_types(body: &[u8]) -> Result<Option<Vec<DeviceType>>, Malformed> {
    let mut reader = Reader::new(body);
    let mut types = Vec::new();
    while !reader.is_empty() {
        if types.len() >= MAX_SECONDARY {
            return Err(Malformed("Secondary Device Type List length"));
        }
        types.push(DeviceType(reader.array("Secondary Device Type List length")?));
    }
    Ok(Some(types))
}

attributes! {
    version: u8 = VERSION, |body, _| octet(body, "Version length", |octet| octet);
    message_type: MessageType = MESSAGE_TYPE, |body, _| octet(body, "Message Type length", MessageType);
    enrollee_nonce: [u8; 16] = ENROLLEE_NONCE, |body, _| array(body, "Enrollee Nonce length").map(Some);
    registrar_nonce: [u8; 16] = REGISTRAR_NONCE, |body, _| array(body, "Registrar Nonce length").map(Some);
    uuid_e: Uuid = UUID_E, |body, _| array(body, "UUID-E length").map(|octets| Some(Uuid(octets)));
    uuid_r: Uuid = UUID_R, |body, _| array(body, "UUID-R length").map(|octets| Some(Uuid(octets)));
    mac_address: MacAddr = MAC_ADDRESS, |body, _| array(body, "MAC Address length").map(|octets| Some(MacAddr(octets)));
    public_key: &'a [u8] = PUBLIC_KEY, |body, _| Ok(Some(body));
    auth_types: AuthTypes = AUTH_TYPE_FLAGS, |body, _| pair(body, "Authentication Type Flags length", AuthTypes);
    encr_types: EncrTypes = ENCR_TYPE_FLAGS, |body, _| pair(body, "Encryption Type Flags length", EncrTypes);
    connection_types: ConnectionTypes = CONNECTION_TYPE_FLAGS,
        |body, _| octet(body, "Connection Type Flags length", ConnectionTypes);
    config_methods: ConfigMethods = CONFIG_METHODS, |body, _| pair(body, "Config Methods length", ConfigMethods);
    selected_methods: ConfigMethods = SELECTED_METHODS,
        |body, _| pair(body, "Selected Registrar Config Methods length", ConfigMethods);
    setup_state: SetupState = SETUP_STATE, |body, _| octet(body, "Wi-Fi Simple Configuration State length", SetupState);
    manufacturer: &'a [u8] = MANUFACTURER, |body, quirks| text(body, MAX_MANUFACTURER, quirks, "Manufacturer length");
    model_name: &'a [u8] = MODEL_NAME, |body, quirks| text(body, MAX_TEXT, quirks, "Model Name length");
    model_number: &'a [u8] = MODEL_NUMBER, |body, quirks| text(body, MAX_TEXT, quirks, "Model Number length");
    serial_number: &'a [u8] = SERIAL_NUMBER, |body, quirks| text(body, MAX_TEXT, quirks, "Serial Number length");
    device_name: &'a [u8] = DEVICE_NAME, |body, quirks| text(body, MAX_TEXT, quirks, "Device Name length");
    primary_type: DeviceType = PRIMARY_TYPE,
        |body, _| array(body, "Primary Device Type length").map(|octets| Some(DeviceType(octets)));
    secondary_types: Vec<DeviceType> = SECONDARY_TYPES, |body, _| device_types(body);
    rf_bands: RfBands = RF_BANDS, |body, _| octet(body, "RF Bands length", RfBands);
    association_state: AssociationState = ASSOCIATION_STATE,
        |body, _| pair(body, "Association State length", AssociationState);
    password_id: PasswordId = PASSWORD_ID, |body, _| pair(body, "Device Password ID length", PasswordId);
    config_error: ConfigError = CONFIG_ERROR, |body, _| pair(body, "Configuration Error length", ConfigError);
    os_version: u32 = OS_VERSION, |body, _| array(body, "OS Version length").map(|o| Some(u32::from_be_bytes(o)));
    selected_registrar: bool = SELECTED_REGISTRAR, |body, _| boolean(body, "Selected Registrar length");
    setup_locked: bool = SETUP_LOCKED, |body, _| boolean(body, "AP Setup Locked length");
    request_type: RequestType = REQUEST_TYPE, |body, _| octet(body, "Request Type length", RequestType);
    response_type: ResponseType = RESPONSE_TYPE, |body, _| octet(body, "Response Type length", ResponseType);
    e_hash1: [u8; 32] = E_HASH1, |body, _| array(body, "E-Hash1 length").map(Some);
    e_hash2: [u8; 32] = E_HASH2, |body, _| array(body, "E-Hash2 length").map(Some);
    r_hash1: [u8; 32] = R_HASH1, |body, _| array(body, "R-Hash1 length").map(Some);
    r_hash2: [u8; 32] = R_HASH2, |body, _| array(body, "R-Hash2 length").map(Some);
    e_snonce1: [u8; 16] = E_SNONCE1, |body, _| array(body, "E-SNonce1 length").map(Some);
    e_snonce2: [u8; 16] = E_SNONCE2, |body, _| array(body, "E-SNonce2 length").map(Some);
    r_snonce1: [u8; 16] = R_SNONCE1, |body, _| array(body, "R-SNonce1 length").map(Some);
    r_snonce2: [u8; 16] = R_SNONCE2, |body, _| array(body, "R-SNonce2 length").map(Some);
    encrypted_settings: &'a [u8] = ENCRYPTED_SETTINGS, |body, _| Ok(Some(body));
    authenticator: [u8; 8] = AUTHENTICATOR, |body, _| array(body, "Authenticator length").map(Some);
    key_wrap: [u8; 8] = KEY_WRAP_AUTHENTICATOR, |body, _| array(body, "Key Wrap Authenticator length").map(Some);
    auth_type: AuthTypes = AUTH_TYPE, |body, _| pair(body, "Authentication Type length", AuthTypes);
    encr_type: EncrTypes = ENCR_TYPE, |body, _| pair(body, "Encryption Type length", EncrTypes);
    network_index: u8 = NETWORK_INDEX, |body, _| octet(body, "Network Index length", |octet| octet);
    network_key_index: u8 = NETWORK_KEY_INDEX, |body, _| octet(body, "Network Key Index length", |octet| octet);
    network_key: &'a [u8] = NETWORK_KEY, |body, _| {
        if body.len() > 64 { Err(Malformed("Network Key length")) } else { Ok(Some(body)) }
    };
    new_password: &'a [u8] = NEW_PASSWORD, |body, _| {
        if body.len() > 64 { Err(Malformed("New Password length")) } else { Ok(Some(body)) }
    };
    oob_password: &'a [u8] = OOB_PASSWORD, |body, _| Ok(Some(body));
    ssid: &'a [u8] = SSID, |body, _| if body.len() > 32 { Err(Malformed("SSID length")) } else { Ok(Some(body)) };
    ap_channel: u16 = AP_CHANNEL, |body, _| pair(body, "AP Channel length", |channel| channel);
}

impl<'a> Attributes<'a> {
    /// Reads a whole message.
    ///
    /// # Errors
    /// Names the attribute whose length lies or is none that it can have.
    pub fn parse(message: &'a [u8], quirks: Quirks) -> Result<Attributes<'a>, Malformed> {
        let mut cursor = Cursor::new(message, quirks);
        let mut attributes = Attributes { length: message.len(), ..Attributes::default() };
        while let Some(attribute) = cursor.next_attribute()? {
            if attributes.read_single(&attribute, quirks)? {
                match attribute.id {
                    id::AUTHENTICATOR => attributes.authenticator_at = Some(attribute.offset),
                    id::KEY_WRAP_AUTHENTICATOR => attributes.key_wrap_at = Some(attribute.offset),
                    _ => {}
                }
                continue;
            }
            match attribute.id {
                id::CREDENTIAL if attributes.credentials.len() < MAX_CREDENTIALS => {
                    attributes.credentials.push(attribute.body);
                }
                id::REQUESTED_TYPE => {
                    let octets = array(attribute.body, "Requested Device Type length")?;
                    if attributes.requested_types.len() < MAX_REQUESTED {
                        attributes.requested_types.push(DeviceType(octets));
                    }
                }
                id::VENDOR_EXTENSION => attributes.read_vendor(attribute.body)?,
                _ => {}
            }
        }
        Ok(attributes)
    }

    fn read_vendor(&mut self, body: &'a [u8]) -> Result<(), Malformed> {
        match body.split_first_chunk::<3>() {
            Some((&WFA, rest)) => self.extension.read(rest),
            Some(_) if body.len() > MAX_VENDOR_EXTENSION => Err(Malformed("Vendor Extension length")),
            Some((vendor, rest)) => {
                if self.vendors.len() < MAX_VENDORS {
                    self.vendors.push((*vendor, rest));
                }
                Ok(())
            }
            // Too short to say whose it is: nobody's.
            None => Ok(()),
        }
    }

    /// The sender speaks version 2.0 or later.
    #[must_use]
    pub fn is_version_2(&self) -> bool {
        self.extension.version2.is_some()
    }
}
