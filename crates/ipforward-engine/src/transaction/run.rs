//! How far a batch came.

/// How far a batch came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BatchRun {
    /// The entry that is executed next.
    pub(super) next: u32,
    /// The first entry that failed, or before which the batch stopped.
    pub(super) failed_index: Option<u32>,
    /// True if the request had to end before the batch was done.
    pub(super) stopped: bool,
    /// Whether a lease that is not in the declared set could not be ended.
    pub(super) end_failed: bool,
}

impl BatchRun {
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
