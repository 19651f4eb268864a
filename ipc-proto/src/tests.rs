//! Round trips, golden bytes and refusals.
