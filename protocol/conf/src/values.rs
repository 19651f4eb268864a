//! A set of values of one table's parameters.

use crate::param::{Param, Preset, Status};
use crate::stored::{Key, Stored};
use crate::value::{self, Meaning, Value};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::fmt;

/// Whether setting a parameter changed its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has another value now.
    Changed,
    /// It had this value before.
    Same,
}

/// Why a parameter could not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such parameter.
    Unknown,
    /// The text is not a value of it; why.
    Invalid(String),
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetError::Unknown => f.write_str("there is no such parameter"),
            SetError::Invalid(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for SetError {}

/// The values that differ from unset; everything else has its preset.
#[derive(Clone)]
pub struct Values {
    table: &'static [Param],
    set: BTreeMap<usize, Value>,
}

impl Values {
    /// All parameters of a table, unset.
    pub(crate) fn new(table: &'static [Param]) -> Values {
        Values { table, set: BTreeMap::new() }
    }

    /// The declaration of a parameter.
    pub fn param(&self, name: &[u8]) -> Option<&'static Param> {
        self.table.iter().find(|param| param.name.as_bytes() == name)
    }

    fn position(&self, name: &[u8]) -> Option<(usize, &'static Param)> {
        self.table.iter().enumerate().find(|(_, param)| param.name.as_bytes() == name)
    }

    /// Where the value of a parameter is kept: under the name that it is another spelling of, if it is one.
    fn home(&self, index: usize, param: &'static Param) -> usize {
        param.shape.into.and_then(|name| self.position(name.as_bytes())).map_or(index, |(index, _)| index)
    }

    /// Sets a parameter from its text in the file's notation.
    pub fn set(&mut self, name: &[u8], text: &[u8]) -> Result<Change, SetError> {
        let (index, param) = self.position(name).ok_or(SetError::Unknown)?;
        let home = self.home(index, param);
        let present = self.set.get(&home);
        let changed = match value::parse(param, text, present).map_err(SetError::Invalid)? {
            Meaning::Set(value) => {
                let named = present.is_some() || !param.shape.explicit;
                let same = named && self.effective(home).as_ref() == Some(&value);
                self.set.insert(home, value);
                !same
            }
            Meaning::Unset => self.set.remove(&home).is_some(),
        };
        Ok(if changed { Change::Changed } else { Change::Same })
    }

    /// The value in force: the one set, else the preset.
    fn effective(&self, index: usize) -> Option<Value> {
        if let Some(value) = self.set.get(&index) {
            return Some(value.clone());
        }
        match self.table.get(index)?.shape.preset {
            Preset::Unset => None,
            Preset::Int(n) => Some(Value::Int(n)),
            Preset::Bits(bits) => Some(Value::Bits(bits)),
        }
    }

    /// The text of a parameter's value, as `GET_NETWORK` shows it: a secret is shown as `*`. `None` if it is unset or unknown.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        let (index, param) = self.position(name)?;
        let home = self.home(index, param);
        let text = value::write(self.table.get(home)?, &self.effective(home)?)?;
        if param.shape.secret {
            return (!text.is_empty()).then(|| b"*".to_vec());
        }
        Some(text)
    }

    /// Takes the value of a parameter away, by name.
    pub(crate) fn unset(&mut self, name: &[u8]) -> Result<Change, SetError> {
        let (index, param) = self.position(name).ok_or(SetError::Unknown)?;
        let had = self.set.remove(&self.home(index, param)).is_some();
        Ok(if had { Change::Changed } else { Change::Same })
    }

    /// Gives a parameter the value that it has in another set of the same table. `None` if it has none there.
    pub(crate) fn copy(&mut self, from: &Values, name: &[u8]) -> Option<Change> {
        let (index, param) = self.position(name)?;
        let home = self.home(index, param);
        let (before, after) = (self.effective(home), Some(from.effective(home)?));
        match from.set.get(&home) {
            Some(value) => self.set.insert(home, value.clone()),
            None => self.set.remove(&home),
        };
        Some(if before == after { Change::Same } else { Change::Changed })
    }

    /// What a parameter is, set or not.
    pub(crate) fn read<T: Stored>(&self, key: Key<T>) -> T::Out<'_> {
        let index = usize::from(key);
        T::read(self.set.get(&index), self.table.get(index).map_or(Preset::Unset, |param| param.shape.preset))
    }

    /// Whether a parameter was set.
    pub(crate) fn is_set<T>(&self, key: Key<T>) -> bool {
        self.set.contains_key(&key.into())
    }

    /// Takes a parameter's value away.
    pub(crate) fn clear<T>(&mut self, key: Key<T>) {
        self.set.remove(&key.into());
    }

    /// Gives a parameter a value directly.
    pub(crate) fn put<T>(&mut self, key: Key<T>, value: Value) {
        self.set.insert(key.into(), value);
    }

    /// The value set, if any.
    pub(crate) fn value<T>(&self, key: Key<T>) -> Option<&Value> {
        self.set.get(&key.into())
    }

    /// Every parameter that means something else than unset, in the table's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Param, &Value)> {
        self.set.iter().filter_map(|(index, value)| {
            let param = self.table.get(*index)?;
            let preset = match param.shape.preset {
                Preset::Int(n) => *value == Value::Int(n),
                Preset::Bits(bits) => *value == Value::Bits(bits),
                Preset::Unset => false,
            };
            (!preset || param.shape.explicit).then_some((param, value))
        })
    }

    /// Names and shown values of all parameters, for `DUMP`.
    pub(crate) fn dump(&self) -> impl Iterator<Item = (&'static Param, Option<Vec<u8>>)> {
        self.table
            .iter()
            .filter(|param| param.shape.into.is_none())
            .map(|param| (param, self.get(param.name.as_bytes())))
    }

    /// Whether a parameter has the value that it has without being set: to say it changes nothing, and needs no warning.
    pub(crate) fn has_preset(&self, name: &[u8]) -> bool {
        let Some((index, param)) = self.position(name) else { return false };
        let home = self.home(index, param);
        match (self.set.get(&home), self.table.get(home).map(|param| param.shape.preset)) {
            (Some(Value::Int(n)), Some(Preset::Int(preset))) => *n == preset,
            (Some(Value::Bits(bits)), Some(Preset::Bits(preset))) => *bits == preset,
            _ => false,
        }
    }
}

/// What is said of a parameter of a table that has no effect; nothing of others.
pub(crate) fn without_effect(table: &[Param], name: &[u8]) -> Option<&'static str> {
    match table.iter().find(|param| param.name.as_bytes() == name)?.status(table) {
        Status::Supported => None,
        Status::Accepted => Some(crate::param::NO_EFFECT_YET),
        Status::Testing => Some("is for builds for tests and has no effect"),
        Status::Obsolete => Some("is obsolete and has no effect"),
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Values) -> bool {
        core::ptr::eq(self.table, other.table)
            && self.iter().map(|(p, v)| (p.name, v)).eq(other.iter().map(|(p, v)| (p.name, v)))
    }
}

impl Eq for Values {}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(param, _): (&'static Param, &Value)| {
            (param.name, self.get(param.name.as_bytes()).map(|text| String::from_utf8_lossy(&text).into_owned()))
        };
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}
