//! The command line: wpa_supplicant's, option for option.

use std::ffi::OsString;
use std::path::PathBuf;

use daemon::LogTarget;
use daemon::cli::{UsageError, global, text};
use lexopt::{Arg, Parser};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// To run.
    Run(Box<Options>),
    /// `-h`.
    Help,
    /// `-v`.
    Version,
    /// `-L`.
    License,
}

/// How to run.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Options {
    /// Interfaces, in the order in which they were described.
    pub(crate) interfaces: Vec<InterfaceOptions>,
    /// `-g`: path of the global control socket.
    pub(crate) global: Option<String>,
    /// `-G`: group that may use control sockets.
    pub(crate) global_group: Option<String>,
    /// `-O`: `ctrl_interface` of interfaces that are added later.
    pub(crate) override_ctrl: Option<String>,
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
    /// `-W`: nothing begins before a client has attached itself.
    pub(crate) wait_for_monitor: bool,
    /// Nothing is started: the configuration is read, and what there is to say of it is said.
    pub(crate) check: bool,
    /// Nothing is started: what a start would need is printed.
    pub(crate) grants: bool,
    /// Go on where the kernel lacks what the confinement needs.
    pub(crate) accept_unconfined: bool,
    /// Options that were taken and have no effect yet: what to say of each.
    pub(crate) remarks: Vec<&'static str>,
}

/// One interface of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InterfaceOptions {
    /// `-i`.
    pub(crate) ifname: String,
    /// `-c`.
    pub(crate) config: Option<String>,
    /// `-I`: read after the configuration, never written.
    pub(crate) extra_config: Option<String>,
    /// `-C`: `ctrl_interface` where the configuration has none.
    pub(crate) ctrl_interface: Option<String>,
    /// `-D`.
    pub(crate) driver: Option<String>,
    /// `-b`.
    pub(crate) bridge: Option<String>,
    /// `-p`.
    pub(crate) driver_param: Option<String>,
}

/// What `-h` prints.
pub(crate) const USAGE: &str = "\
usage: supplicant [-BdhKLqstuvW] [-P PID-FILE] [-g GLOBAL-CTRL] [-G GROUP] [-f LOG-FILE]
                  [-i IFNAME -c CONFIG [-C CTRL] [-D DRIVER] [-b BRIDGE] [-I CONFIG]] [-N -i IFNAME -c CONFIG ...]

  -b BRIDGE    bridge the interface is in             -K           keys and passwords in the log
  -B           to the background                      -L           licence
  -c CONFIG    configuration file                     -m CONFIG    configuration of the P2P device
  -C CTRL      ctrl_interface if there is no -c       -N           the next interface begins
  -d           more in the log (-dd even more)        -O CTRL      ctrl_interface of interfaces added later
  -D DRIVER    nl80211                                -o DRIVER    driver of interfaces added later
  -e FILE      entropy file (not needed)              -p PARAM     driver parameters
  -f FILE      log to a file                          -P FILE      file for the process id
  -g PATH      global control socket                  -q           less in the log (-qq even less)
  -G GROUP     group that may use control sockets     -s           log to the system's log
  -h           this text                              -t           times in the log
  -i IFNAME    interface                              -u           D-Bus
  -I CONFIG    further configuration, never written   -v           version
  -W           wait for a client of the control socket before anything begins
  --check      read the configuration, say what there is to say of it, and start nothing
  --grants     print all that this start would be allowed, in the form of a grant's file, and start nothing
  --accept-unconfined   start although users or the kernel lack what the confinement needs; the log says what is lost

example: supplicant -i wlan0 -c /etc/wpa_supplicant/wpa_supplicant.conf
";

