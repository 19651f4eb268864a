//! Keys on the stack.
//!
//! Secrets live in newtypes that wipe themselves, and the ciphers' states do so too. But to hand a value on is to copy it,
//! and the copy that was left behind belongs to nobody: the round keys of a cipher, whose first is the key itself, stay on
//! the stack until something happens to be put there.

use std::hint::black_box;

/// As deep as calls go that have to do with keys.
const DEPTH: usize = 64 * 1024;

/// Overwrites what the calls before have left below the caller's frame.
#[inline(never)]
pub(crate) fn wipe() {
    let zeros = [0u8; DEPTH];
    // Somebody might look at them, for all that the compiler knows.
    black_box(&zeros);
}
