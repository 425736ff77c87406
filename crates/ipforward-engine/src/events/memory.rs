//! Memory for the event log: allocated before its lock is taken, and freed after.

use abi::NtStatus;
use abi::watch::RING_EVENTS;

use super::attribution::PendingChanges;
use super::ring::EventRing;
use super::store::EventBlock;
use crate::alloc::ResidentMemory;

/// Changed routes that are kept for leases until deferred work looks at them.
const LEASE_CHANGES_MAX: u16 = 1_024;

/// Memory for the log, allocated before the lock is taken.
#[derive(Debug)]
pub(crate) struct EventMemory {
    pub(super) ring: Option<EventRing>,
    pub(super) block: Option<EventBlock>,
    pub(super) pending_changes: Option<PendingChanges>,
}

impl EventMemory {
    /// Memory for one more filter, with what attribution needs if it is not there yet.
    pub(crate) fn for_watcher(
        memory: ResidentMemory,
        with_attribution: bool,
    ) -> Result<Self, NtStatus> {
        #[expect(clippy::cast_possible_truncation, reason = "a constant that fits")]
        const EVENTS: u16 = RING_EVENTS as u16;
        Self::new(memory, EVENTS, with_attribution)
    }

    /// Memory for the changed routes of leases, likewise.
    pub(crate) fn for_leases(
        memory: ResidentMemory,
        with_attribution: bool,
    ) -> Result<Self, NtStatus> {
        Self::new(memory, LEASE_CHANGES_MAX, with_attribution)
    }

    fn new(memory: ResidentMemory, events: u16, with_attribution: bool) -> Result<Self, NtStatus> {
        let ring = EventRing::new(memory, events)?;
        let block = EventBlock::new(memory, events)?;
        let pending_changes = with_attribution
            .then(|| PendingChanges::new(memory))
            .transpose()?;
        Ok(Self {
            ring: Some(ring),
            block: Some(block),
            pending_changes,
        })
    }
}

#[cfg(test)]
impl EventMemory {
    /// Memory for so many events, without attribution.
    pub(crate) fn small(events: u16) -> Self {
        Self::new(crate::alloc::TEST_MEMORY, events, false).unwrap()
    }
}
