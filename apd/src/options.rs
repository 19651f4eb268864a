//! The command line: hostapd's, option for option.

use std::ffi::OsString;
use std::path::PathBuf;

use daemon::LogTarget;
use daemon::cli::{UsageError, global, text};
use lexopt::{Arg, Parser, ValueExt as _};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// To run.
    Run(Box<Options>),
    /// `-h`.
    Help,
    /// `-v`.
    Version,
}

/// How to run.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Options {
    /// Configuration files, one for each radio.
    pub(crate) configs: Vec<String>,
    /// `-b`: further BSSs, each `RADIO:FILE`.
    pub(crate) bss_configs: Vec<(String, String)>,
    /// `-i`: interface names for the configuration files, in order.
    pub(crate) interfaces: Vec<String>,
    /// `-g`: path of the global control socket.
    pub(crate) global: Option<String>,
    /// `-G`: group that may use control sockets.
    pub(crate) global_group: Option<String>,
    /// `-d` and `-q`, counted.
    pub(crate) verbosity: i32,
    /// `-t`.
    pub(crate) timestamps: bool,
    /// `-K`.
    pub(crate) show_keys: bool,
    /// `-f`, `-s`.
    pub(crate) log: LogTarget,
    /// `-B`.
    pub(crate) background: bool,
    /// `-P`.
    pub(crate) pid_file: Option<PathBuf>,
    /// Nothing is started: the configuration is read, and what there is to say of it is said.
    pub(crate) check: bool,
    /// Nothing is started: what a start would need is printed.
    pub(crate) grants: bool,
    /// Go on where the kernel lacks what the confinement needs.
    pub(crate) accept_unconfined: bool,
    /// Options that were taken and have no effect yet: what to say of each.
    pub(crate) remarks: Vec<&'static str>,
}

/// What `-h` prints.
pub(crate) const USAGE: &str = "\
usage: apd [-BdhKqsStv] [-P PID-FILE] [-g GLOBAL-CTRL] [-G GROUP] [-f LOG-FILE] [-i IFNAME[,IFNAME...]] CONFIG...

  -B           to the background                      -K           keys in the log
  -b RADIO:CONFIG  a further BSS of a radio           -P FILE      file for the process id
  -d           more in the log (-dd even more)        -q           less in the log (-qq even less)
  -e FILE      entropy file (not needed)              -s           log to the system's log
  -f FILE      log to a file                          -S           all interfaces together (they are anyway)
  -g PATH      global control socket                  -t           times in the log
  -G GROUP     group that may use control sockets     -v           version
  -i NAMES     interfaces of the configurations       -h           this text
  --check      read the configuration, say what there is to say of it, and start nothing
  --grants     print all that this start would be allowed, in the form of a grant's file, and start nothing
  --accept-unconfined   start although users or the kernel lack what the confinement needs; the log says what is lost

example: apd /etc/hostapd/hostapd.conf
";

/// Reads a command line, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Wanted, UsageError> {
    let mut options = Options {
        configs: Vec::new(),
        bss_configs: Vec::new(),
        interfaces: Vec::new(),
        global: None,
        global_group: None,
        verbosity: 0,
        timestamps: false,
        show_keys: false,
        log: LogTarget::Stdout,
        background: false,
        pid_file: None,
        check: false,
        grants: false,
        accept_unconfined: false,
        remarks: Vec::new(),
    };
    let mut parser = Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('b') => {
                let text = text(&mut parser)?;
                let Some((radio, file)) = text.split_once(':') else {
                    return Err(UsageError(format!("-b {text}: expected RADIO:CONFIG")));
                };
                options.bss_configs.push((radio.to_owned(), file.to_owned()));
            }
            Arg::Short('B') => options.background = true,
            Arg::Short('d') => options.verbosity = options.verbosity.saturating_add(1),
            Arg::Short('e') => drop(parser.value()?),
            Arg::Short('f') => options.log = LogTarget::File(parser.value()?.into()),
            Arg::Short('g') => options.global = Some(global(&mut parser)?),
            Arg::Short('G') => options.global_group = Some(text(&mut parser)?),
            Arg::Short('h') => return Ok(Wanted::Help),
            Arg::Short('i') => options.interfaces.extend(text(&mut parser)?.split(',').map(str::to_owned)),
            Arg::Short('K') => options.show_keys = true,
            Arg::Short('P') => options.pid_file = Some(parser.value()?.into()),
            Arg::Short('q') => options.verbosity = options.verbosity.saturating_sub(1),
            Arg::Short('s') => options.log = LogTarget::Syslog,
            Arg::Short('S') => {}
            Arg::Short('t') => options.timestamps = true,
            Arg::Short('T') => options.remarks.push("-T has no effect: Linux tracing is not written"),
            Arg::Short('u') => {
                parser.value()?;
                options.remarks.push("-u has no effect: there is no ubus");
            }
            Arg::Short('v') => return Ok(Wanted::Version),
            Arg::Short('z') => {
                parser.value()?;
                options.remarks.push("-z has no effect: processes are not coordinated");
            }
            Arg::Long("check") => options.check = true,
            Arg::Long("grants") => options.grants = true,
            Arg::Long("accept-unconfined") => options.accept_unconfined = true,
            Arg::Long("help") => return Ok(Wanted::Help),
            Arg::Long("version") => return Ok(Wanted::Version),
            Arg::Value(path) => options.configs.push(path.string()?),
            Arg::Short(_) | Arg::Long(_) => return Err(arg.unexpected().into()),
        }
    }
    if options.configs.is_empty() && options.bss_configs.is_empty() && options.global.is_none() {
        return Err(UsageError("no configuration file, and no global control socket (-g)".into()));
    }
    Ok(Wanted::Run(Box::new(options)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Options {
        match parse(line.split_whitespace().map(OsString::from)) {
            Ok(Wanted::Run(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn several_configurations_and_interfaces_are_taken() {
        let options = run("-ddKt -i wlan0,wlan1 /etc/a.conf -B /etc/b.conf -b phy0:/etc/c.conf");
        assert_eq!(options.configs, ["/etc/a.conf", "/etc/b.conf"]);
        assert_eq!(options.interfaces, ["wlan0", "wlan1"]);
        assert_eq!(options.bss_configs, [("phy0".to_owned(), "/etc/c.conf".to_owned())]);
        assert!(options.background && options.show_keys && options.timestamps);
    }

    #[test]
    fn a_global_socket_alone_is_enough() {
        let options = run("-g /run/hostapd-global -G admin -f /tmp/log");
        assert_eq!(options.log, LogTarget::File("/tmp/log".into()));
        assert!(options.configs.is_empty());
    }

    #[test]
    fn nothing_to_do_and_unknown_options_are_refused() {
        for line in ["", "-d", "-gfoo", "-x file", "-b nonsense", "-P"] {
            assert!(parse(line.split_whitespace().map(OsString::from)).is_err(), "{line}");
        }
    }
}
