//! What happens before privilege is given up: configuration files are read, and the start is described.

use ipc_proto::Role;

use conf::station::StationConfig;
use daemon::cli::{SetupError, contents};
use daemon::log::Level;
use daemon::{Reader, Start};

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
    let paths = options.interfaces.iter().filter_map(|interface| interface.config.as_deref());
    let mut files = Reader::new(Role::Station, paths);
    options.interfaces.iter().map(|interface| read(interface, &mut files, warn)).collect()
}

fn read(
    interface: &InterfaceOptions,
    files: &mut Reader,
    warn: &mut dyn FnMut(String),
) -> Result<Configured, SetupError> {
    let rejected = |rejected: conf::Rejected| SetupError::Rejected(rejected.to_string());
    let mut config = match &interface.config {
        Some(path) => {
            let (config, notices) = StationConfig::parse(path, &contents(files, path)?).map_err(rejected)?;
            conf::Notice::lines(&notices).into_iter().for_each(&mut *warn);
            config
        }
        None => StationConfig::default(),
    };
    if let Some(path) = &interface.extra_config {
        let notices = config.read(path, &contents(files, path)?, true).map_err(rejected)?;
        conf::Notice::lines(&notices).into_iter().for_each(&mut *warn);
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

/// What is to be said of networks that cannot be joined as they stand, one line each.
pub(crate) fn unjoinable(configured: &[Configured]) -> Vec<String> {
    let of_one = |one: &Configured| {
        let file = one.options.config.clone().unwrap_or_default();
        let missing = one.config.networks.iter().filter_map(|network| Some((network.id(), network.missing()?)));
        missing.map(|(id, missing)| format!("{file}: network {id} cannot be joined: {missing}")).collect::<Vec<_>>()
    };
    configured.iter().flat_map(of_one).collect()
}

/// What the process is allowed from now on, and how it starts.
pub(crate) fn start(options: &Options, configured: &[Configured]) -> Start {
    Start {
        name: "supplicant",
        grant: crate::grant::of(options, configured),
        configurations: configured.iter().filter_map(|one| one.options.config.as_ref()).map(Into::into).collect(),
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
    use super::{configure, unjoinable};
    use crate::options::{Wanted, parse};

    #[test]
    fn a_check_needs_no_interface_and_names_networks_that_cannot_be_joined() {
        let path = std::env::temp_dir().join(format!("check-{}.conf", std::process::id()));
        std::fs::write(
            &path,
            "network={\n ssid=\"a\"\n psk=\"12345678\"\n}\nnetwork={\n ssid=\"b\"\n key_mgmt=SAE\n}\n",
        )
        .unwrap();
        let Ok(Wanted::Run(options)) = parse(["--check".into(), "-c".into(), path.clone().into_os_string()]) else {
            panic!("the command line is not understood")
        };
        let configured = configure(&options, &mut |_| {}).unwrap();
        std::fs::remove_file(&path).unwrap();
        let told = unjoinable(&configured);
        assert!(options.check && told.len() == 1, "{told:?}");
        assert!(told.iter().all(|line| line.starts_with(&format!("{}: network 1 ", path.display()))), "{told:?}");
    }
}
