use super::*;
use alloc::vec;
use alloc::vec::Vec;
use crypto::testing::TestRng;
use crypto::{Pmk, Rng};
use wire::MacAddr;

use crate::{AkmSuite, CipherSuite, Pmkid};

fn ptk(akm: AkmSuite, cipher: CipherSuite, pmk_len: usize) -> Ptk {
    let pmk = Pmk::from_bytes(&vec![3; pmk_len]).unwrap();
    let suite = KeySuite::new(akm, cipher, pmk_len).unwrap();
    suite.derive(&pmk, MacAddr([1; 6]), MacAddr([2; 6]), &[3; 32], &[4; 32])
}

fn third(ptk: &Ptk, data: Secret) -> Vec<u8> {
    let info = KeyInfo::PAIRWISE.with(KeyInfo::ACK).with(KeyInfo::INSTALL).with(KeyInfo::SECURE);
    Draft::new(Protocol::Rsn, 2, info, 7)
        .key_len(16)
        .nonce(&[3; 32])
        .rsc([1, 2, 3, 4, 5, 6])
        .key_data(data)
        .encrypt_and_sign(ptk, &mut TestRng::new(1))
}

fn keys() -> KdeWriter {
    KdeWriter::new()
        .element(Some(&[48, 2, 1, 0]))
        .gtk(1, &Secret::from([5; 16]))
        .igtk(4, [1; 6], &Secret::from([6; 16]))
        .bigtk(6, [2; 6], &Secret::from([7; 16]))
        .pmkid(Some(Pmkid([8; 16])))
        .oci(Some([1, 2, 3]))
}

#[test]
fn what_is_built_is_read_back_with_every_mic_length_and_cipher() {
    let suites = [
        (AkmSuite::Psk, CipherSuite::Ccmp128, 32),
        (AkmSuite::Psk, CipherSuite::Tkip, 32),
        (AkmSuite::PskSha256, CipherSuite::Ccmp128, 32),
        (AkmSuite::SaeExt, CipherSuite::Gcmp256, 48),
        (AkmSuite::SaeExt, CipherSuite::Gcmp256, 64),
    ];
    for (akm, cipher, len) in suites {
        let ptk = ptk(akm, cipher, len);
        let frame = third(&ptk, keys().finish());
        let raw = RawKeyFrame::parse(&frame, ptk.suite().mic_len()).unwrap();
        let checked = raw.check(Protocol::Rsn, ptk.suite()).unwrap();
        assert_eq!(checked.message(), Message::Third);
        let verified = checked.verify(&ptk).unwrap();
        assert_eq!((verified.replay_counter(), verified.key_len()), (7, 16));
        assert_eq!(verified.rsc(), [1, 2, 3, 4, 5, 6]);
        let data = verified.key_data(&ptk).unwrap();
        assert_eq!(data.rsne(), Some(&[48, 2, 1, 0][..]));
        assert_eq!(data.gtk().unwrap().key.as_bytes(), [5; 16]);
        assert_eq!((data.igtk().unwrap().index, data.igtk().unwrap().packet_number), (4, [1; 6]));
        assert_eq!(data.bigtk().unwrap().index, 6);
        assert_eq!((data.pmkid(), data.oci(), data.mac()), (Some(Pmkid([8; 16])), Some([1, 2, 3]), None));
    }
}

#[test]
fn every_octet_is_under_the_mic() {
    let ptk = ptk(AkmSuite::Psk, CipherSuite::Ccmp128, 32);
    let frame = third(&ptk, keys().finish());
    for at in 0..frame.len() {
        for bit in 0..8 {
            let mut altered = frame.clone();
            altered[at] ^= 1 << bit;
            let verified = RawKeyFrame::parse(&altered, 16)
                .ok()
                .and_then(|raw| raw.check(Protocol::Rsn, ptk.suite()).ok())
                .is_some_and(|checked| checked.verify(&ptk).is_ok());
            assert!(!verified, "octet {at}, bit {bit}");
        }
    }
}

#[test]
fn a_frame_cut_anywhere_is_malformed_and_padding_behind_it_is_not() {
    let ptk = ptk(AkmSuite::Psk, CipherSuite::Ccmp128, 32);
    let mut frame = third(&ptk, keys().finish());
    for len in 0..frame.len() {
        assert!(RawKeyFrame::parse(&frame[..len], 16).is_err(), "{len} octets");
    }
    frame.extend_from_slice(&[0; 20]);
    let checked = RawKeyFrame::parse(&frame, 16).unwrap().check(Protocol::Rsn, ptk.suite()).unwrap();
    assert!(checked.verify(&ptk).is_ok());
}

#[test]
fn another_descriptor_or_version_is_refused() {
    let ptk = ptk(AkmSuite::PskSha256, CipherSuite::Ccmp128, 32);
    let frame = third(&ptk, keys().finish());
    let raw = RawKeyFrame::parse(&frame, 16).unwrap();
    assert!(raw.check(Protocol::Wpa, ptk.suite()).is_err());
    let weaker = KeySuite::new(AkmSuite::Psk, CipherSuite::Tkip, 32).unwrap();
    assert!(raw.check(Protocol::Rsn, &weaker).is_err());
}

#[test]
fn key_data_is_padded_and_the_padding_ignored() {
    for len in 0..40usize {
        let ptk = ptk(AkmSuite::Psk, CipherSuite::Ccmp128, 32);
        let mut element = vec![200, len as u8];
        element.resize(2 + len, 9);
        let frame = third(&ptk, KdeWriter::new().element(Some(&element)).pmkid(Some(Pmkid([1; 16]))).finish());
        let checked = RawKeyFrame::parse(&frame, 16).unwrap().check(Protocol::Rsn, ptk.suite()).unwrap();
        let data = checked.verify(&ptk).unwrap().key_data(&ptk).unwrap();
        assert_eq!(data.pmkid(), Some(Pmkid([1; 16])), "{len}");
    }
}

#[test]
fn key_data_that_is_cut_or_comes_twice_is_refused() {
    let parse = |octets: &[u8]| KeyData::parse(Secret::from(octets));
    assert!(parse(&[]).is_ok());
    assert!(parse(&[0xdd]).is_ok());
    assert!(parse(&[0xdd, 0, 0, 0, 0]).is_ok());
    assert!(parse(&[48]).is_err());
    assert!(parse(&[48, 3, 1, 0]).is_err());
    assert!(parse(&[0xdd, 5, 0, 0x0f, 0xac, 1, 0]).is_err());
    let twice = keys().gtk(2, &Secret::from([9; 16])).finish();
    assert!(KeyData::parse(twice).is_err());
    // Unknown data is passed over.
    assert!(parse(&[0xdd, 6, 0, 0x0f, 0xac, 99, 1, 2, 0xdd, 4, 1, 2, 3, 4, 7, 0]).is_ok());
}

#[test]
fn no_octets_make_the_parser_panic() {
    let mut rng = TestRng::new(42);
    let suite = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap();
    for _ in 0..20_000 {
        let mut octets = vec![0; rng.below(150) as usize];
        rng.fill(&mut octets);
        let _ = KeyData::parse(Secret::from(octets.as_slice()));
        if octets.len() > 6 {
            octets[1] = EAPOL_KEY;
            octets[2] = 0;
            octets[3] = (octets.len() - 4) as u8;
            octets[4] = 2;
        }
        for mic_len in [0, 16, 24, 32] {
            if let Ok(raw) = RawKeyFrame::parse(&octets, mic_len) {
                let _ = raw.check(Protocol::Rsn, &suite).map(|checked| checked.plain_key_data().is_ok());
            }
        }
    }
}
