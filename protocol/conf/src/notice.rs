//! What is to be said about a configuration file.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A warning or an error about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1; 0 if it is about the file as a whole.
    pub line: u32,
    /// What is to be said.
    pub text: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.text)
        } else {
            write!(f, "{}:{}: {}", self.file, self.line, self.text)
        }
    }
}

/// From so many parameters of a file on that have no effect, one line names them all: what matters must not drown in them.
const MANY: usize = 5;

impl Notice {
    /// What is to be said of a file, a line each.
    #[must_use]
    pub fn lines(notices: &[Notice]) -> Vec<String> {
        let name = |notice: &Notice| {
            let name = notice.text.strip_suffix(crate::param::NO_EFFECT_YET)?.trim_end();
            (!name.contains(' ')).then(|| name.to_string())
        };
        let idle: Vec<(&Notice, String)> = notices.iter().filter_map(|notice| Some((notice, name(notice)?))).collect();
        let Some((first, _)) = idle.first().filter(|_| idle.len() >= MANY) else {
            return notices.iter().map(ToString::to_string).collect();
        };
        let names: Vec<String> = idle.iter().map(|(notice, name)| format!("{name} ({})", notice.line)).collect();
        let all =
            format!("{}: not supported yet and without effect, with their lines: {}", first.file, names.join(", "));
        let others = notices.iter().filter(|notice| name(notice).is_none()).map(ToString::to_string);
        others.chain(core::iter::once(all)).collect()
    }
}

/// A configuration file that could not be used, and all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The errors, in the order of the lines.
    pub errors: Vec<Notice>,
    /// What else would have been said.
    pub warnings: Vec<Notice>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl core::error::Error for Rejected {}
