//! One row: our side and a foreign program talk, and what came of it is held against what was to come.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::certificates::Certificates;
use super::programs::{Running, last};
use super::servers::{self, Freeradius, SECRET};
use crate::failure::{Outcome, check};

/// Which side is ours, and who judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Judge {
    /// Our server, judged by eapol_test.
    EapolTest,
    /// Our peer, judged by hostapd.
    Hostapd,
    /// Our peer, judged by freeradius.
    Freeradius,
}

impl Judge {
    /// All of them.
    pub(super) const ALL: [Judge; 3] = [Judge::EapolTest, Judge::Hostapd, Judge::Freeradius];

    /// Its name and our role.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::EapolTest => ("server", "eapol_test"),
            Self::Hostapd => ("peer", "hostapd"),
            Self::Freeradius => ("peer", "freeradius"),
        }
    }
}

/// What is to come of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Success, with the same keys on both sides, or with none on either.
    Success {
        /// The method makes keys.
        keys: bool,
    },
    /// The same twice, the second time from the earlier session.
    Resumed,
    /// No success on either side, and one of them says this.
    Refused(&'static str),
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Success { keys: true } => f.write_str("success, keys equal"),
            Self::Success { keys: false } => f.write_str("success, no keys"),
            Self::Resumed => f.write_str("success, keys equal, resumed"),
            Self::Refused(words) => write!(f, "refused: {words}"),
        }
    }
}

/// The card of a mobile network for the foreign side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    /// None.
    None,
    /// Beside eapol_test, or behind hostapd.
    Aka,
    /// The same, for EAP-AKA'.
    Separated,
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The method, with what is inside.
    pub(super) method: String,
    /// What is particular about this row.
    pub(super) what: String,
    /// Our role, and who judges.
    pub(super) judge: Judge,
    /// What our program is told.
    pub(super) ours: String,
    /// What the foreign program is told, in its own words.
    pub(super) theirs: String,
    /// For freeradius: the method that it begins with, and the one inside.
    pub(super) begin: (String, String),
    /// The foreign side's card.
    pub(super) card: Card,
    /// What is to come of it.
    pub(super) expected: Expected,
    /// It is about certificates.
    pub(super) is_case: bool,
    /// The conversation is had once more, with what is remembered of the first.
    pub(super) again: bool,
    /// It is a part of `lab test`.
    pub(super) quick: bool,
}

/// What was seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Whether it is what was expected.
    pub(super) good: bool,
    /// In words.
    pub(super) words: String,
}

/// What came of a conversation.
#[derive(Debug, Default)]
struct Result {
    success: bool,
    /// `Some(true)` if both sides have the same keys, `None` if there are none.
    keys: Option<bool>,
    resumed: bool,
    why: String,
}

impl Row {
    /// Plays it in a folder of its own.
    pub(super) fn play(&self, programs: &Path, folder: &Path, certificates: &Certificates) -> Seen {
        let result = match self.judge {
            Judge::EapolTest => self.play_server(programs, folder, certificates),
            Judge::Hostapd | Judge::Freeradius => self.play_peer(programs, folder, certificates),
        };
        match result {
            Ok(result) => self.compare(&result),
            Err(why) => Seen { good: false, words: why.to_string() },
        }
    }

    fn compare(&self, result: &Result) -> Seen {
        let keys = match result.keys {
            Some(true) => "keys equal",
            Some(false) => "keys differ",
            None => "no keys",
        };
        let resumed = if result.resumed { ", resumed" } else { "" };
        let words =
            if result.success { format!("success, {keys}{resumed}") } else { format!("refused: {}", result.why) };
        let good = match &self.expected {
            Expected::Success { keys } => result.success && result.keys == keys.then_some(true) && !result.resumed,
            Expected::Resumed => result.success && result.keys == Some(true) && result.resumed,
            Expected::Refused(words) => !result.success && result.why.contains(words),
        };
        Seen { good, words }
    }

    fn fill(text: &str, folder: &Path, certificates: &Certificates) -> String {
        text.replace("@here", &folder.to_string_lossy())
            .replace("SERVER_HASH", &certificates.sha256("server").unwrap_or_default())
            .replace('@', &certificates.folder().to_string_lossy())
    }

    /// Identities have an `@` too, written so that it is no folder.
    fn filled(text: &str, folder: &Path, certificates: &Certificates) -> String {
        Self::fill(text, folder, certificates).replace("(at)", "@")
    }

