//! Which network to join, and through which access point.

use conf::station::{Globals, Network, NetworkId};
use conf::{Ciphers, KeyMgmt, Proto};
use ipc_proto::{BandInfo, WiphyInfo};
use rsn::{AkmSuite, CipherSuite, Negotiated, Pmf, Protocol, SaePwe, StationPolicy};
use wire::Ssid;

use crate::bss::Bss;

/// What the choice fell on.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) network: NetworkId,
    /// Number of the BSS in the table.
    pub(crate) bss: u32,
    /// The security agreed; none for an open network.
    pub(crate) negotiated: Option<Negotiated>,
}

/// What the radio can do, as far as the choice depends on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Abilities {
    pub(crate) sae: bool,
    pub(crate) user_sme: bool,
    pub(crate) ciphers: Vec<u32>,
    pub(crate) bands: Vec<BandInfo>,
    /// TKIP is not used for now (its countermeasures).
    pub(crate) tkip_barred: bool,
    /// SAE hunts and pecks whatever the access point says.
    #[cfg(feature = "testing")]
    pub(crate) hunting_only: bool,
}

impl Abilities {
    /// `leave_to_driver`: connections are left to the driver even where it would let us make them.
    pub(crate) fn of(wiphy: &WiphyInfo, leave_to_driver: bool) -> Abilities {
        Abilities {
            sae: wiphy.features.sae || wiphy.features.user_sme,
            user_sme: wiphy.features.user_sme && !(leave_to_driver && wiphy.features.connect),
            ciphers: wiphy.ciphers.clone(),
            bands: wiphy.bands.clone(),
            tkip_barred: false,
            #[cfg(feature = "testing")]
            hunting_only: false,
        }
    }

    /// The first rate or feature that a BSS requires of all and that the radio does not have (IEEE Std 802.11-2020
    /// 9.4.2.3, 11.1.4.6), in words.
    fn lacks(&self, bss: &Bss) -> Option<String> {
        /// BSS membership selectors of Table 9-92: what stands there is no rate.
        const FIRST_SELECTOR: u8 = 119;
        const HT: u8 = 127;
        const VHT: u8 = 126;
        let band = wire::channel::band_of(bss.freq)?;
        let band = self.bands.iter().find(|own| own.band == band).filter(|own| !own.rates.is_empty())?;
        bss.basic_rates().find_map(|rate| match rate {
            HT => band.ht_capability.is_none().then(|| "HT".to_owned()),
            VHT => band.vht_capability.is_none().then(|| "VHT".to_owned()),
            FIRST_SELECTOR.. => None,
            // Here they are in units of 500 kb/s, at the radio in units of 100 kb/s.
            _ => (!band.rates.contains(&u16::from(rate).saturating_mul(5)))
                .then(|| format!("{} Mb/s", f32::from(rate) / 2.0)),
        })
    }

    fn cipher(&self, suite: CipherSuite) -> bool {
        let barred = self.tkip_barred && suite == CipherSuite::Tkip;
        !barred && (self.ciphers.is_empty() || self.ciphers.contains(&suite.nl80211()))
    }
}

/// Key management methods that can be carried out today.
const SUPPORTED: [(KeyMgmt, AkmSuite); 4] = [
    (KeyMgmt::PSK, AkmSuite::Psk),
    (KeyMgmt::PSK_SHA256, AkmSuite::PskSha256),
    (KeyMgmt::SAE, AkmSuite::Sae),
    (KeyMgmt::SAE_EXT_KEY, AkmSuite::SaeExt),
];

