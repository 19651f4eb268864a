//! Password identifiers that change (`sae_pw_id_num`, `sae_pw_id_key`): a station sends its identifier in the clear, and
//! whoever listens could follow it by that. In message 3 it is given others, which mean the same to us and nothing to
//! anybody else: the identifier and a counter, encrypted.

use alloc::vec::Vec;

use crypto::{Rng, Secret};
use wire::Instant;

use crate::profile::Identifiers;

/// Octets of the time of making and of the counter, before and behind the identifier.
const TIME: usize = 4;
const COUNTER: usize = 4;
/// Zeros behind the identifier, so that its length does not show either.
const PADDING: u8 = 8;

/// How identifiers are made and read.
#[derive(Clone, Debug)]
pub(crate) struct PasswordIds {
    number: u32,
    key: Secret,
}

impl PasswordIds {
    /// As the profile has them; absent without a key.
    pub(crate) fn of(profile: Option<&Identifiers>) -> Option<PasswordIds> {
        let profile = profile.filter(|profile| profile.key.as_bytes().len() == 32)?;
        Some(PasswordIds { number: profile.number, key: profile.key.clone() })
    }

    fn key(&self) -> Option<&[u8; 32]> {
        self.key.as_bytes().first_chunk()
    }

    /// New names for an identifier. The counter is that of the name it came with.
    pub(crate) fn make(&self, id: &[u8], counter: u32, now: Instant, rng: &mut dyn Rng) -> Vec<Vec<u8>> {
        let Some(key) = self.key() else { return Vec::new() };
        let time = u32::try_from(now.since(Instant::ZERO).as_secs() & u64::from(u32::MAX)).unwrap_or(0);
        let first = counter.wrapping_add(self.number);
        (0..self.number.min(16))
            .map(|at| {
                let mut random = [0; 1];
                rng.fill(&mut random);
                let [random] = random;
                let mut plain = time.to_be_bytes().to_vec();
                plain.extend_from_slice(id);
                plain.extend(core::iter::repeat_n(0, usize::from(random % PADDING).saturating_add(1)));
                plain.extend_from_slice(&first.wrapping_add(at).to_be_bytes());
                crypto::aes_siv_encrypt(key, &plain)
            })
            .collect()
    }

    /// The identifier behind a name that we made, and its counter.
    pub(crate) fn read(&self, name: &[u8]) -> Option<(Vec<u8>, u32)> {
        let plain = crypto::aes_siv_decrypt(self.key()?, name)?;
        let (rest, counter) = plain.as_bytes().split_last_chunk::<COUNTER>()?;
        let id: Vec<u8> = rest.get(TIME..)?.iter().copied().take_while(|octet| *octet != 0).collect();
        (!id.is_empty()).then_some((id, u32::from_be_bytes(*counter)))
    }
}
