//! How a parameter is declared: once, in a table, with everything that follows from it.

use crate::suites::{AuthAlg, Ciphers, KeyMgmt, Proto};

/// What a parameter's text must look like and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number in C's notation (`12`, `0x1f`).
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A decimal number, as hostapd.conf has them.
    Decimal {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// Hex digits of one number, with or without `0x`.
    HexNumber {
        /// Largest value.
        max: i64,
    },
    /// A number between 0 and 1.
    Fraction,
    /// `"text"`, `P"text"` or hex digits.
    Quoted {
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
    /// The rest of the line as it is.
    Text {
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
    /// `"text"` that is kept without its quotes and shown with them.
    QuotedText,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A passphrase in quotes, 64 hex digits, or `ext:NAME`.
    Psk,
    /// A string, `hash:` and 32 hex digits, or `ext:NAME`.
    Password,
    /// A passphrase of 8 to 63 characters without quotes.
    Passphrase,
    /// 64 hex digits.
    HexPsk,
    /// An address, or nothing, `""` or `any` for none.
    Bssid,
    /// An address.
    Mac,
    /// Addresses, each with an optional mask.
    MacList,
    /// Numbers between spaces; a 0 ends the list.
    IntList,
    /// Hex digits of bytes.
    Hex {
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
    /// Words of [`Proto`].
    Proto,
    /// Words of [`KeyMgmt`].
    KeyMgmt,
    /// Words of [`Ciphers`], of those given.
    Ciphers(Ciphers),
    /// Exactly one word of [`Ciphers`], of those given.
    Cipher(Ciphers),
    /// Words of [`AuthAlg`].
    AuthAlg,
    /// Names of EAP methods.
    Eap,
    /// Two letters (the original takes any two characters).
    Country,
    /// Two capital letters.
    CountryCode,
    /// A UUID in the usual notation.
    Uuid,
    /// `CATEGORY-OUI-SUBCATEGORY`.
    DeviceType,
    /// An IPv4 address.
    Ipv4,
    /// An IPv4 or IPv6 address.
    IpAddr,
    /// May be given several times; each text is kept.
    Lines,
    /// May be given several times; each text is kept and is a secret.
    SecretLines,
    /// hostapd's `sae_password` with its options; may be given several times.
    SaePassword,
    /// A WEP key; WEP is not supported, its parameters are.
    Wep,
    /// Understood and without any effect, in the original too.
    Ignored,
}

impl Kind {
    /// Whether any number is a value: then text that is none is read as the original does, as the number that it begins with
    /// or 0. Where there are limits, what is no number is an error.
    pub(crate) const fn takes_any_number(&self) -> bool {
        matches!(self, Kind::Decimal { min: i64::MIN..=-2_147_483_648, .. })
    }

    /// Whether `#` may be part of a value: then there is no comment behind it.
    pub(crate) const fn is_free(&self) -> bool {
        match self {
            Kind::Quoted { .. }
            | Kind::Text { .. }
            | Kind::QuotedText
            | Kind::Psk
            | Kind::Password
            | Kind::Passphrase
            | Kind::Lines
            | Kind::SecretLines
            | Kind::SaePassword
            | Kind::Wep
            | Kind::Ignored => true,
            Kind::Int { .. }
            | Kind::Decimal { .. }
            | Kind::HexNumber { .. }
            | Kind::Fraction
            | Kind::Word(_)
            | Kind::HexPsk
            | Kind::Bssid
            | Kind::Mac
            | Kind::MacList
            | Kind::IntList
            | Kind::Hex { .. }
            | Kind::Proto
            | Kind::KeyMgmt
            | Kind::Ciphers(_)
            | Kind::Cipher(_)
            | Kind::AuthAlg
            | Kind::Eap
            | Kind::Country
            | Kind::CountryCode
            | Kind::Uuid
            | Kind::DeviceType
            | Kind::Ipv4
            | Kind::IpAddr => false,
        }
    }
}

/// The value of a parameter that nothing has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// No value.
    Unset,
    /// A number.
    Int(i64),
    /// A set of words.
    Bits(u32),
}

/// Whether a parameter has an effect here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does what its manual says.
    Supported,
    /// It is checked and kept, but has no effect yet: setting it in a file gives a warning.
    Accepted,
    /// It has no effect by design (removed from the original, or about WEP): setting it in a file gives a warning.
    Obsolete,
}

/// Everything about a parameter but its name and its line of documentation.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What its text looks like.
    pub kind: Kind,
    /// Its value when unset.
    pub preset: Preset,
    /// Whether its value must never be shown or logged.
    pub secret: bool,
    /// Whether it has an effect.
    pub status: Status,
    /// Whether SAVE_CONFIG writes it.
    pub saved: bool,
    /// The parameter whose value it really sets, if it is another spelling.
    pub into: Option<&'static str>,
    /// Whether naming its preset means more than leaving it unset.
    pub explicit: bool,
}

