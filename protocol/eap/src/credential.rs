//! What methods ask the world outside for, and the answers.
//!
//! A method that lacks something answers with an [`Ask`]; its machine hands that out and waits. A control client, a
//! smart card or a table of users may take its time. With the [`Answer`] the method is given the same packet again.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use crypto::Secret;

use crate::ServerMethod;

/// What is asked for. A control client sees the first seven as `CTRL-REQ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Peer: the identity ([`Answer::Text`]).
    Identity,
    /// Peer: the password ([`Answer::Password`]).
    Password,
    /// Peer: the old one has expired and the server wants another ([`Answer::Password`], with [`Password::Plain`]).
    NewPassword,
    /// Peer: the answer to a challenge that a person reads, of a token for example ([`Answer::Text`]).
    OneTimePassword {
        /// What the server says, as it came: not fit for a terminal before it is cleaned.
        challenge: String,
    },
    /// Peer: the PIN of a SIM or token ([`Answer::Text`]).
    Pin,
    /// Peer: the passphrase of a private key ([`Answer::Text`]).
    Passphrase,
    /// Peer: whether the server's certificate is right ([`Answer::Accepted`]); it was told in a note before.
    CertificateCheck,
    /// Peer: that a SIM authenticates ([`Answer::Gsm`], one result for each challenge, in their order).
    Gsm {
        /// The challenges, two or three.
        rands: Vec<[u8; 16]>,
    },
    /// Peer: that a USIM authenticates ([`Answer::Umts`]).
    Umts {
        /// The challenge.
        rand: [u8; 16],
        /// The network's authentication token.
        autn: [u8; 16],
    },
    /// Server: who this is ([`Answer::User`]).
    User {
        /// As the peer said it, without proof.
        identity: Vec<u8>,
        /// Inside of a protected tunnel.
        inner: bool,
    },
    /// Server: so many GSM triplets of a subscriber ([`Answer::GsmVectors`]).
    GsmVectors {
        /// The permanent identity without its leading digit and realm.
        imsi: Vec<u8>,
        /// Two or three.
        count: usize,
    },
    /// Server: a quintuplet of a subscriber ([`Answer::UmtsVector`]).
    UmtsVector {
        /// The permanent identity without its leading digit and realm.
        imsi: Vec<u8>,
        /// The peer's sequence number was ahead: the challenge that it was given, and its AUTS.
        resynchronise: Option<([u8; 16], [u8; 14])>,
    },
}

/// What the world outside says.
#[derive(Debug)]
pub enum Answer {
    /// It does not have it, or will not say.
    Unavailable,
    /// An identity, PIN, passphrase, answer to a challenge.
    Text(Secret),
    /// A password.
    Password(Password),
    /// Whether it is accepted.
    Accepted(bool),
    /// Of a SIM.
    Gsm(Vec<GsmResult>),
    /// Of a USIM.
    Umts(UmtsResult),
    /// A user.
    User(Box<User>),
    /// Triplets.
    GsmVectors(Vec<GsmTriplet>),
    /// A quintuplet.
    UmtsVector(Box<UmtsVector>),
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
            | Self::Accepted(_)
            | Self::Gsm(_)
            | Self::Umts(_)
            | Self::User(_)
            | Self::GsmVectors(_)
            | Self::UmtsVector(_) => None,
        }
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
    /// What may be proposed, the first one first, each ready to start. None: the user is refused.
    pub methods: Vec<Box<dyn ServerMethod>>,
}

/// What a SIM answers to one challenge (3GPP TS 51.011 9.2.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GsmResult {
    /// The signed response.
    pub sres: [u8; 4],
    /// The ciphering key, 8 octets.
    pub kc: Secret,
}

/// What a USIM answers to a challenge (3GPP TS 31.102 7.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UmtsResult {
    /// The network is genuine.
    Success {
        /// Integrity key, 16 octets.
        ik: Secret,
        /// Cipher key, 16 octets.
        ck: Secret,
        /// The response, 4 to 16 octets.
        res: Secret,
    },
    /// The sequence number is out of range: the token for resynchronisation.
    Synchronise {
        /// To be handed to the network.
        auts: [u8; 14],
    },
    /// The network's token does not verify.
    Rejected,
}

/// A triplet of an authentication centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GsmTriplet {
    /// The challenge.
    pub rand: [u8; 16],
    /// What the SIM answers.
    pub result: GsmResult,
}

/// A quintuplet of an authentication centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UmtsVector {
    /// The challenge.
    pub rand: [u8; 16],
    /// The network's authentication token.
    pub autn: [u8; 16],
    /// Integrity key, 16 octets.
    pub ik: Secret,
    /// Cipher key, 16 octets.
    pub ck: Secret,
    /// The expected response, 4 to 16 octets.
    pub xres: Secret,
}
