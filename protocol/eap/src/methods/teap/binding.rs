//! The TLV that shows that both conversations have the same ends (RFC 9930 4.2.13 and 6.3).

use alloc::vec::Vec;

use crypto::{Secret, ct_eq};

use super::VERSION;
use super::keys::{Bound, Derived, Prf, Selected};
use crate::MethodType;

/// Octets of the whole TLV.
pub(super) const LENGTH: usize = 80;
/// Where its fields begin.
const NONCE: usize = 8;
const EMSK_MAC: usize = 40;
const MSK_MAC: usize = 60;
const MAC: usize = 20;

const HAS_EMSK_MAC: u8 = 1;
const HAS_MSK_MAC: u8 = 2;

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Request = 0,
    Response = 1,
}

/// What both sides have seen before the tunnel, and what they bind.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The version that the other side has sent.
    pub(super) version: u8,
    /// The TLVs outside of TLS, of the server and of the peer.
    pub(super) server: Vec<u8>,
    pub(super) peer: Vec<u8>,
}

fn put(tlv: &mut [u8; LENGTH], at: usize, octets: &[u8]) {
    for (to, from) in tlv.iter_mut().skip(at).zip(octets) {
        *to = *from;
    }
}

fn field(tlv: &[u8; LENGTH], at: usize, octets: usize) -> &[u8] {
    tlv.get(at..at.saturating_add(octets)).unwrap_or_default()
}

/// The code over a TLV in which both codes are zeros.
fn code(prf: Prf, cmk: &Secret, tlv: &[u8; LENGTH], seen: &Seen) -> Vec<u8> {
    let kind = [MethodType::TEAP.short().unwrap_or_default()];
    let head = field(tlv, 0, EMSK_MAC);
    let mut code = prf.mac(cmk.as_bytes(), &[head, &[0; 2 * MAC], &kind, &seen.server, &seen.peer]);
    code.truncate(MAC);
    code
}

fn blank(seen: &Seen, way: Way, flags: u8, nonce: &[u8]) -> [u8; LENGTH] {
    let mut tlv = [0; LENGTH];
    put(&mut tlv, 0, &[0x80, 12, 0, 76, 0, VERSION, seen.version, (flags << 4) | way as u8]);
    put(&mut tlv, NONCE, nonce);
    tlv
}

/// The server's: with both codes where there are both keys. The last bit of the nonce is not set.
pub(super) fn request(bound: &Bound, seen: &Seen, nonce: &[u8; 32]) -> [u8; LENGTH] {
    let flags = if bound.of_emsk.is_some() { HAS_EMSK_MAC | HAS_MSK_MAC } else { HAS_MSK_MAC };
    let mut tlv = blank(seen, Way::Request, flags, nonce);
    let of_msk = code(bound.prf, &bound.of_msk.cmk, &tlv, seen);
    let of_emsk = bound.of_emsk.as_ref().map(|derived| code(bound.prf, &derived.cmk, &tlv, seen));
    put(&mut tlv, MSK_MAC, &of_msk);
    put(&mut tlv, EMSK_MAC, &of_emsk.unwrap_or_default());
    tlv
}

/// What goes on from a TLV that is right: from the EMSK if both sides have one, and from the MSK otherwise. `None` if it is
/// wrong.
pub(super) fn select(tlv: &[u8; LENGTH], bound: &Bound, seen: &Seen, way: Way) -> Option<Selected> {
    let [_, _, _, _, _, version, received, kind, ..] = *tlv;
    let flags = kind >> 4;
    if version != VERSION || received != seen.version || kind & 0x0f != way as u8 {
        return None;
    }
    let is_right = |at, derived: &Derived| ct_eq(field(tlv, at, MAC), &code(bound.prf, &derived.cmk, tlv, seen));
    let has_msk = flags & HAS_MSK_MAC != 0;
    // What is there must be right, whichever is taken.
    if has_msk && !is_right(MSK_MAC, &bound.of_msk) {
        return None;
    }
    match (&bound.of_emsk, flags & HAS_EMSK_MAC != 0) {
        (Some(derived), true) => is_right(EMSK_MAC, derived).then_some(Selected::Emsk),
        (Some(_), false) | (None, true | false) => has_msk.then_some(Selected::Msk),
    }
}

/// The nonce of a server's TLV, if it is one.
pub(super) fn nonce(tlv: &[u8; LENGTH]) -> Option<[u8; 32]> {
    let nonce: [u8; 32] = field(tlv, NONCE, 32).try_into().ok()?;
    nonce.last().is_some_and(|last| last & 1 == 0).then_some(nonce)
}

/// The peer's answer, with the key that was selected.
pub(super) fn response(bound: &Bound, selected: Selected, seen: &Seen, nonce: &[u8; 32]) -> [u8; LENGTH] {
    let (flags, at) = match selected {
        Selected::Emsk => (HAS_EMSK_MAC, EMSK_MAC),
        Selected::Msk => (HAS_MSK_MAC, MSK_MAC),
    };
    let mut tlv = blank(seen, Way::Response, flags, &answered(nonce));
    let made = code(bound.prf, &bound.of(selected).cmk, &tlv, seen);
    put(&mut tlv, at, &made);
    tlv
}

