//! RC4, for the key data of key descriptor version 1 (WPA1 with TKIP) and nothing else.

use zeroize::Zeroizing;

/// Encrypts or decrypts `data` in place with RC4, after throwing away `skip` octets of the key stream
/// (IEEE Std 802.11-2020 12.7.2: 256 of them for key data). An empty key leaves the data alone.
pub fn rc4_skip(key: &[u8], skip: usize, data: &mut [u8]) {
    if key.is_empty() {
        return;
    }
    let mut state = Zeroizing::new([0u8; 256]);
    for (value, place) in (0..=u8::MAX).zip(state.iter_mut()) {
        *place = value;
    }
    let mut j = 0u8;
    for (i, k) in (0..=u8::MAX).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*k);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0u8, 0u8);
    let mut next = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(usize::from(i), usize::from(j));
        at(&state, at(&state, i).wrapping_add(at(&state, j)))
    };
    for _ in 0..skip {
        next();
    }
    for byte in data {
        *byte ^= next();
    }
}

/// The octet at a place: every `u8` is a valid place of 256 octets.
fn at(state: &[u8; 256], place: u8) -> u8 {
    state.get(usize::from(place)).copied().unwrap_or_default()
}
