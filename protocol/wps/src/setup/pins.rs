//! The PINs and other passwords that a registrar knows of Enrollees.

use alloc::vec::Vec;

use wire::{Instant, MacAddr};

use crate::code::PasswordId;
use crate::device::Uuid;
use crate::keys::{KeyHash, KeyPair};
use crate::password::DevicePassword;

/// How many there may be.
pub const MAX_PINS: usize = 32;
/// How often a PIN may be wrong before it is forgotten: whoever tries halves learns something each time.
const MAX_FAILURES: u8 = 3;

/// A password, and for whom it is.
#[derive(Clone, Debug)]
pub struct Known {
    /// The device; `None` for whichever comes first.
    pub uuid: Option<Uuid>,
    /// The address that may use it, for AuthorizedMACs; `None`: any.
    pub addr: Option<MacAddr>,
    /// The password.
    pub password: DevicePassword,
    /// The hash of the device's public key, if it was handed over.
    pub enrollee_key: Option<KeyHash>,
    /// Our keys, if the public one was handed over.
    pub keys: Option<KeyPair>,
    /// When it is forgotten.
    pub until: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Entry {
    known: Known,
    /// A run with this device uses it.
    used_by: Option<Uuid>,
    failures: u8,
    /// A device that knew the first half has seen the second: it can be found offline.
    was_shown: bool,
}

/// The book of them.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    entries: Vec<Entry>,
}

/// There is no room for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Pins {
    /// Adds a password, in place of the one that was known of the same device.
    ///
    /// # Errors
    /// If there are too many.
    pub fn add(&mut self, known: Known) -> Result<(), TooMany> {
        self.entries.retain(|entry| {
            entry.known.uuid != known.uuid
                || entry.known.password.id.is_random() && entry.known.password.id != known.password.id
        });
        if self.entries.len() >= MAX_PINS {
            return Err(TooMany);
        }
        self.entries.push(Entry { known, used_by: None, failures: 0, was_shown: false });
        Ok(())
    }

    /// Forgets those of a device, and those for anybody.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The password for a run with this device, which is nobody else's until it ends.
    pub fn take(&mut self, uuid: Uuid, id: PasswordId, now: Instant) -> Option<Known> {
        self.forget(now);
        let fits = |entry: &Entry| entry.known.password.id == id || is_pin(entry.known.password.id) && is_pin(id);
        let free = |entry: &Entry| entry.used_by.is_none() && fits(entry);
        let own = self.entries.iter().position(|entry| entry.known.uuid == Some(uuid) && fits(entry));
        let place = match own {
            // Runs side by side would have more tries than are counted.
            Some(own) => Some(own).filter(|own| self.entries.get(*own).is_some_and(free)),
            None => self.entries.iter().position(|entry| entry.known.uuid.is_none() && free(entry)),
        };
        let entry = self.entries.get_mut(place?)?;
        entry.used_by = Some(uuid);
        let mut known = entry.known.clone();
        known.password.id = id;
        Some(known)
    }

    /// The second half was shown to this device.
    pub fn show(&mut self, uuid: Uuid) {
        self.used_by(uuid).for_each(|entry| entry.was_shown = true);
    }

    /// A run with this device is over. Gives whether a password was forgotten for it.
    pub fn release(&mut self, uuid: Uuid, succeeded: bool) -> bool {
        let before = self.entries.len();
        self.used_by(uuid).for_each(|entry| {
            entry.failures = entry.failures.saturating_add(1);
        });
        self.entries.retain(|entry| {
            let is_over = succeeded || entry.was_shown || entry.failures >= MAX_FAILURES || entry.known.uuid.is_none();
            entry.used_by != Some(uuid) || !is_over
        });
        self.used_by(uuid).for_each(|entry| entry.used_by = None);
        self.entries.len() < before
    }

    fn used_by(&mut self, uuid: Uuid) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(move |entry| entry.used_by == Some(uuid))
    }

    /// Forgets what has had its time.
    pub fn forget(&mut self, now: Instant) {
        self.entries.retain(|entry| entry.used_by.is_some() || entry.known.until.is_none_or(|until| now < until));
    }

    /// None is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Who may use one: the last of them first, the broadcast address for anybody.
    pub fn authorized(&self) -> impl Iterator<Item = MacAddr> {
        self.entries.iter().rev().map(|entry| entry.known.addr.unwrap_or(MacAddr::BROADCAST))
    }

    /// When the first of them has had its time.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.entries.iter().filter(|entry| entry.used_by.is_none()).filter_map(|entry| entry.known.until).min()
    }
}

/// Identifiers of passwords that people type: what one device calls so, another calls so.
const fn is_pin(id: PasswordId) -> bool {
    matches!(
        id,
        PasswordId::DEFAULT | PasswordId::USER | PasswordId::MACHINE | PasswordId::REGISTRAR | PasswordId::P2PS
    )
}
