//! External registrars that say that they wait for somebody (SetSelectedRegistrar of WFAWLANConfig).

use alloc::vec::Vec;
use core::net::IpAddr;

use wire::{Instant, MacAddr};

use crate::WpsError;
use crate::attributes::Attributes;
use crate::element::Selected;
use crate::extension::MAX_AUTHORIZED;
use crate::quirks::{Quirk, Quirks};
use crate::search::WALK_TIME;

/// How many external registrars are known at a time.
const MAX_REGISTRARS: usize = 8;

/// What they say.
#[derive(Clone, Debug, Default)]
pub struct Externals {
    registrars: Vec<(IpAddr, Selected, Instant)>,
}

impl Externals {
    /// Takes the attributes of SetSelectedRegistrar.
    ///
    /// # Errors
    /// If they cannot be read, or there are too many registrars.
    pub fn set(&mut self, from: IpAddr, attributes: &[u8], quirks: Quirks, now: Instant) -> Result<(), WpsError> {
        let attributes = Attributes::parse(attributes, quirks)?;
        attributes.version.ok_or(WpsError::Missing("Version"))?;
        self.registrars.retain(|(known, _, until)| *known != from && now < *until);
        if !attributes.selected_registrar.ok_or(WpsError::Missing("Selected Registrar"))? {
            return Ok(());
        }
        if self.registrars.len() >= MAX_REGISTRARS {
            return Err(WpsError::Protocol("more registrars than are known at a time"));
        }
        let methods = attributes.selected_methods.or(quirks.has(Quirk::NoSelectedMethods).then(Default::default));
        let mut authorized = attributes.extension.authorized_macs.clone();
        // Those of version 1.0 name nobody, and mean everybody.
        if authorized.is_empty() && !attributes.is_version_2() {
            authorized.push(MacAddr::BROADCAST);
        }
        let selected = Selected {
            password_id: attributes.password_id.ok_or(WpsError::Missing("Device Password ID"))?,
            methods: methods.ok_or(WpsError::Missing("Selected Registrar Config Methods"))?,
            authorized,
        };
        self.registrars.push((from, selected, now + WALK_TIME));
        Ok(())
    }

    /// What they say together; the last one's password counts.
    #[must_use]
    pub fn selected(&self, now: Instant) -> Option<Selected> {
        let mut live =
            self.registrars.iter().rev().filter(|(_, _, until)| now < *until).map(|(_, selected, _)| selected);
        let mut all = live.next()?.clone();
        for selected in live {
            all.methods = all.methods.or(selected.methods);
            for addr in &selected.authorized {
                if all.authorized.len() < MAX_AUTHORIZED && !all.authorized.contains(addr) {
                    all.authorized.push(*addr);
                }
            }
        }
        Some(all)
    }

    /// Forgets who has had its time.
    pub fn forget(&mut self, now: Instant) {
        self.registrars.retain(|(_, _, until)| now < *until);
    }

    /// When the first of them has had its time.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.registrars.iter().map(|(_, _, until)| *until).min()
    }
}
