//! The language of wpa_supplicant.conf.

use super::*;
use crate::param::Effect;
use crate::suites::{Ciphers, KeyMgmt, Proto};
use crate::values::{Change, SetError};
use alloc::{format, string::ToString, vec};
use wire::MacAddr;

const SAMPLE: &str = r#"# Everything a home needs
ctrl_interface=DIR=/run/wpa_supplicant GROUP=netdev
update_config=1
country=DE
eapol_version=2
ap_scan=1
bss_max_count=250	# trailing comment
sae_groups=21 20 19
sae_pwe=2
pmf=1
okc=1
device_name=A #nice name
bgscan="simple:30:-45:300"
wmm_ac_vo_txop_limit=47
uuid=12345678-9abc-def0-1234-56789abcdef0
ip_addr_go=192.168.42.1

network={
	ssid="home # not a comment"
	psk="secret passphrase"
	priority=5
	id_str="home"
	key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE
	proto=WPA2
	pairwise=CCMP GCMP
	group=CCMP TKIP WEP104
	ieee80211w=1
	bssid=02:00:00:00:03:00
	bssid_blacklist=02:11:22:33:44:55 02:22:aa:44:00:00/ff:ff:ff:ff:00:00
	scan_freq=2412 5180
	freq_list=2412
	auth_alg=OPEN
}

network={
	ssid=00112233
	scan_ssid=1
	psk=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
}

network={
	ssid=P"tab\there\x21"
	key_mgmt=NONE
	disabled=1
}

network={
	key_mgmt=WPA-EAP
	ssid="work"
	eap=TTLS PEAP
	identity="user@example.com"
	password=hash:00112233445566778899aabbccddeeff
	ca_cert="/etc/cert/ca.pem"
	phase2="auth=MSCHAPV2"
	domain_suffix_match="example.com"
}

cred={
	realm="example.com"
	username="user"
	password="pass"
	domain="example.com"
	domain="example.org"
	roaming_consortium=223344
}

identity={
	dik_cipher=0
	pmkid=00112233445566778899aabbccddeeff
}

blob-base64-exampleblob={
SGVsbG8gV29ybGQhCg==
}
"#;

fn parse(text: &str) -> StationConfig {
    StationConfig::parse("test.conf", text.as_bytes()).unwrap().0
}

fn errors(text: &str) -> Vec<String> {
    let rejected = StationConfig::parse("test.conf", text.as_bytes()).unwrap_err();
    rejected.errors.iter().map(ToString::to_string).collect()
}

fn network(fields: &str) -> Network {
    parse(&format!("network={{\n{fields}\n}}\n")).networks.remove(0)
}

