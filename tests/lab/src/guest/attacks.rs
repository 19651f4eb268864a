//! What whoever has taken over a process of ours tries: rows of text, so that a stranger can add one, and how they are
//! played. The attacker knows the octets of the protocol and nothing of the policy; what became of a row is read from
//! the kernel and the file system, never from an answer.
//!
//! A row is `WHOM STARTED ACTION… EXPECTED`, its words between spaces, a word with spaces in quotes:
//!
//! * WHOM: a process (`supplicant`, `apd`, `privd`, `privd-keeper`, `post`, `post-keeper`, `courier`, `courier-keeper`), or `daemons`, `helpers`, `all`;
//!   for requests `station` or `access-point`: a daemon of that role, in its user's name, on a connection of its own.
//! * STARTED: `root` (as the originals are), `units` (by systemd), or `both`.
//! * ACTION: `call NAME ARGUMENT…`, a system call from inside the process; an argument is a number, a text in quotes,
//!   `here` (the working directory), `victim` (another's process), `out` (room for what the kernel writes), or octets as
//!   `hex:00ff`. Or `ask VERB WORD…`, a request of privd: see [`super::asks`].
//! * EXPECTED: `refused` (a call: the kernel says no), or `nothing` (a request: the network is as it was before); for both,
//!   whatever it is about must be unharmed. `allowed` is for what a process needs, to show that the row itself works.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use nix::errno::Errno;
use nix::libc;

use super::air::Ear;
use super::inside::{Argument, Inside, Verdict};
use super::lab::Lab;
use super::process;
use crate::failure::{During as _, Failure, Outcome, check};

/// The rows that the lab has.
pub const OWN: &str = include_str!("../../attacks.txt");
/// The file in a story's results with further rows.
pub const FURTHER: &str = "further-attacks";
/// The file in a story's results with what became of each.
pub const TABLE: &str = "attacks.tsv";

/// How the attacked were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// As root, as the originals are.
    Root,
    /// By systemd, as users of their own.
    Units,
}

impl Started {
    const fn word(self) -> &'static str {
        match self {
            Started::Root => "root",
            Started::Units => "units",
        }
    }
}

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A system call: its name, number and arguments.
    Call(String, i64, Vec<Word>),
    /// A request of privd.
    Ask(Vec<String>),
}

/// An argument of a system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A number.
    Number(u64),
    /// Octets; a text ends with a zero.
    Octets(Vec<u8>),
    /// The process id of somebody else's process.
    Victim,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who tries it.
    pub whom: String,
    /// How that one was started; absent: either way.
    pub started: Option<Started>,
    /// What.
    pub action: Action,
    /// It is something that has to work.
    pub allowed: bool,
    /// As it is written.
    pub text: String,
}

/// What became of a row.
#[derive(Clone, Debug)]
pub struct Played {
    /// The process or role.
    pub whom: String,
    /// How it was started.
    pub started: Started,
    /// The row's action.
    pub what: String,
    /// What the kernel said, and what it shows.
    pub happened: String,
    /// It was as expected.
    pub held: bool,
}

/// System calls that rows may name.
const CALLS: [(&str, i64); 37] = [
    ("open", libc::SYS_open),
    ("openat", libc::SYS_openat),
    ("creat", libc::SYS_creat),
    ("truncate", libc::SYS_truncate),
    ("chmod", libc::SYS_chmod),
    ("fchmodat", libc::SYS_fchmodat),
    ("chown", libc::SYS_chown),
    ("lchown", libc::SYS_lchown),
    ("fchownat", libc::SYS_fchownat),
    ("unlink", libc::SYS_unlink),
    ("unlinkat", libc::SYS_unlinkat),
    ("rename", libc::SYS_rename),
    ("link", libc::SYS_link),
    ("symlink", libc::SYS_symlink),
    ("mkdir", libc::SYS_mkdir),
    ("mknod", libc::SYS_mknod),
    ("mount", libc::SYS_mount),
    ("chroot", libc::SYS_chroot),
    ("socket", libc::SYS_socket),
    ("ptrace", libc::SYS_ptrace),
    ("kill", libc::SYS_kill),
    ("tkill", libc::SYS_tkill),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("setuid", libc::SYS_setuid),
    ("setgid", libc::SYS_setgid),
    ("unshare", libc::SYS_unshare),
    ("execve", libc::SYS_execve),
    ("execveat", libc::SYS_execveat),
    ("mmap", libc::SYS_mmap),
    ("mprotect", libc::SYS_mprotect),
    ("fork", libc::SYS_fork),
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("keyctl", libc::SYS_keyctl),
    ("init_module", libc::SYS_init_module),
    ("reboot", libc::SYS_reboot),
];

