//! What the access point daemon may touch, from its command line and configuration: written before any privilege is
//! given up.

use conf::ap::{Bss, ControlDirectory};
use ipc_proto::{InterfaceType, Role};
use policy::grant::{ControlRoot, ControlSocket, FileGrant, FileRight, Grant, Make, Names};

use crate::options::Options;
use crate::setup::Setup;

/// Where control sockets are of networks that are named later, unless that says otherwise.
const USUAL_CONTROL: &str = "/run/hostapd";

/// The grant of this start.
pub(crate) fn of(options: &Options, setup: &Setup) -> Grant {
    let mut grant = Grant::nothing(Role::AccessPoint);
    grant.country = true;
    files(&mut grant, setup);
    control(&mut grant, options, setup);
    // Further networks are named later, by the superuser on the global control socket.
    grant.witness = options.global.is_some();
    grant.random_address = grant.witness;
    for radio in &setup.radios {
        // Further networks of a radio have the next addresses, which are locally administered.
        grant.random_address |= radio.config.bss.len() > 1;
        for (position, bss) in radio.config.bss.iter().enumerate() {
            let Ok(name) = Names::one(bss.interface()) else { continue };
            if position > 0 {
                grant.makes.push(Make { kind: InterfaceType::AccessPoint, names: name.clone() });
            }
            grant.interfaces.push(name);
            grant.addresses.extend(bss.bssid());
            let bridge = bss.bridge().and_then(|bridge| Names::one(bridge).ok());
            grant.makes_bridges.extend(bridge.filter(|bridge| !grant.makes_bridges.contains(bridge)));
        }
    }
    grant
}

/// Configurations and the lists that they name are read again.
fn files(grant: &mut Grant, setup: &Setup) {
    let paths = setup.radios.iter().map(|radio| &radio.path).chain(setup.files.keys());
    grant.files = paths.map(|path| FileGrant { right: FileRight::Read, path: path.into() }).collect();
}

fn control(grant: &mut Grant, options: &Options, setup: &Setup) {
    let group = options.global_group.as_ref();
    let networks = setup.radios.iter().flat_map(|radio| &radio.config.bss).filter_map(Bss::control_directory);
    let usual = options.global.as_ref().map(|_| ControlDirectory { directory: USUAL_CONTROL.into(), group: None });
    for directory in networks.chain(usual) {
        let root = ControlRoot {
            folder: directory.directory.trim_end_matches('/').into(),
            group: directory.group.or_else(|| group.cloned()),
        };
        if !grant.control.contains(&root) {
            grant.control.push(root);
        }
    }
    let global = options.global.iter().map(|path| ControlSocket { path: path.into(), group: group.cloned() });
    grant.sockets = global.collect();
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::options::{Wanted, parse};
    use crate::setup::{Configured, Setup};

    #[test]
    fn what_the_files_name_and_no_more() {
        let text = "interface=wlan0\nbridge=br0\nssid=a\nbssid=00:16:3e:00:00:01\nbss=wlan0_0\nssid=b\nbridge=br0\n";
        let (config, _) = conf::ap::ApConfig::parse("h.conf", text.as_bytes()).unwrap();
        let own = config.bss.len();
        let radio = Configured { path: "/etc/h.conf".into(), radio: None, own, config };
        let setup = Setup { radios: vec![radio], ..Setup::default() };
        let Ok(Wanted::Run(options)) = parse(["/etc/h.conf".into()]) else { panic!() };
        let grant = of(&options, &setup).to_string();
        assert_eq!(
            grant,
            "role: access-point\ninterface: wlan0\ninterface: wlan0_0\nmake: access-point wlan0_0\n\
             make-bridge: br0\ncountry: yes\naddress: random\naddress: 00:16:3e:00:00:01\n\
             read: /etc/h.conf\n"
        );
    }
}
