//! Servers.

use std::sync::{Arc, Mutex};

use rustls::server::{NoServerSessionStorage, ServerConfig, ServerConnection, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;

use super::judge::Judge;
use super::session::{RustlsSession, Shared};
use super::store::{Clock, ServerStore};
use crate::error::{SetupError, TlsError};
use crate::profile::{ClientCertificates, ServerProfile};
use crate::session::{Endpoint, Session};
use crate::time::WallTime;
use crate::verify::{Usage, Verifier};

pub(super) struct Server {
    config: Arc<ServerConfig>,
    shared: Arc<Shared>,
}

impl Server {
    pub(super) fn new(profile: ServerProfile) -> Result<Self, SetupError> {
        let ServerProfile { identity, ocsp_response, clients, names, revocation, versions, suite_b_192, .. } = profile;
        let clock = Arc::new(Clock::default());
        let (trust, mandatory) = match clients {
            ClientCertificates::NotAsked => (None, false),
            ClientCertificates::Optional(trust) => (Some(trust), false),
            ClientCertificates::Required(trust) => (Some(trust), true),
        };
        let judge = match trust {
            Some(trust) => {
                let verifier = Verifier::new(Usage::Client, trust, names, &revocation, true, suite_b_192)?;
                Some(Arc::new(Judge::new(verifier, mandatory)))
            }
            None => None,
        };
        let builder = ServerConfig::builder_with_details(super::provider(suite_b_192), Arc::clone(&clock) as _)
            .with_protocol_versions(&super::versions(versions)?)
            .map_err(|_| SetupError::Unsupported("these versions with these cipher suites"))?;
        let builder = match &judge {
            Some(judge) => builder.with_client_cert_verifier(Arc::clone(judge) as _),
            None => builder.with_client_cert_verifier(WebPkiClientVerifier::no_client_auth()),
        };
        let mut certified = super::certified(&identity)?;
        certified.ocsp = Some(ocsp_response).filter(|response| !response.is_empty());
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        let lifetime = profile.session_lifetime.as_secs();
        let store = (lifetime > 0).then(|| Arc::new(ServerStore::new(Arc::clone(&clock), lifetime, profile.sessions)));
        match &store {
            Some(store) => {
                config.session_storage = Arc::clone(store) as _;
                config.send_tls13_tickets = 1;
            }
            None => {
                config.session_storage = Arc::new(NoServerSessionStorage {});
                config.send_tls13_tickets = 0;
            }
        }
        let shared = Shared { call: Mutex::default(), clock, judge, store };
        Ok(Self { config: Arc::new(config), shared: Arc::new(shared) })
    }
}

impl Endpoint for Server {
    fn start(&self, now: WallTime) -> Result<Box<dyn Session>, TlsError> {
        self.shared.clock.set(now);
        let connection = ServerConnection::new(Arc::clone(&self.config));
        let connection = connection.map_err(|why| TlsError::Local(why.to_string()))?;
        Ok(Box::new(RustlsSession::new(connection.into(), Arc::clone(&self.shared), false)))
    }

    fn forget(&self) {
        if let Some(store) = &self.shared.store {
            store.clear();
        }
    }
}