/// Words between spaces; a word in quotes keeps its quote in front, to tell it from others.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (text, after) = quoted.split_once('"')?;
                (format!("\"{text}"), after)
            }
            None => {
                let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                (word.to_owned(), after)
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

fn number(word: &str) -> Option<u64> {
    let signed = |text: &str, radix| u64::from_str_radix(text, radix).ok();
    match (word.strip_prefix("0x"), word.strip_prefix("0o"), word.strip_prefix('-')) {
        (Some(hex), _, _) => signed(hex, 16),
        (_, Some(octal), _) => signed(octal, 8),
        (_, _, Some(negative)) => Some(negative.parse::<u64>().ok()?.wrapping_neg()),
        _ => word.parse().ok(),
    }
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

fn argument(word: &str) -> Option<Word> {
    match word {
        "here" => Some(Word::Number(i64::from(libc::AT_FDCWD).cast_unsigned())),
        "victim" => Some(Word::Victim),
        "out" => Some(Word::Octets(vec![0; 512])),
        _ => match (word.strip_prefix('"'), word.strip_prefix("hex:")) {
            (Some(text), _) => Some(Word::Octets([text.as_bytes(), &[0]].concat())),
            (None, Some(hex)) => octets(hex).map(Word::Octets),
            (None, None) => number(word).map(Word::Number),
        },
    }
}

fn row(line: &str) -> Result<Row, String> {
    let words = words(line).ok_or("a quote that does not end")?;
    let [whom, started, action, middle @ .., expected] = words.as_slice() else {
        return Err("a row is WHOM STARTED ACTION… EXPECTED".into());
    };
    let started = match started.as_str() {
        "both" => None,
        "root" => Some(Started::Root),
        "units" => Some(Started::Units),
        other => return Err(format!("\"{other}\" is no way of starting: root, units or both")),
    };
    let action = match (action.as_str(), middle) {
        ("call", [name, arguments @ ..]) => {
            let known = CALLS.iter().find(|(known, _)| known == name);
            let (_, number) = known.ok_or_else(|| format!("no system call is called \"{name}\" here"))?;
            let parsed: Result<Vec<Word>, String> =
                arguments.iter().map(|word| argument(word).ok_or(format!("\"{word}\" is no argument"))).collect();
            Action::Call(name.clone(), *number, parsed?)
        }
        ("ask", words @ [_, ..]) => Action::Ask(words.iter().map(|word| word.trim_start_matches('"').into()).collect()),
        (other, _) => return Err(format!("\"{other}\" is no action: call NAME or ask VERB")),
    };
    let allowed = match (expected.as_str(), &action) {
        ("refused", Action::Call(..)) | ("nothing", Action::Ask(_)) => false,
        ("allowed", Action::Call(..) | Action::Ask(_)) => true,
        (other, _) => return Err(format!("\"{other}\" is nothing to expect of this: refused, nothing or allowed")),
    };
    Ok(Row { whom: whom.clone(), started, action, allowed, text: line.trim().to_owned() })
}

/// Reads rows. `file`: what they are in, for whoever has to mend one.
pub fn rows(file: &str, text: &str) -> Outcome<Vec<Row>> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let parsed = lines.map(|(number, line)| row(line).map_err(|why| Failure::new(format!("{file}:{number}: {why}"))));
    parsed.collect()
}

/// The lab's rows, and those that came from elsewhere.
pub fn all(lab: &Lab) -> Outcome<Vec<Row>> {
    let mut all = rows("attacks.txt", OWN)?;
    if let Ok(further) = fs::read_to_string(lab.results().join(FURTHER)) {
        all.extend(rows("the further rows", &further)?);
    }
    Ok(all)
}

impl Row {
    fn is_for(&self, process: &str, started: Started) -> bool {
        let daemon = matches!(process, "supplicant" | "apd");
        let meant = match self.whom.as_str() {
            "all" => true,
            "daemons" => daemon,
            "helpers" => !daemon,
            "post" => process == "privd-post",
            "courier" => process == "privd-courier",
            name => name == process,
        };
        meant && self.started.is_none_or(|only| only == started)
    }
}

/// What attackers would like to have, and may not touch.
const CANARIES: [(&str, u32); 4] = [("secret", 0o600), ("text", 0o644), ("tool", 0o755), ("setuid", 0o4755)];
const FOLDER: &str = "/run/canary";
/// What else is looked at, where it is there.
const WATCHED: [&str; 10] = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/wpa_supplicant",
    "/etc/wpa_supplicant/ifupdown.sh",
    "/etc/wpa_supplicant/functions.sh",
    "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf",
    "/etc/hostapd/wlan1.conf",
    "/run/own/station.conf",
    "/run/new",
    "/tmp/new",
];

