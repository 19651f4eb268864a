//! What comes of a message.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wire::MacAddr;

use crate::WpsError;
use crate::code::{ConfigMethods, MessageType, PasswordId};
use crate::credential::{Credential, Network};
use crate::device::{Device, Uuid};
use crate::keys::PublicKey;
use crate::message::{M1, M2d, Outgoing};

/// What a machine makes of a message.
#[derive(Debug)]
pub enum Turn<M> {
    /// It is passed over: the machine is what it was.
    Ignored(M, WpsError),
    /// It is taken.
    Went {
        /// The machine afterwards.
        machine: M,
        /// What to send.
        send: Option<Outgoing>,
        /// What is to be known outside, in order.
        events: Vec<Event>,
        /// What has to be answered before it goes on.
        question: Option<Question>,
    },
}

impl<M> Turn<M> {
    pub(super) const fn silent(machine: M) -> Turn<M> {
        Turn::Went { machine, send: None, events: Vec::new(), question: None }
    }

    pub(super) const fn send(machine: M, outgoing: Outgoing) -> Turn<M> {
        Turn::Went { machine, send: Some(outgoing), events: Vec::new(), question: None }
    }

    pub(super) const fn ask(machine: M, question: Question) -> Turn<M> {
        Turn::Went { machine, send: None, events: Vec::new(), question: Some(question) }
    }

    pub(super) fn and(mut self, event: Event) -> Turn<M> {
        if let Turn::Went { events, .. } = &mut self {
            events.push(event);
        }
        self
    }
}

/// What a Registrar has to be told before it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether this Enrollee is registered, with which password, and what it is given ([`super::Decision`]).
    Enrollee(Box<M1>),
    /// Whether this is still the only device whose button was pushed.
    StillAlone(Uuid),
}

/// What was given to a station: what may be used, and everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What may be used here.
    pub networks: Vec<Network>,
    /// As it came.
    pub credentials: Vec<Credential>,
}

/// Who was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub uuid: Uuid,
    /// Its address.
    pub addr: MacAddr,
    /// What it said of itself.
    pub device: Device,
    /// With which password.
    pub password_id: PasswordId,
    /// What it was given; a key that was made for it alone is to be remembered.
    pub given: Vec<Credential>,
}

/// What is to be known outside of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Enrollee: this registrar has a password for us.
    Met {
        /// Its name.
        uuid: Uuid,
        /// What it says of itself.
        device: Device,
        /// What it can do.
        methods: ConfigMethods,
    },
    /// Enrollee: a registrar has no password for us.
    NoPassword(Box<M2d>),
    /// Enrollee, an access point: the other side has proved that it knows the whole device password.
    PasswordProved,
    /// Enrollee, a station: credentials.
    Given(Box<Given>),
    /// Enrollee, an access point: settings, to be used when the run is over.
    Settings(Box<Credential>),
    /// Registrar: the settings of an access point.
    Learned(Box<Credential>),
    /// Registrar: the other side has proved the first half of the device password, and is shown the second. Whatever
    /// comes of it, this password is used up (7.4): it can be found by trying offline now.
    PasswordShown(Uuid),
    /// Registrar: it is over, and well.
    Registered(Box<Registered>),
    /// Enrollee: it is over, and well.
    Enrolled,
    /// It is over, and not well: at which message, and why.
    Failed(MessageType, WpsError),
    /// Registrar: the public key of this Enrollee, for whoever asks for a hash of it.
    KeyOf(Uuid, PublicKey),
}
