//! Numbers of Wi-Fi Simple Configuration (clause 12), open: unknown values survive.

use core::fmt;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident($type:ty) { $($konst:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $type);

        #[allow(missing_docs, reason = "the names are the specification's own")]
        impl $name {
            $(pub const $konst: $name = $name($value);)*

            /// The value in words, if it is a known one.
            #[must_use]
            pub const fn text(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.text() {
                    Some(text) => write!(f, "{text} ({})", self.0),
                    None => write!(f, "{}", self.0),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

codes! {
    /// What a message is (12, Message Type).
    MessageType(u8) {
        BEACON = 1 "Beacon", PROBE_REQUEST = 2 "Probe Request", PROBE_RESPONSE = 3 "Probe Response",
        M1 = 4 "M1", M2 = 5 "M2", M2D = 6 "M2D", M3 = 7 "M3", M4 = 8 "M4", M5 = 9 "M5", M6 = 10 "M6", M7 = 11 "M7",
        M8 = 12 "M8", ACK = 13 "WSC_ACK", NACK = 14 "WSC_NACK", DONE = 15 "WSC_Done",
    }
}

codes! {
    /// Why something failed, as devices tell each other (12, Configuration Error).
    ConfigError(u16) {
        NONE = 0 "no error", OOB_READ = 1 "OOB interface read error", DECRYPTION = 2 "decryption CRC failure",
        CHANNEL_2_4 = 3 "2.4 GHz channel not supported", CHANNEL_5 = 4 "5 GHz channel not supported",
        SIGNAL_TOO_WEAK = 5 "signal too weak", NETWORK_AUTH = 6 "network authentication failure",
        NETWORK_ASSOC = 7 "network association failure", NO_DHCP_RESPONSE = 8 "no DHCP response",
        DHCP_FAILED = 9 "DHCP configuration failed", IP_CONFLICT = 10 "IP address conflict",
        NO_REGISTRAR = 11 "could not connect to Registrar", MULTIPLE_PBC = 12 "multiple PBC sessions detected",
        ROGUE = 13 "rogue activity suspected", BUSY = 14 "device busy", SETUP_LOCKED = 15 "setup locked",
        MESSAGE_TIMEOUT = 16 "message timeout", SESSION_TIMEOUT = 17 "registration session timeout",
        PASSWORD = 18 "device password authentication failure", CHANNEL_60 = 19 "60 GHz channel not supported",
        KEY_HASH = 20 "public key hash mismatch",
    }
}

codes! {
    /// Which device password is meant (12, Device Password ID). From 0x0010 on they are random ones that were handed
    /// over out of band.
    PasswordId(u16) {
        DEFAULT = 0 "PIN", USER = 1 "user-specified", MACHINE = 2 "machine-specified", REKEY = 3 "rekey",
        PUSH_BUTTON = 4 "push button", REGISTRAR = 5 "registrar-specified", NFC_HANDOVER = 7 "NFC connection handover",
        P2PS = 8 "P2PS default",
    }
}

impl PasswordId {
    /// The first of those that are handed over out of band.
    pub const FIRST_RANDOM: PasswordId = PasswordId(0x0010);

    /// Whether it is one of a password that was handed over out of band.
    #[must_use]
    pub const fn is_random(self) -> bool {
        self.0 >= Self::FIRST_RANDOM.0
    }
}

codes! {
    /// What a station wants (12, Request Type).
    RequestType(u8) {
        ENROLLEE_INFO = 0 "Enrollee, information only", ENROLLEE = 1 "Enrollee", REGISTRAR = 2 "Registrar",
        MANAGER = 3 "WLAN manager Registrar",
    }
}

codes! {
    /// What a device acts as (12, Response Type).
    ResponseType(u8) {
        ENROLLEE_INFO = 0 "Enrollee, information only", ENROLLEE = 1 "Enrollee", REGISTRAR = 2 "Registrar", AP = 3 "AP",
    }
}

codes! {
    /// Whether an access point has been given a configuration (12, Wi-Fi Simple Configuration State).
    SetupState(u8) {
        NOT_CONFIGURED = 1 "not configured", CONFIGURED = 2 "configured",
    }
}

codes! {
    /// How an Enrollee's connection stands (12, Association State).
    AssociationState(u16) {
        NOT_ASSOCIATED = 0 "not associated", SUCCESS = 1 "connection success", CONFIGURATION = 2 "configuration failure",
        ASSOCIATION = 3 "association failure", IP = 4 "IP failure",
    }
}

codes! {
    /// What an EAP-WSC packet is (7.7.1, Op-Code).
    OpCode(u8) {
        START = 1 "WSC_Start", ACK = 2 "WSC_ACK", NACK = 3 "WSC_NACK", MSG = 4 "WSC_MSG", DONE = 5 "WSC_Done",
        FRAG_ACK = 6 "WSC_FRAG_ACK",
    }
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident($type:ty) { $($konst:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(pub $type);

        #[allow(missing_docs, reason = "the names are the specification's own")]
        impl $name {
            $(pub const $konst: $name = $name($value);)*

            /// All bits of `other` are set.
            #[must_use]
            pub const fn has(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }

            /// What both have.
            #[must_use]
            pub const fn and(self, other: $name) -> $name {
                $name(self.0 & other.0)
            }

            /// What either has.
            #[must_use]
            pub const fn or(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            /// No bit is set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#06x})"), self.0)
            }
        }
    };
}

flags! {
    /// By which means a device can be configured (12, Config Methods).
    ConfigMethods(u16) {
        USBA = 0x0001, ETHERNET = 0x0002, LABEL = 0x0004, DISPLAY = 0x0008, EXTERNAL_NFC = 0x0010,
        INTEGRATED_NFC = 0x0020, NFC_INTERFACE = 0x0040, PUSH_BUTTON = 0x0080, KEYPAD = 0x0100,
        VIRTUAL_PUSH_BUTTON = 0x0280, PHYSICAL_PUSH_BUTTON = 0x0480, P2PS = 0x1000, VIRTUAL_DISPLAY = 0x2008,
        PHYSICAL_DISPLAY = 0x4008,
    }
}

impl ConfigMethods {
    /// Without any of the three push buttons.
    #[must_use]
    pub const fn without_push_button(self) -> ConfigMethods {
        ConfigMethods(self.0 & !(Self::VIRTUAL_PUSH_BUTTON.0 | Self::PHYSICAL_PUSH_BUTTON.0))
    }
}

flags! {
    /// How a network authenticates, or a device can (12, Authentication Type).
    AuthTypes(u16) {
        OPEN = 0x0001, WPA_PSK = 0x0002, SHARED = 0x0004, WPA = 0x0008, WPA2 = 0x0010, WPA2_PSK = 0x0020,
    }
}

flags! {
    /// How a network encrypts, or a device can (12, Encryption Type).
    EncrTypes(u16) {
        NONE = 0x0001, WEP = 0x0002, TKIP = 0x0004, AES = 0x0008,
    }
}

flags! {
    /// Of which kind a device's connections are (12, Connection Type Flags).
    ConnectionTypes(u8) {
        ESS = 0x01, IBSS = 0x02,
    }
}

flags! {
    /// Where a device can be (12, RF Bands).
    RfBands(u8) {
        GHZ_2_4 = 0x01, GHZ_5 = 0x02, GHZ_60 = 0x04,
    }
}
