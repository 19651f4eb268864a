//! The language of hostapd.conf.

use super::*;
use crate::suites::{Ciphers, KeyMgmt, Proto};
use alloc::string::ToString;
use wire::MacAddr;

const SAMPLE: &str = "\
# A home
interface=wlan0
bridge=br0
driver=nl80211
logger_syslog=-1
logger_stdout_level=2
ctrl_interface=/run/hostapd
ctrl_interface_group=0
ssid=home # with a hash
country_code=DE
country3=0x49
ieee80211d=1
ieee80211h=1
hw_mode=a
channel=36
beacon_int=100
dtim_period=3
max_num_sta=255
supported_rates=60 90 120
basic_rates=60 120
ieee80211n=1
ht_capab=[HT40+][SHORT-GI-20][SHORT-GI-40][RX-STBC1]
wme_enabled=1
wme_ac_vo_cwmin=1
vendor_elements=dd0411223301
wpa=2
wpa_key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE
rsn_pairwise=CCMP GCMP
wpa_passphrase=secret passphrase
ieee80211w=1
sae_pwe=2
sae_groups=19 20 21
sae_password=for all
sae_password=for one|mac=02:11:22:33:44:55|vlanid=7|id=some one
anti_clogging_threshold=3

bss=wlan0_1
bssid=02:00:00:00:03:01
ssid2=P\"caf\\xc3\\xa9\"
utf8_ssid=1
ignore_broadcast_ssid=1
wpa=3
wpa_psk=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
wpa_pairwise=TKIP
accept_mac_file=/etc/a
accept_mac_file=/etc/b
macaddr_acl=1
";

fn parse(text: &str) -> ApConfig {
    ApConfig::parse("test.conf", text.as_bytes()).unwrap().0
}

fn errors(text: &str) -> Vec<String> {
    let rejected = ApConfig::parse("test.conf", text.as_bytes()).unwrap_err();
    rejected.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_whole_file_is_understood() {
    let (config, warnings) = ApConfig::parse("test.conf", SAMPLE.as_bytes()).unwrap();
    let radio = &config.radio;
    assert_eq!(radio.country(), Some(*b"DEI"));
    assert_eq!((radio.hw_mode(), radio.channel()), (HwMode::A, ChannelChoice::Number(36)));
    assert_eq!(radio.supported_rates(), [60, 90, 120]);
    assert_eq!(radio.ht_capab(), HtCapab { info: 0x016e, secondary: 1, either: false });
    assert_eq!(radio.wmm()[3].cw_min, 1);
    assert_eq!(radio.wmm()[2], WmmCategory { aifs: 2, cw_min: 3, cw_max: 4, txop: 94, acm: false });

    let home = &config.bss[0];
    assert_eq!((home.interface(), home.bridge()), ("wlan0", Some("br0")));
    assert_eq!(home.ssid().unwrap().as_bytes(), b"home # with a hash");
    assert_eq!((home.proto(), home.dtim_period(), home.max_num_sta()), (Proto::RSN, 3, 255));
    assert_eq!(home.key_mgmt(), KeyMgmt::PSK.union(KeyMgmt::PSK_SHA256).union(KeyMgmt::SAE));
    assert_eq!(home.rsn_pairwise(), Ciphers::CCMP.union(Ciphers::GCMP));
    assert_eq!(home.group_cipher(), Ciphers::CCMP);
    assert_eq!((home.group_rekey(), home.ieee80211w(), home.sae_pwe()), (86_400, 1, 2));
    assert_eq!(home.sae_anti_clogging_threshold(), 3);
    assert_eq!(home.sae_groups(), [19, 20, 21]);
    assert!(matches!(home.psk(), Some(Psk::Passphrase(p)) if p.as_bytes() == b"secret passphrase"));
    assert!(home.wmm_enabled(radio));
    assert_eq!(home.vendor_elements(), [0xdd, 4, 0x11, 0x22, 0x33, 1]);
    let passwords: Vec<_> = home.sae_passwords().collect();
    assert_eq!(passwords[0].password.as_bytes(), b"for one");
    assert_eq!(passwords[0].peer, Some(MacAddr([2, 0x11, 0x22, 0x33, 0x44, 0x55])));
    assert_eq!((passwords[0].vlan, passwords[0].id.as_deref()), (7, Some(&b"some one"[..])));
    assert_eq!((passwords[1].password.as_bytes(), passwords[1].peer), (&b"for all"[..], None));
    let control = home.control_directory().unwrap();
    assert_eq!((control.directory.as_str(), control.group.as_deref()), ("/run/hostapd", Some("0")));

    let guest = &config.bss[1];
    assert_eq!(guest.interface(), "wlan0_1");
    assert_eq!(guest.bssid(), Some(MacAddr([2, 0, 0, 0, 3, 1])));
    assert_eq!(guest.ssid().unwrap().as_bytes(), "caf\u{e9}".as_bytes());
    assert_eq!(guest.proto(), Proto::WPA.union(Proto::RSN));
    assert_eq!((guest.rsn_pairwise(), guest.group_cipher(), guest.group_rekey()), (Ciphers::TKIP, Ciphers::TKIP, 600));
    assert!(matches!(guest.psk(), Some(Psk::Key(_))));
    assert_eq!(guest.accept_mac_file(), [b"/etc/a".to_vec(), b"/etc/b".to_vec()]);
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "test.conf: wlan0_1: HT needs CCMP or GCMP; this BSS does without HT",
            "test.conf: wlan0_1: WPA1 and TKIP are broken; they are used because this configuration asks for them"
        ]
    );
}

