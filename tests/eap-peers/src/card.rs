//! The card of a mobile network and its home, in the words of hostapd's `eap_sim_db` and of control sockets.

use std::fmt::Write as _;

use eap::methods::sim::{Milenage, Usim};

use crate::surroundings::Kernel;
use crate::{hex, unhex};
use crypto::Rng as _;

/// The card of 3GPP TS 35.208, set 20.
#[must_use]
pub fn milenage() -> Milenage {
    Milenage::new(
        0x90dc_a4ed_a45b_53cf_0f12_d7c9_c3bc_6a89_u128.to_be_bytes(),
        0xcb9c_ccc4_b925_8e6d_ca47_6037_9fb8_2581_u128.to_be_bytes(),
    )
}

fn octets<const N: usize>(digits: &str) -> Option<[u8; N]> {
    unhex(digits)?.try_into().ok()
}

/// The home network's answer to a server; `separated` sets the bit that EAP-AKA' needs. `None` if there is none to give.
pub fn home_says(request: &str, sequence: &mut u64, separated: bool) -> Option<String> {
    let words: Vec<&str> = request.split_whitespace().collect();
    match words.as_slice() {
        ["SIM-REQ-AUTH", imsi, count] => {
            let mut said = format!("SIM-RESP-AUTH {imsi}");
            for _ in 0..count.parse::<usize>().ok()?.min(3) {
                let mut rand = [0; 16];
                Kernel::default().fill(&mut rand);
                let triplet = milenage().triplet(rand);
                let _ = write!(said, " {}:{}:{}", hex(triplet.kc.as_bytes()), hex(&triplet.sres), hex(&triplet.rand));
            }
            Some(said)
        }
        ["AKA-REQ-AUTH", imsi] => {
            *sequence = Milenage::next(*sequence);
            let made = milenage().quintet(&mut Kernel::default(), *sequence, separated);
            let [ik, ck] = [&made.ik, &made.ck].map(|key| hex(key.as_bytes()));
            Some(format!("AKA-RESP-AUTH {imsi} {} {} {ik} {ck} {}", hex(&made.rand), hex(&made.autn), hex(&made.res)))
        }
        ["AKA-AUTS", _, auts, rand] => {
            *sequence = milenage().resynchronise(&octets(rand)?, &octets(auts)?)?;
            None
        }
        _ => None,
    }
}

/// The card's answer to a question of `CTRL-REQ-SIM`; `None` if it is no question.
pub fn card_says(question: &str, seen: &mut u64) -> Option<String> {
    let words: Vec<&str> = question.split(':').collect();
    match words.as_slice() {
        ["GSM-AUTH", rands @ ..] => {
            let mut said = "GSM-AUTH".to_owned();
            for rand in rands {
                let triplet = milenage().triplet(octets(rand)?);
                let _ = write!(said, ":{}:{}", hex(triplet.kc.as_bytes()), hex(&triplet.sres));
            }
            Some(said)
        }
        ["UMTS-AUTH", rand, autn] => Some(match milenage().challenge(&octets(rand)?, &octets(autn)?, seen) {
            Usim::Accepted { res, ck, ik } => {
                format!("UMTS-AUTH:{}:{}:{}", hex(ik.as_bytes()), hex(ck.as_bytes()), hex(&res))
            }
            Usim::Resynchronise(auts) => format!("UMTS-AUTS:{}", hex(&auts)),
            Usim::Refused => "UMTS-FAIL".to_owned(),
        }),
        _ => None,
    }
}
