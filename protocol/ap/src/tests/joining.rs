//! Stations that join, or are refused.

use alloc::format;
use core::time::Duration;

use crate::Change;
use conf::ap::{ApConfig, PskEntry, PskSecret};
use crypto::Pmk;
use ipc_proto::{Failure, Reply, Request};
use rsn::{AkmSuite, Pmf, StationPolicy};
use sae::{ConfirmOutcome, Group, Method, Password, PtSet, SaeAkm, Session};
use wire::channel::Band;
use wire::element::{Elements, id};
use wire::frame::{Authentication, Beacon, Management, Subtype, auth_algorithm};
use wire::{ReasonCode, StatusCode};

use super::world::{AP, OPEN, OTHER, PSK, SAE, STA, World, wiphy};
use crate::{Leave, Listed, Lists};

impl World {
    pub(super) fn send_sae(&mut self, transaction: u16, status: StatusCode, body: &[u8]) {
        let auth = Authentication { algorithm: auth_algorithm::SAE, transaction, status, rest: body };
        self.from(STA, Subtype::AUTHENTICATION, |w| auth.write(w));
    }

    pub(super) fn last_auth(&self) -> (u16, StatusCode, Vec<u8>) {
        let frame = self.last(Subtype::AUTHENTICATION).unwrap();
        let auth = Authentication::parse(frame.body).unwrap();
        (auth.transaction, auth.status, auth.rest.to_vec())
    }

    pub(super) fn sae_session(&mut self, password: &[u8], group: Group, method: Method) -> Session {
        self.sae_session_for(SaeAkm::Sae, password, group, method)
    }

    fn sae_session_for(&mut self, akm: SaeAkm, password: &[u8], group: Group, method: Method) -> Session {
        let password = Password::new(password, None);
        let points = PtSet::derive(b"net", &password, &[group]);
        let config = sae::Config {
            own: STA,
            peer: AP,
            group,
            method,
            password: &password,
            pt: Some(&points),
            akm,
            rejected_groups: &[],
            supported_groups: &[group],
        };
        Session::start(&config, &mut self.rng).unwrap()
    }

    fn run_sae(&mut self, group: Group, method: Method) -> Pmk {
        self.run_sae_for(SaeAkm::Sae, group, method)
    }

    pub(super) fn run_sae_for(&mut self, akm: SaeAkm, group: Group, method: Method) -> Pmk {
        let mut session = self.sae_session_for(akm, b"correct horse", group, method);
        self.send_sae(1, session.commit_status(), &session.commit_body(None));
        let (transaction, status, body) = self.last_auth();
        assert_eq!(transaction, 1);
        session.handle_commit(status, &body).unwrap();
        let confirm = session.confirm_body().unwrap();
        self.send_sae(2, StatusCode::SUCCESS, &confirm);
        let (transaction, status, body) = self.last_auth();
        assert_eq!((transaction, status), (2, StatusCode::SUCCESS));
        assert_eq!(session.handle_confirm(&body).unwrap(), ConfirmOutcome::Accepted);
        session.pmk().unwrap()
    }

    fn join_sae(&mut self, group: Group, method: Method) {
        let pmk = self.run_sae(group, method);
        let pwe = if method == Method::HashToElement { rsn::SaePwe::Both } else { rsn::SaePwe::HuntAndPeck };
        let elements = self.supplicant(&StationPolicy { sae_pwe: pwe, ..StationPolicy::personal() }, pmk);
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        self.associate(STA, &elements);
    }
}

#[test]
fn a_station_joins_an_open_network() {
    let mut world = World::new(OPEN);
    world.authenticate(STA);
    assert_eq!(world.auth_status(), StatusCode::SUCCESS);
    world.associate(STA, &[]);
    assert_eq!(world.assoc_status(), StatusCode::SUCCESS);
    assert!(world.connected(STA));
    assert!(world.events.contains(&Change::Connected { addr: STA, keyid: None }));
    assert_eq!(world.bss.station(STA).unwrap().flag_words(), ["AUTH", "ASSOC", "AUTHORIZED", "SHORT_PREAMBLE"]);
    let kinds: Vec<&Request> = world
        .requests
        .iter()
        .filter(|request| matches!(request, Request::AddStation { .. } | Request::ChangeStation { .. }))
        .collect();
    assert!(matches!(
        kinds[..],
        [Request::AddStation { station: first, .. }, Request::ChangeStation { station: second, .. }]
            if first.aid.is_none() && second.aid == Some(1)
    ));
}