/// Reads a command line, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Wanted, UsageError> {
    let mut options = Options {
        interfaces: Vec::new(),
        global: None,
        global_group: None,
        override_ctrl: None,
        verbosity: 0,
        timestamps: false,
        show_keys: false,
        log: LogTarget::Stdout,
        background: false,
        pid_file: None,
        wait_for_monitor: false,
        check: false,
        grants: false,
        accept_unconfined: false,
        remarks: Vec::new(),
    };
    let mut interface = InterfaceOptions::default();
    let mut parser = Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('b') => interface.bridge = Some(text(&mut parser)?),
            Arg::Short('B') => options.background = true,
            Arg::Short('c') => interface.config = Some(text(&mut parser)?),
            Arg::Short('C') => interface.ctrl_interface = Some(text(&mut parser)?),
            Arg::Short('D') => interface.driver = Some(driver(&mut parser)?),
            Arg::Short('d') => options.verbosity = options.verbosity.saturating_add(1),
            Arg::Short('e') => drop(parser.value()?),
            Arg::Short('f') => options.log = LogTarget::File(parser.value()?.into()),
            Arg::Short('g') => options.global = Some(global(&mut parser)?),
            Arg::Short('G') => options.global_group = Some(text(&mut parser)?),
            Arg::Short('h') => return Ok(Wanted::Help),
            Arg::Short('i') => interface.ifname = text(&mut parser)?,
            Arg::Short('I') => interface.extra_config = Some(text(&mut parser)?),
            Arg::Short('K') => options.show_keys = true,
            Arg::Short('L') => return Ok(Wanted::License),
            Arg::Short('m') => {
                parser.value()?;
                options.remarks.push("-m has no effect: P2P is not supported yet");
            }
            Arg::Short('M') => {
                options.remarks.push("-M has no effect: interfaces are not matched by pattern yet");
                next_interface(&mut options, &mut interface);
            }
            Arg::Short('N') => next_interface(&mut options, &mut interface),
            Arg::Short('o') => drop(driver(&mut parser)?),
            Arg::Short('O') => options.override_ctrl = Some(text(&mut parser)?),
            Arg::Short('p') => interface.driver_param = Some(text(&mut parser)?),
            Arg::Short('P') => options.pid_file = Some(parser.value()?.into()),
            Arg::Short('q') => options.verbosity = options.verbosity.saturating_sub(1),
            Arg::Short('s') => options.log = LogTarget::Syslog,
            Arg::Short('t') => options.timestamps = true,
            Arg::Short('T') => options.remarks.push("-T has no effect: Linux tracing is not written"),
            Arg::Short('u') => options.remarks.push("-u has no effect: D-Bus is not supported yet"),
            Arg::Short('v') => return Ok(Wanted::Version),
            Arg::Short('W') => options.wait_for_monitor = true,
            Arg::Short('y') => {}
            Arg::Short('z') => {
                parser.value()?;
                options.remarks.push("-z has no effect: processes are not coordinated");
            }
            Arg::Long("check") => options.check = true,
            Arg::Long("grants") => options.grants = true,
            Arg::Long("accept-unconfined") => options.accept_unconfined = true,
            Arg::Long("help") => return Ok(Wanted::Help),
            Arg::Long("version") => return Ok(Wanted::Version),
            // Scripts pass what they have of an option that they have not.
            Arg::Value(word) if word.is_empty() => {}
            Arg::Short(_) | Arg::Long(_) | Arg::Value(_) => return Err(arg.unexpected().into()),
        }
    }
    next_interface(&mut options, &mut interface);
    Ok(Wanted::Run(Box::new(options)))
}

/// nl80211 is the one driver interface there is; a list that contains it will do.
fn driver(parser: &mut Parser) -> Result<String, UsageError> {
    let name = text(parser)?;
    if is_nl80211(&name) { Ok(name) } else { Err(UsageError(format!("driver {name}: only nl80211 is supported"))) }
}

/// Whether a list of drivers means nl80211: by its name, or by that of what it took the place of, which old settings have.
pub(crate) fn is_nl80211(drivers: &str) -> bool {
    drivers.split(',').any(|one| matches!(one, "nl80211" | "wext"))
}

fn next_interface(options: &mut Options, interface: &mut InterfaceOptions) {
    let finished = std::mem::take(interface);
    if finished != InterfaceOptions::default() {
        options.interfaces.push(finished);
    }
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
    fn values_may_stick_to_their_option_and_flags_to_each_other() {
        let options = run("-Dnl80211 -iwlan0 -c/etc/a.conf -ddKtB -P/run/pid");
        let [interface] = options.interfaces.as_slice() else { panic!("{options:?}") };
        assert_eq!((interface.ifname.as_str(), interface.config.as_deref()), ("wlan0", Some("/etc/a.conf")));
        assert_eq!(
            (options.verbosity, options.show_keys, options.timestamps, options.background),
            (2, true, true, true)
        );
        assert_eq!(options.pid_file, Some("/run/pid".into()));
    }

    #[test]
    fn each_n_begins_another_interface() {
        let options = run("-i wlan0 -c a -N -i wlan1 -c b -C /run/ctl -N");
        let names: Vec<&str> = options.interfaces.iter().map(|interface| interface.ifname.as_str()).collect();
        assert_eq!(names, ["wlan0", "wlan1"]);
    }

    #[test]
    fn a_global_socket_alone_is_enough() {
        let options = run("-g /tmp/wpas-wlan0 -Gadmin -q");
        assert!(options.interfaces.is_empty());
        assert_eq!(
            (options.global.as_deref(), options.global_group.as_deref()),
            (Some("/tmp/wpas-wlan0"), Some("admin"))
        );
        assert_eq!(options.verbosity, -1);
    }

    #[test]
    fn unknown_options_drivers_and_words_are_refused() {
        for line in ["-x", "wlan0", "-i", "-D wired", "-D nl802111", "--nonsense"] {
            assert!(parse(line.split_whitespace().map(OsString::from)).is_err(), "{line}");
        }
    }

    #[test]
    fn what_scripts_write_is_understood() {
        let words = ["-B", "-c/etc/a.conf", "-iwlan0", "", "-Dnl80211,wext"];
        assert!(matches!(parse(words.map(OsString::from)), Ok(Wanted::Run(_))), "an option that was left out");
        for drivers in ["wext", "nl80211,wext", "wext,nl80211", "hostap,wext"] {
            assert_eq!(run(&format!("-D{drivers} -iwlan0")).interfaces.len(), 1, "{drivers}");
        }
    }
}
