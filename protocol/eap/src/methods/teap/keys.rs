//! What is derived from the tunnel and the inner methods (RFC 9930 6; RFC 9427 2.2 for TLS 1.3).

use alloc::vec::Vec;

use crypto::{Secret, hmac_sha256, hmac_sha384};

use crate::tunnel::Channel;
use crate::{EapError, Keys, MethodType};

/// Octets of S-IMCK and of CMK.
const SEED: usize = 40;
const CMK: usize = 20;
const IMSK: usize = 32;

/// The hash of the cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    Sha256,
    Sha384,
}

impl Prf {
    /// That of a session, by the end of its suite's name.
    fn of(channel: &mut Channel) -> Prf {
        let suite = channel.session().cipher_suite();
        if suite.is_some_and(|suite| suite.ends_with("SHA384")) { Prf::Sha384 } else { Prf::Sha256 }
    }

    pub(super) fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Prf::Sha256 => hmac_sha256(key, parts).to_vec(),
            Prf::Sha384 => hmac_sha384(key, parts).to_vec(),
        }
    }

    /// PRF of TLS 1.2 (RFC 5246 5).
    fn expand(self, secret: &[u8], label: &[u8], seed: &[u8], octets: usize) -> Secret {
        let mut made = Vec::with_capacity(octets.saturating_add(48));
        let mut a = self.mac(secret, &[label, seed]);
        while made.len() < octets {
            made.extend(self.mac(secret, &[&a, label, seed]));
            a = self.mac(secret, &[&a]);
        }
        made.truncate(octets);
        Secret::from(made)
    }

    /// IMSK of an EMSK (RFC 9930 6.2).
    fn imsk(self, emsk: &Secret) -> Secret {
        let made = self.expand(emsk.as_bytes(), b"TEAPbindkey@ietf.org", &[0, 0, 64], 64);
        Secret::from(made.as_bytes().get(..IMSK).unwrap_or_default())
    }

    /// IMCK (RFC 9930 6.2).
    fn imck(self, seed: &Secret, imsk: &[u8]) -> Secret {
        self.expand(seed.as_bytes(), b"Inner Methods Compound Keys", imsk, SEED.saturating_add(CMK))
    }

    /// MSK and EMSK (RFC 9930 6.4).
    fn exported(self, seed: &Secret) -> (Secret, Secret) {
        let of = |label| self.expand(seed.as_bytes(), label, &[], 64);
        (of(b"Session Key Generating Function"), of(b"Extended Session Key Generating Function"))
    }
}

/// What is derived at one point: S-IMCK, for what comes next, and CMK, which binds.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) seed: Secret,
    pub(super) cmk: Secret,
}

impl Derived {
    fn of(imck: &Secret) -> Derived {
        let (seed, cmk) = imck.as_bytes().split_at_checked(SEED).unwrap_or_default();
        Derived { seed: Secret::from(seed), cmk: Secret::from(cmk) }
    }
}

/// Where the derivation stands: S-IMCK of the last inner method, or the seed of the tunnel.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) prf: Prf,
    seed: Secret,
}

/// The keys of an inner method, as they are bound.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) prf: Prf,
    pub(super) of_msk: Derived,
    /// Of a method that has an EMSK.
    pub(super) of_emsk: Option<Derived>,
}

/// Which of them it goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    Msk,
    Emsk,
}

impl Bound {
    pub(super) fn of(&self, selected: Selected) -> &Derived {
        match (selected, &self.of_emsk) {
            (Selected::Emsk, Some(derived)) => derived,
            // Without an EMSK nothing selects it.
            (Selected::Emsk, None) | (Selected::Msk, _) => &self.of_msk,
        }
    }
}

