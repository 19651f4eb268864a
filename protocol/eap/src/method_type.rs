//! Method types (RFC 3748 5, IANA "Method Types").

use core::fmt;

/// The type of a Request or Response: an IETF type (vendor 0), or a vendor's (RFC 3748 5.7). Open: unknown values
/// survive and print.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodType {
    /// SMI network management private enterprise code of the vendor, 24 bits; 0 for the IETF.
    pub vendor: u32,
    /// The type itself; more than 255 only for a vendor other than the IETF or within an expanded type.
    pub number: u32,
}

/// The octet that says that an expanded type follows.
pub(crate) const EXPANDED: u8 = 254;
/// The first number that stands for a method of authentication.
const FIRST_METHOD: u32 = 4;

macro_rules! types {
    ($($konst:ident = $vendor:literal $number:literal $name:literal,)*) => {
        impl MethodType {
            $(#[doc = concat!("EAP-", $name, ".")] pub const $konst: MethodType = MethodType { vendor: $vendor, number: $number };)*

            /// The name that configuration files and control sockets use, for types that have one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match (self.vendor, self.number) {
                    $(($vendor, $number) => Some($name),)*
                    _ => None,
                }
            }

            /// The type of this name, in either case of letters.
            #[must_use]
            pub fn from_name(name: &str) -> Option<MethodType> {
                $(if name.eq_ignore_ascii_case($name) {
                    return Some(Self::$konst);
                })*
                None
            }
        }
    };
}

types! {
    IDENTITY = 0 1 "IDENTITY",
    NOTIFICATION = 0 2 "NOTIFICATION",
    NAK = 0 3 "NAK",
    MD5 = 0 4 "MD5",
    OTP = 0 5 "OTP",
    GTC = 0 6 "GTC",
    TLS = 0 13 "TLS",
    LEAP = 0 17 "LEAP",
    SIM = 0 18 "SIM",
    TTLS = 0 21 "TTLS",
    AKA = 0 23 "AKA",
    PEAP = 0 25 "PEAP",
    MSCHAPV2 = 0 26 "MSCHAPV2",
    FAST = 0 43 "FAST",
    PAX = 0 46 "PAX",
    PSK = 0 47 "PSK",
    SAKE = 0 48 "SAKE",
    IKEV2 = 0 49 "IKEV2",
    AKA_PRIME = 0 50 "AKA'",
    GPSK = 0 51 "GPSK",
    PWD = 0 52 "PWD",
    EKE = 0 53 "EKE",
    TEAP = 0 55 "TEAP",
    WSC = 0x00_37_2a 1 "WSC",
}

impl MethodType {
    /// A type of the IETF.
    #[must_use]
    pub const fn ietf(number: u8) -> MethodType {
        MethodType { vendor: 0, number: number as u32 }
    }

    /// The single octet that this type has in the short form, if it has one.
    #[must_use]
    pub fn short(self) -> Option<u8> {
        if self.vendor != 0 {
            return None;
        }
        u8::try_from(self.number).ok().filter(|octet| *octet != EXPANDED)
    }

    /// Whether it authenticates, as Identity, Notification and Nak do not.
    #[must_use]
    pub const fn is_method(self) -> bool {
        self.vendor != 0 || self.number >= FIRST_METHOD
    }

    /// Whether it makes keys. One that does not protects nothing by itself and shows its secret to whoever listens, so
    /// where keys are needed it is not even begun.
    #[must_use]
    pub const fn makes_keys(self) -> bool {
        !matches!(self, Self::MD5 | Self::OTP | Self::GTC | Self::WSC) && self.is_method()
    }
}

impl fmt::Display for MethodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.vendor) {
            (Some(name), _) => f.write_str(name),
            (None, 0) => write!(f, "type {}", self.number),
            (None, vendor) => write!(f, "vendor {vendor} type {}", self.number),
        }
    }
}

impl fmt::Debug for MethodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
