//! The access point daemon.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod control;
#[cfg(feature = "testing")]
mod data_test;
mod grant;
#[cfg(feature = "testing")]
mod hooks;
mod iface;
mod machine;
mod options;
mod outbox;
mod profile;
mod setup;
mod sharing;
mod words;

use std::process::ExitCode;

use options::Wanted;

/// The whole program: reads the command line, and runs until its end.
pub fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Wanted::Run(options)) => options,
        Ok(Wanted::Help) => {
            print(options::USAGE);
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::Version) => {
            print(concat!("apd v", env!("CARGO_PKG_VERSION"), "\nAirlock's access point daemon\n"));
            return ExitCode::from(1);
        }
        Err(error) => {
            complain(&format!("apd: {error}\n{}", options::USAGE));
            return ExitCode::from(1);
        }
    };
    // Whoever asks for the grant has a use for standard output; what else there is to say goes beside it.
    let complain = if options.grants { complain_beside } else { complain };
    for remark in &options.remarks {
        complain(&format!("apd: {remark}"));
    }
    let configured = match setup::configure(&options, &mut |warning| complain(&format!("warning: {warning}"))) {
        Ok(configured) => configured,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(1);
        }
    };
    if options.check {
        return ExitCode::SUCCESS;
    }
    let start = setup::start(&options, &configured);
    if options.grants {
        print(&daemon::grant(start).to_string());
        return ExitCode::SUCCESS;
    }
    let links = match daemon::launch(start) {
        Ok(links) => links,
        Err(error) => {
            complain(&format!("apd: {error}"));
            return ExitCode::from(1);
        }
    };
    let mut machine = machine::Apd::new(&options, configured);
    daemon::run(links, &mut machine)
}

/// What was asked for; a closed output is nobody's loss.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Before there is a log, where lines of the log go (as the original's).
fn complain(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn complain_beside(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The machine with one radio, for those who drive it without sockets; `None`: the configuration is refused.
pub fn machine(configuration: &[u8]) -> Option<impl daemon::Machine + use<>> {
    let path = "/etc/memory.conf".to_owned();
    let (config, _) = conf::ap::ApConfig::parse(&path, configuration).ok()?;
    let Ok(Wanted::Run(options)) = options::parse(["-g", "@global", &path].map(Into::into)) else { return None };
    let setup = setup::Setup {
        radios: vec![setup::Configured { path, radio: None, own: config.bss.len(), config }],
        ..setup::Setup::default()
    };
    Some(machine::Apd::new(&options, setup))
}

/// The first BSS of a configuration and its radio as the engine is given them, for those who drive it without the daemon.
pub fn profiles(configuration: &[u8]) -> Option<(ap::Profile, ap::RadioProfile)> {
    let (config, _) = conf::ap::ApConfig::parse("memory", configuration).ok()?;
    Some((profile::profile(config.bss.first()?, &config.radio), profile::radio(&config.radio)))
}

/// Whether a command line, without the program's name, is understood.
pub fn understands(line: impl IntoIterator<Item = std::ffi::OsString>) -> bool {
    options::parse(line).is_ok()
}
