use std::path::Path;

use ipc_proto::{InterfaceType, Role};
use wire::MacAddr;

use super::{Grant, Names, NamesError};

const FULL: &str = "\
role: access-point
user: wifi-ap
interface: wlan0
interface: wlan1-* 4
link: eth0 888e 890d
link: br* 2 888e
make: access-point wlan0_* 16
make: access-point-vlan wlan0.* 64
turn: mesh-point
bridge: br0
make-bridge: brvlan* 2
country: yes
address: random
address: 00:16:3e:00:00:01
control: /run/hostapd group netdev
socket: /run/hostapd-global group 27
socket: @hostapd
read: /etc/hostapd/a file.psk
read: /etc/ssl/certs/
replace: /etc/hostapd/hostapd.conf
replace: /etc/hostapd/wl*.conf
log: /var/log/hostapd.log
pid: /run/hostapd.pid
peer: udp 192.0.2.1:1812
peer: tcp [2001:db8::1]:2083
peer: udp 198.51.100.0/24 3799
peer: udp group 239.255.255.250:1900 br0
peer: listen subnet wlan0 49152
peer: tcp subnet wlan0 *
witness: superuser
";

fn grant() -> Grant {
    Grant::parse(FULL).unwrap()
}

#[test]
fn a_grant_is_written_as_it_was_read() {
    assert_eq!(grant().to_string(), FULL);
    let any = "role: station\ninterface: any\n";
    assert_eq!(Grant::parse(any).unwrap().to_string(), any);
}

#[test]
fn comments_and_space_do_not_matter() {
    let text = "# of the house\n\n  role :station  \ninterface:\twlan0\n";
    assert_eq!(Grant::parse(text).unwrap().to_string(), "role: station\ninterface: wlan0\n");
}

#[test]
fn a_wrong_line_is_named_with_its_number() {
    for (line, said) in [
        ("wlan0", "right: value"),
        ("interfaces: wlan0", "no right \"interfaces\""),
        ("interface: wlan*", "count"),
        ("interface: wlan0 3", "count"),
        ("interface: w*n 3", "count"),
        ("interface: * 3", "no name"),
        ("interface: a/b", "no name"),
        ("make: repeater wlan0", "no kind"),
        ("turn: ", "no kind"),
        ("country: FI", "yes nor no"),
        ("address: mine", "random"),
        ("control: run/hostapd", "absolute"),
        ("control: /run/../etc", "absolute"),
        ("read: /", "absolute"),
        ("replace: /etc/hostapd/", "folder"),
        ("replace: /etc/*/a.conf", "one star"),
        ("replace: /etc/hostapd/*a*.conf", "one star"),
        ("read: /etc/host*/", "one star"),
        ("log: /var/log/*", "one star"),
        ("link: eth0", "no ethertype"),
        ("link: eth0 0800", "no ethertype"),
        ("link: 888e", "no name"),
        ("peer: udp 192.0.2.1", "no peer"),
        ("peer: udp 192.0.2.1:0", "no peer"),
        ("peer: udp 192.0.2.0/33 1", "no peer"),
        ("peer: listen 192.0.2.1:80", "no peer"),
        ("peer: udp subnet br0 *", "no peer"),
        ("peer: udp group 192.0.2.1:1900 br0", "no peer"),
        ("peer: sctp 192.0.2.1:80", "no peer"),
        ("witness: everybody", "superuser"),
    ] {
        let error = Grant::parse(&format!("role: station\n{line}\n")).unwrap_err();
        assert_eq!(error.line, 2, "{line}");
        assert!(error.why.contains(said), "{line}: {error}");
    }
    assert!(Grant::parse("interface: wlan0\n").unwrap_err().why.contains("role"));
}

