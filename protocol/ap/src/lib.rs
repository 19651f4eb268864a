//! The BSS engine of an access point.
