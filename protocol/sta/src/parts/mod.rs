//! Parts of the engine that have a state of their own.

pub(crate) mod countermeasures;
pub(crate) mod sa_query;

use wire::Instant;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) sa_query: sa_query::SaQuery,
    pub(crate) countermeasures: countermeasures::Countermeasures,
}

impl Parts {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.sa_query.deadline(), self.countermeasures.deadline()].into_iter().flatten().min()
    }

    /// The link has ended.
    pub(crate) fn link_ended(&mut self) {
        self.sa_query.stop();
    }
}