#[test]
fn patterns_run_out_and_literal_names_do_not() {
    let grant = grant();
    let none = || std::iter::empty();
    assert_eq!(grant.attaches("wlan0", ["wlan1-a", "wlan1-b", "wlan1-c", "wlan1-d"].into_iter()), Ok(()));
    assert_eq!(grant.attaches("wlan1-d", ["wlan1-a", "wlan1-b", "wlan1-c"].into_iter()), Ok(()));
    let full = ["wlan1-a", "wlan1-b", "wlan1-c", "wlan1-d"];
    assert_eq!(grant.attaches("wlan1-d", full.into_iter()), Ok(()), "one that has its place keeps it");
    let lacking = grant.attaches("wlan1-e", full.into_iter()).unwrap_err();
    assert_eq!(lacking.line(), "interface: wlan1-e");
    assert_eq!(grant.attaches("eth0", none()).unwrap_err().line(), "interface: eth0");
    assert_eq!(grant.attaches("wlan1-/", none()).unwrap_err().line(), "interface: wlan1-/");
    assert!(grant.makes(InterfaceType::AccessPoint, "wlan0_1", none()).is_ok());
    let lacking = grant.makes(InterfaceType::MeshPoint, "wlan0_1", none()).unwrap_err();
    assert_eq!(lacking.line(), "make: mesh-point wlan0_1");
}

#[test]
fn a_link_is_attached_for_its_ethertypes_alone() {
    let grant = grant();
    let attach = |name, types: &[u16], taken: &[&str]| grant.attaches_link(name, types, taken.iter().copied());
    assert_eq!(attach("eth0", &[0x888e, 0x890d], &[]), Ok(()));
    assert_eq!(attach("eth0", &[0x888e, 0x88c7], &[]).unwrap_err().line(), "link: eth0 88c7");
    // A radio's line is none of a link's, and the other way round.
    assert_eq!(attach("wlan0", &[0x888e], &[]).unwrap_err().line(), "link: wlan0 888e");
    assert!(grant.attaches("eth0", std::iter::empty()).is_err());
    assert_eq!(attach("br2", &[0x888e], &["br0"]), Ok(()));
    assert!(attach("br2", &[0x888e], &["br0", "br1"]).is_err());
}

#[test]
fn what_a_refusal_says_would_allow_it() {
    let bare = Grant::nothing(Role::Station);
    let none = || std::iter::empty();
    let lines = [
        bare.attaches("wlan0", none()).unwrap_err(),
        bare.makes(InterfaceType::P2pDevice, "p2p-dev-wlan0", none()).unwrap_err(),
        bare.turns(InterfaceType::AccessPoint).unwrap_err(),
        bare.bridges("br0", true, none()).unwrap_err(),
        bare.bridges("br1", false, none()).unwrap_err(),
        bare.sets_country().unwrap_err(),
        bare.chooses_address(MacAddr([2, 0, 0, 0, 0, 1])).unwrap_err(),
        bare.reads(Path::new("/etc/a")).unwrap_err(),
        bare.replaces(Path::new("/etc/b")).unwrap_err(),
        bare.serves(Path::new("/run/wpa_supplicant/wlan0"), Some("netdev")).unwrap_err(),
        bare.serves(Path::new("@global"), None).unwrap_err(),
    ];
    let text: Vec<&str> = std::iter::once("role: station").chain(lines.iter().map(super::Lacking::line)).collect();
    let grant = Grant::parse(&text.join("\n")).unwrap();
    assert!(grant.attaches("wlan0", none()).is_ok());
    assert!(grant.makes(InterfaceType::P2pDevice, "p2p-dev-wlan0", none()).is_ok());
    assert!(grant.turns(InterfaceType::AccessPoint).is_ok());
    assert!(grant.bridges("br0", true, none()).is_ok() && grant.bridges("br1", false, none()).is_ok());
    assert!(grant.sets_country().is_ok() && grant.chooses_address(MacAddr([2, 0, 0, 0, 0, 1])).is_ok());
    assert!(grant.reads(Path::new("/etc/a")).is_ok() && grant.replaces(Path::new("/etc/b")).is_ok());
    assert!(grant.serves(Path::new("/run/wpa_supplicant/wlan0"), Some("netdev")).is_ok());
    assert!(grant.serves(Path::new("@global"), None).is_ok());
}

