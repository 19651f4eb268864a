//! TLS endpoints out of files.

use std::sync::Arc;
use std::time::Duration;

use tls::{
    Backend as _, ClientCertificates, ClientProfile, CrlCheck, Endpoint, Identity, NameRules, Ocsp, Revocation, Rustls,
    ServerProfile, Trust,
};

use crate::Outcome;
use crate::config::Config;

fn identity(config: &Config, prefix: &str) -> Outcome<Option<Identity>> {
    let name = |what: &str| format!("{prefix}{what}");
    let Some(key) = config.file(&name("key"))? else { return Ok(None) };
    let certificate = config.file(&name("cert"))?;
    let password = config.get(&name("key_password")).map(str::as_bytes);
    Ok(Some(Identity::read(certificate.as_deref(), &key, password)?))
}

fn trust(config: &Config, name: &str) -> Outcome<Option<Trust>> {
    let Some(value) = config.get(name) else { return Ok(None) };
    if let Some(trust) = Trust::from_url(value)? {
        return Ok(Some(trust));
    }
    let file = config.file(name)?.unwrap_or_default();
    let certificates = tls::read_certificates(&file, "ca_cert")?;
    Ok(Some(Trust::Roots { certificates, source: format!("{name}={value}") }))
}

fn revocation(config: &Config) -> Outcome<Revocation> {
    let crls = config.file("crl")?.map(|file| tls::read_crls(&file)).transpose()?.unwrap_or_default();
    let check = match config.number("check_crl", 0)? {
        0 => CrlCheck::Off,
        1 => CrlCheck::Leaf,
        _ => CrlCheck::Chain,
    };
    let ocsp = match config.number("ocsp", 0)? {
        0 => Ocsp::Off,
        1 => Ocsp::Try,
        _ => Ocsp::Require,
    };
    Ok(Revocation { crls, check, ignore_expired_crls: false, ocsp })
}

fn names(config: &Config) -> NameRules {
    let text = |name| config.get(name).unwrap_or_default().to_owned();
    NameRules {
        subject: text("subject_match"),
        alt_subject: text("altsubject_match"),
        domain: text("domain_match"),
        domain_suffix: text("domain_suffix_match"),
        check_subject: text("check_cert_subject"),
    }
}

/// A station's endpoint; `prefix` is in front of the names of its own certificate and key.
///
/// # Errors
/// What of the files cannot be.
pub fn client(config: &Config, prefix: &str) -> Outcome<Arc<dyn Endpoint>> {
    let profile = ClientProfile {
        trust: trust(config, "ca")?.unwrap_or(Trust::Anyone),
        names: names(config),
        revocation: revocation(config)?,
        time_checks: true,
        identity: identity(config, prefix)?,
        versions: config.versions()?,
        suite_b_192: false,
        resumption: config.get("resumption") != Some("no"),
    };
    Ok(Rustls.client(profile)?.into())
}

/// A server's endpoint, if it has a certificate. `certificates` asks clients for theirs.
///
/// # Errors
/// What of the files cannot be.
pub fn server(config: &Config, certificates: bool) -> Outcome<Option<Arc<dyn Endpoint>>> {
    let Some(identity) = identity(config, "")? else { return Ok(None) };
    let clients = match trust(config, "ca")? {
        Some(trust) if certificates => ClientCertificates::Required(trust),
        _ => ClientCertificates::NotAsked,
    };
    let profile = ServerProfile {
        identity,
        ocsp_response: config.file("ocsp_response")?.unwrap_or_default(),
        clients,
        names: names(config),
        revocation: revocation(config)?,
        versions: config.versions()?,
        suite_b_192: false,
        session_lifetime: Duration::from_secs(config.number("session_lifetime", 3600)?),
        sessions: config.number("sessions", 20_000)?,
    };
    Ok(Some(Rustls.server(profile)?.into()))
}
