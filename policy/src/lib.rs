//! Verdicts on requests, and the lockdown of a process.
