//! The test vectors of IEEE Std 802.11-2020 J.10.

use super::*;
use crate::arithmetic::OwnNumbers;
use crate::password::{element_by_hunting, element_from_pt};
use crypto::Secret;

const ADDR1: MacAddr = MacAddr([0x4d, 0x3f, 0x2f, 0xff, 0xe3, 0x87]);
const ADDR2: MacAddr = MacAddr([0xa5, 0xd8, 0xaa, 0x95, 0x8e, 0x3c]);
const RAND: &str = "992465fd3daa3c60aa6565b7f62a2a7f2e12dd12f198faf4fbed89d7ff1ace94";
const MASK: &str = "9507a90f777a044d6a0830b91ea3d5dd70bece44e1acffb86983b5e1bf9fb322";
const LOCAL: &str = "13002e2c0f0db52440ad146d967114ce005ce1eab0aa2c2e5c2871b774f6c2575c65d5ad9e00829707aa36ba8b8597\
38fc961d08243505f47c035376d7ac4bc8d7b95083bf43827d0fc31ed778dd3671fd21a46d1091d64b6f9a1e1272621325dbe1";
const PEER: &str = "1300591b96f3397fb945100848e7b550543b6720d88337ee93fc49fd6df7e08b5223e71b9bb048d3873f20556953a96c\
91536fd8ee6ca9b4a68a148b056a909be03e83ae208f60f8ef5537858074db066870323998629 99b511e0a1552a5fea317c2";
const PMK: &str = "4e4dfab1a2dd8ac1a91790f953faaa452ae5c6873ab75b63605ba663f8a7fe59";
const PMKID: &str = "8747a600eea3f9f22475df58ca1e5498";
const KCK: &str = "1e733f6d9bd53256287304338831b09a39406d12101707 3a5c30db36f36cb81a";

#[test]
fn hunting_and_pecking_with_group_19() {
    let password = Password::new(b"mekmitasdigoat", None);
    let config = Config {
        own: ADDR1,
        peer: ADDR2,
        group: Group::P256,
        method: Method::HuntAndPeck,
        password: &password,
        pt: None,
        akm: SaeAkm::Sae,
        rejected_groups: &[],
        supported_groups: &[Group::P256],
    };
    let pwe = element_by_hunting(Group::P256, &password, ADDR1, ADDR2).unwrap();
    let numbers = OwnNumbers { rand: Secret::from(unhex(RAND)), mask: Secret::from(unhex(MASK)) };
    let mut session = Session::with_numbers(&config, pwe, numbers).unwrap();
    assert_eq!(hex(&session.commit_body(None)), LOCAL);
    assert_eq!(session.handle_commit(StatusCode::SUCCESS, &unhex(PEER)), Ok(CommitOutcome::Accepted));

    let body = session.confirm_body().unwrap();
    let [local, peer] = [unhex(LOCAL), unhex(PEER)];
    let expected = crypto::hmac_sha256(&unhex(KCK), &[&[1, 0], &local[2..], &peer[2..]]);
    assert_eq!(body[2..], expected);
    // The peer's Confirm, from the published KCK.
    let tag = crypto::hmac_sha256(&unhex(KCK), &[&[1, 0], &peer[2..], &local[2..]]);
    assert_eq!(session.handle_confirm(&[&[1, 0], &tag[..]].concat()), Ok(ConfirmOutcome::Accepted));
    assert_eq!(hex(session.pmk().unwrap().as_bytes()), PMK);
    assert_eq!(hex(&session.pmkid().unwrap()), PMKID);
}

#[test]
fn hashing_to_the_curve_with_group_19() {
    let password = Password::new(b"mekmitasdigoat", Some(b"psk4internet"));
    let set = PtSet::derive(b"byteme", &password, &[Group::P256]);
    let own = MacAddr([0x00, 0x09, 0x5b, 0x66, 0xec, 0x1e]);
    let peer = MacAddr([0x00, 0x0b, 0x6b, 0xd9, 0x02, 0x46]);
    let pwe = element_from_pt(Group::P256, set.get(Group::P256).unwrap(), own, peer).unwrap();
    assert_eq!(
        hex(pwe.as_bytes()),
        "c93049b9e64000f848201649e999f2b5c22dea69b5632c9df4d633b8aa1f6c1e\
         73634e94b53d82e7383a8d258199d9dc1a5ee8269d060382ccbf33e614ff59a0"
    );
    assert_eq!(pwe, element_from_pt(Group::P256, set.get(Group::P256).unwrap(), peer, own).unwrap());
}
