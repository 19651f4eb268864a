//! `lab test`: everything there is to check, with one count at the end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::play::{self, Count};
use super::{Parts, cargo, eap, walls};
use crate::failure::{During as _, Outcome, check};
use crate::scenarios;

/// The checkout this program was built from.
#[must_use]
pub fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).unwrap_or(here).to_owned()
}

/// Format, clippy, unit and pair tests, the build of our programs, and all stories.
pub fn everything() -> Outcome<bool> {
    let parts = Parts::get()?;
    let started = Instant::now();
    let mut count = Count::default();
    let mut step = |name: &str, arguments: &[&str]| -> Outcome {
        let begun = Instant::now();
        let good = quietly(arguments)?;
        println!("{}  {:5.1} s  {name}", if good { "ok  " } else { "FAIL" }, begun.elapsed().as_secs_f64());
        count.add(name, good);
        Ok(())
    };
    step("cargo fmt --check", &["fmt", "--all", "--check"])?;
    step("cargo clippy, no warnings", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let stand = walls::walls(false)?;
    println!("{}  cargo lab walls", if stand { "ok  " } else { "FAIL" });
    count.add("cargo lab walls", stand);
    unit_tests(&mut count)?;
    eap::quick(&mut count)?;
    play::build_ours()?;
    let stories = scenarios::matching(&[]);
    println!("{} scenarios", stories.len());
    let played = play::stories(&parts, &stories, false)?;
    count.passed += played.passed;
    count.failed.extend(played.failed);
    println!();
    for name in &count.failed {
        println!("failed: {name}");
    }
    println!("after {} s", started.elapsed().as_secs());
    println!("{} passed, {} failed", count.passed, count.failed.len());
    Ok(count.failed.is_empty())
}

/// Runs cargo in the checkout; its output passes through.
fn quietly(arguments: &[&str]) -> Outcome<bool> {
    let status = cargo(arguments)?.stdin(Stdio::null()).status().during(|| "cargo".into())?;
    Ok(status.success())
}

/// Runs the tests of all crates, shows what is not plain success, and counts.
fn unit_tests(count: &mut Count) -> Outcome {
    let begun = Instant::now();
    let mut child = cargo(&["test", "--quiet", "--workspace", "--no-fail-fast", "--", "--format=pretty"])?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .during(|| "cargo test".into())?;
    let before = count.failed.len();
    let passed_before = count.passed;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            let verdict = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "));
            match verdict {
                Some((name, "FAILED")) => {
                    println!("{line}");
                    count.add(name, false);
                }
                Some((name, verdict)) if verdict == "ok" || verdict.starts_with("ok ") => count.add(name, true),
                Some((_, verdict)) if verdict.starts_with("ignored") => println!("{line}"),
                _ if line.trim().is_empty() || line.starts_with("running ") || line.starts_with("test result: ok") => {}
                _ => println!("{line}"),
            }
        }
    }
    let status = child.wait()?;
    let new = count.failed.len() - before;
    if !status.success() && new == 0 {
        count.add("cargo test (does not build, or a test ended its process)", false);
    }
    let word = if status.success() { "ok  " } else { "FAIL" };
    let passed = count.passed - passed_before;
    println!("{word}  {:5.1} s  cargo test: {passed} passed, {new} failed", begun.elapsed().as_secs_f64());
    Ok(())
}

/// How far a target came, out of libFuzzer's last line about it: `#N DONE cov: C … exec/s: E …`.
fn figures(said: &str) -> String {
    let Some(line) = said.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: ")) else {
        return String::new();
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |name: &str| {
        let place = words.iter().position(|word| *word == name);
        place.and_then(|place| words.get(place + 1)).copied().unwrap_or("?")
    };
    let runs = words.first().map_or("?", |word| word.trim_start_matches('#'));
    format!("{runs:>9} runs, {:>6}/s, {:>5} edges", after("exec/s:"), after("cov:"))
}

/// Each fuzz target for a while.
pub fn fuzz(seconds: u32) -> Outcome<bool> {
    let folder = checkout().join("tests/fuzz/fuzz");
    let missing = "missing: cargo-fuzz or a nightly toolchain; install with: cargo install cargo-fuzz; rustup toolchain install nightly";
    let fuzz = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        // The toolchain that started this program must not decide for the one that fuzzing needs.
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("CARGO_TARGET_DIR");
        command.arg("+nightly").arg("fuzz").args(arguments).current_dir(&folder).stdin(Stdio::null());
        command
    };
    let listed = fuzz(&["list"]).output().during(|| missing.into())?;
    check(listed.status.success(), || missing.into())?;
    let targets = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut count = Count::default();
    let limit = format!("-max_total_time={seconds}");
    for target in targets.lines().map(str::trim).filter(|target| !target.is_empty()) {
        let begun = Instant::now();
        // What is found goes to the first folder; the corpus that is kept is only read.
        let found = play::target()?.join("lab/fuzz").join(target);
        fs::create_dir_all(&found)?;
        let corpus = checkout().join("tests/fuzz/corpus").join(target).to_string_lossy().into_owned();
        let found = found.to_string_lossy().into_owned();
        let done = fuzz(&["run", target, &found, &corpus, "--", &limit, "-rss_limit_mb=4096"]).output()?;
        let good = done.status.success();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let (word, figures) = (if good { "ok  " } else { "FAIL" }, figures(&said));
        println!("{word}  {:5.1} s  {target:22}  {figures}", begun.elapsed().as_secs_f64());
        if !good {
            let lines: Vec<&str> = said.lines().collect();
            for line in lines.iter().skip(lines.len().saturating_sub(30)) {
                println!("      {line}");
            }
        }
        count.add(target, good);
    }
    println!("{} passed, {} failed", count.passed, count.failed.len());
    Ok(count.failed.is_empty() && count.passed > 0)
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn figures_of_a_fuzz_target_are_read() {
        let said = "INFO: seed corpus\n#2\tINITED cov: 10 ft: 9 corp: 1/1b exec/s: 0 rss: 40Mb\n\
            #3039\tDONE   cov: 7219 ft: 20714 corp: 268/48Kb lim: 369 exec/s: 49 rss: 201Mb\nDone 3039 runs\n";
        assert_eq!(figures(said), "     3039 runs,     49/s,  7219 edges");
        assert_eq!(figures("no fuzzer"), "");
    }
}
