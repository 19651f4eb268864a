//! EAP-pwd (RFC 5931; RFC 8146 for salted passwords): a password that nobody can try out off line.
//!
//! The groups are 19, 20 and 21. The element of a password is found in the same time for each (CVE-2019-9494 and 9495).

use alloc::vec::Vec;

use crypto::{Secret, hmac_sha256};
use sae::Group;
use sae::dragonfly::{self, OwnCommit, PasswordElement, Refusal};
use wire::{Malformed, Reader, Writer};

use crate::methods::mschapv2::nt_hash;
use crate::{EapError, Keys, MethodType, Password};

mod frame;
mod peer;
mod server;

pub use peer::PwdPeer;
pub(crate) use peer::peer;
pub use server::{PwdSecret, PwdServer};

/// Rounds of hunting and pecking that are always done.
const ITERATIONS: u8 = 40;
/// The random function of RFC 5931 2.5, HMAC-SHA-256 with a key of zeros, and the pseudo-random function on top of it.
const FUNCTIONS: [u8; 2] = [1, 1];

/// What is done with a password before it is used (RFC 5931 3.2.1, RFC 8146 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prep {
    /// Nothing.
    None,
    /// MD4 of MD4 of the password in UTF-16.
    Microsoft,
    /// SHA-1 over password and salt.
    SaltedSha1,
    /// SHA-256 over password and salt.
    SaltedSha256,
    /// SHA-512 over password and salt.
    SaltedSha512,
}

impl Prep {
    const fn from_number(number: u8) -> Option<Prep> {
        match number {
            0 => Some(Prep::None),
            1 => Some(Prep::Microsoft),
            3 => Some(Prep::SaltedSha1),
            4 => Some(Prep::SaltedSha256),
            5 => Some(Prep::SaltedSha512),
            _ => None,
        }
    }

    const fn number(self) -> u8 {
        match self {
            Prep::None => 0,
            Prep::Microsoft => 1,
            Prep::SaltedSha1 => 3,
            Prep::SaltedSha256 => 4,
            Prep::SaltedSha512 => 5,
        }
    }

    const fn is_salted(self) -> bool {
        matches!(self, Prep::SaltedSha1 | Prep::SaltedSha256 | Prep::SaltedSha512)
    }

    /// What the element is made of.
    fn apply(self, password: &Password, salt: &[u8]) -> Result<Secret, EapError> {
        let plain = || {
            password
                .plain()
                .ok_or(EapError::configuration("the server's EAP-pwd needs the password itself, not its hash"))
        };
        Ok(match self {
            Prep::None => Secret::from(plain()?),
            Prep::Microsoft => crypto::mschap::hash_nt_password_hash(&nt_hash(password)),
            Prep::SaltedSha1 => Secret::from(crypto::sha1(&[plain()?, salt])),
            Prep::SaltedSha256 => Secret::from(crypto::sha256(&[plain()?, salt])),
            Prep::SaltedSha512 => Secret::from(crypto::sha512(&[plain()?, salt])),
        })
    }
}

/// The message of the first exchange (RFC 5931 3.2.1), without the identity behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proposal {
    group: u16,
    functions: [u8; 2],
    token: [u8; 4],
    prep: u8,
}

impl Proposal {
    /// The proposal, and who it is from.
    fn parse(message: &[u8]) -> Result<(Proposal, &[u8]), Malformed> {
        let mut reader = Reader::new(message);
        let proposal = Proposal {
            group: reader.u16_be("EAP-pwd group")?,
            functions: reader.array("EAP-pwd functions")?,
            token: reader.array("EAP-pwd token")?,
            prep: reader.u8("EAP-pwd preparation")?,
        };
        Ok((proposal, reader.take_rest()))
    }

    fn write(&self, identity: &[u8]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u16_be(self.group).put(&self.functions).put(&self.token).u8(self.prep).put(identity);
        // Nothing here has a length that could overflow.
        writer.finish().unwrap_or_default()
    }

    /// Ciphersuite of RFC 5931 2.8.5.3.
    fn suite(&self) -> [u8; 4] {
        let [a, b] = self.group.to_be_bytes();
        let [c, d] = self.functions;
        [a, b, c, d]
    }
}

/// A group that EAP-pwd is done in here.
fn group_of(number: u16) -> Option<Group> {
    Group::from_number(number).filter(|group| match group {
        Group::P256 | Group::P384 | Group::P521 => true,
        Group::Modp(_) => false,
    })
}

/// H (RFC 5931 2.3).
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    hmac_sha256(&[0; 32], parts)
}

