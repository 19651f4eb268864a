//! rustls with *ring* behind the traits of [`crate::Session`].

mod client;
mod judge;
mod server;
mod session;
mod store;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls::{NamedGroup, SupportedCipherSuite, SupportedProtocolVersion};

use crate::credentials::Identity;
use crate::error::SetupError;
use crate::profile::{ClientProfile, ServerProfile, Versions};
use crate::session::{Backend, Endpoint};

/// rustls: TLS 1.2 and 1.3 with forward secrecy, nothing older.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rustls;

impl Backend for Rustls {
    fn client(&self, profile: ClientProfile) -> Result<Box<dyn Endpoint>, SetupError> {
        Ok(Box::new(client::Client::new(profile)?))
    }

    fn server(&self, profile: ServerProfile) -> Result<Box<dyn Endpoint>, SetupError> {
        Ok(Box::new(server::Server::new(profile)?))
    }
}

/// *ring*'s suites and groups, or those of them that are Suite B at 192 bits.
fn provider(suite_b_192: bool) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    if suite_b_192 {
        provider.cipher_suites.retain(|suite: &SupportedCipherSuite| {
            use rustls::CipherSuite as C;
            [
                C::TLS13_AES_256_GCM_SHA384,
                C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            ]
            .contains(&suite.suite())
        });
        provider.kx_groups.retain(|group| group.name() == NamedGroup::secp384r1);
    }
    Arc::new(provider)
}

fn versions(versions: Versions) -> Result<Vec<&'static SupportedProtocolVersion>, SetupError> {
    let mut wanted = Vec::new();
    if versions.tls12 {
        wanted.push(&rustls::version::TLS12);
    }
    if versions.tls13 {
        wanted.push(&rustls::version::TLS13);
    }
    if wanted.is_empty() {
        return Err(SetupError::Unsupported("TLS versions before 1.2"));
    }
    Ok(wanted)
}

fn certified(identity: &Identity) -> Result<CertifiedKey, SetupError> {
    let chain = identity.chain.iter().map(|part| part.der().to_vec().into()).collect();
    let key = ring::sign::any_supported_type(&identity.key.to_rustls())
        .map_err(|_| SetupError::UnsupportedKey("only RSA from 2048 bits, P-256, P-384 and Ed25519 can be".into()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(_) => Err(SetupError::KeyMismatch),
    }
}
