//! A password that has expired, and the new one (RFC 2759 7, draft-kamath-pppext-eap-mschapv2-02 2.6).

use alloc::vec::Vec;

use crypto::{Rng, Secret, ct_eq, mschap};
use wire::{Malformed, Reader};

use super::write;
use crate::EapError;

pub(super) const CODE: u8 = 7;

/// What a peer sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The new password under the hash of the old one.
    password: [u8; mschap::PASSWORD_BLOCK],
    /// The hash of the old one under that of the new.
    hash: [u8; 16],
    pub(super) peer_challenge: [u8; 16],
    pub(super) nt_response: [u8; 24],
}

impl Change {
    pub(super) fn parse(mut reader: Reader<'_>) -> Result<Change, Malformed> {
        let password = reader.array("MSCHAPv2 encrypted password")?;
        let hash = reader.array("MSCHAPv2 encrypted hash")?;
        let peer_challenge = reader.array("MSCHAPv2 peer challenge")?;
        reader.take(8, "MSCHAPv2 reserved")?;
        let nt_response = reader.array("MSCHAPv2 response")?;
        reader.take(2, "MSCHAPv2 flags")?;
        Ok(Change { password, hash, peer_challenge, nt_response })
    }

    /// Of a new password, in answer to this challenge.
    pub(super) fn new(
        password: &[u8],
        old_hash: &Secret,
        challenge: &[u8; 16],
        name: &[u8],
        rng: &mut dyn Rng,
    ) -> Option<Change> {
        let mut filler = [0; 512];
        rng.fill(&mut filler);
        let mut peer_challenge = [0; 16];
        rng.fill(&mut peer_challenge);
        let new_hash = mschap::nt_password_hash(password);
        Some(Change {
            password: mschap::encrypt_password(password, old_hash, &filler)?,
            hash: mschap::encrypt_hash(old_hash, &new_hash),
            peer_challenge,
            nt_response: mschap::nt_response(challenge, &peer_challenge, name, &new_hash),
        })
    }

    pub(super) fn write(&self, id: u8) -> Result<Vec<u8>, EapError> {
        write(CODE, id, |writer| {
            writer.put(&self.password).put(&self.hash).put(&self.peer_challenge).put(&[0; 8]).put(&self.nt_response);
            writer.put(&[0; 2]);
        })
    }

    /// The new password, if whoever has sent it knows the old one too.
    pub(super) fn open(&self, old_hash: &Secret, challenge: &[u8; 16], name: &[u8]) -> Option<Secret> {
        let password = mschap::decrypt_password(&self.password, old_hash)?;
        let new_hash = mschap::nt_password_hash(password.as_bytes());
        let wanted = mschap::nt_response(challenge, &self.peer_challenge, name, &new_hash);
        let is_right =
            ct_eq(&self.hash, &mschap::encrypt_hash(old_hash, &new_hash)) && ct_eq(&self.nt_response, &wanted);
        (is_right && !password.is_empty()).then_some(password)
    }
}