#[test]
fn what_is_malformed_is_an_error_with_file_and_line() {
    let cases: &[(&str, &str)] = &[
        ("frobnicate=1\n", "test.conf:3: unknown parameter 'frobnicate'"),
        ("nothing\n", "test.conf:3: not a parameter: 'nothing'"),
        ("\nbeacon_int=9\n", "test.conf:4: beacon_int: 9 is not between 10 and 65535"),
        ("channel=300\n", "test.conf:3: channel: neither a channel number nor acs_survey"),
        ("hw_mode=x\n", "test.conf:3: hw_mode: \"x\" is none of a, b, g, ad, any"),
        ("country_code=de\n", "test.conf:3: country_code: \"de\" is not two capital letters"),
        ("wpa_passphrase=short\n", "test.conf:3: wpa_passphrase: a passphrase has 8 to 63 characters, not 5"),
        ("wpa_psk=00\n", "test.conf:3: wpa_psk: a pre-shared key is 64 hex digits"),
        ("auth_algs=0\n", "test.conf:3: auth_algs: 0 is not between 1 and 255"),
        ("rsn_pairwise=NONE\n", "test.conf:3: rsn_pairwise: NONE cannot be used here"),
        ("group_cipher=CCMP GCMP\n", "test.conf:3: group_cipher: not exactly one of CCMP-256 GCMP-256 CCMP GCMP TKIP"),
        ("vendor_elements=dd0\n", "test.conf:3: vendor_elements: not an even number of hex digits"),
        ("sae_password=x|mac=nope\n", "test.conf:3: sae_password: the address behind |mac= is not one"),
        ("bss=a/b\n", "test.conf:3: bss: not the name of a network interface"),
        ("wpa=2\n", "test.conf: w: WPA-PSK needs wpa_passphrase, wpa_psk or wpa_psk_file"),
        ("ieee80211d=1\n", "test.conf: ieee80211d=1 needs country_code"),
        ("bss=w\nssid=y\n", "test.conf: w: two BSSs have this interface"),
        (
            "wpa=2\nwpa_key_mgmt=WPA-EAP\n",
            "test.conf: w: IEEE 802.1X (wpa_key_mgmt=WPA-EAP, ieee8021x=1) is not supported yet",
        ),
        (
            "wpa=2\nwpa_key_mgmt=OWE\n",
            "test.conf: w: wpa_key_mgmt=OWE is not supported yet, and there is no other method",
        ),
        (
            "wpa=2\nwpa_key_mgmt=FT-PSK DPP\nwpa_passphrase=12345678\nnas_identifier=n\n",
            "test.conf: w: wpa_key_mgmt=FT-PSK DPP is not supported yet, and there is no other method",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(errors(&alloc::format!("interface=w\nssid=x\n{text}")), [*wanted], "{text}");
    }
    assert_eq!(errors("ssid=x\n"), ["test.conf: interface is not set"]);
    assert_eq!(errors("interface=w\n"), ["test.conf: w: ssid is not set"]);
}

#[test]
fn what_real_files_look_like_is_accepted() {
    let config =
        parse("interface=wlan0\r\nssid=x\r\n   \nchannel=6   # six\nhw_mode=g \nap_isolate=1 #c\nbeacon_int=+100\n");
    assert_eq!(config.radio.channel(), ChannelChoice::Number(6));
    assert_eq!(config.radio.hw_mode(), HwMode::G);
    assert!(config.bss[0].ap_isolate());
    let config = parse(
        "interface=w\nssid=x  # part of it\ncountry_code=US  # comment\nhw_mode=g\t# band\nmax_num_sta=7 stations\n\
         channel=10   # long comment, with\ttabs\nsupported_rates=60 120 # two\nbssid=02:00:00:00:00:01 # ours\n\
         wpa=2#RSN\nwpa_key_mgmt=WPA-PSK # one\nwpa_passphrase=a secret # too\nbeacon_int=200\t# ms\n",
    );
    assert_eq!((config.radio.country(), config.radio.hw_mode()), (Some(*b"US "), HwMode::G));
    assert_eq!(config.radio.channel(), ChannelChoice::Number(10));
    assert_eq!((config.radio.supported_rates(), config.radio.beacon_int()), (alloc::vec![60, 120], 200));
    let bss = &config.bss[0];
    assert_eq!((bss.max_num_sta(), bss.bssid(), bss.key_mgmt()), (7, Some(MacAddr([2, 0, 0, 0, 0, 1])), KeyMgmt::PSK));
    assert_eq!(bss.ssid().unwrap().as_bytes(), b"x  # part of it");
    assert!(matches!(bss.psk(), Some(Psk::Passphrase(p)) if p.as_bytes() == b"a secret # too"));
    assert_eq!(parse("interface=w\nssid=x\nchannel=acs_survey\n").radio.channel(), ChannelChoice::Automatic);
    assert_eq!(parse("interface=w\nssid=x\nchannel=5\nop_class=131\n").radio.hw_mode(), HwMode::A);
}

#[test]
fn what_is_not_supported_gives_a_warning_with_file_and_line() {
    let (_, warnings) = ApConfig::parse("h", b"interface=w\nssid=x\nwps_state=2\ndriver=wired\ndebug=2\n").unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "h:3: wps_state is not supported yet and has no effect",
            "h:4: driver is ignored: nl80211 is the only driver interface",
            "h:5: debug is obsolete and has no effect"
        ]
    );
}

