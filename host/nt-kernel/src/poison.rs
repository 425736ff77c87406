//! The poison: bytes in memory that the driver has not written yet.
//!
//! There are two patterns, which differ in every byte. A driver whose answer differs with the second
//! pattern has returned memory that it never wrote, be it a single byte.

use std::sync::atomic::{AtomicBool, Ordering};

static SECOND: AtomicBool = AtomicBool::new(false);

/// Chooses between the two patterns, for memory that is taken from now on.
pub fn use_second_pattern(second: bool) {
    SECOND.store(second, Ordering::Relaxed);
}

/// A byte of uninitialised pool, and of a structure's padding.
pub fn byte() -> u8 {
    if SECOND.load(Ordering::Relaxed) {
        0x5A
    } else {
        0xCC
    }
}

/// The byte at `place` of a request's buffer: of no two neighbours the same, no text, no small
/// number, and never all ones.
pub fn byte_at(place: usize) -> u8 {
    const STEP: usize = 37;
    const VALUES: usize = 0x7F;
    let second = usize::from(SECOND.load(Ordering::Relaxed));
    let value = (place.wrapping_mul(STEP) + second) % VALUES;
    0x80 + u8::try_from(value).unwrap_or_default()
}
