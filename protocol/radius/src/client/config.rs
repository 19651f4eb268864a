//! What a client is told: servers and patience.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::request::Overrides;
use crate::{Demand, SharedSecret};

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDP, or DTLS.
    Datagram,
    /// TCP, or TLS (RFC 6614).
    Stream,
}

/// One server.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The shared secret; [`SharedSecret::radsec`] over TLS.
    pub secret: Arc<SharedSecret>,
    /// How packets travel.
    pub transport: Transport,
    /// Whether each reply to an Access-Request needs a Message-Authenticator (`radius_require_message_authenticator`). Those to
    /// requests with EAP need it in any case.
    pub demand: Demand,
    /// How many source ports there are: each has 256 identifiers. Streams have one.
    pub lanes: u8,
    /// It answers Status-Server (RFC 5997): before requests go to it again it is asked whether it is there.
    pub probe: bool,
}

impl ServerConfig {
    /// A server over UDP that follows today's rules, with one source port.
    #[must_use]
    pub fn new(secret: SharedSecret) -> ServerConfig {
        ServerConfig {
            secret: Arc::new(secret),
            transport: Transport::Datagram,
            demand: Demand::Required,
            lanes: 1,
            probe: false,
        }
    }
}

/// How patient a client is (RFC 5080 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Until the first retransmission (IRT).
    pub initial: Duration,
    /// The longest time between two (MRT), and how long an answer over a stream is waited for.
    pub longest: Duration,
    /// Transmissions to a server until the next one is tried (MRC).
    pub count: u32,
    /// How often each server gets its turn.
    pub rounds: u32,
    /// When to give up in any case (MRD).
    pub duration: Option<Duration>,
}

impl Timing {
    /// For people who wait: the values of RFC 5080 2.2.1.
    #[must_use]
    pub const fn authentication() -> Timing {
        Timing {
            initial: Duration::from_secs(2),
            longest: Duration::from_secs(16),
            count: 4,
            rounds: 1,
            duration: Some(Duration::from_secs(60)),
        }
    }

    /// For reports that nobody waits for, and that are not to be lost.
    #[must_use]
    pub const fn accounting() -> Timing {
        Timing {
            initial: Duration::from_secs(3),
            longest: Duration::from_secs(120),
            count: 4,
            rounds: 3,
            duration: None,
        }
    }
}

/// What a client is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The servers, the one that is wanted most first.
    pub servers: Vec<ServerConfig>,
    /// How patient it is.
    pub timing: Timing,
    /// After this long the first server is tried again (`radius_retry_primary_interval`); `None` stays with the one that
    /// answers.
    pub retry_primary: Option<Duration>,
    /// The most requests that wait at a time; then the oldest is given up.
    pub max_pending: usize,
    /// What is otherwise in requests.
    pub overrides: Overrides,
}
