//! What both command lines have in common: values, and what is said of those that cannot be used.

use std::fmt;
use std::io;

use lexopt::{Parser, ValueExt as _};

use crate::on_request::Reader;

/// The command line cannot be understood.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> UsageError {
        UsageError(error.to_string())
    }
}

/// The value of an option, as text.
pub fn text(parser: &mut Parser) -> Result<String, UsageError> {
    Ok(parser.value()?.string()?)
}

/// The value of `-g`: a path with a directory in it, or an abstract name.
pub fn global(parser: &mut Parser) -> Result<String, UsageError> {
    let path = text(parser)?;
    if path.contains('/') || path.starts_with('@') {
        Ok(path)
    } else {
        Err(UsageError(format!("-g {path}: expected a path with a directory, or @NAME")))
    }
}

/// A configuration file cannot be used.
#[derive(Debug)]
pub enum SetupError {
    /// It cannot be read.
    Unreadable(String, io::Error),
    /// What it says is wrong: a line for each fault, with file and line.
    Rejected(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Unreadable(path, error) => {
                let text = error.to_string();
                // The number behind the words tells an administrator nothing.
                let words = text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words);
                write!(f, "{path}: {words}")
            }
            SetupError::Rejected(lines) => f.write_str(lines),
        }
    }
}

/// A file, read before privilege is given up; where there is none to give up, by the post if need be.
pub fn contents(files: &mut Reader, path: &str) -> Result<Vec<u8>, SetupError> {
    files.contents(path).map_err(|error| SetupError::Unreadable(path.to_owned(), error))
}
