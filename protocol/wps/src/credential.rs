//! Credentials: what a network is and how to get into it (12, Credential), and which of them are taken.

use alloc::vec::Vec;

use crypto::Secret;
use wire::cursor::Overflow;
use wire::{MacAddr, Ssid};

use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::attributes::Attributes;
use crate::code::{AuthTypes, EncrTypes};
use crate::error::Forbidden;
use crate::extension::Extension;
use crate::quirks::{Quirk, Quirks};

/// One network, as it is said on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its name.
    pub ssid: Ssid,
    /// How it authenticates.
    pub auth: AuthTypes,
    /// How it encrypts.
    pub encr: EncrTypes,
    /// Passphrase, or the key as 64 hexadecimal digits; empty without encryption.
    pub key: Secret,
    /// Of the Enrollee for whom it is; of the access point in its settings.
    pub addr: MacAddr,
    /// Whether the key may be given to others.
    pub is_shareable: Option<bool>,
}

impl Credential {
    /// Reads the body of a Credential attribute, or the settings of an access point.
    ///
    /// # Errors
    /// If an attribute is missing or cannot be read.
    pub fn parse(body: &[u8], quirks: Quirks) -> Result<Credential, WpsError> {
        Self::of(&Attributes::parse(body, quirks)?, quirks)
    }

    /// Takes it out of the attributes of a message.
    ///
    /// # Errors
    /// If one is missing.
    pub fn of(attributes: &Attributes<'_>, quirks: Quirks) -> Result<Credential, WpsError> {
        let mut ssid = attributes.ssid.ok_or(WpsError::Missing("SSID"))?;
        while let ([rest @ .., 0], true) = (ssid, quirks.has(Quirk::PaddedSsid)) {
            ssid = rest;
        }
        let auth = attributes.auth_type.ok_or(WpsError::Missing("Authentication Type"))?;
        let mut key = attributes.network_key.unwrap_or_default();
        let has_passphrase = !auth.and(PERSONAL).is_empty() && (9..64).contains(&key.len());
        if let ([rest @ .., 0], true) = (key, has_passphrase && quirks.has(Quirk::TerminatedKey)) {
            key = rest;
        }
        Ok(Credential {
            ssid: Ssid::new(ssid).map_err(|_| WpsError::Protocol("an SSID that is too long"))?,
            auth,
            encr: attributes.encr_type.ok_or(WpsError::Missing("Encryption Type"))?,
            key: Secret::from(key),
            addr: attributes.mac_address.ok_or(WpsError::Missing("MAC Address"))?,
            is_shareable: attributes.extension.network_key_shareable,
        })
    }

    /// The body of a Credential attribute.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        // 12, Network Index: deprecated, always 1.
        builder.put_u8(id::NETWORK_INDEX, 1);
        self.write_fields(&mut builder);
        builder.put(id::MAC_ADDRESS, self.addr.octets());
        if let Some(shareable) = self.is_shareable {
            let extension = Extension { network_key_shareable: Some(shareable), ..Extension::default() };
            builder.put(id::VENDOR_EXTENSION, &extension.write()?);
        }
        builder.finish()
    }

    fn write_fields(&self, builder: &mut Builder) {
        builder
            .put(id::SSID, self.ssid.as_bytes())
            .put_u16(id::AUTH_TYPE, self.auth.0)
            .put_u16(id::ENCR_TYPE, self.encr.0)
            .put(id::NETWORK_KEY, self.key.as_bytes());
    }

    /// The settings of an access point, as attributes of M7 or M8 (8.3.7, 8.3.8).
    ///
    /// # Errors
    /// If they do not fit.
    pub fn write_settings(&self) -> Result<Vec<u8>, Overflow> {
        let mut builder = Builder::new();
        self.write_fields(&mut builder);
        builder.put(id::MAC_ADDRESS, self.addr.octets());
        builder.finish()
    }
}

const PERSONAL: AuthTypes = AuthTypes(AuthTypes::WPA_PSK.0 | AuthTypes::WPA2_PSK.0);
const CIPHERS: EncrTypes = EncrTypes(EncrTypes::TKIP.0 | EncrTypes::AES.0);