/// Whether this is the answer to the nonce.
pub(super) fn answers(tlv: &[u8; LENGTH], nonce: &[u8; 32]) -> bool {
    ct_eq(field(tlv, NONCE, 32), &answered(nonce))
}

fn answered(nonce: &[u8; 32]) -> [u8; 32] {
    let mut nonce = *nonce;
    if let Some(last) = nonce.last_mut() {
        *last |= 1;
    }
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(octet: u8) -> Derived {
        Derived { seed: Secret::from([octet; 40]), cmk: Secret::from([octet; 20]) }
    }

    #[test]
    fn a_binding_is_right_only_with_the_keys_this_way_and_unchanged() {
        let seen = Seen { version: 1, server: b"outer".to_vec(), peer: Vec::new() };
        for of_emsk in [None, Some(derived(9))] {
            let bound = Bound { prf: Prf::Sha256, of_msk: derived(7), of_emsk };
            let tlv = request(&bound, &seen, &[2; 32]);
            let selected = select(&tlv, &bound, &seen, Way::Request).unwrap();
            let expected = if bound.of_emsk.is_some() { Selected::Emsk } else { Selected::Msk };
            assert_eq!(selected, expected);
            assert!(select(&tlv, &bound, &seen, Way::Response).is_none(), "its own reflection");
            let others = Seen { server: b"Outer".to_vec(), ..seen.clone() };
            assert!(select(&tlv, &bound, &others, Way::Request).is_none(), "other TLVs outside");
            let last = if bound.of_emsk.is_some() { LENGTH } else { EMSK_MAC };
            for place in (5..last).chain(MSK_MAC..LENGTH) {
                let mut changed = tlv;
                changed[place] ^= 1;
                assert!(select(&changed, &bound, &seen, Way::Request).is_none(), "octet {place}");
            }
            let answer = response(&bound, selected, &seen, &nonce(&tlv).unwrap());
            assert!(answers(&answer, &[2; 32]) && !answers(&tlv, &[2; 32]));
            assert_eq!(select(&answer, &bound, &seen, Way::Response), Some(expected));
        }
    }

    /// The codes that hostap 2.12-devel found right, and its answer.
    #[test]
    fn the_codes_are_those_of_hostap() {
        use crate::methods::sim::tests::hex;
        let bound = super::super::keys::tests::hostaps();
        let outer = [&[0, 1, 0, 9][..], b"authority"].concat();
        let seen = Seen { version: 1, server: outer, peer: Vec::new() };
        let nonce: [u8; 32] =
            hex("8aa2d790d641b387a8574c6fae6d9b6f3b4a79a517cec22a630bfdb7a6a634a4").try_into().unwrap();
        let tlv = request(&bound, &seen, &nonce);
        assert_eq!(tlv[..8], hex("800c004c00010130"));
        assert_eq!(tlv[EMSK_MAC..MSK_MAC], hex("4fd97ad1d052d4de9fd9591356793fc6da3ffcc7"));
        assert_eq!(tlv[MSK_MAC..], hex("f03b35157e7cbe7d36234e7b086eb0def97a49fe"));
        let answer = response(&bound, Selected::Emsk, &seen, &nonce);
        assert_eq!(answer[..8], hex("800c004c00010111"));
        assert_eq!(answer[EMSK_MAC..MSK_MAC], hex("1ceea9dae97ef1f9830ac43d6138fcc942825082"));
        assert_eq!(answer[MSK_MAC..], [0; 20]);
    }

    #[test]
    fn a_side_without_an_emsk_takes_the_other_code_and_nothing_less() {
        let seen = Seen { version: 1, ..Seen::default() };
        let both = Bound { prf: Prf::Sha384, of_msk: derived(7), of_emsk: Some(derived(9)) };
        let one = Bound { prf: Prf::Sha384, of_msk: derived(7), of_emsk: None };
        let tlv = request(&both, &seen, &[2; 32]);
        assert_eq!(select(&tlv, &one, &seen, Way::Request), Some(Selected::Msk));
        let mut emsk_only = blank(&seen, Way::Request, HAS_EMSK_MAC, &[2; 32]);
        let made = code(Prf::Sha384, &both.of_emsk.as_ref().unwrap().cmk, &emsk_only, &seen);
        put(&mut emsk_only, EMSK_MAC, &made);
        assert!(select(&emsk_only, &both, &seen, Way::Request).is_some());
        assert!(select(&emsk_only, &one, &seen, Way::Request).is_none());
        let none = blank(&seen, Way::Request, 0, &[2; 32]);
        assert!(select(&none, &both, &seen, Way::Request).is_none());
        assert_eq!(nonce(&blank(&seen, Way::Request, 2, &[3; 32])), None);
    }
}
