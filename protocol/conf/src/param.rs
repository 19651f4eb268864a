//! How a parameter is declared: once, in a table, with everything that follows from it.

use crate::stored::{
    Bytes, Elements, Groups, Letters, Lines, MacList, Nothing, Numbers, Psk, SaePasswords, SecretLines, Text,
};
use crate::suites::{AuthAlg, Ciphers, KeyMgmt, Proto};
use core::marker::PhantomData;
use crypto::Secret;
use wire::MacAddr;

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
    /// It acts in builds for tests alone; elsewhere setting it gives a warning.
    Testing,
    /// It has no effect by design (removed from the original, or about WEP): setting it in a file gives a warning.
    Obsolete,
}

/// What a change of a parameter does while the daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: nothing acts on it.
    Nothing,
    /// Whatever needs it next uses it.
    Next,
    /// The next association uses it, and keys that were made or cached before are forgotten.
    Keys,
    /// The same, and a network that is left alone for a while since it failed may be tried again.
    Secrets,
    /// The kernel is asked for that country at once.
    Country,
    /// A running BSS uses it at once.
    AtOnce,
    /// The list of addresses that it names is read, and a running BSS uses it at once.
    List,
    /// The control sockets are opened where it says.
    Sockets,
    /// A BSS uses it from RELOAD or ENABLE on.
    Reload,
    /// The daemon uses it when it starts.
    Start,
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
    /// Whether it names a file that the daemon reads.
    pub file: bool,
    /// What a change does.
    pub effect: Effect,
}

/// What is said of a parameter that does nothing, behind its name.
pub(crate) const NO_EFFECT_YET: &str = "is not supported yet and has no effect";

/// A shape whose value is read as a `T`, one of the types of [`crate::stored`]: there is no reading it as another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Typed<T> {
    pub(crate) shape: Shape,
    /// What a change does, where it is not what the table says of most.
    effect: Option<Effect>,
    read_as: PhantomData<fn() -> T>,
}

const fn typed<T>(kind: Kind, preset: Preset) -> Typed<T> {
    let shape = Shape {
        kind,
        preset,
        secret: false,
        status: Status::Accepted,
        saved: true,
        into: None,
        explicit: false,
        file: false,
        effect: Effect::Nothing,
    };
    Typed { shape, effect: None, read_as: PhantomData }
}

impl<T> Typed<T> {
    const fn read_as<U>(self) -> Typed<U> {
        Typed { shape: self.shape, effect: self.effect, read_as: PhantomData }
    }
    const fn hidden(mut self) -> Typed<T> {
        self.shape.secret = true;
        self
    }
    /// What it does is done when it is set: there is nothing to read later.
    pub(crate) const fn done_when_set(mut self) -> Typed<T> {
        self.shape.status = Status::Supported;
        self
    }
    /// It acts in builds for tests alone.
    pub(crate) const fn testing(mut self) -> Typed<T> {
        self.shape.status = Status::Testing;
        self
    }
    /// It names a file that the daemon reads.
    pub(crate) const fn file(mut self) -> Typed<T> {
        self.shape.file = true;
        self
    }
    /// What a change does, where it is not what the table says of most.
    pub(crate) const fn on_change(mut self, effect: Effect) -> Typed<T> {
        self.effect = Some(effect);
        self
    }
    /// It has no effect by design.
    pub(crate) const fn obsolete(mut self) -> Typed<T> {
        self.shape.status = Status::Obsolete;
        self
    }
    /// Clients are shown this number where it is unset.
    pub(crate) const fn preset(mut self, number: i64) -> Typed<T> {
        self.shape.preset = Preset::Int(number);
        self
    }
    /// SAVE_CONFIG leaves it out.
    pub(crate) const fn unsaved(mut self) -> Typed<T> {
        self.shape.saved = false;
        self
    }
    /// Its preset, where somebody names it, means more than unset: it is kept and saved.
    pub(crate) const fn explicit(mut self) -> Typed<T> {
        self.shape.explicit = true;
        self
    }
    /// Another spelling of `name`, which it acts through.
    pub(crate) const fn into(mut self, name: &'static str) -> Typed<T> {
        self.shape.into = Some(name);
        self
    }
    /// The same as a row of a table: with an accessor it acts. `effect`: what a change of most does.
    pub(crate) const fn row(self, has_accessor: bool, effect: Effect) -> Shape {
        let mut shape = self.shape;
        if has_accessor && matches!(shape.status, Status::Accepted) {
            shape.status = Status::Supported;
        }
        shape.effect = match (shape.status, self.effect) {
            (Status::Accepted | Status::Obsolete, _) => Effect::Nothing,
            (Status::Supported | Status::Testing, None) => effect,
            (Status::Supported | Status::Testing, Some(own)) => own,
        };
        shape
    }
}

