//! Messages between privd and the daemons.