/// Which networks are taken, and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Networks with WPA or TKIP alone.
    pub allows_tkip_only: bool,
    /// Networks without encryption.
    pub allows_open: bool,
    /// What is put up with.
    pub quirks: Quirks,
}

impl Default for Policy {
    /// WSC 2.0 8.3 forbids WEP, and TKIP alone; networks without encryption are the user's choice.
    fn default() -> Self {
        Self { allows_tkip_only: false, allows_open: true, quirks: Quirks::default() }
    }
}

/// How a network is entered, of what is known to be possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Without encryption.
    Open,
    /// With a key.
    Personal {
        /// WPA2 is spoken.
        is_wpa2: bool,
        /// WPA is spoken.
        is_wpa: bool,
        /// CCMP is spoken.
        has_aes: bool,
        /// TKIP is spoken.
        has_tkip: bool,
        /// The key.
        key: NetworkKey,
    },
}

/// What opens a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkKey {
    /// 8 to 63 printable characters of ASCII (IEEE Std 802.11-2020 J.4.1), nothing else: what a configuration file can
    /// hold in quotes (advisory 2016-1).
    Passphrase(Secret),
    /// The key itself: 32 octets.
    Key(Secret),
}

impl NetworkKey {
    /// Reads the value of a Network Key attribute.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(octets: &[u8]) -> Result<NetworkKey, Forbidden> {
        match octets.len() {
            8..=63 if octets.iter().all(|octet| (b' '..=b'~').contains(octet)) => {
                Ok(NetworkKey::Passphrase(Secret::from(octets)))
            }
            64 => {
                let mut key = Vec::with_capacity(32);
                for pair in octets.chunks(2) {
                    let digits = core::str::from_utf8(pair).map_err(|_| Forbidden::Key)?;
                    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                        return Err(Forbidden::Key);
                    }
                    key.push(u8::from_str_radix(digits, 16).map_err(|_| Forbidden::Key)?);
                }
                Ok(NetworkKey::Key(Secret::from(key)))
            }
            _ => Err(Forbidden::Key),
        }
    }

    /// The value of a Network Key attribute.
    #[must_use]
    pub fn write(&self) -> Secret {
        match self {
            Self::Passphrase(text) => text.clone(),
            Self::Key(key) => {
                let digits =
                    |octet: &u8| [octet >> 4, octet & 15].map(|half| b"0123456789abcdef".get(usize::from(half)));
                Secret::from(key.as_bytes().iter().flat_map(digits).flatten().copied().collect::<Vec<u8>>())
            }
        }
    }
}

/// A network that was given and may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub ssid: Ssid,
    /// How it is entered.
    pub security: Security,
    /// Whether the key may be given to others.
    pub is_shareable: bool,
}

impl Policy {
    /// Judges a credential that was given to us.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn judge(&self, credential: &Credential) -> Result<Network, Forbidden> {
        let (auth, encr) = (credential.auth, credential.encr);
        if encr.has(EncrTypes::WEP) && encr.and(CIPHERS).is_empty() {
            return Err(Forbidden::Wep);
        }
        let is_several = auth.0.count_ones() > 1 || encr.0.count_ones() > 1;
        if is_several && !self.quirks.has(Quirk::SeveralTypes) && !is_mixed(auth, encr) {
            return Err(Forbidden::Unknown);
        }
        let personal = auth.and(PERSONAL);
        let security = if personal.is_empty() {
            if !auth.has(AuthTypes::OPEN) || !encr.has(EncrTypes::NONE) {
                return Err(Forbidden::Unknown);
            }
            if !self.allows_open {
                return Err(Forbidden::Open);
            }
            Security::Open
        } else {
            let ciphers = encr.and(CIPHERS);
            if ciphers.is_empty() {
                return Err(Forbidden::Unknown);
            }
            let (is_wpa2, has_aes) = (personal.has(AuthTypes::WPA2_PSK), ciphers.has(EncrTypes::AES));
            if !(self.allows_tkip_only || is_wpa2 && has_aes) {
                return Err(Forbidden::TkipOnly);
            }
            Security::Personal {
                is_wpa2,
                is_wpa: personal.has(AuthTypes::WPA_PSK),
                has_aes,
                has_tkip: ciphers.has(EncrTypes::TKIP),
                key: NetworkKey::parse(credential.key.as_bytes())?,
            }
        };
        // 12, Network Key Shareable: where nothing is said, it may not be given to others.
        Ok(Network { ssid: credential.ssid, security, is_shareable: credential.is_shareable.unwrap_or(false) })
    }

    /// Judges settings that an access point was given. What would be WPA or TKIP alone is made mixed, as WSC 2.0 8.3
    /// has it.
    ///
    /// # Errors
    /// Why they are not taken.
    pub fn judge_settings(&self, settings: &Credential) -> Result<Network, Forbidden> {
        let mut upgraded = settings.clone();
        if !upgraded.auth.and(PERSONAL).is_empty() {
            upgraded.auth = upgraded.auth.or(AuthTypes::WPA2_PSK);
            if upgraded.encr.has(EncrTypes::TKIP) {
                upgraded.encr = upgraded.encr.or(EncrTypes::AES);
            }
        }
        self.judge(&upgraded)
    }
}

