//! Counting what is done.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Counters, NtStatus};

use crate::decode::Command;
use crate::transaction::batch::Changes;

/// Counters that many threads count with at once; see [`Counters`] for what each one means.
#[derive(Debug, Default)]
pub struct AtomicCounters {
    requests: AtomicU64,
    refused: AtomicU64,
    routes_created: AtomicU64,
    routes_set: AtomicU64,
    routes_deleted: AtomicU64,
    snapshots: AtomicU64,
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
        }
    }

    /// Counts a request that has come, before anything is known of it.
    pub fn request(&self) {
        count(&self.requests);
    }

    /// Counts a request that is answered with an error.
    pub fn refusal(&self) {
        count(&self.refused);
    }

    /// Counts what a command has done.
    pub(crate) fn done(&self, command: &Command) {
        match command {
            Command::CreateRoute(_) => count(&self.routes_created),
            Command::SetRoute(_) => count(&self.routes_set),
            Command::DeleteRoute(_) => count(&self.routes_deleted),
            Command::Apply(batch) => self.changes(batch.changes()),
            Command::GetTable(request) | Command::GetInterfaceTable(request)
                if request.cursor == 0 =>
            {
                count(&self.snapshots);
            }
            _ => {}
        }
    }

    fn changes(&self, changes: Changes) {
        for (counter, count) in [
            (&self.routes_created, changes.created),
            (&self.routes_set, changes.set),
            (&self.routes_deleted, changes.deleted),
        ] {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What the counters say now. Each is right by itself; together they may be of moments apart.
    #[must_use]
    pub fn read(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            routes_created: self.routes_created.load(Ordering::Relaxed),
            routes_set: self.routes_set.load(Ordering::Relaxed),
            routes_deleted: self.routes_deleted.load(Ordering::Relaxed),
            snapshots: self.snapshots.load(Ordering::Relaxed),
        }
    }
}

/// One more. Nothing hangs on the order in which other threads see it.
fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The counters that a request counts with: its handle's, and those of all together.
#[derive(Clone, Copy, Debug)]
pub struct CounterScopes<'a> {
    /// Of all handles together.
    pub total: &'a AtomicCounters,
    /// Of the handle that the request came through.
    pub handle: &'a AtomicCounters,
}

impl CounterScopes<'_> {
    /// Counts a request around `serve`: that it came, and whether it was refused. One that is kept
    /// for later is not.
    ///
    /// # Errors
    ///
    /// Those of `serve`.
    pub fn around(
        self,
        serve: impl FnOnce() -> Result<usize, NtStatus>,
    ) -> Result<usize, NtStatus> {
        self.each(AtomicCounters::request);
        serve().inspect_err(|status| {
            if *status != NtStatus::PENDING {
                self.each(AtomicCounters::refusal);
            }
        })
    }

    pub(crate) fn each(self, count: impl Fn(&AtomicCounters)) {
        count(self.total);
        count(self.handle);
    }
}
