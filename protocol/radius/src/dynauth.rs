//! Dynamic authorization at the side of the access point (RFC 5176): servers that end or change sessions.
//!
//! What comes is verified, fresh, and new, before anybody hears of it: the authenticator with the secret of the sender,
//! Event-Timestamp against the clock here, and each request once, however often it is sent.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use wire::{Instant, MacAddr};

use crate::nas::Nas;
use crate::packet::AttributeWriter;
use crate::prefix::ByPrefix;
use crate::{Attributes, Code, Demand, Discard, ErrorCause, Raw, SharedSecret, Type, verify_request, write_reply};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The session ends.
    Disconnect,
    /// The session changes.
    Change,
}

/// Which session is meant: those of which all that is said here is true (RFC 5176 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Acct-Session-Id.
    pub session: Option<String>,
    /// Acct-Multi-Session-Id.
    pub multi_session: Option<String>,
    /// User-Name.
    pub user: Option<Vec<u8>>,
    /// Calling-Station-Id.
    pub station: Option<MacAddr>,
    /// Chargeable-User-Identity.
    pub chargeable: Option<Vec<u8>>,
    /// NAS-Port.
    pub port: Option<u32>,
}

impl Selector {
    fn is_empty(&self) -> bool {
        *self == Selector::default()
    }
}

/// Names a demand that waits for its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DemandId(u64);

/// A request that was verified, is fresh, and is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandedChange {
    /// To answer it with.
    pub id: DemandId,
    /// What is wanted.
    pub wanted: Wanted,
    /// Of which session.
    pub selector: Selector,
    /// All attributes as they came.
    pub attributes: Vec<u8>,
}

impl DemandedChange {
    /// The attributes as they came.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::of_checked(&self.attributes)
    }
}

/// What comes of a received packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is passed over in silence.
    Discarded(Discard),
    /// This is the answer, and nothing else happens.
    Answer(Vec<u8>),
    /// Somebody has to act, and then to [`DynamicAuthorization::answer`].
    Act(DemandedChange),
}

/// A server that may demand something.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The shared secret.
    pub secret: Arc<SharedSecret>,
}

/// How much is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strictness {
    /// How far Event-Timestamp may be from the clock here (`radius_das_time_window`), and how long requests are remembered.
    pub window: Duration,
    /// Requests without Event-Timestamp are passed over (`radius_das_require_event_timestamp`).
    pub require_event_timestamp: bool,
    /// Requests without Message-Authenticator are passed over (`radius_das_require_message_authenticator`).
    pub require_message_authenticator: bool,
    /// The most requests that are remembered; further ones are passed over.
    pub remembered: usize,
}

impl Default for Strictness {
    fn default() -> Self {
        Strictness {
            window: Duration::from_secs(300),
            require_event_timestamp: true,
            require_message_authenticator: false,
            remembered: 1024,
        }
    }
}

/// What names a request: authenticators are hashes over all of it, so the same one from elsewhere is a replay too.
type Key = (usize, [u8; 16]);

#[derive(Debug)]
struct Seen {
    id: DemandId,
    identifier: u8,
    wanted: Wanted,
    proxy_states: Vec<u8>,
    answer: Option<Vec<u8>>,
}

/// The side of the access point.
#[derive(Debug)]
pub struct DynamicAuthorization {
    authorities: ByPrefix<Authority>,
    strictness: Strictness,
    nas: Nas,
    seen: BTreeMap<Key, Seen>,
    order: VecDeque<(Instant, Key)>,
    next: u64,
}

impl DynamicAuthorization {
    /// Listens to these servers, under the names of `nas`.
    #[must_use]
    pub fn new(authorities: ByPrefix<Authority>, strictness: Strictness, nas: Nas) -> DynamicAuthorization {
        DynamicAuthorization { authorities, strictness, nas, seen: BTreeMap::new(), order: VecDeque::new(), next: 0 }
    }

