//! What the station daemon may touch, from its command line and configuration: written before any privilege is given up.

use conf::station::ControlDirectory;
use ipc_proto::{InterfaceType, Role};
use policy::grant::{ControlRoot, ControlSocket, FileGrant, FileRight, Grant, Names};

use crate::options::Options;
use crate::setup::Configured;

/// Where control sockets of interfaces are that are named later, unless that says otherwise.
const USUAL_CONTROL: &str = "/run/wpa_supplicant";

/// The grant of this start.
pub(crate) fn of(options: &Options, configured: &[Configured]) -> Grant {
    let mut grant = Grant::nothing(Role::Station);
    // The regulatory domain is set by the configuration and, with SET, by whoever may use the control socket.
    grant.country = true;
    let one = |name: &str| Names::one(name).ok();
    grant.interfaces = configured.iter().filter_map(|one_of| one(&one_of.options.ifname)).collect();
    grant.bridges = configured.iter().filter_map(|one_of| one(one_of.options.bridge.as_deref()?)).collect();
    // Further interfaces are named later, by the superuser on the global control socket.
    grant.witness = options.global.is_some();
    grant.random_address = grant.witness;
    // Who manages networks makes some of its own; a fixed configuration says whether it has any.
    let serves = |one: &Configured| one.config.networks.iter().any(|network| network.mode() == 2);
    if grant.witness || configured.iter().any(serves) {
        grant.turns.push(InterfaceType::AccessPoint);
    }
    let group = options.global_group.as_ref();
    let mut control = |directory: ControlDirectory| {
        let root = ControlRoot {
            folder: directory.directory.trim_end_matches('/').into(),
            group: directory.group.or_else(|| group.cloned()),
        };
        if !grant.control.contains(&root) {
            grant.control.push(root);
        }
    };
    configured.iter().filter_map(|one| one.config.globals.control_directory()).for_each(&mut control);
    options.override_ctrl.iter().filter_map(|text| ControlDirectory::parse(text, None)).for_each(&mut control);
    if options.global.is_some() {
        control(ControlDirectory { directory: USUAL_CONTROL.into(), group: None });
    }
    let global = options.global.iter().map(|path| ControlSocket { path: path.into(), group: group.cloned() });
    grant.sockets = global.collect();
    for configuration in configured.iter().map(|one| &one.options) {
        // Whether it may be saved is asked of the file itself, each time.
        let file = |right, path: &String| FileGrant { right, path: path.into() };
        grant.files.extend(configuration.config.iter().map(|path| file(FileRight::Replace, path)));
        grant.files.extend(configuration.extra_config.iter().map(|path| file(FileRight::Read, path)));
    }
    grant
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::options::{Wanted, parse};
    use crate::setup::Configured;

    fn grant(line: &str, configuration: &str) -> String {
        let Ok(Wanted::Run(options)) = parse(line.split(' ').map(Into::into)) else { panic!("{line}") };
        let config = || conf::station::StationConfig::parse("a.conf", configuration.as_bytes()).unwrap().0;
        let configured = |one: &crate::options::InterfaceOptions| Configured { options: one.clone(), config: config() };
        let configured: Vec<Configured> = options.interfaces.iter().map(configured).collect();
        of(&options, &configured).to_string()
    }

    #[test]
    fn what_the_command_line_names_and_no_more() {
        assert_eq!(
            grant("-i wlan0 -b br0 -c /etc/a.conf -I /etc/b.conf", "ctrl_interface=DIR=/run/x GROUP=g\n"),
            "role: station\ninterface: wlan0\nbridge: br0\ncountry: yes\ncontrol: /run/x group g\n\
             replace: /etc/a.conf\nread: /etc/b.conf\n"
        );
    }

    #[test]
    fn what_is_printed_is_the_file_of_a_grant() {
        let line = "--grants -i wlan0 -c a.conf -C /run/x -P /run/a.pid -f /var/log/a";
        let Ok(Wanted::Run(options)) = parse(line.split(' ').map(Into::into)) else { panic!("{line}") };
        let config = conf::station::StationConfig::default();
        let configured = Configured { options: options.interfaces.first().unwrap().clone(), config };
        let granted = daemon::grant(crate::setup::start(&options, &[configured]));
        let here = std::env::current_dir().unwrap();
        let files = [format!("replace: {}", here.join("a.conf").display()), "log: /var/log/a".into()];
        let text = granted.to_string();
        for wanted in files.iter().map(String::as_str).chain(["user: wifi-sta", "pid: /run/a.pid"]) {
            assert!(options.grants && text.lines().any(|line| line == wanted), "{wanted}: {text}");
        }
        assert_eq!(policy::grant::Grant::parse(&text).unwrap(), granted);
    }

    #[test]
    fn with_a_global_socket_the_superuser_names_more_later() {
        let grant = grant("-g /run/global -G g", "");
        assert!(grant.contains("\nwitness: superuser\n") && grant.contains("\nsocket: /run/global group g\n"));
        assert!(grant.contains("\ncontrol: /run/wpa_supplicant group g\n"));
    }
}
