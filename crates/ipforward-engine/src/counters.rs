//! Counting requests and changes.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Counters, NtStatus, Statistics};

use crate::memory::{AtomicBytes, BatchMemory};
use crate::report::LossCounters;
use crate::transaction::batch::ChangeCounts;

/// Counters that several threads may increment at once; see [`Counters`] for the meaning of each.
#[derive(Debug, Default)]
pub struct AtomicCounters {
    requests: AtomicU64,
    refused: AtomicU64,
    pub(crate) routes_created: AtomicU64,
    pub(crate) routes_set: AtomicU64,
    pub(crate) routes_deleted: AtomicU64,
    pub(crate) snapshots: AtomicU64,
    pub(crate) interfaces_set: AtomicU64,
    /// The memory that batches have now.
    batch_bytes: AtomicBytes,
}

impl AtomicCounters {
    /// Counters at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            routes_created: AtomicU64::new(0),
            routes_set: AtomicU64::new(0),
            routes_deleted: AtomicU64::new(0),
            snapshots: AtomicU64::new(0),
            interfaces_set: AtomicU64::new(0),
            batch_bytes: AtomicBytes::new(),
        }
    }

    fn count_changes(&self, changes: ChangeCounts) {
        for (counter, count) in [
            (&self.routes_created, changes.created),
            (&self.routes_set, changes.set),
            (&self.routes_deleted, changes.deleted),
        ] {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// The present values. Each is exact; together they may be of different moments.
    #[must_use]
    pub fn read(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            routes_created: self.routes_created.load(Ordering::Relaxed),
            routes_set: self.routes_set.load(Ordering::Relaxed),
            routes_deleted: self.routes_deleted.load(Ordering::Relaxed),
            snapshots: self.snapshots.load(Ordering::Relaxed),
            interfaces_set: self.interfaces_set.load(Ordering::Relaxed),
        }
    }
}

/// Adds one. No other memory depends on the order in which threads see it.
fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The counters that a request counts with.
#[derive(Clone, Copy, Debug)]
pub struct CounterScopes<'a> {
    /// The counters of all handles together.
    pub total: &'a AtomicCounters,
    /// The counters of the handle that the request came through.
    pub handle: &'a AtomicCounters,
    /// What the driver lost.
    pub losses: &'a LossCounters,
}

impl<'a> CounterScopes<'a> {
    /// The memory of a new batch.
    pub(crate) const fn batch_memory(self) -> BatchMemory<'a> {
        BatchMemory::new(&self.handle.batch_bytes, &self.total.batch_bytes)
    }

    /// Counts a request around `serve`, and whether it was refused.
    ///
    /// # Errors
    ///
    /// Those of `serve`.
    pub(crate) fn count_request<R>(
        self,
        serve: impl FnOnce() -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        self.each(|counters| increment(&counters.requests));
        let outcome = serve();
        if outcome.is_err() {
            self.each(|counters| increment(&counters.refused));
        }
        outcome
    }

    /// Adds one to a counter of the handle, and to the same one of all handles together.
    pub(crate) fn count(self, counter: impl Fn(&AtomicCounters) -> &AtomicU64) {
        self.each(|counters| increment(counter(counters)));
    }

    /// Counts what a batch has done.
    pub(crate) fn count_changes(self, changes: ChangeCounts) {
        self.each(|counters| counters.count_changes(changes));
    }

    pub(crate) fn read(self) -> Statistics {
        Statistics {
            total: self.total.read(),
            handle: self.handle.read(),
            losses: self.losses.read(),
        }
    }

    fn each(self, count: impl Fn(&AtomicCounters)) {
        count(self.total);
        count(self.handle);
    }
}
