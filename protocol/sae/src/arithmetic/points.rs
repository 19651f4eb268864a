//! The three curves: their constants, and addition and multiplication of points.

use alloc::vec::Vec;
use crypto::Secret;
use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U256, U384, U576, Uint, const_monty_params};
use p256::elliptic_curve::ff::PrimeField;
use p256::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
use zeroize::Zeroize;

/// A curve y² = x³ - 3x + b over a prime that is 3 modulo 4.
pub(super) trait Curve<const L: usize> {
    /// The prime.
    type Field: ConstMontyParams<L>;
    /// The order.
    type Order: ConstMontyParams<L>;
    /// The coefficient b.
    const B: Uint<L>;
    /// The constant z of the mapping is the negative of this (12.4.4.2.3, Table 12-2).
    const MINUS_Z: u8;
    /// The octets of a coordinate.
    const OCTETS: usize;
}

/// The tag of both coordinates in SEC 1, 2.3.3.
const UNCOMPRESSED: u8 = 4;

macro_rules! curve {
    ($name:ident, $krate:ident, $uint:ident, $field:ident, $prime:literal, $order:ident, $r:literal, $b:literal, $z:literal, $octets:literal) => {
        const_monty_params!($field, $uint, $prime, "The prime of the field.");
        const_monty_params!($order, $uint, $r, "The order of the group.");

        #[doc = concat!("The curve of the crate ", stringify!($krate), ".")]
        #[derive(Debug, Clone, Copy)]
        pub(super) struct $name;

        impl Curve<{ $uint::LIMBS }> for $name {
            type Field = $field;
            type Order = $order;
            const B: $uint = $uint::from_be_hex($b);
            const MINUS_Z: u8 = $z;
            const OCTETS: usize = $octets;
        }

        impl $name {
            pub(super) const LIMBS: usize = $uint::LIMBS;

            /// The point with these coordinates, if they are below the prime and on the curve.
            fn point(octets: &[u8]) -> Option<$krate::AffinePoint> {
                if octets.len() != 2 * $octets {
                    return None;
                }
                let mut tagged: Vec<u8> = Vec::with_capacity(1 + 2 * $octets);
                tagged.push(UNCOMPRESSED);
                tagged.extend_from_slice(octets);
                let point = $krate::AffinePoint::from_sec1_bytes(&tagged).ok();
                tagged.zeroize();
                point
            }

            /// Whether these are the coordinates of a point.
            pub(super) fn is_point(octets: &[u8]) -> bool {
                Self::point(octets).is_some()
            }

            /// The sum of multiples of points; `None` if it is the identity.
            pub(super) fn combine(terms: &[(&[u8], &[u8])]) -> Option<Secret> {
                let mut sum = $krate::ProjectivePoint::IDENTITY;
                for (point, factor) in terms {
                    let mut repr = $krate::FieldBytes::try_from(*factor).ok()?;
                    let mut scalar = Option::<$krate::Scalar>::from($krate::Scalar::from_repr(repr.clone()))?;
                    sum += $krate::ProjectivePoint::from(Self::point(point)?) * scalar;
                    repr.zeroize();
                    scalar.zeroize();
                }
                let mut affine = sum.to_affine();
                sum.zeroize();
                let mut encoded = affine.to_sec1_point(false);
                affine.zeroize();
                let coordinates = encoded.as_bytes().split_first().map(|(_, rest)| rest);
                let octets = coordinates.filter(|rest| rest.len() == 2 * $octets).map(Secret::from);
                encoded.zeroize();
                octets
            }
        }
    };
}

// SEC 2 and FIPS 186-4 D.1.2.
curve!(
    P256,
    p256,
    U256,
    P256Field,
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    P256Order,
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    10,
    32
);
curve!(
    P384,
    p384,
    U384,
    P384Field,
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    P384Order,
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    12,
    48
);
curve!(
    P521,
    p521,
    U576,
    P521Field,
    "00000000000001ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    P521Order,
    "00000000000001fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    "0000000000000051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    4,
    66
);
