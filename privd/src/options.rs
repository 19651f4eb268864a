//! The command line: what daemons and systemd say to privd.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use policy::grant::Grant;

/// What `--help` says.
pub(crate) const USAGE: &str = "\
usage: privd keep --grant TEXT
       privd keep-post [--control DIR]... [--control-socket PATH]... [--read FILE]... [--write FILE]... [--log FILE] [--named-later [--folder DIR]]
       privd serve [--grant FILE]...
       privd serve-post [--control DIR]... [--read FILE]... [--write FILE]...
options of all: --accept-unconfined, --debug, --syslog, --help, --version

keep, keep-post: started by supplicant and apd, whose line is standard input.
serve, serve-post: started by systemd's socket activation. Without --grant, serve takes the files *.grant of
/etc/airlock, and those of /usr/lib/airlock that have no namesake there.";

/// Options of all commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) accept_unconfined: bool,
    pub(crate) debug: bool,
    /// What it has to say goes to the system's log.
    pub(crate) syslog: bool,
}

/// Paths of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) control: Vec<PathBuf>,
    pub(crate) sockets: Vec<PathBuf>,
    pub(crate) read: Vec<PathBuf>,
    pub(crate) write: Vec<PathBuf>,
    pub(crate) log: Option<PathBuf>,
    /// The superuser names further files and control directories on a global control socket.
    pub(crate) named_later: bool,
    /// The directory in which the daemon was started: files are named from there.
    pub(crate) folder: Option<PathBuf>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Keep { grant: Box<Grant>, common: Common },
    KeepPost { post: Paths, common: Common },
    Serve { grants: Vec<PathBuf>, common: Common },
    ServePost { post: Paths, common: Common },
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
    let mut post = Paths::default();
    let mut common = Common::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Parsed::Help),
            Short('v' | 'V') | Long("version") => return Ok(Parsed::Version),
            Long("accept-unconfined") => common.accept_unconfined = true,
            Long("debug") => common.debug = true,
            Long("syslog") => common.syslog = true,
            Long("grant") => grants.push(parser.value()?),
            Long("control") => post.control.push(parser.value()?.into()),
            Long("control-socket") => post.sockets.push(parser.value()?.into()),
            Long("read") => post.read.push(parser.value()?.into()),
            Long("write") => post.write.push(parser.value()?.into()),
            Long("named-later") => post.named_later = true,
            Long("folder") => post.folder = Some(parser.value()?.into()),
            Long("log") => post.log = Some(parser.value()?.into()),
            Value(value) if word.is_none() => word = Some(value.string()?),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    let command = match word.as_deref() {
        Some("keep") => {
            let [text] = grants.try_into().map_err(|_| "keep needs one --grant")?;
            let grant = Grant::parse(&text.string()?).map_err(|error| error.to_string())?;
            Command::Keep { grant: Box::new(grant), common }
        }
        Some("keep-post") => Command::KeepPost { post, common },
        Some("serve") => Command::Serve { grants: grants.into_iter().map(PathBuf::from).collect(), common },
        Some("serve-post") => Command::ServePost { post, common },
        Some(other) => return Err(format!("there is no command {other}").into()),
        None => return Err("a command is missing".into()),
    };
    Ok(Parsed::Run(command))
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
        for wrong in
            [&["keep"][..], &["keep", "--grant", "interface: wlan0"], &["keep", "--grant", text, "--grant", text]]
        {
            assert!(of(wrong).is_none(), "{wrong:?}");
        }
        assert!(of(&["serve", "post"]).is_none() && of(&[]).is_none() && of(&["--nonsense"]).is_none());
    }
}
