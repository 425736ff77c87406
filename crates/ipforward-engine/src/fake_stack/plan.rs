//! Which calls of a fake stack fail, and what it counts.

use abi::NtStatus;

/// The failures of a fake stack.
#[derive(Debug, Default)]
pub(super) struct FailurePlan {
    /// Calls so far.
    pub(super) calls: u64,
    /// Calls so far that change a route, whether they succeeded or not.
    pub(super) writes: u64,
    /// The number of the next call that fails, counted from now, and how many fail.
    next: Option<(u64, u64)>,
    status: Option<NtStatus>,
    has_failed: bool,
    /// The status of every call that creates a route.
    pub(super) creation: Option<NtStatus>,
    /// Whether the next call that creates a route is refused, because the links go down.
    pub(super) disconnects: bool,
}

impl FailurePlan {
    pub(super) fn fail(&mut self, call: u64, count: u64, status: NtStatus) {
        self.next = Some((call, count));
        self.status = Some(status);
    }

    pub(super) fn heal(&mut self) -> bool {
        self.next = None;
        core::mem::take(&mut self.has_failed)
    }

    /// Counts a call. Returns the status with which it fails.
    pub(super) fn call(&mut self) -> Result<(), NtStatus> {
        self.calls = self.calls.wrapping_add(1);
        match &mut self.next {
            None | Some((0, 0)) => Ok(()),
            Some((0, count)) => {
                *count = count.saturating_sub(1);
                self.has_failed = true;
                Err(self.status.unwrap_or(NtStatus::NO_MEMORY))
            }
            Some((call, _)) => {
                *call = call.saturating_sub(1);
                Ok(())
            }
        }
    }
}
