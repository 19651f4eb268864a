//! Lists of addresses (`macaddr_acl`), as a frame asks them.

use alloc::collections::{BTreeMap, BTreeSet};

use wire::MacAddr;

use crate::Lists;
use crate::bss::Bss;

/// What the lists say of an address, found without going through them.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Listed as accepted, and whether that lets them in: there are no VLANs yet.
    accept: BTreeMap<MacAddr, bool>,
    deny: BTreeSet<MacAddr>,
}

impl Addresses {
    pub(crate) fn of(lists: &Lists) -> Addresses {
        let mut accept = BTreeMap::new();
        for listed in &lists.accept {
            accept.entry(listed.addr).or_insert(listed.vlan == 0);
        }
        Addresses { accept, deny: lists.deny.iter().map(|listed| listed.addr).collect() }
    }
}

impl Bss {
    /// Whether the lists let an address in.
    pub(crate) fn is_welcome(&self, addr: MacAddr) -> bool {
        match self.addresses.accept.get(&addr) {
            Some(opens) => *opens,
            None => self.config.profile.admission.unlisted && !self.is_denied(addr),
        }
    }

    pub(crate) fn is_denied(&self, addr: MacAddr) -> bool {
        self.addresses.deny.contains(&addr)
    }
}