impl Chain {
    /// S-IMCK[0].
    pub(super) fn start(channel: &mut Channel) -> Result<Chain, EapError> {
        let mut seed = zeroize::Zeroizing::new([0; SEED]);
        let kind = [MethodType::TEAP.short().unwrap_or_default()];
        let context = channel.is_tls13().then_some(&kind[..]);
        channel.session().export("EXPORTER: teap session key seed", context, &mut *seed)?;
        Ok(Chain { prf: Prf::of(channel), seed: Secret::from(seed.as_slice()) })
    }

    fn derive(&self, channel: &mut Channel, imsk: &[u8]) -> Result<Derived, EapError> {
        let made = if channel.is_tls13() {
            let context = Secret::from([self.seed.as_bytes(), imsk].concat());
            exported(channel, "EXPORTER: Inner Methods Compound Keys", context.as_bytes(), SEED.saturating_add(CMK))?
        } else {
            self.prf.imck(&self.seed, imsk)
        };
        Ok(Derived::of(&made))
    }

    /// With the keys of an inner method; `None` of a password, or of nothing at all (RFC 9930 6.2).
    pub(super) fn bind(&self, channel: &mut Channel, inner: Option<(MethodType, &Keys)>) -> Result<Bound, EapError> {
        let mut imsk = zeroize::Zeroizing::new([0; IMSK]);
        let mut of_emsk = None;
        if let Some((method, keys)) = inner {
            let (first, second) = keys.msk.as_bytes().split_at_checked(16).unwrap_or((keys.msk.as_bytes(), &[]));
            // RFC 9930 3.6.3: the halves of MSCHAPv2 change places, as EAP-FAST had them (RFC 5422 3.2.3).
            let msk = if method == MethodType::MSCHAPV2 { [second, first] } else { [first, second] };
            for (to, from) in imsk.iter_mut().zip(msk.concat()) {
                *to = from;
            }
            if let Some(emsk) = &keys.emsk {
                of_emsk = Some(self.derive(channel, self.prf.imsk(emsk).as_bytes())?);
            }
        }
        Ok(Bound { prf: self.prf, of_msk: self.derive(channel, &*imsk)?, of_emsk })
    }

    /// Goes on from what was selected.
    pub(super) fn advance(&mut self, selected: &Derived) {
        self.seed = selected.seed.clone();
    }

    /// What is exported (RFC 9930 6.4).
    pub(super) fn keys(&self, channel: &mut Channel) -> Result<Keys, EapError> {
        // The session's name is that of the tunnel.
        let (_, mut keys) = channel.keys("client EAP encryption")?;
        let seed = self.seed.as_bytes();
        let (msk, emsk) = if channel.is_tls13() {
            (
                exported(channel, "EXPORTER: Session Key Generating Function", seed, 64)?,
                exported(channel, "EXPORTER: Extended Session Key Generating Function", seed, 64)?,
            )
        } else {
            self.prf.exported(&self.seed)
        };
        keys.msk = msk;
        keys.emsk = Some(emsk);
        Ok(keys)
    }
}

