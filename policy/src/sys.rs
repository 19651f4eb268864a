//! The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::io;

use nix::libc;
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

/// Closes every descriptor from `first` on: what whoever started this process had open is none of its business.
///
/// To be called before the process has opened anything itself.
pub fn close_inherited(first: u32) -> io::Result<()> {
    // SAFETY: the call takes three numbers. It closes descriptors behind the back of whoever owns them, and nobody does:
    // this is called once, first of all, with `first` above what was handed over by agreement.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
