//! Reading messages.

use wire::MacAddr;

use crate::WpsError;
use crate::attributes::Attributes;
use crate::code::{
    AssociationState, AuthTypes, ConfigError, ConfigMethods, EncrTypes, MessageType, OpCode, PasswordId, RfBands,
    SetupState,
};
use crate::device::{Device, Uuid};
use crate::extension::{Extension, VERSION_2};
use crate::keys::{Keys, PublicKey};
use crate::quirks::{Quirk, Quirks};

/// The version of all versions (12, Version).
const VERSION_1: u8 = 0x10;
/// Type, length and value of an Authenticator.
const AUTHENTICATOR: usize = 12;

/// What an Enrollee says first (8.3.1). Nothing of it is authentic yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (8.3.1)")]
pub struct M1 {
    pub uuid: Uuid,
    pub addr: MacAddr,
    pub nonce: [u8; 16],
    pub public_key: PublicKey,
    pub auth: AuthTypes,
    pub encr: EncrTypes,
    pub methods: ConfigMethods,
    pub state: SetupState,
    pub device: Device,
    pub rf_bands: RfBands,
    pub association: AssociationState,
    pub password_id: PasswordId,
    pub error: ConfigError,
    pub extension: Extension,
}

/// What a Registrar answers (8.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (8.3.2)")]
pub struct M2<'a> {
    pub uuid: Uuid,
    pub nonces: Nonces,
    pub public_key: PublicKey,
    pub methods: ConfigMethods,
    pub device: Device,
    pub password_id: PasswordId,
    pub error: ConfigError,
    /// Credentials at once, where both public keys were handed over (NFC connection handover).
    pub sealed: Option<&'a [u8]>,
    signature: Signature<'a>,
}

impl M2<'_> {
    /// Whether the Authenticator is right: `m1` is the message that it answers.
    #[must_use]
    pub fn is_authentic(&self, keys: &Keys, m1: &[u8]) -> bool {
        self.signature.is_right(keys, m1)
    }
}

/// What a Registrar answers that knows no password for the Enrollee (8.3.2). Nobody protects it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (8.3.2)")]
pub struct M2d {
    pub uuid: Uuid,
    pub nonces: Nonces,
    pub methods: ConfigMethods,
    pub device: Device,
    pub error: ConfigError,
}

/// What the Enrollee commits itself to (8.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct M3 {
    /// E-Hash1 and E-Hash2.
    pub hashes: [[u8; 32]; 2],
}

/// What the Registrar commits itself to, and its first secret nonce (8.3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct M4<'a> {
    /// R-Hash1 and R-Hash2.
    pub hashes: [[u8; 32]; 2],
    /// Encrypted Settings.
    pub sealed: &'a [u8],
}

/// M5 to M8: settings under encryption (8.3.5 to 8.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// Encrypted Settings.
    pub sealed: &'a [u8],
    /// Seconds until the settings are in use, in M7 of an access point.
    pub delay: Option<u8>,
}

/// Both nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonces {
    /// N1.
    pub enrollee: [u8; 16],
    /// N2.
    pub registrar: [u8; 16],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signature<'a> {
    authenticator: [u8; 8],
    signed: &'a [u8],
}

impl Signature<'_> {
    fn is_right(&self, keys: &Keys, before: &[u8]) -> bool {
        keys.is_authentic(self.authenticator, before, self.signed)
    }
}

/// A message whose Authenticator nobody has looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'a, T> {
    nonce: [u8; 16],
    content: T,
    signature: Signature<'a>,
}

impl<T> Signed<'_, T> {
    /// What the message says, if it is of this run: `nonce` is that of the receiver, `before` the message before.
    ///
    /// # Errors
    /// If it is of another run, or not authentic.
    pub fn verify(self, keys: &Keys, nonce: &[u8; 16], before: &[u8]) -> Result<T, WpsError> {
        if self.nonce != *nonce {
            return Err(WpsError::Protocol("a message of another run"));
        }
        if !self.signature.is_right(keys, before) {
            return Err(WpsError::Protocol("a message whose Authenticator is wrong"));
        }
        Ok(self.content)
    }
}

