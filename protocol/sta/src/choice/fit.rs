//! Whether a network can be joined through an access point, and why not.

use core::fmt;

use rsn::{AkmSuite, Mismatch, Negotiated, SaePwe, StationPolicy};
use wire::Ssid;

use super::abilities::Abilities;
use super::profile::{NetworkId, Profile};
use super::table::Bss;

/// What the choice fell on.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The network.
    pub network: NetworkId,
    /// Number of the BSS in the table.
    pub bss: u32,
    /// The security agreed; none for an open network.
    pub negotiated: Option<Negotiated>,
}

/// What a BSS requires of every station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// HT.
    Ht,
    /// VHT.
    Vht,
    /// A rate, in units of 500 kb/s.
    Rate(u8),
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Requirement::Ht => f.write_str("HT"),
            Requirement::Vht => f.write_str("VHT"),
            Requirement::Rate(rate) => write!(f, "{} Mb/s", f32::from(*rate) / 2.0),
        }
    }
}

/// Why a network cannot be joined through an access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The network's lists of access points exclude it.
    Bssid,
    /// The network's list of channels excludes this one, in MHz.
    Channel(u32),
    /// It is an IBSS.
    Ibss,
    /// It requires what the radio does not have.
    Requires(Requirement),
    /// It is open, and protection of management frames is required.
    OpenWithoutPmf,
    /// It is open, and the network must not be.
    Open,
    /// It has nothing but WEP.
    Wep,
    /// It is protected, and the network is to be open.
    Protected,
    /// Of the methods that the network names none can be carried out here.
    NoMethod,
    /// It has SAE with hash-to-element only, and the network does not allow that.
    HashToElementOnly,
    /// What it offers and what the network accepts have nothing in common.
    Mismatch(Mismatch),
    /// What both have in common cannot be carried out.
    NotSupported(AkmSuite),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Bssid => f.write_str("the network's bssid lists exclude it"),
            Unfit::Channel(freq) => write!(f, "freq_list excludes {freq} MHz"),
            Unfit::Ibss => f.write_str("it is an IBSS"),
            Unfit::Requires(what) => write!(f, "it requires {what}, which the radio does not have"),
            Unfit::OpenWithoutPmf => f.write_str("it is open, and ieee80211w=2 was asked for"),
            Unfit::Open => f.write_str("it is open, and key_mgmt does not allow that"),
            Unfit::Wep => f.write_str("it uses WEP, which is not supported"),
            Unfit::Protected => f.write_str("it is protected, and key_mgmt=NONE was asked for"),
            Unfit::NoMethod => f.write_str("nothing of its key_mgmt can be used here"),
            Unfit::HashToElementOnly => {
                f.write_str("it has SAE with hash-to-element only, and sae_pwe does not allow that")
            }
            Unfit::Mismatch(mismatch) => mismatch.fmt(f),
            Unfit::NotSupported(akm) => write!(f, "{} is not supported", akm.config_name()),
        }
    }
}

/// What a network allows with this radio.
fn policy(profile: &Profile, abilities: &Abilities, tkip_barred: bool) -> StationPolicy {
    let security = &profile.security;
    let usable = |akm: &AkmSuite| !akm.is_sae() || abilities.sae;
    let mut akms: alloc::vec::Vec<AkmSuite> = security.akms.iter().copied().filter(usable).collect();
    // Drivers that connect by themselves are not helped with SAE yet: where there is a choice, it is the other one.
    if !abilities.user_sme && akms.iter().any(|akm| !akm.is_sae()) {
        akms.retain(|akm| !akm.is_sae());
    }
    StationPolicy {
        protocols: security.protocols.clone(),
        akms,
        pairwise: abilities.of_ciphers(&security.pairwise, tkip_barred),
        group: abilities.of_ciphers(&security.group, tkip_barred),
        group_management: abilities.of_ciphers(&security.group_management, tkip_barred),
        pmf: security.pmf,
        sae_pwe: if abilities.hunting_only { SaePwe::ForceHuntAndPeck } else { security.sae_pwe },
        sae_needs_pmf: security.sae_needs_pmf,
        password_id_change: security.password_id_change,
        ssid_protection: security.ssid_protection,
        ocv: security.ocv,
        wmm: false,
    }
}

/// Whether a network can be joined through a BSS; `tkip_barred`: without TKIP for now (its countermeasures).
///
/// # Errors
/// Why not.
pub fn fits(
    profile: &Profile,
    bss: &Bss,
    abilities: &Abilities,
    tkip_barred: bool,
) -> Result<Option<Negotiated>, Unfit> {
    let security = &profile.security;
    if !profile.bssids.accept(bss.bssid) {
        return Err(Unfit::Bssid);
    }
    if !profile.freqs.is_empty() && !profile.freqs.contains(&bss.freq) {
        return Err(Unfit::Channel(bss.freq));
    }
    if bss.capability & wire::frame::capability::IBSS != 0 {
        return Err(Unfit::Ibss);
    }
    if let Some(what) = abilities.lacks(bss) {
        return Err(Unfit::Requires(what));
    }
    if bss.is_open() {
        return match (security.open, security.open_refused) {
            (true, false) => Ok(None),
            (true, true) => Err(Unfit::OpenWithoutPmf),
            (false, _) => Err(Unfit::Open),
        };
    }
    if bss.rsne().is_none() && bss.wpa().is_none() {
        return Err(Unfit::Wep);
    }
    let mut policy = policy(profile, abilities, tkip_barred);
    policy.wmm = bss.has_wmm();
    if wire::channel::band_of(bss.freq) == Some(wire::channel::Band::Ghz6) {
        // 12.12.2 of IEEE Std 802.11-2024: nothing else there.
        policy.sae_pwe = policy.sae_pwe.only_h2e();
    }
    if policy.akms.is_empty() {
        return Err(if security.open && !security.protected { Unfit::Protected } else { Unfit::NoMethod });
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
            Err(Unfit::HashToElementOnly)
        }
        Ok(negotiated) if negotiated.akm.has_handshake() => Ok(Some(negotiated)),
        Ok(negotiated) => Err(Unfit::NotSupported(negotiated.akm)),
        Err(mismatch) => Err(Unfit::Mismatch(mismatch)),
    }
}

/// Whether a BSS bears the network's name: the beacon's, or any if the network names none.
#[must_use]
pub fn names(profile: &Profile, ssid: &Ssid) -> bool {
    match profile.ssid {
        Some(wanted) if !wanted.is_empty() => wanted == *ssid,
        Some(_) | None => !ssid.is_hidden() && (profile.ssid.is_some() || profile.bssids.only.is_some()),
    }
}

/// The order in which BSSs are tried: the better first. Signals beyond what any rate needs count alike.
pub(crate) fn better(a: &Bss, b: &Bss) -> core::cmp::Ordering {
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
