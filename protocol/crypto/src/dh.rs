//! Diffie-Hellman in the groups modulo a prime of RFC 2409 6 and RFC 3526.
//!
//! The primes are made of pi by the formula of RFC 3526. Exponents have 64 octets: more than twice the strength of the
//! largest group, which is what SP 800-56A 5.6.1.1.1 asks of safe primes.

use alloc::vec::Vec;
use core::iter::repeat_n;

use crypto_bigint::ctutils::{CtGt, CtLt};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use zeroize::{Zeroize, Zeroizing};

use crate::{Rng, Secret};

/// A group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhGroup {
    /// 2, of 1024 bits: weak, and what old programs know alone.
    Modp1024,
    /// 5, of 1536 bits: that of Wi-Fi Protected Setup.
    Modp1536,
    /// 14, of 2048 bits.
    Modp2048,
    /// 15, of 3072 bits.
    Modp3072,
    /// 16, of 4096 bits.
    Modp4096,
}

/// Octets of an exponent.
const EXPONENT: usize = 64;
/// Octets at either end of a prime that are all ones.
const ENDS: usize = 8;

/// pi times 2 to the power of 3966, and no fraction: 496 octets in hexadecimal digits.
const PI: &str = "c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b\
    302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5\
    ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad96\
    1c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e8603\
    9b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aaac42d\
    ad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d7\
    1e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200cbbe117577a615d6c\
    770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a92108011a723c12a787e6d788719a10bdba5b26\
    99c327186af4e23c1a946834b6150bda2583e9ca2ad44ce8dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d\
    99b2964fa090c3a2233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127d5b05aa993b4ea988d8fddc1\
    86ffb7dc90a6c08f4df435c934028492";

impl DhGroup {
    /// That of this number (IANA "Transform Type 4", IKEv2).
    #[must_use]
    pub const fn from_number(number: u16) -> Option<DhGroup> {
        match number {
            2 => Some(DhGroup::Modp1024),
            5 => Some(DhGroup::Modp1536),
            14 => Some(DhGroup::Modp2048),
            15 => Some(DhGroup::Modp3072),
            16 => Some(DhGroup::Modp4096),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            DhGroup::Modp1024 => 2,
            DhGroup::Modp1536 => 5,
            DhGroup::Modp2048 => 14,
            DhGroup::Modp3072 => 15,
            DhGroup::Modp4096 => 16,
        }
    }

    /// Octets of the prime, of a public value and of a shared secret.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            DhGroup::Modp1024 => 128,
            DhGroup::Modp1536 => 192,
            DhGroup::Modp2048 => 256,
            DhGroup::Modp3072 => 384,
            DhGroup::Modp4096 => 512,
        }
    }

    /// What is added to pi so that the prime is a safe one.
    const fn addend(self) -> u32 {
        match self {
            DhGroup::Modp1024 => 129_093,
            DhGroup::Modp1536 => 741_804,
            DhGroup::Modp2048 => 124_476,
            DhGroup::Modp3072 => 1_690_314,
            DhGroup::Modp4096 => 240_904,
        }
    }

    /// 2^n - 2^(n-64) - 1 + 2^64 (pi 2^(n-130) + k) (RFC 3526).
    fn prime(self) -> Vec<u8> {
        let digits = PI.as_bytes().chunks(2).filter_map(|pair| core::str::from_utf8(pair).ok());
        let pi = digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok());
        let mut middle: Vec<u8> = pi.take(self.octets().saturating_sub(2 * ENDS)).collect();
        // The one that is taken off below borrows from here.
        let mut carry = self.addend().saturating_sub(1);
        for octet in middle.iter_mut().rev() {
            let sum = u32::from(*octet).saturating_add(carry);
            let [.., low] = sum.to_be_bytes();
            *octet = low;
            carry = sum >> 8;
        }
        repeat_n(0xff, ENDS).chain(middle).chain(repeat_n(0xff, ENDS)).collect()
    }

    fn field(self) -> Option<(BoxedMontyParams, BoxedUint)> {
        let prime = BoxedUint::from_be_slice_vartime(&self.prime());
        let odd: Odd<BoxedUint> = prime.to_odd().into_option()?;
        Some((BoxedMontyParams::new_vartime(odd), prime))
    }

    /// `base` to the power of the secret; `base` is below the prime.
    fn power(self, base: &[u8], secret: &Secret) -> Option<Secret> {
        let (field, prime) = self.field()?;
        let base = Zeroizing::new(BoxedUint::from_be_slice_truncated(base, prime.bits_precision()));
        let exponent = Zeroizing::new(BoxedUint::from_be_slice_vartime(secret.as_bytes()));
        let mut power = BoxedMontyForm::new(BoxedUint::clone(&base), &field).pow(&exponent);
        let number = Zeroizing::new(power.retrieve());
        power.zeroize();
        let octets = Zeroizing::new(number.to_be_bytes());
        let start = octets.len().checked_sub(self.octets())?;
        octets.get(start..).map(Secret::from)
    }

    /// Whether this is a public value other than those that give everything away: 1 < y < p - 1, in as many octets as
    /// the prime has (RFC 2631 2.1.5, RFC 6989 2.1). Takes the same time for each: it may have been decrypted with a
    /// password.
    #[must_use]
    pub fn is_public(self, value: &[u8]) -> bool {
        let Some((_, prime)) = self.field().filter(|_| value.len() == self.octets()) else { return false };
        let number = Zeroizing::new(BoxedUint::from_be_slice_truncated(value, prime.bits_precision()));
        let one = BoxedUint::one_with_precision(prime.bits_precision());
        let last = prime.wrapping_sub(&one);
        (number.ct_gt(&one) & number.ct_lt(&last)).to_bool()
    }
}

