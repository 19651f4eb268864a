//! Who has an effect has a reader: a row of the tables with an accessor that no daemon calls would tell users something untrue.
//! (The other way round cannot happen: without an accessor nothing reads it.)

use conf::param::{Param, Status};
use conf::{ap, station};
use std::{fs, path::Path};

/// The product code of all crates that could read a configuration, without tests.
fn sources() -> String {
    fn add(folder: &Path, all: &mut String) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                add(&path, all);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && !name.ends_with("_test.rs") {
                all.push_str(&fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = String::new();
    for folder in ["supplicant/src", "apd/src", "protocol"] {
        let Ok(crates) = fs::read_dir(root.join(folder)) else { continue };
        if folder == "protocol" {
            for path in crates.flatten().map(|entry| entry.path()).filter(|path| !path.ends_with("conf")) {
                add(&path.join("src"), &mut all);
            }
        } else {
            add(&root.join(folder), &mut all);
        }
    }
    all
}

/// A method is called, or named to be called.
fn is_called(name: &str, sources: &str) -> bool {
    [format!(".{name}("), format!("::{name}("), format!("::{name})")].iter().any(|call| sources.contains(call))
}

/// The methods of a type of this crate that are written by hand.
fn methods(file: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap_or_default();
    let name = |line: &str| line.split(['(', '<']).next().map(str::to_owned);
    text.lines().filter_map(|line| line.strip_prefix("    pub fn ").and_then(name)).collect()
}

#[test]
fn what_has_an_accessor_is_read_by_a_daemon_or_the_engines() {
    let sources = sources();
    assert!(sources.len() > 100_000, "the sources are not where they were");
    let mut unread = Vec::new();
    for (file, rows, table) in [
        ("station/network.rs", "station/network_table.rs", station::NETWORK_PARAMS),
        ("station/globals.rs", "station/global_table.rs", station::GLOBAL_PARAMS),
        ("ap/radio.rs", "ap/radio_table.rs", ap::RADIO_PARAMS),
        ("ap/bss.rs", "ap/bss_table.rs", ap::BSS_PARAMS),
    ] {
        let by_hand = methods(file);
        assert!(by_hand.len() > 5, "{file}");
        unread.extend(
            by_hand.into_iter().filter(|name| !is_called(name, &sources)).map(|name| format!("{file}: {name}")),
        );
        let rows = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(rows)).unwrap_or_default();
        let has_accessor = |param: &Param| {
            let row = rows.lines().find(|line| line.trim_start().starts_with(&format!("{}: ", param.name)));
            let read_as = row.and_then(|row| row.split_once(" => ")).map(|(_, rest)| rest);
            read_as.is_some_and(|rest| !rest.starts_with(['(', '[']))
        };
        let acting = table.iter().filter(|param| param.shape.status == Status::Supported && has_accessor(param));
        unread.extend(acting.filter(|param| !is_called(param.name, &sources)).map(|param| param.name.to_owned()));
    }
    // Asked by tests and by this crate itself, no parameter behind them.
    let known = ["new", "shown", "is_read_only", "is_temporary", "set_temporary"]
        .map(|name| format!("station/network.rs: {name}"));
    unread.retain(|name| !known.contains(name));
    assert!(unread.is_empty(), "nothing acts on {unread:?}");
}
