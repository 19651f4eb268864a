//! What both machines share once keys are there.

use alloc::vec::Vec;

use crypto::{Rng, Secret, ct_eq};

use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::code::{ConfigError, MessageType, OpCode};
use crate::error::Half;
use crate::keys::{Keys, PublicKey};
use crate::message::{Nonces, Outgoing, Writing};
use crate::password::{DevicePassword, Halves};
use crate::quirks::Quirks;
use crate::sealed::{self, Opened};

/// Whose secret nonces.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Enrollee,
    Registrar,
}

/// Keys, the last message, and who is who.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) nonces: Nonces,
    pub(super) keys: Keys,
    /// The last message of either side, for the next Authenticator.
    pub(super) last: Vec<u8>,
    enrollee: PublicKey,
    registrar: PublicKey,
    pub(super) quirks: Quirks,
}

impl Talk {
    pub(super) fn new(
        nonces: Nonces,
        keys: Keys,
        last: Vec<u8>,
        (enrollee, registrar): (PublicKey, PublicKey),
        quirks: Quirks,
    ) -> Talk {
        Talk { nonces, keys, last, enrollee, registrar, quirks }
    }

    /// Signs a message of ours; it is the last one now. `received` is the one that it answers.
    pub(super) fn answer(&mut self, received: &[u8], writing: Writing) -> Result<Outgoing, WpsError> {
        let bytes = writing.sign(&self.keys, received)?;
        self.last.clone_from(&bytes);
        Ok(Outgoing { op: OpCode::MSG, bytes })
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<Opened, WpsError> {
        sealed::open(&self.keys, sealed, self.quirks)
    }

    pub(super) fn nack(&self, error: ConfigError) -> Result<Outgoing, WpsError> {
        nack(&self.nonces, error)
    }

    pub(super) fn both(&self, kind: MessageType, op: OpCode) -> Result<Outgoing, WpsError> {
        Ok(Outgoing { op, bytes: Writing::with_both(kind, &self.nonces).finish()? })
    }
}

pub(super) fn nack(nonces: &Nonces, error: ConfigError) -> Result<Outgoing, WpsError> {
    Ok(Outgoing { op: OpCode::NACK, bytes: Writing::nack(nonces, error).finish()? })
}

/// One side's secret nonces and the commitments to them. Fresh for each run: whoever could guess them would find the
/// password by trying ("pixie dust").
#[derive(Debug)]
pub(super) struct Commitment {
    nonces: [Secret; 2],
    hashes: [[u8; 32]; 2],
}

impl Commitment {
    pub(super) fn new(talk: &Talk, halves: &Halves, rng: &mut dyn Rng) -> Commitment {
        let mut fresh = || {
            let mut nonce = [0; 16];
            rng.fill(&mut nonce);
            Secret::from(nonce)
        };
        let nonces = [fresh(), fresh()];
        let [first, second] = &nonces;
        let commit = |half, nonce| halves.commit(&talk.keys, half, nonce, &talk.enrollee, &talk.registrar);
        let hashes = [commit(Half::First, first), commit(Half::Second, second)];
        Commitment { nonces, hashes }
    }

    pub(super) fn put(&self, writing: Writing, whose: Whose) -> Writing {
        let [first, second] = &self.hashes;
        let (id1, id2) = match whose {
            Whose::Enrollee => (id::E_HASH1, id::E_HASH2),
            Whose::Registrar => (id::R_HASH1, id::R_HASH2),
        };
        writing.put(id1, first).put(id2, second)
    }

    /// The attributes that show one of the nonces.
    pub(super) fn show(&self, half: Half, whose: Whose) -> Result<Builder, WpsError> {
        let [first, second] = &self.nonces;
        let (nonce, id) = match (half, whose) {
            (Half::First, Whose::Enrollee) => (first, id::E_SNONCE1),
            (Half::Second, Whose::Enrollee) => (second, id::E_SNONCE2),
            (Half::First, Whose::Registrar) => (first, id::R_SNONCE1),
            (Half::Second, Whose::Registrar) => (second, id::R_SNONCE2),
        };
        let mut builder = Builder::new();
        builder.put(id, nonce.as_bytes());
        Ok(builder)
    }
}

/// What both sides know of a password while they prove it to each other.
#[derive(Debug)]
pub(super) struct Proof {
    halves: Halves,
    pub(super) own: Commitment,
    theirs: [[u8; 32]; 2],
}

impl Proof {
    pub(super) fn new(talk: &Talk, password: &DevicePassword, theirs: [[u8; 32]; 2], rng: &mut dyn Rng) -> Proof {
        let halves = password.halves(&talk.keys);
        let own = Commitment::new(talk, &halves, rng);
        Proof { halves, own, theirs }
    }

    pub(super) fn commit(&mut self, theirs: [[u8; 32]; 2]) {
        self.theirs = theirs;
    }

    /// Whether the nonce that the other side shows fits what it committed itself to, and so our half of the password.
    pub(super) fn check(&self, talk: &Talk, half: Half, shown: Option<[u8; 16]>) -> Result<(), WpsError> {
        let shown = Secret::from(shown.ok_or(WpsError::Missing("the secret nonce"))?);
        let [first, second] = &self.theirs;
        let theirs = match half {
            Half::First => first,
            Half::Second => second,
        };
        let expected = self.halves.commit(&talk.keys, half, &shown, &talk.enrollee, &talk.registrar);
        if ct_eq(&expected, theirs) { Ok(()) } else { Err(WpsError::Password(half)) }
    }
}
