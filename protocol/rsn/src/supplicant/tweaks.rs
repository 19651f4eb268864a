//! What a test suite has a station say in its messages.

use alloc::vec::Vec;

use crypto::{Rng, Secret};

use crate::key_frame::Draft;
use crate::ptk::Ptk;

/// What is added to messages.
#[derive(Clone, Debug, Default)]
pub struct Tweaks {
    /// Elements at the end of message 2.
    pub second: Vec<u8>,
    /// Message 2 is encrypted.
    pub second_encrypted: bool,
    /// Elements in message 4.
    pub fourth: Vec<u8>,
    /// Message 4 is encrypted.
    pub fourth_encrypted: bool,
}

/// The octets of a message with this key data and more.
pub(super) fn sign(draft: Draft, data: &[u8], more: &[u8], encrypted: bool, ptk: &Ptk) -> Vec<u8> {
    let draft = draft.key_data(Secret::from([data, more].concat()));
    if encrypted { draft.encrypt_and_sign(ptk, &mut Zeros) } else { draft.sign(ptk) }
}

/// For the IV of RC4, which a test suite's keys need not have at random.
struct Zeros;

impl Rng for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}
