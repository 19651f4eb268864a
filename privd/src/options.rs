//! The command lines: what daemons, keepers and systemd say to these programs.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use policy::grant::Grant;

/// The programs of this crate: one for each thing that a process of ours does with a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Starts the others, starts them again when they die, and opens files for the post.
    Keeper,
    /// The network worker.
    Privd,
    /// The owner of the control sockets.
    Post,
}

impl Program {
    /// The name of its file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Program::Keeper => "privd-keeper",
            Program::Privd => "privd",
            Program::Post => "privd-post",
        }
    }

    /// What `--help` says.
    pub(crate) const fn usage(self) -> &'static str {
        match self {
            Program::Keeper => {
                "\
usage: privd-keeper keep --grant TEXT
       privd-keeper keep-post --grant TEXT [--folder DIR]
       privd-keeper serve-post [--grant FILE]...
options of all: --accept-unconfined, --debug, --syslog, --help, --version

keep, keep-post: started by supplicant and apd, whose line is standard input.
serve-post: started by systemd's socket activation. Without --grant it takes the files *.grant of /etc/airlock, and
those of /usr/lib/airlock that have no namesake there."
            }
            Program::Privd => {
                "\
usage: privd serve [--grant FILE]...
       privd work
options: --accept-unconfined, --debug, --syslog, --help, --version

serve: started by systemd's socket activation. Without --grant it takes the files *.grant of /etc/airlock, and those
of /usr/lib/airlock that have no namesake there.
work: started by privd-keeper."
            }
            Program::Post => "usage: privd-post work\n\nwork: started by privd-keeper.",
        }
    }
}

/// Options of all commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) accept_unconfined: bool,
    pub(crate) debug: bool,
    /// What it has to say goes to the system's log.
    pub(crate) syslog: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// A keeper's own word to a program that it starts.
    Work,
    Keep {
        grant: Box<Grant>,
        common: Common,
    },
    /// With the folder in which the daemon was started.
    KeepPost {
        grant: Box<Grant>,
        started: Option<PathBuf>,
        common: Common,
    },
    Serve {
        grants: Vec<PathBuf>,
        common: Common,
    },
    ServePost {
        grants: Vec<PathBuf>,
        common: Common,
    },
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Help,
    Version,
    Run(Command),
}

/// Reads the command line of a program.
pub(crate) fn parse(program: Program, mut parser: lexopt::Parser) -> Result<Parsed, lexopt::Error> {
    let mut word = None;
    let mut grants: Vec<OsString> = Vec::new();
    let mut started = None;
    let mut common = Common::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Parsed::Help),
            Short('v' | 'V') | Long("version") => return Ok(Parsed::Version),
            Long("accept-unconfined") => common.accept_unconfined = true,
            Long("debug") => common.debug = true,
            Long("syslog") => common.syslog = true,
            Long("grant") => grants.push(parser.value()?),
            Long("folder") => started = Some(parser.value()?.into()),
            Value(value) if word.is_none() => word = Some(value.string()?),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    let files = |grants: Vec<OsString>| grants.into_iter().map(PathBuf::from).collect();
    let command = match (program, word.as_deref()) {
        (Program::Keeper, Some("keep")) => Command::Keep { grant: one(grants)?, common },
        (Program::Keeper, Some("keep-post")) => Command::KeepPost { grant: one(grants)?, started, common },
        (Program::Keeper, Some("serve-post")) => Command::ServePost { grants: files(grants), common },
        (Program::Privd, Some("serve")) => Command::Serve { grants: files(grants), common },
        (Program::Keeper | Program::Privd | Program::Post, Some("work")) => Command::Work,
        (_, Some(other)) => return Err(format!("there is no command {other}").into()),
        (_, None) => return Err("a command is missing".into()),
    };
    Ok(Parsed::Run(command))
}

/// The grant of the one daemon that starts a keeper.
fn one(grants: Vec<OsString>) -> Result<Box<Grant>, lexopt::Error> {
    let [text] = grants.try_into().map_err(|_| "it needs one --grant")?;
    Ok(Box::new(Grant::parse(&text.string()?).map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::{Command, Parsed, Program, parse};

    fn of(program: Program, words: &[&str]) -> Option<Command> {
        match parse(program, lexopt::Parser::from_args(words)) {
            Ok(Parsed::Run(command)) => Some(command),
            Ok(Parsed::Help | Parsed::Version) | Err(_) => None,
        }
    }

    #[test]
    fn keep_needs_a_grant_that_can_be_read() {
        let text = "role: station\ninterface: wlan0\n";
        let keep = of(Program::Keeper, &["keep", "--grant", text]);
        let Some(Command::Keep { grant, .. }) = keep else { panic!() };
        assert_eq!(grant.to_string(), text);
        for wrong in [
            &["keep"][..],
            &["keep-post"],
            &["keep", "--grant", "interface: wlan0"],
            &["keep", "--grant", text, "--grant", text],
        ] {
            assert!(of(Program::Keeper, wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn each_program_has_its_own_commands() {
        let privd = |words: &[&str]| of(Program::Privd, words);
        assert!(privd(&["serve", "post"]).is_none() && privd(&[]).is_none() && privd(&["--nonsense"]).is_none());
        assert!(privd(&["serve-post"]).is_none() && of(Program::Post, &["serve"]).is_none());
        assert!(privd(&["serve"]).is_some() && of(Program::Keeper, &["serve-post"]).is_some());
        for program in [Program::Keeper, Program::Privd, Program::Post] {
            assert_eq!(of(program, &["work"]), Some(Command::Work));
            assert!(program.usage().contains(program.name()));
        }
    }
}
