//! Simultaneous authentication of equals.
