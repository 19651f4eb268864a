//! Whoever is on the air too.

use alloc::vec;
use alloc::vec::Vec;

use crypto::testing::TestRng;

use super::kit::{Direct, credentials, grant, pin, station};
use crate::attribute::{Builder, Cursor, id};
use crate::keys::{KeyPair, PublicKey};
use crate::message::Outgoing;
use crate::password::{DevicePassword, Pin};
use crate::quirks::{Quirk, Quirks};
use crate::registration::Event;
use crate::{Attributes, WpsError};

fn fresh() -> Direct {
    Direct::new(station(pin("12345670")), grant(pin("12345670"), credentials()))
}

/// The message with the value of one attribute in place of its own.
fn forged(message: &Outgoing, wanted: u16, value: &[u8]) -> Outgoing {
    let mut cursor = Cursor::new(&message.bytes, Quirks::STRICT);
    let mut builder = Builder::new();
    while let Some(attribute) = cursor.next_attribute().unwrap() {
        builder.put(attribute.id, if attribute.id == wanted { value } else { attribute.body });
    }
    Outgoing { op: message.op, bytes: builder.finish().unwrap() }
}

/// RFC 2631 2.1.5: with such a key the shared secret is known to all.
#[test]
fn a_public_key_of_zero_one_or_p_minus_one_is_refused_on_both_sides() {
    let mut rng = TestRng::new(4);
    let fair = KeyPair::generate(&mut rng).public().as_bytes().to_vec();
    let mut one = vec![0; 192];
    one[191] = 1;
    // p is 2^1536 - 2^1472 - 1 + 2^64 (2^1406 pi + 741804): its ends are ones, and so are those of p - 1 but for the last bit.
    let mut beyond = vec![0xff; 192];
    for (key, passes) in [(vec![0; 192], false), (one, false), (beyond.clone(), false), (fair.clone(), true)] {
        assert_eq!(PublicKey::parse(&key, Quirks::default()).is_ok(), passes);
        let mut direct = fresh();
        let (_, m1) = direct.way.remove(0);
        assert_eq!(direct.hand_registrar(&forged(&m1, id::PUBLIC_KEY, &key)), passes);
        let mut direct = fresh();
        direct.carry();
        let (_, m2) = direct.way.remove(0);
        // An honest key fails too, but by its Authenticator.
        assert!(!direct.hand_enrollee(&forged(&m2, id::PUBLIC_KEY, &key)));
        let why = direct.ignored.pop().unwrap();
        assert_eq!(why == WpsError::Protocol("a message whose Authenticator is wrong"), passes, "{why}");
    }
    beyond.truncate(191);
    assert!(PublicKey::parse(&beyond, Quirks::STRICT).is_err());
    assert!(PublicKey::parse(&beyond, Quirks::STRICT.with(Quirk::ShortPublicKey)).is_ok());
    assert!(PublicKey::parse(&beyond[..189], Quirks::default()).is_err());
}

/// "Pixie dust": a side whose secret nonces can be guessed has no secret. Ours, and everything else that is random, is
/// of the generator that was handed in, and differs from run to run.
#[test]
fn nonces_and_keys_are_fresh_in_each_run_and_none_is_zero() {
    let mut seen = Vec::new();
    for seed in 0..8 {
        let password = pin("12345670");
        let mut direct = Direct::with_seed(station(password.clone()), grant(password, credentials()), seed);
        direct.run();
        for (_, sent) in &direct.sent {
            let attributes = Attributes::parse(&sent.bytes, Quirks::STRICT).unwrap();
            let random = [
                attributes.public_key.map(<[u8]>::to_vec),
                attributes.e_hash1.map(|hash| hash.to_vec()),
                attributes.e_hash2.map(|hash| hash.to_vec()),
                attributes.r_hash1.map(|hash| hash.to_vec()),
                attributes.r_hash2.map(|hash| hash.to_vec()),
                attributes.encrypted_settings.map(|sealed| sealed[..16].to_vec()),
            ];
            seen.extend(random.into_iter().flatten());
        }
        let nonces = Attributes::parse(&direct.sent[8].1.bytes, Quirks::STRICT).unwrap();
        seen.extend([nonces.enrollee_nonce.unwrap().to_vec(), nonces.registrar_nonce.unwrap().to_vec()]);
    }
    assert!(seen.iter().all(|octets| octets.iter().any(|octet| *octet != 0)));
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), all), (all, 8 * 13));
}

