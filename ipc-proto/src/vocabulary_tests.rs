//! Every message there is, on one page: `vocabulary.txt` has each variant of each vocabulary with its tag, its octets and
//! its fields. A change of the protocol shows there, and cannot pass unseen.

use alloc::string::String;
use alloc::{format, vec};
use core::fmt::{Debug, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{decode, encode};
use crate::courier::{FromCourier, ToCourier};
use crate::opener::ToOpener;
use crate::post::{FromPost, ToPost};
use crate::witness::FromWitness;
use crate::{FromPrivd, ToPrivd, keeper};

/// More octets than a message has whose lists have one entry each.
const LONGEST: usize = 600;

/// The message that begins with `head` and goes on with ones: every number is 1, every list has one entry, nothing that
/// may be absent is.
fn full<T: DeserializeOwned>(head: &[u8]) -> Option<(T, usize)> {
    (head.len()..LONGEST).find_map(|length| {
        let mut bytes = vec![1; length];
        bytes.get_mut(..head.len())?.copy_from_slice(head);
        decode(&bytes).ok().map(|message| (message, length))
    })
}

fn list<T: DeserializeOwned + Serialize + Debug + PartialEq>(page: &mut String, name: &str, head: &[u8]) {
    for tag in 0..=255 {
        let head = [head, &[tag]].concat();
        // A tag without a message is the end of the vocabulary.
        let Some((message, length)) = full::<T>(&head) else { break };
        let bytes = encode(&message).unwrap();
        assert_eq!(bytes.len(), length);
        assert_eq!(decode::<T>(&bytes).as_ref(), Ok(&message));
        writeln!(page, "{name} {tag}, {length} octets: {message:?}").unwrap();
    }
}

#[test]
fn the_whole_vocabulary_is_as_it_is_written_down() {
    let mut page = String::new();
    list::<ToPrivd>(&mut page, "to privd", &[]);
    list::<FromPrivd>(&mut page, "from privd", &[]);
    list::<ToPrivd>(&mut page, "request", &[1, 1]);
    list::<FromPrivd>(&mut page, "reply", &[2, 1, 0]);
    list::<FromPrivd>(&mut page, "failure", &[2, 1, 1]);
    list::<FromPrivd>(&mut page, "event", &[3]);
    list::<ToPost>(&mut page, "to post", &[]);
    list::<FromPost>(&mut page, "from post", &[]);
    list::<ToCourier>(&mut page, "to courier", &[]);
    list::<FromCourier>(&mut page, "from courier", &[]);
    list::<ToOpener>(&mut page, "to opener", &[]);
    list::<FromWitness>(&mut page, "from witness", &[]);
    list::<keeper::FromKeeper>(&mut page, "from keeper", &[]);
    list::<keeper::ToWorker>(&mut page, "to worker", &[]);
    list::<keeper::ToWorker>(&mut page, "part of a worker", &[0]);
    let written = include_str!("vocabulary.txt");
    // What test suites ask for is in no other build.
    let plain = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.contains("Test(") && !line.starts_with('#'));
        lines.map(|line| format!("{line}\n")).collect()
    };
    if std::env::var_os("VOCABULARY").is_some() {
        let head = "# Written by the test of vocabulary_tests.rs where VOCABULARY is set; a change is a change of the protocol.\n";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/vocabulary.txt");
        std::fs::write(file, format!("{head}{}", plain(&page))).unwrap();
    }
    let (now, then) = (plain(&page), plain(written));
    let differing = now.lines().zip(then.lines()).find(|(now, then)| now != then);
    assert_eq!(differing, None);
    assert_eq!(now.lines().count(), then.lines().count());
    assert!(now.lines().count() > 150, "{} messages", now.lines().count());
}