    fn play_server(&self, programs: &Path, folder: &Path, certificates: &Certificates) -> Outcome<Result> {
        let server = servers::ours(programs, folder, &Self::filled(&self.ours, folder, certificates))?;
        let theirs = Self::filled(&self.theirs, folder, certificates);
        let (global, network): (Vec<&str>, Vec<&str>) = theirs.lines().partition(|line| line.starts_with("global "));
        let mut global: Vec<&str> = global.iter().filter_map(|line| line.strip_prefix("global ")).collect();
        let control = format!("ctrl_interface={}", folder.display());
        if self.card != Card::None {
            global.extend([control.as_str(), "external_sim=1"]);
        }
        let configuration =
            format!("{}\nnetwork={{\nkey_mgmt=WPA-EAP\neapol_flags=0\n{}\n}}\n", global.join("\n"), network.join("\n"));
        let file = folder.join("eapol_test.conf");
        fs::write(&file, configuration)?;
        let mut command = Command::new("/usr/bin/eapol_test");
        command.args(["-a", "127.0.0.1", "-s", SECRET, "-t", "10", "-p", &server.port.to_string(), "-c"]).arg(&file);
        if self.expected == (Expected::Success { keys: false }) {
            command.arg("-n");
        }
        if self.again {
            command.args(["-r", "1"]);
        }
        // It waits for whoever answers for the card.
        let card = match self.card {
            Card::None => None,
            Card::Aka | Card::Separated => {
                command.arg("-W");
                Some(folder.join("test"))
            }
        };
        let station = Running::start(&mut command, folder, "eapol_test")?;
        let _card = card.map(|socket| {
            Running::start(Command::new(programs.join("sim-card")).arg("control").arg(socket), folder, "sim-card")
        });
        let (success, said) = station.end()?;
        let ours = server.program.said();
        let accepted: Vec<&str> = ours.lines().filter(|line| line.starts_with("accepted ")).collect();
        let msk = accepted.last().and_then(|line| line.split(' ').nth(2)).unwrap_or("-");
        // What the station came to itself: it compares that with what RADIUS gave to its access point.
        let pmk = said.lines().rev().find_map(|line| line.strip_prefix("PMK from EAPOL - hexdump(len=32): "));
        let pmk = pmk.map(|digits| digits.replace(' ', ""));
        let keys = if msk == "-" { None } else { Some(pmk.is_some_and(|pmk| msk.starts_with(&pmk))) };
        let refused = ours.lines().rev().find_map(|line| line.strip_prefix("refused "));
        let station_says = said.lines().rev().find(|line| line.contains("CERT-ERROR") || line.contains("EAP-FAILURE"));
        let both = format!("{}; {}", refused.unwrap_or("nothing"), station_says.map_or("", str::trim));
        check(success || accepted.is_empty() || !self.expects_success(), || {
            format!("our server accepts, eapol_test does not: {}", last(&said))
        })?;
        Ok(Result { success, keys, resumed: said.contains("resumed=1"), why: both })
    }

    const fn expects_success(&self) -> bool {
        !matches!(self.expected, Expected::Refused(_))
    }

    fn play_peer(&self, programs: &Path, folder: &Path, certificates: &Certificates) -> Outcome<Result> {
        let theirs = Self::filled(&self.theirs, folder, certificates);
        // A home network answers before its server starts.
        let mut home = Command::new(programs.join("sim-card"));
        home.arg("home").arg(folder.join("home"));
        let home = match self.card {
            Card::None => None,
            Card::Aka => Some(&mut home),
            Card::Separated => Some(home.arg("separated")),
        };
        let home = home.map(|command| Running::start(command, folder, "sim-card")).transpose()?;
        if let Some(mut home) = home {
            home.until("listening")?;
            return self.talk(programs, folder, certificates, &theirs);
        }
        self.talk(programs, folder, certificates, &theirs)
    }

    fn talk(&self, programs: &Path, folder: &Path, certificates: &Certificates, theirs: &str) -> Outcome<Result> {
        let server = match self.judge {
            Judge::Freeradius => servers::freeradius(
                folder,
                &Freeradius {
                    method: &self.begin.0,
                    inner: &self.begin.1,
                    tls: theirs,
                    certificates: certificates.folder(),
                    debug: true,
                },
            )?,
            Judge::Hostapd | Judge::EapolTest => servers::hostapd(folder, theirs, true)?,
        };
        let times = if self.again { 2 } else { 1 };
        let file = folder.join("radius-peer.conf");
        let ours = Self::filled(&self.ours, folder, certificates);
        fs::write(&file, format!("secret={SECRET}\nport={}\ntimes={times}\n{ours}\n", server.port))?;
        let peer = Running::start(Command::new(programs.join("radius-peer")).arg(&file), folder, "radius-peer")?;
        let (ended, said) = peer.end()?;
        check(ended, || last(&said))?;
        let line = last(&said);
        let mut result = Result { why: line.trim_start_matches("failure ").to_owned(), ..Result::default() };
        if let ["success", _, _, keys, _, certificates] = line.split(' ').collect::<Vec<_>>().as_slice() {
            result.success = said.lines().filter(|line| line.starts_with("success ")).count() == times;
            result.keys = if *keys == "none" { None } else { Some(*keys == "equal") };
            result.resumed = self.again && *certificates == "0";
        }
        Ok(result)
    }
}
