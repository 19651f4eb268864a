//! The pseudo-random generator of FIPS 186-2 with change notice 1, for the keys of EAP-SIM and EAP-AKA alone.

use zeroize::Zeroize;

/// The state that SHA-1 starts from, which is the `t` of FIPS 186-2 3.3.
const T: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// Adds with a carry from the last octet on, modulo 2^160.
fn add(to: &mut [u8; 20], value: &[u8; 20], mut carry: u16) {
    for (to, value) in to.iter_mut().zip(value).rev() {
        let sum = u16::from(*to).saturating_add(u16::from(*value)).saturating_add(carry);
        let [high, low] = sum.to_be_bytes();
        *to = low;
        carry = u16::from(high);
    }
}

/// Fills `out` from the key XKEY, which is 160 bits (FIPS 186-2 appendix 3.1 with the general purpose change of notice 1;
/// RFC 4186 appendix B).
pub fn fips186_prf(key: &[u8; 20], out: &mut [u8]) {
    let mut key = *key;
    for chunk in out.chunks_mut(20) {
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(key) {
            *to = from;
        }
        let mut state = T;
        sha1::block_api::compress(&mut state, &[block]);
        block.zeroize();
        let mut made = [0; 20];
        for (to, from) in made.iter_mut().zip(state.iter().flat_map(|word| word.to_be_bytes())) {
            *to = from;
        }
        state.zeroize();
        for (to, from) in chunk.iter_mut().zip(made) {
            *to = from;
        }
        add(&mut key, &made, 1);
        made.zeroize();
    }
    key.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    /// RFC 4186 A.5: from the master key to K_encr, K_aut, MSK and EMSK.
    #[test]
    fn the_keys_of_rfc_4186_come_out() {
        let key = [
            0xe5, 0x76, 0xd5, 0xca, 0x33, 0x2e, 0x99, 0x30, 0x01, 0x8b, 0xf1, 0xba, 0xee, 0x27, 0x63, 0xc7, 0x95, 0xb3,
            0xc7, 0x12,
        ];
        let mut out = [0; 160];
        fips186_prf(&key, &mut out);
        let text: String = out.iter().map(|octet| alloc::format!("{octet:02x}")).collect();
        assert_eq!(
            text,
            "536e5ebc4465582aa6a8ec9986ebb62025af1942efcbf4bc72b3943421f2a974\
             39d45aeaf4e30601983e972b6cfd46d1c363773365690d09cd44976b525f47d3\
             a60a985e955c53b090b2e4b73719196a402542968fd14a888f46b9a7886e4488\
             5949eab0fff69d52315c6c634fd14a7f0d52023d56f79698fa6596abeed4f93f\
             bb48eb534d985414ceed0d9a8ed33c387c9dfdab92ffbdf240fcecf65a2c93b9"
        );
    }
}
