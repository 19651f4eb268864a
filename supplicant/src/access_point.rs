//! From a network of `mode=2` to what the access point's engine is given.

use std::time::Duration;

use ap::profile::{Psk, SaePassword, Security, Shown};
use ap::radio::{Ht, Mode, USUAL_WMM, Vht, VhtWidth};
use ap::{Profile, RadioProfile};
use conf::station::{Globals, Network};
use ipc_proto::{BandInfo, WiphyInfo};
use rsn::{AkmSuite, CipherSuite, Pmf};
use wire::channel::{Band, band_of, number_of};

use crate::profile::security;

/// The channel of networks that name none, in MHz: the last one that is allowed nearly everywhere.
const USUAL_FREQUENCY: i64 = 2462;
/// Group keys of TKIP are renewed after so long: they wear out faster.
const TKIP_REKEY: Duration = Duration::from_secs(600);

/// The first of these numbers that says something.
fn said(numbers: [i64; 3]) -> u32 {
    numbers.into_iter().find_map(|number| u32::try_from(number).ok().filter(|number| *number > 0)).unwrap_or(0)
}

fn octet(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// The radio as the network asks for it.
///
/// # Errors
/// Why this one cannot do that, in words.
pub(crate) fn radio(network: &Network, globals: &Globals, wiphy: &WiphyInfo) -> Result<RadioProfile, String> {
    let freq = Some(network.frequency()).filter(|freq| *freq != 0).unwrap_or(USUAL_FREQUENCY);
    let freq = u32::try_from(freq).unwrap_or(0);
    let band = band_of(freq).and_then(|band| wiphy.bands.iter().find(|info| info.band == band));
    let there = |info: &&BandInfo| info.channels.iter().any(|channel| channel.freq == freq);
    let (Some(info), Some(number)) = (band.filter(there), number_of(freq)) else {
        return Err(format!("frequency={freq}: the radio has no such channel"));
    };
    let ht = info.ht_capability.filter(|_| network.ht() && !network.disable_ht());
    let vht = info.vht_capability.filter(|_| ht.is_some() && network.vht() && !network.disable_vht());
    let centre = u32::try_from(network.vht_center_freq1()).ok().and_then(number_of);
    // Where radars have to be avoided, stations are told what is allowed; elsewhere whoever carries this network about
    // should not move theirs into another country.
    let radar = info.channels.iter().any(|channel| channel.freq == freq && channel.radar);
    let country = globals.country().map(|[a, b]| [a, b, b' ']);
    Ok(RadioProfile {
        mode: match info.band {
            Band::Ghz2 => Mode::G,
            Band::Ghz5 | Band::Ghz6 | Band::S1g => Mode::A,
            Band::Ghz60 => Mode::Ad,
        },
        six_ghz: info.band == Band::Ghz6,
        channel: Some(number),
        ht: ht.map(|info| Ht { info, secondary: i8::try_from(network.ht40()).unwrap_or(0), either: false }),
        vht: vht.map(|info| Vht {
            info,
            width: match network.max_oper_chwidth() {
                1 => VhtWidth::Mhz80,
                2 => VhtWidth::Mhz160,
                3 => VhtWidth::Mhz80Plus80,
                _ => VhtWidth::Narrow,
            },
            centre: centre.unwrap_or(0),
        }),
        require_ht: false,
        require_vht: false,
        rates: Vec::new(),
        basic_rates: Vec::new(),
        beacon_interval: u16::try_from(said([network.beacon_int(), globals.beacon_int(), 100])).unwrap_or(u16::MAX),
        short_preamble: false,
        country,
        announces_country: country.is_some() && radar,
        spectrum_management: country.is_some() && radar,
        wmm: USUAL_WMM,
    })
}

/// The network as the engine knows it.
pub(crate) fn profile(network: &Network, globals: &Globals) -> Profile {
    let mut profile = Profile::open(network.ssid().unwrap_or_default());
    profile.shown = match network.ignore_broadcast_ssid() {
        0 => Shown::Plain,
        1 => Shown::Empty,
        _ => Shown::Zeros,
    };
    profile.security = protection(network, globals);
    profile.admission.most = u32::try_from(globals.max_num_sta()).unwrap_or(0);
    profile.care.inactivity = said([network.ap_max_inactivity(), 300, 0]);
    profile.beacon.dtim_period = octet(said([network.dtim_period(), globals.dtim_period(), 2]));
    profile.beacon.elements = globals.ap_vendor_elements().unwrap_or_default().to_vec();
    profile.beacon.response_elements = globals.ap_assocresp_elements().unwrap_or_default().to_vec();
    profile.features.isolate = globals.ap_isolate();
    profile
}

/// How it is protected: by what a station would accept of such a network.
fn protection(network: &Network, globals: &Globals) -> Option<Security> {
    let accepted = security(network, globals);
    if accepted.akms.is_empty() {
        return None;
    }
    let sae = accepted.akms.iter().any(|akm| akm.is_sae());
    let has = |cipher: CipherSuite| accepted.pairwise.contains(&cipher);
    let group = if has(CipherSuite::Tkip) { Some(CipherSuite::Tkip) } else { accepted.pairwise.first().copied() };
    let mut made = Security::new(accepted.akms, if sae { accepted.pmf } else { pmf(network, globals) });
    // Suites with a stronger hash need protected management frames: offered only where there are some.
    if made.pmf == Pmf::Disabled {
        made.akms.retain(|akm| *akm != AkmSuite::PskSha256);
    }
    made.protocols = accepted.protocols;
    made.wpa_pairwise.clone_from(&accepted.pairwise);
    made.rsn_pairwise = accepted.pairwise;
    made.group = group.unwrap_or(CipherSuite::Ccmp128);
    made.group_management = accepted.group_management.first().copied().unwrap_or(CipherSuite::BipCmac128);
    made.beacon_protection = network.beacon_prot();
    made.ssid_protection = network.ssid_protection();
    made.transition_disable = u8::try_from(network.transition_disable()).ok().filter(|bits| *bits != 0);
    made.psk = accepted.psk.and_then(|psk| match psk {
        sta::Psk::Passphrase(passphrase) => Some(Psk::Passphrase(passphrase)),
        sta::Psk::Key(key) => Some(Psk::Key(key)),
        sta::Psk::Elsewhere => None,
    });
    made.sae.pwe = accepted.sae_pwe;
    made.sae.groups = crate::profile::sae_groups(globals);
    made.sae.without_passphrase = true;
    made.sae.passwords = accepted
        .sae
        .map(|secret| SaePassword { password: secret.password, peer: None, vlan: 0, id: secret.identifier })
        .into_iter()
        .collect();
    made.handshakes.eapol_version = globals.eapol_version();
    let rekey = network.wpa_ptk_rekey();
    made.handshakes.ptk_rekey = (rekey > 0).then(|| Duration::from_secs(rekey.into()));
    if let Ok(seconds) = u64::try_from(network.group_rekey())
        && seconds > 0
    {
        made.handshakes.group_rekey = Some(Duration::from_secs(seconds));
    } else if made.group == CipherSuite::Tkip {
        made.handshakes.group_rekey = Some(TKIP_REKEY);
    }
    Some(made)
}

/// Protection of management frames where no method needs it: as is said, else not.
fn pmf(network: &Network, globals: &Globals) -> Pmf {
    match network.ieee80211w(globals) {
        2 => Pmf::Required,
        1 => Pmf::Optional,
        _ => Pmf::Disabled,
    }
}

#[cfg(test)]
mod tests {
    use conf::station::StationConfig;
    use ipc_proto::{BandInfo, ChannelInfo, WiphyInfo};
    use rsn::{AkmSuite, CipherSuite, Pmf};
    use wire::channel::Band;

    use super::{TKIP_REKEY, profile, radio};

    fn config(lines: &str) -> StationConfig {
        let text = format!("network={{\nssid=\"own\"\nmode=2\n{lines}\n}}\n");
        StationConfig::parse("test.conf", text.as_bytes()).unwrap().0
    }

    fn wiphy() -> WiphyInfo {
        let channel = |freq, radar| ChannelInfo {
            freq,
            disabled: false,
            no_ir: false,
            radar,
            no_ht40_plus: false,
            no_ht40_minus: false,
            max_power: 2000,
        };
        let band = |band, channels| BandInfo {
            band,
            rates: vec![60, 120, 240],
            ht_capability: Some(0x0002),
            ht_ampdu: 0,
            ht_mcs: Vec::new(),
            vht_capability: None,
            vht_mcs: Vec::new(),
            channels,
        };
        WiphyInfo {
            bands: vec![
                band(Band::Ghz2, vec![channel(2412, false), channel(2462, false)]),
                band(Band::Ghz5, vec![channel(5180, false), channel(5260, true)]),
            ],
            ..WiphyInfo::default()
        }
    }

    #[test]
    fn a_channel_that_the_radio_does_not_have_is_refused_and_none_is_the_usual_one() {
        for (lines, number) in [("", Some(11)), ("frequency=2412", Some(1)), ("frequency=5180", Some(36))] {
            let config = config(&format!("key_mgmt=NONE\n{lines}"));
            let made = radio(&config.networks[0], &config.globals, &wiphy()).unwrap();
            assert_eq!(made.channel, number, "{lines}");
            assert!(!made.announces_country);
        }
        let config = config("key_mgmt=NONE\nfrequency=2413");
        let refused = radio(&config.networks[0], &config.globals, &wiphy()).unwrap_err();
        assert!(refused.contains("frequency=2413"), "{refused}");
    }

    #[test]
    fn the_country_is_told_where_radars_have_to_be_avoided() {
        let mut config = config("key_mgmt=NONE\nfrequency=5260");
        config.globals.set(b"country", b"FI").unwrap();
        let made = radio(&config.networks[0], &config.globals, &wiphy()).unwrap();
        assert!(made.announces_country && made.spectrum_management && made.country == Some(*b"FI "));
    }

    #[test]
    fn a_network_is_protected_by_what_its_stations_would_accept() {
        let of = |lines: &str| {
            let config = config(lines);
            profile(&config.networks[0], &config.globals).security
        };
        assert_eq!(of("key_mgmt=NONE"), None);
        let made = of("psk=\"a passphrase\"").unwrap();
        assert_eq!((made.akms.as_slice(), made.pmf), (&[AkmSuite::Psk][..], Pmf::Disabled));
        assert_eq!(made.group, CipherSuite::Ccmp128);
        let made = of("key_mgmt=SAE\nsae_password=\"secret\"\nsae_password_id=\"who\"").unwrap();
        assert_eq!(made.akms, [AkmSuite::Sae]);
        assert!(made.pmf != Pmf::Disabled && made.sae.without_passphrase);
        assert_eq!(made.sae.passwords[0].id.as_deref(), Some(&b"who"[..]));
        let made = of("psk=\"a passphrase\"\nproto=WPA\npairwise=TKIP\ngroup=TKIP").unwrap();
        assert_eq!((made.group, made.handshakes.group_rekey), (CipherSuite::Tkip, Some(TKIP_REKEY)));
    }
}
