//! EAPOL-Key frames on their way out.

use alloc::vec::Vec;

use crypto::{Rng, Secret, aes_key_wrap, rc4_skip};
use wire::Writer;
use zeroize::Zeroizing;

use super::{EAPOL_KEY, KeyInfo, descriptor_of};
use crate::Protocol;
use crate::ptk::{KeyDataCipher, KeySuite, Nonce, Ptk};

/// A frame in the making. It becomes octets by [`Draft::sign`] or, being message 1, by [`Draft::without_mic`].
#[derive(Debug)]
pub struct Draft {
    protocol: Protocol,
    eapol_version: u8,
    info: KeyInfo,
    key_len: usize,
    replay: u64,
    nonce: Nonce,
    rsc: [u8; 6],
    key_data: Secret,
}

impl Draft {
    /// A frame with these bits and this replay counter; everything else is zero or empty.
    #[must_use]
    pub fn new(protocol: Protocol, eapol_version: u8, info: KeyInfo, replay: u64) -> Draft {
        Draft {
            protocol,
            eapol_version,
            info,
            key_len: 0,
            replay,
            nonce: [0; 32],
            rsc: [0; 6],
            key_data: Secret::default(),
        }
    }

    /// With the length of the key in question.
    #[must_use]
    pub const fn key_len(mut self, octets: usize) -> Draft {
        self.key_len = octets;
        self
    }

    /// With a nonce.
    #[must_use]
    pub const fn nonce(mut self, nonce: &Nonce) -> Draft {
        self.nonce = *nonce;
        self
    }

    /// With the last packet number used with the group key.
    #[must_use]
    pub const fn rsc(mut self, rsc: [u8; 6]) -> Draft {
        self.rsc = rsc;
        self
    }

    /// With key data, still in the clear.
    #[must_use]
    pub fn key_data(mut self, data: Secret) -> Draft {
        self.key_data = data;
        self
    }

    /// The octets of message 1, the only one without a MIC.
    #[must_use]
    pub fn without_mic(self, suite: &KeySuite) -> Vec<u8> {
        let (head, tail) = self.around_mic(suite, &[0; 16], self.key_data.as_bytes());
        assemble(&head, &[0; 32], suite.mic_len(), &tail)
    }

    /// The octets, with a MIC over all of them.
    #[must_use]
    pub fn sign(mut self, ptk: &Ptk) -> Vec<u8> {
        self.info = self.info.with(KeyInfo::MIC);
        let data = self.key_data.as_bytes().to_vec();
        self.finish(ptk, &[0; 16], &data)
    }

    /// The octets, with the key data encrypted and a MIC over all of them. RC4 takes an IV from `rng`.
    #[must_use]
    pub fn encrypt_and_sign(mut self, ptk: &Ptk, rng: &mut dyn Rng) -> Vec<u8> {
        // WPA's group message is always encrypted and does not say so.
        self.info = self.info.with(KeyInfo::MIC).with_if(self.protocol == Protocol::Rsn, KeyInfo::ENCRYPTED);
        // With room for the padding: what grows leaves a copy behind that nobody wipes.
        let mut data = Zeroizing::new(Vec::with_capacity(self.key_data.len().saturating_add(16)));
        data.extend_from_slice(self.key_data.as_bytes());
        match ptk.suite().key_data_cipher() {
            KeyDataCipher::AesWrap => {
                // 12.7.2 m): pad to 16 octets at least and to a multiple of 8.
                if data.len() < 16 || !data.len().is_multiple_of(8) {
                    data.push(0xdd);
                    let len = data.len().next_multiple_of(8).max(16);
                    data.resize(len, 0);
                }
                // The key encryption key has a length that wrapping takes, by construction of the suite.
                let wrapped = aes_key_wrap(ptk.kek().as_bytes(), &data).unwrap_or_default();
                self.finish(ptk, &[0; 16], &wrapped)
            }
            KeyDataCipher::Rc4 => {
                let mut iv = [0; 16];
                rng.fill(&mut iv);
                let mut key = Zeroizing::new(iv.to_vec());
                key.extend_from_slice(ptk.kek().as_bytes());
                rc4_skip(&key, 256, &mut data);
                self.finish(ptk, &iv, &data)
            }
        }
    }

    fn finish(self, ptk: &Ptk, iv: &[u8; 16], data: &[u8]) -> Vec<u8> {
        let suite = ptk.suite();
        let (head, tail) = self.around_mic(suite, iv, data);
        let blank = [0u8; 32];
        let mic = ptk.mic(&[&head, blank.get(..suite.mic_len()).unwrap_or_default(), &tail]);
        assemble(&head, &mic, suite.mic_len(), &tail)
    }

    /// The octets before the MIC and those behind it.
    fn around_mic(&self, suite: &KeySuite, iv: &[u8; 16], data: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut tail = Writer::new();
        tail.u16_be(data.len() as u16).put(data);
        let tail = tail.finish().unwrap_or_default();
        let mut head = Writer::new();
        // Descriptor type to reserved field: 77 octets.
        let body_len = suite.mic_len().saturating_add(tail.len()).saturating_add(77);
        head.u8(self.eapol_version).u8(EAPOL_KEY).u16_be(body_len as u16);
        head.u8(descriptor_of(self.protocol));
        head.u16_be(self.info.0 & !KeyInfo::VERSION | u16::from(suite.version()));
        head.u16_be(self.key_len as u16).u64_be(self.replay).put(&self.nonce).put(iv);
        head.put(&self.rsc).u16_be(0).put(&[0; 8]);
        (head.finish().unwrap_or_default(), tail)
    }
}

fn assemble(head: &[u8], mic: &[u8], mic_len: usize, tail: &[u8]) -> Vec<u8> {
    let mut frame = head.to_vec();
    frame.extend_from_slice(mic.get(..mic_len).unwrap_or_default());
    frame.extend_from_slice(tail);
    frame
}
