//! Judgements: from a received frame to a proof of what it is, changing nothing. Clauses are those of
//! IEEE Std 802.11-2020.

use wire::ReasonCode;

use super::Shared;
use super::state::{AwaitMessage4, Established, State};
use crate::key_frame::{CheckedKeyFrame, KeyInfo, VerifiedKeyFrame};
use crate::ptk::{Nonce, Ptk};
use crate::rsne::same_element;
use crate::{Discard, Protocol};

/// What a frame was found to be.
#[derive(Debug)]
pub(super) enum Proof {
    Second(Second),
    /// For the newest key, or for the earlier one.
    Fourth {
        earlier: bool,
    },
    GroupSecond,
    Request(Request),
    /// Authentic, and a reason to send the station away.
    Refuse(ReasonCode, &'static str),
}

/// Why there is no proof.
#[derive(Debug)]
pub(super) enum Rejected {
    Discard(Discard),
    /// A message 2 that none of the candidate keys fits.
    NoKeyFits,
}

impl From<Discard> for Rejected {
    fn from(discard: Discard) -> Rejected {
        Rejected::Discard(discard)
    }
}

/// An authentic message 2.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) ptk: Ptk,
    pub(super) snonce: Nonce,
    /// Which of the candidate keys fits.
    pub(super) index: usize,
}

/// An authentic request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) replay: u64,
    pub(super) pairwise: bool,
    pub(super) failure: bool,
}

/// Message 2 (12.7.6.3).
pub(super) fn second(frame: &CheckedKeyFrame<'_>, shared: &Shared, state: &State) -> Result<Proof, Rejected> {
    let anonce = match state {
        State::AwaitMessage2(state) if state.tries.sent(frame.replay_counter()) => &state.anonce,
        // With the same nonce it is the answer to another try of message 1, and message 3 is under way already.
        State::AwaitMessage4(state) if state.snonce == *frame.nonce() => {
            return Err(Discard("message 2 comes again").into());
        }
        State::AwaitMessage4(state) if state.first_tries.sent(frame.replay_counter()) => &state.anonce,
        State::AwaitMessage2(_) | State::AwaitMessage4(_) => return Err(Discard("replay counter was not sent").into()),
        State::Idle(_) | State::Established(_) | State::Closed => {
            return Err(Discard("message 2 without message 1").into());
        }
    };
    let (second, verified) = find_key(frame, anonce, shared)?;
    let data = verified.key_data(&second.ptk)?;
    let station = &shared.station;
    let element = match station.negotiated.protocol {
        Protocol::Rsn => data.rsne(),
        Protocol::Wpa => data.wpa(),
    };
    // 12.7.6.3 b) 1): the element must be that of the (re)association request, else someone changed the request.
    let same = element.is_some_and(|element| same_element(&station.element, element, station.negotiated.akm.is_ft()));
    if !same {
        return Ok(Proof::Refuse(
            ReasonCode::ELEMENT_MISMATCH,
            "element in message 2 differs from the association request's",
        ));
    }
    if station.negotiated.protocol == Protocol::Rsn && station.rsnxe.as_deref() != data.rsnxe() {
        return Ok(Proof::Refuse(
            ReasonCode::ELEMENT_MISMATCH,
            "RSNXE in message 2 differs from the association request's",
        ));
    }
    Ok(Proof::Second(second))
}

/// Tries the candidate keys, the one that fitted before alone when there is one.
fn find_key<'a>(
    frame: &CheckedKeyFrame<'a>,
    anonce: &Nonce,
    shared: &Shared,
) -> Result<(Second, VerifiedKeyFrame<'a>), Rejected> {
    let candidates = shared.pmks.iter().enumerate();
    for (index, pmk) in candidates.filter(|(index, _)| shared.matched.is_none_or(|matched| matched == *index)) {
        let Ok(suite) = shared.suite_for(pmk) else { continue };
        let ptk = suite.derive(pmk, shared.config.own, shared.station.addr, anonce, frame.nonce());
        if let Ok(verified) = frame.verify(&ptk) {
            return Ok((Second { ptk, snonce: *frame.nonce(), index }, verified));
        }
    }
    Err(Rejected::NoKeyFits)
}

/// Message 4 (12.7.6.5).
pub(super) fn fourth(frame: &CheckedKeyFrame<'_>, state: &State) -> Result<Proof, Rejected> {
    let State::AwaitMessage4(AwaitMessage4 { ptk, tries, earlier, .. }) = state else {
        return Err(Discard("message 4 without message 3").into());
    };
    if tries.sent(frame.replay_counter()) {
        frame.verify(ptk)?;
        return Ok(Proof::Fourth { earlier: false });
    }
    match earlier.as_deref() {
        Some((ptk, tries)) if tries.sent(frame.replay_counter()) => {
            frame.verify(ptk)?;
            Ok(Proof::Fourth { earlier: true })
        }
        Some(_) | None => Err(Discard("replay counter was not sent").into()),
    }
}

/// Message 2 of the group key handshake (12.7.7.3).
pub(super) fn group_second(frame: &CheckedKeyFrame<'_>, state: &State) -> Result<Proof, Rejected> {
    let State::Established(Established { link, update: Some(tries), .. }) = state else {
        return Err(Discard("group answer that nothing asked for").into());
    };
    if !tries.sent(frame.replay_counter()) {
        return Err(Discard("replay counter was not sent").into());
    }
    frame.verify(&link.ptk)?;
    Ok(Proof::GroupSecond)
}

/// A request (12.7.2 b) 10), 11)).
pub(super) fn request(frame: &CheckedKeyFrame<'_>, shared: &Shared, state: &State) -> Result<Proof, Rejected> {
    let State::Established(Established { link, .. }) = state else {
        return Err(Discard("request while a handshake is under way").into());
    };
    // 12.7.2 e): requests have a counter of their own.
    if shared.requests.is_some_and(|last| frame.replay_counter() <= last) {
        return Err(Discard("replay counter did not increase").into());
    }
    if !frame.info().has(KeyInfo::SECURE) {
        return Err(Discard("request without secure bit").into());
    }
    let verified = frame.verify(&link.ptk)?;
    let info = verified.info();
    Ok(Proof::Request(Request {
        replay: verified.replay_counter(),
        pairwise: info.has(KeyInfo::PAIRWISE),
        failure: info.has(KeyInfo::ERROR),
    }))
}