fn exported(channel: &mut Channel, label: &str, context: &[u8], octets: usize) -> Result<Secret, EapError> {
    let mut made = zeroize::Zeroizing::new(alloc::vec![0; octets]);
    channel.session().export(label, Some(context), &mut made)?;
    Ok(Secret::from(made.as_slice()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::methods::sim::tests::hex;

    /// The vector for P_SHA256 that the TLS working group's list has for TLS 1.2 ("test label").
    #[test]
    fn the_prf_has_the_known_vector() {
        let secret = hex("9bbe436ba940f017b17652849a71db35");
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
        let made = Prf::Sha256.expand(&secret, b"test label", &seed, 100);
        let expected =
            hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af\
             0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701\
             87347b66");
        assert_eq!(made.as_bytes(), expected);
    }

    /// What hostap 2.12-devel has computed as the peer of our server, with EAP-pwd inside and
    /// `TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384` outside.
    pub(in super::super) const SEED_0: &str =
        "629a2627b464eec8b36519a6da1f7df19ee7eebc7e2919881d16364dda51a8a1f9535fd81ecc8331";
    const MSK: &str = "1a09770e6f822ed1f6632b433ebc1bf37379dae6ac03bdc03a2fda7e65429170";
    const EMSK: &str = "dbece1796d3db33a0d1935abb20c63109d5959459adf4f0ecb83cd843dc179a3\
        225c52366d78cfa0f7f721b95feea1a6a9166678a6212c604364bd7ed133bd8f";

    /// What both sides have bound there.
    pub(in super::super) fn hostaps() -> Bound {
        let seed = Secret::from(hex(SEED_0));
        let imsk = Prf::Sha384.imsk(&Secret::from(hex(EMSK)));
        Bound {
            prf: Prf::Sha384,
            of_msk: Derived::of(&Prf::Sha384.imck(&seed, &hex(MSK))),
            of_emsk: Some(Derived::of(&Prf::Sha384.imck(&seed, imsk.as_bytes()))),
        }
    }

    #[test]
    fn the_compound_keys_are_those_of_hostap() {
        let imsk = Prf::Sha384.imsk(&Secret::from(hex(EMSK)));
        assert_eq!(imsk.as_bytes(), hex("7f79fe5acb994802b7a5c667cdbae87683a19cb62a245f1ee5a2e0ce6e45d18a"));
        let bound = hostaps();
        let of_emsk = bound.of_emsk.as_ref().unwrap();
        let selected = hex("3ec20e8e1cdc09661ac0592c5af767ad3e44ef2f56554f9e1d7caa6efccfadd6b63680d7468c1f17");
        assert_eq!(of_emsk.seed.as_bytes(), selected);
        assert_eq!(of_emsk.cmk.as_bytes(), hex("59648c898df4d6f6cf1cb728efb16afb925d91a5"));
        assert_eq!(
            bound.of_msk.seed.as_bytes(),
            hex("524bbee8083b4d9169b465c0fd4b10b7c7ebe970bb6a2097dfa991c2180c71639d764412c54a3615")
        );
        assert_eq!(bound.of_msk.cmk.as_bytes(), hex("9e0a9728fa84d05c5f56298ab2924ab19b955037"));
        let (msk, emsk) = Prf::Sha384.exported(&of_emsk.seed);
        assert_eq!(
            msk.as_bytes(),
            hex("71453b66dc7d60575bc0ff0cebcd7be9f3cf96ecab81ae2a957769962954533225a43e2aa962ed62217616c27b439025\
                 8a1bb59e7b648ff106e64fc99e5427a8")
        );
        assert_eq!(
            emsk.as_bytes(),
            hex("81bef4636f43a957b9621eea08fe2851ff5afb9a402df9a46166e6e255287050257edaf2e97cedecf04021f28abd208b\
                 e3803dc5bdfa4f2251d993f9b2a6dd0e")
        );
    }

    /// The second EAP-pwd goes on from what the first one's binding has selected.
    #[test]
    fn the_next_inner_method_goes_on_as_with_hostap() {
        let seed = hostaps().of_emsk.unwrap().seed;
        let emsk = hex(
            "043ae1c34c4933b343188b33935bef69b0eafe8e31dc5eccbe5c0bd1a1aaa9a4008376bb01d554e617492bc5aa450e71a0748bb0d8185710\
             1fa8211b9afbd5b6",
        );
        let derived = Derived::of(&Prf::Sha384.imck(&seed, Prf::Sha384.imsk(&Secret::from(emsk)).as_bytes()));
        assert_eq!(
            derived.seed.as_bytes(),
            hex("e94b35c352475523f2e60fb62d4f0939bd4a4ad5e28ea929e4ab90271a075a2b90558714c8b590b1")
        );
        let (msk, _) = Prf::Sha384.exported(&derived.seed);
        assert_eq!(msk.as_bytes()[..16], hex("84b7128e768db0937d99351799cee7f0"));
    }
}