#[test]
fn association_needs_authentication() {
    let mut world = World::new(OPEN);
    world.associate(STA, &[]);
    assert_eq!(world.deauth_reason(), Some(ReasonCode::CLASS2_FROM_NONAUTH));
    assert!(world.bss.station(STA).is_none());
}

#[test]
fn a_station_joins_with_a_passphrase_with_and_without_protected_management() {
    for pmf in [Pmf::Disabled, Pmf::Optional] {
        let mut world = World::new(PSK);
        world.join_psk(pmf);
        assert!(world.connected(STA), "{pmf:?}");
        assert_eq!((world.completed, world.pairwise_keys()), (1, 1));
        // Scripts wait for the one and then for the other.
        let connected = world.events.iter().position(|event| matches!(event, Change::Connected { addr: STA, .. }));
        let completed = world.events.iter().position(|event| *event == Change::FourWayCompleted(STA));
        assert!(connected.is_some() && connected < completed, "{connected:?} {completed:?}");
        let mfp = world.bss.station(STA).unwrap().flag_words().contains(&"MFP");
        assert_eq!(mfp, pmf == Pmf::Optional);
    }
}

#[test]
fn a_wrong_passphrase_is_said_and_the_station_is_sent_away() {
    let mut world = World::new(PSK);
    let pmk = crypto::pbkdf2_psk(b"wrong horse!", b"net");
    let elements = world.supplicant(&StationPolicy::personal(), pmk);
    world.authenticate(STA);
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
    assert!(world.events.contains(&Change::PskMismatch(STA)));
    world.wait(Duration::from_secs(20));
    assert!(!world.connected(STA));
    assert_eq!(world.deauth_reason(), Some(ReasonCode::FOUR_WAY_TIMEOUT));
    assert_eq!(world.pairwise_keys(), 0);
}

#[test]
fn each_station_may_have_its_own_key() {
    let entry = |address, text: &[u8], name: &str| PskEntry {
        address,
        secret: PskSecret::Passphrase(text.into()),
        keyid: Some(name.into()),
        vlan: 0,
        wps: false,
    };
    let psks = vec![entry(Some(OTHER), b"for another", "other"), entry(None, b"correct horse", "all")];
    let conf = PSK.replace("wpa_passphrase=correct horse", "wpa_passphrase=nobody knows");
    let mut world = World::with(&conf, Lists { psks: super::profile::psks(psks), ..Lists::default() }, wiphy());
    world.join_psk(Pmf::Optional);
    assert!(world.events.contains(&Change::Connected { addr: STA, keyid: Some("all".into()) }));
}

#[test]
fn a_station_joins_by_sae_in_every_group_and_both_ways() {
    for number in [19, 20, 21] {
        for method in [Method::HuntAndPeck, Method::HashToElement] {
            let mut world = World::new(SAE);
            world.join_sae(Group::from_number(number).unwrap(), method);
            assert_eq!(world.assoc_status(), StatusCode::SUCCESS);
            assert!(world.connected(STA), "{number} {method:?}");
            assert_eq!(world.bss.pmksa().len(), 1);
            assert_eq!(world.bss.station(STA).unwrap().sae_group(), Some(number));
        }
    }
}

#[test]
fn a_downgrade_to_hunting_and_pecking_is_noticed() {
    let mut world = World::new(SAE);
    let pmk = world.run_sae(Group::from_number(19).unwrap(), Method::HuntAndPeck);
    let elements = world.supplicant(&StationPolicy::personal(), pmk);
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
    assert_eq!(world.assoc_status(), StatusCode::REFUSED);
}

#[test]
fn a_wrong_sae_password_is_refused_with_the_confirm() {
    let mut world = World::new(SAE);
    let mut session = world.sae_session(b"wrong", Group::from_number(19).unwrap(), Method::HashToElement);
    world.send_sae(1, session.commit_status(), &session.commit_body(None));
    let (_, status, body) = world.last_auth();
    session.handle_commit(status, &body).unwrap();
    let confirm = session.confirm_body().unwrap();
    world.send_sae(2, StatusCode::SUCCESS, &confirm);
    assert_eq!(world.auth_status(), StatusCode::CHALLENGE_FAILURE);
    assert!(world.events.contains(&Change::PskMismatch(STA)));
    let elements = world.supplicant(&StationPolicy::personal(), Pmk::from_bytes(&[1; 32]).unwrap());
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
    assert_eq!(world.deauth_reason(), Some(ReasonCode::CLASS2_FROM_NONAUTH));
}

