//! `lab walls`: whether the rooms of the house are still apart, counted in its text.
//!
//! Each row has a goal, which the architecture sets, and a limit, which is what was reached so far: over its limit a row
//! fails, and a row that stays under it says that the limit can be lowered. So a wall that stands cannot be broken by
//! habit, and one that is missing can only get nearer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::cargo;
use super::check::checkout;
use crate::failure::{During as _, Outcome};

/// The rows and their limits.
const LIMITS: &str = include_str!("walls.tsv");

/// A file of ours: its path in the checkout and its lines of code, those of tests left out.
struct Source {
    path: String,
    lines: Vec<String>,
    /// All of it is tests.
    tests: bool,
}

/// Whether a file is nothing but tests.
fn is_tests(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("tests/")
        || path.contains("/tests/")
        || matches!(name, "tests.rs" | "testing.rs")
        || name.ends_with("_tests.rs")
}

/// The lines before the module of tests that a file ends with.
fn code(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| match pair {
        [attribute, module] => {
            attribute.trim() == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{')
        }
        _ => false,
    });
    lines.into_iter().take(tests.unwrap_or(usize::MAX)).map(str::to_owned).collect()
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Outcome {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(root, &path, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).during(|| path.display().to_string())?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            sources.push(Source { lines: code(&text), tests: is_tests(&path), path });
        }
    }
    Ok(())
}

/// Lines that are neither empty nor comments.
fn spoken(source: &Source) -> impl Iterator<Item = &str> {
    source.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with("//"))
}

/// How often a word stands in the code below these folders.
fn count(sources: &[Source], folders: &[&str], word: &str) -> usize {
    let chosen = sources.iter().filter(|source| !source.tests && folders.iter().any(|at| source.path.starts_with(at)));
    chosen.flat_map(spoken).map(|line| line.matches(word).count()).sum()
}

/// The module that a file is, below its crate's `src`.
fn module(path: &str) -> String {
    let inner = path.split_once("/src/").map_or(path, |(_, inner)| inner).trim_end_matches(".rs");
    inner.trim_end_matches("/mod").replace('/', "::")
}

/// Which modules of a crate its modules name.
fn arrows(sources: &[Source], root: &str) -> BTreeMap<String, BTreeSet<String>> {
    let of_crate: Vec<&Source> =
        sources.iter().filter(|source| source.path.starts_with(root) && !source.tests).collect();
    let modules: BTreeSet<String> = of_crate.iter().map(|source| module(&source.path)).collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in of_crate {
        let own = module(&source.path);
        let to = arrows.entry(own.clone()).or_default();
        let parent = own.rsplit_once("::").map_or("", |(parent, _)| parent);
        for line in spoken(source) {
            for (start, base) in [("crate::", ""), ("super::", parent)] {
                for rest in line.split(start).skip(1) {
                    let words: Vec<&str> = rest
                        .split("::")
                        .map(|word| word.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
                        .collect();
                    let whole = |taken: usize| {
                        let words = words.get(..taken).unwrap_or_default().join("::");
                        if base.is_empty() { words } else { format!("{base}::{words}") }
                    };
                    let named = (1..=words.len()).rev().map(whole).find(|name| modules.contains(name));
                    to.extend(named.filter(|name| *name != own));
                }
            }
        }
    }
    arrows
}

/// Modules that are on a circle of arrows.
fn on_circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> usize {
    let reached = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = vec![from];
        while let Some(module) = next.pop() {
            next.extend(arrows.get(module).into_iter().flatten().map(String::as_str).filter(|to| seen.insert(to)));
        }
        seen.contains(from)
    };
    arrows.keys().filter(|module| reached(module)).count()
}

/// Fields of a struct, by the file that declares it.
fn fields(sources: &[Source], path: &str, name: &str) -> usize {
    let Some(source) = sources.iter().find(|source| source.path == path) else { return 0 };
    let head = format!("struct {name} {{");
    let inside =
        source.lines.iter().skip_while(|line| !line.contains(&head)).skip(1).take_while(|line| line.as_str() != "}");
    inside.filter(|line| line.starts_with("    ") && line.contains(": ") && !line.trim_start().starts_with('/')).count()
}

