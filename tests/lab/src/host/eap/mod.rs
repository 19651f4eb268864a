//! `lab eap`: our EAP, TLS and RADIUS judged by Debian's eapol_test, hostapd and freeradius, over loopback.
//!
//! Each row is one conversation (or two, where the second takes up the session of the first) between a small program of
//! ours (`tests/eap-peers`) and a foreign one, with what has to come of it: keys that are equal on both sides, or a refusal
//! with its words. Rows with a wrong password or a bad certificate show that the others can fail.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use super::needs::{self, Need};
use super::play::{self, Count};
use super::{cargo, fresh_folder};
use crate::failure::{Failure, Outcome, check};

mod bench;
mod cases;
mod certificates;
mod judge;
mod programs;
mod readme;
mod servers;
mod table;

use certificates::Certificates;
use judge::{Row, Seen};

/// What the rows need.
pub const NEEDS: [Need; 4] = [
    needs::need("/usr/bin/eapol_test", "eapoltest"),
    needs::need("/usr/sbin/hostapd", "hostapd"),
    needs::need("/usr/sbin/freeradius", "freeradius"),
    needs::need("openssl", "openssl"),
];

/// Builds our programs of the rows, with the profile of this one.
fn build() -> Outcome {
    let release = play::programs()?.file_name().is_some_and(|name| name == "release");
    let mut build = cargo(&["build", "--quiet", "--package", "eap-peers", "--bins"])?;
    if release {
        build.arg("--release");
    }
    check(build.status()?.success(), || "our programs do not build".into())
}

/// Measures our server beside the others.
pub fn bench() -> Outcome<bool> {
    bench::bench()
}

/// The rows whose method, judge or particularity holds each of the words.
pub fn eap(options: &[String]) -> Outcome<bool> {
    let (options, words): (Vec<String>, Vec<String>) = options.iter().cloned().partition(|word| word.starts_with('-'));
    let write = options.iter().any(|option| option == "--write");
    if let Some(option) = options.iter().find(|option| *option != "--write") {
        return Err(Failure::new(format!("eap has no option {option}")));
    }
    needs::packages(&NEEDS)?;
    build()?;
    let mut rows = table::rows();
    rows.retain(|row| words.iter().all(|word| format!("{} {} {:?}", row.method, row.what, row.judge).contains(word)));
    let (count, done) = play_rows(&rows)?;
    for odd in table::ODD {
        println!("note: {}", odd.why);
    }
    println!("{} as expected, {} not", count.passed, count.failed.len());
    if words.is_empty() {
        readme::compare(&done, write)?;
    }
    Ok(count.failed.is_empty() && count.passed > 0)
}

/// The rows that are a part of `lab test`: one method of each kind. Says how many there are without the programs.
pub fn quick(count: &mut Count) -> Outcome {
    let missing = needs::missing(&NEEDS);
    if !missing.is_empty() {
        println!("skip           cargo lab eap: missing here: {} (cargo lab eap installs them)", missing.join(" "));
        return Ok(());
    }
    build()?;
    let mut rows = table::rows();
    rows.retain(|row| row.quick);
    let (played, _) = play_rows(&rows)?;
    count.passed += played.passed;
    count.failed.extend(played.failed);
    Ok(())
}

/// Plays rows, as many at a time as there are processors, and prints a line for each.
fn play_rows(rows: &[Row]) -> Outcome<(Count, Vec<(Row, Seen)>)> {
    let folder = play::target()?.join("lab/eap");
    fresh_folder(&folder)?;
    let made = folder.join("certificates");
    fs::create_dir_all(&made)?;
    let certificates = Certificates::make(&made)?;
    let programs = play::programs()?;
    let queue: Mutex<VecDeque<(usize, &Row)>> = Mutex::new(rows.iter().enumerate().collect());
    let done = Mutex::new(Vec::new());
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((number, row)) = next() {
                    let seen = play_row(row, &programs, &folder.join(number.to_string()), &certificates);
                    if let Ok(mut done) = done.lock() {
                        done.push((number, row.clone(), seen));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().map_err(|_| Failure::new("a thread of the lab ended early"))?;
    done.sort_by_key(|(number, ..)| *number);
    let mut count = Count::default();
    for (number, row, seen) in &done {
        let name = format!("{} {} {:?}", row.method, row.what, row.judge);
        count.add(&name, seen.good);
        if !seen.good {
            println!("      logs in {}", folder.join(number.to_string()).display());
        }
    }
    Ok((count, done.into_iter().map(|(_, row, seen)| (row, seen)).collect()))
}

fn play_row(row: &Row, programs: &Path, folder: &Path, certificates: &Certificates) -> Seen {
    let begun = Instant::now();
    let seen = match fs::create_dir_all(folder) {
        Ok(()) => row.play(programs, folder, certificates),
        Err(why) => Seen { good: false, words: why.to_string() },
    };
    let (role, judge) = row.judge.words();
    println!(
        "{}  {:4.1} s  {:<18} {:<28} {role:<6} {judge:<10}  {:<36}  {}",
        if seen.good { "ok  " } else { "FAIL" },
        begun.elapsed().as_secs_f64(),
        row.method,
        row.what,
        row.expected.to_string(),
        seen.words
    );
    seen
}
