//! Cipher suites and authentication and key management suites (IEEE Std 802.11-2020 9.4.2.24.2 and 9.4.2.24.3).
//!
//! On the wire a suite is a [`Selector`], which survives whatever it says; ours are closed enums.

use core::fmt;

/// The OUI of the standard's own suites.
const OUI_80211: [u8; 3] = [0x00, 0x0f, 0xac];
/// The OUI of WPA's suites, before the standard had its own.
const OUI_WPA: [u8; 3] = [0x00, 0x50, 0xf2];
/// The OUI of Wi-Fi Alliance's suites.
const OUI_WFA: [u8; 3] = [0x50, 0x6f, 0x9a];

const fn selector(oui: [u8; 3], kind: u8) -> Selector {
    let [a, b, c] = oui;
    Selector([a, b, c, kind])
}

/// A suite as it is written on the wire: OUI and type. Unknown ones survive and print.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(pub [u8; 4]);

impl Selector {
    /// The number by which nl80211 knows the suite: the four octets, most significant first.
    #[must_use]
    pub const fn nl80211(self) -> u32 {
        u32::from_be_bytes(self.0)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, kind] = self.0;
        write!(f, "{a:02X}-{b:02X}-{c:02X}:{kind}")
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<CipherSuite> for Selector {
    fn from(suite: CipherSuite) -> Selector {
        suite.selector()
    }
}

impl From<AkmSuite> for Selector {
    fn from(suite: AkmSuite) -> Selector {
        suite.selector()
    }
}

/// Cipher suites (Table 9-149).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CipherSuite {
    /// 00-0F-AC:0, the pairwise cipher is the group cipher.
    UseGroup,
    /// 00-0F-AC:1.
    Wep40,
    /// 00-0F-AC:2.
    Tkip,
    /// 00-0F-AC:4.
    Ccmp128,
    /// 00-0F-AC:5.
    Wep104,
    /// 00-0F-AC:6, management frames only.
    BipCmac128,
    /// 00-0F-AC:7, there is no group traffic.
    GroupNotAllowed,
    /// 00-0F-AC:8.
    Gcmp128,
    /// 00-0F-AC:9.
    Gcmp256,
    /// 00-0F-AC:10.
    Ccmp256,
    /// 00-0F-AC:11, management frames only.
    BipGmac128,
    /// 00-0F-AC:12, management frames only.
    BipGmac256,
    /// 00-0F-AC:13, management frames only.
    BipCmac256,
}

impl CipherSuite {
    /// Every suite known here.
    pub const ALL: [CipherSuite; 13] = [
        CipherSuite::UseGroup,
        CipherSuite::Wep40,
        CipherSuite::Tkip,
        CipherSuite::Ccmp128,
        CipherSuite::Wep104,
        CipherSuite::BipCmac128,
        CipherSuite::GroupNotAllowed,
        CipherSuite::Gcmp128,
        CipherSuite::Gcmp256,
        CipherSuite::Ccmp256,
        CipherSuite::BipGmac128,
        CipherSuite::BipGmac256,
        CipherSuite::BipCmac256,
    ];

    /// Ciphers for individually addressed data, best first: the order in which one is picked.
    pub const PAIRWISE_PREFERENCE: [CipherSuite; 5] =
        [CipherSuite::Ccmp256, CipherSuite::Gcmp256, CipherSuite::Ccmp128, CipherSuite::Gcmp128, CipherSuite::Tkip];

    const fn kind(self) -> u8 {
        match self {
            CipherSuite::UseGroup => 0,
            CipherSuite::Wep40 => 1,
            CipherSuite::Tkip => 2,
            CipherSuite::Ccmp128 => 4,
            CipherSuite::Wep104 => 5,
            CipherSuite::BipCmac128 => 6,
            CipherSuite::GroupNotAllowed => 7,
            CipherSuite::Gcmp128 => 8,
            CipherSuite::Gcmp256 => 9,
            CipherSuite::Ccmp256 => 10,
            CipherSuite::BipGmac128 => 11,
            CipherSuite::BipGmac256 => 12,
            CipherSuite::BipCmac256 => 13,
        }
    }

