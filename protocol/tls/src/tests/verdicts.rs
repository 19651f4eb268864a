//! Which certificates are refused, and in which words.

use super::{Pki, client, client_profile, meet, pki, server, server_profile};
use crate::testing::{Authority, DAY, Made, NOW, Wanted};
use crate::{Alert, ClientProfile, CrlCheck, NameRules, Ocsp, Refusal, Revocation, TlsError, Trust};

/// What a station with this profile says about a server with this certificate, and what the server hears.
fn verdict(profile: ClientProfile, made: &Made) -> (Result<(), Refusal>, Option<Alert>) {
    let met = meet(&*client(profile), &*server(server_profile(made.identity())), 4096);
    assert!(!met.client.peer_chain().is_empty(), "the chain is there, whatever is made of it");
    let heard = match met.server_said {
        Err(TlsError::Alert(alert)) => Some(alert),
        Ok(()) | Err(_) => None,
    };
    match met.client_said {
        Ok(()) => (Ok(()), heard),
        Err(TlsError::Refused(why)) => (Err(*why), heard),
        Err(other) => panic!("{other}"),
    }
}

fn words(profile: ClientProfile, made: &Made) -> String {
    verdict(profile, made).0.unwrap_err().to_string()
}

#[test]
fn an_expired_certificate_is_refused_with_the_date_unless_dates_do_not_count() {
    let Pki { ca, .. } = pki();
    let old = ca.issue(&Wanted { until: -1, ..Wanted::server("radius.example.com", &[]) });
    let (said, heard) = verdict(client_profile(ca.trust()), &old);
    let why = said.unwrap_err();
    assert_eq!((why.code(), heard), (4, Some(Alert(45))));
    assert_eq!(
        why.to_string(),
        "the certificate of /O=Airlock/CN=radius.example.com expired on 2026-11-25 23:59:59 UTC \
         (the time here is 2026-11-26 00:00:00 UTC)"
    );
    let lenient = ClientProfile { time_checks: false, ..client_profile(ca.trust()) };
    assert_eq!(verdict(lenient, &old).0, Ok(()));
}

#[test]
fn a_certificate_from_the_future_asks_about_the_clock() {
    let Pki { ca, .. } = pki();
    let early = ca.issue(&Wanted { from: DAY, ..Wanted::server("radius.example.com", &[]) });
    assert!(words(client_profile(ca.trust()), &early).contains("valid from 2026-11-27 00:00:00 UTC on"));
    let lenient = ClientProfile { time_checks: false, ..client_profile(ca.trust()) };
    assert_eq!(verdict(lenient, &early).0, Ok(()));
}

#[test]
fn a_certificate_of_another_authority_names_its_issuer_and_the_parameter() {
    let Pki { ca, .. } = pki();
    let other = Authority::root("Other CA", NOW).issue(&Wanted::server("radius.example.com", &[]));
    let (said, heard) = verdict(client_profile(ca.trust()), &other);
    assert_eq!(heard, Some(Alert(48)));
    assert!(said.unwrap_err().to_string().ends_with(
        "is issued by /O=Airlock/CN=Other CA, which is none of the CA certificates of ca_cert=/etc/cert/ca.pem"
    ));
}

#[test]
fn an_intermediate_authority_is_found_in_the_chain_and_missed_without_it() {
    let Pki { ca, .. } = pki();
    let below = ca.below("Issuing CA");
    let made = below.issue(&Wanted::server("radius.example.com", &[]));
    assert!(matches!(verdict(client_profile(ca.trust()), &made).0, Err(Refusal::UnknownIssuer { .. })));
    let full = Made { certificate: format!("{}{}", made.certificate, below.pem()), key: made.key };
    assert_eq!(verdict(client_profile(ca.trust()), &full).0, Ok(()));
}

#[test]
fn each_rule_about_names_takes_what_it_names_and_nothing_else() {
    let ca = Authority::root("Test CA", NOW);
    let made = ca.issue(&Wanted::server("Radius", &["radius.example.com"])).parsed();
    let nameless = ca.issue(&Wanted::server("radius.example.com", &[])).parsed();
    let check = |rules: NameRules| rules.check(&made).map_err(|why| why.code());
    let none = NameRules::default;
    assert_eq!(check(none()), Ok(()));
    for (suffix, expected) in [
        ("example.com", Ok(())),
        ("EXAMPLE.com", Ok(())),
        ("radius.example.com", Ok(())),
        ("nowhere.org;example.com", Ok(())),
        ("ample.com", Err(9)),
        ("a.radius.example.com", Err(9)),
        ("Radius", Err(9)),
    ] {
        assert_eq!(check(NameRules { domain_suffix: suffix.into(), ..none() }), expected, "{suffix}");
    }
    for (domain, expected) in [("radius.example.com", Ok(())), ("example.com", Err(10))] {
        assert_eq!(check(NameRules { domain: domain.into(), ..none() }), expected, "{domain}");
        // Where there is no dNSName the common name counts.
        let fallback = NameRules { domain: domain.into(), ..none() }.check(&nameless);
        assert_eq!(fallback.map_err(|why| why.code()), expected, "{domain}");
    }
    for (wanted, expected) in
        [("DNS:radius.example.com", Ok(())), ("EMAIL:a@b;DNS:radius.example.com", Ok(())), ("DNS:example.com", Err(6))]
    {
        assert_eq!(check(NameRules { alt_subject: wanted.into(), ..none() }), expected, "{wanted}");
    }
    for (wanted, expected) in [("/O=Airlock/CN=Radius", Ok(())), ("/CN=Other", Err(5))] {
        assert_eq!(check(NameRules { subject: wanted.into(), ..none() }), expected, "{wanted}");
    }
    for (wanted, expected) in [("O=Airlock/CN=Rad*", Ok(())), ("CN=Radius/CN=Radius", Err(12)), ("O=Air", Err(12))] {
        assert_eq!(check(NameRules { check_subject: wanted.into(), ..none() }), expected, "{wanted}");
    }
}

