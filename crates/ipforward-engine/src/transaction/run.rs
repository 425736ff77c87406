//! How far a batch came.

/// Entries that a batch executes under one hold of the lease-table lock, if others may come between
/// its entries.
const ENTRIES_PER_HOLD: u32 = 64;

/// How far a batch came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchRun {
    /// Entries that are executed under one hold of the lease-table lock, if others may come between
    /// them.
    pub(super) entries_per_hold: u32,
    /// The entry that is executed next.
    pub(super) next: u32,
    /// The first entry that failed, or before which the batch stopped.
    pub(super) failed_index: Option<u32>,
    /// True if the request had to end before the batch was done.
    pub(super) stopped: bool,
    /// Whether a lease that is not in the declared set could not be ended.
    pub(super) end_failed: bool,
}

impl Default for BatchRun {
    fn default() -> Self {
        Self::in_parts_of(ENTRIES_PER_HOLD)
    }
}

impl BatchRun {
    /// The beginning of a batch that is executed in parts of so many entries.
    pub(crate) const fn in_parts_of(entries: u32) -> Self {
        Self {
            entries_per_hold: entries,
            next: 0,
            failed_index: None,
            stopped: false,
            end_failed: false,
        }
    }

    /// True if an entry has been executed.
    pub(crate) const fn has_begun(self) -> bool {
        self.next > 0
    }

    /// True if the batch was executed completely.
    pub(super) const fn is_whole(self) -> bool {
        self.failed_index.is_none() && !self.stopped && !self.end_failed
    }

    /// Ends the batch before its next entry.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.failed_index.get_or_insert(self.next);
    }
}