#[test]
fn a_value_out_of_range_of_what_has_no_effect_does_not_refuse_the_file() {
    let (_, warnings) = ApConfig::parse("h", b"interface=w\nssid=x\nhe_bss_color=128\n").unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["h:3: he_bss_color: 128 is not between 0 and 63; it is not supported yet and has no effect"]);
    assert_eq!(
        errors("interface=w\nssid=x\nbeacon_int=9\n"),
        ["test.conf:3: beacon_int: 9 is not between 10 and 65535"]
    );
}

#[test]
fn only_a_side_makes_a_channel_wide() {
    let text = |words: &str| alloc::format!("interface=w\nssid=x\nieee80211n=1\nht_capab={words}\n");
    for (words, side, either) in [
        ("[HT40]", 0, false),
        ("[HT40+]", 1, false),
        ("[HT40-]", -1, false),
        ("[HT40+][HT40-]", 1, true),
        ("[HT40-][HT40+]", 1, true),
    ] {
        let capab = parse(&text(words)).radio.ht_capab();
        assert_eq!((capab.secondary, capab.either, capab.info & 2 != 0), (side, either, side != 0), "{words}");
    }
    let (_, warnings) = ApConfig::parse("h", text("[HT40]").as_bytes()).unwrap();
    assert!(warnings.iter().any(|warning| warning.text.starts_with("ht_capab: [HT40] means nothing")));
}

#[test]
fn the_words_of_vht_capab_are_read() {
    let capab = |words: &str| parse(&alloc::format!("interface=w\nssid=x\nvht_capab={words}\n")).radio.vht_capab();
    // As hostapd's example file has it.
    assert_eq!(capab("[SHORT-GI-80][HTC-VHT]"), 1 << 5 | 1 << 22);
    assert_eq!(
        capab("[MAX-MPDU-11454][VHT160][RXLDPC][RX-STBC-1][MAX-A-MPDU-LEN-EXP7]"),
        2 | 1 << 2 | 1 << 4 | 1 << 8 | 7 << 23
    );
    assert_eq!(capab("[VHT160-80PLUS80][BF-ANTENNA-4][SOUNDING-DIMENSION-4]"), 2 << 2 | 3 << 13 | 3 << 16);
    assert_eq!(capab("[MAX-MPDU-3895]"), 0);
    assert_eq!(parse("interface=w\nssid=x\n").radio.vht_capab(), 0);
}