/// KDF (RFC 5931 2.5): so many bits, at the left end.
fn kdf(key: &[u8], label: &[u8], bits: u16) -> Secret {
    let octets = usize::from(bits.div_ceil(8));
    let mut out = Vec::with_capacity(octets.saturating_add(32));
    let mut block: Vec<u8> = Vec::new();
    let mut counter: u16 = 0;
    while out.len() < octets {
        counter = counter.wrapping_add(1);
        block = hmac_sha256(key, &[&block, &counter.to_be_bytes(), label, &bits.to_be_bytes()]).to_vec();
        out.extend_from_slice(&block);
    }
    out.truncate(octets);
    let unused = octets.saturating_mul(8).saturating_sub(usize::from(bits));
    if let Some(last) = out.last_mut() {
        *last &= 0xff_u8.checked_shl(u32::try_from(unused).unwrap_or(0)).unwrap_or(0);
    }
    Secret::from(out)
}

/// The element of a password between these two (RFC 5931 2.8.3.1).
fn element(group: Group, token: [u8; 4], peer: &[u8], server: &[u8], password: &Secret) -> Option<PasswordElement> {
    let bits = dragonfly::prime_bits(group);
    let candidates = (1..=ITERATIONS).map(|counter| {
        let seed = Secret::from(hash(&[&token, peer, server, password.as_bytes(), &[counter]]));
        let mut value = kdf(seed.as_bytes(), b"EAP-pwd Hunting And Pecking", bits).as_bytes().to_vec();
        dragonfly::shift_right(&mut value, bits);
        (Secret::from(value), seed.as_bytes().last().copied().unwrap_or_default() & 1)
    });
    PasswordElement::find(group, candidates)
}

/// One side's element and scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Commit {
    element: Vec<u8>,
    scalar: Vec<u8>,
}

impl Commit {
    /// RFC 5931 3.2.2. The reader is used up.
    fn parse(mut reader: Reader<'_>, group: Group) -> Result<Commit, Malformed> {
        let element = reader.take(group.element_octets(), "EAP-pwd element")?.to_vec();
        let scalar = reader.take(group.scalar_octets(), "EAP-pwd scalar")?.to_vec();
        reader.finish("EAP-pwd Commit")?;
        Ok(Commit { element, scalar })
    }

    fn own(own: &OwnCommit) -> Commit {
        Commit { element: own.element().to_vec(), scalar: own.scalar().to_vec() }
    }

    fn shared(&self, own: &OwnCommit, pwe: &PasswordElement) -> Result<Secret, EapError> {
        own.shared(pwe, &self.scalar, &self.element).map_err(|why| match why {
            Refusal::Scalar => EapError::protocol("EAP-pwd: a scalar out of range"),
            Refusal::Element => EapError::protocol("EAP-pwd: an element that is no point of the curve"),
            Refusal::Reflection => EapError::protocol("EAP-pwd: our own Commit came back"),
            Refusal::SharedSecret => EapError::protocol("EAP-pwd: a Commit that makes no secret"),
        })
    }
}

/// The proof of the side `from` (RFC 5931 2.8.5.3).
fn confirm(k: &Secret, from: &Commit, to: &Commit, suite: [u8; 4]) -> [u8; 32] {
    hash(&[k.as_bytes(), &from.element, &from.scalar, &to.element, &to.scalar, &suite])
}

/// Everything that both sides have said.
#[derive(Debug)]
struct Agreed {
    suite: [u8; 4],
    k: Secret,
    peer: Commit,
    server: Commit,
}

impl Agreed {
    fn of_peer(&self) -> [u8; 32] {
        confirm(&self.k, &self.peer, &self.server, self.suite)
    }

    fn of_server(&self) -> [u8; 32] {
        confirm(&self.k, &self.server, &self.peer, self.suite)
    }

    /// RFC 5931 2.9.
    fn keys(&self) -> Keys {
        let octet = MethodType::PWD.short().unwrap_or_default();
        let session_id = [&[octet][..], &hash(&[&self.suite, &self.peer.scalar, &self.server.scalar])].concat();
        let master = Secret::from(hash(&[self.k.as_bytes(), &self.of_peer(), &self.of_server()]));
        let made = kdf(master.as_bytes(), &session_id, 1024);
        let (msk, emsk) = made.as_bytes().split_at_checked(64).unwrap_or_default();
        Keys { msk: Secret::from(msk), emsk: Some(Secret::from(emsk)), session_id: Some(session_id) }
    }
}
