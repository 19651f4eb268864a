//! An access point's part in registrations: whose buttons were pushed, which PINs are known, what its beacons say of it,
//! and what each Enrollee is given.
//!
//! It decides and counts; the runs themselves are `registration`'s.

mod button;
mod external;
mod lock;
mod offer;
mod pins;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::IpAddr;

use crypto::Rng;
use wire::{Instant, MacAddr};

pub use button::Button;
pub use external::Externals;
pub use lock::{Lock, Locked};
pub use offer::Networks;
pub use pins::{Known, MAX_PINS, Pins, TooMany};

use crate::WpsError;
use crate::code::{ConfigError, ConfigMethods, PasswordId};
use crate::device::Uuid;
use crate::element::{SeenStation, Selected};
use crate::extension::MAX_AUTHORIZED;
use crate::message::M1;
use crate::password::DevicePassword;
use crate::quirks::{Quirk, Quirks};
use crate::registration::{Decision, Event, Grant, Offer, Setup};
use crate::search::WALK_TIME;

/// What an access point is given.
#[derive(Clone, Debug)]
pub struct SetupProfile {
    /// What Enrollees are given.
    pub networks: Networks,
    /// What its registrar can do.
    pub methods: ConfigMethods,
    /// External registrars may never change its settings (`ap_setup_locked`), or may only learn them.
    pub setup: Setup,
    /// What is put up with.
    pub quirks: Quirks,
}

/// What is to be known outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// What beacons and probe responses say is another thing now.
    Advertise,
    /// The walk time is over, and nobody came.
    ButtonTimeout,
    /// More than one device has pushed its button.
    Overlap,
    /// The button has done its work, for this device.
    ButtonDone(Uuid),
    /// The PIN of this device is forgotten, used or tried too often.
    PinForgotten(Uuid),
    /// Somebody tried to find the access point's own PIN.
    Locked(Locked),
    /// The access point's own PIN can be used again.
    Unlocked,
    /// The access point had no configuration: this is its configuration now.
    Configure(crate::credential::Network),
    /// A device for which there is no PIN wants one: a person may know it.
    PinNeeded(Uuid, MacAddr),
}

/// The access point's own PIN, for external registrars.
#[derive(Clone, Debug)]
struct OwnPin {
    password: DevicePassword,
    until: Option<Instant>,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct ApSetup {
    profile: SetupProfile,
    pins: Pins,
    button: Button,
    externals: Externals,
    lock: Lock,
    was_locked: bool,
    own: Option<OwnPin>,
    /// Since when a PIN is waited for.
    waits_until: Option<Instant>,
    /// The network that was made up for the first Enrollee of an access point without a configuration.
    made_up: Option<(Uuid, crate::credential::Network)>,
    changes: VecDeque<Change>,
}

impl ApSetup {
    /// One that waits for nobody.
    #[must_use]
    pub fn new(profile: SetupProfile) -> ApSetup {
        ApSetup {
            profile,
            pins: Pins::default(),
            button: Button::default(),
            externals: Externals::default(),
            lock: Lock::default(),
            was_locked: false,
            own: None,
            waits_until: None,
            made_up: None,
            changes: VecDeque::new(),
        }
    }

    /// The button was pushed.
    ///
    /// # Errors
    /// If more than one device has pushed its own.
    pub fn push_button(&mut self, now: Instant) -> Result<(), WpsError> {
        self.waits_until = None;
        let is_pushed = self.button.push(now);
        self.changes.push_back(Change::Advertise);
        if is_pushed {
            Ok(())
        } else {
            self.changes.push_back(Change::Overlap);
            Err(WpsError::Overlap)
        }
    }

    /// A PIN, or another password of an Enrollee.
    ///
    /// # Errors
    /// If there are too many.
    pub fn add_pin(&mut self, known: Known, now: Instant) -> Result<(), TooMany> {
        self.pins.forget(now);
        self.pins.add(known)?;
        self.button.release();
        self.waits_until = Some(now + WALK_TIME);
        self.changes.push_back(Change::Advertise);
        Ok(())
    }

    /// Nobody is waited for any more; runs that go on are not touched.
    pub fn cancel(&mut self) {
        self.button.release();
        self.pins.clear();
        self.waits_until = None;
        self.changes.push_back(Change::Advertise);
    }