/// What is watched: somebody listens on the socket among the files, and somebody to the air.
#[derive(Debug)]
pub struct Canaries {
    _socket: UnixDatagram,
    air: Ear,
}

/// Makes it.
pub fn canaries() -> Outcome<Canaries> {
    fs::create_dir_all(FOLDER)?;
    for (name, mode) in CANARIES {
        let path = Path::new(FOLDER).join(name);
        fs::write(&path, name)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(Canaries { _socket: UnixDatagram::bind(Path::new(FOLDER).join("socket"))?, air: Ear::open()? })
}

/// How it looks, in one line for each.
fn state() -> Outcome<String> {
    let mut state = String::new();
    let mut names: Vec<_> =
        fs::read_dir(FOLDER)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    names.sort();
    names.extend(WATCHED.map(Into::into));
    for path in names {
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        let content = if about.is_file() { fs::read(&path)? } else { Vec::new() };
        let (mode, owner) = (about.mode(), (about.uid(), about.gid()));
        state += &format!("{} {mode:o} {owner:?} {} {content:?}\n", path.display(), about.ino());
    }
    Ok(state)
}

/// Has a process try each row that is for it. Gives the rows that are left where one has killed it.
pub fn inside<'a>(
    lab: &mut Lab,
    id: u32,
    rows: &'a [Row],
    started: Started,
    victim: u32,
    played: &mut Vec<Played>,
) -> Outcome<&'a [Row]> {
    let name = process::read(id)?.map(|process| process.name).during(|| format!("process {id}"))?;
    let mut inside = Inside::enter(id)?;
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.is_for(&name, started)) {
        let Action::Call(_, call, words) = &row.action else { continue };
        let arguments: Vec<Argument<'_>> = words
            .iter()
            .map(|word| match word {
                Word::Number(number) => Argument::Number(*number),
                Word::Octets(octets) => Argument::Bytes(octets),
                Word::Victim => Argument::Number(victim.into()),
            })
            .collect();
        let before = state()?;
        let verdict = inside.call(*call, &arguments)?;
        let after = state()?;
        let unharmed = before == after && process::read(victim)?.is_some_and(|process| process.id == victim);
        let said = match verdict {
            Verdict::Did(value) => format!("done ({value})"),
            Verdict::Refused(errno) => format!("{errno:?}"),
            Verdict::Killed => "killed".to_owned(),
        };
        // Other complaints are of the call itself: the sandbox had let it through.
        let no = [Errno::EPERM, Errno::EACCES, Errno::ENOSYS, Errno::EAFNOSUPPORT];
        let refused = matches!(verdict, Verdict::Refused(errno) if no.contains(&errno)) || verdict == Verdict::Killed;
        let as_expected = if row.allowed { matches!(verdict, Verdict::Did(_)) } else { refused };
        let happened = if unharmed { said } else { format!("{said}, and harm is done: {before} {after}") };
        lab.step(&format!("{name}: {}: {happened}", row.text));
        played.push(Played { whom: name.clone(), started, what: what(row), happened, held: as_expected && unharmed });
        if verdict == Verdict::Killed {
            return Ok(rows.get(place.saturating_add(1)..).unwrap_or_default());
        }
    }
    inside.leave()?;
    Ok(&[])
}

/// A row without who tries it and what is expected.
fn what(row: &Row) -> String {
    let end = row.text.rfind(char::is_whitespace).unwrap_or(row.text.len());
    let middle = row.text.get(..end).unwrap_or_default();
    middle.splitn(3, char::is_whitespace).nth(2).unwrap_or_default().trim().to_owned()
}

