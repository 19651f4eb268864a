use core::fmt;

macro_rules! open_code {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $konst:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub u16);

        impl $name {
            $($(#[$vdoc])* #[doc = concat!("Code ", $value, ": ", $text, ".")] pub const $konst: $name = $name($value);)*

            /// What the code means, in a few words; a code this version does not know prints as such.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self.0 {
                    $($value => $text,)*
                    _ => "a code not known here",
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} ({})", self.0, self.text())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

open_code! {
    /// Why a link ended (IEEE Std 802.11-2020 9.4.1.7, Table 9-49). Open: unknown values survive and print.
    ReasonCode {
        UNSPECIFIED = 1 "unspecified",
        PREV_AUTH_NOT_VALID = 2 "authentication no longer valid",
        DEAUTH_LEAVING = 3 "the sender is leaving",
        INACTIVITY = 4 "inactivity",
        AP_BUSY = 5 "the access point serves too many stations",
        CLASS2_FROM_NONAUTH = 6 "class 2 frame from an unauthenticated station",
        CLASS3_FROM_NONASSOC = 7 "class 3 frame from an unassociated station",
        DISASSOC_LEAVING = 8 "the sender is leaving the BSS",
        ASSOC_WITHOUT_AUTH = 9 "association before authentication",
        POWER_CAPABILITY = 10 "power capability unacceptable",
        SUPPORTED_CHANNELS = 11 "supported channels unacceptable",
        BSS_TRANSITION = 12 "BSS transition management",
        INVALID_ELEMENT = 13 "invalid element",
        MIC_FAILURE = 14 "MIC failure",
        FOUR_WAY_TIMEOUT = 15 "4-way handshake timeout",
        GROUP_KEY_TIMEOUT = 16 "group key handshake timeout",
        ELEMENT_MISMATCH = 17 "element in the 4-way handshake differs",
        INVALID_GROUP_CIPHER = 18 "invalid group cipher",
        INVALID_PAIRWISE_CIPHER = 19 "invalid pairwise cipher",
        INVALID_AKMP = 20 "invalid AKMP",
        UNSUPPORTED_RSNE_VERSION = 21 "unsupported RSNE version",
        INVALID_RSNE_CAPABILITIES = 22 "invalid RSNE capabilities",
        IEEE_8021X_FAILED = 23 "IEEE 802.1X authentication failed",
        CIPHER_REJECTED = 24 "cipher suite rejected by policy",
        PEER_INITIATED = 36 "the peer leaves the BSS",
        PEER_UNSETUP = 38 "frame without a set up mechanism",
        PEER_TIMEOUT = 39 "peer timeout",
        PEERKEY_MISMATCH = 45 "cipher suite not supported by the peer",
        BAD_CIPHER_OR_AKM = 29 "bad cipher or AKM",
        LOW_ACK = 34 "too many frames need an acknowledgement and are not acknowledged",
    }
}

open_code! {
    /// How a request was answered (IEEE Std 802.11-2020 9.4.1.9, Table 9-50). Open: unknown values survive and print.
    StatusCode {
        SUCCESS = 0 "success",
        REFUSED = 1 "unspecified failure",
        CAPABILITIES_MISMATCH = 10 "capabilities not supported",
        REASSOC_NO_ASSOC = 11 "no association to continue",
        ASSOC_DENIED = 12 "association denied for another reason",
        UNSUPPORTED_AUTH_ALG = 13 "authentication algorithm not supported",
        TRANSACTION_SEQUENCE = 14 "authentication transaction out of sequence",
        CHALLENGE_FAILURE = 15 "challenge failure",
        AUTH_TIMEOUT = 16 "authentication timed out",
        AP_FULL = 17 "the access point serves too many stations",
        BASIC_RATES_MISMATCH = 18 "basic rates not supported",
        RATES_OR_PREAMBLE = 19 "short preamble not supported",
        ASSOC_TOO_SOON = 30 "association refused for now; try again later",
        ROBUST_MANAGEMENT_POLICY = 31 "robust management frame policy violation",
        UNSPECIFIED_QOS = 32 "unspecified QoS failure",
        INVALID_ELEMENT = 40 "invalid element",
        GROUP_CIPHER_INVALID = 41 "invalid group cipher",
        PAIRWISE_CIPHER_INVALID = 42 "invalid pairwise cipher",
        AKMP_INVALID = 43 "invalid AKMP",
        UNSUPPORTED_RSNE_VERSION = 44 "unsupported RSNE version",
        INVALID_RSNE_CAPABILITIES = 45 "invalid RSNE capabilities",
        CIPHER_REJECTED = 46 "cipher suite rejected by policy",
        INVALID_PMKID = 53 "invalid PMKID",
        INVALID_MDE = 54 "invalid mobility domain element",
        INVALID_FTE = 55 "invalid fast transition element",
        ANTI_CLOGGING_TOKEN_REQUIRED = 76 "anti-clogging token required",
        UNSUPPORTED_FINITE_CYCLIC_GROUP = 77 "finite cyclic group not supported",
        TRANSMISSION_FAILURE = 79 "transmission failure",
        HT_REQUIRED = 27 "HT required",
        VHT_REQUIRED = 104 "VHT required",
        UNKNOWN_PASSWORD_IDENTIFIER = 123 "unknown password identifier",
        SAE_HASH_TO_ELEMENT = 126 "SAE with hash-to-element",
        SAE_PK = 127 "SAE-PK",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_unknown_code_survives_and_prints() {
        assert_eq!(ReasonCode(999).to_string(), "999 (a code not known here)");
        assert_eq!(StatusCode::SAE_HASH_TO_ELEMENT.to_string(), "126 (SAE with hash-to-element)");
    }
}
