//! Credentials and identities: blocks that are kept and saved, but not acted on yet.

use super::cred_table::{CRED_PARAMS, IDENTITY_PARAMS};
use crate::values::{Change, SetError, Values};
use alloc::vec::Vec;

/// A `cred={}` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cred {
    /// Its identifier.
    pub id: u32,
    pub(crate) values: Values,
}

impl Cred {
    pub(crate) fn new(id: u32) -> Cred {
        Cred { id, values: Values::new(CRED_PARAMS) }
    }

    /// Sets a field (`SET_CRED`).
    ///
    /// # Errors
    /// If there is no such field or the text is not a value of it.
    pub fn set(&mut self, field: &[u8], text: &[u8]) -> Result<Change, SetError> {
        self.values.set(field, text)
    }

    /// The text of a field (`GET_CRED`); secrets are shown as `*`, strings without quotes.
    pub fn get(&self, field: &[u8]) -> Option<Vec<u8>> {
        let text = self.values.get(field)?;
        match text.as_slice() {
            [b'"', inner @ .., b'"'] => Some(inner.to_vec()),
            _ => Some(text),
        }
    }

    /// Whether it is never saved.
    pub fn is_temporary(&self) -> bool {
        self.values.read(super::cred_table::CredKey::temporary)
    }
}

/// An `identity={}` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its identifier, from 1.
    pub id: u32,
    pub(crate) values: Values,
}

impl Identity {
    pub(crate) fn new(id: u32) -> Identity {
        Identity { id, values: Values::new(IDENTITY_PARAMS) }
    }

    /// Sets a field.
    ///
    /// # Errors
    /// If there is no such field or the text is not a value of it.
    pub fn set(&mut self, field: &[u8], text: &[u8]) -> Result<Change, SetError> {
        self.values.set(field, text)
    }
}
