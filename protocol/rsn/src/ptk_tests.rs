use super::*;
use crypto::pbkdf2_psk;

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let mut octets = [0; N];
    for (octet, digits) in octets.iter_mut().zip(text.as_bytes().chunks(2)) {
        *octet = u8::from_str_radix(core::str::from_utf8(digits).unwrap(), 16).unwrap();
    }
    octets
}

/// IEEE Std 802.11-2020 J.6.5: pairwise key derivation for CCMP.
#[test]
fn annex_j_ccmp_pairwise_key() {
    let pmk = Pmk::from_bytes(&hex::<32>("0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af")).unwrap();
    let ptk = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap().derive(
        &pmk,
        MacAddr(hex("a0a1a1a3a4a5")),
        MacAddr(hex("b0b1b2b3b4b5")),
        &hex("e0e1e2e3e4e5e6e7e8e9f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405"),
        &hex("c0c1c2c3c4c5c6c7c8c9d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5"),
    );
    assert_eq!(ptk.kck().as_bytes(), hex::<16>("379f9852d0199236b94e407ce4c00ec8"));
    assert_eq!(ptk.kek().as_bytes(), hex::<16>("47c9edc01c2c6e5b4910caddfb3e51a7"));
    assert_eq!(ptk.tk_of_authenticator().as_bytes(), hex::<16>("b2360c79e9710fdd58bea93deaf06599"));
}

/// A message 2 captured from a TP-Link access point with the passphrase "hashcat!".
#[test]
fn a_captured_message_2_fits_its_passphrase() {
    let frame: [u8; 121] = hex(concat!(
        "0103007502010a0000000000000000000148ce2ccba9c1fda130ff2fbbfb4fd3b063d1a93920b0f7df54a5cbf787b16171",
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "001630140100000fac040100000fac040100000fac028000"
    ));
    let mic: [u8; 16] = hex("024022795224bffca545276c3762686f");
    let pmk = pbkdf2_psk(b"hashcat!", b"TP-LINK_HASHCAT_TEST");
    let snonce: Nonce = frame[17..49].try_into().unwrap();
    let anonce = hex("10e3be3b005a629e89de088d6a2fdc489db83ad4764f2d186b9cde15446e972e");
    let suite = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap();
    let derive =
        |pmk: &Pmk| suite.derive(pmk, MacAddr(hex("6466b38ec3fc")), MacAddr(hex("225edc49b7aa")), &anonce, &snonce);
    assert!(derive(&pmk).mic_fits(&[&frame], &mic));
    assert!(!derive(&pbkdf2_psk(b"hashcat?", b"TP-LINK_HASHCAT_TEST")).mic_fits(&[&frame], &mic));
    assert!(!derive(&pmk).mic_fits(&[&frame], &mic[..15]));

    // The same octets through the parser, the MIC in its place.
    let mut sent = frame;
    sent[81..97].copy_from_slice(&mic);
    let checked = crate::key_frame::RawKeyFrame::parse(&sent, suite.mic_len())
        .unwrap()
        .check(crate::Protocol::Rsn, &suite)
        .unwrap();
    assert_eq!(checked.message(), crate::key_frame::Message::Second);
    assert!(checked.verify(&derive(&pmk)).is_ok());
}

/// A PMKID captured from message 1 with the passphrase "hashcat!".
#[test]
fn a_captured_pmkid_fits_its_passphrase() {
    let pmk = pbkdf2_psk(b"hashcat!", b"hashcat-essid");
    let pmkid = crate::Pmkid::derive(AkmSuite::Psk, &pmk, MacAddr(hex("fc690c158264")), MacAddr(hex("f4747f87f9f4")));
    assert_eq!(pmkid, Some(crate::Pmkid(hex("4d4fe7aac3a2cecab195321ceb99a7d0"))));
}

#[test]
fn lengths_follow_the_suite_and_the_master_key() {
    let lens = |akm, pmk_len| {
        let suite = KeySuite::new(akm, CipherSuite::Ccmp128, pmk_len)?;
        Some((suite.version(), suite.mic_len(), suite.kck_len, suite.kek_len))
    };
    assert_eq!(lens(AkmSuite::Psk, 32), Some((2, 16, 16, 16)));
    assert_eq!(lens(AkmSuite::PskSha256, 32), Some((3, 16, 16, 16)));
    assert_eq!(lens(AkmSuite::Sae, 32), Some((0, 16, 16, 16)));
    assert_eq!(lens(AkmSuite::SaeExt, 48), Some((0, 24, 24, 32)));
    assert_eq!(lens(AkmSuite::SaeExt, 64), Some((0, 32, 32, 32)));
    assert_eq!(lens(AkmSuite::SuiteB192, 48), Some((0, 24, 24, 32)));
    assert_eq!(lens(AkmSuite::FilsSha256, 32), None);
    let tkip = KeySuite::new(AkmSuite::Psk, CipherSuite::Tkip, 32).unwrap();
    assert_eq!((tkip.version(), tkip.key_data_cipher()), (1, KeyDataCipher::Rc4));
    assert_eq!(KeySuite::new(AkmSuite::Psk, CipherSuite::Wep40, 32), None);
}

#[test]
fn a_suite_says_truly_whether_it_has_a_handshake() {
    for akm in AkmSuite::ALL.iter().copied() {
        let exists = KeySuite::new(akm, CipherSuite::Ccmp128, 32).is_some();
        assert_eq!(akm.has_handshake(), exists, "{akm}");
    }
}

#[test]
fn debug_output_shows_no_key() {
    let suite = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap();
    let pmk = Pmk::from_bytes(&[0xab; 32]).unwrap();
    let ptk = suite.derive(&pmk, MacAddr([1; 6]), MacAddr([2; 6]), &[3; 32], &[4; 32]);
    let text = alloc::format!("{ptk:?}");
    assert!(text.contains("Secret(16 bytes)") && text.len() < 300, "{text}");
}