/// Rows for requests of a role.
pub fn asks<'a>(rows: &'a [Row], role: &'a str, started: Started) -> impl Iterator<Item = (&'a Row, &'a [String])> {
    let meant = move |row: &&Row| row.whom == role && row.started.is_none_or(|only| only == started);
    rows.iter().filter(meant).filter_map(|row| match &row.action {
        Action::Ask(words) => Some((row, words.as_slice())),
        Action::Call(..) => None,
    })
}

/// Plays such a row. `ask`: has the program ask, and gives whether it was refused and what it said.
pub fn asked(
    canaries: &Canaries,
    row: &Row,
    role: &str,
    started: Started,
    ask: impl FnOnce() -> Outcome<(bool, String)>,
) -> Outcome<Played> {
    let before = state()?;
    canaries.air.marked();
    let (good, said) = ask()?;
    let (after, marked) = (state()?, canaries.air.marked());
    let mut happened = said.trim().replace('\n', "; ").replace('\t', " ");
    if before != after {
        happened += &format!(", and harm is done: {before} {after}");
    }
    if marked > 0 {
        happened += &format!("; {marked} frames on the air");
    }
    // A frame that may be sent is heard, and no other.
    let sends = matches!(&row.action, Action::Ask(words) if words.first().is_some_and(|word| word == "send"));
    let heard = (marked > 0) == (sends && row.allowed);
    let held = before == after && good != row.allowed && heard;
    Ok(Played { whom: role.to_owned(), started, what: what(row), happened, held })
}

/// Writes the table of a story; a row that did not hold is its failure.
pub fn conclude(lab: &Lab, played: &[Played]) -> Outcome {
    let line = |row: &Played| {
        let held = if row.held { "held" } else { "BROKEN" };
        [&row.whom, row.started.word(), &row.what, &row.happened, held].join("\t") + "\n"
    };
    fs::write(lab.results().join(TABLE), played.iter().map(line).collect::<String>())?;
    let broken: Vec<String> = played.iter().filter(|row| !row.held).map(|row| line(row).trim().to_owned()).collect();
    check(!played.is_empty(), || "no row was played".into())?;
    check(broken.is_empty(), || format!("{} of {} rows: {}", broken.len(), played.len(), broken.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_the_lab_are_read_and_each_process_has_some() {
        let rows = rows("attacks.txt", OWN).unwrap();
        for process in ["supplicant", "apd", "privd", "privd-keeper", "privd-post", "post-keeper", "privd-courier"] {
            for started in [Started::Root, Started::Units] {
                let count = rows.iter().filter(|row| row.is_for(process, started)).count();
                assert!(count > 10, "{process} {started:?}: {count}");
            }
        }
        for role in ["station", "access-point"] {
            assert!(asks(&rows, role, Started::Root).count() > 8 && asks(&rows, role, Started::Units).count() > 8);
        }
    }

    #[test]
    fn a_wrong_row_is_named_with_its_line() {
        for (row, why) in [
            ("all both call chmod", "no action"),
            ("all both call chmod \"/a\"", "nothing to expect"),
            ("all both fly refused", "no action"),
            ("all both call fly \"/a\" refused", "no system call"),
            ("all never call chmod refused", "no way of starting"),
            ("all both call chmod \"/a refused", "does not end"),
            ("all both call chmod x refused", "no argument"),
            ("station both ask attach eth0 refused", "nothing to expect"),
        ] {
            let said = rows("mine", &format!("# comment\n\n{row}\n")).unwrap_err().to_string();
            assert!(said.starts_with("mine:3: ") && said.contains(why), "{row}: {said}");
        }
    }

    #[test]
    fn arguments_are_numbers_texts_and_octets() {
        let text = "post root call openat here \"/a b\" 0x10 0o17 -1 hex:00ff victim out refused\n";
        let rows = rows("mine", text).unwrap();
        let Action::Call(_, _, words) = &rows[0].action else { panic!("no call") };
        let here = i64::from(libc::AT_FDCWD).cast_unsigned();
        let expected = [
            Word::Number(here),
            Word::Octets(b"/a b\0".to_vec()),
            Word::Number(16),
            Word::Number(15),
            Word::Number(u64::MAX),
            Word::Octets(vec![0, 255]),
            Word::Victim,
            Word::Octets(vec![0; 512]),
        ];
        assert_eq!(words.as_slice(), expected);
        assert_eq!(what(&rows[0]), "call openat here \"/a b\" 0x10 0o17 -1 hex:00ff victim out");
    }
}
