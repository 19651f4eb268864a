//! The table of methods × role × foreign program in the README of `eap`: written from what a run has shown, or held against it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::judge::{Expected, Judge, Row, Seen};
use super::table::{METHODS, ODD};
use crate::failure::{During as _, Outcome, check};
use crate::host::check::checkout;

const BEGIN: &str = "<!-- written by cargo lab eap --write -->\n";
const END: &str = "<!-- end -->\n";

/// The letter of a note.
fn letter(number: usize) -> char {
    char::from(b'a'.saturating_add(u8::try_from(number).unwrap_or(0)))
}

/// What the rows of a method, or of one kind of certificate, have shown with a foreign program.
fn cell(rows: &[&(Row, Seen)]) -> String {
    if rows.is_empty() {
        return "–".into();
    }
    if rows.iter().any(|(_, seen)| !seen.good) {
        return "NO".into();
    }
    let is_refused = |row: &Row| matches!(row.expected, Expected::Refused(_));
    let over = |version: &str| rows.iter().any(|(row, _)| row.what.starts_with(version) && !is_refused(row));
    let versions: Vec<&str> = ["1.2", "1.3"].into_iter().filter(|version| over(&format!("TLS {version}"))).collect();
    let refused = rows.iter().all(|(row, _)| is_refused(row));
    match (versions.is_empty(), refused) {
        (true, false) => "yes".into(),
        (true, true) | (false, true) => "refused".into(),
        (false, false) => versions.join(", "),
    }
}

/// The section, as a run has shown it.
fn section(done: &[(Row, Seen)]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, cells: &[String]| {
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    let heads = Judge::ALL.map(|judge| {
        let (role, name) = judge.words();
        format!("our {role}, {name}")
    });
    line("method", &heads);
    line("---", &["---".into(), "---".into(), "---".into()]);
    for method in METHODS {
        let cells = Judge::ALL.map(|judge| {
            let mine = |row: &Row| row.method == method.name && row.judge == judge && !row.is_case;
            let rows: Vec<&(Row, Seen)> = done.iter().filter(|(row, _)| mine(row)).collect();
            let mut cell = cell(&rows);
            for (number, odd) in ODD.iter().enumerate().filter(|(_, odd)| odd.is_about(method.name, judge)) {
                let _ = write!(cell, " [{}]", letter(number));
                debug_assert!(!odd.why.is_empty());
            }
            cell
        });
        line(method.name, &cells);
    }
    text.push('\n');
    let mut line = |name: &str, cells: &[String]| {
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    line("EAP-TLS with", &heads);
    line("---", &["---".into(), "---".into(), "---".into()]);
    let mut names: Vec<&str> = Vec::new();
    for (row, _) in done.iter().filter(|(row, _)| row.is_case) {
        // `TLS 1.2 ` or `TLS 1.3 ` stands in front.
        let name = row.what.get(8..).unwrap_or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let cells = Judge::ALL.map(|judge| {
            let mine = |row: &Row| row.is_case && row.judge == judge && row.what.get(8..) == Some(name);
            cell(&done.iter().filter(|(row, _)| mine(row)).collect::<Vec<_>>())
        });
        line(name, &cells);
    }
    text.push('\n');
    for (number, odd) in ODD.iter().enumerate() {
        let _ = writeln!(text, "[{}] {}.", letter(number), odd.why);
    }
    text
}

fn path() -> PathBuf {
    checkout().join("protocol/eap/README.md")
}

/// Holds the README against a run, or writes it anew.
pub(super) fn compare(done: &[(Row, Seen)], write: bool) -> Outcome {
    let path = path();
    let text = fs::read_to_string(&path).during(|| path.display().to_string())?;
    let missing = || "the README of eap has no place for the table".to_owned();
    let (before, rest) = text.split_once(BEGIN).during(missing)?;
    let (there, after) = rest.split_once(END).during(missing)?;
    let section = section(done);
    if write {
        fs::write(&path, format!("{before}{BEGIN}{section}{END}{after}"))?;
        return Ok(());
    }
    check(there == section, || {
        "protocol/eap/README.md says otherwise: cargo lab eap --write, and look at the difference".into()
    })
}
