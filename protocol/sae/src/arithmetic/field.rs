//! Numbers modulo the prime and modulo the order.

use alloc::vec::Vec;
use crypto::Secret;
use crypto_bigint::ctutils::{CtEq, CtGt, CtLt, CtSelect};
use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams};
use crypto_bigint::{Choice, Limb, NonZero, Uint};
use zeroize::Zeroize;

use super::points::Curve;

type Fe<C, const L: usize> = ConstMontyForm<<C as Curve<L>>::Field, L>;
type Sc<C, const L: usize> = ConstMontyForm<<C as Curve<L>>::Order, L>;

/// The number of these octets, of which there are no more than fit.
fn read<const L: usize>(octets: &[u8]) -> Uint<L> {
    let width = L.saturating_mul(Limb::BYTES);
    let mut padded: Vec<u8> = alloc::vec![0; width.saturating_sub(octets.len())];
    padded.extend(octets.iter().take(width));
    let number = Uint::from_be_slice(&padded);
    padded.zeroize();
    number
}

/// The last `len` octets of a number.
fn write<const L: usize>(number: &Uint<L>, len: usize) -> Secret {
    let mut encoded = number.to_be_bytes();
    let bytes: &mut [u8] = encoded.as_mut();
    let secret = Secret::from(bytes.get(bytes.len().saturating_sub(len)..).unwrap_or_default());
    bytes.zeroize();
    secret
}

/// A number of any length modulo a prime, octet by octet from the left.
fn reduce<M: ConstMontyParams<L>, const L: usize>(octets: &[u8]) -> ConstMontyForm<M, L> {
    let shift = ConstMontyForm::<M, L>::new(&Uint::from_u64(1 << 8));
    octets.iter().fold(ConstMontyForm::ZERO, |number, octet| {
        number.mul(&shift).add(&ConstMontyForm::new(&Uint::from_u8(*octet)))
    })
}

fn modulus<M: ConstMontyParams<L>, const L: usize>() -> Uint<L> {
    *ConstMontyForm::<M, L>::MODULUS.as_ref()
}

fn scalar<C: Curve<L>, const L: usize>(number: &Sc<C, L>) -> Secret {
    write(&number.retrieve(), C::OCTETS)
}

pub(super) fn prime<C: Curve<L>, const L: usize>() -> Secret {
    write(&modulus::<C::Field, L>(), C::OCTETS)
}

pub(super) fn scalar_in_range<C: Curve<L>, const L: usize>(octets: &[u8]) -> bool {
    let number = read::<L>(octets);
    octets.len() == C::OCTETS && (number.ct_gt(&Uint::ONE) & number.ct_lt(&modulus::<C::Order, L>())).to_bool()
}

/// The result of an operation on two numbers that are not left behind on the stack.
fn wiped<C: Curve<L>, const L: usize>(
    mut a: Sc<C, L>,
    mut b: Sc<C, L>,
    operation: fn(&Sc<C, L>, &Sc<C, L>) -> Sc<C, L>,
) -> Secret {
    let mut result = operation(&a, &b);
    let octets = scalar::<C, L>(&result);
    a.zeroize();
    b.zeroize();
    result.zeroize();
    octets
}

pub(super) fn scalar_sum<C: Curve<L>, const L: usize>(a: &[u8], b: &[u8]) -> Secret {
    wiped::<C, L>(reduce(a), reduce(b), Sc::<C, L>::add)
}

pub(super) fn scalar_product<C: Curve<L>, const L: usize>(a: &[u8], b: &[u8]) -> Secret {
    wiped::<C, L>(reduce(a), reduce(b), Sc::<C, L>::mul)
}

pub(super) fn scalar_negative<C: Curve<L>, const L: usize>(a: &[u8]) -> Secret {
    scalar::<C, L>(&reduce(a).neg())
}

pub(super) fn reduce_scalar<C: Curve<L>, const L: usize>(wide: &[u8]) -> Secret {
    scalar::<C, L>(&reduce(wide))
}

/// (val mod (r - 1)) + 1, where val is no longer than r.
pub(super) fn nonzero_scalar<C: Curve<L>, const L: usize>(val: &[u8]) -> Secret {
    let below = modulus::<C::Order, L>().wrapping_sub(&Uint::ONE);
    let divisor = NonZero::new(below).into_option().unwrap_or(NonZero::<Uint<L>>::ONE);
    write(&read::<L>(val).rem(&divisor).wrapping_add(&Uint::ONE), C::OCTETS)
}

