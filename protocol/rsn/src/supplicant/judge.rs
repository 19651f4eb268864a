//! Judgements: from a received frame to a proof of what it is. What changes meanwhile is the replay counter alone, which
//! goes on with every frame that its MIC proves authentic (12.7.2 e), whatever becomes of it. Clauses are those of
//! IEEE Std 802.11-2020.

use crypto::Pmk;
use wire::ReasonCode;

use super::group_keys::NewGroupKeys;
use super::report::Report;
use super::state::{Answered, Link, State};
use super::told::Told;
use super::{Shared, SupplicantOutput};
use crate::key_frame::{CheckedKeyFrame, KeyData, KeyInfo, Protection, RawKeyFrame, VerifiedKeyFrame};
use crate::ptk::{KeyDataCipher, KeySuite, Nonce, Ptk};
use crate::rsne::same_element;
use crate::{CipherSuite, Discard, Protocol};

/// What a frame was found to be.
#[derive(Debug)]
pub(super) enum Proof {
    First(First),
    Third(Third),
    ThirdAgain(ThirdAgain),
    GroupFirst(GroupFirst),
}

/// Why there is no proof.
#[derive(Debug)]
pub(super) enum Rejected {
    /// A pairwise key in use would be replaced, which is not allowed.
    Ptk0,
    /// The frame is dropped.
    Drop(Discard, Option<Report>),
    /// It is authentic, and a reason to leave: the access point does not keep to the protocol.
    Leave(ReasonCode, &'static str, Option<Report>),
}

impl From<Discard> for Rejected {
    fn from(discard: Discard) -> Rejected {
        Rejected::Drop(discard, None)
    }
}

impl Rejected {
    const fn told(why: &'static str, report: Report) -> Rejected {
        Rejected::Drop(Discard(why), Some(report))
    }

    pub(super) const fn leave(why: &'static str, report: Report) -> Rejected {
        Rejected::Leave(ReasonCode::UNSPECIFIED, why, Some(report))
    }

    const fn differs(why: &'static str, report: Report) -> Rejected {
        Rejected::Leave(ReasonCode::ELEMENT_MISMATCH, why, Some(report))
    }

