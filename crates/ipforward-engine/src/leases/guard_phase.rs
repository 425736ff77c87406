//! What the guard of a lease waits for. The leases of each phase are in a list of their own.

use super::backoff::DELAYS;
use crate::alloc::List;
use crate::time::Ticks;

/// What a guard waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GuardPhase {
    /// A notification: no program disturbs the route.
    #[default]
    Stable,
    /// The interface, which is gone, disconnected, or without an address of the family.
    WaitsForInterface,
    /// Nothing: the guard does not restore the route any more.
    GaveUp,
    /// The next check of the route, whose interface can be used again, or which the stack may have
    /// lost in a sleep of the system: an absence is no disturbance.
    InterfaceReturned,
    /// The next check of the route, because the stack failed to read it the last time.
    Unreadable,
    /// The next look at the route, which may have been disturbed.
    Check,
    /// The end of the delay with this index.
    BackOff(u8),
}

impl GuardPhase {
    /// Number of phases in which the guard waits for no time.
    const UNTIMED: usize = 3;

    /// Number of phases.
    const COUNT: usize = DELAYS.len() + 6;

    /// Whether the guard waits for a time.
    pub(super) fn is_timed(self) -> bool {
        self.index() >= Self::UNTIMED
    }

    fn index(self) -> usize {
        match self {
            Self::Stable => 0,
            Self::WaitsForInterface => 1,
            Self::GaveUp => 2,
            Self::InterfaceReturned => 3,
            Self::Unreadable => 4,
            Self::Check => 5,
            Self::BackOff(delay) => usize::from(delay).saturating_add(6),
        }
    }

    /// The delay that it waits for.
    pub(super) fn delay(self) -> Option<Ticks> {
        match self {
            Self::BackOff(delay) => DELAYS.get(usize::from(delay)).copied(),
            _ => None,
        }
    }
}

/// The lists of guarded leases, one for each phase. A timed phase keeps its leases in the order of
/// their times, because its delay is always the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardLists<T>([List<T>; GuardPhase::COUNT]);

impl<T> Default for GuardLists<T> {
    fn default() -> Self {
        Self([List::default(); GuardPhase::COUNT])
    }
}

impl<T> GuardLists<T> {
    /// The list of a phase.
    pub(super) fn get(&self, phase: GuardPhase) -> List<T> {
        self.0.get(phase.index()).copied().unwrap_or_default()
    }

    /// Replaces the list of a phase.
    pub(super) fn set(&mut self, phase: GuardPhase, list: List<T>) {
        if let Some(place) = self.0.get_mut(phase.index()) {
            *place = list;
        }
    }

    /// The lists of the timed phases.
    pub(super) fn timed(&self) -> impl Iterator<Item = &List<T>> {
        self.0.iter().skip(GuardPhase::UNTIMED)
    }
}
