//! Users by name. The first entry that fits counts, as in the files that administrators have.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use crypto::Secret;

use crate::packet::AttributeWriter;

/// Whom an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// This user.
    Exact(Vec<u8>),
    /// All whose names begin like this.
    Prefix(Vec<u8>),
    /// All.
    Any,
}

/// Where a user says its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// In the open.
    One,
    /// Inside of a tunnel.
    Two,
}

/// What is known of a user. `E` is what EAP needs to know: methods, their options, the password.
#[derive(Clone, Debug)]
pub struct User<E> {
    /// For EAP.
    pub eap: E,
    /// A password that is enough without EAP, of the entries about addresses (`macacl`).
    pub password: Option<Secret>,
    /// What an Access-Accept says besides (`radius_accept_attr`).
    pub accept: AttributeWriter,
}

/// All users.
#[derive(Clone, Debug)]
pub struct UserTable<E> {
    entries: Vec<(Name, Phase, User<E>)>,
    exact: BTreeMap<(Phase, Vec<u8>), usize>,
    /// The entries that are about more than one.
    wide: Vec<usize>,
}

impl<E> UserTable<E> {
    /// The users in the order of their entries.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (Name, Phase, User<E>)>) -> UserTable<E> {
        let entries: Vec<_> = entries.into_iter().collect();
        let mut exact = BTreeMap::new();
        let mut wide = Vec::new();
        for (place, (name, phase, _)) in entries.iter().enumerate() {
            match name {
                Name::Exact(name) => {
                    exact.entry((*phase, name.clone())).or_insert(place);
                }
                Name::Prefix(_) | Name::Any => wide.push(place),
            }
        }
        UserTable { entries, exact, wide }
    }

    /// The first entry about a user.
    #[must_use]
    pub fn find(&self, phase: Phase, user: &[u8]) -> Option<&User<E>> {
        let exact = self.exact.get(&(phase, user.to_vec())).copied();
        let fits = |place: &usize| match self.entries.get(*place) {
            Some((Name::Prefix(start), of, _)) => *of == phase && user.starts_with(start),
            Some((Name::Any, of, _)) => *of == phase,
            Some((Name::Exact(_), ..)) | None => false,
        };
        let wide = self.wide.iter().copied().find(fits);
        let place = [exact, wide].into_iter().flatten().min()?;
        self.entries.get(place).map(|(_, _, user)| user)
    }

    /// What a user with this password gets without EAP.
    #[must_use]
    pub fn password(&self, user: &[u8], password: &Secret) -> Option<&AttributeWriter> {
        let found = self.find(Phase::One, user)?;
        found.password.as_ref().filter(|known| *known == password).map(|_| &found.accept)
    }
}
