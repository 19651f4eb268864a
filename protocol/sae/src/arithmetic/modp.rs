//! Groups of numbers modulo a prime: the powers of a generator, whose order q is prime too (12.4.4.3).
//!
//! The primes are public, and what depends on them alone may take its time; exponents and elements are secret.

use alloc::vec::Vec;
use crypto::Secret;
use crypto_bigint::ctutils::{CtGt, CtLt, CtSelect};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Choice, ConcatenatingMul, NonZero};
use zeroize::{Zeroize, Zeroizing};

use super::modp_table;

/// A group modulo a prime, one of those in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Modp(u16);

/// What makes a group, as hexadecimal digits.
pub(super) struct Parameters {
    pub(super) number: u16,
    pub(super) prime: &'static str,
    /// Of the generator; absent where it is half of what is below the prime.
    pub(super) order: Option<&'static str>,
}

impl Modp {
    pub(crate) fn from_number(number: u16) -> Option<Modp> {
        parameters(number).map(|_| Modp(number))
    }

    pub(crate) const fn number(self) -> u16 {
        self.0
    }

    /// The octets of the prime, and of an element.
    pub(crate) fn octets(self) -> usize {
        parameters(self.0).map_or(0, |parameters| parameters.prime.len() / 2)
    }

    /// The octets of a scalar.
    pub(crate) fn scalar_octets(self) -> usize {
        parameters(self.0).map_or(0, |parameters| parameters.order.unwrap_or(parameters.prime).len() / 2)
    }
}

fn parameters(number: u16) -> Option<&'static Parameters> {
    let groups = modp_table::GROUPS.iter();
    #[cfg(feature = "testing")]
    let groups = groups.chain(modp_table::WEAK);
    groups.into_iter().find(|parameters| parameters.number == number)
}

/// A group at work.
pub(super) struct Numbers {
    field: BoxedMontyParams,
    pub(super) prime: BoxedUint,
    pub(super) order: NonZero<BoxedUint>,
    /// (p - 1) / q, unless that is two.
    cofactor: Option<BoxedUint>,
    octets: usize,
    scalar_octets: usize,
}

fn hex(digits: &str) -> Option<BoxedUint> {
    let bits = u32::try_from(digits.len()).ok()?.checked_mul(4)?;
    BoxedUint::from_be_hex(digits, bits.next_multiple_of(64)).into_option()
}

/// The number of these octets. How many there are is no secret.
fn read(octets: &[u8]) -> Zeroizing<BoxedUint> {
    Zeroizing::new(BoxedUint::from_be_slice_vartime(octets))
}

/// The same, as wide as another number that it fits into.
fn read_as(octets: &[u8], like: &BoxedUint) -> Zeroizing<BoxedUint> {
    Zeroizing::new(BoxedUint::from_be_slice_truncated(octets, like.bits_precision()))
}

/// The last `len` octets of a number.
fn write(number: &BoxedUint, len: usize) -> Secret {
    let mut octets = Vec::from(number.to_be_bytes());
    let mut padded = alloc::vec![0; len.saturating_sub(octets.len())];
    padded.extend(octets.iter().skip(octets.len().saturating_sub(len)));
    octets.zeroize();
    Secret::from(padded)
}

impl Numbers {
    pub(super) fn of(group: Modp) -> Option<Numbers> {
        let parameters = parameters(group.0)?;
        let prime = pad(parameters.prime).and_then(|digits| hex(&digits))?;
        let below = prime.wrapping_sub(BoxedUint::one());
        let (order, cofactor) = match parameters.order {
            Some(digits) => {
                let order = pad(digits).and_then(|digits| hex(&digits))?.into_nz().into_option()?;
                let cofactor = below.wrapping_div_vartime(&order);
                (order, Some(cofactor))
            }
            None => (below.shr_vartime(1)?.into_nz().into_option()?, None),
        };
        Some(Numbers {
            field: BoxedMontyParams::new_vartime(prime.to_odd().into_option()?),
            prime,
            order,
            cofactor,
            octets: group.octets(),
            scalar_octets: group.scalar_octets(),
        })
    }

    /// A number modulo the order, as a scalar's octets.
    fn scalar(&self, number: &BoxedUint) -> Secret {
        let reduced = Zeroizing::new(number.rem_vartime(&self.order));
        write(&reduced, self.scalar_octets)
    }

    /// A number below the prime, ready for multiplication.
    fn element(&self, octets: &[u8]) -> BoxedMontyForm {
        let prime = NonZero::new(self.prime.clone()).into_option();
        let number = Zeroizing::new(match prime {
            Some(prime) => read(octets).rem_vartime(&prime),
            None => self.prime.clone(),
        });
        BoxedMontyForm::new(BoxedUint::clone(&number), &self.field)
    }

    fn octets(&self, mut element: BoxedMontyForm) -> Secret {
        let number = Zeroizing::new(element.retrieve());
        element.zeroize();
        write(&number, self.octets)
    }

    /// Into the subgroup of order q.
    fn clear_cofactor(&self, number: &BoxedMontyForm) -> BoxedMontyForm {
        match &self.cofactor {
            Some(cofactor) => number.pow(cofactor),
            None => number.square(),
        }
    }
}

/// Whole limbs of digits.
fn pad(digits: &str) -> Option<alloc::string::String> {
    let missing = digits.len().next_multiple_of(16).checked_sub(digits.len())?;
    let mut padded = "0".repeat(missing);
    padded.push_str(digits);
    Some(padded)
}

