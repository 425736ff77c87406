//! The interrupt request level of each thread, without rules; `irql` has those.

use std::cell::Cell;
use std::fmt;

/// An interrupt request level, as x64 numbers them.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Irql(pub u8);

impl Irql {
    /// `PASSIVE_LEVEL`: threads run, wait and touch pageable memory.
    pub const PASSIVE: Self = Self(0);
    /// `APC_LEVEL`: as passive, but without asynchronous procedure calls.
    pub const APC: Self = Self(1);
    /// `DISPATCH_LEVEL`: no waits, no pageable memory; spin locks hold it.
    pub const DISPATCH: Self = Self(2);
    /// `HIGH_LEVEL`: the highest on x64.
    pub const HIGH: Self = Self(15);
}

impl fmt::Display for Irql {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::PASSIVE => formatter.write_str("PASSIVE_LEVEL"),
            Self::APC => formatter.write_str("APC_LEVEL"),
            Self::DISPATCH => formatter.write_str("DISPATCH_LEVEL"),
            Self::HIGH => formatter.write_str("HIGH_LEVEL"),
            Self(level) => write!(formatter, "IRQL {level}"),
        }
    }
}

thread_local! {
    static LEVEL: Cell<Irql> = const { Cell::new(Irql::PASSIVE) };
    /// The level that a deferred routine runs at; `PASSIVE_LEVEL` outside of one.
    static FLOOR: Cell<Irql> = const { Cell::new(Irql::PASSIVE) };
}

/// The level of this thread.
#[must_use]
#[inline]
pub fn current() -> Irql {
    LEVEL.get()
}

/// Sets the level of this thread and returns the previous one.
#[inline]
pub(super) fn replace(level: Irql) -> Irql {
    LEVEL.replace(level)
}

/// The lowest level that this thread may lower itself to.
#[inline]
pub(super) fn floor() -> Irql {
    FLOOR.get()
}

/// Sets the lowest level of this thread.
pub(super) fn set_floor(level: Irql) {
    FLOOR.set(level);
}
