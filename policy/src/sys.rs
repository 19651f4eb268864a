//! The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::io;

use nix::unistd::ForkResult;

/// Forks a process that has one thread.
///
/// Refuses where there are more: what another thread holds, a lock of the allocator for one, would be held forever in
/// the child.
pub fn fork() -> io::Result<ForkResult> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads != 1 {
        return Err(io::Error::other("fork of a process with several threads"));
    }
    fork_single()
}

/// Forks a process that has not started a thread since it was seen to have only one, and cannot start any.
///
/// For keepers, which see no /proc any more and whose filter refuses threads.
pub fn fork_single() -> io::Result<ForkResult> {
    // SAFETY: the process has one thread (checked by `fork`; keepers start none and are refused `clone` with
    // CLONE_THREAD by their filter), so the child is a whole copy in which everything may be called.
    unsafe { nix::unistd::fork() }.map_err(io::Error::from)
}
