//! The corpora replayed, whole and a little changed.

use std::fs;
use std::path::Path;

use crypto::testing::TestRng;

use crate::TARGETS;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no corpus");
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn each_corpus_passes() {
    for (name, target) in TARGETS {
        for data in corpus(name) {
            target(&data);
        }
    }
}

#[test]
fn each_corpus_passes_cut_and_changed() {
    let mut rng = TestRng::new(20);
    for (name, target) in TARGETS {
        for data in corpus(name) {
            for _ in 0..20 {
                let mut changed = data.clone();
                for _ in 0..=rng.below(3) {
                    let place = usize::try_from(rng.below(changed.len() as u64)).unwrap();
                    match rng.below(4) {
                        0 => changed.truncate(place),
                        1 => changed.insert(place.min(changed.len()), rng.below(256) as u8),
                        _ => {
                            if let Some(octet) = changed.get_mut(place) {
                                *octet = rng.below(256) as u8;
                            }
                        }
                    }
                }
                target(&changed);
            }
        }
    }
}

#[test]
fn each_target_is_wrapped_for_cargo_fuzz() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no target {name}");
    }
}

#[test]
fn the_station_of_a_session_joins_though_a_stranger_speaks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ap_session");
    for name in ["joins", "joined-then-stranger", "transition", "replays-changed", "stranger-between"] {
        let data = fs::read(folder.join(name)).unwrap();
        assert!(crate::session::link_stood(&data), "{name}: the link never stood");
    }
}

#[test]
fn the_station_of_a_join_joins_though_a_stranger_speaks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/sta_session");
    for name in
        ["joins", "joins-beside-psk", "joins-with-psk", "joined-then-stranger", "stranger-between", "replays-changed"]
    {
        let data = fs::read(folder.join(name)).unwrap();
        assert!(crate::join::link_stood(&data), "{name}: the link never stood");
    }
}
