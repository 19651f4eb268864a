//! What the access point daemon may touch, from its command line and configuration: written before any privilege is
//! given up.

use ipc_proto::{InterfaceType, Role};
use policy::grant::{Grant, Make, Names};

use crate::setup::Setup;

/// The grant of this start. `global`: there is a global control socket.
pub(crate) fn of(global: bool, setup: &Setup) -> Grant {
    let mut grant = Grant::nothing(Role::AccessPoint);
    grant.country = true;
    if global {
        // Networks are named later, on the global control socket.
        grant.interfaces = vec![Names::any()];
        grant.makes = vec![Make { kind: InterfaceType::AccessPoint, names: Names::any() }];
        grant.makes_bridges = vec![Names::any()];
        grant.random_address = true;
        grant.addresses =
            setup.radios.iter().flat_map(|radio| &radio.config.bss).filter_map(|bss| bss.bssid()).collect();
        grant.witness = true;
        return grant;
    }
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

#[cfg(test)]
mod tests {
    use super::of;
    use crate::setup::{Configured, Setup};

    #[test]
    fn what_the_files_name_and_no_more() {
        let text = "interface=wlan0\nbridge=br0\nssid=a\nbssid=00:16:3e:00:00:01\nbss=wlan0_0\nssid=b\nbridge=br0\n";
        let (config, _) = conf::ap::ApConfig::parse("h.conf", text.as_bytes()).unwrap();
        let own = config.bss.len();
        let radio = Configured { path: "/etc/h.conf".into(), radio: None, own, config };
        let setup = Setup { radios: vec![radio], ..Setup::default() };
        let grant = of(false, &setup).to_string();
        assert_eq!(
            grant,
            "role: access-point\ninterface: wlan0\ninterface: wlan0_0\nmake: access-point wlan0_0\n\
             make-bridge: br0\ncountry: yes\naddress: random\naddress: 00:16:3e:00:00:01\n"
        );
    }
}