    /// The access point's own PIN, for external registrars, until then; `None` takes it away. Unlocks.
    pub fn set_own_pin(&mut self, password: Option<DevicePassword>, until: Option<Instant>) {
        self.own = password.map(|password| OwnPin { password, until });
        self.lock.succeed();
        self.was_locked = false;
        self.changes.push_back(Change::Advertise);
    }

    /// What external registrars may just now, and the PIN that they have to know: for the profile of an Enrollee.
    #[must_use]
    pub fn own_pin(&self, now: Instant) -> (Setup, Option<DevicePassword>) {
        let known = self.own.as_ref().filter(|own| own.until.is_none_or(|until| now < until));
        match (self.lock.state(now), known) {
            (Locked::No, Some(own)) => (self.profile.setup, Some(own.password.clone())),
            (Locked::No | Locked::Until(_) | Locked::ForEver, _) => (Setup::Locked, None),
        }
    }

    /// What AP Setup Locked says.
    #[must_use]
    pub fn is_locked(&self, now: Instant) -> bool {
        self.lock.state(now) != Locked::No || self.profile.setup != Setup::Open
    }

    /// A station's probe request.
    pub fn handle_probe(&mut self, station: &SeenStation, addr: MacAddr, now: Instant) {
        if station.password_id == PasswordId::PUSH_BUTTON {
            self.see_button(station.uuid, addr, now);
        }
    }

    fn see_button(&mut self, uuid: Uuid, addr: MacAddr, now: Instant) {
        let was_pushed = self.button.is_pushed(now);
        let echo = self.profile.quirks.has(Quirk::ButtonEcho);
        if !self.button.see(uuid, addr, now, echo) && was_pushed {
            self.button.release();
            self.changes.push_back(Change::Overlap);
            self.changes.push_back(Change::Advertise);
        }
    }

    /// Decides about an Enrollee.
    pub fn decide(&mut self, m1: &M1, now: Instant, rng: &mut dyn Rng) -> Decision {
        let known = if m1.password_id == PasswordId::PUSH_BUTTON {
            let was_pushed = self.button.is_pushed(now);
            self.see_button(m1.uuid, m1.addr, now);
            if !was_pushed {
                return Decision::Refuse(ConfigError::NONE);
            }
            if !self.button.is_alone(m1.uuid) {
                return Decision::Refuse(ConfigError::MULTIPLE_PBC);
            }
            let password = DevicePassword::push_button();
            Known { uuid: None, addr: None, password, enrollee_key: None, keys: None, until: None }
        } else {
            match self.pins.take(m1.uuid, m1.password_id, now) {
                Some(known) => known,
                None => {
                    self.changes.push_back(Change::PinNeeded(m1.uuid, m1.addr));
                    return Decision::Refuse(ConfigError::NONE);
                }
            }
        };
        let (given, made_up) = match self.profile.networks.offer(m1, self.profile.quirks, rng) {
            Ok(offer) => offer,
            Err(_) => {
                self.pins.release(m1.uuid, false);
                return Decision::Refuse(ConfigError::NETWORK_AUTH);
            }
        };
        self.made_up = made_up.map(|network| (m1.uuid, network));
        let Known { password, enrollee_key, keys, .. } = known;
        Decision::Register(alloc::boxed::Box::new(Grant {
            password,
            offer: Offer::Credentials(given),
            enrollee_key,
            keys,
        }))
    }

    /// Whether this is still the only device whose button was pushed.
    #[must_use]
    pub fn is_alone(&self, uuid: Uuid) -> bool {
        self.button.is_alone(uuid)
    }

