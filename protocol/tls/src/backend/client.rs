//! Stations.

use std::sync::{Arc, Mutex};

use rustls::client::{ClientConfig, ClientConnection, Resumption};
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::sign::SingleCertAndKey;

use super::judge::Judge;
use super::session::{RustlsSession, Shared};
use super::store::{ClientStore, Clock};
use crate::error::{SetupError, TlsError};
use crate::profile::ClientProfile;
use crate::session::{Endpoint, Session};
use crate::time::WallTime;
use crate::verify::{Usage, Verifier};

pub(super) struct Client {
    config: Arc<ClientConfig>,
    shared: Arc<Shared>,
    store: Arc<ClientStore>,
}

impl Client {
    pub(super) fn new(profile: ClientProfile) -> Result<Self, SetupError> {
        let ClientProfile { trust, names, revocation, time_checks, identity, suite_b_192, resumption, .. } = profile;
        let verifier = Verifier::new(Usage::Server, trust, names, &revocation, time_checks, suite_b_192)?;
        let judge = Arc::new(Judge::new(verifier, true));
        let clock = Arc::new(Clock::default());
        let store = Arc::new(ClientStore::default());
        let builder = ClientConfig::builder_with_details(super::provider(suite_b_192), Arc::clone(&clock) as _)
            .with_protocol_versions(&super::versions(profile.versions)?)
            .map_err(|_| SetupError::Unsupported("these versions with these cipher suites"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&judge) as _);
        let mut config = match &identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(super::certified(identity)?)))
            }
            None => builder.with_no_client_auth(),
        };
        // An authentication server has no name that its clients could ask for (RFC 9190 2.2).
        config.enable_sni = false;
        config.resumption =
            if resumption { Resumption::store(Arc::clone(&store) as _) } else { Resumption::disabled() };
        let shared = Shared { call: Mutex::default(), clock, judge: Some(judge), store: None };
        Ok(Self { config: Arc::new(config), shared: Arc::new(shared), store })
    }
}

impl Endpoint for Client {
    fn start(&self, now: WallTime) -> Result<Box<dyn Session>, TlsError> {
        self.shared.clock.set(now);
        // The library wants a name to remember sessions by; there is one store for each endpoint.
        let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4])));
        let connection = ClientConnection::new(Arc::clone(&self.config), name);
        let connection = connection.map_err(|why| TlsError::Local(why.to_string()))?;
        Ok(Box::new(RustlsSession::new(connection.into(), Arc::clone(&self.shared), true)))
    }

    fn forget(&self) {
        self.store.clear();
    }
}
