//! What methods ask the world outside for, and the answers.
//!
//! A method that lacks something answers with an [`Ask`]; its machine hands that out and waits. A control client or
//! a table of users may take its time. With the [`Answer`] the method is given the same packet again.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use crypto::Secret;

use crate::methods::sim::{SimAnswer, SimRequest, SubscriberAnswer, SubscriberAsk};
use crate::methods::ttls::TtlsInner;
use crate::{Other, ServerMethod};

/// What is asked for. A control client sees those of a peer as `CTRL-REQ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Peer: the identity ([`Answer::Text`]).
    Identity,
    /// Peer: the password ([`Answer::Password`]).
    Password,
    /// Peer: a new password in the place of the one that has expired ([`Answer::Text`]).
    NewPassword,
    /// Peer: the answer to a challenge that a person reads, of a token for example ([`Answer::Text`]).
    OneTimePassword {
        /// What the server says, as it came: not fit for a terminal before it is cleaned.
        challenge: String,
    },
    /// Peer: what the card of a mobile network says ([`Answer::Sim`]).
    Sim(SimRequest),
    /// Server: what a home network says ([`Answer::Subscriber`]).
    Subscriber(SubscriberAsk),
    /// Server: who this is ([`Answer::User`]).
    User {
        /// As the peer said it, without proof.
        identity: Vec<u8>,
        /// Inside of a protected tunnel.
        inner: bool,
    },
    /// What a method of another crate asks ([`Answer::Other`]).
    Other(Other),
}

/// What the world outside says.
#[derive(Debug)]
pub enum Answer {
    /// It does not have it, or will not say.
    Unavailable,
    /// An identity, or the answer to a challenge.
    Text(Secret),
    /// A password.
    Password(Password),
    /// What a card says.
    Sim(SimAnswer),
    /// What a home network says.
    Subscriber(Box<SubscriberAnswer>),
    /// A user.
    User(Box<User>),
    /// For a method of another crate.
    Other(Other),
}

impl Answer {
    /// The password, if it is one.
    #[must_use]
    pub fn password(self) -> Option<Password> {
        if let Self::Password(password) = self { Some(password) } else { None }
    }

    /// The text, if it is one; a password that is known as text is one too.
    #[must_use]
    pub fn text(self) -> Option<Secret> {
        match self {
            Self::Text(text) | Self::Password(Password::Plain(text)) => Some(text),
            Self::Unavailable
            | Self::Password(Password::NtHash(_))
            | Self::Sim(_)
            | Self::Subscriber(_)
            | Self::User(_)
            | Self::Other(_) => None,
        }
    }

    /// What a card says, if it is that.
    #[must_use]
    pub fn sim(self) -> Option<SimAnswer> {
        if let Self::Sim(answer) = self { Some(answer) } else { None }
    }

    /// What a home network says, if it is that.
    #[must_use]
    pub fn subscriber(self) -> Option<SubscriberAnswer> {
        if let Self::Subscriber(answer) = self { Some(*answer) } else { None }
    }

    /// What is meant for a method of another crate, if it is that.
    #[must_use]
    pub fn other(self) -> Option<Other> {
        if let Self::Other(other) = self { Some(other) } else { None }
    }

    /// The user, if it is one.
    #[must_use]
    pub fn user(self) -> Option<User> {
        if let Self::User(user) = self { Some(*user) } else { None }
    }
}

/// A password, or the form of it that a configuration keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// The password itself, in the encoding of the configuration (UTF-8).
    Plain(Secret),
    /// MD4 of the password in UTF-16 (`hash:`): 16 octets, enough for MSCHAP.
    NtHash(Secret),
}

impl Password {
    /// The password itself, if it is known.
    #[must_use]
    pub fn plain(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(secret) => Some(secret.as_bytes()),
            Self::NtHash(_) => None,
        }
    }
}

/// What a server knows of a user.
#[derive(Debug, Default)]
pub struct User {
    /// For methods inside of a tunnel that compare passwords themselves.
    pub password: Option<Password>,
    /// What of TTLS's own ways inside may compare the password.
    pub ttls: Vec<TtlsInner>,
    /// What may be proposed, the first one first, each ready to start. None: the user is refused.
    pub methods: Vec<Box<dyn ServerMethod>>,
}
