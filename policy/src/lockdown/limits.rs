//! Resources that a process can use up, and how much of each it has.

use nix::sys::resource::Resource;

use super::ProcessRole;

/// A limit, soft and hard, and why.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Of what.
    pub resource: Resource,
    /// The most.
    pub most: u64,
    /// Why.
    pub reason: &'static str,
}

const fn limit(resource: Resource, most: u64, reason: &'static str) -> Limit {
    Limit { resource, most, reason }
}

impl ProcessRole {
    /// What the process is limited to. A worker's limits are no wider than its keeper's, which it inherits.
    #[must_use]
    pub fn limits(self) -> Vec<Limit> {
        let mut limits = vec![
            limit(Resource::RLIMIT_CORE, 0, "what it has in memory is written nowhere"),
            limit(Resource::RLIMIT_MEMLOCK, 0, "it keeps no page from others"),
            limit(Resource::RLIMIT_MSGQUEUE, 0, "it has no message queues"),
        ];
        match self {
            ProcessRole::Supplicant | ProcessRole::Apd => {
                limits.push(limit(Resource::RLIMIT_NPROC, 0, "it starts nothing"));
                limits.push(limit(Resource::RLIMIT_NOFILE, 64, "two helpers, signals, and where its lines go"));
            }
            ProcessRole::Privd | ProcessRole::Post | ProcessRole::Courier => {
                limits.push(limit(Resource::RLIMIT_NPROC, 0, "it starts nothing"));
            }
            ProcessRole::PrivdKeeper | ProcessRole::PostKeeper | ProcessRole::CourierKeeper => {}
        }
        limits
    }
}
