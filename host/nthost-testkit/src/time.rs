//! The driver's clock, and waiting until the driver has nothing left to do.

use std::time::Duration;

use nt_types::NtStatus;
use nthost_protocol::CallHeader;
use nthost_protocol::control::ControlKind;
use zerocopy::little_endian::{U32, U64};

use crate::process::Process;

/// Units of kernel time in a second.
const TICKS_PER_SECOND: u128 = 10_000_000;

impl Process {
    /// Waits until the driver has nothing left to do: all notifications are delivered, all timers
    /// that are due have fired, no work item is queued. Requests may still be pending.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn quiesce(&mut self) {
        self.control(ControlKind::Quiesce, 0, 0, &[], 0);
    }

    /// As [`quiesce`](Self::quiesce); from now on work items run only during such a call. Then each
    /// run of a test makes the same calls in the same order.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn defer_work(&mut self) {
        self.control(ControlKind::Quiesce, 1, 0, &[], 0);
    }

    /// Waits until the driver has completed or pended a call that was begun, and then as
    /// [`quiesce`](Self::quiesce).
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn quiesce_after(&mut self, call: u64) {
        // A thread makes its calls one after the other.
        let id = self.send(
            CallHeader {
                thread: U64::new(call),
                kind: U32::new(ControlKind::Quiesce as u32),
                ..CallHeader::default()
            },
            &[],
        );
        assert_eq!(self.wait(id).status, NtStatus::SUCCESS, "quiesce");
    }

    /// Stops the driver's clock and advances it by `time`; then waits as
    /// [`quiesce`](Self::quiesce) does. From now on the clock advances only with this call.
    ///
    /// # Panics
    ///
    /// If the host cannot represent the time, or belongs to another user.
    pub fn pass_time(&mut self, time: Duration) {
        let ticks = time.as_nanos() * TICKS_PER_SECOND / 1_000_000_000;
        let ticks = u64::try_from(ticks).expect("a time that the host can represent");
        self.control(ControlKind::PassTime, 0, ticks, &[], 0);
    }
}
