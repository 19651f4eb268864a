//! Entrances for fuzz targets. Each panics when something is wrong.

pub use crate::net::fuzz::{kernel_messages, worker};
pub use crate::post::fuzz::post;

/// Whether a command line, without the program's name, is understood.
pub fn understands(line: impl IntoIterator<Item = std::ffi::OsString>) -> bool {
    crate::options::parse(lexopt::Parser::from_args(line)).is_ok()
}