    /// Takes a datagram. `wall` is in seconds since 1970, `None` while the clock is known to be wrong: then nothing with an
    /// Event-Timestamp can be judged, and all is passed over where one is required.
    pub fn handle(&mut self, from: SocketAddr, datagram: &[u8], now: Instant, wall: Option<u64>) -> Outcome {
        self.accept(from, datagram, now, wall).unwrap_or_else(Outcome::Discarded)
    }

    fn accept(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
        wall: Option<u64>,
    ) -> Result<Outcome, Discard> {
        let (place, authority) = self.authorities.find(from.ip()).ok_or(Discard::UnknownPeer)?;
        let raw = Raw::parse(datagram)?;
        let wanted = match raw.code {
            Code::DISCONNECT_REQUEST => Wanted::Disconnect,
            Code::COA_REQUEST => Wanted::Change,
            code => return Err(Discard::UnexpectedCode(code)),
        };
        if self.strictness.require_message_authenticator && !raw.has_message_authenticator() {
            return Err(Discard::NoMessageAuthenticator);
        }
        let secret = authority.secret.clone();
        verify_request(raw, &secret, Demand::IfPresent)?;
        self.fresh(raw.attributes, wall)?;
        self.purge(now);
        let key = (place, raw.authenticator);
        if let Some(seen) = self.seen.get(&key) {
            return match &seen.answer {
                Some(answer) => Ok(Outcome::Answer(answer.clone())),
                None => Err(Discard::InProgress),
            };
        }
        // What is remembered is not pushed out by what comes: a replay would act once more.
        if self.seen.len() >= self.strictness.remembered {
            return Err(Discard::Busy);
        }
        let id = DemandId(self.next);
        self.next = self.next.wrapping_add(1);
        let mut proxy_states = AttributeWriter::new();
        for state in raw.attributes.all(Type::PROXY_STATE) {
            proxy_states.put(Type::PROXY_STATE, state);
        }
        let proxy_states = proxy_states.as_bytes().to_vec();
        self.seen.insert(key, Seen { id, identifier: raw.identifier, wanted, proxy_states, answer: None });
        self.order.push_back((now, key));
        let verdict = self.judge(wanted, raw.attributes);
        Ok(match verdict {
            Ok(selector) => {
                let mut attributes = AttributeWriter::new();
                raw.attributes.for_each(|attribute| {
                    attributes.copy(attribute);
                });
                let attributes = attributes.as_bytes().to_vec();
                Outcome::Act(DemandedChange { id, wanted, selector, attributes })
            }
            Err(cause) => match self.write(key, Err(cause)) {
                Some(answer) => Outcome::Answer(answer),
                None => Outcome::Discarded(Discard::InProgress),
            },
        })
    }

    /// Answers a demand: done, or why not. Gives the packet for its sender; `None` if it is not known any more.
    pub fn answer(&mut self, id: DemandId, verdict: Result<(), ErrorCause>) -> Option<Vec<u8>> {
        let key = self.seen.iter().find(|(_, seen)| seen.id == id && seen.answer.is_none()).map(|(key, _)| *key)?;
        self.write(key, verdict)
    }

    fn write(&mut self, key: Key, verdict: Result<(), ErrorCause>) -> Option<Vec<u8>> {
        let seen = self.seen.get_mut(&key)?;
        let (place, authenticator) = key;
        let secret = &self.authorities.at(place)?.secret;
        let code = match (seen.wanted, verdict.is_ok()) {
            (Wanted::Disconnect, true) => Code::DISCONNECT_ACK,
            (Wanted::Disconnect, false) => Code::DISCONNECT_NAK,
            (Wanted::Change, true) => Code::COA_ACK,
            (Wanted::Change, false) => Code::COA_NAK,
        };
        let mut attributes = AttributeWriter::new();
        if let Err(ErrorCause(cause)) = verdict {
            attributes.u32(Type::ERROR_CAUSE, cause);
        }
        for attribute in Attributes::of_checked(&seen.proxy_states) {
            attributes.copy(attribute);
        }
        let answer = write_reply(code, seen.identifier, &authenticator, &attributes, secret).ok()?;
        seen.answer = Some(answer.clone());
        Some(answer)
    }

