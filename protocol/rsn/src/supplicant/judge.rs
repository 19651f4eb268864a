//! Judgements: from a received frame to a proof of what it is, changing nothing. Clauses are those of
//! IEEE Std 802.11-2020.

use crypto::Pmk;
use wire::ReasonCode;

use super::group_keys::NewGroupKeys;
use super::state::{Link, State};
use super::told::Told;
use super::{Shared, SupplicantOutput};
use crate::key_frame::{CheckedKeyFrame, KeyData, KeyInfo, Protection, VerifiedKeyFrame};
use crate::ptk::{KeySuite, Nonce, Ptk};
use crate::rsne::same_element;
use crate::{CipherSuite, Discard, Protocol};

/// What a frame was found to be.
#[derive(Debug)]
pub(super) enum Proof {
    First(First),
    Third(Third),
    ThirdAgain(ThirdAgain),
    GroupFirst(GroupFirst),
    /// Authentic, and a reason to leave.
    Refuse(ReasonCode, &'static str),
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

/// Message 1 (12.7.6.2).
pub(super) fn first(frame: &CheckedKeyFrame<'_>, shared: &mut Shared, linked: bool) -> Result<Proof, Discard> {
    let suite = shared.suite()?;
    let pmk = shared.config.pmk.clone().ok_or(Discard("no pairwise master key yet"))?;
    if frame.nonce().iter().all(|octet| *octet == 0) {
        return Err(Discard("message 1 without a nonce"));
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
        return Err(Discard("message 1 names another security association"));
    }
    Ok(Proof::First(First {
        suite,
        pmk,
        anonce: *frame.nonce(),
        replay: frame.replay_counter(),
        key_len: shared.config.negotiated.pairwise.key_len(),
    }))
}

/// Message 3 (12.7.6.4).
pub(super) fn third(
    frame: &CheckedKeyFrame<'_>,
    shared: &Shared,
    state: &State,
    exposed: bool,
    protection: Protection,
) -> Result<Proof, Discard> {
    // With the nonce of the installed key, it can only be that message 3 again.
    if let Some(link) = state.link()
        && link.anonce == *frame.nonce()
        && let Ok(verified) = frame.verify(&link.ptk)
    {
        let data = checked_key_data(&verified, &link.ptk, shared)?;
        let groups = NewGroupKeys::from_key_data(&data, verified.rsc(), &shared.config.negotiated)?;
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
        return Err(Discard("message 3 in the clear though the link is protected"));
    }
    let snonce = state.snonce().ok_or(Discard("message 3 without message 1"))?;
    let suite = shared.suite()?;
    let pmk = shared.config.pmk.as_ref().ok_or(Discard("no pairwise master key yet"))?;
    let config = &shared.config;
    let ptk = suite.derive(pmk, config.bssid, config.own, frame.nonce(), snonce);
    let verified = frame.verify(&ptk)?;
    let data = checked_key_data(&verified, &ptk, shared)?;
    if let Some(refusal) = elements_differ(&data, shared) {
        return Ok(refusal);
    }
    if verified.key_len() != config.negotiated.pairwise.key_len() {
        return Err(Discard("key length does not fit the pairwise cipher"));
    }
    let groups = NewGroupKeys::from_key_data(&data, verified.rsc(), &config.negotiated)?;
    let told = match Told::read(&data, shared) {
        Ok(told) => told,
        Err(why) => return Ok(Proof::Refuse(ReasonCode::ELEMENT_MISMATCH, why)),
    };
    let complete = groups.has_gtk() || config.negotiated.group == CipherSuite::GroupNotAllowed;
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

/// The bits that message 3 must have, and its key data.
fn checked_key_data(frame: &VerifiedKeyFrame<'_>, ptk: &Ptk, shared: &Shared) -> Result<KeyData, Discard> {
    let info = frame.info();
    if !info.has(KeyInfo::INSTALL) {
        return Err(Discard("message 3 without install bit"));
    }
    if shared.config.negotiated.protocol == Protocol::Rsn && !info.has(KeyInfo::SECURE.with(KeyInfo::ENCRYPTED)) {
        return Err(Discard("message 3 without secure bit or encrypted key data"));
    }
    frame.key_data(ptk)
}

/// 12.7.6.4 b): the elements must be those of beacons and probe responses, else someone negotiated in between.
fn elements_differ(data: &KeyData, shared: &Shared) -> Option<Proof> {
    let config = &shared.config;
    let refuse = |why| Some(Proof::Refuse(ReasonCode::ELEMENT_MISMATCH, why));
    let fast = config.negotiated.akm.is_ft();
    let differs = |known: Option<&[u8]>, told: Option<&[u8]>| match (known, told) {
        (Some(known), Some(told)) => !same_element(known, told, fast),
        _ => false,
    };
    let (own, why) = match config.negotiated.protocol {
        Protocol::Rsn => (data.rsne(), "RSNE in message 3 differs from the beacon's"),
        Protocol::Wpa => (data.wpa(), "WPA element in message 3 differs from the beacon's"),
    };
    if own.is_none() || differs(config.ap_rsne.as_deref(), data.rsne()) || differs(config.ap_wpa.as_deref(), data.wpa())
    {
        return refuse(why);
    }
    // An access point that has an RSNE and was heard without one: someone removed it to have WPA chosen.
    if config.negotiated.protocol == Protocol::Wpa && config.ap_rsne.is_none() && data.rsne().is_some() {
        return refuse("message 3 has an RSNE that beacons have not");
    }
    // Beacons that were heard are known with or without an RSNXE; without an RSNE they were not heard.
    let heard = config.negotiated.protocol == Protocol::Rsn && config.ap_rsne.is_some();
    if heard && config.ap_rsnxe.as_deref() != data.rsnxe() {
        return refuse("RSNXE in message 3 differs from the beacon's");
    }
    None
}

/// Message 1 of the group key handshake (12.7.7.2).
pub(super) fn group_first(frame: &CheckedKeyFrame<'_>, shared: &Shared, link: Option<&Link>) -> Result<Proof, Discard> {
    let link = link.ok_or(Discard("group message without a pairwise key"))?;
    let verified = frame.verify(&link.ptk)?;
    let info = verified.info();
    let negotiated = &shared.config.negotiated;
    let keys = match negotiated.protocol {
        Protocol::Rsn => {
            if !info.has(KeyInfo::SECURE.with(KeyInfo::ENCRYPTED)) {
                return Err(Discard("group message without secure bit or encrypted key data"));
            }
            let data = verified.key_data(&link.ptk)?;
            NewGroupKeys::from_key_data(&data, verified.rsc(), negotiated)?
        }
        Protocol::Wpa => {
            let key = verified.wpa_group_key(&link.ptk)?;
            // AES key wrap pads: the length stands in the frame.
            let key = match key.as_bytes().get(..verified.key_len()) {
                Some(exact) => exact.into(),
                None => key,
            };
            NewGroupKeys::from_wpa(&key, info.index(), verified.rsc(), negotiated)?
        }
    };
    if !keys.has_gtk() {
        return Err(Discard("group message without a group key"));
    }
    Ok(Proof::GroupFirst(GroupFirst { replay: verified.replay_counter(), info, keys }))
}