fn get(network: &Network, field: &str) -> Option<String> {
    network.get(field.as_bytes()).map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn a_whole_file_is_understood() {
    let config = parse(SAMPLE);
    let directory = config.globals.control_directory().unwrap();
    assert_eq!(directory.directory, "/run/wpa_supplicant");
    assert_eq!(directory.group.as_deref(), Some("netdev"));
    assert!(config.globals.update_config());
    assert_eq!(config.globals.country(), Some(*b"DE"));
    assert_eq!(config.globals.bss_max_count(), 250);
    assert_eq!(config.globals.sae_groups(), [21, 20, 19]);
    assert_eq!(config.globals.get(b"device_name").unwrap(), b"A");
    assert_eq!(config.globals.get(b"bgscan").unwrap(), b"\"simple:30:-45:300\"");
    assert_eq!(config.networks.iter().map(Network::id).collect::<Vec<_>>(), [0, 1, 2, 3]);

    let home = &config.networks[0];
    assert_eq!(home.ssid().unwrap().as_bytes(), b"home # not a comment");
    assert!(matches!(home.psk(), Some(Psk::Passphrase(p)) if p.as_bytes() == b"secret passphrase"));
    assert_eq!(home.sae_password().unwrap().as_bytes(), b"secret passphrase");
    assert_eq!(home.key_mgmt(), KeyMgmt::PSK.union(KeyMgmt::PSK_SHA256).union(KeyMgmt::SAE));
    assert_eq!(home.proto(), Proto::RSN);
    assert_eq!(home.group(), Ciphers::CCMP.union(Ciphers::TKIP));
    assert_eq!(home.priority(), 5);
    assert_eq!(home.id_str(), Some(&b"home"[..]));
    assert_eq!(home.bssid(), Some(MacAddr([2, 0, 0, 0, 3, 0])));
    assert_eq!(home.scan_freq(), [2412, 5180]);
    assert!(home.proactive_key_caching(&config.globals));

    let second = &config.networks[1];
    assert_eq!(second.ssid().unwrap().as_bytes(), [0, 0x11, 0x22, 0x33]);
    assert!(second.scan_ssid());
    assert!(matches!(second.psk(), Some(Psk::Key(key)) if key.len() == 32));
    assert_eq!(second.ieee80211w(&config.globals), 1);

    assert_eq!(config.networks[2].ssid().unwrap().as_bytes(), b"tab\there!");
    assert!(config.networks[2].is_disabled());
    assert_eq!(config.networks[2].ieee80211w(&config.globals), 0);
    assert_eq!(config.creds[0].get(b"password").unwrap(), b"*");
    assert_eq!(config.creds[0].get(b"realm").unwrap(), b"example.com");
    assert_eq!(config.blobs["exampleblob"], b"Hello World!\n");
}

#[test]
fn what_is_saved_reads_as_the_same() {
    let config = parse(SAMPLE);
    let text = config.to_text();
    let again = StationConfig::parse("saved", &text).unwrap().0;
    assert_eq!(config, again, "{}", String::from_utf8_lossy(&text));
    assert_eq!(text, again.to_text());
}

#[test]
fn what_is_not_supported_gives_a_warning_with_file_and_line() {
    let (_, warnings) = StationConfig::parse(
        "/etc/w.conf",
        b"\nautoscan=exponential:3:300\nnetwork={\nssid=\"x\"\nphase1=\"peaplabel=1\"\n}\n",
    )
    .unwrap();
    let lines: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "/etc/w.conf:2: autoscan is not supported yet and has no effect",
            "/etc/w.conf:5: phase1 is not supported yet and has no effect"
        ]
    );
}

#[test]
fn what_is_malformed_is_an_error_with_file_and_line() {
    let cases: &[(&str, &str)] = &[
        ("frobnicate=1\n", "test.conf:1: unknown global parameter 'frobnicate'"),
        ("\n\nap_scan=one\n", "test.conf:3: ap_scan: \"one\" is not a number"),
        ("eapol_version=9\n", "test.conf:1: eapol_version: 9 is not between 1 and 3"),
        ("ctrl_interface\n", "test.conf:1: neither a parameter nor a block: 'ctrl_interface'"),
        ("network={\nfrob=1\n}\n", "test.conf:2: unknown network field 'frob'"),
        ("network={\nssid\n}\n", "test.conf:2: a network block has no such line: 'ssid'"),
        ("network={\nssid=\"x\n}\n", "test.conf:2: ssid: a quote is not closed"),
        ("network={\nssid=0g\n}\n", "test.conf:2: ssid: 0g is neither in quotes (\"…\") nor hex digits"),
        ("network={\npsk=\"short\"\n}\n", "test.conf:2: psk: a passphrase has 8 to 63 characters, not 5"),
        ("network={\npsk=0011\n}\n", "test.conf:2: psk: neither a passphrase in quotes nor 64 hex digits"),
        ("network={\nkey_mgmt=WPA-FOO\n}\n", "test.conf:2: key_mgmt: \"WPA-FOO\" has no meaning here"),
        ("network={\npairwise=WEP40\n}\n", "test.conf:2: pairwise: WEP40 cannot be used here"),
        ("network={\nbssid=02:00\n}\n", "test.conf:2: bssid: \"02:00\" is not an address"),
        (
            "network={\nmode=5\nkey_mgmt=WPA-PSK\n}\n",
            "test.conf:4: a mesh network (mode=5) needs key_mgmt=NONE or key_mgmt=SAE",
        ),
        ("cred={\nfrob=1\n}\n", "test.conf:2: unknown cred field 'frob'"),
        ("blob-base64-x={\n!\n}\n", "test.conf:3: the blob is not base64"),
        ("network={\nssid=\"x\"\n", "test.conf:2: the network block that line 1 opens is not closed"),
    ];
    for (text, wanted) in cases {
        assert_eq!(errors(text), [*wanted], "{text}");
    }
    // All errors are told at once.
    assert_eq!(errors("a=1\nb=2\nnetwork={\nc=3\n}\n").len(), 3);
}

