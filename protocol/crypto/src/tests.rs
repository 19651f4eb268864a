//! Vectors from the standards.

use super::*;
use alloc::format;
use alloc::vec::Vec;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn digests_of_abc() {
    assert_eq!(md5(&[b"a", b"bc"]).to_vec(), hex("900150983cd24fb0d6963f7d28e17f72"));
    assert_eq!(sha1(&[b"ab", b"c"]).to_vec(), hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
    assert_eq!(sha256(&[b"abc"]).to_vec(), hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    assert_eq!(
        sha384(&[b"abc"]).to_vec(),
        hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed
             8086072ba1e7cc2358baeca134c825a7")
    );
    assert_eq!(
        sha512(&[b"abc"]).to_vec(),
        hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    );
}

/// RFC 2202 and RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
#[test]
fn hmac_vectors() {
    assert_eq!(hmac_md5(&[0x0b; 16], &[b"Hi There"]).to_vec(), hex("9294727a3638bb1c13f48ef8158bfc9d"));
    assert_eq!(
        hmac_sha1(b"Jefe", &[b"what do ya want ", b"for nothing?"]).to_vec(),
        hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    );
    assert_eq!(
        hmac_sha1(&[0xaa; 80], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]).to_vec(),
        hex("aa4ae5e15272d00e95705637ce8a3b55ed402112")
    );
    assert_eq!(
        hmac_sha256(&[0x0b; 20], &[b"Hi There"]).to_vec(),
        hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    );
    assert_eq!(
        hmac_sha384(&[0x0b; 20], &[b"Hi There"]).to_vec(),
        hex("afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c
             faea9ea9076ede7f4af152e8b2fa9cb6")
    );
    assert_eq!(
        hmac_sha512(&[0x0b; 20], &[b"Hi There"]).to_vec(),
        hex("87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde
             daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854")
    );
}

/// RFC 4493 clause 4.
#[test]
fn cmac_vectors() {
    let key: [u8; 16] = hex("2b7e151628aed2a6abf7158809cf4f3c").try_into().unwrap();
    let text = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    let expect = [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ];
    for (len, mac) in expect {
        assert_eq!(aes_cmac(&key, &[&text[..len]]).to_vec(), hex(mac));
        let (a, b) = text[..len].split_at(len / 3);
        assert_eq!(aes_cmac(&key, &[a, b]).to_vec(), hex(mac), "in parts");
    }
}

/// IEEE Std 802.11-2020 J.4.2.
#[test]
fn passphrase_mapping() {
    let long = [b'a'; 32];
    let wide = [b'Z'; 32];
    let cases: [(&[u8], &[u8], &str); 3] = [
        (b"password", b"IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
        (b"ThisIsAPassword", b"ThisIsASSID", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"),
        (&long, &wide, "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62"),
    ];
    for (passphrase, ssid, psk) in cases {
        assert_eq!(pbkdf2_psk(passphrase, ssid).as_bytes(), hex(psk));
    }
}

/// IEEE Std 802.11-2020 J.3.2 (PRF reference vectors, 512 bits of each).
#[test]
fn prf_vectors() {
    let cases: [(&[u8], &str, &[u8], &str); 3] = [
        (
            &[0x0b; 20],
            "prefix",
            b"Hi There",
            "bcd4c650b30b9684951829e0d75f9d54b862175ed9f00606e17d8da35402ffee
             75df78c3d31e0f889f012120c0862beb67753e7439ae242edb8373698356cf5a",
        ),
        (
            b"Jefe",
            "prefix",
            b"what do ya want for nothing?",
            "51f4de5b33f249adf81aeb713a3c20f4fe631446fabdfa58244759ae58ef9009
             a99abf4eac2ca5fa87e692c440eb40023e7babb206d61de7b92f41529092b8fc",
        ),
        (
            &[0xaa; 20],
            "prefix",
            &[0xdd; 50],
            "e1ac546ec4cb636f9976487be5c86be17a0252ca5d8d8df12cfb0473525249ce
             9dd8d177ead710bc9b590547239107aef7b4abd43d87f0a68f1cbd9e2b6f7607",
        ),
    ];
    for (key, label, context, expect) in cases {
        let mut out = [0; 64];
        prf_sha1(key, label, context, &mut out);
        assert_eq!(out.to_vec(), hex(expect));
        let mut short = [0; 25];
        prf_sha1(key, label, context, &mut short);
        assert_eq!(short, out[..25], "a shorter output is a prefix");
    }
}

#[test]
fn kdf_is_what_the_clause_says() {
    let mut out = [0; 40];
    kdf_sha256(b"key", "label", b"context", &mut out);
    let first = hmac_sha256(b"key", &[&[1, 0], b"label", b"context", &[0x40, 1]]);
    let second = hmac_sha256(b"key", &[&[2, 0], b"label", b"context", &[0x40, 1]]);
    assert_eq!(out[..32], first);
    assert_eq!(out[32..], second[..8]);
    let mut out = [0xff; 66];
    kdf_sha512_bits(b"key", "label", b"context", 521, &mut out);
    let first = hmac_sha512(b"key", &[&[1, 0], b"label", b"context", &[9, 2]]);
    assert_eq!(out[..64], first);
    assert_eq!(out[65] & 0x7f, 0, "bits beyond the 521st are zero");
    let mut out = [0; 48];
    kdf_sha384(b"key", "label", b"context", &mut out);
    assert_eq!(out, hmac_sha384(b"key", &[&[1, 0], b"label", b"context", &[0x80, 1]]));
}

/// RFC 5869 A.1 and A.3.
#[test]
fn hkdf_vectors() {
    let prk = hkdf_extract_sha256(&hex("000102030405060708090a0b0c"), &[&[0x0b; 22]]);
    assert_eq!(prk.to_vec(), hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
    let mut okm = [0; 42];
    hkdf_expand_sha256(&prk, &hex("f0f1f2f3f4f5f6f7f8f9"), &mut okm);
    assert_eq!(
        okm.to_vec(),
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
    let prk = hkdf_extract_sha256(&[], &[&[0x0b; 11], &[0x0b; 11]]);
    hkdf_expand_sha256(&prk, &[], &mut okm);
    assert_eq!(
        okm.to_vec(),
        hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
    );
    let mut wide = [0; 100];
    hkdf_expand_sha384(&hkdf_extract_sha384(b"salt", &[b"ikm"]), b"info", &mut wide);
    let first = hmac_sha384(&hmac_sha384(b"salt", &[b"ikm"]), &[b"info", &[1]]);
    assert_eq!(wide[..48], first);
    hkdf_expand_sha512(&hkdf_extract_sha512(b"salt", &[b"ikm"]), b"info", &mut wide);
    let first = hmac_sha512(&hmac_sha512(b"salt", &[b"ikm"]), &[b"info", &[1]]);
    assert_eq!(wide[..64], first);
}

/// RFC 3394 4.1, 4.3 and 4.6.
#[test]
fn key_wrap_vectors() {
    let kek = hex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
    let data = hex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
    let cases = [
        (16, 16, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"),
        (32, 16, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"),
        (32, 32, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"),
    ];
    for (kek_len, data_len, expect) in cases {
        let wrapped = aes_key_wrap(&kek[..kek_len], &data[..data_len]).unwrap();
        assert_eq!(wrapped, hex(expect));
        let plain = aes_key_unwrap(&kek[..kek_len], &wrapped).unwrap();
        assert_eq!(plain.as_bytes(), &data[..data_len]);
        for place in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[place] ^= 0x40;
            assert_eq!(aes_key_unwrap(&kek[..kek_len], &altered), Err(CryptoError::Integrity));
        }
    }
}

#[test]
fn key_wrap_refuses_odd_lengths() {
    for len in [0, 8, 15, 17, 20] {
        assert_eq!(aes_key_wrap(&[0; 16], &[0; 32][..len]), Err(CryptoError::DataLength));
    }
    for len in [0, 8, 16, 23, 25] {
        assert_eq!(aes_key_unwrap(&[0; 16], &[0; 32][..len]), Err(CryptoError::DataLength));
    }
    assert_eq!(aes_key_wrap(&[0; 15], &[0; 16]), Err(CryptoError::KeyLength));
    assert_eq!(aes_key_unwrap(&[0; 33], &[0; 24]), Err(CryptoError::KeyLength));
}

const SIV: [(&str, &str); 4] = [
    ("11", "f7d9098da02b1803aeb69b5a453cfe9d1b"),
    ("112233445566778899aabbccddeeff00", "147d51974fa89005774ada2787eb6e349067667f3aaf8283c1f73cb78bd39362"),
    ("112233445566778899aabbccddee", "346fa4e06088318497b6af37ed564edf5ee51a0d14f08edc8e545a5a6ddf"),
    (
        "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
        "2845219b7ad669004a254fbe17dd92411e0d1c5593d4ab4d25da6dcf3b68c3936d759629322f92317acecf8254adf8d0cde09cead8117bd80da0c95f7a1caf",
    ),
];

/// Against an implementation in another language, for texts shorter than, as long as, and longer than a block.
#[test]
fn siv_vectors() {
    let key: [u8; 32] = hex("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f").try_into().unwrap();
    for (plain, sealed) in SIV {
        let (plain, sealed) = (hex(plain), hex(sealed));
        assert_eq!(aes_siv_encrypt(&key, &plain), sealed);
        assert_eq!(aes_siv_decrypt(&key, &sealed).unwrap().as_bytes(), plain);
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert_eq!(aes_siv_decrypt(&key, &bad), None);
        }
        assert_eq!(aes_siv_decrypt(&key, &sealed[..15]), None);
    }
}

/// The often-published "Key"/"Plaintext" example, and RFC 6229 (40-bit key, offsets 0 and 256).
#[test]
fn rc4_vectors() {
    let mut data = *b"Plaintext";
    rc4_skip(b"Key", 0, &mut data);
    assert_eq!(data.to_vec(), hex("bbf316e8d940af0ad3"));
    let mut data = [0; 16];
    rc4_skip(&[1, 2, 3, 4, 5], 0, &mut data);
    assert_eq!(data.to_vec(), hex("b2396305f03dc027ccc3524a0a1118a8"));
    let mut data = [0; 16];
    rc4_skip(&[1, 2, 3, 4, 5], 256, &mut data);
    assert_eq!(data.to_vec(), hex("1cfcf62b03eddb641d77dfcf7f8d8c93"));
    let mut data = [9; 4];
    rc4_skip(&[], 256, &mut data);
    assert_eq!(data, [9; 4]);
}

#[test]
fn secrets_do_not_print() {
    let secret = Secret::from([0x41; 5]);
    assert_eq!(format!("{secret:?}"), "Secret(5 bytes)");
    assert_eq!(secret.len(), 5);
    assert!(!secret.is_empty());
    assert_eq!(secret, Secret::from(b"AAAAA".as_slice()));
    assert_ne!(secret, Secret::from(b"AAAA".as_slice()));
    assert_eq!(format!("{:?}", Pmk::from_bytes(&[1; 48]).unwrap()), "Pmk(48 bytes)");
    assert_eq!(Pmk::from_bytes(&[1; 31]), None);
}

#[test]
fn test_rng_repeats() {
    let (mut a, mut b) = (testing::TestRng::new(5), testing::TestRng::new(5));
    let (mut x, mut y) = ([0; 33], [0; 33]);
    a.fill(&mut x);
    (&mut b as &mut dyn Rng).fill(&mut y);
    assert_eq!(x, y);
    assert_ne!(x, [0; 33]);
    assert!(a.below(7) < 7);
    assert_eq!(a.below(0), 0);
}

#[test]
fn a_new_password_comes_back_under_the_hash_of_the_old_one() {
    use crate::mschap::{decrypt_password, encrypt_hash, encrypt_password, nt_password_hash};
    let (old, new) = (nt_password_hash(b"old"), nt_password_hash(b"new"));
    let filler = [0xa5; 512];
    for password in ["", "x", "größer", "\u{1f600}"] {
        let block = encrypt_password(password.as_bytes(), &old, &filler).unwrap();
        assert_eq!(decrypt_password(&block, &old), Some(Secret::from(password.as_bytes())));
        assert_ne!(decrypt_password(&block, &new), Some(Secret::from(password.as_bytes())));
    }
    assert!(encrypt_password("x".repeat(256).as_bytes(), &old, &filler).is_some());
    assert!(encrypt_password("x".repeat(257).as_bytes(), &old, &filler).is_none());
    assert_ne!(encrypt_hash(&old, &new), encrypt_hash(&new, &old));
}
