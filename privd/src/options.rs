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
    /// The owner of the sockets on the network.
    Courier,
}

impl Program {
    /// The name of its file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Program::Keeper => "privd-keeper",
            Program::Privd => "privd",
            Program::Post => "privd-post",
            Program::Courier => "privd-courier",
        }
    }

    /// What `--help` says.
    pub(crate) const fn usage(self) -> &'static str {
        match self {
            Program::Keeper => {
                "\
usage: privd-keeper keep --grant TEXT
       privd-keeper keep-post --grant TEXT [--folder DIR]
       privd-keeper keep-courier --grant TEXT
       privd-keeper serve-post [--grant FILE]...
       privd-keeper serve-courier [--grant FILE]...
options of all: --accept-unconfined, --debug, --syslog, --help, --version

keep, keep-post, keep-courier: started by supplicant and apd, whose line is standard input.
serve-post, serve-courier: started by systemd's socket activation. Without --grant they take the files *.grant of
/etc/airlock, and those of /usr/lib/airlock that have no namesake there."
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
            Program::Courier => "usage: privd-courier work\n\nwork: started by privd-keeper.",
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
    /// Keeps this helper going for the daemon that has started it.
    Keep {
        helper: Program,
        grant: Box<Grant>,
        /// The folder in which the daemon was started.
        started: Option<PathBuf>,
        common: Common,
    },
    /// Is this helper for daemons that connect.
    Serve { helper: Program, grants: Vec<PathBuf>, common: Common },
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
    let keep = |helper, grants| Ok(Command::Keep { helper, grant: one(grants)?, started, common });
    let serve = |helper, grants: Vec<OsString>| {
        let grants = grants.into_iter().map(PathBuf::from).collect();
        Ok(Command::Serve { helper, grants, common })
    };
    let command: Result<Command, lexopt::Error> = match (program, word.as_deref()) {
        (Program::Keeper, Some("keep")) => keep(Program::Privd, grants),
        (Program::Keeper, Some("keep-post")) => keep(Program::Post, grants),
        (Program::Keeper, Some("keep-courier")) => keep(Program::Courier, grants),
        (Program::Keeper, Some("serve-post")) => serve(Program::Post, grants),
        (Program::Keeper, Some("serve-courier")) => serve(Program::Courier, grants),
        (Program::Privd, Some("serve")) => serve(Program::Privd, grants),
        (_, Some("work")) => Ok(Command::Work),
        (_, Some(other)) => return Err(format!("there is no command {other}").into()),
        (_, None) => return Err("a command is missing".into()),
    };
    Ok(Parsed::Run(command?))
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
        for program in [Program::Keeper, Program::Privd, Program::Post, Program::Courier] {
            assert_eq!(of(program, &["work"]), Some(Command::Work));
            assert!(program.usage().contains(program.name()));
        }
    }
}
