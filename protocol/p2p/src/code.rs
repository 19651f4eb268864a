//! Numbers of the Wi-Fi Direct specification, open: unknown values survive.

use core::fmt;

/// Status codes (Wi-Fi Direct 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl Status {
    pub const SUCCESS: Status = Status(0);
    pub const INFORMATION_UNAVAILABLE: Status = Status(1);
    pub const INCOMPATIBLE_PARAMETERS: Status = Status(2);
    pub const LIMIT_REACHED: Status = Status(3);
    pub const INVALID_PARAMETERS: Status = Status(4);
    pub const UNABLE_TO_ACCOMMODATE: Status = Status(5);
    pub const PROTOCOL_ERROR: Status = Status(6);
    pub const NO_COMMON_CHANNELS: Status = Status(7);
    pub const UNKNOWN_GROUP: Status = Status(8);
    pub const BOTH_INSIST: Status = Status(9);
    pub const INCOMPATIBLE_PROVISIONING: Status = Status(10);
    pub const REJECTED_BY_USER: Status = Status(11);
    pub const ACCEPTED_BY_USER: Status = Status(12);

    /// The code in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self.0 {
            0 => "success",
            1 => "information is currently unavailable",
            2 => "incompatible parameters",
            3 => "limit reached",
            4 => "invalid parameters",
            5 => "unable to accommodate the request",
            6 => "previous protocol error or disruptive behaviour",
            7 => "no common channels",
            8 => "unknown group",
            9 => "both devices insist on being group owner",
            10 => "incompatible provisioning method",
            11 => "rejected by the user",
            12 => "accepted by the user",
            _ => "a status that is not known here",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text(), self.0)
    }
}

/// Device capabilities (4.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceCapability(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl DeviceCapability {
    pub const SERVICE_DISCOVERY: u8 = 0x01;
    pub const CLIENT_DISCOVERABILITY: u8 = 0x02;
    pub const CONCURRENT: u8 = 0x04;
    pub const INFRASTRUCTURE_MANAGED: u8 = 0x08;
    pub const DEVICE_LIMIT: u8 = 0x10;
    pub const INVITATION: u8 = 0x20;

    /// All of these bits are set.
    #[must_use]
    pub const fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// Group capabilities (4.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCapability(pub u8);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl GroupCapability {
    pub const GROUP_OWNER: u8 = 0x01;
    pub const PERSISTENT_GROUP: u8 = 0x02;
    pub const GROUP_LIMIT: u8 = 0x04;
    pub const INTRA_BSS: u8 = 0x08;
    pub const CROSS_CONNECTION: u8 = 0x10;
    pub const PERSISTENT_RECONNECT: u8 = 0x20;
    pub const GROUP_FORMATION: u8 = 0x40;
    pub const IP_ADDRESS_ALLOCATION: u8 = 0x80;

    /// All of these bits are set.
    #[must_use]
    pub const fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// Both kinds of capability, as an attribute carries them (4.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// Of the device.
    pub device: DeviceCapability,
    /// Of the group that it owns, or would own.
    pub group: GroupCapability,
}

/// Configuration methods (Wi-Fi Simple Configuration 12, Config Methods).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigMethods(pub u16);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl ConfigMethods {
    pub const DISPLAY: u16 = 0x0008;
    pub const NFC_INTERFACE: u16 = 0x0040;
    pub const PUSH_BUTTON: u16 = 0x0080;
    pub const KEYPAD: u16 = 0x0100;
    pub const P2PS: u16 = 0x1000;

    /// One of these bits is set.
    #[must_use]
    pub const fn any(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

/// Device Password IDs (Wi-Fi Simple Configuration 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordId(pub u16);

#[allow(missing_docs, reason = "the names are the specification's own")]
impl PasswordId {
    pub const USER_SPECIFIED: PasswordId = PasswordId(1);
    pub const PUSH_BUTTON: PasswordId = PasswordId(4);
    pub const REGISTRAR_SPECIFIED: PasswordId = PasswordId(5);
    pub const NFC_HANDOVER: PasswordId = PasswordId(7);
    pub const P2PS_DEFAULT: PasswordId = PasswordId(8);
}

/// How the credentials of a group are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A button on each side.
    PushButton,
    /// A PIN that we show and the peer's user enters.
    Display,
    /// A PIN that the peer shows and our user enters.
    Keypad,
    /// A tag or a handover that both have read.
    Nfc,
    /// The PIN that services agree on without a user.
    P2ps,
}

