//! Control interface commands, replies and events.
