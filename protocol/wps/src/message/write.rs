//! Putting messages together.

use alloc::vec::Vec;

use crypto::Rng;
use wire::MacAddr;
use wire::cursor::Overflow;

use super::read::Nonces;
use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::code::{
    AssociationState, AuthTypes, ConfigError, ConfigMethods, ConnectionTypes, EncrTypes, MessageType, PasswordId,
    RfBands, SetupState,
};
use crate::device::{Device, Uuid};
use crate::element::VERSION_1;
use crate::extension::{Extension, MultiAp};
use crate::keys::{Keys, PublicKey};
use crate::sealed;

/// What a device says of itself in M1, M2 and M2D.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its name.
    pub uuid: Uuid,
    /// The address of the interface.
    pub addr: MacAddr,
    /// Who made it.
    pub device: Device,
    /// How its networks can authenticate.
    pub auth: AuthTypes,
    /// How its networks can encrypt.
    pub encr: EncrTypes,
    /// By which means it can be configured, or configure others.
    pub methods: ConfigMethods,
    /// Where it can be.
    pub rf_bands: RfBands,
    /// Whether it has a configuration; a station never has (8.3.1).
    pub state: SetupState,
    /// How its connection stands.
    pub association: AssociationState,
    /// Part in a Multi-AP network.
    pub multi_ap: Option<MultiAp>,
    /// The device wants to be enrolled as soon as it is found.
    pub request_to_enroll: bool,
}

/// A message that is being put together.
#[derive(Clone, Debug)]
pub struct Writing {
    builder: Builder,
    extension: Extension,
}

impl Writing {
    fn start(kind: MessageType) -> Writing {
        let mut builder = Builder::new();
        builder.put_u8(id::VERSION, VERSION_1).put_u8(id::MESSAGE_TYPE, kind.0);
        Writing { builder, extension: Extension::version_2() }
    }

    /// A message that names both nonces: WSC_ACK, WSC_Done (8.3.9, 8.3.11).
    #[must_use]
    pub fn with_both(kind: MessageType, nonces: &Nonces) -> Writing {
        let mut writing = Self::start(kind);
        writing.builder.put(id::ENROLLEE_NONCE, &nonces.enrollee).put(id::REGISTRAR_NONCE, &nonces.registrar);
        writing
    }

    /// WSC_NACK (8.3.10).
    #[must_use]
    pub fn nack(nonces: &Nonces, error: ConfigError) -> Writing {
        let mut writing = Self::with_both(MessageType::NACK, nonces);
        writing.builder.put_u16(id::CONFIG_ERROR, error.0);
        writing
    }

    /// A message to the Enrollee or the Registrar, which names the nonce of its receiver.
    #[must_use]
    pub fn to(kind: MessageType, nonces: &Nonces) -> Writing {
        let mut writing = Self::start(kind);
        match kind {
            MessageType::M3 | MessageType::M5 | MessageType::M7 => {
                writing.builder.put(id::REGISTRAR_NONCE, &nonces.registrar);
            }
            _ => {
                writing.builder.put(id::ENROLLEE_NONCE, &nonces.enrollee);
            }
        }
        writing
    }

    /// M1 (8.3.1).
    #[must_use]
    pub fn m1(own: &Own, nonce: &[u8; 16], public: &PublicKey, password: PasswordId) -> Writing {
        let mut writing = Self::start(MessageType::M1);
        writing
            .builder
            .put(id::UUID_E, &own.uuid.0)
            .put(id::MAC_ADDRESS, own.addr.octets())
            .put(id::ENROLLEE_NONCE, nonce)
            .put(id::PUBLIC_KEY, public.as_bytes());
        writing.types(own);
        writing.builder.put_u8(id::SETUP_STATE, own.state.0);
        writing.device(own);
        writing
            .builder
            .put_u16(id::PASSWORD_ID, password.0)
            .put_u16(id::CONFIG_ERROR, ConfigError::NONE.0)
            .put(id::OS_VERSION, &own.device.os_version.to_be_bytes());
        writing.extension.request_to_enroll = own.request_to_enroll.then_some(true);
        writing.extension.multi_ap = own.multi_ap;
        writing
    }

    /// M2, with a public key and the password that is meant, or M2D (8.3.2).
    #[must_use]
    pub fn m2(own: &Own, nonces: &Nonces, public: Option<(&PublicKey, PasswordId)>, error: ConfigError) -> Writing {
        let kind = if public.is_some() { MessageType::M2 } else { MessageType::M2D };
        let mut writing = Self::with_both(kind, nonces);
        writing.builder.put(id::UUID_R, &own.uuid.0);
        if let Some((key, _)) = public {
            writing.builder.put(id::PUBLIC_KEY, key.as_bytes());
        }
        writing.types(own);
        writing.device(own);
        writing.builder.put_u16(id::CONFIG_ERROR, error.0);
        if let Some((_, password)) = public {
            writing.builder.put_u16(id::PASSWORD_ID, password.0);
        }
        writing.builder.put(id::OS_VERSION, &own.device.os_version.to_be_bytes());
        writing
    }

    fn types(&mut self, own: &Own) {
        self.builder
            .put_u16(id::AUTH_TYPE_FLAGS, own.auth.0)
            .put_u16(id::ENCR_TYPE_FLAGS, own.encr.0)
            .put_u8(id::CONNECTION_TYPE_FLAGS, ConnectionTypes::ESS.0)
            .put_u16(id::CONFIG_METHODS, own.methods.0);
    }

    fn device(&mut self, own: &Own) {
        own.device.write(&mut self.builder);
        self.builder.put_u8(id::RF_BANDS, own.rf_bands.0).put_u16(id::ASSOCIATION_STATE, own.association.0);
    }

    /// Appends an attribute.
    #[must_use]
    pub fn put(mut self, id: u16, body: &[u8]) -> Writing {
        self.builder.put(id, body);
        self
    }

    /// Appends settings under encryption.
    ///
    /// # Errors
    /// If they do not fit.
    pub fn seal(mut self, keys: &Keys, attributes: &[u8], rng: &mut dyn Rng) -> Result<Writing, WpsError> {
        self.builder.put(id::ENCRYPTED_SETTINGS, &sealed::seal(keys, attributes, rng)?);
        Ok(self)
    }

    /// Says how long new settings take.
    #[must_use]
    pub const fn delay(mut self, seconds: Option<u8>) -> Writing {
        self.extension.settings_delay = seconds;
        self
    }

    fn extend(mut self) -> Result<Builder, Overflow> {
        let extension = self.extension.write()?;
        self.builder.put(id::VENDOR_EXTENSION, &extension);
        Ok(self.builder)
    }

    /// The message, without an Authenticator.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn finish(self) -> Result<Vec<u8>, WpsError> {
        Ok(self.extend()?.finish()?)
    }

    /// The message with its Authenticator (7.4); `before` is the message that it answers.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn sign(self, keys: &Keys, before: &[u8]) -> Result<Vec<u8>, WpsError> {
        let signed = self.extend()?.finish()?;
        let mut builder = Builder::new();
        builder.put_raw(&signed).put(id::AUTHENTICATOR, &keys.authenticator(before, &signed));
        Ok(builder.finish()?)
    }
}