/// One side's secret of one exchange.
#[derive(Clone, Debug)]
pub struct DhSecret {
    group: DhGroup,
    exponent: Secret,
}

impl DhSecret {
    /// A fresh one.
    pub fn new(group: DhGroup, rng: &mut dyn Rng) -> DhSecret {
        let mut exponent = Zeroizing::new([0; EXPONENT]);
        rng.fill(&mut *exponent);
        DhSecret { group, exponent: Secret::from(exponent.as_slice()) }
    }

    /// One that is kept, because its public value was handed over beforehand.
    #[must_use]
    pub const fn from_exponent(group: DhGroup, exponent: Secret) -> DhSecret {
        DhSecret { group, exponent }
    }

    /// The exponent, to be kept.
    #[must_use]
    pub const fn exponent(&self) -> &Secret {
        &self.exponent
    }

    /// The value for the other side, with this generator: as many octets as the prime has.
    #[must_use]
    pub fn public(&self, generator: u8) -> Vec<u8> {
        // The prime is odd: there is a power.
        self.group.power(&[generator], &self.exponent).unwrap_or_default().as_bytes().to_vec()
    }

    /// The shared secret, as many octets as the prime has; `None` if the other side's value is none that it may have.
    #[must_use]
    pub fn agree(&self, public: &[u8]) -> Option<Secret> {
        if self.group.is_public(public) { self.group.power(public, &self.exponent) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    const ALL: [DhGroup; 5] =
        [DhGroup::Modp1024, DhGroup::Modp1536, DhGroup::Modp2048, DhGroup::Modp3072, DhGroup::Modp4096];

    /// The last octets before the ones at the end, as RFC 2409 6.2 and RFC 3526 2 to 5 print them.
    #[test]
    fn the_primes_are_those_of_the_rfcs() {
        let ends = ["ece65381", "ca237327", "8aacaa68", "a93ad2ca", "34063199"];
        for (group, end) in ALL.into_iter().zip(ends) {
            let prime = group.prime();
            assert_eq!(prime.len(), group.octets());
            let at = prime.len() - 12;
            let shown: alloc::string::String = prime[at..at + 4].iter().map(|o| alloc::format!("{o:02x}")).collect();
            assert_eq!(shown, end, "{group:?}");
            assert_eq!(DhGroup::from_number(group.number()), Some(group));
            // Fermat: 2 to the power of p - 1 is one.
            let mut exponent = prime.clone();
            exponent[at + 11] -= 1;
            let power = group.power(&[2], &Secret::from(exponent)).unwrap();
            assert_eq!(power.as_bytes().last(), Some(&1));
            assert_eq!(power.as_bytes().iter().filter(|octet| **octet != 0).count(), 1, "{group:?}");
        }
    }

    #[test]
    fn two_sides_agree_and_a_value_that_gives_everything_away_is_refused() {
        let mut rng = TestRng::new(1);
        for group in ALL {
            let (a, b) = (DhSecret::new(group, &mut rng), DhSecret::new(group, &mut rng));
            let shared = a.agree(&b.public(2)).unwrap();
            assert_eq!(Some(&shared), b.agree(&a.public(2)).as_ref());
            assert_eq!(shared.len(), group.octets());
            let mut small = alloc::vec![0; group.octets()];
            for last in [0, 1] {
                small[group.octets() - 1] = last;
                assert!(a.agree(&small).is_none());
            }
            small[group.octets() - 1] = 2;
            assert!(a.agree(&small).is_some());
            assert!(a.agree(&small[1..]).is_none());
            let mut large = group.prime();
            assert!(a.agree(&large).is_none());
            large[group.octets() - 1] -= 1;
            assert!(a.agree(&large).is_none(), "p - 1");
            large[group.octets() - 1] -= 1;
            assert!(a.agree(&large).is_some());
        }
    }
}
