//! Lines that anybody on the air can cause do not fill a log.

use daemon::LogTarget;
use daemon::log::{Level, init, set_level};

#[test]
fn the_first_of_a_kind_is_written_and_those_who_look_for_a_fault_see_all() {
    let path = std::env::temp_dir().join(format!("airlock-strangers-{}", std::process::id()));
    init("test", &LogTarget::File(path.clone()), Level::Info, false, false).unwrap();
    let flood = |kind: &'static str| {
        for number in 0..1000 {
            tracing::info!(stranger = kind, "forged frame {number}");
        }
    };
    let written = || std::fs::read_to_string(&path).unwrap().lines().count();
    flood("forged frames");
    assert_eq!(written(), 1);
    flood("other forged frames");
    tracing::info!("something else");
    assert_eq!(written(), 3);
    set_level(Level::Debug, None);
    flood("forged frames");
    assert_eq!(written(), 1003);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(text.starts_with("forged frame 0\n"), "the kind is no part of the line");
}