    /// The suite in an RSNE.
    #[must_use]
    pub const fn selector(self) -> Selector {
        selector(OUI_80211, self.kind())
    }

    /// The suite in a WPA vendor element, which knows the first six only.
    #[must_use]
    pub const fn wpa_selector(self) -> Selector {
        selector(OUI_WPA, self.kind())
    }

    /// The suite that an RSNE or a WPA element names, if it is known here.
    #[must_use]
    pub fn from_selector(wire: Selector) -> Option<CipherSuite> {
        let [a, b, c, kind] = wire.0;
        match [a, b, c] {
            OUI_80211 => CipherSuite::ALL.into_iter().find(|suite| suite.kind() == kind),
            OUI_WPA => CipherSuite::ALL.into_iter().find(|suite| suite.kind() == kind && kind <= 5),
            _ => None,
        }
    }

    /// The number by which nl80211 knows the suite.
    #[must_use]
    pub const fn nl80211(self) -> u32 {
        self.selector().nl80211()
    }

    /// Length of its key in octets (Table 12-6), Michael keys of TKIP included.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            CipherSuite::UseGroup | CipherSuite::GroupNotAllowed => 0,
            CipherSuite::Wep40 => 5,
            CipherSuite::Wep104 => 13,
            CipherSuite::Ccmp128 | CipherSuite::Gcmp128 | CipherSuite::BipCmac128 | CipherSuite::BipGmac128 => 16,
            CipherSuite::Tkip
            | CipherSuite::Gcmp256
            | CipherSuite::Ccmp256
            | CipherSuite::BipGmac256
            | CipherSuite::BipCmac256 => 32,
        }
    }

    /// May protect individually addressed data in an RSNA.
    #[must_use]
    pub const fn is_pairwise(self) -> bool {
        matches!(
            self,
            CipherSuite::Tkip
                | CipherSuite::Ccmp128
                | CipherSuite::Gcmp128
                | CipherSuite::Gcmp256
                | CipherSuite::Ccmp256
        )
    }

    /// May protect group addressed data.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.is_pairwise() || matches!(self, CipherSuite::Wep40 | CipherSuite::Wep104 | CipherSuite::GroupNotAllowed)
    }

    /// May protect group addressed management frames.
    #[must_use]
    pub const fn is_group_management(self) -> bool {
        matches!(
            self,
            CipherSuite::BipCmac128 | CipherSuite::BipGmac128 | CipherSuite::BipGmac256 | CipherSuite::BipCmac256
        )
    }

    /// The name in configuration files and in scan results: `CCMP`, `GCMP-256`, `AES-128-CMAC`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CipherSuite::UseGroup => "NONE",
            CipherSuite::Wep40 => "WEP40",
            CipherSuite::Tkip => "TKIP",
            CipherSuite::Ccmp128 => "CCMP",
            CipherSuite::Wep104 => "WEP104",
            CipherSuite::BipCmac128 => "AES-128-CMAC",
            CipherSuite::GroupNotAllowed => "GTK_NOT_USED",
            CipherSuite::Gcmp128 => "GCMP",
            CipherSuite::Gcmp256 => "GCMP-256",
            CipherSuite::Ccmp256 => "CCMP-256",
            CipherSuite::BipGmac128 => "BIP-GMAC-128",
            CipherSuite::BipGmac256 => "BIP-GMAC-256",
            CipherSuite::BipCmac256 => "BIP-CMAC-256",
        }
    }

    /// The name in STATUS and in log lines, which differs for WEP and BIP: `WEP-40`, `BIP`.
    #[must_use]
    pub const fn status_name(self) -> &'static str {
        match self {
            CipherSuite::Wep40 => "WEP-40",
            CipherSuite::Wep104 => "WEP-104",
            CipherSuite::BipCmac128 => "BIP",
            CipherSuite::UseGroup
            | CipherSuite::Tkip
            | CipherSuite::Ccmp128
            | CipherSuite::GroupNotAllowed
            | CipherSuite::Gcmp128
            | CipherSuite::Gcmp256
            | CipherSuite::Ccmp256
            | CipherSuite::BipGmac128
            | CipherSuite::BipGmac256
            | CipherSuite::BipCmac256 => self.name(),
        }
    }

    /// The suite with this configuration name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<CipherSuite> {
        CipherSuite::ALL.into_iter().find(|suite| suite.name() == name)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! akm_suites {
    ($($(#[$doc:meta])* $name:ident = $oui:ident : $kind:literal, $config:literal, $scan:literal, $status:literal;)*) => {
        /// Authentication and key management suites (Table 9-151).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AkmSuite {
            $($(#[$doc])* $name,)*
        }

        impl AkmSuite {
            /// Every suite known here.
            pub const ALL: &'static [AkmSuite] = &[$(AkmSuite::$name,)*];

            /// The suite in an RSNE.
            #[must_use]
            pub const fn selector(self) -> Selector {
                match self { $(AkmSuite::$name => selector($oui, $kind),)* }
            }

            /// The name in configuration files: `WPA-PSK`, `SAE`.
            #[must_use]
            pub const fn config_name(self) -> &'static str {
                match self { $(AkmSuite::$name => $config,)* }
            }

            /// The name in the flags of a scan result: `PSK`, `FT/SAE`.
            #[must_use]
            pub const fn scan_name(self) -> &'static str {
                match self { $(AkmSuite::$name => $scan,)* }
            }

            const fn rsn_status_name(self) -> &'static str {
                match self { $(AkmSuite::$name => $status,)* }
            }
        }
    };
}

