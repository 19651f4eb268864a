//! Vectors of the RFCs.

use alloc::vec::Vec;

use crypto::Secret;

use super::keys::{Kind, aka_prime, prime, reauth, sim, verify};
use super::vectors::Triplet;

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn triplet(rand: u8, sres: [u8; 4], kc: u8) -> Triplet {
    let kc: Vec<u8> = (kc..kc + 8).collect();
    Triplet { rand: core::array::from_fn(|at| rand + u8::try_from(at).unwrap()), sres, kc: Secret::from(kc) }
}

/// RFC 4186 appendix A.
#[test]
fn eap_sim_makes_the_keys_of_rfc_4186() {
    let triplets = [
        triplet(0x10, [0xd1, 0xd2, 0xd3, 0xd4], 0xa0),
        triplet(0x20, [0xe1, 0xe2, 0xe3, 0xe4], 0xb0),
        triplet(0x30, [0xf1, 0xf2, 0xf3, 0xf4], 0xc0),
    ];
    let nonce = hex("0123456789abcdeffedcba9876543210").try_into().unwrap();
    let made = sim(b"1244070100000001@eapsim.foo", &triplets, &nonce, &[0, 1], 1);
    assert_eq!(made.re.as_bytes(), hex("e576d5ca332e9930018bf1baee2763c795b3c712"));
    assert_eq!(made.encr.as_bytes(), hex("536e5ebc4465582aa6a8ec9986ebb620"));
    assert_eq!(made.aut.as_bytes(), hex("25af1942efcbf4bc72b3943421f2a974"));
    assert_eq!(made.msk.as_bytes()[..16], hex("39d45aeaf4e30601983e972b6cfd46d1"));
    assert_eq!(made.emsk.as_bytes()[48..], hex("7c9dfdab92ffbdf240fcecf65a2c93b9"));
}

/// RFC 9048 appendix C (RFC 5448 appendix C), cases 1 to 4.
#[test]
fn eap_aka_prime_makes_the_keys_of_rfc_9048() {
    for (network, autn, ck, ik, primes, made) in PRIME {
        let autn = hex(autn).try_into().unwrap();
        let (ck, ik) = prime(&Secret::from(hex(ck)), &Secret::from(hex(ik)), network.as_bytes(), &autn);
        assert_eq!([ck.as_bytes(), ik.as_bytes()].concat(), hex(primes));
        let keys = aka_prime(b"0555444333222111", &ik, &ck);
        let all = [&keys.encr, &keys.aut, &keys.re, &keys.msk, &keys.emsk].map(Secret::as_bytes).concat();
        assert_eq!(all, hex(made));
    }
}

#[test]
fn a_fast_re_authentication_makes_keys_of_its_own_counter_and_nonce() {
    let re = Secret::from([7; 32]);
    for kind in [Kind::Sim, Kind::Aka, Kind::AkaPrime] {
        let (msk, emsk) = reauth(kind, &re, b"4x", 1, &[9; 16]);
        assert_eq!((msk.len(), emsk.len()), (64, 64));
        assert!(msk != emsk);
        assert!(reauth(kind, &re, b"4x", 2, &[9; 16]).0 != msk);
        assert!(reauth(kind, &re, b"4x", 1, &[8; 16]).0 != msk);
        assert!(reauth(kind, &re, b"4y", 1, &[9; 16]).0 != msk);
    }
    assert!(!verify(Kind::Sim, &re, &[1; 20], ([0; 16], 10), &[]), "an AT_MAC that reaches beyond the packet");
}

const PRIME: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        "WLAN",
        "bb52e91c747ac3ab2a5c23d15ee351d5",
        "5349fbe098649f948f5d2e973a81c00f",
        "9744871ad32bf9bbd1dd5ce54e3e2e5a",
        "0093962d0dd84aa5684b045c9edffa04ccfc230ca74fcc96c0a5d61164f5a76c",
        "766fa0a6c317174b812d52fbcd11a1790842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71eacf83aa8bc7e0aced892acc98e76a9b2095b558c7795c7094715cb3393aa7d17a67c42d9aa56c1b79e295e3459fc3d187d42be0bf818d3070e362c5e967a4d544e8ecfe19358ab3039aff03b7c930588c055babee58a02650b067ec4e9347c75af861703cd775590e16c7679ea3874ada866311de290764d760cf76df647ea01c313f69924bdd7650ca9bac141ea075c4ef9e8029c0e290cdbad5638b63bc23fb",
    ),
    (
        "HRPD",
        "bb52e91c747ac3ab2a5c23d15ee351d5",
        "5349fbe098649f948f5d2e973a81c00f",
        "9744871ad32bf9bbd1dd5ce54e3e2e5a",
        "3820f0277fa5f77732b1fb1d90c1a0dadb94a0ab557ef6c9ab48619ca05b9a9f",
        "05ad73ac915fce89ac77e1520d82187b5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd3f90bf5c6e5ef325ff04eb5ef6539fa8cca8398194fbd00be425b3f40dba10ac87b321570117cd6c95ab6c436fb5073ff15cf85505d2bc5bb7355fc21ea8a75757e8f86a2b138002e05752913bb43b82f868a96117e91a2d95f526677d572900c891d5f20f148a1007553e2dea555c9cb672e9675f4a66b4bafa027379f93aee539a5979d0a0042b9d2ae28bed3b17a31dc8ab75072b80bd0c1da612466e402c",
    ),
    (
        "WLAN",
        "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0",
        "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
        "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
        "cd4c8e5c68f57dd1d7d7dfd0c538e5773ece6b705dbbf7dfc459a11280c65524",
        "897d302fa2847416488c28e20dcb7be4c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd530a591a22dd8b5b1cf29e3d508c91dbbdb4aee23051892c42b6a2de66ea5044739f7dca9e37bb22029ed986e7cd09d4a70d1ac76d95535c5cac40a7504699bb8961a29ef6f3e90f183de5861ad1bedc81ce9916391b401aa006c98785a5756df7724de00bdb9e568187be3fe746114557d5018779537ee37f4d3c6c738cb97b9dc651bc19bfadc344ffe2b52ca78bd8316b51dacc5f2b1440cb9515521cc7ba23",
    ),
    (
        "HRPD",
        "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0",
        "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
        "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
        "8310a71ce6f754889613da8f64d5fb465adf14360ae838192db23f6fcb7f8c76",
        "745e7439ba238f50fcac4d15d47cd1d93e1d2aa4e677025cfd862a4be18361a13a645765571463df833a9759e809987999da835e2ae82462576fe6516fad1f802f0fa1191655dd0a273da96d04e0fcd3c6d3a6e0ceea951eb20d74f32c3061d0680a04b0b086ee8700ace3e0b95fa02683c287beee44432294ff98af26d2cc783bace75c4b0af7fdfeb5511ba8e4cbd07fb56813838adafa99d140c2f198f6dacebfb6afee444961105402b508c7f363352cb2919644b50463e6a69354150147ae09cbc54b8a651d8787a6893ed8536d",
    ),
];
