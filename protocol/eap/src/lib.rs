//! Extensible Authentication Protocol (RFC 3748): peer and server as machines (RFC 4137), and their methods.
//!
//! [`Peer`] is the station's side. [`Server`] is what proves who the peer is (a backend authenticator), and
//! [`Authenticator`] what stands between a link and a server, here or behind RADIUS: it sends again what was lost and
//! lets only the Response through that was asked for. All take octets and time, and give out what is to be done.
//! Methods are parts behind [`PeerMethod`] and [`ServerMethod`], one file each; `methods::TABLE` lists them. What a
//! method lacks (an identity, a password, a token, a user's entry) it asks for with an [`Ask`].
//!
//! What a daemon has to give: the network's [`Credentials`] or the users' table, random bytes, the time (and the wall
//! time for certificates); and a lower layer, EAPOL for one, that carries packets of up to the configured size, knows of
//! success by other ways (the 4-way handshake) and says when the port is disabled.
//!
//! | file | what stands there |
//! |---|---|
//! | `packet`, `method_type`, `nak` | what packets look like |
//! | `fragment`, `rounds` | long messages, long conversations |
//! | `peer` | the peer's machine |
//! | `server`, `authenticator` | the server's machine, and the one at the link |
//! | `traits`, `credential`, `other` | what methods are, need and give, those of other crates too |
//! | `erp` | re-authentication with the keys of an earlier conversation |
//! | `tunnel` | what the methods with TLS share |
//! | `profile` | a peer's credentials, made into methods |
//! | `methods` | each method, both sides in one file |
//! | `error` | what goes wrong, and who is to blame |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod authenticator;
mod credential;
pub mod erp;
mod error;
pub mod fragment;
mod method_type;
pub mod methods;
mod nak;
mod other;
pub mod packet;
mod peer;
mod profile;
mod rounds;
mod server;
mod traits;
mod tunnel;

pub use authenticator::{Authenticator, AuthenticatorConfig, AuthenticatorOutput, Verdict};
pub use credential::{Answer, Ask, Password, User};
pub use error::{Blame, EapError, Ignored};
pub use method_type::MethodType;
pub use nak::Nak;
pub use other::Other;
pub use peer::{Peer, PeerConfig, PeerOutput};
pub use profile::{Credentials, MachineCredentials};
pub use rounds::RoundLimits;
pub use server::{Server, ServerConfig, ServerOutput};
pub use traits::{
    CertificateNote, Context, Decision, Env, Keys, Note, PeerMethod, PeerMethods, PeerStep, Progress, ServerMethod,
    ServerStep,
};

pub use tunnel::{CryptoBinding, TunnelCredentials};

#[cfg(test)]
mod tests;
