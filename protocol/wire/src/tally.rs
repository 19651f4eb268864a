//! Lines of a log that anybody on the air can cause: the first of a kind is written, the others are counted for a minute.
//!
//! Whoever sends frames in others' names must not fill a disk with them, nor hide among them what an administrator has to
//! read. A kind is a fixed text of the program, so that nothing received decides how much is kept.

use core::time::Duration;

use alloc::{string::String, vec::Vec};

use crate::Instant;

/// How long lines of a kind are counted after one was written.
const MINUTE: Duration = Duration::from_secs(60);

const fn after(now: Instant) -> Instant {
    Instant::from_origin(now.since_origin().saturating_add(MINUTE))
}

/// How many of a kind were not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What they say, without what differs.
    pub kind: String,
    /// How many.
    pub count: u64,
}

impl core::fmt::Display for Counted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} more in the last minute: {}", self.count, self.kind)
    }
}

#[derive(Debug)]
struct Entry {
    kind: String,
    until: Instant,
    count: u64,
}

/// The kinds that were written lately.
#[derive(Debug, Default)]
pub struct Tally {
    entries: Vec<Entry>,
}

impl Tally {
    /// None yet.
    pub const fn new() -> Tally {
        Tally { entries: Vec::new() }
    }

    /// Whether a line of this kind is to be written. Take what [`Tally::due`] gives first.
    pub fn says(&mut self, kind: &str, now: Instant) -> bool {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.kind == kind) {
            entry.count = entry.count.saturating_add(1);
            return false;
        }
        self.entries.push(Entry { kind: kind.into(), until: after(now), count: 0 });
        true
    }

    /// What was counted in a minute that is over. As long as there is something to count, the next minute is counted too.
    pub fn due(&mut self, now: Instant) -> Vec<Counted> {
        let mut due = Vec::new();
        self.entries.retain_mut(|entry| {
            if entry.until > now {
                return true;
            }
            let count = core::mem::take(&mut entry.count);
            if count > 0 {
                due.push(Counted { kind: entry.kind.clone(), count });
                entry.until = after(now);
            }
            count > 0
        });
        due
    }

    /// When there is something to say at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.entries.iter().filter(|entry| entry.count > 0).map(|entry| entry.until).min()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;
    use alloc::vec::Vec;
    use core::time::Duration;

    use super::{Counted, Tally};
    use crate::Instant;

    fn at(seconds: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(seconds))
    }

    /// What a log gets of one line each second from `from` on.
    fn written(tally: &mut Tally, from: u64, to: u64) -> (usize, Vec<Counted>) {
        let (mut lines, mut counts) = (0, Vec::new());
        for second in from..to {
            counts.extend(tally.due(at(second)));
            lines += usize::from(tally.says("forged", at(second)));
        }
        (lines, counts)
    }

    #[test]
    fn the_first_is_written_and_the_others_are_counted_each_minute() {
        let mut tally = Tally::new();
        let (lines, counts) = written(&mut tally, 100, 100 + 600);
        assert_eq!(lines, 1);
        assert_eq!(
            counts.iter().map(|counted| counted.count).collect::<Vec<_>>(),
            [59, 60, 60, 60, 60, 60, 60, 60, 60]
        );
        assert_eq!(counts.first().unwrap().to_string(), "59 more in the last minute: forged");
        // What was counted last is said though nothing more comes, and afterwards it is news again.
        assert_eq!(tally.deadline(), Some(at(700)));
        assert_eq!(tally.due(at(700)).len(), 1);
        assert_eq!((tally.deadline(), tally.due(at(760)).len()), (None, 0));
        assert!(tally.says("forged", at(761)));
    }

    #[test]
    fn kinds_do_not_hide_each_other() {
        let mut tally = Tally::new();
        assert!(tally.says("forged", at(1)));
        assert!(!tally.says("forged", at(2)) && tally.says("refused", at(2)));
        assert_eq!(tally.deadline(), Some(at(61)));
        assert_eq!(tally.due(at(61)), [Counted { kind: "forged".into(), count: 1 }]);
    }

    #[test]
    fn a_line_now_and_then_is_always_written() {
        let mut tally = Tally::new();
        for minute in 1..10 {
            assert!(tally.due(at(minute * 61)).is_empty());
            assert!(tally.says("forged", at(minute * 61)));
        }
    }
}