impl Shape {
    const fn new(kind: Kind, preset: Preset) -> Shape {
        Shape { kind, preset, secret: false, status: Status::Accepted, saved: true, into: None, explicit: false }
    }
    /// The daemons act on it.
    pub(crate) const fn live(mut self) -> Shape {
        self.status = Status::Supported;
        self
    }
    /// It has no effect by design.
    pub(crate) const fn obsolete(mut self) -> Shape {
        self.status = Status::Obsolete;
        self
    }
    /// Clients are shown this number where it is unset.
    pub(crate) const fn preset(mut self, number: i64) -> Shape {
        self.preset = Preset::Int(number);
        self
    }
    /// Its value is a secret.
    pub(crate) const fn secret(mut self) -> Shape {
        self.secret = true;
        self
    }
    /// SAVE_CONFIG leaves it out.
    pub(crate) const fn unsaved(mut self) -> Shape {
        self.saved = false;
        self
    }
    /// Its preset, where somebody names it, means more than unset: it is kept and saved.
    pub(crate) const fn explicit(mut self) -> Shape {
        self.explicit = true;
        self
    }
    /// Another spelling of `name`.
    pub(crate) const fn into(mut self, name: &'static str) -> Shape {
        self.into = Some(name);
        self
    }
}

/// A number in C's notation, in a range.
pub(crate) const fn int(min: i64, max: i64, preset: i64) -> Shape {
    Shape::new(Kind::Int { min, max }, Preset::Int(preset))
}
/// Any number a C int holds.
pub(crate) const fn any(preset: i64) -> Shape {
    int(-2_147_483_648, 4_294_967_295, preset)
}
/// 0 or 1.
pub(crate) const fn flag(preset: i64) -> Shape {
    int(0, 1, preset)
}
/// A decimal number in a range.
pub(crate) const fn dec(min: i64, max: i64, preset: i64) -> Shape {
    Shape::new(Kind::Decimal { min, max }, Preset::Int(preset))
}
/// Any decimal number a C int holds.
pub(crate) const fn num(preset: i64) -> Shape {
    dec(-2_147_483_648, 4_294_967_295, preset)
}
/// `"text"`, `P"text"` or hex.
pub(crate) const fn string() -> Shape {
    quoted(0, 65_535)
}
/// `"text"`, `P"text"` or hex, of a length.
pub(crate) const fn quoted(min: usize, max: usize) -> Shape {
    Shape::new(Kind::Quoted { min, max }, Preset::Unset)
}
/// The rest of the line.
pub(crate) const fn text() -> Shape {
    text_of(0, 65_535)
}
/// The rest of the line, of a length.
pub(crate) const fn text_of(min: usize, max: usize) -> Shape {
    Shape::new(Kind::Text { min, max }, Preset::Unset)
}
/// Hex digits.
pub(crate) const fn hex_of(min: usize, max: usize) -> Shape {
    Shape::new(Kind::Hex { min, max }, Preset::Unset)
}
/// Any kind, unset at first.
pub(crate) const fn of(kind: Kind) -> Shape {
    Shape::new(kind, Preset::Unset)
}
/// Words of [`Proto`].
pub(crate) const fn proto(preset: Proto) -> Shape {
    Shape::new(Kind::Proto, Preset::Bits(preset.bits()))
}
/// Words of [`KeyMgmt`].
pub(crate) const fn key_mgmt(preset: KeyMgmt) -> Shape {
    Shape::new(Kind::KeyMgmt, Preset::Bits(preset.bits()))
}
/// Words of [`Ciphers`].
pub(crate) const fn ciphers(allowed: Ciphers, preset: Ciphers) -> Shape {
    Shape::new(Kind::Ciphers(allowed), Preset::Bits(preset.bits()))
}
/// One word of [`Ciphers`].
pub(crate) const fn cipher(allowed: Ciphers, preset: Ciphers) -> Shape {
    Shape::new(Kind::Cipher(allowed), Preset::Bits(preset.bits()))
}
/// Words of [`AuthAlg`].
pub(crate) const fn auth_alg() -> Shape {
    Shape::new(Kind::AuthAlg, Preset::Bits(AuthAlg::NONE_SET.bits()))
}

/// A parameter of one of the languages.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in the file.
    pub name: &'static str,
    /// What it takes and does.
    pub shape: Shape,
    /// What it is for, in a line.
    pub doc: &'static str,
}

/// Declares a table of parameters and an enum with one variant for each, named as in the file.
macro_rules! parameters {
    ($(#[$meta:meta])* $key:ident in $table:ident; $( $name:ident : $shape:expr , $doc:literal ; )*) => {
        $(#[$meta])*
        #[allow(non_camel_case_types, reason = "the names are those of the configuration file")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum $key { $( #[doc = $doc] $name, )* }

        /// The parameters, in the order in which they are saved.
        pub static $table: &[$crate::param::Param] = &[
            $( $crate::param::Param { name: stringify!($name), shape: $shape, doc: $doc }, )*
        ];

        impl From<$key> for usize {
            fn from(key: $key) -> usize { usize::from(key as u16) }
        }
    };
}
pub(crate) use parameters;
