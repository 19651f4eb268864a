//! The keys that a station may have.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::Pmk;

/// The keys that are tried in turn against message 2: the station's own first, then those that are for anybody, which all
/// associations share, for there may be thousands.
#[derive(Clone, Debug)]
pub struct Candidates {
    own: Vec<Pmk>,
    shared: Arc<[Pmk]>,
}

impl Candidates {
    /// Keys of this station alone, and keys of everybody.
    #[must_use]
    pub fn new(own: Vec<Pmk>, shared: Arc<[Pmk]>) -> Candidates {
        Candidates { own, shared }
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.shared.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pmk> {
        self.own.iter().chain(self.shared.iter())
    }
}

impl From<Vec<Pmk>> for Candidates {
    fn from(own: Vec<Pmk>) -> Candidates {
        Candidates { own, shared: Arc::from([]) }
    }
}
