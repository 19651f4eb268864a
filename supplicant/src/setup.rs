//! What happens before privilege is given up: configuration files are read, and the start is described.

use std::path::{Path, PathBuf};

use conf::station::StationConfig;
use daemon::Start;
use daemon::cli::{SetupError, contents};
use daemon::log::Level;

use crate::options::{InterfaceOptions, Options};

/// An interface of the command line with its configuration.
#[derive(Debug)]
pub(crate) struct Configured {
    /// How it was named.
    pub(crate) options: InterfaceOptions,
    /// What its files say.
    pub(crate) config: StationConfig,
}

/// Reads all configuration files. Warnings are given to `warn`, one line each.
pub(crate) fn configure(options: &Options, warn: &mut dyn FnMut(String)) -> Result<Vec<Configured>, SetupError> {
    options.interfaces.iter().map(|interface| read(interface, warn)).collect()
}

fn read(interface: &InterfaceOptions, warn: &mut dyn FnMut(String)) -> Result<Configured, SetupError> {
    let rejected = |rejected: conf::Rejected| SetupError::Rejected(rejected.to_string());
    let mut config = match &interface.config {
        Some(path) => {
            let (config, notices) = StationConfig::parse(path, &contents(path)?).map_err(rejected)?;
            notices.iter().for_each(|notice| warn(notice.to_string()));
            config
        }
        None => StationConfig::default(),
    };
    if let Some(path) = &interface.extra_config {
        let notices = config.read(path, &contents(path)?, true).map_err(rejected)?;
        notices.iter().for_each(|notice| warn(notice.to_string()));
    }
    if let Some(control) = &interface.ctrl_interface
        && config.globals.control_directory().is_none()
    {
        config.globals.set_control_interface(control);
        if config.globals.control_directory().is_none() {
            warn(format!("-C {control} {}", conf::station::ControlDirectory::NO_PLACE));
        }
    }
    Ok(Configured { options: interface.clone(), config })
}

/// What the process is allowed from now on, and how it starts.
pub(crate) fn start(options: &Options, configured: &[Configured]) -> Start {
    let absolute = |path: &str| std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut control_dirs: Vec<PathBuf> = Vec::new();
    let mut readable: Vec<PathBuf> = Vec::new();
    let mut writable: Vec<PathBuf> = Vec::new();
    for one in configured {
        if let Some(control) = one.config.globals.control_directory() {
            control_dirs.push(Path::new(&control.directory).to_owned());
        }
        // Whether saving is allowed can change at run time (SET update_config 1); which file it is cannot.
        writable.extend(one.options.config.as_deref().map(absolute));
        readable.extend(one.options.extra_config.as_deref().map(absolute));
    }
    let control_sockets =
        options.global.as_deref().filter(|path| path.starts_with('/')).map(PathBuf::from).into_iter().collect();
    if let Some(control) = &options.override_ctrl
        && let Some(control) = conf::station::ControlDirectory::parse(control, None)
    {
        control_dirs.push(control.directory.into());
    }
    Start {
        name: "supplicant",
        grant: crate::grant::of(options.global.is_some(), configured),
        control_dirs,
        control_sockets,
        readable,
        writable,
        log: options.log.clone(),
        level: Level::Info.louder(options.verbosity),
        timestamps: options.timestamps,
        show_keys: options.show_keys,
        daemonize: options.background,
        pid_file: options.pid_file.clone(),
        accept_unconfined: options.accept_unconfined,
    }
}