impl Typed<i64> {
    /// Read as whether it is not 0.
    pub(crate) const fn flag(self) -> Typed<bool> {
        self.read_as()
    }
    /// Read as a count: what does not fit is the nearest that does.
    pub(crate) const fn count(self) -> Typed<u32> {
        self.read_as()
    }
    /// As [`Typed::count`], of 16 bits.
    pub(crate) const fn short(self) -> Typed<u16> {
        self.read_as()
    }
    /// As [`Typed::count`], of 8 bits.
    pub(crate) const fn octet(self) -> Typed<u8> {
        self.read_as()
    }
}

impl Typed<Bytes> {
    /// Read as text; what is not UTF-8 is unset.
    pub(crate) const fn utf8(self) -> Typed<Text> {
        self.read_as()
    }
    /// Its value is a secret.
    pub(crate) const fn secret(self) -> Typed<Secret> {
        self.hidden().read_as()
    }
}

impl Typed<Nothing> {
    /// Its value is a secret.
    pub(crate) const fn secret(self) -> Typed<Nothing> {
        self.hidden()
    }
}

impl Typed<MacAddr> {
    /// Its value is not for every eye.
    pub(crate) const fn secret(self) -> Typed<MacAddr> {
        self.hidden()
    }
}

/// A number in C's notation, in a range.
pub(crate) const fn int(min: i64, max: i64, preset: i64) -> Typed<i64> {
    typed(Kind::Int { min, max }, Preset::Int(preset))
}
/// Any number a C int holds.
pub(crate) const fn any(preset: i64) -> Typed<i64> {
    int(-2_147_483_648, 4_294_967_295, preset)
}
/// 0 or 1.
pub(crate) const fn flag(preset: i64) -> Typed<bool> {
    int(0, 1, preset).flag()
}
/// A decimal number in a range.
pub(crate) const fn dec(min: i64, max: i64, preset: i64) -> Typed<i64> {
    typed(Kind::Decimal { min, max }, Preset::Int(preset))
}
/// Any decimal number a C int holds.
pub(crate) const fn num(preset: i64) -> Typed<i64> {
    dec(-2_147_483_648, 4_294_967_295, preset)
}
/// Hex digits of a number.
pub(crate) const fn hex_number(max: i64) -> Typed<i64> {
    typed(Kind::HexNumber { max }, Preset::Unset)
}
/// `"text"`, `P"text"` or hex.
pub(crate) const fn string() -> Typed<Bytes> {
    quoted(0, 65_535)
}
/// `"text"`, `P"text"` or hex, of a length.
pub(crate) const fn quoted(min: usize, max: usize) -> Typed<Bytes> {
    typed(Kind::Quoted { min, max }, Preset::Unset)
}
/// The rest of the line.
pub(crate) const fn text() -> Typed<Bytes> {
    text_of(0, 65_535)
}
/// The rest of the line, of a length.
pub(crate) const fn text_of(min: usize, max: usize) -> Typed<Bytes> {
    typed(Kind::Text { min, max }, Preset::Unset)
}
/// One of a few words.
pub(crate) const fn word(words: &'static [&'static str]) -> Typed<Text> {
    typed(Kind::Word(words), Preset::Unset)
}
/// Hex digits.
pub(crate) const fn hex_of(min: usize, max: usize) -> Typed<Bytes> {
    typed(Kind::Hex { min, max }, Preset::Unset)
}
/// Hex digits of elements to add to frames.
pub(crate) const fn elements(max: usize) -> Typed<Elements> {
    hex_of(0, max).read_as()
}
/// A passphrase, a key or the name of either.
pub(crate) const fn psk() -> Typed<Psk> {
    typed(Kind::Psk, Preset::Unset).hidden()
}
/// A passphrase without quotes.
pub(crate) const fn passphrase() -> Typed<Secret> {
    typed(Kind::Passphrase, Preset::Unset).hidden()
}
/// A key of 32 octets.
pub(crate) const fn hex_psk() -> Typed<Secret> {
    typed(Kind::HexPsk, Preset::Unset).hidden()
}
/// An address, or `any` for none.
pub(crate) const fn bssid() -> Typed<MacAddr> {
    typed(Kind::Bssid, Preset::Unset)
}
/// An address.
pub(crate) const fn mac() -> Typed<MacAddr> {
    typed(Kind::Mac, Preset::Unset)
}
/// Addresses with masks.
pub(crate) const fn mac_list() -> Typed<MacList> {
    typed(Kind::MacList, Preset::Unset)
}
/// Numbers that are none below 0: frequencies, rates.
pub(crate) const fn numbers() -> Typed<Numbers> {
    typed(Kind::IntList, Preset::Unset)
}
/// Numbers of finite cyclic groups (IANA's registry of IKE).
pub(crate) const fn groups() -> Typed<Groups> {
    typed(Kind::IntList, Preset::Unset)
}
/// Texts that are given one by one.
pub(crate) const fn lines() -> Typed<Lines> {
    typed(Kind::Lines, Preset::Unset)
}
/// Secret texts that are given one by one.
pub(crate) const fn secret_lines() -> Typed<SecretLines> {
    typed(Kind::SecretLines, Preset::Unset).hidden()
}
/// hostapd's passwords of SAE.
pub(crate) const fn sae_passwords() -> Typed<SaePasswords> {
    typed(Kind::SaePassword, Preset::Unset).hidden()
}
/// Two letters of a country.
pub(crate) const fn country(kind: Kind) -> Typed<Letters> {
    typed(kind, Preset::Unset)
}
/// Any kind, unset at first; nothing reads it.
pub(crate) const fn of(kind: Kind) -> Typed<Nothing> {
    typed(kind, Preset::Unset)
}
/// Words of [`Proto`].
pub(crate) const fn proto(preset: Proto) -> Typed<Proto> {
    typed(Kind::Proto, Preset::Bits(preset.bits()))
}
/// Words of [`KeyMgmt`].
pub(crate) const fn key_mgmt(preset: KeyMgmt) -> Typed<KeyMgmt> {
    typed(Kind::KeyMgmt, Preset::Bits(preset.bits()))
}
/// Words of [`Ciphers`].
pub(crate) const fn ciphers(allowed: Ciphers, preset: Ciphers) -> Typed<Ciphers> {
    typed(Kind::Ciphers(allowed), Preset::Bits(preset.bits()))
}
/// One word of [`Ciphers`].
pub(crate) const fn cipher(allowed: Ciphers, preset: Ciphers) -> Typed<Ciphers> {
    typed(Kind::Cipher(allowed), Preset::Bits(preset.bits()))
}
/// Words of [`AuthAlg`].
pub(crate) const fn auth_alg() -> Typed<AuthAlg> {
    typed(Kind::AuthAlg, Preset::Bits(AuthAlg::NONE_SET.bits()))
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

impl Param {
    /// Whether a parameter of a table has an effect: another spelling has that of the one that it sets.
    #[must_use]
    pub fn status(&self, table: &[Param]) -> Status {
        self.home(table).shape.status
    }

    /// What a change of a parameter of a table does.
    #[must_use]
    pub fn effect(&self, table: &[Param]) -> Effect {
        self.home(table).shape.effect
    }

    fn home<'a>(&'a self, table: &'a [Param]) -> &'a Param {
        let home = self.shape.into.and_then(|name| table.iter().find(|param| param.name == name));
        home.unwrap_or(self)
    }
}

/// What a change of a parameter of a table does; nothing if it has no parameter of that name.
pub(crate) fn effect_of(table: &[Param], name: &[u8]) -> Effect {
    table.iter().find(|param| param.name.as_bytes() == name).map_or(Effect::Nothing, |param| param.effect(table))
}

/// Declares a table of parameters, one row each:
///
/// `name: shape, "What it is for.";` is read by nobody: whoever sets it is warned, and there is nothing to read it by.\
/// `name: shape => Type, "…";` acts. The owner of the values has an accessor `name()` that gives a `Type`.\
/// `name: shape => (Type), "…";` acts too, but what it means depends on others: methods of the owner that are written by hand
/// read it by its key.\
/// `name: shape => [Type], "…";` does not act, but whether the configuration can be used as a whole depends on it: it has a key.
///
/// The effect behind the table's name is what a change of most does; rows say `.on_change(…)` where they differ.
/// The type is that of the shape, or the row does not compile. The keys are constants of `$key`.
macro_rules! parameters {
    ($(#[$meta:meta])* $owner:ident, $key:ident in $table:ident, $effect:ident; $( $name:ident : $shape:expr $(=> $read:tt)? , $doc:literal ; )*) => {
        $(#[$meta])*
        #[allow(dead_code, reason = "a table of which nothing is read has no keys")]
        pub(crate) struct $key;

        /// The parameters, in the order in which they are saved.
        pub static $table: &[$crate::param::Param] = &[
            $( $crate::param::Param {
                name: stringify!($name),
                shape: $crate::param::parameters!(@shape $effect $shape $(, $read)?),
                doc: $doc,
            }, )*
        ];

        const _: () = {
            #[allow(non_camel_case_types, reason = "the names are those of the configuration file")]
            #[allow(dead_code, reason = "places in the table, named or not")]
            #[repr(u16)]
            enum Place { $( $name, )* }

            #[allow(non_upper_case_globals, reason = "the names are those of the configuration file")]
            impl $key {
                $( $($crate::param::parameters!(@key $name $read);)? )*
            }

            impl $owner {
                $( $($crate::param::parameters!(@accessor $key $name $doc $read);)? )*
            }
        };
    };
    (@shape $effect:ident $shape:expr) => { $shape.row(false, $crate::param::Effect::$effect) };
    (@shape $effect:ident $shape:expr, ($type:ty)) => { { const TYPED: $crate::param::Typed<$type> = $shape; TYPED.row(true, $crate::param::Effect::$effect) } };
    (@shape $effect:ident $shape:expr, [$type:ty]) => { { const TYPED: $crate::param::Typed<$type> = $shape; TYPED.row(false, $crate::param::Effect::$effect) } };
    (@shape $effect:ident $shape:expr, $type:ty) => { { const TYPED: $crate::param::Typed<$type> = $shape; TYPED.row(true, $crate::param::Effect::$effect) } };
    (@key $name:ident ($type:ty)) => { $crate::param::parameters!(@key $name $type); };
    (@key $name:ident [$type:ty]) => { $crate::param::parameters!(@key $name $type); };
    (@key $name:ident $type:ty) => {
        pub(crate) const $name: $crate::stored::Key<$type> = $crate::stored::Key::new(Place::$name as u16);
    };
    (@accessor $key:ident $name:ident $doc:literal ($type:ty)) => {};
    (@accessor $key:ident $name:ident $doc:literal [$type:ty]) => {};
    (@accessor $key:ident $name:ident $doc:literal $type:ty) => {
        #[doc = $doc]
        #[must_use]
        pub fn $name(&self) -> <$type as $crate::stored::Stored>::Out<'_> {
            self.values.read($key::$name)
        }
    };
}
pub(crate) use parameters;
