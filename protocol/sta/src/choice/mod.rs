//! Which network is joined, and through which access point.

pub(crate) mod abilities;
pub(crate) mod fit;
pub(crate) mod obstacle;
pub(crate) mod profile;
pub(crate) mod table;