const CIPHERS: [(Ciphers, CipherSuite); 10] = [
    (Ciphers::CCMP, CipherSuite::Ccmp128),
    (Ciphers::GCMP, CipherSuite::Gcmp128),
    (Ciphers::CCMP_256, CipherSuite::Ccmp256),
    (Ciphers::GCMP_256, CipherSuite::Gcmp256),
    (Ciphers::TKIP, CipherSuite::Tkip),
    (Ciphers::GTK_NOT_USED, CipherSuite::GroupNotAllowed),
    (Ciphers::AES_128_CMAC, CipherSuite::BipCmac128),
    (Ciphers::BIP_GMAC_128, CipherSuite::BipGmac128),
    (Ciphers::BIP_GMAC_256, CipherSuite::BipGmac256),
    (Ciphers::BIP_CMAC_256, CipherSuite::BipCmac256),
];

fn suites(set: Ciphers, abilities: &Abilities) -> Vec<CipherSuite> {
    CIPHERS
        .into_iter()
        .filter(|(word, suite)| {
            set.contains(*word) && (*suite == CipherSuite::GroupNotAllowed || abilities.cipher(*suite))
        })
        .map(|(_, suite)| suite)
        .collect()
}

/// How management frames of a network are protected.
pub(crate) fn pmf(network: &Network, globals: &Globals) -> Pmf {
    let explicit = network.own_ieee80211w().is_some();
    match network.ieee80211w(globals) {
        2 => Pmf::Required,
        1 => Pmf::Optional,
        // WPA3 asks for protection: where nobody said anything, a network that may use SAE gets it if it can.
        _ if !explicit && network.key_mgmt().intersects(KeyMgmt::ANY_SAE) => Pmf::Optional,
        _ => Pmf::Disabled,
    }
}

/// What a network's configuration allows with this radio.
pub(crate) fn policy(network: &Network, globals: &Globals, abilities: &Abilities) -> StationPolicy {
    let methods = network.key_mgmt();
    let mut akms: Vec<AkmSuite> = SUPPORTED
        .into_iter()
        .filter(|(word, akm)| {
            methods.contains(*word)
                && if akm.is_sae() {
                    network.sae_password().is_some() && abilities.sae
                } else {
                    network.psk().is_some()
                }
        })
        .map(|(_, akm)| akm)
        .collect();
    // Drivers that connect by themselves are not helped with SAE yet: where there is a choice, it is the other one.
    if !abilities.user_sme && akms.iter().any(|akm| !akm.is_sae()) {
        akms.retain(|akm| !akm.is_sae());
    }
    let group_mgmt = network.group_mgmt();
    let group_mgmt = if group_mgmt.is_empty() { Ciphers::GROUP_MGMT } else { group_mgmt };
    let mut protocols = Vec::new();
    if network.proto().contains(Proto::RSN) {
        protocols.push(Protocol::Rsn);
    }
    if network.proto().contains(Proto::WPA) {
        protocols.push(Protocol::Wpa);
    }
    let pmf = pmf(network, globals);
    StationPolicy {
        protocols,
        akms,
        pairwise: suites(network.pairwise(), abilities),
        group: suites(network.group(), abilities),
        group_management: suites(group_mgmt, abilities),
        pmf,
        sae_pwe: match network.sae_pwe(globals) {
            #[cfg(feature = "testing")]
            _ if abilities.hunting_only => SaePwe::ForceHuntAndPeck,
            3 => SaePwe::ForceHuntAndPeck,
            1 => SaePwe::HashToElement,
            // A password identifier exists with hash-to-element only.
            _ if network.sae_password_id().is_some() => SaePwe::HashToElement,
            2 => SaePwe::Both,
            _ => SaePwe::HuntAndPeck,
        },
        sae_needs_pmf: globals.sae_check_mfp(),
        password_id_change: network.sae_password_id_change() && network.sae_password_id().is_some(),
        ssid_protection: network.ssid_protection(),
        ocv: network.ocv(),
        wmm: false,
    }
}

