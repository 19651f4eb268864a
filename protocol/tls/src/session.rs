//! The traits that a TLS library is reached through.

use crate::certificate::Certificate;
use crate::error::{SetupError, TlsError};
use crate::profile::{ClientProfile, ServerProfile, Version};
use crate::time::WallTime;

/// A TLS library.
pub trait Backend: Send + Sync {
    /// An endpoint for stations.
    ///
    /// # Errors
    /// What of the profile cannot be.
    fn client(&self, profile: ClientProfile) -> Result<Box<dyn Endpoint>, SetupError>;

    /// An endpoint for servers.
    ///
    /// # Errors
    /// What of the profile cannot be.
    fn server(&self, profile: ServerProfile) -> Result<Box<dyn Endpoint>, SetupError>;
}

/// What sessions are started from; it remembers those that may be taken up again.
pub trait Endpoint: Send + Sync {
    /// A new session. A client's has its first flight to send at once.
    ///
    /// # Errors
    /// When the library cannot.
    fn start(&self, now: WallTime) -> Result<Box<dyn Session>, TlsError>;

    /// Forgets every session that might be taken up again, for instance after an authentication failed.
    fn forget(&self);
}

/// The random values of both hellos (RFC 5216 2.3 makes the Session-Id of them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Randoms {
    /// ClientHello.random.
    pub client: [u8; 32],
    /// ServerHello.random.
    pub server: [u8; 32],
}

/// One session: octets in, octets out. Nothing is sent or received by itself.
pub trait Session: Send {
    /// Takes what the peer sent, in pieces of any size. What was decrypted waits at [`Session::plaintext`], what is to
    /// be sent at [`Session::output`], after an error too: an alert.
    ///
    /// # Errors
    /// Why the session is over; it stays over.
    fn receive(&mut self, bytes: &[u8], now: WallTime) -> Result<(), TlsError>;

    /// What is to be sent, whole records; each octet is given once.
    fn output(&mut self) -> Vec<u8>;

    /// What was received and decrypted; each octet is given once.
    fn plaintext(&mut self) -> Vec<u8>;

    /// Encrypts for the peer; the records wait at [`Session::output`].
    ///
    /// # Errors
    /// [`TlsError::Unfinished`] before the handshake is over.
    fn send(&mut self, plaintext: &[u8]) -> Result<(), TlsError>;

    /// Says to the peer that nothing more will come.
    fn close(&mut self);

    /// Whether the handshake is still going on.
    fn is_handshaking(&self) -> bool;

    /// Whether the peer has said that nothing more will come.
    fn is_closed_by_peer(&self) -> bool;

    /// The version that was agreed on.
    fn version(&self) -> Option<Version>;

    /// The standard's name of the cipher suite that was agreed on.
    fn cipher_suite(&self) -> Option<String>;

    /// Whether an earlier session was taken up again.
    fn is_resumed(&self) -> bool;

    /// Keying material (RFC 5705, RFC 8446 7.5). In TLS 1.2 without a context this is the PRF over both random values, as
    /// RFC 5216 2.3 wants it.
    ///
    /// # Errors
    /// [`TlsError::Unfinished`] before the handshake is over.
    fn export(&self, label: &str, context: Option<&[u8]>, out: &mut [u8]) -> Result<(), TlsError>;

    /// The random values of both hellos, once they were seen.
    fn randoms(&self) -> Option<Randoms>;

    /// The peer's certificates, its own first, as it sent them; there also when they were refused.
    fn peer_chain(&self) -> &[Certificate];

    /// Server: lets this session be taken up again, and remembers these octets with it. Before that is called no
    /// client can take it up: authentication inside the tunnel may still fail.
    fn keep(&mut self, remembered: &[u8]);

    /// Server: what was remembered with the session that was taken up again.
    fn remembered(&self) -> Option<&[u8]>;
}
