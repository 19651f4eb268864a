//! One session of rustls, either side.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use rustls::{Connection, HandshakeKind, ProtocolVersion};

use super::judge::{Judge, Seen, lock};
use super::store::{Clock, Fresh, ServerStore};
use crate::certificate::Certificate;
use crate::error::{Alert, TlsError};
use crate::profile::Version;
use crate::randoms;
use crate::session::{Randoms, Session};
use crate::time::WallTime;

/// What the sessions of an endpoint share. A call into any of them holds `call`, so that what the verifier and the
/// store have seen belongs to it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) call: Mutex<()>,
    pub(super) clock: Arc<Clock>,
    pub(super) judge: Option<Arc<Judge>>,
    pub(super) store: Option<Arc<ServerStore>>,
}

pub(super) struct RustlsSession {
    connection: Connection,
    shared: Arc<Shared>,
    is_client: bool,
    plaintext: Vec<u8>,
    /// The start of what either side sent, until its hello was read.
    sent: randoms::Hello,
    received: randoms::Hello,
    chain: Vec<Certificate>,
    fresh: Vec<Fresh>,
    remembered: Option<Vec<u8>>,
    closed: bool,
    failed: Option<TlsError>,
}

impl RustlsSession {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>, is_client: bool) -> Self {
        Self {
            connection,
            shared,
            is_client,
            plaintext: Vec::new(),
            sent: randoms::Hello::default(),
            received: randoms::Hello::default(),
            chain: Vec::new(),
            fresh: Vec::new(),
            remembered: None,
            closed: false,
            failed: None,
        }
    }

    fn process(&mut self, mut bytes: &[u8], now: WallTime) -> Result<(), TlsError> {
        let shared = Arc::clone(&self.shared);
        let _call = lock(&shared.call);
        shared.clock.set(now);
        let mut verdict = Ok(());
        while !bytes.is_empty() && verdict.is_ok() {
            // A reader of octets in memory cannot fail; the library refuses when its buffer is full.
            match self.connection.read_tls(&mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(why) => verdict = Err(TlsError::Protocol(why.to_string())),
            }
            if verdict.is_ok() {
                verdict = self.decrypt();
            }
        }
        let seen = shared.judge.as_ref().map(|judge| judge.take()).unwrap_or_default();
        let Seen { chain, refusal } = seen;
        if !chain.is_empty() {
            self.chain = chain;
        }
        if let Some(store) = &shared.store {
            let (fresh, taken) = store.after_call();
            self.fresh.extend(fresh);
            if taken.is_some() {
                self.remembered = taken;
            }
        }
        match refusal {
            Some(refusal) if verdict.is_err() => Err(TlsError::Refused(Box::new(refusal))),
            _ => verdict,
        }
    }

    fn decrypt(&mut self) -> Result<(), TlsError> {
        let state = self.connection.process_new_packets().map_err(|why| translate(&why))?;
        self.closed |= state.peer_has_closed();
        let mut part = vec![0; state.plaintext_bytes_to_read()];
        if !part.is_empty() {
            self.connection.reader().read_exact(&mut part).map_err(|why| TlsError::Local(why.to_string()))?;
            self.plaintext.append(&mut part);
        }
        Ok(())
    }
}

impl Session for RustlsSession {
    fn receive(&mut self, bytes: &[u8], now: WallTime) -> Result<(), TlsError> {
        if let Some(why) = &self.failed {
            return Err(why.clone());
        }
        self.received.feed(bytes);
        let verdict = self.process(bytes, now);
        if let Err(why) = &verdict {
            self.failed = Some(why.clone());
            self.fresh.clear();
        }
        verdict
    }

    fn output(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            // Writing into memory cannot fail.
            if !matches!(self.connection.write_tls(&mut out), Ok(written) if written > 0) {
                break;
            }
        }
        self.sent.feed(&out);
        out
    }

    fn plaintext(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.plaintext)
    }

    fn send(&mut self, plaintext: &[u8]) -> Result<(), TlsError> {
        if let Some(why) = &self.failed {
            return Err(why.clone());
        }
        if self.connection.is_handshaking() {
            return Err(TlsError::Unfinished);
        }
        self.connection.writer().write_all(plaintext).map_err(|why| TlsError::Local(why.to_string()))
    }

    fn close(&mut self) {
        self.connection.send_close_notify();
    }

    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn is_closed_by_peer(&self) -> bool {
        self.closed
    }

    fn version(&self) -> Option<Version> {
        match self.connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Some(Version::Tls12),
            Some(ProtocolVersion::TLSv1_3) => Some(Version::Tls13),
            _ => None,
        }
    }

    fn cipher_suite(&self) -> Option<String> {
        let suite = self.connection.negotiated_cipher_suite()?;
        suite.suite().as_str().map(|name| name.replacen("TLS13_", "TLS_", 1))
    }

    fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    fn export(&self, label: &str, context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError> {
        let made = self.connection.export_keying_material(out, label.as_bytes(), context);
        made.map(|_| ()).map_err(|_| TlsError::Unfinished)
    }

    fn randoms(&self) -> Option<Randoms> {
        let (client, server) = if self.is_client { (&self.sent, &self.received) } else { (&self.received, &self.sent) };
        Some(Randoms { client: client.random(1)?, server: server.random(2)? })
    }

    fn peer_chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn keep(&mut self, remembered: &[u8]) {
        if let Some(store) = &self.shared.store {
            store.keep(core::mem::take(&mut self.fresh), remembered);
        }
    }

    fn remembered(&self) -> Option<&[u8]> {
        self.remembered.as_deref().filter(|_| self.is_resumed())
    }
}

fn translate(why: &rustls::Error) -> TlsError {
    use rustls::Error as E;
    #[allow(clippy::wildcard_enum_match_arm, reason = "the library's enum is not exhaustive")]
    match why {
        E::AlertReceived(alert) => TlsError::Alert(Alert(u8::from(*alert))),
        E::NoCertificatesPresented => TlsError::Refused(Box::new(crate::refusal::Refusal::NoCertificate)),
        E::PeerIncompatible(_) => TlsError::NothingInCommon(why.to_string()),
        E::EncryptError
        | E::HandshakeNotComplete
        | E::FailedToGetCurrentTime
        | E::FailedToGetRandomBytes
        | E::BadMaxFragmentSize
        | E::General(_) => TlsError::Local(why.to_string()),
        other => TlsError::Protocol(other.to_string()),
    }
}