/// A message, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's own (8.3)")]
pub enum Message<'a> {
    M1(alloc::boxed::Box<M1>),
    M2(alloc::boxed::Box<M2<'a>>),
    M2d(alloc::boxed::Box<M2d>),
    M3(Signed<'a, M3>),
    M4(Signed<'a, M4<'a>>),
    M5(Signed<'a, Sealed<'a>>),
    M6(Signed<'a, Sealed<'a>>),
    M7(Signed<'a, Sealed<'a>>),
    M8(Signed<'a, Sealed<'a>>),
    Ack(Nonces),
    Nack(Nonces, ConfigError),
    Done(Nonces),
}

impl<'a> Message<'a> {
    /// Reads a message; `op` is what EAP-WSC says it is, if it came that way.
    ///
    /// # Errors
    /// If an attribute cannot be read or is missing, or the two do not agree.
    pub fn parse(op: Option<OpCode>, bytes: &'a [u8], quirks: Quirks) -> Result<Message<'a>, WpsError> {
        let fields = Fields::new(bytes, quirks)?;
        let kind = fields.attributes.message_type.ok_or(WpsError::Missing("Message Type"))?;
        let message = match kind {
            MessageType::M1 => Message::M1(alloc::boxed::Box::new(fields.m1()?)),
            MessageType::M2 => Message::M2(alloc::boxed::Box::new(fields.m2()?)),
            MessageType::M2D => Message::M2d(alloc::boxed::Box::new(fields.m2d()?)),
            MessageType::M3 => Message::M3(fields.m3()?),
            MessageType::M4 => Message::M4(fields.m4()?),
            MessageType::M5 => Message::M5(fields.sealed(fields.registrar_nonce()?)?),
            MessageType::M6 => Message::M6(fields.sealed(fields.enrollee_nonce()?)?),
            MessageType::M7 => Message::M7(fields.sealed(fields.registrar_nonce()?)?),
            MessageType::M8 => Message::M8(fields.sealed(fields.enrollee_nonce()?)?),
            MessageType::ACK => Message::Ack(fields.nonces()?),
            MessageType::NACK => Message::Nack(fields.nonces()?, fields.error()?),
            MessageType::DONE => Message::Done(fields.nonces()?),
            other => return Err(WpsError::Unexpected(other)),
        };
        if op.is_some_and(|op| op != message.op()) {
            return Err(WpsError::Protocol("a message whose type is not that of its packet"));
        }
        Ok(message)
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> MessageType {
        match self {
            Self::M1(_) => MessageType::M1,
            Self::M2(_) => MessageType::M2,
            Self::M2d(_) => MessageType::M2D,
            Self::M3(_) => MessageType::M3,
            Self::M4(_) => MessageType::M4,
            Self::M5(_) => MessageType::M5,
            Self::M6(_) => MessageType::M6,
            Self::M7(_) => MessageType::M7,
            Self::M8(_) => MessageType::M8,
            Self::Ack(_) => MessageType::ACK,
            Self::Nack(..) => MessageType::NACK,
            Self::Done(_) => MessageType::DONE,
        }
    }

    /// In which kind of packet it travels (7.7.1).
    #[must_use]
    pub const fn op(&self) -> OpCode {
        match self {
            Self::M1(_)
            | Self::M2(_)
            | Self::M2d(_)
            | Self::M3(_)
            | Self::M4(_)
            | Self::M5(_)
            | Self::M6(_)
            | Self::M7(_)
            | Self::M8(_) => OpCode::MSG,
            Self::Ack(_) => OpCode::ACK,
            Self::Nack(..) => OpCode::NACK,
            Self::Done(_) => OpCode::DONE,
        }
    }
}

/// The attributes of a message, to be taken out by those that must be there.
struct Fields<'a> {
    attributes: Attributes<'a>,
    bytes: &'a [u8],
    quirks: Quirks,
}

macro_rules! need {
    ($fields:ident.$name:ident, $text:literal) => {
        $fields.attributes.$name.ok_or(WpsError::Missing($text))?
    };
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8], quirks: Quirks) -> Result<Fields<'a>, WpsError> {
        let attributes = Attributes::parse(bytes, quirks)?;
        let version = attributes.version.ok_or(WpsError::Missing("Version"))?;
        // 12, Version: it stays what it is; later ones have the extension.
        if version != VERSION_1 || attributes.extension.version2.is_some_and(|version| version < VERSION_2) {
            return Err(WpsError::Protocol("a version that there is not"));
        }
        let fields = Fields { attributes, bytes, quirks };
        if fields.attributes.is_version_2() && !quirks.has(Quirk::LooseTexts) {
            fields.check_texts()?;
        }
        Ok(fields)
    }

    /// 12: from version 2.0 on no text is empty or ends with a zero.
    fn check_texts(&self) -> Result<(), WpsError> {
        let attributes = &self.attributes;
        let texts = [
            attributes.manufacturer,
            attributes.model_name,
            attributes.model_number,
            attributes.serial_number,
            attributes.device_name,
        ];
        if texts.into_iter().flatten().any(|text| matches!(text, [] | [.., 0])) {
            return Err(WpsError::Protocol("a text that is empty or ends with a zero"));
        }
        Ok(())
    }

    fn enrollee_nonce(&self) -> Result<[u8; 16], WpsError> {
        self.attributes.enrollee_nonce.ok_or(WpsError::Missing("Enrollee Nonce"))
    }

    fn registrar_nonce(&self) -> Result<[u8; 16], WpsError> {
        self.attributes.registrar_nonce.ok_or(WpsError::Missing("Registrar Nonce"))
    }

    fn nonces(&self) -> Result<Nonces, WpsError> {
        Ok(Nonces { enrollee: self.enrollee_nonce()?, registrar: self.registrar_nonce()? })
    }

    fn error(&self) -> Result<ConfigError, WpsError> {
        self.attributes.config_error.ok_or(WpsError::Missing("Configuration Error"))
    }

    fn public_key(&self) -> Result<PublicKey, WpsError> {
        PublicKey::parse(need!(self.public_key, "Public Key"), self.quirks)
    }

    /// What M1, M2 and M2D say of their sender.
    fn device(&self) -> Result<Device, WpsError> {
        need!(self.manufacturer, "Manufacturer");
        need!(self.model_name, "Model Name");
        need!(self.model_number, "Model Number");
        need!(self.serial_number, "Serial Number");
        need!(self.primary_type, "Primary Device Type");
        need!(self.device_name, "Device Name");
        need!(self.os_version, "OS Version");
        need!(self.connection_types, "Connection Type Flags");
        need!(self.rf_bands, "RF Bands");
        need!(self.association_state, "Association State");
        Ok(Device::of(&self.attributes))
    }

    fn m1(&self) -> Result<M1, WpsError> {
        Ok(M1 {
            uuid: need!(self.uuid_e, "UUID-E"),
            addr: need!(self.mac_address, "MAC Address"),
            nonce: self.enrollee_nonce()?,
            public_key: self.public_key()?,
            auth: need!(self.auth_types, "Authentication Type Flags"),
            encr: need!(self.encr_types, "Encryption Type Flags"),
            methods: need!(self.config_methods, "Config Methods"),
            state: need!(self.setup_state, "Wi-Fi Simple Configuration State"),
            device: self.device()?,
            rf_bands: need!(self.rf_bands, "RF Bands"),
            association: need!(self.association_state, "Association State"),
            password_id: need!(self.password_id, "Device Password ID"),
            error: self.error()?,
            extension: self.attributes.extension.clone(),
        })
    }

    fn m2(&self) -> Result<M2<'a>, WpsError> {
        need!(self.auth_types, "Authentication Type Flags");
        need!(self.encr_types, "Encryption Type Flags");
        Ok(M2 {
            uuid: need!(self.uuid_r, "UUID-R"),
            nonces: self.nonces()?,
            public_key: self.public_key()?,
            methods: need!(self.config_methods, "Config Methods"),
            device: self.device()?,
            password_id: need!(self.password_id, "Device Password ID"),
            error: self.error()?,
            sealed: self.attributes.encrypted_settings,
            signature: self.signature()?,
        })
    }

    fn m2d(&self) -> Result<M2d, WpsError> {
        need!(self.auth_types, "Authentication Type Flags");
        need!(self.encr_types, "Encryption Type Flags");
        Ok(M2d {
            uuid: need!(self.uuid_r, "UUID-R"),
            nonces: self.nonces()?,
            methods: need!(self.config_methods, "Config Methods"),
            device: self.device()?,
            error: self.error()?,
        })
    }

    fn m3(&self) -> Result<Signed<'a, M3>, WpsError> {
        let hashes = [need!(self.e_hash1, "E-Hash1"), need!(self.e_hash2, "E-Hash2")];
        self.signed(self.registrar_nonce()?, M3 { hashes })
    }

    fn m4(&self) -> Result<Signed<'a, M4<'a>>, WpsError> {
        let hashes = [need!(self.r_hash1, "R-Hash1"), need!(self.r_hash2, "R-Hash2")];
        let sealed = need!(self.encrypted_settings, "Encrypted Settings");
        self.signed(self.enrollee_nonce()?, M4 { hashes, sealed })
    }

    fn sealed(&self, nonce: [u8; 16]) -> Result<Signed<'a, Sealed<'a>>, WpsError> {
        let sealed = need!(self.encrypted_settings, "Encrypted Settings");
        self.signed(nonce, Sealed { sealed, delay: self.attributes.extension.settings_delay })
    }

    fn signed<T>(&self, nonce: [u8; 16], content: T) -> Result<Signed<'a, T>, WpsError> {
        Ok(Signed { nonce, content, signature: self.signature()? })
    }

    /// The Authenticator, which is the last attribute (12).
    fn signature(&self) -> Result<Signature<'a>, WpsError> {
        let authenticator = need!(self.authenticator, "Authenticator");
        let at = self.attributes.authenticator_at.unwrap_or_default();
        match self.bytes.get(..at) {
            Some(signed) if at.checked_add(AUTHENTICATOR) == Some(self.bytes.len()) => {
                Ok(Signature { authenticator, signed })
            }
            _ => Err(WpsError::Protocol("attributes behind the Authenticator")),
        }
    }
}