#[test]
fn a_busy_access_point_demands_a_token() {
    let conf = alloc::format!("{SAE}sae_anti_clogging_threshold=0\n");
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let mut world = World::new(&conf);
        let mut session = world.sae_session(b"correct horse", Group::from_number(19).unwrap(), method);
        world.send_sae(1, session.commit_status(), &session.commit_body(None));
        let (_, status, body) = world.last_auth();
        assert_eq!(status, StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED);
        assert!(world.bss.station(STA).is_none(), "nothing is remembered");
        let sae::CommitOutcome::TokenRequired(token) = session.handle_commit(status, &body).unwrap() else { panic!() };
        world.send_sae(1, session.commit_status(), &session.commit_body(Some(&token)));
        assert_eq!(world.auth_status(), session.commit_status());
    }
}

#[test]
fn a_group_that_is_not_offered_is_refused_by_its_number() {
    let conf = alloc::format!("{SAE}sae_groups=19\n");
    let mut world = World::new(&conf);
    let session = world.sae_session(b"correct horse", Group::from_number(20).unwrap(), Method::HashToElement);
    world.send_sae(1, session.commit_status(), &session.commit_body(None));
    let (_, status, body) = world.last_auth();
    assert_eq!((status, body), (StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP, [20, 0].into()));
}

#[test]
fn a_cached_key_spares_sae() {
    let mut world = World::new(SAE);
    world.join_sae(Group::from_number(19).unwrap(), Method::HashToElement);
    let entry = world.bss.pmksa().iter().next().unwrap().clone();
    world.bss.deauthenticate(STA, ReasonCode::UNSPECIFIED, world.now);
    world.pump();
    world.supplicant(&StationPolicy::personal(), entry.pmk.clone());
    let chosen = world.supplicant.as_ref().unwrap().negotiated().clone();
    let element = chosen.station_element(&[entry.pmkid]);
    world.authenticate(STA);
    let rsnxe = chosen.station_rsnxe().unwrap();
    world.associate(STA, &[&element, &rsnxe]);
    assert_eq!(world.assoc_status(), StatusCode::SUCCESS);
    // Another element without the name is refused.
    let mut fresh = World::new(SAE);
    fresh.authenticate(STA);
    fresh.associate(STA, &[&chosen.station_element(&[]), &rsnxe]);
    assert_eq!(fresh.assoc_status(), StatusCode::INVALID_PMKID);
}

#[test]
fn lists_of_addresses_decide_who_is_welcome() {
    let conf = alloc::format!("{OPEN}macaddr_acl=1\n");
    let lists = Lists { accept: [Listed { addr: OTHER, vlan: 0 }].into(), ..Lists::default() };
    let mut world = World::with(&conf, lists, wiphy());
    world.authenticate(STA);
    assert_eq!(world.auth_status(), StatusCode::REFUSED);
    world.authenticate(OTHER);
    assert_eq!(world.auth_status(), StatusCode::SUCCESS);
}

fn warnings(world: &World) -> usize {
    world.logged.iter().filter(|(level, _)| *level == crate::Level::Warning).count()
}

#[test]
fn what_is_for_a_vlan_opens_nothing_and_is_named() {
    let entry = |vlan| PskEntry {
        address: None,
        secret: PskSecret::Passphrase(b"correct horse"[..].into()),
        keyid: None,
        vlan,
        wps: false,
    };
    let conf = PSK.replace("wpa_passphrase=correct horse", "wpa_passphrase=nobody knows");
    for (vlan, joins) in [(0, true), (3, false)] {
        let psks = vec![entry(vlan)];
        let mut world = World::with(&conf, Lists { psks: super::profile::psks(psks), ..Lists::default() }, wiphy());
        assert_eq!(warnings(&world), usize::from(!joins));
        world.join_psk(Pmf::Optional);
        assert_eq!(world.connected(STA), joins, "VLAN {vlan}");
    }
    // Not even where everybody may come who is not denied.
    for (vlan, status) in [(0, StatusCode::SUCCESS), (3, StatusCode::REFUSED)] {
        for acl in ["0", "1"] {
            let lists = Lists { accept: [Listed { addr: STA, vlan }].into(), ..Lists::default() };
            let mut world = World::with(&alloc::format!("{OPEN}macaddr_acl={acl}\n"), lists, wiphy());
            world.authenticate(STA);
            assert_eq!(world.auth_status(), status, "VLAN {vlan}");
        }
    }
    for (vlan, known) in [("", true), ("|vlanid=3", false)] {
        let conf = SAE.replace("correct horse", &alloc::format!("correct horse{vlan}"));
        let world = World::new(&conf);
        assert_eq!(warnings(&world), usize::from(!known));
        assert_eq!(world.bss.sae.knows(&Password::new(b"correct horse", None), STA), known);
    }
}

