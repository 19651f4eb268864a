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
}

/// What is derived at one point: S-IMCK, for what comes next, and CMK, which binds.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) seed: Secret,
    pub(super) cmk: Secret,
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
        const LABEL: &str = "Inner Methods Compound Keys";
        let made = if channel.is_tls13() {
            let context = Secret::from([self.seed.as_bytes(), imsk].concat());
            exported(channel, "EXPORTER: Inner Methods Compound Keys", context.as_bytes(), SEED.saturating_add(CMK))?
        } else {
            self.prf.expand(self.seed.as_bytes(), LABEL.as_bytes(), imsk, SEED.saturating_add(CMK))
        };
        let (seed, cmk) = made.as_bytes().split_at_checked(SEED).unwrap_or_default();
        Ok(Derived { seed: Secret::from(seed), cmk: Secret::from(cmk) })
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
                let made = self.prf.expand(emsk.as_bytes(), b"TEAPbindkey@ietf.org", &[0, 0, 64], 64);
                of_emsk = Some(self.derive(channel, made.as_bytes().get(..IMSK).unwrap_or_default())?);
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
            (
                self.prf.expand(seed, b"Session Key Generating Function", &[], 64),
                self.prf.expand(seed, b"Extended Session Key Generating Function", &[], 64),
            )
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
mod tests {
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
}
