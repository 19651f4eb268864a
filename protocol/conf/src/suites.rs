//! Sets of key management methods, ciphers, protocols and authentication algorithms, with their words.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// One word of a set and the bit it stands for.
type Word = (&'static str, u32);

macro_rules! word_set {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $item:ident = $bit:expr, $word:literal; )* } also { $( $alias:literal = $to:ident; )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
        pub struct $name(u32);

        impl $name {
            $( $(#[$doc])* pub const $item: $name = $name(1 << $bit); )*
            /// No member.
            pub const NONE_SET: $name = $name(0);
            /// Words in the order in which they are written.
            const WORDS: &'static [Word] = &[ $( ($word, 1 << $bit), )* ];
            /// Other words that are understood but never written.
            const ALIASES: &'static [Word] = &[ $( ($alias, $name::$to.0), )* ];

            /// Both sets together.
            pub const fn union(self, other: $name) -> $name { $name(self.0 | other.0) }
            /// What both sets hold.
            pub const fn intersection(self, other: $name) -> $name { $name(self.0 & other.0) }
            /// What this set holds and the other does not.
            pub const fn without(self, other: $name) -> $name { $name(self.0 & !other.0) }
            /// Whether every member of `other` is in this set.
            pub const fn contains(self, other: $name) -> bool { self.0 & other.0 == other.0 }
            /// Whether the sets share a member.
            pub const fn intersects(self, other: $name) -> bool { self.0 & other.0 != 0 }
            /// Whether the set has no member.
            pub const fn is_empty(self) -> bool { self.0 == 0 }
            /// The members, one by one, in the order in which they are written.
            pub fn iter(self) -> impl Iterator<Item = $name> {
                Self::WORDS.iter().filter(move |(_, bit)| self.0 & bit != 0).map(|(_, bit)| $name(*bit))
            }
            /// The raw bits, for storing.
            pub(crate) const fn bits(self) -> u32 { self.0 }
            /// From raw bits that [`Self::bits`] gave.
            pub(crate) const fn from_bits(bits: u32) -> $name { $name(bits) }
            /// The set of one word.
            pub fn from_word(word: &str) -> Option<$name> {
                Self::WORDS.iter().chain(Self::ALIASES).find(|(name, _)| *name == word).map(|(_, bit)| $name(*bit))
            }
            /// Reads words between spaces; the error is the word that means nothing.
            pub fn parse(text: &[u8]) -> Result<$name, String> {
                let mut set = $name(0);
                for word in crate::text::words(text) {
                    let known = core::str::from_utf8(word).ok().and_then(Self::from_word);
                    set = set.union(known.ok_or_else(|| String::from_utf8_lossy(word).into_owned())?);
                }
                Ok(set)
            }
            /// The words of the set.
            pub fn words(self) -> Vec<&'static str> {
                Self::WORDS.iter().filter(|(_, bit)| self.0 & bit != 0).map(|(word, _)| *word).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (i, word) in self.words().into_iter().enumerate() {
                    if i > 0 { f.write_str(" ")?; }
                    f.write_str(word)?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{{{self}}}") }
        }
    };
}

word_set! {
    /// Key management methods: the words of `key_mgmt` and `wpa_key_mgmt`.
    KeyMgmt {
        /// Pre-shared key with SHA-1.
        PSK = 0, "WPA-PSK";
        /// IEEE 802.1X with SHA-1.
        EAP = 1, "WPA-EAP";
        /// IEEE 802.1X without WPA (dynamic WEP).
        IEEE8021X_NO_WPA = 2, "IEEE8021X";
        /// No protection.
        NONE = 3, "NONE";
        /// The IBSS method of WPA1.
        WPA_NONE = 4, "WPA-NONE";
        /// Fast transition with a pre-shared key.
        FT_PSK = 5, "FT-PSK";
        /// Fast transition with IEEE 802.1X.
        FT_EAP = 6, "FT-EAP";
        /// Fast transition with IEEE 802.1X and SHA-384.
        FT_EAP_SHA384 = 7, "FT-EAP-SHA384";
        /// IEEE 802.1X with SHA-384.
        EAP_SHA384 = 8, "WPA-EAP-SHA384";
        /// Pre-shared key with SHA-256.
        PSK_SHA256 = 9, "WPA-PSK-SHA256";
        /// IEEE 802.1X with SHA-256.
        EAP_SHA256 = 10, "WPA-EAP-SHA256";
        /// Wi-Fi Protected Setup.
        WPS = 11, "WPS";
        /// Simultaneous authentication of equals.
        SAE = 12, "SAE";
        /// SAE with a hash that depends on the group.
        SAE_EXT_KEY = 13, "SAE-EXT-KEY";
        /// Fast transition over SAE.
        FT_SAE = 14, "FT-SAE";
        /// Fast transition over SAE with a hash that depends on the group.
        FT_SAE_EXT_KEY = 15, "FT-SAE-EXT-KEY";
        /// Suite B at 128 bits.
        EAP_SUITE_B = 16, "WPA-EAP-SUITE-B";
        /// Suite B at 192 bits.
        EAP_SUITE_B_192 = 17, "WPA-EAP-SUITE-B-192";
        /// FILS with SHA-256.
        FILS_SHA256 = 18, "FILS-SHA256";
        /// FILS with SHA-384.
        FILS_SHA384 = 19, "FILS-SHA384";
        /// Fast transition over FILS with SHA-256.
        FT_FILS_SHA256 = 20, "FT-FILS-SHA256";
        /// Fast transition over FILS with SHA-384.
        FT_FILS_SHA384 = 21, "FT-FILS-SHA384";
        /// Device provisioning protocol.
        DPP = 22, "DPP";
        /// Opportunistic wireless encryption.
        OWE = 23, "OWE";
        /// Pre-association security negotiation.
        PASN = 24, "PASN";
        /// Enhanced privacy protection key exchange.
        EPPKE = 25, "EPPKE";
    } also {}
}

impl KeyMgmt {
    /// The methods whose key comes from a pre-shared key (SAE not among them).
    pub const ANY_PSK: KeyMgmt = KeyMgmt::PSK.union(KeyMgmt::PSK_SHA256).union(KeyMgmt::FT_PSK);
    /// The methods that run SAE.
    pub const ANY_SAE: KeyMgmt =
        KeyMgmt::SAE.union(KeyMgmt::SAE_EXT_KEY).union(KeyMgmt::FT_SAE).union(KeyMgmt::FT_SAE_EXT_KEY);
    /// The methods that run EAP.
    pub const ANY_EAP: KeyMgmt = KeyMgmt::EAP
        .union(KeyMgmt::EAP_SHA256)
        .union(KeyMgmt::EAP_SHA384)
        .union(KeyMgmt::FT_EAP)
        .union(KeyMgmt::FT_EAP_SHA384)
        .union(KeyMgmt::EAP_SUITE_B)
        .union(KeyMgmt::EAP_SUITE_B_192)
        .union(KeyMgmt::FILS_SHA256)
        .union(KeyMgmt::FILS_SHA384)
        .union(KeyMgmt::FT_FILS_SHA256)
        .union(KeyMgmt::FT_FILS_SHA384);
    /// The methods that station and access point serve.
    pub const SERVED: KeyMgmt = KeyMgmt::PSK.union(KeyMgmt::PSK_SHA256).union(KeyMgmt::SAE).union(KeyMgmt::SAE_EXT_KEY);
    /// The methods of fast transition.
    pub const ANY_FT: KeyMgmt = KeyMgmt::FT_PSK
        .union(KeyMgmt::FT_EAP)
        .union(KeyMgmt::FT_EAP_SHA384)
        .union(KeyMgmt::FT_SAE)
        .union(KeyMgmt::FT_SAE_EXT_KEY)
        .union(KeyMgmt::FT_FILS_SHA256)
        .union(KeyMgmt::FT_FILS_SHA384);
}

word_set! {
    /// Cipher suites: the words of `pairwise`, `group`, `group_mgmt` and hostapd's equivalents.
    Ciphers {
        /// CCMP with 256 bits.
        CCMP_256 = 0, "CCMP-256";
        /// GCMP with 256 bits.
        GCMP_256 = 1, "GCMP-256";
        /// CCMP with 128 bits.
        CCMP = 2, "CCMP";
        /// GCMP with 128 bits.
        GCMP = 3, "GCMP";
        /// TKIP.
        TKIP = 4, "TKIP";
        /// BIP-CMAC-128.
        AES_128_CMAC = 5, "AES-128-CMAC";
        /// BIP-GMAC-128.
        BIP_GMAC_128 = 6, "BIP-GMAC-128";
        /// BIP-GMAC-256.
        BIP_GMAC_256 = 7, "BIP-GMAC-256";
        /// BIP-CMAC-256.
        BIP_CMAC_256 = 8, "BIP-CMAC-256";
        /// No pairwise cipher.
        NONE = 9, "NONE";
        /// Group addressed traffic not allowed.
        GTK_NOT_USED = 10, "GTK_NOT_USED";
        /// WEP with 104 bits; understood, never used.
        WEP104 = 11, "WEP104";
        /// WEP with 40 bits; understood, never used.
        WEP40 = 12, "WEP40";
    } also {}
}

impl Ciphers {
    /// What `pairwise` may name.
    pub const PAIRWISE: Ciphers = Ciphers::CCMP
        .union(Ciphers::GCMP)
        .union(Ciphers::CCMP_256)
        .union(Ciphers::GCMP_256)
        .union(Ciphers::TKIP)
        .union(Ciphers::NONE);
    /// What `group` may name.
    pub const GROUP: Ciphers = Ciphers::CCMP
        .union(Ciphers::GCMP)
        .union(Ciphers::CCMP_256)
        .union(Ciphers::GCMP_256)
        .union(Ciphers::TKIP)
        .union(Ciphers::GTK_NOT_USED);
    /// What `group_mgmt` may name.
    pub const GROUP_MGMT: Ciphers =
        Ciphers::AES_128_CMAC.union(Ciphers::BIP_GMAC_128).union(Ciphers::BIP_GMAC_256).union(Ciphers::BIP_CMAC_256);
    /// Both WEP ciphers.
    pub const WEP: Ciphers = Ciphers::WEP40.union(Ciphers::WEP104);
}

word_set! {
    /// Protocol versions: the words of `proto`.
    Proto {
        /// WPA (the element of the Wi-Fi Alliance).
        WPA = 0, "WPA";
        /// RSN (the element of IEEE Std 802.11).
        RSN = 1, "RSN";
    } also { "WPA2" = RSN; }
}

word_set! {
    /// Authentication algorithms: the words of `auth_alg`.
    AuthAlg {
        /// Open system.
        OPEN = 0, "OPEN";
        /// Shared key (WEP).
        SHARED = 1, "SHARED";
        /// LEAP.
        LEAP = 2, "LEAP";
    } also {}
}
