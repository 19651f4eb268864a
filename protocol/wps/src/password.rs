//! Device passwords: PINs, the push button's, and those that were handed over.

use alloc::string::String;
use alloc::vec::Vec;

use crypto::{Rng, Secret};

use crate::code::PasswordId;
use crate::error::Half;
use crate::keys::{Keys, PublicKey};

/// How many PINs of eight digits there are, without the check digit.
const PINS: u32 = 10_000_000;
/// The longest device password (12, OOB Device Password), in digits where it came as binary.
const MAX_LENGTH: usize = 64;

/// The check digit of the seven digits before it (7.6.1): weights 3 and 1 in turn, the sum a multiple of ten.
#[must_use]
pub const fn check_digit(digits: u32) -> u32 {
    let mut rest = digits;
    let mut sum: u32 = 0;
    while rest > 0 {
        sum = sum.saturating_add((rest % 10).saturating_mul(3));
        rest /= 10;
        sum = sum.saturating_add(rest % 10);
        rest /= 10;
    }
    10u32.saturating_sub(sum % 10) % 10
}

/// A PIN: four digits, or eight of which the last one is a check digit (7.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin(Secret);

/// Why a text is no PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinError {
    /// Neither four digits nor eight.
    Length,
    /// Something that is no digit.
    Digits,
    /// The check digit is wrong: it was mistyped.
    Checksum,
}

impl core::fmt::Display for PinError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Length => "a PIN has four or eight digits",
            Self::Digits => "a PIN has digits only",
            Self::Checksum => "the last digit of the PIN does not fit the others",
        })
    }
}

impl core::error::Error for PinError {}

impl Pin {
    /// A random one of eight digits.
    pub fn generate(rng: &mut dyn Rng) -> Pin {
        // The largest multiple of PINS: what lies beyond would make some of them likelier.
        let fair = u32::MAX.saturating_sub(u32::MAX % PINS);
        let number = loop {
            let mut octets = [0; 4];
            rng.fill(&mut octets);
            let number = u32::from_be_bytes(octets);
            if number < fair {
                break number % PINS;
            }
        };
        Pin(Secret::from(alloc::format!("{number:07}{}", check_digit(number)).into_bytes()))
    }

    /// A PIN that somebody has typed; blanks and hyphens between the digits do not count.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Pin, PinError> {
        let digits: Vec<u8> = text.bytes().filter(|octet| !matches!(octet, b' ' | b'-')).collect();
        let digits = Secret::from(digits);
        if !digits.as_bytes().iter().all(u8::is_ascii_digit) {
            return Err(PinError::Digits);
        }
        let value = |digits: &[u8]| {
            digits
                .iter()
                .fold(0u32, |sum, digit| sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0'))))
        };
        match digits.as_bytes() {
            [_, _, _, _] => {}
            [first @ .., last] if first.len() == 7 => {
                if check_digit(value(first)) != u32::from(last.saturating_sub(b'0')) {
                    return Err(PinError::Checksum);
                }
            }
            _ => return Err(PinError::Length),
        }
        Ok(Pin(digits))
    }

    /// For whoever is to type it in elsewhere.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(self.0.as_bytes()).into_owned()
    }
}

/// A device password and its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePassword {
    /// What it is.
    pub id: PasswordId,
    secret: Secret,
}

impl DevicePassword {
    /// That of the push button: eight zeros (11.3).
    #[must_use]
    pub fn push_button() -> DevicePassword {
        DevicePassword { id: PasswordId::PUSH_BUTTON, secret: Secret::from(*b"00000000") }
    }

    /// A PIN: the device's own (label or display), or one that the registrar shows.
    #[must_use]
    pub fn pin(id: PasswordId, pin: &Pin) -> DevicePassword {
        DevicePassword { id, secret: pin.0.clone() }
    }

    /// One that is used as it is, such as one handed over out of band; `None` if it is longer than any may be.
    #[must_use]
    pub fn new(id: PasswordId, secret: Secret) -> Option<DevicePassword> {
        (secret.len() <= MAX_LENGTH).then_some(DevicePassword { id, secret })
    }

    /// The octets.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// PSK1 and PSK2 (7.4): HMAC of either half; the first one is the longer.
    #[must_use]
    pub(crate) fn halves(&self, keys: &Keys) -> Halves {
        let octets = self.secret.as_bytes();
        let middle = octets.len().div_ceil(2);
        let (first, second) = octets.split_at_checked(middle).unwrap_or((octets, &[]));
        let half = |part: &[u8]| {
            let mac = Secret::from(keys.mac(&[part]));
            Secret::from(mac.as_bytes().get(..16).unwrap_or_default())
        };
        Halves { first: half(first), second: half(second) }
    }
}

/// PSK1 and PSK2.
#[derive(Clone, Debug)]
pub(crate) struct Halves {
    first: Secret,
    second: Secret,
}

impl Halves {
    /// E-Hash or R-Hash (7.4): what a side commits itself to before it shows the secret nonce.
    pub(crate) fn commit(
        &self,
        keys: &Keys,
        half: Half,
        nonce: &Secret,
        enrollee: &PublicKey,
        registrar: &PublicKey,
    ) -> [u8; 32] {
        let psk = match half {
            Half::First => &self.first,
            Half::Second => &self.second,
        };
        keys.mac(&[nonce.as_bytes(), psk.as_bytes(), enrollee.as_bytes(), registrar.as_bytes()])
    }
}