#[test]
fn what_is_no_number_is_read_as_the_original_does_and_said_where_no_limits_are() {
    let text = b"interface=w\nssid=x\nutf8_ssid=AP 1\nap_max_inactivity=60s\nskip_inactivity_poll=-\n";
    let (config, warnings) = ApConfig::parse("h", text).unwrap();
    let value = |name: &str| config.get(0, name.as_bytes());
    assert_eq!(value("utf8_ssid"), Some(b"0".to_vec()));
    assert_eq!(value("ap_max_inactivity"), Some(b"60".to_vec()));
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "h:3: utf8_ssid: \"AP 1\" is not a number; it is read as 0",
            "h:4: ap_max_inactivity: \"60s\" is not a number; it is read as 60",
            "h:5: skip_inactivity_poll: \"-\" is not a number; it is read as 0"
        ]
    );
    assert_eq!(errors("interface=w\nssid=x\nwpa=two\n"), ["test.conf:3: wpa: \"two\" is not a number"]);
}

#[test]
fn the_value_that_a_parameter_has_anyway_is_no_warning() {
    let text = b"interface=w\nssid=x\neap_server=0\nhe_bss_color=0\neap_server=1\n";
    let (_, warnings) = ApConfig::parse("h", text).unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["h:5: eap_server is not supported yet and has no effect"]);
}

#[test]
fn methods_that_are_left_out_of_a_list_are_named() {
    let text = b"interface=w\nssid=x\nwpa=2\nwpa_key_mgmt=WPA-PSK OWE DPP\nwpa_passphrase=12345678\n";
    let (_, warnings) = ApConfig::parse("h", text).unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["h: w: wpa_key_mgmt: DPP OWE is not supported yet and not offered"]);
}

#[test]
fn set_works_as_it_does_at_run_time() {
    let mut config = ApConfig::for_interface("wlan3");
    let mut set = |name: &str, value: &str| config.set(0, name.as_bytes(), value.as_bytes());
    assert_eq!(set("ssid", "test"), Ok(Change::Changed));
    assert_eq!(set("ssid", "test"), Ok(Change::Same));
    assert_eq!(set("channel", "1"), Ok(Change::Changed));
    assert_eq!(set("hw_mode", "g"), Ok(Change::Changed));
    assert_eq!(set("wpa", "2"), Ok(Change::Changed));
    assert_eq!(set("wpa_passphrase", "12345678"), Ok(Change::Changed));
    assert_eq!(set("rsn_pairwise", "CCMP"), Ok(Change::Changed));
    assert_eq!(set("nothing", "1"), Err(SetError::Unknown));
    assert!(matches!(set("wpa_group_update_count", "0"), Err(SetError::Invalid(_))));
    assert_eq!(set("wpa_group_update_count", "0x10"), Ok(Change::Changed));
    assert!(matches!(set("ssid", "x\ny"), Err(SetError::Invalid(_))));
    assert!(config.check().errors.is_empty());
    assert_eq!(config.get(0, b"wpa_passphrase"), Some(b"*".to_vec()));
    assert_eq!(config.get(0, b"ssid"), Some(b"test".to_vec()));
    assert_eq!(config.get(0, b"beacon_int"), Some(b"100".to_vec()));
    // A key replaces the passphrase, one spelling of the name the other.
    config.set(0, b"wpa_psk", &[b'0'; 64]).unwrap();
    assert!(matches!(config.bss[0].psk(), Some(Psk::Key(_))));
    config.set(0, b"ssid2", b"\"other\"").unwrap();
    assert_eq!(config.bss[0].ssid().unwrap().as_bytes(), b"other");
    assert_eq!(config.set(7, b"ssid", b"x"), Err(SetError::Unknown));
    assert_eq!(config.set(0, b"vendor_elements", b"dd00"), Ok(Change::Changed));
    assert_eq!(config.set(0, b"vendor_elements", b""), Ok(Change::Changed));
    assert!(config.bss[0].vendor_elements().is_empty());
    config.set(0, b"sae_password", b"one").unwrap();
    assert_eq!(config.set(0, b"sae_password", b""), Ok(Change::Changed));
    assert_eq!(config.bss[0].sae_passwords().count(), 0);
}