#[test]
fn files_are_granted_one_by_one() {
    let grant = grant();
    let reads = |path: &str| grant.reads(Path::new(path)).is_ok();
    assert!(reads("/etc/hostapd/a file.psk") && reads("/etc/hostapd/hostapd.conf"));
    assert!(reads("/etc/ssl/certs/ca.pem"));
    for path in [
        "/etc/hostapd/other",
        "/etc/ssl/certs",
        "/etc/ssl/certs/",
        "/etc/ssl/certs/private/key",
        "/etc/ssl/certs/../shadow",
        "/etc/ssl/certs/..",
        "/var/log/hostapd.log",
        "/run/hostapd.pid",
    ] {
        assert!(!reads(path), "{path}");
    }
    assert!(grant.replaces(Path::new("/etc/hostapd/hostapd.conf")).is_ok());
    assert!(grant.replaces(Path::new("/etc/hostapd/a file.psk")).is_err());
}

#[test]
fn a_star_stands_for_letters_of_one_name() {
    let grant = grant();
    let replaces = |path: &str| grant.replaces(Path::new(path)).is_ok();
    assert!(replaces("/etc/hostapd/wlan0.conf") && replaces("/etc/hostapd/wl-.conf"));
    for path in [
        "/etc/hostapd/ifupdown.sh",
        "/etc/hostapd/wl.conf",
        "/etc/hostapd/.wl0.conf",
        "/etc/hostapd/wl/../../passwd.conf",
        "/etc/hostapd/sub/wlan0.conf",
        "/etc/wlan0.conf",
        "/etc/hostapd/wl0.conf/",
        "/etc/hostapd/wl0.conf.",
    ] {
        assert!(!replaces(path), "{path}");
    }
}

#[test]
fn control_sockets_are_where_and_for_whom_the_grant_says() {
    let grant = grant();
    let serves = |path: &str, group: Option<&str>| grant.serves(Path::new(path), group).is_ok();
    assert!(serves("/run/hostapd/wlan0", Some("netdev")) && serves("/run/hostapd/wlan0", None));
    assert!(serves("/run/hostapd-global", Some("27")) && serves("@hostapd", None));
    for (path, group) in [
        ("/run/hostapd/wlan0", Some("wheel")),
        ("/run/other/wlan0", None),
        ("/run/hostapd", None),
        ("/run/hostapd/", None),
        ("/run/hostapd/..", None),
        ("/run/hostapd/../x", None),
        ("@other", None),
        ("@hostapd", Some("27")),
        ("hostapd", None),
        ("", None),
    ] {
        assert!(!serves(path, group), "{path} {group:?}");
    }
}

#[test]
fn a_bridge_that_is_there_is_joined_only_by_its_name() {
    let grant = grant();
    let none = || std::iter::empty();
    assert!(grant.bridges("br0", true, none()).is_ok());
    assert!(grant.bridges("br0", false, none()).is_err(), "it may not be made");
    assert!(grant.bridges("br1", true, none()).is_err());
    assert!(grant.bridges("brvlan7", false, ["brvlan1"].into_iter()).is_ok());
    assert!(grant.bridges("brvlan7", false, ["brvlan1", "brvlan2"].into_iter()).is_err());
}

#[test]
fn interfaces_stay_what_the_role_is_for() {
    let grant = grant();
    assert!(grant.turns(InterfaceType::AccessPoint).is_ok() && grant.turns(InterfaceType::Station).is_ok());
    assert!(grant.turns(InterfaceType::MeshPoint).is_ok());
    assert!(grant.turns(InterfaceType::Monitor).is_err() && grant.turns(InterfaceType::Other).is_err());
    assert!(Grant::nothing(Role::Station).turns(InterfaceType::AccessPoint).is_err());
}

#[test]
fn names_of_no_interface() {
    for text in ["", "a b c", "*", "**", "a* x", "a* 0", "a* 70000", "sixteen_letters_", ".."] {
        assert!(Names::parse(text).is_err(), "{text}");
    }
    assert_eq!(Names::parse("a*b"), Err(NamesError::Star));
}
