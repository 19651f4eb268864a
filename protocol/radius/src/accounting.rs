//! Sessions as accounting sees them (RFC 2866, RFC 2869 5.1 to 5.3).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::Instant;

use crate::code::acct_status;
use crate::nas::{Nas, Port};
use crate::packet::AttributeWriter;
use crate::{Code, Reply, Request, Type};

/// How a user was authenticated (RFC 2866 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentic {
    /// By a RADIUS server.
    Radius,
    /// By ourselves, as with a passphrase.
    Local,
}

/// Why a session ended (RFC 2866 5.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminateCause {
    /// 1: the user left.
    UserRequest,
    /// 2: its signal was lost.
    LostCarrier,
    /// 4.
    IdleTimeout,
    /// 5.
    SessionTimeout,
    /// 6: the administrator, a Disconnect-Request among others.
    AdminReset,
    /// 7: the access point starts again.
    AdminReboot,
    /// 9: something failed here.
    NasError,
    /// 10: the access point ends the session.
    NasRequest,
    /// 20: authentication anew failed (RFC 3580 2.5).
    ReauthenticationFailure,
}

impl TerminateCause {
    const fn value(self) -> u32 {
        match self {
            Self::UserRequest => 1,
            Self::LostCarrier => 2,
            Self::IdleTimeout => 4,
            Self::SessionTimeout => 5,
            Self::AdminReset => 6,
            Self::AdminReboot => 7,
            Self::NasError => 9,
            Self::NasRequest => 10,
            Self::ReauthenticationFailure => 20,
        }
    }
}

/// What a station has moved; input is what it sent (RFC 2866 5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Octets that it sent.
    pub input_octets: u64,
    /// Octets that it received.
    pub output_octets: u64,
    /// Frames that it sent.
    pub input_packets: u32,
    /// Frames that it received.
    pub output_packets: u32,
}

impl Counters {
    fn write(&self, writer: &mut AttributeWriter) {
        let octets = [
            (Type::ACCT_INPUT_OCTETS, Type::ACCT_INPUT_GIGAWORDS, self.input_octets),
            (Type::ACCT_OUTPUT_OCTETS, Type::ACCT_OUTPUT_GIGAWORDS, self.output_octets),
        ];
        for (low, high, value) in octets {
            let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
            writer.put(low, &[e, f, g, h]);
            // RFC 2869 5.1: how often the 32 bits have wrapped.
            if value > u64::from(u32::MAX) {
                writer.put(high, &[a, b, c, d]);
            }
        }
        writer.u32(Type::ACCT_INPUT_PACKETS, self.input_packets);
        writer.u32(Type::ACCT_OUTPUT_PACKETS, self.output_packets);
    }
}

/// A session's name: 16 hexadecimal digits that no other session has, after a restart neither.
#[must_use]
pub fn new_session_id(rng: &mut dyn Rng) -> String {
    let mut octets = [0; 8];
    rng.fill(&mut octets);
    format!("{:016X}", u64::from_be_bytes(octets))
}

/// A session of one station.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names it among the requests of one client; see [`Request::about`].
    subject: u64,
    id: String,
    multi_id: Option<String>,
    authentic: Authentic,
    user: Vec<u8>,
    /// Copied from the Access-Accept as they came (RFC 2865 5.25, RFC 4372 2.2).
    copied: AttributeWriter,
    interval: Option<Duration>,
    begun: Instant,
    next: Option<Instant>,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct SessionStart<'a> {
    /// Names the session among the requests of one client.
    pub subject: u64,
    /// Acct-Session-Id; see [`new_session_id`].
    pub id: String,
    /// Acct-Multi-Session-Id, of sessions that belong together.
    pub multi_id: Option<String>,
    /// How the user was authenticated.
    pub authentic: Authentic,
    /// User-Name; that of the Access-Accept is taken where it has one (RFC 2865 5.1).
    pub user: &'a [u8],
    /// The Access-Accept, if there was one.
    pub accept: Option<&'a Reply>,
    /// How often counters are reported where the Access-Accept does not say (`radius_acct_interim_interval`).
    pub interval: Option<Duration>,
}

