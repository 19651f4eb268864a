//! Certificates and their company, key files, and sessions of both sides that hear anything.

use std::sync::{Arc, LazyLock};

use tls::testing::{Authority, Made, NOW, Wanted, judge_ocsp};
use tls::{
    Backend as _, Certificate, ClientCertificates, ClientProfile, Endpoint, Identity, NameRules, Revocation, Rustls,
    ServerProfile, Versions,
};

struct Fixture {
    made: Made,
    client: Arc<dyn Endpoint>,
    server: Arc<dyn Endpoint>,
}

static FIXTURE: LazyLock<Option<Fixture>> = LazyLock::new(fixture);

fn fixture() -> Option<Fixture> {
    let ca = Authority::root("Fuzz CA", NOW);
    let made = ca.issue(&Wanted::server("radius.example.com", &["radius.example.com"]));
    let client = ClientProfile {
        trust: ca.trust(),
        names: NameRules::default(),
        revocation: Revocation::default(),
        time_checks: true,
        identity: None,
        versions: Versions::ALL,
        suite_b_192: false,
        resumption: true,
    };
    let server = ServerProfile {
        identity: made.identity(),
        ocsp_response: Vec::new(),
        clients: ClientCertificates::Optional(ca.trust()),
        names: NameRules::default(),
        revocation: Revocation::default(),
        versions: Versions::ALL,
        suite_b_192: false,
        session_lifetime: core::time::Duration::from_secs(60),
        sessions: 4,
    };
    let (client, server) = (Rustls.client(client).ok()?, Rustls.server(server).ok()?);
    Some(Fixture { made, client: client.into(), server: server.into() })
}

/// A client's and a server's endpoint.
pub(crate) fn endpoints() -> Option<(Arc<dyn Endpoint>, Arc<dyn Endpoint>)> {
    FIXTURE.as_ref().map(|fixture| (Arc::clone(&fixture.client), Arc::clone(&fixture.server)))
}

/// Files that a configuration names.
pub(crate) fn files(data: &[u8]) {
    let _ = tls::read_certificates(data, "a file");
    let _ = tls::read_crls(data);
    let _ = Identity::read(None, data, Some(b"airlock"));
    let _ = Identity::read(Some(data), data, None);
}

/// A certificate of a stranger, and every rule about it.
pub(crate) fn certificate(data: &[u8]) {
    let Ok(certificate) = Certificate::from_der(data) else { return };
    assert_eq!(certificate.der(), data, "a certificate is not the octets that it was");
    let rules = NameRules { domain_suffix: "example.com".into(), ..NameRules::default() };
    let named = certificate.dns_names().chain(certificate.common_names().iter().map(String::as_str));
    let ends = named.map(str::to_ascii_lowercase).any(|name| name.ends_with("example.com"));
    assert!(rules.check(&certificate).is_err() || ends, "a name was taken that is not there");
    let _ = (certificate.subject(), certificate.alt_names(), certificate.trust_override());
}

/// A stapled response that nobody signed.
pub(crate) fn ocsp(data: &[u8]) {
    if let Some(fixture) = FIXTURE.as_ref() {
        judge_ocsp(data, &fixture.made.parsed());
    }
}

/// What comes to either side from a stranger: it may end the session and never complete it.
pub(crate) fn sessions(data: &[u8]) {
    let Some(fixture) = FIXTURE.as_ref() else { return };
    for endpoint in [&fixture.client, &fixture.server] {
        let Ok(mut session) = endpoint.start(NOW) else { continue };
        let _ = session.output();
        let _ = session.receive(data, NOW);
        let _ = session.output();
        assert!(session.is_handshaking(), "a handshake was completed by nobody");
        assert!(session.plaintext().is_empty(), "something was decrypted before there were keys");
    }
}
