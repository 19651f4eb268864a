//! Codes of packets and types of attributes, as IANA lists them ("RADIUS Types").

use core::fmt;

macro_rules! open_octet {
    ($(#[$doc:meta])* $name:ident, $unknown:literal { $($konst:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u8);

        impl $name {
            $(#[doc = concat!($text, ".")] pub const $konst: $name = $name($value);)*

            /// The name in its RFC, if this version knows it.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!($unknown, " {}"), self.0),
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

open_octet! {
    /// What a packet is (RFC 2865 3, RFC 2866 3, RFC 5176 2, RFC 5997). Open: unknown values survive and print.
    Code, "code" {
        ACCESS_REQUEST = 1 "Access-Request",
        ACCESS_ACCEPT = 2 "Access-Accept",
        ACCESS_REJECT = 3 "Access-Reject",
        ACCOUNTING_REQUEST = 4 "Accounting-Request",
        ACCOUNTING_RESPONSE = 5 "Accounting-Response",
        ACCESS_CHALLENGE = 11 "Access-Challenge",
        STATUS_SERVER = 12 "Status-Server",
        DISCONNECT_REQUEST = 40 "Disconnect-Request",
        DISCONNECT_ACK = 41 "Disconnect-ACK",
        DISCONNECT_NAK = 42 "Disconnect-NAK",
        COA_REQUEST = 43 "CoA-Request",
        COA_ACK = 44 "CoA-ACK",
        COA_NAK = 45 "CoA-NAK",
        PROTOCOL_ERROR = 52 "Protocol-Error",
    }
}

open_octet! {
    /// What an attribute is. Open: unknown values survive and print.
    Type, "attribute" {
        USER_NAME = 1 "User-Name",
        USER_PASSWORD = 2 "User-Password",
        CHAP_PASSWORD = 3 "CHAP-Password",
        NAS_IP_ADDRESS = 4 "NAS-IP-Address",
        NAS_PORT = 5 "NAS-Port",
        SERVICE_TYPE = 6 "Service-Type",
        FRAMED_IP_ADDRESS = 8 "Framed-IP-Address",
        FILTER_ID = 11 "Filter-Id",
        FRAMED_MTU = 12 "Framed-MTU",
        REPLY_MESSAGE = 18 "Reply-Message",
        STATE = 24 "State",
        CLASS = 25 "Class",
        VENDOR_SPECIFIC = 26 "Vendor-Specific",
        SESSION_TIMEOUT = 27 "Session-Timeout",
        IDLE_TIMEOUT = 28 "Idle-Timeout",
        TERMINATION_ACTION = 29 "Termination-Action",
        CALLED_STATION_ID = 30 "Called-Station-Id",
        CALLING_STATION_ID = 31 "Calling-Station-Id",
        NAS_IDENTIFIER = 32 "NAS-Identifier",
        PROXY_STATE = 33 "Proxy-State",
        ACCT_STATUS_TYPE = 40 "Acct-Status-Type",
        ACCT_DELAY_TIME = 41 "Acct-Delay-Time",
        ACCT_INPUT_OCTETS = 42 "Acct-Input-Octets",
        ACCT_OUTPUT_OCTETS = 43 "Acct-Output-Octets",
        ACCT_SESSION_ID = 44 "Acct-Session-Id",
        ACCT_AUTHENTIC = 45 "Acct-Authentic",
        ACCT_SESSION_TIME = 46 "Acct-Session-Time",
        ACCT_INPUT_PACKETS = 47 "Acct-Input-Packets",
        ACCT_OUTPUT_PACKETS = 48 "Acct-Output-Packets",
        ACCT_TERMINATE_CAUSE = 49 "Acct-Terminate-Cause",
        ACCT_MULTI_SESSION_ID = 50 "Acct-Multi-Session-Id",
        ACCT_LINK_COUNT = 51 "Acct-Link-Count",
        ACCT_INPUT_GIGAWORDS = 52 "Acct-Input-Gigawords",
        ACCT_OUTPUT_GIGAWORDS = 53 "Acct-Output-Gigawords",
        EVENT_TIMESTAMP = 55 "Event-Timestamp",
        EGRESS_VLANID = 56 "Egress-VLANID",
        INGRESS_FILTERS = 57 "Ingress-Filters",
        EGRESS_VLAN_NAME = 58 "Egress-VLAN-Name",
        USER_PRIORITY_TABLE = 59 "User-Priority-Table",
        CHAP_CHALLENGE = 60 "CHAP-Challenge",
        NAS_PORT_TYPE = 61 "NAS-Port-Type",
        TUNNEL_TYPE = 64 "Tunnel-Type",
        TUNNEL_MEDIUM_TYPE = 65 "Tunnel-Medium-Type",
        TUNNEL_PASSWORD = 69 "Tunnel-Password",
        CONNECT_INFO = 77 "Connect-Info",
        EAP_MESSAGE = 79 "EAP-Message",
        MESSAGE_AUTHENTICATOR = 80 "Message-Authenticator",
        TUNNEL_PRIVATE_GROUP_ID = 81 "Tunnel-Private-Group-ID",
        TUNNEL_ASSIGNMENT_ID = 82 "Tunnel-Assignment-ID",
        TUNNEL_PREFERENCE = 83 "Tunnel-Preference",
        ACCT_INTERIM_INTERVAL = 85 "Acct-Interim-Interval",
        NAS_PORT_ID = 87 "NAS-Port-Id",
        CHARGEABLE_USER_IDENTITY = 89 "Chargeable-User-Identity",
        NAS_IPV6_ADDRESS = 95 "NAS-IPv6-Address",
        FRAMED_INTERFACE_ID = 96 "Framed-Interface-Id",
        FRAMED_IPV6_PREFIX = 97 "Framed-IPv6-Prefix",
        ERROR_CAUSE = 101 "Error-Cause",
        EAP_KEY_NAME = 102 "EAP-Key-Name",
        OPERATOR_NAME = 126 "Operator-Name",
        LOCATION_INFORMATION = 127 "Location-Information",
        LOCATION_DATA = 128 "Location-Data",
        BASIC_LOCATION_POLICY_RULES = 129 "Basic-Location-Policy-Rules",
        EXTENDED_LOCATION_POLICY_RULES = 130 "Extended-Location-Policy-Rules",
        LOCATION_CAPABLE = 131 "Location-Capable",
        REQUESTED_LOCATION_INFO = 132 "Requested-Location-Info",
        FRAMED_IPV6_ADDRESS = 168 "Framed-IPv6-Address",
        MOBILITY_DOMAIN_ID = 177 "Mobility-Domain-Id",
        WLAN_HESSID = 181 "WLAN-HESSID",
        WLAN_VENUE_INFO = 182 "WLAN-Venue-Info",
        WLAN_VENUE_LANGUAGE = 183 "WLAN-Venue-Language",
        WLAN_VENUE_NAME = 184 "WLAN-Venue-Name",
        WLAN_REASON_CODE = 185 "WLAN-Reason-Code",
        WLAN_PAIRWISE_CIPHER = 186 "WLAN-Pairwise-Cipher",
        WLAN_GROUP_CIPHER = 187 "WLAN-Group-Cipher",
        WLAN_AKM_SUITE = 188 "WLAN-AKM-Suite",
        WLAN_GROUP_MGMT_CIPHER = 189 "WLAN-Group-Mgmt-Cipher",
        WLAN_RF_BAND = 190 "WLAN-RF-Band",
        EXTENDED_TYPE_1 = 241 "Extended-Type-1",
        EXTENDED_TYPE_2 = 242 "Extended-Type-2",
        EXTENDED_TYPE_3 = 243 "Extended-Type-3",
        EXTENDED_TYPE_4 = 244 "Extended-Type-4",
        EXTENDED_TYPE_5 = 245 "Extended-Type-5",
        EXTENDED_TYPE_6 = 246 "Extended-Type-6",
    }
}

/// Vendors (SMI network management private enterprise codes) and the types of theirs that are used here.
pub mod vendor {
    /// Microsoft (RFC 2548).
    pub const MICROSOFT: u32 = 311;
    /// MS-MPPE-Send-Key (RFC 2548 2.4.2).
    pub const MS_MPPE_SEND_KEY: u8 = 16;
    /// MS-MPPE-Recv-Key (RFC 2548 2.4.3).
    pub const MS_MPPE_RECV_KEY: u8 = 17;
    /// Wi-Fi Alliance.
    pub const WFA: u32 = 40808;
    /// HS 2.0 subscription remediation needed.
    pub const WFA_REMEDIATION: u8 = 1;
    /// HS 2.0 version of the access point.
    pub const WFA_AP_VERSION: u8 = 2;
    /// HS 2.0 version of the station.
    pub const WFA_STA_VERSION: u8 = 3;
    /// HS 2.0 deauthentication request.
    pub const WFA_DEAUTH_REQUEST: u8 = 4;
    /// HS 2.0 session information URL.
    pub const WFA_SESSION_INFO_URL: u8 = 5;
    /// HS 2.0 roaming consortium.
    pub const WFA_ROAMING_CONSORTIUM: u8 = 6;
    /// HS 2.0 filtering until terms and conditions are accepted.
    pub const WFA_TC_FILTERING: u8 = 9;
    /// HS 2.0 URL of terms and conditions.
    pub const WFA_TC_URL: u8 = 10;
}

/// Values of Acct-Status-Type (RFC 2866 5.1).
pub mod acct_status {
    /// A session starts.
    pub const START: u32 = 1;
    /// A session has ended.
    pub const STOP: u32 = 2;
    /// Counters in between.
    pub const INTERIM_UPDATE: u32 = 3;
    /// The NAS starts.
    pub const ACCOUNTING_ON: u32 = 7;
    /// The NAS ends.
    pub const ACCOUNTING_OFF: u32 = 8;
}

/// Values of Error-Cause (RFC 5176 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCause(pub u32);

#[allow(missing_docs, reason = "the names are the RFC's own")]
impl ErrorCause {
    pub const RESIDUAL_CONTEXT_REMOVED: ErrorCause = ErrorCause(201);
    pub const UNSUPPORTED_ATTRIBUTE: ErrorCause = ErrorCause(401);
    pub const MISSING_ATTRIBUTE: ErrorCause = ErrorCause(402);
    pub const NAS_IDENTIFICATION_MISMATCH: ErrorCause = ErrorCause(403);
    pub const INVALID_REQUEST: ErrorCause = ErrorCause(404);
    pub const UNSUPPORTED_SERVICE: ErrorCause = ErrorCause(405);
    pub const UNSUPPORTED_EXTENSION: ErrorCause = ErrorCause(406);
    pub const INVALID_ATTRIBUTE_VALUE: ErrorCause = ErrorCause(407);
    pub const ADMINISTRATIVELY_PROHIBITED: ErrorCause = ErrorCause(501);
    pub const SESSION_CONTEXT_NOT_FOUND: ErrorCause = ErrorCause(503);
    pub const SESSION_CONTEXT_NOT_REMOVABLE: ErrorCause = ErrorCause(504);
    pub const RESOURCES_UNAVAILABLE: ErrorCause = ErrorCause(506);
    pub const MULTIPLE_SESSION_SELECTION_UNSUPPORTED: ErrorCause = ErrorCause(508);
}