impl Session {
    /// A session that begins, and the request that says so. `wall` is in seconds since 1970 (RFC 2869 5.3).
    #[must_use]
    pub fn start(
        start: SessionStart<'_>,
        nas: &Nas,
        port: &Port,
        now: Instant,
        wall: Option<u64>,
    ) -> (Session, Request) {
        let mut copied = AttributeWriter::new();
        let mut user = start.user;
        let mut interval = start.interval;
        if let Some(accept) = start.accept {
            let attributes = accept.attributes();
            for ty in [Type::CLASS, Type::CHARGEABLE_USER_IDENTITY] {
                for value in attributes.all(ty) {
                    copied.put(ty, value);
                }
            }
            user = attributes.first(Type::USER_NAME).unwrap_or(user);
            interval = accept.interim_interval().or(interval);
        }
        let user = user.to_vec();
        let session = Session {
            subject: start.subject,
            id: start.id,
            multi_id: start.multi_id,
            authentic: start.authentic,
            user,
            copied,
            interval,
            begun: now,
            next: interval.map(|interval| now + interval),
        };
        let request = session.request(acct_status::START, nas, port, now, wall, |_| {});
        (session, request)
    }

    /// Acct-Session-Id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When counters are wanted next: then [`Session::interim`].
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The counters in between, and the next time.
    #[must_use]
    pub fn interim(&mut self, counters: &Counters, nas: &Nas, port: &Port, now: Instant, wall: Option<u64>) -> Request {
        self.next = self.interval.map(|interval| now + interval);
        self.request(acct_status::INTERIM_UPDATE, nas, port, now, wall, |writer| {
            writer.u32(Type::ACCT_SESSION_TIME, self.seconds(now));
            counters.write(writer);
        })
        // A Start that nobody has answered yet is worth more than counters, so only reports of counters replace each other.
        .about(self.subject)
    }

    /// The end.
    #[must_use]
    pub fn stop(
        self,
        cause: TerminateCause,
        counters: &Counters,
        nas: &Nas,
        port: &Port,
        now: Instant,
        wall: Option<u64>,
    ) -> Request {
        self.request(acct_status::STOP, nas, port, now, wall, |writer| {
            writer.u32(Type::ACCT_SESSION_TIME, self.seconds(now));
            counters.write(writer);
            writer.u32(Type::ACCT_TERMINATE_CAUSE, cause.value());
        })
        .about(self.subject)
    }

    fn seconds(&self, now: Instant) -> u32 {
        u32::try_from(now.since(self.begun).as_secs()).unwrap_or(u32::MAX)
    }

    fn request(
        &self,
        status: u32,
        nas: &Nas,
        port: &Port,
        now: Instant,
        wall: Option<u64>,
        more: impl FnOnce(&mut AttributeWriter),
    ) -> Request {
        let mut writer = AttributeWriter::with_capacity(256);
        writer.u32(Type::ACCT_STATUS_TYPE, status);
        writer.u32(
            Type::ACCT_AUTHENTIC,
            match self.authentic {
                Authentic::Radius => 1,
                Authentic::Local => 2,
            },
        );
        if !self.user.is_empty() {
            writer.put(Type::USER_NAME, &self.user);
        }
        nas.write(&mut writer);
        port.write(&mut writer);
        writer.put(Type::ACCT_SESSION_ID, self.id.as_bytes());
        if let Some(multi) = &self.multi_id {
            writer.put(Type::ACCT_MULTI_SESSION_ID, multi.as_bytes());
        }
        writer.append(&self.copied);
        event_timestamp(&mut writer, wall);
        more(&mut writer);
        Request::new(Code::ACCOUNTING_REQUEST, writer).with_delay_since(now)
    }
}

fn event_timestamp(writer: &mut AttributeWriter, wall: Option<u64>) {
    if let Some(seconds) = wall.and_then(|wall| u32::try_from(wall).ok()) {
        writer.u32(Type::EVENT_TIMESTAMP, seconds);
    }
}

/// The access point begins, and knows of no sessions of before (Accounting-On), or ends (Accounting-Off; RFC 2866 5.1).
#[must_use]
pub fn on_off(on: bool, nas: &Nas, session: &str, now: Instant, wall: Option<u64>) -> Request {
    let mut writer = AttributeWriter::new();
    writer.u32(Type::ACCT_STATUS_TYPE, if on { acct_status::ACCOUNTING_ON } else { acct_status::ACCOUNTING_OFF });
    nas.write(&mut writer);
    writer.put(Type::ACCT_SESSION_ID, session.as_bytes());
    event_timestamp(&mut writer, wall);
    if !on {
        writer.u32(Type::ACCT_TERMINATE_CAUSE, TerminateCause::AdminReboot.value());
    }
    Request::new(Code::ACCOUNTING_REQUEST, writer).with_delay_since(now)
}