    /// RFC 5176 6.3.
    fn fresh(&self, attributes: Attributes<'_>, wall: Option<u64>) -> Result<(), Discard> {
        let Some(stamp) = attributes.u32(Type::EVENT_TIMESTAMP) else {
            let missing = attributes.first(Type::EVENT_TIMESTAMP).is_some() || self.strictness.require_event_timestamp;
            return if missing { Err(Discard::EventTimestamp) } else { Ok(()) };
        };
        let wall = wall.ok_or(Discard::EventTimestamp)?;
        if wall.abs_diff(u64::from(stamp)) > self.strictness.window.as_secs() {
            return Err(Discard::EventTimestamp);
        }
        Ok(())
    }

    /// Forgets what no window is open for any more: a request may be stamped a window ahead of our clock.
    fn purge(&mut self, now: Instant) {
        let whole = self.strictness.window.saturating_mul(2);
        while let Some((when, key)) = self.order.front().copied()
            && now.since(when) > whole
        {
            self.order.pop_front();
            self.seen.remove(&key);
        }
    }

    /// Which session is meant, if the request is one that can be fulfilled at all (RFC 5176 3).
    fn judge(&self, wanted: Wanted, attributes: Attributes<'_>) -> Result<Selector, ErrorCause> {
        let mut selector = Selector::default();
        for attribute in attributes {
            let text = || String::from_utf8(attribute.value.to_vec()).map_err(|_| ErrorCause::INVALID_ATTRIBUTE_VALUE);
            match attribute.ty {
                Type::NAS_IP_ADDRESS | Type::NAS_IPV6_ADDRESS | Type::NAS_IDENTIFIER if !self.nas.is(attribute) => {
                    return Err(ErrorCause::NAS_IDENTIFICATION_MISMATCH);
                }
                Type::ACCT_SESSION_ID => selector.session = Some(text()?),
                Type::ACCT_MULTI_SESSION_ID => selector.multi_session = Some(text()?),
                Type::USER_NAME => selector.user = Some(attribute.value.to_vec()),
                Type::CHARGEABLE_USER_IDENTITY => selector.chargeable = Some(attribute.value.to_vec()),
                Type::CALLING_STATION_ID => {
                    let address = text()?.parse().map_err(|_| ErrorCause::INVALID_ATTRIBUTE_VALUE)?;
                    selector.station = Some(address);
                }
                Type::NAS_PORT => {
                    selector.port = Some(attribute.u32().ok_or(ErrorCause::INVALID_ATTRIBUTE_VALUE)?);
                }
                // RFC 5176 3.2: Authorize Only wants a new Access-Request, which is not done here.
                Type::SERVICE_TYPE => return Err(ErrorCause::UNSUPPORTED_SERVICE),
                Type::NAS_IP_ADDRESS
                | Type::NAS_IPV6_ADDRESS
                | Type::NAS_IDENTIFIER
                | Type::EVENT_TIMESTAMP
                | Type::MESSAGE_AUTHENTICATOR
                | Type::PROXY_STATE
                | Type::REPLY_MESSAGE
                | Type::CALLED_STATION_ID
                | Type::NAS_PORT_ID
                | Type::ACCT_TERMINATE_CAUSE
                | Type::VENDOR_SPECIFIC => {}
                // What would change in a session that ends (RFC 5176 3)?
                _ if wanted == Wanted::Disconnect => return Err(ErrorCause::UNSUPPORTED_ATTRIBUTE),
                // Whether a change is possible is for who acts to say.
                _ => {}
            }
        }
        if selector.is_empty() { Err(ErrorCause::MISSING_ATTRIBUTE) } else { Ok(selector) }
    }
}
