//! EAPOL-Key frames (IEEE Std 802.11-2020 12.7.2).
//!
//! How far a frame is to be trusted is its type. [`RawKeyFrame`]: the fields are where they should be.
//! [`CheckedKeyFrame`]: they make sense for the suite in use; nothing is authentic yet. [`VerifiedKeyFrame`]: the holder
//! of the pairwise key made it. [`KeyData`]: decrypted and taken apart, which only a verified frame can be (2018-14526:
//! key data that is decrypted before the MIC is checked is an oracle).
//!
//! Going the other way, [`Draft`] becomes octets only by [`Draft::sign`] or, for message 1 which has no MIC,
//! by [`Draft::without_mic`].

use core::fmt;

mod build;
mod kde;

pub use build::Draft;
pub use kde::{GroupKeyKde, GtkKde, KdeWriter, KeyData};

use crypto::{Secret, aes_key_unwrap, rc4_skip};
use wire::{Malformed, Reader};
use zeroize::Zeroizing;

use crate::Protocol;
use crate::ptk::{KeyDataCipher, KeySuite, Nonce, Ptk};

/// How a received EAPOL frame was protected on the air, as far as the driver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// By the pairwise key.
    Encrypted,
    /// Not at all.
    Plain,
    /// The driver does not say (packet sockets).
    Unknown,
}

/// Why a frame was dropped. Nothing has changed; the text is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discard(pub &'static str);

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Discard {}

impl From<Malformed> for Discard {
    fn from(field: Malformed) -> Discard {
        Discard(field.0)
    }
}

/// EAPOL packet type of key frames (IEEE Std 802.1X-2020 11.3.2).
pub const EAPOL_KEY: u8 = 3;
/// Descriptor type of RSN (12.7.2).
const DESCRIPTOR_RSN: u8 = 2;
/// Descriptor type of WPA.
const DESCRIPTOR_WPA: u8 = 254;

const fn descriptor_of(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Rsn => DESCRIPTOR_RSN,
        Protocol::Wpa => DESCRIPTOR_WPA,
    }
}

/// Key Information (Figure 12-33).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo(pub u16);

impl KeyInfo {
    /// Key Descriptor Version.
    pub const VERSION: u16 = 0x0007;
    /// Pairwise key; else group key.
    pub const PAIRWISE: KeyInfo = KeyInfo(1 << 3);
    /// Index of a group key (WPA only).
    pub const INDEX: u16 = 0x0030;
    /// Install.
    pub const INSTALL: KeyInfo = KeyInfo(1 << 6);
    /// An answer is required: set by the authenticator alone.
    pub const ACK: KeyInfo = KeyInfo(1 << 7);
    /// The Key MIC field is used.
    pub const MIC: KeyInfo = KeyInfo(1 << 8);
    /// The first exchange of keys is complete.
    pub const SECURE: KeyInfo = KeyInfo(1 << 9);
    /// A Michael failure is reported.
    pub const ERROR: KeyInfo = KeyInfo(1 << 10);
    /// The supplicant asks for a handshake.
    pub const REQUEST: KeyInfo = KeyInfo(1 << 11);
    /// Key data is encrypted.
    pub const ENCRYPTED: KeyInfo = KeyInfo(1 << 12);
    /// A message between two stations, which nobody uses.
    pub const SMK: KeyInfo = KeyInfo(1 << 13);

    /// All bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: KeyInfo) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and those of `other`.
    #[must_use]
    pub const fn with(self, other: KeyInfo) -> KeyInfo {
        KeyInfo(self.0 | other.0)
    }

    /// These bits, and those of `other` if `yes`.
    #[must_use]
    pub const fn with_if(self, yes: bool, other: KeyInfo) -> KeyInfo {
        if yes { self.with(other) } else { self }
    }

    /// Index of a group key in WPA.
    #[must_use]
    pub const fn index(self) -> u8 {
        ((self.0 & KeyInfo::INDEX) >> 4) as u8
    }
}