#[test]
fn what_a_change_does_is_said_by_the_row() {
    for (name, effect) in [
        ("sae_password", Effect::AtOnce),
        ("anti_clogging_threshold", Effect::AtOnce),
        ("wpa_passphrase", Effect::AtOnce),
        ("max_num_sta", Effect::AtOnce),
        ("deny_mac_file", Effect::List),
        ("wpa_psk_file", Effect::Reload),
        ("ctrl_interface", Effect::Sockets),
        ("ssid", Effect::Reload),
        ("channel", Effect::Reload),
        ("wme_ac_be_aifs", Effect::Reload),
        ("he_bss_color", Effect::Nothing),
        ("no_such_thing", Effect::Nothing),
    ] {
        assert_eq!(ApConfig::on_change(name.as_bytes()), effect, "{name}");
    }
    assert!(ApConfig::names_file(b"wpa_psk_file") && !ApConfig::names_file(b"wpa_psk"));
}

#[test]
fn the_files_that_parameters_name_are_listed_with_them() {
    let config =
        parse("interface=w\nssid=x\naccept_mac_file=/a\nwpa_psk_file=/k\naccept_mac_file=/b\nsae_password_file=/s\n");
    let files = config.bss[0].files();
    let wanted =
        [("accept_mac_file", "/a"), ("accept_mac_file", "/b"), ("wpa_psk_file", "/k"), ("sae_password_file", "/s")];
    assert_eq!(files, wanted.map(|(name, path)| (name, path.as_bytes())));
    assert!(parse("interface=w\nssid=x\nwpa_psk_file=\neap_user_file=/u\n").bss[0].files().is_empty());
}

#[test]
fn wpa1_and_tkip_are_off_unless_asked_for() {
    let bss = &parse("interface=w\nssid=x\nwpa=2\nwpa_passphrase=12345678\n").bss[0];
    assert_eq!((bss.rsn_pairwise(), bss.group_cipher()), (Ciphers::CCMP, Ciphers::CCMP));
    let strong = [
        ("GCMP", Ciphers::GCMP),
        ("GCMP-256", Ciphers::GCMP_256),
        ("CCMP-256", Ciphers::CCMP_256),
        ("CCMP-256 CCMP", Ciphers::CCMP),
    ];
    for (text, group) in strong {
        let bss = &parse(&alloc::format!("interface=w\nssid=x\nwpa=2\nwpa_passphrase=12345678\nrsn_pairwise={text}\n"))
            .bss[0];
        assert_eq!(bss.group_cipher(), group, "{text}");
    }
}

#[test]
fn the_files_it_names_are_read() {
    let list = parse_mac_file("m", b"# c\n02:00:00:00:00:01\n-02:00:00:00:00:02\n02:00:00:00:00:03 12 # x\n").unwrap();
    assert_eq!(list.len(), 3);
    assert!(list[1].remove && list[2].vlan == 12 && list[0].vlan == 0);
    assert_eq!(parse_mac_file("m", b"\nx\n").unwrap_err().to_string(), "m:2: not an address");

    let keys = parse_psk_file(
        "p",
        b"# c\n00:00:00:00:00:00 12345678\nkeyid=guest vlanid=3 wps=1 02:00:00:00:00:01 with a space\n02:00:00:00:00:02 0000000000000000000000000000000000000000000000000000000000000000\n",
    )
    .unwrap();
    assert!(matches!(&keys[0].secret, PskSecret::Key(_)));
    assert!(matches!(&keys[1].secret, PskSecret::Passphrase(p) if p.as_bytes() == b"with a space"));
    assert_eq!((keys[1].keyid.as_deref(), keys[1].vlan, keys[1].wps), (Some("guest"), 3, true));
    assert_eq!((keys[1].address, keys[2].address), (Some(MacAddr([2, 0, 0, 0, 0, 1])), None));
    for (text, wanted) in [
        ("x 12345678", "p:1: not an address"),
        ("02:00:00:00:00:01", "p:1: there is no key"),
        ("02:00:00:00:00:01 short", "p:1: neither a passphrase of 8 to 63 characters nor 64 hex digits"),
        ("foo=1 02:00:00:00:00:01 12345678", "p:1: unknown option before the address"),
        (" ", "p:1: neither address nor key"),
    ] {
        assert_eq!(parse_psk_file("p", text.as_bytes()).unwrap_err().to_string(), wanted);
    }

    let passwords = parse_sae_password_file("s", b"first\n#second|id=x\n\n").unwrap();
    assert_eq!(passwords[0].password.as_bytes(), b"#second");
    assert_eq!(passwords[1].password.as_bytes(), b"first");
}

