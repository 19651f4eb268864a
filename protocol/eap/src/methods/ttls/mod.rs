//! EAP-TTLS, version 0 (RFC 5281; RFC 9427 for TLS 1.3): a password, a challenge or EAP inside of TLS.
//!
//! Nothing binds what is inside to the tunnel, so that the server's certificate is all that keeps a password from
//! whoever asks for it; challenges are at least made of the tunnel itself.

use alloc::vec::Vec;

use crypto::Secret;
use tls::TlsError;
use wire::Writer;

use crate::EapError;
use crate::tunnel::Channel;

mod avp;
mod peer;
mod server;

pub use peer::TtlsPeer;
pub(crate) use peer::peer;
pub use server::TtlsServer;

/// The bits of the flags that give the version.
const VERSION: u8 = 0x07;
const LABEL: &str = "ttls keying material";
/// What says under protection of TLS 1.3 that all is well (RFC 9190 2.5, RFC 9427 3).
const COMMITMENT: &[u8] = &[0];

/// What authenticates inside of the tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TtlsInner {
    /// The password itself (RFC 5281 11.2.5).
    Pap,
    /// MD5 over a challenge (RFC 5281 11.2.2).
    Chap,
    /// RFC 2433 (RFC 5281 11.2.3).
    MsChap,
    /// RFC 2759, in which the server proves itself too (RFC 5281 11.2.4).
    MsChapV2,
    /// A method of EAP (RFC 5281 11.2.1).
    #[default]
    Eap,
}

impl TtlsInner {
    /// The name that configuration files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pap => "PAP",
            Self::Chap => "CHAP",
            Self::MsChap => "MSCHAP",
            Self::MsChapV2 => "MSCHAPV2",
            Self::Eap => "EAP",
        }
    }
}

/// The challenge that both sides make of the tunnel (RFC 5281 11.1, RFC 9427 2.3), and the identifier behind it.
#[derive(Debug)]
struct Implicit<const N: usize> {
    challenge: [u8; N],
    id: u8,
}

impl<const N: usize> Implicit<N> {
    fn of(channel: &mut Channel) -> Result<Implicit<N>, TlsError> {
        // The exporter of TLS 1.3 gives other octets for another length.
        let mut material = alloc::vec![0; N.saturating_add(1)];
        channel.session().export("ttls challenge", None, &mut material)?;
        let (challenge, rest) = material.split_first_chunk::<N>().ok_or(TlsError::Unfinished)?;
        Ok(Implicit { challenge: *challenge, id: rest.first().copied().unwrap_or_default() })
    }
}

/// A challenge and an identifier other than those of the tunnel (RFC 5281 11.2.2): somebody else's are carried through.
fn is_implicit<const N: usize>(implicit: &Implicit<N>, challenge: Option<&[u8]>, id: Option<&u8>) -> bool {
    challenge == Some(&implicit.challenge[..]) && id == Some(&implicit.id)
}

/// The password with zeros up to a multiple of 16, so that its length does not show (RFC 5281 11.2.5).
fn padded(password: &[u8]) -> Secret {
    let mut padded = password.to_vec();
    padded.resize(password.len().max(1).next_multiple_of(16), 0);
    Secret::from(padded)
}

fn avps(fill: impl FnOnce(&mut Writer)) -> Result<Vec<u8>, EapError> {
    let mut writer = Writer::new();
    fill(&mut writer);
    Ok(writer.finish()?)
}