akm_suites! {
    /// 00-0F-AC:1, IEEE 802.1X.
    Eap = OUI_80211: 1, "WPA-EAP", "EAP", "WPA2/IEEE 802.1X/EAP";
    /// 00-0F-AC:2, pre-shared key.
    Psk = OUI_80211: 2, "WPA-PSK", "PSK", "WPA2-PSK";
    /// 00-0F-AC:8, SAE with SHA-256.
    Sae = OUI_80211: 8, "SAE", "SAE", "SAE";
    /// 00-0F-AC:24, SAE with the hash that its group calls for.
    SaeExt = OUI_80211: 24, "SAE-EXT-KEY", "SAE-EXT-KEY", "SAE-EXT-KEY";
    /// 00-0F-AC:3, fast transition with IEEE 802.1X.
    FtEap = OUI_80211: 3, "FT-EAP", "FT/EAP", "FT-EAP";
    /// 00-0F-AC:4, fast transition with a pre-shared key.
    FtPsk = OUI_80211: 4, "FT-PSK", "FT/PSK", "FT-PSK";
    /// 00-0F-AC:9, fast transition with SAE.
    FtSae = OUI_80211: 9, "FT-SAE", "FT/SAE", "FT-SAE";
    /// 00-0F-AC:25, fast transition with SAE and the hash that its group calls for.
    FtSaeExt = OUI_80211: 25, "FT-SAE-EXT-KEY", "FT/SAE-EXT-KEY", "FT-SAE-EXT-KEY";
    /// 00-0F-AC:5, IEEE 802.1X with SHA-256.
    EapSha256 = OUI_80211: 5, "WPA-EAP-SHA256", "EAP-SHA256", "WPA2-EAP-SHA256";
    /// 00-0F-AC:6, pre-shared key with SHA-256.
    PskSha256 = OUI_80211: 6, "WPA-PSK-SHA256", "PSK-SHA256", "WPA2-PSK-SHA256";
    /// 00-0F-AC:11, Suite B.
    SuiteB = OUI_80211: 11, "WPA-EAP-SUITE-B", "EAP-SUITE-B", "WPA2-EAP-SUITE-B";
    /// 00-0F-AC:12, CNSA (Suite B, 192 bit).
    SuiteB192 = OUI_80211: 12, "WPA-EAP-SUITE-B-192", "EAP-SUITE-B-192", "WPA2-EAP-SUITE-B-192";
    /// 00-0F-AC:13, fast transition with IEEE 802.1X and SHA-384.
    FtEapSha384 = OUI_80211: 13, "FT-EAP-SHA384", "FT/EAP-SHA384", "FT-EAP-SHA384";
    /// 00-0F-AC:14.
    FilsSha256 = OUI_80211: 14, "FILS-SHA256", "FILS-SHA256", "FILS-SHA256";
    /// 00-0F-AC:15.
    FilsSha384 = OUI_80211: 15, "FILS-SHA384", "FILS-SHA384", "FILS-SHA384";
    /// 00-0F-AC:16.
    FtFilsSha256 = OUI_80211: 16, "FT-FILS-SHA256", "FT-FILS-SHA256", "FT-FILS-SHA256";
    /// 00-0F-AC:17.
    FtFilsSha384 = OUI_80211: 17, "FT-FILS-SHA384", "FT-FILS-SHA384", "FT-FILS-SHA384";
    /// 00-0F-AC:18, opportunistic wireless encryption.
    Owe = OUI_80211: 18, "OWE", "OWE", "OWE";
    /// 00-0F-AC:19.
    FtPskSha384 = OUI_80211: 19, "FT-PSK-SHA384", "FT/PSK-SHA384", "FT-PSK-SHA384";
    /// 00-0F-AC:20.
    PskSha384 = OUI_80211: 20, "WPA-PSK-SHA384", "PSK-SHA384", "WPA2-PSK-SHA384";
    /// 00-0F-AC:21, pre-association security negotiation.
    Pasn = OUI_80211: 21, "PASN", "PASN", "PASN";
    /// 00-0F-AC:23, IEEE 802.1X with SHA-384.
    EapSha384 = OUI_80211: 23, "WPA-EAP-SHA384", "EAP-SHA384", "WPA2-EAP-SHA384";
    /// 50-6F-9A:2, device provisioning.
    Dpp = OUI_WFA: 2, "DPP", "DPP", "DPP";
}

