//! Playing stories in parallel guests, and saying how they went.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::boot::Guest;
use super::{Parts, cargo};
use crate::failure::{During as _, Failure, Outcome, check};
use crate::scenarios::Story;

/// How long a guest may take on the machine's clock.
pub const LIMIT: Duration = Duration::from_secs(90);

/// How many lines of each log are shown when a story fails.
const LINES: usize = 40;

/// How stories went.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Went well.
    pub passed: usize,
    /// Did not.
    pub failed: Vec<String>,
}

impl Count {
    /// Notes one more.
    pub fn add(&mut self, name: &str, well: bool) {
        if well {
            self.passed += 1;
        } else {
            self.failed.push(name.to_owned());
        }
    }
}

/// The path of this program. Cargo may have built it anew meanwhile, with what the others need of common crates: then the
/// kernel says that the old one was deleted, and the new one in its place serves as well.
pub fn own_program() -> Outcome<PathBuf> {
    let me = std::env::current_exe().during(|| "the path of this program".into())?;
    let text = me.to_string_lossy();
    Ok(text.strip_suffix(" (deleted)").map_or_else(|| me.clone(), PathBuf::from))
}

/// The folder of the programs just built: this one's own.
pub fn programs() -> Outcome<PathBuf> {
    let me = own_program()?;
    me.parent().map(Path::to_owned).during(|| "this program is in no folder".into())
}

/// The folder of the target directory this program was built in.
pub fn target() -> Outcome<PathBuf> {
    let programs = programs()?;
    programs.parent().map(Path::to_owned).during(|| "this program is in no target folder".into())
}

/// Builds our programs beside this one, with the same profile.
pub fn build_ours() -> Outcome {
    let programs = programs()?;
    let release = programs.file_name().is_some_and(|name| name == "release");
    build_profile(release)
}

/// Builds our programs with a profile.
pub fn build_profile(release: bool) -> Outcome {
    let packages = ["--package", "supplicant", "--package", "apd", "--package", "privd", "--package", "lab"];
    let mut build = cargo(&["build", "--quiet"])?;
    build.args(packages);
    if release {
        build.arg("--release");
    }
    let status = build.status().during(|| "cargo build".into())?;
    check(status.success(), || "our programs do not build".into())
}

/// Plays stories, two guests or more at a time, and prints a line for each.
pub fn stories(parts: &Parts, stories: &[Story], stand_in: bool) -> Outcome<Count> {
    stories_with(parts, stories, stand_in, &[])
}

/// The same, with files for each of them.
pub fn stories_with(parts: &Parts, stories: &[Story], stand_in: bool, files: &[(String, String)]) -> Outcome<Count> {
    let results = target()?.join("lab");
    let programs = programs()?;
    let guests = std::env::var("AIRLOCK_LAB_GUESTS").ok().and_then(|text| text.parse().ok());
    let guests = guests.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
    let queue: Mutex<VecDeque<&Story>> = Mutex::new(stories.iter().collect());
    let count = Mutex::new(Count::default());
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    std::thread::scope(|scope| {
        for _ in 0..guests.clamp(1, stories.len().max(1)) {
            scope.spawn(|| {
                while let Some(story) = next() {
                    let guest = Guest {
                        story: story.name.into(),
                        radios: story.radios,
                        time_travel: true,
                        keep: false,
                        stand_in,
                        results: results.join(story.name),
                        programs: programs.clone(),
                        limit: LIMIT,
                        files: files.to_vec(),
                    };
                    let started = Instant::now();
                    let outcome = guest.run(parts);
                    let seconds = started.elapsed().as_secs_f64();
                    if let Ok(mut count) = count.lock() {
                        match &outcome {
                            Ok(()) => println!("ok    {:5.1} s  {}", seconds, story.name),
                            Err(failure) => {
                                println!("FAIL  {:5.1} s  {}: {failure}", seconds, story.name);
                                print_logs(&guest.results);
                            }
                        }
                        count.add(story.name, outcome.is_ok());
                    }
                }
            });
        }
    });
    count.into_inner().map_err(|_| Failure::new("a thread of the lab ended early"))
}

/// Prints the end of each log a story left.
fn print_logs(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !(name.ends_with(".log") || name == "steps" || name == "console") {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        println!("  --- {} ({} lines)", file.display(), lines.len());
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            println!("      {line}");
        }
    }
}
