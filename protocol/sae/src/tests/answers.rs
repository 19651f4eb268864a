//! Runs computed by an independent program from the formulas of the standard, for all groups and both methods: the
//! numbers of ours, the peer's Commit, and what must come of them.

use super::*;
use crate::arithmetic::OwnNumbers;
use crate::password::{element_by_hunting, element_from_pt};
use crypto::Secret;

type Row = (Group, Method, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Group, method, rand, mask, the peer's scalar and element, our first confirm, PMK, PMKID. The rows of
/// hash-to-element are for [`SaeAkm::SaeExtKey`] and say that the groups 22 and 23 were rejected.
const ROWS: [Row; 6] = [
    (
        Group::P256,
        Method::HuntAndPeck,
        "2116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c5",
        "8990a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973",
        "9ffbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa9178c269edf57d7bea0e0a609115dbf8a9688c9f30fae34efe5298e3905e95b77ede4431921c4d6e646c941c4f737d4d7fdafe8474809979ae2f87b9e0a7e52d290",
        "56d47ae92f0443ace4533b9eba220f8cb7530e145b9b075d399a1aca167c592b",
        "94ffe3398eb80802b2e58ea554758cc8676b24a30bb8bd2c901c552f8ada878c",
        "4aa331c0fb3093121744a3e4cf97ed1d",
    ),
    (
        Group::P256,
        Method::HashToElement,
        "2116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c5",
        "8990a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973",
        "9ffbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa91724771b0aa741747c232be05e34f41d0195f897e3e61bcc8db306131b7959b21ac4616a151b0b2a93565b29449b4b9ccd0f16539ee7c0a6fff245280b20334d64",
        "f204b1710d24b0c03c1d374a6780a83d128a4b6579a5849b5620dfb9fad98e8f",
        "17f81b73e1c6bfef7ec4b3bdc8f6332f51499db7bf3e33a7b8fd93f309427ead",
        "4aa331c0fb3093121744a3e4cf97ed1d",
    ),
    (
        Group::P384,
        Method::HuntAndPeck,
        "2116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c54ad347b2f00aa2bf8e198930eb4d7168",
        "8990a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973ebb06aee3bc5fff7c2227c7b72275006",
        "9ffbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa9176fff58280d5f69da952acadc96f558b07ba8d50ef50a037285779e04f945a51f0faec8e970a0aa8c6da0ad503165c86c715090dc53d0ea83c98d55f4acb9bf84664b8ff29c8c108d791066582bcb8cf1e23a3f1c9a55d95e6dfd0830ee3ff0710676506462e70ce35a6ab6d6f12c74e4",
        "8e44aef9b9d804c5113d0c34bf24aacd843ffef72b84e58ae749ecfb296df356",
        "3bb1d7727e10efa2249eabecb47c641984aa32901eff875f8dfd8a7993ee6a37",
        "4aa331bffb3093131744a3e4cf97ed1d",
    ),
    (
        Group::P384,
        Method::HashToElement,
        "2116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c54ad347b2f00aa2bf8e198930eb4d7168",
        "8990a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973ebb06aee3bc5fff7c2227c7b72275006",
        "9ffbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa9176fff58280d5f69da952acadc96f558b04bc028c6648b7fec34150711a07937da4fe9b263d0ceefb265aa930439765d4413933799874c02d06379c4b0156f68b923f4065b69b283ab00620e75c0184a04b9b334377e9729dd9e51ffc925ed91e150ac786c8cac0f8f9ab574121b6ec067",
        "a89cf5cbbbf352ab39864408db45fc9a07907fd3cb24a37fc6016208b021f3251b58648dd913fe27d2f7c546c55cf5ba",
        "882fcf25bc6007f7d0b28801dd9659b41317946f2e4ffc2630b3b130464c9015ed76a07b9f27dc69c62350241f550e70",
        "4aa331bffb3093131744a3e4cf97ed1d",
    ),
    (
        Group::P521,
        Method::HuntAndPeck,
        "0116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c54b2e2f4a77ceafc627618c70d6be00cda479d78ac9495e4b06674fc08e77ce002f26",
        "0190a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973ed32c3323cc73753cd948a4b1ac5b176e2f946235e4125052afbbe4b27643162cc70",
        "01fbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa91771c02fa43bb76a2b29fe5ae831711cb767907ae141f9ebfc4142304783346a8c28ec00565e63178510583c3a2b568be2200459416d3527ed0557c536a1427734cef22ea8e28c084e14b4038a3abacc9faf4e41f5052d7044fc3113cdc28534d28efc5ae50101d1b3684a9821723f84ffa22b2d68f7f0631bc41a2f53f567b4e3491587d1a0ce9fd7e0f2610ea8129450df46aedf41bf3b62bf6ff6ebe96632ce59d7a67672ec",
        "fbf30f9d7eaad9af78f81f8104b89fbc999a29993d7f5ffc21f57f567510b18a",
        "b672d7e46da8bb8102de0e7429003a8fc32ec19f32a46bd2a844cd9ea2c5b158",
        "00a331bffb3093131744a3e4cf97ed1d",
    ),
    (
        Group::P521,
        Method::HashToElement,
        "0116a20d58252d425ea215cccb02a1154a6786aa5d1684edb5030759065134c54b2e2f4a77ceafc627618c70d6be00cda479d78ac9495e4b06674fc08e77ce002f26",
        "0190a86437ce0710aa7b5c585275fd7912bf400cdba576a1281e7134e14b6973ed32c3323cc73753cd948a4b1ac5b176e2f946235e4125052afbbe4b27643162cc70",
        "01fbe74e6b3d5ec00e2731bfb21f4e8f2e037bdd5196ae9b97fa80c1f07aa91771c02fa43bb76a2b29fe5ae831711cb767907ae141f9ebfc4142304783346a8c28ec00003547826238b113b795f80d01383353f07de98f1b1fb8aaa2406572bc244883ef75787fec8f0a643c6eda51d67e5786fd48b11f4b00a614511565c83d95c4eeb000096c53e26c0e14346cd1afabbca14bd6bc9ab271599bf9fcbb967f29c8764ac062079f25843d61c95ba2398286788a291c6e1cd817867f9c37cada8469b112a597",
        "c376035774c4ba2997ea34ad8902266f1a394af138d29fac4af8ecebf50920546f62698bdaa7be3e6166d8237e4fe1a13676c9703ef4405f35c032f4a1ce63b6",
        "5ae791555eeaae19de2056f759e62ab39ce40a2bf452d7b433142b5fda8379bfc2b34c6a1f9ea448b05f7d8d829edd3ef55158600cda7a0573cd09bc67ebc696",
        "00a331bffb3093131744a3e4cf97ed1d",
    ),
];

#[test]
fn known_answers_for_all_groups() {
    for (group, method, rand, mask, peer, confirm, pmk, pmkid) in ROWS {
        let mut setup = Setup::new(b"secret", group, method);
        let mut peer = unhex(peer);
        peer.splice(0..0, group.number().to_le_bytes());
        let pwe = match method {
            Method::HuntAndPeck => element_by_hunting(group, &setup.password, STA, AP),
            Method::HashToElement => element_from_pt(group, setup.pt.get(group).unwrap(), STA, AP),
        };
        if method == Method::HashToElement {
            setup.akm = SaeAkm::SaeExtKey;
            setup.rejected = alloc::vec![22, 23];
        }
        let numbers = OwnNumbers { rand: Secret::from(unhex(rand)), mask: Secret::from(unhex(mask)) };
        let mut session = Session::with_numbers(&setup.config(STA, AP), pwe.unwrap(), numbers).unwrap();
        assert_eq!(session.handle_commit(method.status(), &peer), Ok(CommitOutcome::Accepted));
        assert_eq!(hex(&session.confirm_body().unwrap()[2..]), confirm, "{group:?} {method:?}");
        let keys = session.unconfirmed_keys().unwrap();
        assert_eq!(hex(keys.pmk.as_bytes()), pmk, "{group:?} {method:?}");
        assert_eq!(hex(&keys.pmkid), pmkid, "{group:?} {method:?}");
    }
}
