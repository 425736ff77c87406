//! What lies in memory that nobody has written yet.
//!
//! There are two fills, which differ in every byte. A driver whose answer is another one with the
//! other fill has given out what was in memory before, be it a single byte.

use std::sync::atomic::{AtomicBool, Ordering};

static OTHER: AtomicBool = AtomicBool::new(false);

/// Chooses between the two fills, for memory that is taken from now on.
pub fn use_other(other: bool) {
    OTHER.store(other, Ordering::Relaxed);
}

/// A byte of pool that was asked for uninitialised, and of a structure's padding.
pub(crate) fn byte() -> u8 {
    if OTHER.load(Ordering::Relaxed) {
        0x5A
    } else {
        0xCC
    }
}

/// The byte at `place` of a request's buffer: of no two neighbours the same, no text, no small
/// number, and never all ones.
pub(crate) fn byte_at(place: usize) -> u8 {
    const STEP: usize = 37;
    const VALUES: usize = 0x7F;
    let other = usize::from(OTHER.load(Ordering::Relaxed));
    let value = (place.wrapping_mul(STEP) + other) % VALUES;
    0x80 + u8::try_from(value).unwrap_or_default()
}
