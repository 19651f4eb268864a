//! The key of a method that two sides share one for, in the place of a password.

use alloc::format;

use crypto::Secret;

use crate::{Answer, Ask, Credentials, EapError, Password};

/// How long the key has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Octets {
    /// So many octets.
    Exactly(usize),
    /// So many octets or more.
    AtLeast(usize),
}

impl Octets {
    const fn allows(self, length: usize) -> bool {
        match self {
            Octets::Exactly(octets) => length == octets,
            Octets::AtLeast(octets) => length >= octets,
        }
    }
}

/// The key, or what is missing for it.
#[derive(Debug)]
pub(super) struct SharedKey {
    octets: Octets,
    key: Option<Secret>,
    trouble: Option<EapError>,
}

/// Why there is no key.
#[derive(Debug)]
pub(super) enum NoKey {
    /// It has to be asked for.
    Ask(Ask),
    /// It was asked for.
    Trouble(EapError),
}

impl SharedKey {
    pub(super) fn new(credentials: &Credentials, octets: Octets) -> Result<SharedKey, EapError> {
        let mut out = SharedKey { octets, key: None, trouble: None };
        if let Some(password) = &credentials.password {
            out.set(password)?;
        }
        Ok(out)
    }

    fn set(&mut self, password: &Password) -> Result<(), EapError> {
        let plain = password.plain().filter(|plain| self.octets.allows(plain.len()));
        let plain = plain.ok_or_else(|| {
            EapError::Configuration(match self.octets {
                Octets::Exactly(octets) => format!("the method needs a key of {octets} octets as its password").into(),
                Octets::AtLeast(0 | 1) => "the method needs a password, and no hash of one".into(),
                Octets::AtLeast(octets) => format!("the method needs a key of at least {octets} octets").into(),
            })
        })?;
        self.key = Some(Secret::from(plain));
        Ok(())
    }

    pub(super) fn get(&mut self) -> Result<Secret, NoKey> {
        match (self.trouble.take(), &self.key) {
            (Some(error), _) => Err(NoKey::Trouble(error)),
            (None, None) => Err(NoKey::Ask(Ask::Password)),
            (None, Some(key)) => Ok(key.clone()),
        }
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        let password = answer.password().ok_or(EapError::local("nobody gave a password"));
        self.trouble = password.and_then(|password| self.set(&password)).err();
    }
}
