//! What the programs that a process starts will hold, where that process is not the superuser's.

use caps::{CapSet, CapsHashSet};

use super::{Lockdown, LockdownError, apply};

impl Lockdown {
    /// Has the programs started from now on hold the capabilities of this lockdown, and no others, whoever the user is.
    /// False, and nothing is changed: this process does not hold them itself.
    pub fn hand_on(&self) -> Result<bool, LockdownError> {
        let wanted = self.wanted();
        let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
        if !wanted.is_subset(&permitted) {
            return Ok(false);
        }
        hand_on(&wanted)?;
        Ok(true)
    }

    /// Has them hold none.
    pub fn hand_on_nothing() -> Result<(), LockdownError> {
        hand_on(&CapsHashSet::new())
    }
}

fn hand_on(wanted: &CapsHashSet) -> Result<(), LockdownError> {
    // Ambient ones have to be inheritable, and end where they are not.
    caps::set(None, CapSet::Inheritable, wanted).map_err(failed)?;
    caps::set(None, CapSet::Ambient, wanted).map_err(failed)
}

fn failed(error: caps::errors::CapsError) -> LockdownError {
    apply::other("capabilities", &error)
}
