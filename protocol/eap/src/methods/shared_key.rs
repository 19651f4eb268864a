//! The key of a method that two sides share one for: octets of a fixed number in the place of a password.

use crypto::Secret;

use crate::{Answer, Ask, Credentials, EapError, Password};

/// The key, or what is missing for it.
#[derive(Debug)]
pub(super) struct SharedKey {
    octets: usize,
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
    pub(super) fn new(credentials: &Credentials, octets: usize) -> Result<SharedKey, EapError> {
        let mut out = SharedKey { octets, key: None, trouble: None };
        if let Some(password) = &credentials.password {
            out.set(password)?;
        }
        Ok(out)
    }

    fn set(&mut self, password: &Password) -> Result<(), EapError> {
        let plain = password.plain().filter(|plain| plain.len() == self.octets);
        let plain = plain.ok_or(EapError::configuration(match self.octets {
            16 => "the method needs a key of 16 octets as its password",
            _ => "the method needs a key of 32 octets as its password",
        }))?;
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
