//! Simulated radios and the scenarios that run on them.