/// Whether a network can be joined through a BSS; why not, in words.
pub(crate) fn fits(
    network: &Network,
    globals: &Globals,
    bss: &Bss,
    abilities: &Abilities,
) -> Result<Option<Negotiated>, String> {
    if !network.accepts_bssid(&bss.bssid) {
        return Err("the network's bssid lists exclude it".into());
    }
    let frequencies = network.freq_list();
    if !frequencies.is_empty() && !frequencies.contains(&bss.freq) {
        return Err(format!("freq_list excludes {} MHz", bss.freq));
    }
    if bss.capability & wire::frame::capability::IBSS != 0 {
        return Err("it is an IBSS".into());
    }
    if let Some(what) = abilities.lacks(bss) {
        return Err(format!("it requires {what}, which the radio does not have"));
    }
    let methods = network.key_mgmt();
    let open_allowed = methods.contains(KeyMgmt::NONE);
    if bss.is_open() && open_allowed && network.own_ieee80211w() == Some(2) {
        return Err("it is open, and ieee80211w=2 was asked for".into());
    }
    if bss.is_open() {
        return if open_allowed { Ok(None) } else { Err("it is open, and key_mgmt does not allow that".into()) };
    }
    if bss.rsne().is_none() && bss.wpa().is_none() {
        return Err("it uses WEP, which is not supported".into());
    }
    let mut policy = policy(network, globals, abilities);
    policy.wmm = bss.has_wmm();
    if wire::channel::band_of(bss.freq) == Some(wire::channel::Band::Ghz6) {
        // 12.12.2 of IEEE Std 802.11-2024: nothing else there.
        policy.sae_pwe = policy.sae_pwe.only_h2e();
    }
    if policy.akms.is_empty() {
        return Err(if open_allowed && methods == KeyMgmt::NONE {
            "it is protected, and key_mgmt=NONE was asked for".into()
        } else {
            format!("nothing of key_mgmt={methods} can be used here")
        });
    }
    match policy.choose(&bss.offer()) {
        // 9.4.2.3, Table 9-92: a BSS that has nothing but hash-to-element says so among its rates. Whoever forces hunting
        // and pecking wants to see it refused.
        Ok(negotiated)
            if negotiated.akm.is_sae()
                && !negotiated.h2e
                && policy.sae_pwe != SaePwe::ForceHuntAndPeck
                && bss.is_h2e_only() =>
        {
            Err("it has SAE with hash-to-element only, and sae_pwe does not allow that".into())
        }
        Ok(negotiated) if negotiated.akm.has_handshake() => Ok(Some(negotiated)),
        Ok(negotiated) => Err(format!("{} is not supported", negotiated.akm.config_name())),
        Err(mismatch) => Err(format!("{mismatch} (it offers {}; key_mgmt={methods})", bss.flags())),
    }
}

/// Whether a BSS bears the network's name: the beacon's, or any if the network names none.
pub(crate) fn names(network: &Network, ssid: &Ssid) -> bool {
    match network.ssid() {
        Some(wanted) if !wanted.is_empty() => wanted == *ssid,
        Some(_) | None => !ssid.is_hidden() && (network.ssid().is_some() || network.bssid().is_some()),
    }
}

/// The order in which BSSs are tried: the better first. Signals beyond what any rate needs count alike.
pub(crate) fn better(a: &Bss, b: &Bss) -> std::cmp::Ordering {
    const ENOUGH: i32 = 25;
    let secure = |bss: &Bss| bss.rsne().is_some() || bss.wpa().is_some();
    secure(b).cmp(&secure(a)).then_with(|| {
        let (snr_a, snr_b) = (a.snr(), b.snr());
        if snr_a >= ENOUGH && snr_b >= ENOUGH {
            // Both are strong: the faster band, then the faster link.
            (b.freq > 4000)
                .cmp(&(a.freq > 4000))
                .then_with(|| b.throughput().cmp(&a.throughput()))
                .then_with(|| b.signal.cmp(&a.signal))
        } else {
            b.signal.cmp(&a.signal).then_with(|| b.throughput().cmp(&a.throughput()))
        }
    })
}