/// Which message of which handshake a frame would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// 4-way handshake, authenticator to supplicant, without MIC.
    First,
    /// 4-way handshake, supplicant to authenticator, with the supplicant's element.
    Second,
    /// 4-way handshake, authenticator to supplicant, with MIC.
    Third,
    /// 4-way handshake, supplicant to authenticator, without an element.
    Fourth,
    /// Group key handshake, authenticator to supplicant.
    GroupFirst,
    /// Group key handshake, supplicant to authenticator.
    GroupSecond,
    /// The supplicant asks for a handshake or reports a Michael failure.
    Request,
}

/// A frame whose fields are all there.
#[derive(Clone, Copy, Debug)]
pub struct RawKeyFrame<'a> {
    /// What comes before the MIC, from the EAPOL header on.
    before_mic: &'a [u8],
    mic: &'a [u8],
    after_mic: &'a [u8],
    descriptor: u8,
    info: KeyInfo,
    key_len: u16,
    replay: u64,
    nonce: Nonce,
    iv: [u8; 16],
    rsc: [u8; 8],
    key_data: &'a [u8],
}

impl<'a> RawKeyFrame<'a> {
    /// Takes a frame apart, EAPOL header included. Octets behind the stated length are link-layer padding and ignored.
    pub fn parse(frame: &'a [u8], mic_len: usize) -> Result<RawKeyFrame<'a>, Malformed> {
        let mut reader = Reader::new(frame);
        reader.u8("EAPOL version")?;
        if reader.u8("EAPOL packet type")? != EAPOL_KEY {
            return Err(Malformed("EAPOL packet type"));
        }
        let len = usize::from(reader.u16_be("EAPOL packet body length")?);
        let mut body = reader.sub(len, "EAPOL packet body")?;
        let descriptor = body.u8("descriptor type")?;
        let info = KeyInfo(body.u16_be("key information")?);
        let key_len = body.u16_be("key length")?;
        let replay = body.u64_be("key replay counter")?;
        let nonce = body.array("key nonce")?;
        let iv = body.array("EAPOL-Key IV")?;
        let rsc = body.array("key RSC")?;
        body.array::<8>("reserved field")?;
        let before = len.saturating_sub(body.remaining()).saturating_add(4);
        let mic = body.take(mic_len, "key MIC")?;
        let after_mic = body.peek_rest();
        let data_len = usize::from(body.u16_be("key data length")?);
        let key_data = body.take(data_len, "key data")?;
        // Some senders append octets to the body; the MIC covers them.
        let before_mic = Reader::new(frame).take(before, "EAPOL-Key header")?;
        Ok(RawKeyFrame { before_mic, mic, after_mic, descriptor, info, key_len, replay, nonce, iv, rsc, key_data })
    }

    /// Length of key data as the frame states it and the octets that are left for it, where these are fewer.
    pub(crate) fn overflow(frame: &[u8], mic_len: usize) -> Option<(usize, usize)> {
        let mut reader = Reader::new(frame);
        reader.take(2, "EAPOL header").ok()?;
        let len = usize::from(reader.u16_be("EAPOL packet body length").ok()?);
        let mut body = reader.sub(len, "EAPOL packet body").ok()?;
        body.take(mic_len.saturating_add(77), "fixed fields").ok()?;
        let said = usize::from(body.u16_be("key data length").ok()?);
        (said > body.remaining()).then_some((said, body.remaining()))
    }

    /// What it says its replay counter is.
    pub(crate) const fn replay_counter(&self) -> u64 {
        self.replay
    }

    /// Key Information.
    pub(crate) const fn info(&self) -> KeyInfo {
        self.info
    }

    /// Descriptor type, and whether it is that of the protocol.
    pub(crate) fn descriptor(&self, protocol: Protocol) -> (u8, bool) {
        (self.descriptor, self.descriptor == descriptor_of(protocol))
    }

    /// As [`RawKeyFrame::check`], for what a station sends. Some send the descriptor type of WPA in an RSN; the layouts
    /// are alike and the MIC covers the type, so nothing is lost by bearing that.
    pub fn check_of_station(mut self, protocol: Protocol, suite: &KeySuite) -> Result<CheckedKeyFrame<'a>, Discard> {
        if protocol == Protocol::Rsn && self.descriptor == DESCRIPTOR_WPA {
            self.descriptor = DESCRIPTOR_RSN;
        }
        self.check(protocol, suite)
    }