/// WPA and WPA2 with both ciphers: the one combination that has a meaning (12, Authentication Type).
const fn is_mixed(auth: AuthTypes, encr: EncrTypes) -> bool {
    auth.0 & !PERSONAL.0 == 0 && encr.0 & !CIPHERS.0 == 0
}

impl Network {
    /// As it is said on the way, for this Enrollee.
    #[must_use]
    pub fn credential(&self, addr: MacAddr) -> Credential {
        let (auth, encr, key) = match &self.security {
            Security::Open => (AuthTypes::OPEN, EncrTypes::NONE, Secret::default()),
            Security::Personal { is_wpa2, is_wpa, has_aes, has_tkip, key } => {
                let auth = [(*is_wpa2, AuthTypes::WPA2_PSK), (*is_wpa, AuthTypes::WPA_PSK)];
                let encr = [(*has_aes, EncrTypes::AES), (*has_tkip, EncrTypes::TKIP)];
                (
                    auth.into_iter().filter(|(has, _)| *has).fold(AuthTypes(0), |all, (_, one)| all.or(one)),
                    encr.into_iter().filter(|(has, _)| *has).fold(EncrTypes(0), |all, (_, one)| all.or(one)),
                    key.write(),
                )
            }
        };
        Credential { ssid: self.ssid, auth, encr, key, addr, is_shareable: self.is_shareable.then_some(true) }
    }

    /// As it is said to an Enrollee that can do so much: one kind of authentication and one cipher, the best that both
    /// have (12, Credential).
    ///
    /// # Errors
    /// If the two have nothing in common.
    pub fn credential_for(
        &self,
        addr: MacAddr,
        auth: AuthTypes,
        encr: EncrTypes,
        quirks: Quirks,
    ) -> Result<Credential, Forbidden> {
        let mut credential = self.credential(addr);
        let mut auth = auth;
        let claims_enterprise = auth.has(AuthTypes::WPA2) && auth.has(AuthTypes::WPA_PSK);
        if claims_enterprise && quirks.has(Quirk::EnterpriseForPersonal) {
            auth = auth.or(AuthTypes::WPA2_PSK);
        }
        let lenient = quirks.has(Quirk::SenselessTypes);
        let common = |own: u16, other: u16| if own & other == 0 && lenient { own } else { own & other };
        let auth = AuthTypes(common(credential.auth.0, auth.0));
        let encr = EncrTypes(common(credential.encr.0, encr.0));
        let best_auth = [AuthTypes::WPA2_PSK, AuthTypes::WPA_PSK, AuthTypes::OPEN];
        let best_encr = [EncrTypes::AES, EncrTypes::TKIP, EncrTypes::NONE];
        credential.auth = best_auth.into_iter().find(|one| auth.has(*one)).ok_or(Forbidden::Unknown)?;
        credential.encr = best_encr.into_iter().find(|one| encr.has(*one)).ok_or(Forbidden::Unknown)?;
        Ok(credential)
    }
}
