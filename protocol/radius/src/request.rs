//! Requests before they have an identifier, an authenticator and a server.

use alloc::vec::Vec;
use crypto::Secret;
use wire::Instant;

use crate::authenticator::write_request;
use crate::hidden::hide_password;
use crate::packet::AttributeWriter;
use crate::{Code, SetupError, SharedSecret, Type};

/// What is to be asked of some server. What depends on a server's secret and on the moment of sending is put in when it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    code: Code,
    attributes: AttributeWriter,
    password: Option<Secret>,
    happened: Option<Instant>,
    subject: Option<u64>,
}

impl Request {
    /// A request of this code; Message-Authenticator is added to each.
    #[must_use]
    pub const fn new(code: Code, attributes: AttributeWriter) -> Request {
        Request { code, attributes, password: None, happened: None, subject: None }
    }

    /// With a User-Password, which is hidden for each server anew.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<Secret>) -> Request {
        self.password = Some(password.into());
        self
    }

    /// What is reported happened at this moment: Acct-Delay-Time says how long ago that is, with each transmission anew
    /// (RFC 2866 5.2).
    #[must_use]
    pub const fn with_delay_since(mut self, happened: Instant) -> Request {
        self.happened = Some(happened);
        self
    }

    /// What it is about. A newer request about the same takes the place of an older one that nobody has answered: counters of
    /// a session that are out of date need not be sent any more.
    #[must_use]
    pub const fn about(mut self, subject: u64) -> Request {
        self.subject = Some(subject);
        self
    }

    /// What it is.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What it is about, if that was said.
    #[must_use]
    pub const fn subject(&self) -> Option<u64> {
        self.subject
    }

    /// The attributes so far.
    pub const fn attributes_mut(&mut self) -> &mut AttributeWriter {
        &mut self.attributes
    }

    /// The attributes so far.
    #[must_use]
    pub const fn attributes(&self) -> &AttributeWriter {
        &self.attributes
    }

    /// Whether it changes from one transmission to the next, and so needs a new identifier for each (RFC 2865 3).
    pub(crate) const fn changes(&self) -> bool {
        self.happened.is_some()
    }

    /// Whether it is a part of a conversation of EAP.
    pub(crate) fn has_eap(&self) -> bool {
        self.attributes.attributes().first(Type::EAP_MESSAGE).is_some()
    }

    /// The packet, and its authenticator. `nonce` is random.
    pub(crate) fn write(
        &self,
        identifier: u8,
        nonce: &[u8; 16],
        secret: &SharedSecret,
        now: Instant,
    ) -> Result<(Vec<u8>, [u8; 16]), SetupError> {
        if self.password.is_none() && self.happened.is_none() {
            return write_request(self.code, identifier, nonce, &self.attributes, secret);
        }
        let mut attributes = self.attributes.clone();
        if let Some(password) = &self.password {
            attributes.put(Type::USER_PASSWORD, &hide_password(secret, nonce, password.as_bytes())?);
        }
        if let Some(happened) = self.happened {
            let delay = u32::try_from(now.since(happened).as_secs()).unwrap_or(u32::MAX);
            attributes.u32(Type::ACCT_DELAY_TIME, delay);
        }
        write_request(self.code, identifier, nonce, &attributes, secret)
    }
}

/// What an administrator wants otherwise in requests (`radius_auth_req_attr`, `radius_acct_req_attr`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(Vec<(Type, Option<Vec<u8>>)>);

impl Overrides {
    /// The attributes of each type are replaced by those given here, or removed where `None` is given. A Vendor-Specific one is
    /// added to those that are there. What the protocol itself lives on stays as it is: EAP-Message, Message-Authenticator,
    /// State, Proxy-State, User-Password, Acct-Status-Type and Acct-Delay-Time.
    #[must_use]
    pub fn new(wanted: impl IntoIterator<Item = (Type, Option<Vec<u8>>)>) -> Overrides {
        let mine = |ty: &Type| {
            !matches!(
                *ty,
                Type::EAP_MESSAGE
                    | Type::MESSAGE_AUTHENTICATOR
                    | Type::STATE
                    | Type::PROXY_STATE
                    | Type::USER_PASSWORD
                    | Type::ACCT_STATUS_TYPE
                    | Type::ACCT_DELAY_TIME
            )
        };
        Overrides(wanted.into_iter().filter(|(ty, _)| mine(ty)).collect())
    }

    /// Changes a request.
    pub fn apply(&self, request: &mut Request) {
        for (ty, _) in self.0.iter().filter(|(ty, _)| *ty != Type::VENDOR_SPECIFIC) {
            request.attributes.remove(*ty);
        }
        for (ty, value) in &self.0 {
            if let Some(value) = value {
                request.attributes.put(*ty, value);
            }
        }
    }
}
