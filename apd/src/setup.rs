//! What happens before privilege is given up: configuration files are read, and the start is described.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use conf::ap::{ApConfig, Bss};
use daemon::Start;
use daemon::cli::{SetupError, contents};
use daemon::log::Level;

use crate::options::Options;

/// A configuration file, and the files that it names.
#[derive(Debug)]
pub(crate) struct Configured {
    /// Its path.
    pub(crate) path: String,
    /// The radio that others join by this name (`-b RADIO:FILE`).
    pub(crate) radio: Option<String>,
    /// How many of the BSSs are this file's; the others came from further ones.
    pub(crate) own: usize,
    /// What it says.
    pub(crate) config: ApConfig,
}

/// All configuration.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    /// One for each radio.
    pub(crate) radios: Vec<Configured>,
    /// Contents of the files that the configurations name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Where relative paths begin.
    pub(crate) folder: String,
}

/// The paths of the files that a BSS's parameters name.
pub(crate) fn files_of(bss: &Bss) -> Vec<String> {
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let lists = bss.accept_mac_files().iter().chain(bss.deny_mac_files()).chain(bss.sae_password_files());
    lists.map(|path| text(path)).chain(bss.wpa_psk_file().map(text)).collect()
}

/// Reads all configuration files and the files they name. Warnings are given to `warn`, one line each.
pub(crate) fn configure(options: &Options, warn: &mut dyn FnMut(String)) -> Result<Setup, SetupError> {
    let mut setup = Setup { folder: absolute("."), ..Setup::default() };
    for (index, path) in options.configs.iter().enumerate() {
        let (mut config, notices) =
            ApConfig::parse(path, &contents(path)?).map_err(|rejected| SetupError::Rejected(rejected.to_string()))?;
        notices.iter().for_each(|notice| warn(notice.to_string()));
        if let Some(name) = options.interfaces.get(index) {
            config
                .set(0, b"interface", name.as_bytes())
                .map_err(|_| SetupError::Rejected(format!("-i {name}: not an interface name")))?;
        }
        setup.radios.push(Configured { path: absolute(path), radio: None, own: config.bss.len(), config });
    }
    for (radio, path) in &options.bss_configs {
        let (config, notices) =
            ApConfig::parse(path, &contents(path)?).map_err(|rejected| SetupError::Rejected(rejected.to_string()))?;
        notices.iter().for_each(|notice| warn(notice.to_string()));
        // Without the radio's name there is nothing to join them by: BSSs with the same RADIO share one.
        match setup.radios.iter_mut().find(|known| known.radio.as_ref() == Some(radio)) {
            Some(known) => known.config.bss.extend(config.bss),
            None => {
                let (path, radio, own) = (absolute(path), Some(radio.clone()), config.bss.len());
                setup.radios.push(Configured { path, radio, own, config });
            }
        }
    }
    for (file, bss) in setup.radios.iter().flat_map(|radio| radio.config.bss.iter().map(|bss| (&radio.path, bss))) {
        for path in files_of(bss) {
            let text =
                contents(&path).map_err(|error| SetupError::Rejected(format!("{file}: a parameter names {error}")))?;
            setup.files.insert(path, text);
        }
    }
    Ok(setup)
}

fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// What the process is allowed from now on, and how it starts.
pub(crate) fn start(options: &Options, setup: &Setup) -> Start {
    let all = || setup.radios.iter().flat_map(|radio| &radio.config.bss);
    let control_dirs: Vec<PathBuf> =
        all().filter_map(Bss::control_directory).map(|control| PathBuf::from(control.directory)).collect();
    let control_sockets =
        options.global.as_deref().filter(|path| path.starts_with('/')).map(PathBuf::from).into_iter().collect();
    let readable = setup.radios.iter().map(|radio| radio.path.as_str()).chain(setup.files.keys().map(String::as_str));
    let readable = readable.map(|path| Path::new(path).to_owned()).collect();
    Start {
        name: "apd",
        grant: crate::grant::of(options.global.is_some(), setup),
        control_dirs,
        control_sockets,
        readable,
        writable: Vec::new(),
        log: options.log.clone(),
        level: Level::Info.louder(options.verbosity),
        timestamps: options.timestamps,
        show_keys: options.show_keys,
        daemonize: options.background,
        pid_file: options.pid_file.clone(),
        accept_unconfined: options.accept_unconfined,
    }
}