impl AkmSuite {
    /// Best first: the order in which one is picked when both sides know several.
    pub const PREFERENCE: [AkmSuite; 23] = [
        AkmSuite::SuiteB192,
        AkmSuite::SuiteB,
        AkmSuite::FtFilsSha384,
        AkmSuite::FtFilsSha256,
        AkmSuite::FilsSha384,
        AkmSuite::FilsSha256,
        AkmSuite::FtEapSha384,
        AkmSuite::FtEap,
        AkmSuite::EapSha384,
        AkmSuite::EapSha256,
        AkmSuite::Eap,
        AkmSuite::FtSaeExt,
        AkmSuite::SaeExt,
        AkmSuite::FtSae,
        AkmSuite::Sae,
        AkmSuite::FtPskSha384,
        AkmSuite::FtPsk,
        AkmSuite::PskSha384,
        AkmSuite::PskSha256,
        AkmSuite::Psk,
        AkmSuite::Owe,
        AkmSuite::Dpp,
        AkmSuite::Pasn,
    ];

    /// The suite in a WPA vendor element, which knows two.
    #[must_use]
    pub fn wpa_selector(self) -> Option<Selector> {
        if self == AkmSuite::Eap {
            Some(selector(OUI_WPA, 1))
        } else if self == AkmSuite::Psk {
            Some(selector(OUI_WPA, 2))
        } else {
            None
        }
    }

    /// The suite that an RSNE or a WPA element names, if it is known here.
    #[must_use]
    pub fn from_selector(wire: Selector) -> Option<AkmSuite> {
        AkmSuite::ALL.iter().copied().find(|suite| suite.selector() == wire || suite.wpa_selector() == Some(wire))
    }

    /// The number by which nl80211 knows the suite.
    #[must_use]
    pub const fn nl80211(self) -> u32 {
        self.selector().nl80211()
    }