#[test]
fn who_is_denied_goes_and_the_others_stay() {
    let mut world = World::new(OPEN);
    for addr in [STA, OTHER] {
        world.authenticate(addr);
        world.associate(addr, &[]);
    }
    let (changed, _) = ApConfig::parse("test", alloc::format!("{OPEN}macaddr_acl=1\n").as_bytes()).unwrap();
    let changed = super::profile::profile(&changed.bss[0], &changed.radio);
    world.bss.set_profile(&changed, &mut world.rng);
    let mut lists = Lists { deny: [Listed { addr: OTHER, vlan: 0 }].into(), ..Lists::default() };
    world.bss.set_lists(lists.clone(), Leave::Denied, world.now);
    world.pump();
    assert!(world.connected(STA) && !world.connected(OTHER));
    lists.accept = [Listed { addr: OTHER, vlan: 0 }].into();
    world.bss.set_lists(lists.clone(), Leave::Nobody, world.now);
    assert!(world.connected(STA));
    world.bss.set_lists(lists, Leave::Unwelcome, world.now);
    assert!(!world.connected(STA));
}

#[test]
fn the_kernel_is_told_of_no_more_methods_than_it_takes_and_stations_of_all() {
    for (methods, psk) in [("WPA-PSK WPA-PSK-SHA256", 2), ("WPA-PSK WPA-PSK-SHA256 SAE SAE-EXT-KEY", 1)] {
        let conf = PSK.replace("wpa_key_mgmt=WPA-PSK", &alloc::format!("wpa_key_mgmt={methods}"));
        let world = World::new(&conf);
        let akms = |request: &Request| {
            if let Request::StartAp { ap, .. } = request { Some(ap.akms.clone()) } else { None }
        };
        let told = world.requests.iter().find_map(akms).unwrap();
        assert_eq!(told.len(), 2, "{methods}");
        let kinds = [AkmSuite::Psk, AkmSuite::PskSha256].map(AkmSuite::nl80211);
        assert_eq!(told.iter().filter(|suite| kinds.contains(suite)).count(), psk);
        assert_eq!(world.bss.policy().unwrap().akms.len(), methods.split(' ').count());
    }
}

#[test]
fn there_is_room_for_as_many_as_configured() {
    let conf = alloc::format!("{OPEN}max_num_sta=1\n");
    let mut world = World::new(&conf);
    world.authenticate(STA);
    world.associate(STA, &[]);
    world.authenticate(OTHER);
    assert_eq!(world.auth_status(), StatusCode::AP_FULL);
}

#[test]
fn a_hidden_network_answers_only_who_knows_its_name() {
    for (hidden, shown) in [("1", &b""[..]), ("2", &[0, 0, 0][..])] {
        let mut world = World::new(&alloc::format!("{OPEN}ignore_broadcast_ssid={hidden}\n"));
        let beacon = world.beacon();
        let body = Beacon::parse(Management::parse(&beacon).unwrap().body).unwrap();
        assert_eq!(Elements::check(body.elements).unwrap().find(id::SSID).unwrap().body, shown);
        for (asked, answers) in [(&b""[..], 0), (b"net", 1), (b"other", 1)] {
            let probe = wire::frame::build(
                Subtype::PROBE_REQUEST,
                wire::MacAddr::BROADCAST,
                STA,
                wire::MacAddr::BROADCAST,
                |w| {
                    w.element(id::SSID, |w| {
                        w.put(asked);
                    });
                },
            );
            world.receive(probe.unwrap());
            let sent = world.frames.iter().filter(|frame| frame[0] == 0x50).count();
            assert_eq!(sent, answers, "{hidden} {asked:?}");
        }
    }
}