    /// Checks the fields against the suite in use (12.7.2) and tells which message this would be.
    pub fn check(self, protocol: Protocol, suite: &KeySuite) -> Result<CheckedKeyFrame<'a>, Discard> {
        // 12.7.2 a): the descriptor type says which layout this is.
        if self.descriptor != descriptor_of(protocol) {
            return Err(Discard("descriptor type of another protocol"));
        }
        // 12.7.2 b) 1): the version follows from the suite; another one would choose weaker algorithms.
        if self.info.0 & KeyInfo::VERSION != u16::from(suite.version()) {
            return Err(Discard("key descriptor version does not fit the suite"));
        }
        if self.info.has(KeyInfo::SMK) {
            return Err(Discard("SMK message"));
        }
        let message = self.message()?;
        let no_mic = !self.info.has(KeyInfo::MIC);
        // 12.7.2 b) 8): only message 1 of the 4-way handshake has none. Encrypted data without a MIC could be anyone's.
        if no_mic && message != Message::First {
            return Err(Discard("no MIC"));
        }
        // 12.7.2 b) 10), 11): only a request may report an error.
        if self.info.has(KeyInfo::ERROR) && message != Message::Request {
            return Err(Discard("error bit without request bit"));
        }
        Ok(CheckedKeyFrame { raw: self, message, suite: *suite })
    }

    fn message(&self) -> Result<Message, Discard> {
        let info = self.info;
        if info.has(KeyInfo::REQUEST) {
            // 12.7.2 b) 11): a request comes from the supplicant, which never asks for an answer.
            return if info.has(KeyInfo::ACK) { Err(Discard("request with ack bit")) } else { Ok(Message::Request) };
        }
        Ok(match (info.has(KeyInfo::PAIRWISE), info.has(KeyInfo::ACK), info.has(KeyInfo::MIC)) {
            (true, true, false) if info.has(KeyInfo::ENCRYPTED) => {
                return Err(Discard("encrypted key data without MIC"));
            }
            (true, true, false) => Message::First,
            (true, true, true) => Message::Third,
            (true, false, _) if self.has_element() => Message::Second,
            (true, false, _) => Message::Fourth,
            (false, true, _) => Message::GroupFirst,
            (false, false, _) => Message::GroupSecond,
        })
    }

    /// Message 2 carries the supplicant's RSNE or WPA element, message 4 none (12.7.6.3, 12.7.6.5). Where that cannot be
    /// seen: message 2 carries the supplicant's nonce, message 4 none.
    fn has_element(&self) -> bool {
        if self.info.has(KeyInfo::ENCRYPTED) {
            return self.nonce.iter().any(|octet| *octet != 0);
        }
        KeyData::parse(Secret::from(self.key_data)).is_ok_and(|data| data.rsne().is_some() || data.wpa().is_some())
    }
}

/// A frame that makes sense but may come from anyone.
#[derive(Clone, Copy, Debug)]
pub struct CheckedKeyFrame<'a> {
    raw: RawKeyFrame<'a>,
    message: Message,
    suite: KeySuite,
}

impl<'a> CheckedKeyFrame<'a> {
    /// Which message it would be.
    #[must_use]
    pub const fn message(&self) -> Message {
        self.message
    }

    /// What it says its replay counter is.
    #[must_use]
    pub const fn replay_counter(&self) -> u64 {
        self.raw.replay
    }

