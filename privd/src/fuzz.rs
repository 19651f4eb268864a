//! Entrances for fuzz targets. Each panics when something is wrong.

pub use crate::net::fuzz::{kernel_messages, worker};
use crate::options::Program;
pub use crate::post::fuzz::post;

/// A daemon that was taken over, and its courier.
pub fn courier(records: &mut dyn Iterator<Item = (u8, &[u8])>) {
    crate::courier::fuzz::courier(records);
}

/// Whether a command line, without the program's name, is understood.
pub fn understands(line: impl IntoIterator<Item = std::ffi::OsString>) -> bool {
    let line: Vec<_> = line.into_iter().collect();
    [Program::Keeper, Program::Privd, Program::Post, Program::Courier].into_iter().any(|program| {
        let parser = lexopt::Parser::from_args(line.clone());
        crate::options::parse(program, parser).is_ok()
    })
}
