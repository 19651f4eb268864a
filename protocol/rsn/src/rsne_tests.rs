use super::*;

/// WPA2-PSK, CCMP: what most access points send.
const COMMON: &[u8] = &[
    0x30, 0x14, 0x01, 0x00, 0x00, 0x0f, 0xac, 0x04, 0x01, 0x00, 0x00, 0x0f, 0xac, 0x04, 0x01, 0x00, 0x00, 0x0f, 0xac,
    0x02, 0x00, 0x00,
];

#[test]
fn a_common_element_is_read_and_written_back() {
    let rsne = Rsne::parse_element(COMMON).unwrap();
    assert_eq!(rsne.group_cipher(), Some(CipherSuite::Ccmp128));
    assert_eq!(rsne.pairwise_ciphers(), [CipherSuite::Ccmp128]);
    assert_eq!(rsne.akm_suites(), [AkmSuite::Psk]);
    assert_eq!(rsne.group_management_cipher(), None);
    assert_eq!(rsne.element(), COMMON);
    assert_eq!(rsne.scan_flag(), "WPA2-PSK-CCMP");
}

#[test]
fn any_whole_tail_may_be_missing_and_no_field_may_be_cut() {
    let body = &COMMON[2..];
    for len in 0..body.len() {
        let whole = matches!(len, 2 | 6 | 12 | 18);
        assert_eq!(Rsne::parse(&body[..len]).is_ok(), whole, "{len} octets");
    }
    let bare = Rsne::parse(&body[..2]).unwrap();
    assert_eq!(bare.group_cipher(), Some(CipherSuite::Ccmp128));
    assert_eq!(bare.pairwise_ciphers(), [CipherSuite::Ccmp128]);
    assert_eq!(bare.akm_suites(), [AkmSuite::Eap]);
}

#[test]
fn lists_with_no_entry_or_more_than_fit_are_refused() {
    let mut body = COMMON[2..].to_vec();
    body[6] = 0;
    assert_eq!(Rsne::parse(&body), Err(Malformed("pairwise cipher count").into()));
    body[6] = 9;
    assert_eq!(Rsne::parse(&body), Err(Malformed("pairwise cipher list").into()));
    body[6] = 0xff;
    body[7] = 0xff;
    assert_eq!(Rsne::parse(&body), Err(Malformed("pairwise cipher list").into()));
}

#[test]
fn a_later_version_is_told_from_a_broken_element() {
    assert_eq!(Rsne::parse(&[2, 0]), Err(RsneError::Version(2)));
}

#[test]
fn pmkids_and_group_management_cipher_are_written_and_read() {
    let mut rsne = Rsne::parse_element(COMMON).unwrap();
    rsne.capabilities = RsnCapabilities::MFPC.with(RsnCapabilities::MFPR);
    assert_eq!(rsne.group_management_cipher(), Some(CipherSuite::BipCmac128));
    rsne.pmkids.push(Pmkid([7; 16]));
    rsne.group_management = Some(CipherSuite::BipGmac256.into());
    assert_eq!(Rsne::parse_element(&rsne.element()).unwrap(), rsne);
    assert_eq!(rsne.group_management_cipher(), Some(CipherSuite::BipGmac256));
}

#[test]
fn too_many_pmkids_are_left_out_and_the_element_stays_whole() {
    let mut rsne = Rsne::parse_element(COMMON).unwrap();
    rsne.pmkids = alloc::vec![Pmkid([1; 16]); 40];
    let written = Rsne::parse_element(&rsne.element()).unwrap();
    assert_eq!(written.pmkids.len(), 14);
}

#[test]
fn wpa_element_is_read_written_and_named() {
    let wpa = Rsne {
        group: Some(CipherSuite::Tkip.wpa_selector()),
        pairwise: alloc::vec![CipherSuite::Ccmp128.wpa_selector(), CipherSuite::Tkip.wpa_selector()],
        akms: alloc::vec![AkmSuite::Psk.wpa_selector().unwrap()],
        ..Rsne::new(Protocol::Wpa)
    };
    let element = wpa.element();
    assert_eq!(element[..6], [0xdd, 26, 0x00, 0x50, 0xf2, 1]);
    assert_eq!(Rsne::parse_element(&element).unwrap(), wpa);
    assert_eq!(wpa.scan_flag(), "WPA-PSK-CCMP+TKIP");
}

#[test]
fn transition_mode_flag_lists_both_suites() {
    let mut rsne = Rsne::parse_element(COMMON).unwrap();
    rsne.akms.push(AkmSuite::Sae.into());
    rsne.akms.push(Selector([0, 0x0f, 0xac, 200]));
    rsne.capabilities = RsnCapabilities::PREAUTH;
    assert_eq!(rsne.scan_flag(), "WPA2-PSK+SAE-CCMP-preauth");
}

#[test]
fn only_a_fast_transition_may_change_the_pmkid_list() {
    let mut rsne = Rsne::parse_element(COMMON).unwrap();
    let before = rsne.element();
    rsne.pmkids.push(Pmkid([9; 16]));
    let now = rsne.element();
    assert!(same_element(&before, &before, false));
    assert!(!same_element(&before, &now, false));
    assert!(same_element(&before, &now, true));
    rsne.capabilities = RsnCapabilities::MFPC;
    assert!(!same_element(&before, &rsne.element(), true));
}
