//! What deployed devices do that the specification does not allow, in one table.
//!
//! Nothing else in this crate knows a vendor: code asks whether a [`Quirk`] is put up with.

/// A deviation that can be put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Quirk {
    /// A public key without its leading zeros.
    ShortPublicKey,
    /// An octet too many behind a network key.
    OctetAfterKey,
    /// Zeros behind the last attribute.
    PaddedMessage,
    /// An SSID filled up to 32 octets with zeros.
    PaddedSsid,
    /// A passphrase with a zero at its end.
    TerminatedKey,
    /// Texts that are empty, too long, or end with a zero, of a device that says version 2.
    LooseTexts,
    /// Flags of types that have nothing in common with anything.
    SenselessTypes,
    /// WPA2 with a server in place of WPA2 with a key.
    EnterpriseForPersonal,
    /// Several types of authentication or encryption in one credential.
    SeveralTypes,
    /// A credential for another MAC address.
    ForeignAddress,
    /// An access point that answers the push button with the identifier of a PIN.
    PinForButton,
    /// The identifiers of a PIN of either side for each other.
    PinForPin,
    /// A selected registrar without its methods.
    NoSelectedMethods,
    /// A station that cannot make a key of a passphrase.
    NeedsKey,
    /// Push button among an access point's own methods, so that it is recognised at all.
    ButtonInM1,
    /// A push button that goes on asking when all is done.
    ButtonEcho,
    /// An answer to M2D whose Registrar Nonce is zero.
    NoNonceAfterM2d,
    /// Attributes of the same name with different values: the last one counts.
    RepeatedAttributes,
}

/// A row: what it is, who does it, and what is done about it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which one.
    pub quirk: Quirk,
    /// Put up with it unless told otherwise.
    pub by_default: bool,
    /// The version of those who do it.
    pub version: &'static str,
    /// Who was seen doing it, as far as it is known.
    pub seen: &'static str,
    /// What is done about it.
    pub remedy: &'static str,
}

const fn row(quirk: Quirk, by_default: bool, version: &'static str, seen: &'static str, remedy: &'static str) -> Row {
    Row { quirk, by_default, version, seen, remedy }
}

/// Every quirk. To add one is a variant and a row.
pub const TABLE: &[Row] = &[
    row(Quirk::ShortPublicKey, true, "1.0", "several", "a public key of 190 or 191 octets is filled up in front"),
    row(Quirk::OctetAfterKey, true, "1.0", "access points that give an open network", "the octet is passed over"),
    row(Quirk::PaddedMessage, true, "1.0", "Mac OS X 10.6 (M1)", "zeros to the end are passed over"),
    row(Quirk::PaddedSsid, true, "1.0", "registrars", "zeros at the end are cut off"),
    row(Quirk::TerminatedKey, true, "1.0", "registrars", "one zero at the end of a passphrase is cut off"),
    row(Quirk::LooseTexts, true, "1.0, some 2.0", "several", "cut to length, without the zero"),
    row(Quirk::SenselessTypes, true, "1.0", "Linksys WRT350N (octets swapped)", "everything of ours is assumed"),
    row(Quirk::EnterpriseForPersonal, true, "1.0", "stations that say 0x1b", "WPA2-Personal is assumed too"),
    row(Quirk::SeveralTypes, true, "1.0", "registrars", "the best of them is taken"),
    row(Quirk::ForeignAddress, true, "1.0 and 2.0", "many: the text was unclear", "the address is not looked at"),
    row(Quirk::PinForButton, true, "1.0", "access points", "the push button's password is used all the same"),
    row(Quirk::PinForPin, true, "2.0", "Wi-Fi Direct devices", "identifiers 0 and 5 are one"),
    row(Quirk::NoSelectedMethods, true, "1.0 and 2.0", "access points", "the password's identifier alone decides"),
    row(
        Quirk::NeedsKey,
        true,
        "1.0",
        "Mac OS X 10.6 (Apple AirPort)",
        "the key as 64 digits in place of the passphrase",
    ),
    row(Quirk::ButtonInM1, false, "1.0", "Windows 7", "push button stays among the methods of an access point's M1"),
    row(Quirk::ButtonEcho, true, "1.0", "Windows 7", "five seconds long its push button is not a new one"),
    row(Quirk::NoNonceAfterM2d, true, "2.0", "wpa_supplicant 2.10", "the Enrollee Nonce alone is looked at"),
    row(Quirk::RepeatedAttributes, false, "1.0", "nobody known", "the last one counts"),
];

/// Which quirks are put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks(u32);

impl Quirks {
    /// None: the letter of the specification.
    pub const STRICT: Quirks = Quirks(0);

    /// This one.
    #[must_use]
    pub const fn has(self, quirk: Quirk) -> bool {
        self.0 & Self::bit(quirk) != 0
    }

    /// This one too.
    #[must_use]
    pub const fn with(self, quirk: Quirk) -> Quirks {
        Quirks(self.0 | Self::bit(quirk))
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, quirk: Quirk) -> Quirks {
        Quirks(self.0 & !Self::bit(quirk))
    }

    const fn bit(quirk: Quirk) -> u32 {
        1 << quirk as u8
    }
}

impl Default for Quirks {
    /// What is met often enough.
    fn default() -> Self {
        TABLE.iter().filter(|row| row.by_default).fold(Self::STRICT, |quirks, row| quirks.with(row.quirk))
    }
}