impl Method {
    /// What a negotiation frame says of it. The number tells where the PIN comes from, seen from the sender (3.1.4.2).
    #[must_use]
    pub const fn password_id(self) -> PasswordId {
        match self {
            Method::PushButton => PasswordId::PUSH_BUTTON,
            Method::Display => PasswordId::REGISTRAR_SPECIFIED,
            Method::Keypad => PasswordId::USER_SPECIFIED,
            Method::Nfc => PasswordId::NFC_HANDOVER,
            Method::P2ps => PasswordId::P2PS_DEFAULT,
        }
    }

    /// What the peer has to do when we do this.
    #[must_use]
    pub const fn counterpart(self) -> Method {
        match self {
            Method::Display => Method::Keypad,
            Method::Keypad => Method::Display,
            same @ (Method::PushButton | Method::Nfc | Method::P2ps) => same,
        }
    }

    /// Its bit in [`ConfigMethods`].
    #[must_use]
    pub const fn config_method(self) -> u16 {
        match self {
            Method::PushButton => ConfigMethods::PUSH_BUTTON,
            Method::Display => ConfigMethods::DISPLAY,
            Method::Keypad => ConfigMethods::KEYPAD,
            Method::Nfc => ConfigMethods::NFC_INTERFACE,
            Method::P2ps => ConfigMethods::P2PS,
        }
    }

    /// The method that a single bit stands for.
    #[must_use]
    pub fn from_config_method(bits: u16) -> Option<Method> {
        let all = [Method::PushButton, Method::Display, Method::Keypad, Method::Nfc, Method::P2ps];
        all.into_iter().find(|method| method.config_method() == bits)
    }
}

/// Attribute identifiers (4.1.1).
pub mod id {
    #![allow(missing_docs, reason = "the names are the specification's own")]
    pub const STATUS: u8 = 0;
    pub const MINOR_REASON: u8 = 1;
    pub const CAPABILITY: u8 = 2;
    pub const DEVICE_ID: u8 = 3;
    pub const GROUP_OWNER_INTENT: u8 = 4;
    pub const CONFIGURATION_TIMEOUT: u8 = 5;
    pub const LISTEN_CHANNEL: u8 = 6;
    pub const GROUP_BSSID: u8 = 7;
    pub const EXTENDED_LISTEN_TIMING: u8 = 8;
    pub const INTENDED_INTERFACE_ADDRESS: u8 = 9;
    pub const MANAGEABILITY: u8 = 10;
    pub const CHANNEL_LIST: u8 = 11;
    pub const NOTICE_OF_ABSENCE: u8 = 12;
    pub const DEVICE_INFO: u8 = 13;
    pub const GROUP_INFO: u8 = 14;
    pub const GROUP_ID: u8 = 15;
    pub const INTERFACE: u8 = 16;
    pub const OPERATING_CHANNEL: u8 = 17;
    pub const INVITATION_FLAGS: u8 = 18;
    pub const OOB_NEGOTIATION_CHANNEL: u8 = 19;
    pub const SERVICE_HASH: u8 = 21;
    pub const SESSION_INFORMATION: u8 = 22;
    pub const CONNECTION_CAPABILITY: u8 = 23;
    pub const ADVERTISEMENT_ID: u8 = 24;
    pub const ADVERTISED_SERVICE: u8 = 25;
    pub const SESSION_ID: u8 = 26;
    pub const FEATURE_CAPABILITY: u8 = 27;
    pub const PERSISTENT_GROUP: u8 = 28;
    pub const VENDOR_SPECIFIC: u8 = 221;
}

/// Subtypes of public action frames (4.2.8.1).
pub mod subtype {
    #![allow(missing_docs, reason = "the names are the specification's own")]
    pub const NEGOTIATION_REQUEST: u8 = 0;
    pub const NEGOTIATION_RESPONSE: u8 = 1;
    pub const NEGOTIATION_CONFIRMATION: u8 = 2;
    pub const INVITATION_REQUEST: u8 = 3;
    pub const INVITATION_RESPONSE: u8 = 4;
    pub const DISCOVERABILITY_REQUEST: u8 = 5;
    pub const DISCOVERABILITY_RESPONSE: u8 = 6;
    pub const PROVISION_DISCOVERY_REQUEST: u8 = 7;
    pub const PROVISION_DISCOVERY_RESPONSE: u8 = 8;
}

/// Subtypes of P2P action frames, which go between members of a group (4.2.9.1).
pub mod group_subtype {
    #![allow(missing_docs, reason = "the names are the specification's own")]
    pub const NOTICE_OF_ABSENCE: u8 = 0;
    pub const PRESENCE_REQUEST: u8 = 1;
    pub const PRESENCE_RESPONSE: u8 = 2;
    pub const DISCOVERABILITY_REQUEST: u8 = 3;
}
