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

/// The bytes of [`pattern`] before it repeats.
pub const PERIOD: usize = 0x7F;

/// The two patterns of a request's buffer.
static PATTERNS: [[u8; PERIOD]; 2] = [make_pattern(0), make_pattern(1)];

#[expect(
    clippy::cast_possible_truncation,
    reason = "a remainder of the division by 0x7F is a byte"
)]
const fn make_pattern(first: usize) -> [u8; PERIOD] {
    const STEP: usize = 37;
    let mut bytes = [0; PERIOD];
    let mut place = 0;
    while place < PERIOD {
        bytes[place] = 0x80 + ((place * STEP + first) % PERIOD) as u8;
        place += 1;
    }
    bytes
}

/// The bytes of a request's buffer, again and again from its beginning: of no two neighbours the same,
/// no text, no small number, and never all ones.
pub fn pattern() -> &'static [u8; PERIOD] {
    &PATTERNS[usize::from(SECOND.load(Ordering::Relaxed))]
}