#[test]
fn the_port_opens_once_the_driver_has_the_key() {
    let mut world = World::new(PSK);
    world.slow_keys = true;
    world.join_psk(Pmf::Optional);
    let opened = |world: &World| {
        let opens = |request: &&Request| matches!(request, Request::SetStationFlags { flags, .. } if flags.authorized == Some(true));
        (world.requests.iter().filter(opens).count(), world.connected(STA))
    };
    assert_eq!((world.completed, opened(&world)), (1, (0, false)));
    // It joins again before the answer comes, which is none for its new key.
    let earlier = core::mem::take(&mut world.unanswered);
    world.join_psk(Pmf::Optional);
    let late = core::mem::take(&mut world.unanswered);
    let answer = |world: &mut World, tags: Vec<crate::Tag>, result: Result<Reply, Failure>| {
        for tag in tags {
            world.bss.handle_reply(tag, result.clone(), world.now, &mut world.rng);
        }
        world.pump();
    };
    answer(&mut world, earlier, Ok(Reply::Done));
    assert_eq!((world.completed, opened(&world)), (2, (0, false)));
    answer(&mut world, late, Ok(Reply::Done));
    assert_eq!(opened(&world), (1, true));
    // A key that is refused opens nothing.
    let mut world = World::new(PSK);
    world.slow_keys = true;
    world.join_psk(Pmf::Optional);
    let tags = core::mem::take(&mut world.unanswered);
    answer(&mut world, tags, Err(Failure::NotSupported));
    assert_eq!(opened(&world), (0, false));
    assert_eq!(world.deauth_reason(), Some(ReasonCode::UNSPECIFIED));
}

#[test]
fn an_entry_that_was_refused_ends_its_own_association_and_no_later_one() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Disabled);
    let earlier = core::mem::take(&mut world.entries);
    world.join_psk(Pmf::Disabled);
    let refuse = |world: &mut World, tags: Vec<crate::Tag>| {
        assert!(!tags.is_empty());
        for tag in tags {
            world.bss.handle_reply(tag, Err(Failure::NotSupported), world.now, &mut world.rng);
        }
        world.pump();
    };
    world.frames.clear();
    refuse(&mut world, earlier);
    assert_eq!((world.connected(STA), world.deauth_reason()), (true, None));
    let own = core::mem::take(&mut world.entries);
    refuse(&mut world, own);
    assert!(!world.connected(STA));
    assert_eq!(world.deauth_reason(), Some(ReasonCode::AP_BUSY));
}

/// HT capabilities of a station with one stream.
const HT: [u8; 28] = {
    let mut element = [0; 28];
    (element[0], element[1], element[5]) = (45, 26, 0xff);
    element
};

/// The WMM information element, without which there is no HT.
const WMM: [u8; 9] = [0xdd, 7, 0x00, 0x50, 0xf2, 2, 0, 1, 0];

#[test]
fn ht_is_required_where_it_is_offered() {
    let conf = |more: &str| format!("{OPEN}ieee80211n=1\nwmm_enabled=1\nrequire_ht=1\n{more}");
    for (more, elements, status) in [
        ("", &[][..], StatusCode::HT_REQUIRED),
        ("", &[&HT[..], &WMM], StatusCode::SUCCESS),
        // A BSS without HT asks nobody for it.
        ("disable_11n=1\n", &[], StatusCode::SUCCESS),
    ] {
        let mut world = World::new(&conf(more));
        world.authenticate(STA);
        world.associate(STA, elements);
        assert_eq!(world.assoc_status(), status, "{more}");
    }
}

#[test]
fn vht_is_required_where_it_is_offered() {
    let vht: Vec<u8> = [191, 12].into_iter().chain([0xff; 12]).collect();
    let conf =
        "interface=wlan0\nssid=net\nhw_mode=a\nchannel=36\nwmm_enabled=1\nieee80211n=1\nieee80211ac=1\nrequire_vht=1\n";
    for (more, elements, status) in [
        ("", &[&HT[..], &WMM][..], StatusCode::VHT_REQUIRED),
        ("", &[&HT, &WMM, &vht], StatusCode::SUCCESS),
        ("disable_11ac=1\n", &[&HT, &WMM], StatusCode::SUCCESS),
    ] {
        let mut radio = wiphy();
        let band = &mut radio.bands[0];
        (band.band, band.vht_capability, band.vht_mcs) = (Band::Ghz5, Some(0), [0xff; 8].into());
        band.rates = [60, 90, 120, 180, 240, 360, 480, 540].into();
        band.channels[0].freq = 5180;
        let mut world = World::with(&format!("{conf}{more}"), Lists::default(), radio);
        // The selector of stations that know VHT, among the basic rates (9.4.2.3, Table 9-92).
        let beacon = world.bss.beacon();
        assert_eq!([&beacon.head[..], &beacon.tail].concat().contains(&(0x80 | 126)), more.is_empty());
        world.authenticate(STA);
        world.associate(STA, elements);
        assert_eq!(world.assoc_status(), status, "{more}");
    }
}
