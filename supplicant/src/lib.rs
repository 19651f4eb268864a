//! The station daemon.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod access_point;
mod control;
#[cfg(feature = "testing")]
mod data_test;
mod grant;
#[cfg(feature = "testing")]
mod hooks;
mod machine;

mod options;
mod outbox;
mod profile;

mod interface;
mod setup;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use options::{USAGE, Wanted};

/// A line for whoever started us, where lines of the log go (as the original's). Where it cannot be written, nobody reads it.
fn say(line: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn say_beside(line: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The whole program: reads the command line, and runs until its end.
pub fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Wanted::Run(options)) => options,
        Ok(Wanted::Help) => {
            let _ = write!(std::io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::Version) => {
            let _ = writeln!(std::io::stdout(), "supplicant v{}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::License) => {
            let _ = write!(std::io::stdout(), "{}", include_str!("../../LICENSE"));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            say(&format_args!("supplicant: {error}"));
            say(&USAGE);
            return ExitCode::FAILURE;
        }
    };
    // Whoever asks for the grant has a use for standard output; what else there is to say goes beside it.
    let say = if options.grants { say_beside } else { say };
    let configured = match setup::configure(&options, &mut |warning| say(&warning)) {
        Ok(configured) => configured,
        Err(error) => {
            say(&error);
            return ExitCode::FAILURE;
        }
    };
    for remark in &options.remarks {
        say(&format_args!("supplicant: {remark}"));
    }
    if options.check {
        for line in setup::unjoinable(&configured) {
            say(&line);
        }
        return ExitCode::SUCCESS;
    }
    if options.global.is_none() && !configured.iter().any(|one| !one.options.ifname.is_empty()) {
        say(&"supplicant: neither an interface (-i) nor a global control socket (-g) is named: nothing to do");
        say(&USAGE);
        return ExitCode::FAILURE;
    }
    let start = setup::start(&options, &configured);
    if options.grants {
        let _ = write!(std::io::stdout(), "{}", daemon::grant(start));
        return ExitCode::SUCCESS;
    }
    let links = match daemon::launch(start) {
        Ok(links) => links,
        Err(error) => {
            say(&format_args!("supplicant: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let about = machine::Daemon {
        global_path: options.global,
        global_group: options.global_group,
        override_ctrl: options.override_ctrl,
        waits: options.wait_for_monitor,
        ..machine::Daemon::default()
    };
    let mut machine = machine::Supplicant::new(configured, about);
    daemon::run(links, &mut machine)
}

/// The machine with one interface, for those who drive it without sockets; `None`: the configuration is refused.
pub fn machine(ifname: &str, configuration: &[u8]) -> Option<impl daemon::Machine + use<>> {
    let (config, _) = conf::station::StationConfig::parse("memory", configuration).ok()?;
    let options = options::InterfaceOptions {
        ifname: ifname.to_owned(),
        config: Some("/etc/memory.conf".to_owned()),
        ..options::InterfaceOptions::default()
    };
    let daemon = machine::Daemon { global_path: Some("@global".to_owned()), ..machine::Daemon::default() };
    Some(machine::Supplicant::new(vec![setup::Configured { options, config }], daemon))
}

/// Whether a command line, without the program's name, is understood.
pub fn understands(line: impl IntoIterator<Item = std::ffi::OsString>) -> bool {
    options::parse(line).is_ok()
}
