//! What the station daemon may touch, from its command line: written before any privilege is given up.

use ipc_proto::{InterfaceType, Role};
use policy::grant::{Grant, Make, Names};

use crate::setup::Configured;

/// The grant of this start. `global`: there is a global control socket.
pub(crate) fn of(global: bool, configured: &[Configured]) -> Grant {
    let mut grant = Grant::nothing(Role::Station);
    // The regulatory domain is set by the configuration and, with SET, by whoever may use the control socket.
    grant.country = true;
    if global {
        // Interfaces are named later, on the global control socket.
        grant.interfaces = vec![Names::any()];
        grant.makes = vec![Make { kind: InterfaceType::Station, names: Names::any() }];
        grant.bridges = vec![Names::any()];
        grant.random_address = true;
        grant.witness = true;
        return grant;
    }
    let one = |name: &str| Names::one(name).ok();
    grant.interfaces = configured.iter().filter_map(|one_of| one(&one_of.options.ifname)).collect();
    grant.bridges = configured.iter().filter_map(|one_of| one(one_of.options.bridge.as_deref()?)).collect();
    grant
}