#[test]
fn a_value_that_asks_for_what_there_is_not_is_named() {
    for (lines, wanted) in [
        ("key_mgmt=WPA-EAP", Some("key_mgmt: WPA-EAP is not supported yet; this network cannot be joined")),
        ("key_mgmt=OWE", Some("key_mgmt: OWE is not supported yet; this network cannot be joined")),
        ("key_mgmt=FT-PSK", Some("key_mgmt: FT-PSK is not supported yet; this network cannot be joined")),
        ("key_mgmt=WPA-PSK FT-PSK SAE", Some("key_mgmt: FT-PSK is not supported yet and not used")),
        (
            "psk=ext:name",
            Some("psk: secrets of an external store (ext:) are not supported yet; this network cannot be joined"),
        ),
        ("key_mgmt=WPA-PSK SAE", None),
        ("psk=\"external\"", None),
    ] {
        let text = format!("network={{\nssid=\"x\"\n{lines}\n}}\n");
        let mut config = StationConfig::default();
        let warnings = config.read("h", text.as_bytes(), false).unwrap();
        let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        let wanted: Vec<_> = wanted.iter().map(|what| format!("h:3: {what}")).collect();
        assert_eq!(warnings, wanted, "{lines}");
    }
}

#[test]
fn an_authentication_algorithm_that_is_not_there_is_told() {
    let warnings = |words: &str| {
        let text = alloc::format!("network={{\nssid=\"x\"\nkey_mgmt=NONE\nauth_alg={words}\n}}\n");
        let (_, warnings) = StationConfig::parse("w", text.as_bytes()).unwrap();
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(warnings("OPEN SHARED"), [""; 0]);
    assert_eq!(warnings("SHARED"), ["w:4: auth_alg: SHARED is not supported; open authentication is used"]);
}

#[test]
fn the_value_that_a_parameter_has_anyway_is_no_warning() {
    let told = |text: &str| StationConfig::parse("h", text.as_bytes()).unwrap().1.len();
    assert_eq!(told("network={\nssid=\"x\"\nkey_mgmt=NONE\neap_workaround=-1\n}\n"), 0);
    assert_eq!(told("network={\nssid=\"x\"\nkey_mgmt=NONE\neap_workaround=0\n}\n"), 1);
}

#[test]
fn a_secret_is_never_shown() {
    let net = network("psk=\"0123456789\"\nsae_password=\"hush\"\nprivate_key_passwd=\"hush\"");
    assert_eq!(get(&net, "psk").as_deref(), Some("*"));
    assert_eq!(get(&net, "sae_password").as_deref(), Some("*"));
    assert_eq!(get(&net, "private_key_passwd").as_deref(), Some("*"));
    let debug = format!("{net:?}");
    assert!(!debug.contains("hush") && !debug.contains("0123456789"), "{debug}");
    for wrong in ["network={\npsk=hushhush\n}\n", "network={\npsk=\"hush\"\n}\n", "network={\npassword=\"hush\n}\n"] {
        assert!(!errors(wrong).join(" ").contains("hush"), "{wrong}");
    }
}

#[test]
fn get_shows_what_the_original_shows() {
    let net = network("ssid=\"x\"");
    let expected: &[(&str, Option<&str>)] = &[
        ("ssid", Some("\"x\"")),
        ("psk", None),
        ("priority", Some("0")),
        ("key_mgmt", Some("WPA-PSK WPA-EAP")),
        ("proto", Some("WPA RSN")),
        ("pairwise", Some("CCMP TKIP")),
        ("group", Some("CCMP TKIP")),
        ("group_mgmt", Some("")),
        ("auth_alg", None),
        ("bssid", None),
        ("ieee80211w", Some("3")),
        ("proactive_key_caching", Some("-1")),
        ("disabled", Some("0")),
        ("id_str", None),
        ("fragment_size", Some("1398")),
        ("frob", None),
    ];
    for (field, text) in expected {
        assert_eq!(get(&net, field).as_deref(), *text, "{field}");
    }
    let net = network(
        "ssid=e4b880\nbssid_blacklist=02:11:22:33:44:55 02:22:aa:44:00:00/ff:ff:ff:ff:00:00\nproto=RSN WPA\nscan_freq=2412 0 5180",
    );
    assert_eq!(get(&net, "ssid").as_deref(), Some("e4b880"));
    assert_eq!(get(&net, "bssid_ignore").as_deref(), Some("02:11:22:33:44:55 02:22:aa:44:00:00/ff:ff:ff:ff:00:00"));
    assert_eq!(get(&net, "bssid_blacklist"), get(&net, "bssid_ignore"));
    assert_eq!(get(&net, "proto").as_deref(), Some("WPA RSN"));
    assert_eq!(get(&net, "scan_freq").as_deref(), Some("2412"));
}

#[test]
fn set_tells_whether_it_changed_anything() {
    let mut config = StationConfig::default();
    let id = config.add_network().id();
    let net = config.network_mut(id).unwrap();
    assert!(net.is_disabled());
    assert_eq!(net.set(b"ssid", b"\"a\""), Ok(Change::Changed));
    assert_eq!(net.set(b"ssid", b"61"), Ok(Change::Same));
    assert_eq!(net.set(b"priority", b"0"), Ok(Change::Same));
    assert_eq!(net.set(b"priority", b"0x10"), Ok(Change::Changed));
    assert_eq!(net.set(b"psk", b"\"12345678\""), Ok(Change::Changed));
    assert_eq!(net.set(b"psk", b"\"12345678\""), Ok(Change::Same));
    assert_eq!(net.set(b"id_str", b"NULL"), Ok(Change::Same));
    assert_eq!(net.set(b"bssid", b"any"), Ok(Change::Same));
    assert_eq!(net.set(b"nothing", b"1"), Err(SetError::Unknown));
    assert!(matches!(net.set(b"disabled", b"3"), Err(SetError::Invalid(_))));
    assert_eq!(config.add_network().id(), id + 1);
    assert!(config.remove_network(id).is_some());
    assert!(config.remove_network(id).is_none());
    // Identifiers of networks that are still there never move.
    assert_eq!(config.networks[0].id(), id + 1);
}

#[test]
fn a_control_character_never_gets_into_a_saved_file() {
    // An identity or name with a line break would otherwise add parameters of its maker's choice to the file, such as one that
    // loads a library (the original had this fault in 2016).
    let mut config = StationConfig::default();
    config.globals.set(b"update_config", b"1").unwrap();
    assert!(config.globals.set(b"device_name", b"x\nopensc_engine_path=/tmp/evil.so").is_err());
    assert!(config.globals.set(b"ctrl_interface", b"/run\r\nfoo=1").is_err());
    assert!(config.globals.set(b"bgscan", b"P\"a\\nb=1\"").is_err());
    let mut cred = Cred::new(0);
    cred.set(b"realm", b"P\"a\\n}\\nnetwork={\"").unwrap();
    assert!(cred.set(b"domain", b"a\nb").is_err());
    config.creds.push(cred);
    let net = config.add_network();
    net.set(b"ssid", b"P\"x\\n}\\nautoscan=evil\"").unwrap();
    net.set(b"key_mgmt", b"NONE").unwrap();
    net.set(b"id_str", b"P\"a\\r\\nb\"").unwrap();
    net.set(b"identity", b"\"a\nb\"").unwrap();
    assert!(net.set(b"psk", b"\"1234\n5678\"").is_err());
    assert!(net.set(b"psk", b"ext:a\nb").is_err());
    assert!(net.set(b"password", b"ext:a\nb").is_err());
    let text = config.to_text();
    let lines: Vec<_> = text.split(|b| *b == b'\n').map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    assert!(!lines.iter().any(|line| line.contains("evil") || line.contains('\r')), "{lines:?}");
    let again = StationConfig::parse("saved", &text).unwrap().0;
    assert_eq!(again, config);
}

#[test]
fn strings_that_need_care_survive_saving() {
    for passphrase in
        ["a\"#bcdefg", "\"\"\"\"\"\"\"\"", "trailing ", "#12345678", "p\u{e4}sswort", "back\\slash", "a#\"bcdefg"]
    {
        let mut config = StationConfig::default();
        let net = config.add_network();
        net.set(b"ssid", b"\"s\"").unwrap();
        net.set(b"psk", format!("\"{passphrase}\"").as_bytes()).unwrap();
        net.set(b"sae_password", format!("\"{passphrase}\"").as_bytes()).unwrap();
        net.set(b"id_str", format!("\"{passphrase}\"").as_bytes()).unwrap();
        let text = config.to_text();
        let again = StationConfig::parse("saved", &text).unwrap().0;
        assert_eq!(config, again, "{passphrase}: {}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn what_is_not_worth_saving_is_left_out() {
    let mut config = parse(
        "network={\nssid=\"a\"\npsk=\"12345678\"\nmem_only_psk=1\n}\nnetwork={\nssid=\"b\"\nkey_mgmt=WPA-PSK\n}\nnetwork={\nssid=\"c\"\nkey_mgmt=SAE\n}\n",
    );
    config.network_mut(0).unwrap().set_temporary(true);
    assert_eq!(config.to_text(), b"");
    config.network_mut(0).unwrap().set_temporary(false);
    let text = String::from_utf8(config.to_text()).unwrap();
    assert!(text.contains("\tmem_only_psk=1\n") && !text.contains("12345678"), "{text}");
    let mut config = StationConfig::default();
    config.read("more", b"network={\nssid=\"a\"\nkey_mgmt=NONE\n}\n", true).unwrap();
    assert_eq!(config.to_text(), b"");
}

#[test]
fn a_second_file_adds_to_the_first_or_changes_nothing() {
    let mut config = parse("ap_scan=2\nnetwork={\nssid=\"a\"\n}\n");
    config.read("b", b"okc=1\nnetwork={\nssid=\"b\"\n}\n", false).unwrap();
    assert_eq!(config.globals.get(b"ap_scan").as_deref(), Some(&b"2"[..]));
    assert_eq!((config.networks[0].proactive_key_caching(&config.globals), config.networks.len()), (true, 2));
    let before = config.clone();
    assert!(config.read("c", b"okc=0\nbroken\n", false).is_err());
    assert_eq!(before, config);
}

#[test]
fn a_network_with_wep_is_disabled_rather_than_used_open() {
    let (config, warnings) =
        StationConfig::parse("w", b"network={\nssid=\"x\"\nkey_mgmt=NONE\nwep_key0=\"12345\"\n}\n").unwrap();
    assert!(config.networks[0].is_disabled());
    assert_eq!(warnings[0].to_string(), "w:4: wep_key0: WEP is not supported; the network is disabled");
}

#[test]
fn what_is_missing_is_named() {
    assert!(network("ssid=\"x\"\nkey_mgmt=WPA-PSK").missing().is_some());
    assert!(network("ssid=\"x\"\nkey_mgmt=SAE").missing().is_some());
    assert!(network("key_mgmt=NONE").missing().is_some());
    assert!(network("ssid=\"x\"\nkey_mgmt=WPA-PSK SAE\nsae_password=\"x\"").missing().is_none());
    assert!(network("ssid=\"x\"\npsk=\"12345678\"\nkey_mgmt=WPA-PSK").missing().is_none());
    assert!(network("ssid=\"x\"\nkey_mgmt=NONE").missing().is_none());
}

#[test]
fn every_parameter_takes_its_own_text_again() {
    // Whatever value a parameter has, the text that shows it sets the same value (where it is shown and no secret).
    let mut net = Network::new(0);
    for param in NETWORK_PARAMS {
        for text in [
            "1",
            "\"abcdefgh\"",
            "02:00:00:00:00:01",
            "2412 5180",
            "CCMP",
            "RSN",
            "OPEN",
            "SAE",
            "AES-128-CMAC",
            "TTLS",
            "00112233445566778899aabbccddeeff",
            "9",
        ] {
            if net.set(param.name.as_bytes(), text.as_bytes()).is_ok() && !param.shape.secret {
                let Some(shown) = net.get(param.name.as_bytes()) else { continue };
                if !shown.is_empty() {
                    assert_eq!(net.set(param.name.as_bytes(), &shown), Ok(Change::Same), "{}={text}", param.name);
                }
            }
        }
    }
    let mut config = StationConfig { networks: vec![net], ..StationConfig::default() };
    for name in ["mem_only_psk", "alt_sae_password_ids"] {
        config.network_mut(0).unwrap().values.unset(name.as_bytes()).unwrap();
    }
    let again = StationConfig::parse("saved", &config.to_text()).unwrap().0;
    assert_eq!(config, again);
}

#[test]
fn no_name_is_declared_twice_and_every_alias_exists() {
    for table in [NETWORK_PARAMS, GLOBAL_PARAMS, CRED_PARAMS, IDENTITY_PARAMS] {
        for (i, param) in table.iter().enumerate() {
            assert!(!table[..i].iter().any(|other| other.name == param.name), "{}", param.name);
            assert!(param.shape.into.is_none_or(|name| table.iter().any(|other| other.name == name)), "{}", param.name);
            assert!(param.doc.ends_with('.'), "{}", param.name);
        }
    }
}

/// A small generator of numbers that look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn garbage_neither_panics_nor_breaks_the_round_trip() {
    let sample = SAMPLE.as_bytes();
    for seed in 0..3000 {
        let mut dice = Dice(seed);
        let mut text = sample.to_vec();
        for _ in 0..=dice.roll(12) {
            let at = dice.roll(text.len());
            match dice.roll(4) {
                0 => text[at] = u8::try_from(dice.roll(256)).unwrap(),
                1 => drop(text.drain(at..(at + dice.roll(40)).min(text.len()))),
                2 => text.insert(at, b"\n\"#={}\\P:,"[dice.roll(10)]),
                _ => text.truncate(at.max(1)),
            }
            if text.is_empty() {
                text.push(b'\n');
            }
        }
        if let Ok((config, _)) = StationConfig::parse("g", &text) {
            let saved = config.to_text();
            let (again, _) = StationConfig::parse("saved", &saved)
                .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", String::from_utf8_lossy(&saved)));
            assert_eq!(again.to_text(), saved, "seed {seed}");
        }
    }
}

#[test]
fn wpa_and_tkip_belong_together_and_are_off_unless_asked_for() {
    let read = |lines: &str| {
        let text = format!("network={{\nssid=\"old\"\npsk=\"secret passphrase\"\n{lines}\n}}\n");
        let (config, _) = StationConfig::parse("test", text.as_bytes()).unwrap();
        let network = config.networks.first().unwrap();
        (network.proto(), network.pairwise(), network.group())
    };
    let (both, ccmp) = (Ciphers::CCMP.union(Ciphers::TKIP), Ciphers::CCMP);
    let any = Proto::RSN.union(Proto::WPA);
    assert_eq!(read(""), (Proto::RSN, ccmp, both));
    assert_eq!(read("proto=RSN"), (Proto::RSN, ccmp, both));
    assert_eq!(read("proto=WPA"), (Proto::WPA, both, both));
    assert_eq!(read("proto=WPA\npairwise=CCMP"), (Proto::WPA, ccmp, both));
    assert_eq!(read("pairwise=TKIP"), (any, Ciphers::TKIP, Ciphers::TKIP), "no group cipher is stronger");
    assert_eq!(read("pairwise=TKIP\nproto=RSN\ngroup=TKIP"), (Proto::RSN, Ciphers::TKIP, Ciphers::TKIP));
    // What is named counts, even where it is what clients are shown of a network that names nothing.
    assert_eq!(read("proto=RSN WPA"), (any, both, both));
    assert_eq!(read("pairwise=CCMP TKIP"), (any, both, both));
    assert_eq!(read("group=CCMP"), (Proto::RSN, ccmp, ccmp));
}

#[test]
fn a_preset_that_was_named_is_saved_and_changes_the_network() {
    for line in ["proto=WPA RSN", "pairwise=CCMP TKIP"] {
        let text = format!("network={{\nssid=\"old\"\npsk=\"secret passphrase\"\n{line}\n}}\n");
        let (config, _) = StationConfig::parse("test", text.as_bytes()).unwrap();
        let saved = String::from_utf8(config.to_text()).unwrap();
        assert!(saved.contains(&format!("\t{line}\n")), "{saved}");
        let mut network = Network::new(0);
        let (name, value) = line.split_once('=').unwrap();
        assert_eq!(network.get(name.as_bytes()).as_deref(), Some(value.as_bytes()));
        assert_eq!(network.set(name.as_bytes(), value.as_bytes()), Ok(Change::Changed));
        assert_eq!(network.set(name.as_bytes(), value.as_bytes()), Ok(Change::Same));
        assert_ne!(network, Network::new(0));
    }
}

#[test]
fn a_control_directory_without_a_place_is_said_and_left_out() {
    let (config, notices) = StationConfig::parse("a.conf", b"ctrl_interface=wlan0\nupdate_config=1\n").unwrap();
    assert_eq!(config.globals.control_directory(), None);
    let said: Vec<String> = notices.iter().map(ToString::to_string).collect();
    assert_eq!(said, [format!("a.conf:1: ctrl_interface {}", ControlDirectory::NO_PLACE)]);
    assert!(config.to_text().starts_with(b"ctrl_interface=wlan0\n"), "it is kept");
    for text in ["DIR=wlan0 GROUP=wifi", "udp:8080", "./ctl"] {
        assert_eq!(ControlDirectory::parse(text, None), None, "{text}");
    }
    let (_, notices) = StationConfig::parse("a.conf", b"ctrl_interface=\n").unwrap();
    assert!(notices.is_empty());
}

#[test]
fn what_a_change_does_is_said_by_the_row() {
    for (field, effect) in [
        ("psk", Effect::Secrets),
        ("key_mgmt", Effect::Secrets),
        ("ieee80211w", Effect::Keys),
        ("bssid_whitelist", Effect::Keys),
        ("priority", Effect::Next),
        ("id_str", Effect::Next),
        ("phase1", Effect::Nothing),
    ] {
        assert_eq!(Network::on_change(field.as_bytes()), effect, "{field}");
    }
    for (name, effect) in [
        ("country", Effect::Country),
        ("sae_groups", Effect::Keys),
        ("okc", Effect::Next),
        ("ap_scan", Effect::Nothing),
    ] {
        assert_eq!(Globals::on_change(name.as_bytes()), effect, "{name}");
    }
}

#[test]
fn a_field_is_copied_with_its_secret() {
    let config = parse("network={\nssid=\"a\"\npsk=\"a secret\"\nocv=1\n}\n");
    let mut to = Network::new(7);
    assert_eq!(to.copy(&config.networks[0], b"psk"), Some(Change::Changed));
    assert_eq!(to.copy(&config.networks[0], b"psk"), Some(Change::Same));
    assert!(matches!(to.psk(), Some(Psk::Passphrase(secret)) if secret.as_bytes() == b"a secret"));
    // What a field brings with it comes with it; what is usual is; what is nothing cannot be.
    assert_eq!(to.copy(&config.networks[0], b"ocv"), Some(Change::Changed));
    assert_eq!(to.copy(&config.networks[0], b"priority"), Some(Change::Same));
    assert_eq!(to.copy(&config.networks[0], b"sae_password"), None);
    assert_eq!(to.copy(&config.networks[0], b"nothing"), None);
}
