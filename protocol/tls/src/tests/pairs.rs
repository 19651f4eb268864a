//! Both sides of a session.

use super::{Pki, client, client_profile, meet, pki, server, server_profile};
use crate::testing::{NOW, Wanted};
use crate::{Alert, ClientCertificates, Refusal, TlsError, Version, Versions, WallTime};

#[test]
fn both_versions_agree_on_keys_and_randoms_with_records_in_pieces_of_one_octet() {
    let Pki { ca, server: made, .. } = pki();
    for (versions, version) in [(Versions::ONLY_TLS12, Version::Tls12), (Versions::ONLY_TLS13, Version::Tls13)] {
        let station = client(client_profile(ca.trust()));
        let serving = server(crate::ServerProfile { versions, ..server_profile(made.identity()) });
        let mut met = meet(&*station, &*serving, 1);
        assert_eq!((met.client_said, met.server_said), (Ok(()), Ok(())));
        assert_eq!((met.client.version(), met.server.version()), (Some(version), Some(version)));
        let (mut ours, mut theirs, mut other) = ([0; 128], [0; 128], [0; 128]);
        met.client.export("client EAP encryption", None, &mut ours).unwrap();
        met.server.export("client EAP encryption", None, &mut theirs).unwrap();
        met.server.export("ttls keying material", None, &mut other).unwrap();
        assert_eq!(ours, theirs);
        assert_ne!(ours, other);
        assert_eq!(met.client.randoms(), met.server.randoms());
        assert!(met.client.randoms().is_some_and(|randoms| randoms.client != randoms.server));
        met.client.send(b"inner").unwrap();
        met.server.receive(&met.client.output(), NOW).unwrap();
        assert_eq!(met.server.plaintext(), b"inner");
        assert_eq!(met.server.plaintext(), b"");
        met.server.close();
        met.client.receive(&met.server.output(), NOW).unwrap();
        assert!(met.client.is_closed_by_peer());
    }
}

#[test]
fn nothing_is_exported_or_sent_before_the_handshake_is_over() {
    let Pki { ca, .. } = pki();
    let mut session = client(client_profile(ca.trust())).start(NOW).unwrap();
    assert_eq!(session.export("client EAP encryption", None, &mut [0; 64]), Err(TlsError::Unfinished));
    assert_eq!(session.send(b"early"), Err(TlsError::Unfinished));
}

#[test]
fn a_session_is_taken_up_again_only_once_it_was_kept_and_brings_what_was_remembered() {
    let Pki { ca, server: made, .. } = pki();
    for versions in [Versions::ONLY_TLS12, Versions::ONLY_TLS13] {
        let station = client(client_profile(ca.trust()));
        let serving = server(crate::ServerProfile { versions, ..server_profile(made.identity()) });
        let first = meet(&*station, &*serving, 4096);
        assert_eq!((first.client_said, first.server_said), (Ok(()), Ok(())));
        // The authentication inside failed: nobody called keep.
        let mut second = meet(&*station, &*serving, 4096);
        assert!(!second.client.is_resumed() && second.server.remembered().is_none(), "{versions:?}");
        second.server.keep(b"alice");
        let third = meet(&*station, &*serving, 4096);
        assert_eq!((third.client_said, third.server_said), (Ok(()), Ok(())));
        assert!(third.client.is_resumed() && third.server.is_resumed(), "{versions:?}");
        assert_eq!(third.server.remembered(), Some(b"alice".as_slice()));
        station.forget();
        assert!(!meet(&*station, &*serving, 4096).client.is_resumed());
    }
}

#[test]
fn a_kept_session_ends_with_its_lifetime() {
    let Pki { ca, server: made, .. } = pki();
    let station = client(client_profile(ca.trust()));
    let serving = server(server_profile(made.identity()));
    meet(&*station, &*serving, 4096).server.keep(b"alice");
    let later = WallTime(NOW.0 + 3601);
    let (mut up, mut down) = (station.start(later).unwrap(), serving.start(later).unwrap());
    for _ in 0..4 {
        down.receive(&up.output(), later).unwrap();
        up.receive(&down.output(), later).unwrap();
    }
    assert!(!up.is_handshaking() && !up.is_resumed());
}

#[test]
fn a_server_that_wants_a_certificate_takes_the_right_one_and_says_what_is_wrong_with_others() {
    let Pki { ca, server: made, client: alice } = pki();
    for versions in [Versions::ONLY_TLS12, Versions::ONLY_TLS13] {
        let profile = || crate::ServerProfile {
            versions,
            clients: ClientCertificates::Required(ca.trust()),
            ..server_profile(made.identity())
        };
        let serving = server(profile());
        let station = client(crate::ClientProfile { identity: Some(alice.identity()), ..client_profile(ca.trust()) });
        let met = meet(&*station, &*serving, 4096);
        assert_eq!((met.client_said, met.server_said), (Ok(()), Ok(())));
        assert_eq!(met.server.peer_chain()[0].subject(), "/O=Airlock/CN=alice");
        // None.
        let met = meet(&*client(client_profile(ca.trust())), &*serving, 4096);
        assert_eq!(met.server_said, Err(TlsError::Refused(Box::new(Refusal::NoCertificate))));
        let alert = if versions.tls13 { Alert(116) } else { Alert(40) };
        assert!(matches!(met.client_said, Err(TlsError::Alert(got)) if got == alert || got == Alert(116)));
        // One for servers.
        let wrong = ca.issue(&Wanted::server("mallory", &[]));
        let station = client(crate::ClientProfile { identity: Some(wrong.identity()), ..client_profile(ca.trust()) });
        let met = meet(&*station, &*serving, 4096);
        let Err(TlsError::Refused(why)) = met.server_said else { panic!("taken") };
        assert!(why.to_string().contains("has no clientAuth"), "{why}");
    }
}

#[test]
fn a_server_and_a_client_without_a_common_version_say_so() {
    let Pki { ca, server: made, .. } = pki();
    let station = client(crate::ClientProfile { versions: Versions::ONLY_TLS12, ..client_profile(ca.trust()) });
    let serving = server(crate::ServerProfile { versions: Versions::ONLY_TLS13, ..server_profile(made.identity()) });
    let met = meet(&*station, &*serving, 4096);
    assert!(matches!(met.server_said, Err(TlsError::NothingInCommon(_))));
    let Err(why @ TlsError::Alert(Alert(70))) = met.client_said else { panic!("{:?}", met.client_said) };
    assert!(why.to_string().contains("protocol_version"));
}

#[test]
fn octets_that_are_not_tls_end_the_session_for_good() {
    let Pki { ca, .. } = pki();
    let mut session = client(client_profile(ca.trust())).start(NOW).unwrap();
    let first = session.receive(&[0x17; 64], NOW);
    assert!(matches!(first, Err(TlsError::Protocol(_))));
    assert_eq!(session.receive(&[], NOW), first);
}

#[test]
fn suite_b_at_192_bits_takes_no_p256_certificate_and_agrees_with_p384() {
    let Pki { ca, server: weak, .. } = pki();
    let strong = ca.issue(&Wanted { strong: true, ..Wanted::server("radius.example.com", &[]) });
    let station = client(crate::ClientProfile { suite_b_192: true, ..client_profile(ca.trust()) });
    let met = meet(&*station, &*server(server_profile(strong.identity())), 4096);
    assert_eq!(met.client_said, Ok(()));
    assert_eq!(met.client.cipher_suite().as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    let met = meet(&*station, &*server(server_profile(weak.identity())), 4096);
    assert!(met.client_said.is_err());
}