    /// What a run with this Enrollee says.
    pub fn handle_event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::PasswordShown(uuid) => self.pins.show(*uuid),
            Event::Registered(registered) => {
                if registered.password_id == PasswordId::PUSH_BUTTON {
                    self.button.finish(registered.uuid, now);
                    self.changes.push_back(Change::ButtonDone(registered.uuid));
                } else {
                    self.pins.release(registered.uuid, true);
                    self.waits_until = None;
                }
                if let Some((uuid, network)) = self.made_up.take()
                    && uuid == registered.uuid
                {
                    self.profile.networks.configured(network.clone());
                    self.changes.push_back(Change::Configure(network));
                }
                self.changes.push_back(Change::Advertise);
            }
            Event::Failed(..)
            | Event::Met { .. }
            | Event::NoPassword(_)
            | Event::PasswordProved
            | Event::Given(_)
            | Event::Settings(_)
            | Event::Learned(_)
            | Event::Enrolled
            | Event::KeyOf(..) => {}
        }
    }

    /// A run with this Enrollee is over, in whichever way: also when it just went away.
    pub fn run_ended(&mut self, uuid: Uuid) {
        if self.pins.release(uuid, false) {
            self.changes.push_back(Change::PinForgotten(uuid));
            self.changes.push_back(Change::Advertise);
        }
    }

    /// What a run with an external registrar says, in which the access point is the Enrollee.
    pub fn handle_own_event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Failed(_, WpsError::Password(_)) => {
                let locked = self.lock.fail(now);
                if locked != Locked::No {
                    self.was_locked = true;
                    self.changes.push_back(Change::Locked(locked));
                    self.changes.push_back(Change::Advertise);
                }
            }
            Event::PasswordProved => self.lock.succeed(),
            Event::Failed(..)
            | Event::Met { .. }
            | Event::NoPassword(_)
            | Event::Given(_)
            | Event::Settings(_)
            | Event::Learned(_)
            | Event::PasswordShown(_)
            | Event::Registered(_)
            | Event::Enrolled
            | Event::KeyOf(..) => {}
        }
    }

    /// An external registrar says whether it waits for somebody.
    ///
    /// # Errors
    /// If what it says cannot be read, or too many of them do.
    pub fn set_selected(&mut self, from: IpAddr, attributes: &[u8], now: Instant) -> Result<(), WpsError> {
        self.externals.set(from, attributes, self.profile.quirks, now)?;
        self.changes.push_back(Change::Advertise);
        Ok(())
    }

    /// What beacons and probe responses say of a registrar that waits for somebody.
    #[must_use]
    pub fn selected(&self, now: Instant) -> Option<Selected> {
        if self.button.is_pushed(now) {
            return Some(Selected {
                password_id: PasswordId::PUSH_BUTTON,
                methods: self
                    .profile
                    .methods
                    .and(ConfigMethods(ConfigMethods::VIRTUAL_PUSH_BUTTON.0 | ConfigMethods::PHYSICAL_PUSH_BUTTON.0)),
                authorized: alloc::vec![MacAddr::BROADCAST],
            });
        }
        let waits = self.waits_until.is_some_and(|until| now < until) && !self.pins.is_empty();
        if !waits {
            return self.externals.selected(now);
        }
        let mut authorized: Vec<MacAddr> = Vec::new();
        for addr in self.pins.authorized() {
            if authorized.len() < MAX_AUTHORIZED && !authorized.contains(&addr) {
                authorized.push(addr);
            }
        }
        let methods = self.profile.methods.without_push_button();
        Some(Selected { password_id: PasswordId::DEFAULT, methods, authorized })
    }

    /// Time has passed; to be called early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.button.deadline().is_some_and(|deadline| now >= deadline) {
            self.button.release();
            self.changes.push_back(Change::ButtonTimeout);
            self.changes.push_back(Change::Advertise);
        }
        if self.waits_until.is_some_and(|until| now >= until) {
            self.waits_until = None;
            self.changes.push_back(Change::Advertise);
        }
        if self.was_locked && self.lock.state(now) == Locked::No {
            self.was_locked = false;
            self.changes.push_back(Change::Unlocked);
            self.changes.push_back(Change::Advertise);
        }
        if self.externals.deadline().is_some_and(|deadline| now >= deadline) {
            self.externals.forget(now);
            self.changes.push_back(Change::Advertise);
        }
        if self.own.as_ref().and_then(|own| own.until).is_some_and(|until| now >= until) {
            self.own = None;
        }
        self.pins.forget(now);
    }

    /// When to call [`ApSetup::handle_timeout`].
    #[must_use]
    pub fn poll_deadline(&self, now: Instant) -> Option<Instant> {
        let locked = match self.lock.state(now) {
            Locked::Until(until) => Some(until),
            Locked::No => self.was_locked.then_some(now),
            Locked::ForEver => None,
        };
        let own = self.own.as_ref().and_then(|own| own.until);
        [self.button.deadline(), self.waits_until, locked, self.externals.deadline(), self.pins.deadline(), own]
            .into_iter()
            .flatten()
            .min()
    }

    /// What has changed; to be taken until there is nothing.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }
}
