//! Tests of the crate: vectors of the RFCs, and machines that meet.

mod changes;
mod codec;
mod pair;
mod vectors;

/// Octets of hexadecimal text; spaces are passed over.
pub(crate) fn hex(text: &str) -> alloc::vec::Vec<u8> {
    let digits: alloc::vec::Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}
