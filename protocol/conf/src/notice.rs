//! What is to be said about a configuration file.

use alloc::string::String;
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

/// A configuration file that could not be used, and all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The errors, in the order of the lines.
    pub errors: alloc::vec::Vec<Notice>,
    /// What else would have been said.
    pub warnings: alloc::vec::Vec<Notice>,
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
