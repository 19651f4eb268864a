//! Names of interfaces and bridges: one, or a pattern with a count.

use std::fmt;

/// Longest name of an interface (IFNAMSIZ without its zero).
const MAX_NAME: usize = 15;
/// As many as anybody may have who is granted *any*.
const ANY: u16 = crate::caps::INTERFACES;

/// A name, or a pattern with a count: `wlan0`, `p2p-*` 4, `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The name, or what it begins with.
    stem: String,
    /// For a pattern: how many at a time.
    count: Option<u16>,
}

/// Why words are no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamesError {
    /// No name that the kernel takes.
    Name,
    /// A pattern's star stands elsewhere than at its end.
    Star,
    /// A pattern without the number of how many at a time, or a name with one.
    Count,
}

impl fmt::Display for NamesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NamesError::Name => "no name of an interface",
            NamesError::Star => "a star stands only at the end of a name",
            NamesError::Count => "a pattern needs a count of 1 to 65535 after it, and a name has none",
        })
    }
}

impl std::error::Error for NamesError {}

/// What the kernel takes as the name of an interface, and the file system as that of its control socket.
pub(crate) fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | ':' | '%' | '*');
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(good) && name != "." && name != ".."
}

impl Names {
    /// One name.
    pub fn one(name: &str) -> Result<Names, NamesError> {
        if !is_name(name) {
            return Err(NamesError::Name);
        }
        Ok(Names { stem: name.to_owned(), count: None })
    }

    /// Any.
    #[must_use]
    pub const fn any() -> Names {
        Names { stem: String::new(), count: Some(ANY) }
    }

    /// Reads `NAME`, `any` or `STEM* COUNT`.
    pub fn parse(text: &str) -> Result<Names, NamesError> {
        if text == "any" {
            return Ok(Names::any());
        }
        let mut words = text.split_ascii_whitespace();
        let (name, count, more) = (words.next().unwrap_or_default(), words.next(), words.next());
        match (name.strip_suffix('*'), count, more) {
            (None, None, None) if name.contains('*') => Err(NamesError::Star),
            (None, None, None) => Names::one(name),
            (Some(stem), Some(count), None) => {
                let good = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | ':' | '%');
                if stem.contains('*') {
                    return Err(NamesError::Star);
                }
                if stem.is_empty() || stem.len() >= MAX_NAME || !stem.chars().all(good) {
                    return Err(NamesError::Name);
                }
                let count = count.parse().ok().filter(|count| *count > 0).ok_or(NamesError::Count)?;
                Ok(Names { stem: stem.to_owned(), count: Some(count) })
            }
            (None | Some(_), _, _) => Err(NamesError::Count),
        }
    }

    /// Is this one of them?
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self.count {
            None => self.stem == name,
            Some(_) => is_name(name) && name.starts_with(self.stem.as_str()),
        }
    }

    /// A name that stands literally.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.count.is_none().then_some(self.stem.as_str())
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            None => f.write_str(&self.stem),
            Some(ANY) if self.stem.is_empty() => f.write_str("any"),
            Some(count) => write!(f, "{}* {count}", self.stem),
        }
    }
}

/// Whether a name has a place: it stands literally, or a pattern that it matches is not used up.
///
/// `taken`: names that have a place already. A name that stands literally uses up no pattern.
pub(super) fn admit<'n, 't>(
    list: impl IntoIterator<Item = &'n Names>,
    name: &str,
    taken: impl Iterator<Item = &'t str> + Clone,
) -> Option<()> {
    let list: Vec<&Names> = list.into_iter().collect();
    let literal = |name: &str| list.iter().any(|names| names.literal() == Some(name));
    if literal(name) {
        return Some(());
    }
    let free = |names: &&&Names| {
        let used = taken.clone().filter(|other| *other != name && !literal(other) && names.matches(other)).count();
        names.matches(name) && names.count.is_some_and(|count| used < usize::from(count))
    };
    list.iter().find(free).map(|_| ())
}