#[test]
fn secrets_are_not_shown() {
    let config = parse(SAMPLE);
    let debug = alloc::format!("{config:?}");
    assert!(
        !debug.contains("secret passphrase") && !debug.contains("for one") && !debug.contains("0102030405"),
        "{debug}"
    );
}

#[test]
fn no_name_is_declared_twice_and_every_alias_exists() {
    let all: Vec<_> = RADIO_PARAMS.iter().chain(BSS_PARAMS).collect();
    for (i, param) in all.iter().enumerate() {
        assert!(!all[..i].iter().any(|other| other.name == param.name), "{}", param.name);
        assert!(param.shape.into.is_none_or(|name| all.iter().any(|other| other.name == name)), "{}", param.name);
        assert!(param.doc.ends_with('.'), "{}", param.name);
    }
}

#[test]
fn garbage_does_not_panic() {
    let mut state = 1_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % sides
    };
    for _ in 0..3000 {
        let mut text = SAMPLE.as_bytes().to_vec();
        for _ in 0..=roll(12) {
            let at = roll(text.len());
            match roll(3) {
                0 => text[at] = u8::try_from(roll(256)).unwrap(),
                1 => drop(text.drain(at..(at + roll(40)).min(text.len()))),
                _ => text.insert(at, b"\n\"#=|:[- "[roll(9)]),
            }
            text.push(b'\n');
        }
        if let Ok((config, _)) = ApConfig::parse("g", &text) {
            let _ = (config.radio.ht_capab(), config.radio.wmm(), config.check());
            for bss in &config.bss {
                let _ = (bss.ssid(), bss.group_cipher(), bss.group_rekey());
                assert!(bss.sae_passwords().count() <= 2 + text.len());
            }
        }
        let _ = (parse_mac_file("m", &text), parse_psk_file("p", &text), parse_sae_password_file("s", &text));
    }
}

#[test]
fn what_follows_from_a_refused_line_is_not_said_too() {
    let conf = b"interface=wlan0\nssid=x\nwpa=2\nwpa_passphrase=short\nrsn_pairwise=CCMP\n";
    let errors = ApConfig::parse("test.conf", conf).unwrap_err().errors;
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["test.conf:4: wpa_passphrase: a passphrase has 8 to 63 characters, not 5"]);
}

#[test]
fn a_channel_that_is_no_number_is_any() {
    let (config, warnings) = ApConfig::parse("test.conf", b"interface=wlan0\nssid=x\nchannel=auto\n").unwrap();
    assert_eq!(config.radio.channel(), ChannelChoice::Automatic);
    assert!(warnings.iter().any(|warning| warning.to_string().starts_with("test.conf:3: channel names none")));
}

#[test]
fn what_openwrt_writes_is_known() {
    let conf = b"interface=wlan0\nssid=x\nhw_mode=g\nchannel=6\nnoscan=1\nht_coex=0\nradio_config_id=76fd\n\
        network_bridge=br-lan\nsnoop_iface=br-lan\nvlan_no_bridge=1\nconfig_id=1\niface_max_num_sta=9\n";
    assert!(ApConfig::parse("test.conf", conf).is_ok());
}

#[test]
fn many_parameters_without_effect_are_one_line() {
    let few = "interface=wlan0\nssid=x\nhw_mode=g\nchannel=6\nchanlist=6\nvlan_file=/x\nchannel=auto\n";
    let many = "tx_queue_data2_burst=2.0\nvlan_naming=1\nwds_bridge=b\n";
    let lines = |conf: &str| Notice::lines(&ApConfig::parse("a", conf.as_bytes()).unwrap().1);
    assert_eq!(lines(few)[0], "a:5: chanlist is not supported yet and has no effect");
    let lines = lines(&format!("{few}{many}"));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("a:7: channel names none"));
    let all = "chanlist (5), vlan_file (6), tx_queue_data2_burst (8), vlan_naming (9), wds_bridge (10)";
    assert_eq!(lines[1], format!("a: not supported yet and without effect, with their lines: {all}"));
}
