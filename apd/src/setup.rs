//! What happens before privilege is given up: configuration files are read, and the start is described.

use ipc_proto::Role;
use std::collections::BTreeMap;

use conf::ap::{ApConfig, Bss};
use daemon::cli::{SetupError, contents};
use daemon::log::Level;
use daemon::{Reader, Start};

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

/// The paths of the files that a BSS's parameters name, each with the parameter.
pub(crate) fn files_of(bss: &Bss) -> Vec<(&'static str, String)> {
    bss.files().into_iter().map(|(name, path)| (name, String::from_utf8_lossy(path).into_owned())).collect()
}

/// Reads the files that a configuration names. Each that cannot be read is told with file, line and parameter.
fn read_named(
    file: &str,
    text: &[u8],
    config: &ApConfig,
    files: &mut BTreeMap<String, Vec<u8>>,
    reader: &mut Reader,
) -> Vec<String> {
    let mut errors = Vec::new();
    for (name, path) in config.bss.iter().flat_map(files_of) {
        match contents(reader, &path) {
            Ok(text) => drop(files.insert(path, text)),
            Err(error) => {
                let wanted = format!("{name}={path}");
                let number = text.split(|b| *b == b'\n').position(|line| line.trim_ascii_end() == wanted.as_bytes());
                let number = number.map_or(0, |number| number.saturating_add(1));
                let told = format!("{file}:{number}: {name}: {error}");
                if !errors.contains(&told) {
                    errors.push(told);
                }
            }
        }
    }
    errors
}

/// Reads all configuration files and the files they name. Warnings are given to `warn`, one line each.
pub(crate) fn configure(options: &Options, warn: &mut dyn FnMut(String)) -> Result<Setup, SetupError> {
    let mut setup = Setup { folder: absolute("."), ..Setup::default() };
    let paths = options.configs.iter().chain(options.bss_configs.iter().map(|(_, path)| path));
    let mut reader = Reader::new(Role::AccessPoint, paths.map(String::as_str));
    let mut unread = Vec::new();
    for (index, path) in options.configs.iter().enumerate() {
        let text = contents(&mut reader, path)?;
        let (mut config, notices) =
            ApConfig::parse(path, &text).map_err(|rejected| SetupError::Rejected(rejected.to_string()))?;
        unread.extend(read_named(path, &text, &config, &mut setup.files, &mut reader));
        conf::Notice::lines(&notices).into_iter().for_each(&mut *warn);
        if let Some(name) = options.interfaces.get(index) {
            config
                .set(0, b"interface", name.as_bytes())
                .map_err(|_| SetupError::Rejected(format!("-i {name}: not an interface name")))?;
        }
        setup.radios.push(Configured { path: absolute(path), radio: None, own: config.bss.len(), config });
    }
    for (radio, path) in &options.bss_configs {
        let text = contents(&mut reader, path)?;
        let (config, notices) =
            ApConfig::parse(path, &text).map_err(|rejected| SetupError::Rejected(rejected.to_string()))?;
        unread.extend(read_named(path, &text, &config, &mut setup.files, &mut reader));
        conf::Notice::lines(&notices).into_iter().for_each(&mut *warn);
        // Without the radio's name there is nothing to join them by: BSSs with the same RADIO share one.
        match setup.radios.iter_mut().find(|known| known.radio.as_ref() == Some(radio)) {
            Some(known) => known.config.bss.extend(config.bss),
            None => {
                let (path, radio, own) = (absolute(path), Some(radio.clone()), config.bss.len());
                setup.radios.push(Configured { path, radio, own, config });
            }
        }
    }
    if !unread.is_empty() {
        return Err(SetupError::Rejected(unread.join("\n")));
    }
    Ok(setup)
}

fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// What the process is allowed from now on, and how it starts.
pub(crate) fn start(options: &Options, setup: &Setup) -> Start {
    Start {
        name: "apd",
        grant: crate::grant::of(options, setup),
        configurations: setup.radios.iter().map(|radio| radio.path.clone().into()).collect(),
        log: options.log.clone(),
        level: Level::Info.louder(options.verbosity),
        timestamps: options.timestamps,
        show_keys: options.show_keys,
        daemonize: options.background,
        pid_file: options.pid_file.clone(),
        accept_unconfined: options.accept_unconfined,
    }
}

#[cfg(test)]
mod tests {
    use super::configure;
    use crate::options::{Wanted, parse};

    #[test]
    fn each_file_that_is_missing_is_told_with_line_and_parameter() {
        let folder = std::env::temp_dir().join(format!("apd-setup-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (conf, list) = (folder.join("h.conf"), folder.join("nobody"));
        let list = list.display();
        let text = format!(
            "interface=w\nssid=x\naccept_mac_file={list}1\nwpa=2\nwpa_psk_file={list}2\ndeny_mac_file={list}1\n"
        );
        std::fs::write(&conf, text).unwrap();
        let Ok(Wanted::Run(options)) = parse([conf.clone().into_os_string()]) else {
            panic!("the command line is not understood")
        };
        let told = configure(&options, &mut |_| {}).unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        let at = |number: u32, name: &str| format!("{}:{number}: {name}: {list}", conf.display());
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        for wanted in [at(3, "accept_mac_file"), at(6, "deny_mac_file"), at(5, "wpa_psk_file")] {
            assert!(lines.iter().any(|line| line.starts_with(&wanted)), "{wanted}: {told}");
        }
    }
}