    /// The name in STATUS: `WPA2-PSK`, `WPA-PSK` in a WPA network, `SAE`.
    #[must_use]
    pub fn status_name(self, protocol: crate::Protocol) -> &'static str {
        match (protocol, self) {
            (crate::Protocol::Wpa, AkmSuite::Psk) => "WPA-PSK",
            (crate::Protocol::Wpa, AkmSuite::Eap) => "WPA/IEEE 802.1X/EAP",
            _ => self.rsn_status_name(),
        }
    }

    /// The suite with this configuration name.
    #[must_use]
    pub fn from_config_name(name: &str) -> Option<AkmSuite> {
        AkmSuite::ALL.iter().copied().find(|suite| suite.config_name() == name)
    }

    /// The pairwise master key comes from a pre-shared key directly.
    #[must_use]
    pub const fn is_psk(self) -> bool {
        matches!(
            self,
            AkmSuite::Psk | AkmSuite::PskSha256 | AkmSuite::PskSha384 | AkmSuite::FtPsk | AkmSuite::FtPskSha384
        )
    }

    /// The pairwise master key comes from SAE.
    #[must_use]
    pub const fn is_sae(self) -> bool {
        matches!(self, AkmSuite::Sae | AkmSuite::SaeExt | AkmSuite::FtSae | AkmSuite::FtSaeExt)
    }

    /// SAE whose keys are as long as the hash of its group, which hash-to-element alone makes.
    #[must_use]
    pub const fn has_longer_keys(self) -> bool {
        matches!(self, AkmSuite::SaeExt | AkmSuite::FtSaeExt)
    }

    /// The pairwise master key comes from EAP.
    #[must_use]
    pub const fn is_8021x(self) -> bool {
        matches!(
            self,
            AkmSuite::Eap
                | AkmSuite::EapSha256
                | AkmSuite::EapSha384
                | AkmSuite::FtEap
                | AkmSuite::FtEapSha384
                | AkmSuite::SuiteB
                | AkmSuite::SuiteB192
        )
    }

    /// The 4-way handshake of this suite exists here: what a configuration may offer or choose.
    #[must_use]
    pub const fn has_handshake(self) -> bool {
        matches!(
            self,
            AkmSuite::Eap
                | AkmSuite::EapSha256
                | AkmSuite::EapSha384
                | AkmSuite::SuiteB
                | AkmSuite::SuiteB192
                | AkmSuite::Psk
                | AkmSuite::PskSha256
                | AkmSuite::PskSha384
                | AkmSuite::Sae
                | AkmSuite::SaeExt
                | AkmSuite::Owe
                | AkmSuite::Dpp
        )
    }

    /// Fast BSS transition.
    #[must_use]
    pub const fn is_ft(self) -> bool {
        matches!(
            self,
            AkmSuite::FtEap
                | AkmSuite::FtEapSha384
                | AkmSuite::FtPsk
                | AkmSuite::FtPskSha384
                | AkmSuite::FtSae
                | AkmSuite::FtSaeExt
                | AkmSuite::FtFilsSha256
                | AkmSuite::FtFilsSha384
        )
    }
}

impl fmt::Display for AkmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.config_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_suite_is_read_back_from_its_selector_and_its_name() {
        for suite in CipherSuite::ALL {
            assert_eq!(CipherSuite::from_selector(suite.selector()), Some(suite));
            assert_eq!(CipherSuite::from_name(suite.name()), Some(suite));
        }
        for suite in AkmSuite::ALL.iter().copied() {
            assert_eq!(AkmSuite::from_selector(suite.selector()), Some(suite));
            assert_eq!(AkmSuite::from_config_name(suite.config_name()), Some(suite));
            assert!(AkmSuite::PREFERENCE.contains(&suite), "{suite}");
        }
    }

    #[test]
    fn an_unknown_suite_survives_and_prints() {
        let wire = Selector([0x00, 0x0f, 0xac, 99]);
        assert_eq!(CipherSuite::from_selector(wire), None);
        assert_eq!(AkmSuite::from_selector(wire), None);
        assert_eq!(wire.to_string(), "00-0F-AC:99");
    }

    #[test]
    fn wpa_knows_no_suite_of_later_standards() {
        assert_eq!(CipherSuite::from_selector(Selector([0x00, 0x50, 0xf2, 4])), Some(CipherSuite::Ccmp128));
        assert_eq!(CipherSuite::from_selector(Selector([0x00, 0x50, 0xf2, 8])), None);
        assert_eq!(AkmSuite::from_selector(Selector([0x00, 0x50, 0xf2, 2])), Some(AkmSuite::Psk));
        assert_eq!(AkmSuite::from_selector(Selector([0x00, 0x50, 0xf2, 8])), None);
    }
}
