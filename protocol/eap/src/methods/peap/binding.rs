//! The TLV that shows that both conversations have the same ends ([MS-PEAP] 2.2.8.1.1 and 3.1.5.5.2).

use alloc::vec::Vec;

use crypto::{Secret, ct_eq, hmac_sha1};

use crate::MethodType;

/// Octets of the whole TLV.
pub(super) const LENGTH: usize = 60;
/// Where the compound MAC begins.
const MAC: usize = 40;

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Request = 0,
    Response = 1,
}

/// The keys that are made of the tunnel's and the inner method's.
#[derive(Debug)]
pub(super) struct Compound {
    intermediate: Secret,
    mac: Secret,
}

/// PRF+ of [MS-PEAP] 3.1.5.5.2.2: HMAC-SHA-1 over what came before, label, seed, counter and two octets of zero.
fn prf_plus(key: &[u8], label: &[u8], seed: &[u8], octets: usize) -> Secret {
    let mut out = Vec::with_capacity(octets.saturating_add(20));
    let mut before: Vec<u8> = Vec::new();
    let mut counter: u8 = 0;
    while out.len() < octets {
        counter = counter.wrapping_add(1);
        before = hmac_sha1(key, &[&before, label, seed, &[counter, 0, 0]]).to_vec();
        out.extend_from_slice(&before);
    }
    out.truncate(octets);
    Secret::from(out)
}

impl Compound {
    /// Of the tunnel's keying material and the inner method's MSK. A session that was taken up again has had no inner
    /// method: the material is both keys.
    pub(super) fn new(tunnel: &Secret, inner: Option<&Secret>, is_resumed: bool) -> Compound {
        let key = tunnel.as_bytes().get(..60).unwrap_or_default();
        let made = if is_resumed {
            Secret::from(key)
        } else {
            // 32 octets; a method that makes no key stands for zeros.
            let mut session = [0; 32];
            for (to, from) in session.iter_mut().zip(inner.map(Secret::as_bytes).unwrap_or_default()) {
                *to = *from;
            }
            prf_plus(key.get(..40).unwrap_or_default(), b"Inner Methods Compound Keys", &session, 60)
        };
        let (intermediate, mac) = made.as_bytes().split_at_checked(40).unwrap_or_default();
        Compound { intermediate: Secret::from(intermediate), mac: Secret::from(mac) }
    }

    fn code(&self, tlv: &[u8; LENGTH]) -> [u8; 20] {
        let head = tlv.get(..MAC).unwrap_or_default();
        let method = MethodType::PEAP.short().unwrap_or_default();
        hmac_sha1(self.mac.as_bytes(), &[head, &[0; 20], &[method]])
    }

    /// The TLV that goes this way.
    pub(super) fn write(&self, version: u8, way: Way, nonce: &[u8; 32]) -> [u8; LENGTH] {
        let mut tlv = blank(version);
        let head = [version, version, way as u8];
        let fields = head.iter().chain(nonce);
        for (to, from) in tlv.iter_mut().skip(5).zip(fields) {
            *to = *from;
        }
        let code = self.code(&tlv);
        for (to, from) in tlv.iter_mut().skip(MAC).zip(code) {
            *to = from;
        }
        tlv
    }

    /// Whether whoever made this TLV was at both ends, and went this way.
    pub(super) fn is_right(&self, tlv: &[u8; LENGTH], version: u8, way: Way) -> bool {
        let fields = tlv.get(5..8) == Some(&[version, version, way as u8]);
        fields && ct_eq(tlv.get(MAC..).unwrap_or_default(), &self.code(tlv))
    }

    /// What is exported in place of the tunnel's keys: 64 octets each of MSK and EMSK.
    pub(super) fn session_keys(&self) -> (Secret, Secret) {
        let made = prf_plus(self.intermediate.as_bytes(), b"Session Key Generating Function", &[0], 128);
        let (msk, emsk) = made.as_bytes().split_at_checked(64).unwrap_or_default();
        (Secret::from(msk), Secret::from(emsk))
    }
}

/// The TLV without nonce and MAC: type 12, of which nothing has to be understood, and its length.
pub(super) fn blank(version: u8) -> [u8; LENGTH] {
    let mut tlv = [0; LENGTH];
    for (to, from) in tlv.iter_mut().zip([0, 12, 0, 56, 0, version, version]) {
        *to = from;
    }
    tlv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_is_right_only_with_both_keys_this_way_and_unchanged() {
        let tunnel = Secret::from([7; 128]);
        let inner = Secret::from([9; 32]);
        let compound = Compound::new(&tunnel, Some(&inner), false);
        let tlv = compound.write(0, Way::Request, &[3; 32]);
        assert_eq!(tlv[..8], [0, 12, 0, 56, 0, 0, 0, 0]);
        assert!(compound.is_right(&tlv, 0, Way::Request));
        assert!(!compound.is_right(&tlv, 0, Way::Response), "its own reflection");
        for place in 0..LENGTH {
            let mut changed = tlv;
            changed[place] ^= 1;
            assert!(!compound.is_right(&changed, 0, Way::Request), "octet {place}");
        }
        for other in [Compound::new(&tunnel, None, false), Compound::new(&tunnel, Some(&inner), true)] {
            assert!(!other.is_right(&tlv, 0, Way::Request));
        }
    }
}