/// Which of these crates a crate needs.
fn needs(package: &str, unwanted: &[&str]) -> Outcome<usize> {
    let tree = cargo(&["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])?
        .output()
        .during(|| "cargo tree".into())?;
    let said = String::from_utf8_lossy(&tree.stdout).into_owned();
    let named: BTreeSet<&str> = said.lines().filter_map(|line| line.split(' ').next()).collect();
    Ok(unwanted.iter().filter(|name| named.contains(**name)).count())
}

/// The figures of a checkout, by the names that the limits have.
fn figures(root: &Path) -> Outcome<BTreeMap<&'static str, usize>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    let long = sources.iter().filter(|source| !source.tests && source.lines.len() > 600).count();
    let hooks = count(&sources, &[""], "feature = \"testing\"");
    let daemons = ["supplicant/src/", "apd/src/"];
    Ok(BTreeMap::from([
        ("places that assign a link", count(&sources, &["supplicant/src/", "protocol/sta/"], "self.link = ")),
        ("places that set wpa_state", count(&sources, &["supplicant/src/", "protocol/sta/"], ".set_state(")),
        ("answers made as text in daemons", count(&sources, &daemons, "Answer::")),
        ("marks of test hooks", hooks),
        ("files over 600 lines", long),
        ("modules of supplicant on a circle", on_circles(&arrows(&sources, "supplicant/src/"))),
        ("modules of apd on a circle", on_circles(&arrows(&sources, "apd/src/"))),
        ("modules of sta on a circle", on_circles(&arrows(&sources, "protocol/sta/src/"))),
        ("fields of the station's engine", fields(&sources, "protocol/sta/src/engine/mod.rs", "Engine")),
        ("fields of an interface", fields(&sources, "supplicant/src/interface/mod.rs", "Interface")),
        ("fields of the access point's struct", fields(&sources, "protocol/ap/src/bss.rs", "Bss")),
        ("fields of an access point's station", fields(&sources, "protocol/ap/src/station.rs", "Station")),
        ("texts that the access point's engine needs", needs("ap", &["conf", "ctrl"])?),
        ("texts that the station's engine needs", needs("sta", &["conf", "ctrl"])?),
    ]))
}

/// Lines of code by room, tests left out.
fn rooms(root: &Path) -> Outcome<BTreeMap<String, usize>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.tests) {
        let room = source.path.split_once("/src/").map_or("other", |(room, _)| room);
        let lines = rooms.entry(room.to_owned()).or_default();
        *lines = lines.saturating_add(spoken(source).count());
    }
    Ok(rooms)
}

/// A row of the table.
struct Limit<'a> {
    name: &'a str,
    goal: usize,
    limit: usize,
}

fn limits() -> Vec<Limit<'static>> {
    let rows = LIMITS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.filter_map(|line| {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        let mut number = || columns.next()?.trim().parse().ok();
        Some(Limit { name, goal: number()?, limit: number()? })
    })
    .collect()
}

/// Counts, and prints the table; whether no row is over its limit.
pub fn walls(with_rooms: bool) -> Outcome<bool> {
    let root = checkout();
    let figures = figures(&root)?;
    let mut good = true;
    println!("{:<44} {:>6} {:>6} {:>6}", "", "goal", "limit", "now");
    for Limit { name, goal, limit } in limits() {
        let now = figures.get(name).copied();
        let word = match now {
            None => "there is no such figure",
            Some(now) if now > limit => "OVER ITS LIMIT",
            Some(now) if now < limit => "its limit can be lowered",
            Some(now) if now > goal => "",
            Some(_) => "reached",
        };
        good &= now.is_some_and(|now| now <= limit);
        let shown = now.map_or_else(|| "-".to_owned(), |now| now.to_string());
        println!("{name:<44} {goal:>6} {limit:>6} {shown:>6}  {word}");
    }
    if with_rooms {
        println!("\nlines of code without tests, comments and empty lines");
        for (room, lines) in rooms(&root)? {
            println!("{room:<44} {lines:>6}");
        }
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), lines: code(text), tests: is_tests(path) }
    }

    #[test]
    fn each_row_has_a_figure_and_each_figure_a_row() {
        let figures = figures(&checkout()).unwrap();
        let rows: BTreeSet<&str> = limits().iter().map(|limit| limit.name).collect();
        assert_eq!(rows, figures.keys().copied().collect());
        assert!(limits().iter().all(|row| row.goal <= row.limit));
    }

    #[test]
    fn circles_are_found_through_several_modules() {
        let sources = [
            source("a/src/one.rs", "use crate::two::Thing;\n"),
            source("a/src/two.rs", "use super::three::inner::Thing;\n"),
            source("a/src/three/inner.rs", "fn f() { crate::one::g() }\n"),
            source("a/src/three/mod.rs", "use crate::one::Thing;\n#[cfg(test)]\nmod tests {\nuse crate::two;\n}\n"),
            source("a/src/four.rs", "// use crate::four;\nuse crate::one;\n"),
        ];
        assert_eq!(on_circles(&arrows(&sources, "a/src/")), 3);
    }

    #[test]
    fn comments_and_tests_are_not_counted() {
        let sources = [
            source(
                "supplicant/src/a.rs",
                "self.link = x;\n// self.link = y;\n#[cfg(test)]\nmod tests {\nself.link = z;\n}\n",
            ),
            source("supplicant/src/machine_tests.rs", "self.link = x;\n"),
        ];
        assert_eq!(count(&sources, &["supplicant/src/"], "self.link = "), 1);
    }
}