#[test]
fn a_message_out_of_order_or_once_more_changes_nothing() {
    let mut whole = fresh();
    whole.run();
    let sent = whole.sent.clone();
    // At each point of a run, every other message of that very run: before its time, or again.
    for point in 0..9 {
        let mut direct = fresh();
        for _ in 0..point {
            direct.carry();
        }
        for (place, (to_enrollee, message)) in sent.iter().enumerate() {
            // Both sides draw the same random octets in each of these runs: the next one is the very answer.
            if place != point && place != point + 1 {
                let taken = if *to_enrollee { direct.hand_enrollee(message) } else { direct.hand_registrar(message) };
                assert!(!taken, "message {place} was taken at {point}");
            }
        }
        direct.run();
        assert!(direct.is_over() && direct.given().is_some(), "the run at {point} went on");
    }
}

#[test]
fn a_message_of_another_run_or_with_a_bit_turned_changes_nothing() {
    let mut other = Direct::with_seed(station(pin("12345670")), grant(pin("12345670"), credentials()), 99);
    other.run();
    let mut direct = fresh();
    let mut point = 0;
    while let Some((to_enrollee, message)) = direct.way.first().cloned() {
        // M1, ACK and Done have no Authenticator.
        if (1..8).contains(&point) {
            let foreign = &other.sent[point].1;
            let taken = if to_enrollee { direct.hand_enrollee(foreign) } else { direct.hand_registrar(foreign) };
            assert!(!taken, "message {point} of another run");
            for place in (0..message.bytes.len()).step_by(7) {
                let mut turned = message.clone();
                turned.bytes[place] ^= 0x20;
                let taken = if to_enrollee { direct.hand_enrollee(&turned) } else { direct.hand_registrar(&turned) };
                assert!(!taken, "message {point} with octet {place} changed");
            }
        }
        direct.carry();
        point += 1;
    }
    assert!(direct.is_over() && direct.given().is_some());
}

#[test]
fn a_nack_of_another_run_ends_nothing_and_one_of_this_run_does() {
    let mut direct = fresh();
    for _ in 0..3 {
        direct.carry();
    }
    let attributes = Attributes::parse(&direct.sent[1].1.bytes, Quirks::STRICT).unwrap();
    let nonces = crate::message::Nonces {
        enrollee: attributes.enrollee_nonce.unwrap(),
        registrar: attributes.registrar_nonce.unwrap(),
    };
    let nack = |nonces: &crate::message::Nonces| Outgoing {
        op: crate::code::OpCode::NACK,
        bytes: crate::message::Writing::nack(nonces, crate::code::ConfigError::BUSY).finish().unwrap(),
    };
    let wrong = crate::message::Nonces { enrollee: nonces.registrar, registrar: nonces.enrollee };
    assert!(!direct.hand_enrollee(&nack(&wrong)) && !direct.hand_registrar(&nack(&wrong)));
    assert!(direct.hand_enrollee(&nack(&nonces)) && direct.enrollee.is_over());
}

/// A PIN is tried half by half: 11000 runs at most, if nothing counts them. What stops that is `lock`; here, that a
/// run tells no more than one half, and that the second half is only shown to whoever knows the first.
#[test]
fn a_run_with_a_wrong_pin_tells_no_more_than_one_half() {
    for (tried, shown) in [("00001236", false), ("12340002", true)] {
        let Ok(tried) = Pin::parse(tried) else { panic!("{tried}") };
        let tried = DevicePassword::pin(crate::code::PasswordId::DEFAULT, &tried);
        let mut direct = Direct::new(station(tried), grant(pin("12345670"), credentials()));
        direct.run();
        assert!(direct.given().is_none());
        let was_shown = direct.registrar_said.iter().any(|event| matches!(event, Event::PasswordShown(_)));
        assert_eq!(was_shown, shown);
    }
}
