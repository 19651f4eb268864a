//! The command line: what daemons and systemd say to privd.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use policy::grant::Grant;

/// What `--help` says.
pub(crate) const USAGE: &str = "\
usage: privd keep --grant TEXT
       privd keep-post --grant TEXT [--folder DIR]
       privd serve [--grant FILE]...
       privd serve-post [--grant FILE]...
options of all: --accept-unconfined, --debug, --syslog, --help, --version

keep, keep-post: started by supplicant and apd, whose line is standard input.
serve, serve-post: started by systemd's socket activation. Without --grant they take the files *.grant of
/etc/airlock, and those of /usr/lib/airlock that have no namesake there.";

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

/// Reads the command line.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Parsed, lexopt::Error> {
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
    let command = match word.as_deref() {
        Some("keep") => Command::Keep { grant: one(grants)?, common },
        Some("keep-post") => Command::KeepPost { grant: one(grants)?, started, common },
        Some("serve") => Command::Serve { grants: files(grants), common },
        Some("serve-post") => Command::ServePost { grants: files(grants), common },
        Some(other) => return Err(format!("there is no command {other}").into()),
        None => return Err("a command is missing".into()),
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
    use super::{Command, Parsed, parse};

    fn of(words: &[&str]) -> Option<Command> {
        match parse(lexopt::Parser::from_args(words)) {
            Ok(Parsed::Run(command)) => Some(command),
            Ok(Parsed::Help | Parsed::Version) | Err(_) => None,
        }
    }

    #[test]
    fn keep_needs_a_grant_that_can_be_read() {
        let text = "role: station\ninterface: wlan0\n";
        let Some(Command::Keep { grant, .. }) = of(&["keep", "--grant", text]) else { panic!() };
        assert_eq!(grant.to_string(), text);
        for wrong in [
            &["keep"][..],
            &["keep-post"],
            &["keep", "--grant", "interface: wlan0"],
            &["keep", "--grant", text, "--grant", text],
        ] {
            assert!(of(wrong).is_none(), "{wrong:?}");
        }
        assert!(of(&["serve", "post"]).is_none() && of(&[]).is_none() && of(&["--nonsense"]).is_none());
    }
}