    const fn mic() -> Rejected {
        Rejected::told("MIC does not fit", Report::Mic)
    }
}

/// A message 1: from anyone, worth an answer and nothing else.
#[derive(Debug)]
pub(super) struct First {
    pub(super) suite: KeySuite,
    pub(super) pmk: Pmk,
    pub(super) anonce: Nonce,
    pub(super) replay: u64,
    pub(super) key_len: usize,
}

/// An authentic message 3 that proves a new pairwise key.
#[derive(Debug)]
pub(super) struct Third {
    pub(super) ptk: Ptk,
    pub(super) anonce: Nonce,
    pub(super) replay: u64,
    pub(super) info: KeyInfo,
    pub(super) key_len: usize,
    pub(super) groups: NewGroupKeys,
    /// No group key is still to come.
    pub(super) complete: bool,
    pub(super) told: Told,
}

/// An authentic message 3 for the pairwise key that is installed.
#[derive(Debug)]
pub(super) struct ThirdAgain {
    pub(super) replay: u64,
    pub(super) info: KeyInfo,
    pub(super) key_len: usize,
    pub(super) groups: NewGroupKeys,
    pub(super) encrypt: bool,
}

/// An authentic message 1 of the group key handshake.
#[derive(Debug)]
pub(super) struct GroupFirst {
    pub(super) replay: u64,
    pub(super) info: KeyInfo,
    pub(super) keys: NewGroupKeys,
}

/// What can be said before the MIC is checked. Gives the algorithms for this frame's descriptor version.
pub(super) fn outside(raw: &RawKeyFrame<'_>, suite: KeySuite, shared: &mut Shared) -> Result<KeySuite, Rejected> {
    let negotiated = &shared.config.negotiated;
    let (protocol, pairwise) = (negotiated.protocol, negotiated.pairwise);
    let (kind, known) = raw.descriptor(protocol);
    if !known && !matches!(kind, 2 | 254) {
        return Err(Discard("descriptor type unknown").into());
    }
    // 12.7.2 e): a counter at or below the last verified one is a replay. Message 1 has to pass too, though what it
    // says is believed by nobody.
    if shared.replay.is_some_and(|last| raw.replay_counter() <= last) {
        return Err(Rejected::told("replay counter did not increase", Report::Replayed));
    }
    let info = raw.info();
    if info.has(KeyInfo::SMK) {
        return Err(Rejected::told("SMK message", Report::Smk));
    }
    if !info.has(KeyInfo::ACK) {
        return Err(Rejected::told("a message that only a station sends", Report::NoAck));
    }
    if info.has(KeyInfo::REQUEST) {
        return Err(Rejected::told("request with ack bit", Report::Request));
    }
    if !known {
        return Err(Rejected::told("descriptor type of another protocol", Report::Descriptor(protocol, kind)));
    }
    // 12.7.2 b) 1): the version follows from the suite; another one would choose weaker algorithms.
    let version = (info.0 & KeyInfo::VERSION) as u8;
    let for_frame = suite.for_version(version);
    if version != for_frame.version() {
        let report = match (version, suite.version()) {
            (0, _) | (4.., _) => Report::Version(protocol, version),
            (1, 2) if protocol == Protocol::Rsn => Report::VersionOfTkip(version),
            (2, 0 | 3) => Report::VersionOfAkm(version),
            (_, 2) => Report::VersionNotTwo(protocol, pairwise, version),
            _ => Report::Version(protocol, version),
        };
        return Err(Rejected::told("key descriptor version does not fit the suite", report));
    }
    if for_frame != suite {
        if protocol == Protocol::Wpa {
            return Err(Rejected::told(
                "key descriptor version does not fit the suite",
                Report::Version(protocol, version),
            ));
        }
        shared.push(SupplicantOutput::Report(Report::VersionNotTwo(protocol, pairwise, version)));
        shared.push(SupplicantOutput::Report(Report::StrongerVersion));
    }
    // 12.7.2 b) 8): only message 1 of the 4-way handshake has no MIC. Encrypted data without one could be anyone's.
    if !info.has(KeyInfo::MIC) {
        if info.has(KeyInfo::ENCRYPTED) {
            return Err(Rejected::told("encrypted key data without MIC", Report::EncryptedWithoutMic));
        }
        if !info.has(KeyInfo::PAIRWISE) {
            return Err(Rejected::told("no MIC", Report::GroupWithoutMic));
        }
    }
    Ok(for_frame)
}

/// Message 1 (12.7.6.2).
pub(super) fn first(frame: &CheckedKeyFrame<'_>, shared: &mut Shared, linked: bool) -> Result<Proof, Rejected> {
    let pmk = shared.config.pmk.clone().ok_or(Discard("no pairwise master key yet"))?;
    if frame.nonce().iter().all(|octet| *octet == 0) {
        return Err(Discard("message 1 without a nonce").into());
    }
    // Broken key data makes the frame worthless, and as nobody vouches for it, no more than that.
    let named = frame.plain_key_data()?.pmkid();
    // 12.7.6.2 a), 12.6.10.3: an access point that names another association has not got ours. With a key made from a
    // passphrase or by SAE just now, the name decides nothing: message 3 proves the key.
    if let (Some(theirs), Some(ours)) = (named, shared.config.pmkid)
        && theirs != ours
        && shared.config.negotiated.akm.is_8021x()
        && !linked
    {
        shared.push(SupplicantOutput::PmkidMismatch { pmkid: theirs });
        return Err(Discard("message 1 names another security association").into());
    }
    Ok(Proof::First(First {
        suite: *frame.suite(),
        pmk,
        anonce: *frame.nonce(),
        replay: frame.replay_counter(),
        key_len: shared.config.negotiated.pairwise.key_len(),
    }))
}

/// Derives the pairwise key of a handshake under way.
fn derive(frame: &CheckedKeyFrame<'_>, shared: &Shared, anonce: &Nonce, snonce: &Nonce) -> Result<Ptk, Rejected> {
    let config = &shared.config;
    let pmk = config.pmk.as_ref().ok_or(Discard("no pairwise master key yet"))?;
    Ok(frame.suite().derive(pmk, config.bssid, config.own, anonce, snonce))
}

/// Message 3 (12.7.6.4).
pub(super) fn third(
    frame: &CheckedKeyFrame<'_>,
    shared: &mut Shared,
    state: &State,
    exposed: bool,
    protection: Protection,
) -> Result<Proof, Rejected> {
    // With the nonce of the installed key, it can only be that message 3 again.
    if let Some(link) = state.link()
        && link.anonce == *frame.nonce()
        && let Ok(verified) = frame.verify(&link.ptk)
    {
        shared.replay = Some(verified.replay_counter());
        let data = message_3_data(&verified, &link.ptk, shared)?;
        let groups = NewGroupKeys::from_key_data(&data, verified.rsc(), shared)?;
        // Where the access point has no key yet, it cannot read an encrypted answer.
        let encrypt = protection != Protection::Plain;
        // The frame proves itself by its MIC; in the clear it may repeat, but not bring anything.
        let groups = if exposed { NewGroupKeys::default() } else { groups };
        return Ok(Proof::ThirdAgain(ThirdAgain {
            replay: verified.replay_counter(),
            info: verified.info(),
            key_len: verified.key_len(),
            groups,
            encrypt,
        }));
    }
    if exposed {
        return Err(Discard("message 3 in the clear though the link is protected").into());
    }
    let answered = match (state.answered(), state.link()) {
        (Some(answered), _) => *answered,
        (None, Some(_)) => return Err(Rejected::mic()),
        (None, None) => return Err(Rejected::told("message 3 without message 1", Report::NoKeyForMic)),
    };
    let ptk = derive(frame, shared, frame.nonce(), &answered.snonce)?;
    let Ok(verified) = frame.verify(&ptk) else { return Err(other_nonce(frame, shared, &answered)?) };
    shared.replay = Some(verified.replay_counter());
    let data = message_3_data(&verified, &ptk, shared)?;
    elements_differ(&data, shared)?;
    let pairwise = shared.config.negotiated.pairwise;
    if verified.key_len() != pairwise.key_len() {
        let report = Report::PairwiseLength(pairwise, verified.key_len(), shared.config.bssid);
        return Err(Rejected::leave("key length does not fit the pairwise cipher", report));
    }
    let groups = NewGroupKeys::from_key_data(&data, verified.rsc(), shared)?;
    let negotiated = &shared.config.negotiated;
    let complete = groups.has_gtk() || negotiated.group == CipherSuite::GroupNotAllowed;
    // 12.7.6.4: in an RSN message 3 brings the group key.
    if !complete && negotiated.protocol == Protocol::Rsn {
        return Err(Rejected::leave("message 3 without a group key", Report::NoGtk));
    }
    let told = Told::read(&data, shared).map_err(|why| Rejected::Leave(ReasonCode::ELEMENT_MISMATCH, why, None))?;
    Ok(Proof::Third(Third {
        anonce: *verified.nonce(),
        replay: verified.replay_counter(),
        info: verified.info(),
        key_len: verified.key_len(),
        groups,
        complete,
        told,
        ptk,
    }))
}

/// Why the MIC of a message 3 does not fit: if its maker has the key but changed the nonce since message 1, which it must
/// not (12.7.6.4 a), that is worth knowing.
fn other_nonce(frame: &CheckedKeyFrame<'_>, shared: &mut Shared, answered: &Answered) -> Result<Rejected, Rejected> {
    if answered.anonce != *frame.nonce() {
        let ptk = derive(frame, shared, &answered.anonce, &answered.snonce)?;
        if let Ok(verified) = frame.verify(&ptk) {
            shared.replay = Some(verified.replay_counter());
            return Ok(Rejected::told("nonce differs from message 1", Report::Nonce(shared.config.bssid)));
        }
    }
    Ok(Rejected::mic())
}

/// Key data in the clear. Whatever is wrong with it, the frame is dropped (2018-14526): it tells nothing.
fn open(frame: &VerifiedKeyFrame<'_>, ptk: &Ptk) -> Result<KeyData, Rejected> {
    let len = frame.key_data_len();
    let wrapped = frame.info().has(KeyInfo::ENCRYPTED) && ptk.suite().key_data_cipher() == KeyDataCipher::AesWrap;
    // RFC 3394 2.2.2: whole blocks, and one more than there is data.
    if wrapped && (len < 8 || !len.is_multiple_of(8)) {
        return Err(Rejected::told("key data of a length that cannot be unwrapped", Report::WrapLength(len)));
    }
    let plain = frame.plain_data(ptk).map_err(|discard| Rejected::Drop(discard, Some(Report::Unwrap)))?;
    KeyData::parse(plain).map_err(|Discard(why)| Rejected::Leave(ReasonCode::UNSPECIFIED, why, None))
}

/// The bits that message 3 must have, and its key data.
fn message_3_data(frame: &VerifiedKeyFrame<'_>, ptk: &Ptk, shared: &Shared) -> Result<KeyData, Rejected> {
    let info = frame.info();
    let protocol = shared.config.negotiated.protocol;
    if info.index() != 0 {
        return Err(Rejected::told("message 3 with the index of a group key", Report::KeyIndex(protocol)));
    }
    let data = open(frame, ptk)?;
    if !info.has(KeyInfo::ENCRYPTED) && data.gtk().is_some() {
        return Err(Rejected::leave("group key in the clear", Report::GtkInClear));
    }
    if !info.has(KeyInfo::ENCRYPTED) && (data.igtk().is_some() || data.bigtk().is_some()) {
        return Err(Rejected::leave("group management key in the clear", Report::IgtkInClear));
    }
    if !info.has(KeyInfo::INSTALL) {
        return Err(Discard("message 3 without install bit").into());
    }
    if protocol == Protocol::Rsn && !info.has(KeyInfo::SECURE.with(KeyInfo::ENCRYPTED)) {
        return Err(Discard("message 3 without secure bit or encrypted key data").into());
    }
    Ok(data)
}

/// 12.7.6.4 b): the elements must be those of beacons and probe responses, else someone negotiated in between.
fn elements_differ(data: &KeyData, shared: &Shared) -> Result<(), Rejected> {
    let config = &shared.config;
    let fast = config.negotiated.akm.is_ft();
    let differs = |known: Option<&[u8]>, told: Option<&[u8]>| match (known, told) {
        (Some(known), Some(told)) => !same_element(known, told, fast),
        _ => false,
    };
    let (own, why) = match config.negotiated.protocol {
        Protocol::Rsn => (data.rsne(), "RSNE in message 3 differs from the beacon's"),
        Protocol::Wpa => (data.wpa(), "WPA element in message 3 differs from the beacon's"),
    };
    if own.is_none() {
        return Err(Rejected::differs(why, Report::NoElements(config.bssid)));
    }
    if differs(config.ap_rsne.as_deref(), data.rsne()) || differs(config.ap_wpa.as_deref(), data.wpa()) {
        return Err(Rejected::differs(why, Report::Elements(config.bssid)));
    }
    // An access point that has an RSNE and was heard without one: someone removed it to have WPA chosen.
    if config.negotiated.protocol == Protocol::Wpa && config.ap_rsne.is_none() && data.rsne().is_some() {
        let report = Report::Downgrade(config.bssid);
        return Err(Rejected::differs("message 3 has an RSNE that beacons have not", report));
    }
    // Beacons that were heard are known with or without an RSNXE; without an RSNE they were not heard.
    let heard = config.negotiated.protocol == Protocol::Rsn && config.ap_rsne.is_some();
    if heard && config.ap_rsnxe.as_deref() != data.rsnxe() {
        return Err(Rejected::differs("RSNXE in message 3 differs from the beacon's", Report::Rsnxe));
    }
    Ok(())
}

/// Message 1 of the group key handshake (12.7.7.2).
pub(super) fn group_first(frame: &CheckedKeyFrame<'_>, shared: &mut Shared, state: &State) -> Result<Proof, Rejected> {
    let protocol = shared.config.negotiated.protocol;
    let Some(link) = state.link() else { return Err(group_too_early(frame, shared, state)?) };
    let Ok(verified) = frame.verify(&link.ptk) else { return Err(Rejected::mic()) };
    shared.replay = Some(verified.replay_counter());
    let info = verified.info();
    let keys = match protocol {
        Protocol::Rsn => rsn_group_keys(&verified, link, shared)?,
        Protocol::Wpa => {
            let key = verified.wpa_group_key(&link.ptk)?;
            // AES key wrap pads: the length stands in the frame.
            let key = match key.as_bytes().get(..verified.key_len()) {
                Some(exact) => exact.into(),
                None => key,
            };
            NewGroupKeys::from_wpa(&key, info.index(), verified.rsc(), &shared.config.negotiated)?
        }
    };
    Ok(Proof::GroupFirst(GroupFirst { replay: verified.replay_counter(), info, keys }))
}

fn rsn_group_keys(verified: &VerifiedKeyFrame<'_>, link: &Link, shared: &mut Shared) -> Result<NewGroupKeys, Rejected> {
    let info = verified.info();
    let data = open(verified, &link.ptk)?;
    if !info.has(KeyInfo::ENCRYPTED) && data.gtk().is_some() {
        return Err(Rejected::leave("group key in the clear", Report::GroupInClear));
    }
    if !info.has(KeyInfo::SECURE.with(KeyInfo::ENCRYPTED)) {
        return Err(Discard("group message without secure bit or encrypted key data").into());
    }
    let keys = NewGroupKeys::from_key_data(&data, verified.rsc(), shared)?;
    if !keys.has_gtk() {
        return Err(Rejected::leave("group message without a group key", Report::NoGroupKey));
    }
    Ok(keys)
}

/// A group message while the 4-way handshake is under way. If its maker has the key, the access point does not keep to the
/// protocol; else it is anyone's.
fn group_too_early(frame: &CheckedKeyFrame<'_>, shared: &mut Shared, state: &State) -> Result<Rejected, Rejected> {
    let Some(answered) = state.answered().copied() else {
        return Ok(Rejected::told("group message without a pairwise key", Report::NoKeyForMic));
    };
    let ptk = derive(frame, shared, &answered.anonce, &answered.snonce)?;
    let Ok(verified) = frame.verify(&ptk) else { return Ok(Rejected::mic()) };
    shared.replay = Some(verified.replay_counter());
    let report = Report::GroupTooEarly(shared.config.negotiated.protocol);
    Ok(Rejected::leave("group message before the end of the 4-way handshake", report))
}
