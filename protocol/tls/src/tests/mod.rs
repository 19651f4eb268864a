//! Tests of sessions, verdicts and files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod files;
mod ocsp;
mod pairs;
mod verdicts;

use core::time::Duration;

use crate::testing::{Authority, Made, NOW, Wanted};
use crate::{
    Backend as _, ClientCertificates, ClientProfile, Endpoint, NameRules, Revocation, Rustls, ServerProfile, Session,
    TlsError, Trust, Versions,
};

pub(super) struct Pki {
    pub(super) ca: Authority,
    pub(super) server: Made,
    pub(super) client: Made,
}

pub(super) fn pki() -> Pki {
    let ca = Authority::root("Test CA", NOW);
    let server = ca.issue(&Wanted::server("radius.example.com", &["radius.example.com"]));
    let client = ca.issue(&Wanted::client("alice"));
    Pki { ca, server, client }
}

pub(super) fn client_profile(trust: Trust) -> ClientProfile {
    ClientProfile {
        trust,
        names: NameRules::default(),
        revocation: Revocation::default(),
        time_checks: true,
        identity: None,
        versions: Versions::ALL,
        suite_b_192: false,
        resumption: true,
    }
}

pub(super) fn server_profile(identity: crate::Identity) -> ServerProfile {
    ServerProfile {
        identity,
        ocsp_response: Vec::new(),
        clients: ClientCertificates::NotAsked,
        names: NameRules::default(),
        revocation: Revocation::default(),
        versions: Versions::ALL,
        suite_b_192: false,
        session_lifetime: Duration::from_secs(3600),
        sessions: 16,
    }
}

pub(super) fn client(profile: ClientProfile) -> Box<dyn Endpoint> {
    Rustls.client(profile).unwrap()
}

pub(super) fn server(profile: ServerProfile) -> Box<dyn Endpoint> {
    Rustls.server(profile).unwrap()
}

/// How a handshake ended on either side.
pub(super) struct Met {
    pub(super) client: Box<dyn Session>,
    pub(super) server: Box<dyn Session>,
    pub(super) client_said: Result<(), TlsError>,
    pub(super) server_said: Result<(), TlsError>,
}

/// Carries flights, cut in pieces of `piece` octets, until nobody has anything to say.
pub(super) fn meet(client: &dyn Endpoint, server: &dyn Endpoint, piece: usize) -> Met {
    let (mut client, mut server) = (client.start(NOW).unwrap(), server.start(NOW).unwrap());
    let (mut client_said, mut server_said) = (Ok(()), Ok(()));
    loop {
        let (up, down) = (client.output(), server.output());
        if up.is_empty() && down.is_empty() {
            break;
        }
        for part in up.chunks(piece) {
            server_said = server_said.and_then(|()| server.receive(part, NOW));
        }
        for part in down.chunks(piece) {
            client_said = client_said.and_then(|()| client.receive(part, NOW));
        }
    }
    Met { client, server, client_said, server_said }
}