#[test]
fn a_value_of_the_subject_cannot_pass_for_two_attributes() {
    let ca = Authority::root("Test CA", NOW);
    let sly = ca.issue(&Wanted::server("mallory/CN=radius.example.com", &[])).parsed();
    let rules = NameRules { check_subject: "CN=radius.example.com".into(), ..NameRules::default() };
    assert!(rules.check(&sly).is_err());
}

#[test]
fn a_wrong_name_is_refused_with_what_the_certificate_names() {
    let Pki { ca, server: made, .. } = pki();
    let names = NameRules { domain_suffix: "corp.example.org".into(), ..NameRules::default() };
    let profile = ClientProfile { names, ..client_profile(ca.trust()) };
    assert_eq!(
        words(profile, &made),
        "the peer's certificate does not match domain_suffix_match=corp.example.org: it names radius.example.com"
    );
}

#[test]
fn a_pinned_certificate_is_taken_without_an_authority_and_no_other_is() {
    let Pki { server: made, client: other, .. } = pki();
    let hex = crate::verify::hex(&made.parsed().sha256());
    let pinned = Trust::from_url(&format!("hash://server/sha256/{hex}")).unwrap().unwrap();
    assert_eq!(verdict(client_profile(pinned), &made).0, Ok(()));
    let pinned = Trust::ServerHash(other.parsed().sha256());
    assert!(matches!(verdict(client_profile(pinned), &made).0, Err(Refusal::Hash { .. })));
    assert!(Trust::from_url("hash://server/sha256/00").is_err());
    assert!(Trust::from_url("hash://server/md5/00").is_err());
    assert_eq!(Trust::from_url("/etc/cert/ca.pem"), Ok(None));
}

#[test]
fn a_probe_shows_the_chain_and_goes_no_further() {
    let Pki { server: made, .. } = pki();
    let probe = Trust::from_url("probe://").unwrap().unwrap();
    let (said, _) = verdict(client_profile(probe), &made);
    assert_eq!(said, Err(Refusal::Probed));
}

#[test]
fn the_servers_own_certificate_may_be_the_trusted_one_and_must_still_be_in_date() {
    let Pki { ca, server: made, .. } = pki();
    let trust = |made: &Made| Trust::Roots { certificates: vec![made.parsed()], source: "ca_cert".into() };
    assert_eq!(verdict(client_profile(trust(&made)), &made).0, Ok(()));
    let old = ca.issue(&Wanted { until: -1, ..Wanted::server("radius.example.com", &[]) });
    assert!(matches!(verdict(client_profile(trust(&old)), &old).0, Err(Refusal::Expired { .. })));
}

#[test]
fn a_client_certificate_is_no_server() {
    let Pki { ca, client: alice, .. } = pki();
    assert!(words(client_profile(ca.trust()), &alice).contains("has no serverAuth"));
}

#[test]
fn a_revoked_certificate_a_list_that_is_late_and_none_at_all_are_told_apart() {
    let Pki { ca, server: made, .. } = pki();
    let with = |crls: Vec<Vec<u8>>, ignore_expired_crls| {
        let revocation = Revocation { crls, check: CrlCheck::Leaf, ignore_expired_crls, ..Revocation::default() };
        ClientProfile { revocation, ..client_profile(ca.trust()) }
    };
    let (said, heard) = verdict(with(vec![ca.revoke(&[7], DAY)], false), &made);
    assert!(matches!(said, Err(Refusal::Revoked { .. })));
    assert_eq!(heard, Some(Alert(44)));
    assert_eq!(verdict(with(vec![ca.revoke(&[8], DAY)], false), &made).0, Ok(()));
    assert!(matches!(verdict(with(vec![ca.revoke(&[8], -1)], false), &made).0, Err(Refusal::CrlExpired { .. })));
    assert_eq!(verdict(with(vec![ca.revoke(&[8], -1)], true), &made).0, Ok(()));
    let stranger = Authority::root("Other CA", NOW).revoke(&[8], DAY);
    assert!(matches!(verdict(with(vec![stranger], false), &made).0, Err(Refusal::RevocationUnknown { .. })));
}

#[test]
fn a_missing_or_senseless_ocsp_response_is_refused_where_one_is_demanded() {
    let Pki { ca, server: made, .. } = pki();
    let with = |ocsp| {
        let revocation = Revocation { ocsp, ..Revocation::default() };
        ClientProfile { revocation, ..client_profile(ca.trust()) }
    };
    assert!(words(with(Ocsp::Require), &made).contains("is missing"));
    assert_eq!(verdict(with(Ocsp::Try), &made).0, Ok(()));
    let garbled = crate::ServerProfile { ocsp_response: vec![0x30, 0], ..server_profile(made.identity()) };
    let met = meet(&*client(with(Ocsp::Try)), &*server(garbled), 4096);
    let Err(TlsError::Refused(why)) = met.client_said else { panic!("taken") };
    assert_eq!(why.to_string(), "the stapled OCSP response cannot be read");
}