    /// The nonce it carries: the authenticator's, or the supplicant's.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.raw.nonce
    }

    /// The algorithms it was checked for.
    pub(crate) const fn suite(&self) -> &KeySuite {
        &self.suite
    }

    /// Key Information, for judgements that need no authenticity: to drop the frame.
    #[must_use]
    pub const fn info(&self) -> KeyInfo {
        self.raw.info
    }

    /// Key data of a frame that has no MIC and is not encrypted: message 1.
    pub fn plain_key_data(&self) -> Result<KeyData, Discard> {
        if self.raw.info.has(KeyInfo::ENCRYPTED) {
            return Err(Discard("encrypted key data without MIC"));
        }
        KeyData::parse(Secret::from(self.raw.key_data))
    }

    /// Checks the MIC (12.7.2 b) 8), k).
    pub fn verify(&self, ptk: &Ptk) -> Result<VerifiedKeyFrame<'a>, Discard> {
        let mic_len = self.raw.mic.len();
        let zeros = [0u8; 32];
        let blank = zeros.get(..mic_len).unwrap_or_default();
        if !self.raw.info.has(KeyInfo::MIC)
            || *ptk.suite() != self.suite
            || !ptk.mic_fits(&[self.raw.before_mic, blank, self.raw.after_mic], self.raw.mic)
        {
            return Err(Discard("MIC does not fit"));
        }
        Ok(VerifiedKeyFrame { checked: *self })
    }
}

/// A frame made by the holder of the pairwise key.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedKeyFrame<'a> {
    checked: CheckedKeyFrame<'a>,
}

impl VerifiedKeyFrame<'_> {
    /// Which message it is.
    #[must_use]
    pub const fn message(&self) -> Message {
        self.checked.message
    }

    /// Key Information.
    #[must_use]
    pub const fn info(&self) -> KeyInfo {
        self.checked.raw.info
    }

    /// Length of the key in question.
    #[must_use]
    pub const fn key_len(&self) -> usize {
        self.checked.raw.key_len as usize
    }

    /// Replay counter.
    #[must_use]
    pub const fn replay_counter(&self) -> u64 {
        self.checked.raw.replay
    }

    /// The nonce it carries.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.checked.raw.nonce
    }

    /// Last packet number used with the group key, least significant octet first.
    #[must_use]
    pub const fn rsc(&self) -> [u8; 6] {
        let [a, b, c, d, e, f, ..] = self.checked.raw.rsc;
        [a, b, c, d, e, f]
    }

    /// Key data, decrypted where it is encrypted, as elements and key data encapsulations.
    pub fn key_data(&self, ptk: &Ptk) -> Result<KeyData, Discard> {
        KeyData::parse(self.plain_data(ptk)?)
    }

    /// Key data, decrypted where it is encrypted.
    pub(crate) fn plain_data(&self, ptk: &Ptk) -> Result<Secret, Discard> {
        if self.info().has(KeyInfo::ENCRYPTED) {
            self.decrypt(ptk)
        } else {
            Ok(Secret::from(self.checked.raw.key_data))
        }
    }

    /// Octets of key data as they came.
    pub(crate) const fn key_data_len(&self) -> usize {
        self.checked.raw.key_data.len()
    }

    /// Key data of WPA's group message, which is the bare key, always encrypted.
    pub fn wpa_group_key(&self, ptk: &Ptk) -> Result<Secret, Discard> {
        self.decrypt(ptk)
    }

    /// 12.7.2 m), Table 12-11. Whatever is wrong with the data, the answer is the same.
    fn decrypt(&self, ptk: &Ptk) -> Result<Secret, Discard> {
        let raw = &self.checked.raw;
        match ptk.suite().key_data_cipher() {
            KeyDataCipher::AesWrap => {
                aes_key_unwrap(ptk.kek().as_bytes(), raw.key_data).map_err(|_| Discard("key data cannot be decrypted"))
            }
            KeyDataCipher::Rc4 => {
                let mut key = Zeroizing::new(raw.iv.to_vec());
                key.extend_from_slice(ptk.kek().as_bytes());
                let mut data = Zeroizing::new(raw.key_data.to_vec());
                rc4_skip(&key, 256, &mut data);
                Ok(Secret::from(data.as_slice()))
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