/// The prime.
pub(super) fn prime(group: Modp) -> Secret {
    Numbers::of(group).map_or_else(Secret::default, |numbers| write(&numbers.prime, numbers.octets))
}

/// Whether 1 < scalar < q.
pub(super) fn scalar_in_range(group: Modp, octets: &[u8]) -> bool {
    let Some(numbers) = Numbers::of(group) else { return false };
    if octets.len() != numbers.scalar_octets {
        return false;
    }
    let number = read_as(octets, numbers.order.as_ref());
    let one = BoxedUint::one_with_precision(numbers.order.bits_precision());
    (number.ct_gt(&one) & number.ct_lt(numbers.order.as_ref())).to_bool()
}

/// (a + b) mod q.
pub(super) fn scalar_sum(group: Modp, a: &[u8], b: &[u8]) -> Secret {
    let Some(numbers) = Numbers::of(group) else { return Secret::default() };
    let sum = Zeroizing::new(read(a).concatenating_add(&*read(b)));
    numbers.scalar(&sum)
}

/// (a * b) mod q.
pub(super) fn scalar_product(group: Modp, a: &[u8], b: &[u8]) -> Secret {
    let Some(numbers) = Numbers::of(group) else { return Secret::default() };
    let product = Zeroizing::new(read(a).concatenating_mul(&*read(b)));
    numbers.scalar(&product)
}

/// -a mod q.
pub(super) fn scalar_negative(group: Modp, a: &[u8]) -> Secret {
    let Some(numbers) = Numbers::of(group) else { return Secret::default() };
    let reduced = Zeroizing::new(read(a).rem_vartime(&numbers.order));
    let negative = Zeroizing::new(numbers.order.as_ref().wrapping_sub(&*reduced));
    numbers.scalar(&negative)
}

/// A number of any length modulo q.
pub(super) fn reduce_scalar(group: Modp, wide: &[u8]) -> Secret {
    Numbers::of(group).map_or_else(Secret::default, |numbers| numbers.scalar(&read(wide)))
}

/// (val mod (q - 1)) + 1.
pub(super) fn nonzero_scalar(group: Modp, val: &[u8]) -> Secret {
    let Some(numbers) = Numbers::of(group) else { return Secret::default() };
    let below = numbers.order.as_ref().wrapping_sub(BoxedUint::one());
    let Some(below) = below.into_nz().into_option() else { return Secret::default() };
    let reduced = Zeroizing::new(read(val).rem_vartime(&below));
    let number = Zeroizing::new(reduced.wrapping_add(BoxedUint::one()));
    write(&number, numbers.scalar_octets)
}

/// 12.4.5.4: 1 < element < p - 1, and it is a power of the generator.
pub(super) fn is_element(group: Modp, octets: &[u8]) -> bool {
    let Some(numbers) = Numbers::of(group) else { return false };
    if octets.len() != numbers.octets {
        return false;
    }
    let number = read_as(octets, &numbers.prime);
    let one = BoxedUint::one_with_precision(numbers.prime.bits_precision());
    let last = numbers.prime.wrapping_sub(&one);
    if !(number.ct_gt(&one) & number.ct_lt(&last)).to_bool() {
        return false;
    }
    let power = numbers.element(octets).pow(numbers.order.as_ref());
    power.retrieve().is_one().to_bool()
}

/// The product of powers; `None` if it is one.
pub(super) fn combine(group: Modp, terms: &[(&[u8], &[u8])]) -> Option<Secret> {
    let numbers = Numbers::of(group)?;
    let mut product = BoxedMontyForm::one(&numbers.field);
    for (base, exponent) in terms {
        let mut power = numbers.element(base).pow(&read(exponent));
        product = product.mul(&power);
        power.zeroize();
    }
    let octets = numbers.octets(product);
    let one = octets.as_bytes().split_last().is_some_and(|(last, rest)| *last == 1 && rest.iter().all(|o| *o == 0));
    (!one).then_some(octets)
}

/// PT from a value that is longer than the prime (12.4.4.3.3).
pub(super) fn map(group: Modp, wide: &[u8]) -> Option<Secret> {
    let numbers = Numbers::of(group)?;
    let two = BoxedUint::one().wrapping_add(BoxedUint::one());
    let below = numbers.prime.wrapping_sub(&two).into_nz().into_option()?;
    let reduced = Zeroizing::new(read(wide).rem_vartime(&below));
    let number = Zeroizing::new(reduced.wrapping_add(&two));
    let form = BoxedMontyForm::new(BoxedUint::clone(&number), &numbers.field);
    Some(numbers.octets(numbers.clear_cofactor(&form)))
}

/// The first of the candidates below the prime whose power in the subgroup is greater than one. Each costs the same,
/// and none ends the search.
pub(super) fn first_candidate(group: Modp, candidates: impl Iterator<Item = (Secret, u8)>) -> Option<Secret> {
    let numbers = Numbers::of(group)?;
    let precision = numbers.prime.bits_precision();
    let one = BoxedUint::one_with_precision(precision);
    let mut found = Choice::FALSE;
    let mut best = Zeroizing::new(BoxedUint::zero_with_precision(precision));
    for (octets, _) in candidates {
        let number = read_as(octets.as_bytes(), &numbers.prime);
        let element = Zeroizing::new(numbers.clear_cofactor(&numbers.element(octets.as_bytes())).retrieve());
        let take = number.ct_lt(&numbers.prime) & element.ct_gt(&one) & !found;
        best = Zeroizing::new(best.ct_select(&element, take));
        found |= take;
    }
    let element = write(&best, numbers.octets);
    // Only whether there is any at all shows.
    found.to_bool().then_some(element)
}
