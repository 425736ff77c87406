//! The seed of random tests.

use std::env;

/// The variable that repeats a run.
pub(crate) const SEED: &str = "IPFORWARD_TEST_SEED";

/// The seed of this run: a new one, or the one in [`SEED`]. Each failure prints it.
pub(crate) fn seed() -> u64 {
    let wanted = env::var(SEED).ok();
    wanted.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("a number"))
}
