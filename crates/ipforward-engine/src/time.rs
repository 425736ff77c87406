//! Time as the kernel counts it.

use core::ops::Mul;

/// A moment: ticks of 100 ns since the system started. It never runs backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelTime(u64);

impl KernelTime {
    /// The moment after so many ticks.
    #[must_use]
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Its number of ticks.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// The moment `delay` later.
    #[must_use]
    pub const fn after(self, delay: Ticks) -> Self {
        Self(self.0.saturating_add(delay.0))
    }

    /// The time since `earlier`; zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Ticks {
        Ticks(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time, in ticks of 100 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(u64);

/// Ticks of 100 ns in a millisecond.
const PER_MILLISECOND: u64 = 10_000;

impl Ticks {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds.saturating_mul(PER_MILLISECOND))
    }

    /// Its number of ticks.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// Its length in milliseconds, rounded up.
    #[must_use]
    pub fn as_millis_rounded_up(self) -> u32 {
        u32::try_from(self.0.div_ceil(PER_MILLISECOND)).unwrap_or(u32::MAX)
    }
}

impl Mul<u64> for Ticks {
    type Output = Self;

    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}
