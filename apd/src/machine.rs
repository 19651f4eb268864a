//! The machine of the access point daemon. (Being written.)