/// x³ - 3x + b.
fn right_side<C: Curve<L>, const L: usize>(x: &Fe<C, L>) -> Fe<C, L> {
    let three = Fe::<C, L>::new(&Uint::from_u8(3));
    x.square().sub(&three).mul(x).add(&Fe::<C, L>::new(&C::B))
}

/// A root of `square`, and whether that is one. The primes are 3 modulo 4, so this is a power with a known exponent.
fn root<C: Curve<L>, const L: usize>(square: &Fe<C, L>) -> (Fe<C, L>, Choice) {
    // (p + 1) / 4 = floor(p / 4) + 1
    let exponent = modulus::<C::Field, L>().shr_vartime(2).wrapping_add(&Uint::ONE);
    let root = square.pow(&exponent);
    let exact = root.square().ct_eq(square);
    (root, exact)
}

/// The one of y and -y that is odd or even, as wanted.
fn with_parity<C: Curve<L>, const L: usize>(y: &Fe<C, L>, odd: Choice) -> Fe<C, L> {
    let same = y.retrieve().is_odd().ct_eq(&odd);
    y.neg().ct_select(y, same)
}

fn coordinates<C: Curve<L>, const L: usize>(x: &Fe<C, L>, y: &Fe<C, L>) -> Secret {
    let x = write(&x.retrieve(), C::OCTETS);
    let y = write(&y.retrieve(), C::OCTETS);
    let mut both = Vec::with_capacity(C::OCTETS.saturating_mul(2));
    both.extend_from_slice(x.as_bytes());
    both.extend_from_slice(y.as_bytes());
    Secret::from(both)
}

/// The simplified Shallue-van de Woestijne-Ulas mapping (12.4.4.2.3) of a number that is reduced first.
pub(super) fn map_to_curve<C: Curve<L>, const L: usize>(wide: &[u8]) -> Secret {
    let u: Fe<C, L> = reduce(wide);
    let a = Fe::<C, L>::new(&Uint::from_u8(3)).neg();
    let b = Fe::<C, L>::new(&C::B);
    let z = Fe::<C, L>::new(&Uint::from_u8(C::MINUS_Z)).neg();
    let minus_two = modulus::<C::Field, L>().wrapping_sub(&Uint::from_u8(2));
    let inverse = |number: &Fe<C, L>| number.pow(&minus_two);

    let zu2 = z.mul(&u.square());
    let m = zu2.square().add(&zu2);
    let t = inverse(&m);
    let special = b.mul(&inverse(&z.mul(&a)));
    let usual = b.neg().mul(&inverse(&a)).mul(&Fe::<C, L>::ONE.add(&t));
    let x1 = usual.ct_select(&special, m.ct_eq(&Fe::<C, L>::ZERO));
    let x2 = zu2.mul(&x1);
    let (y1, first) = root::<C, L>(&right_side::<C, L>(&x1));
    let (y2, _) = root::<C, L>(&right_side::<C, L>(&x2));
    let x = x2.ct_select(&x1, first);
    let y = y2.ct_select(&y1, first);
    let y = with_parity::<C, L>(&y, u.retrieve().is_odd());
    coordinates::<C, L>(&x, &y)
}

/// The first of the candidates below the prime that is an x-coordinate, with the y that is odd if the candidate's
/// flag is 1. Each costs the same, and none ends the search.
pub(super) fn first_candidate<C: Curve<L>, const L: usize>(
    candidates: impl Iterator<Item = (Secret, u8)>,
) -> Option<Secret> {
    let mut found = Choice::FALSE;
    let mut best = (Fe::<C, L>::ZERO, Fe::<C, L>::ZERO);
    for (octets, odd) in candidates {
        let number = read::<L>(octets.as_bytes());
        let x = Fe::<C, L>::new(&number);
        let (y, exact) = root::<C, L>(&right_side::<C, L>(&x));
        let y = with_parity::<C, L>(&y, Choice::from_u8_lsb(odd));
        let take = exact & number.ct_lt(&modulus::<C::Field, L>()) & !found;
        best = (best.0.ct_select(&x, take), best.1.ct_select(&y, take));
        found |= take;
    }
    let point = coordinates::<C, L>(&best.0, &best.1);
    // Only whether there is any point at all shows; there is none for one password in 2^40.
    found.to_bool().then_some(point)
}
