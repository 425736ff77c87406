//! Fault injection, and pause points in the driver's calls.

use nt_types::NtStatus;
use nthost_protocol::control::{ControlKind, FailedCall};
use zerocopy::FromBytes;

use crate::process::Process;

/// Which of the calls that can fail do fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// One call.
    Only = 1,
    /// One call and all later ones.
    From = 2,
}

/// The first call that fault injection failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The function that the driver called.
    pub function: String,
    /// The status that the function returned.
    pub status: NtStatus,
    /// How many failures the function's documentation lists: `way` is below this number.
    pub ways: u32,
    /// True if this failure, or a later one, was a status that means "not found".
    pub said_absent: bool,
}

impl Process {
    /// Arms a fault: the call with this number fails, in the way with this number. Calls that can
    /// fail are counted from 0 from now on, over all functions. A function can fail in the ways that
    /// its documentation lists.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn arm(&mut self, plan: Plan, number: u64, way: u8) {
        self.arm_among("", plan, number, way);
    }

    /// As [`arm`](Self::arm), but counts only the functions whose name contains `among`.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or if none of its functions has such a name: with a framework
    /// library no function of KMDF has.
    pub fn arm_among(&mut self, among: &str, plan: Plan, number: u64, way: u8) {
        let payload = [&[way], among.as_bytes()].concat();
        let reply = self.request(ControlKind::ArmFault, plan as u32, number, &payload, 0);
        assert_eq!(reply.status, NtStatus::SUCCESS, "a fault in `{among}`");
    }

    /// Disarms fault injection. The result is the first call that failed since it was armed.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn disarm(&mut self) -> Option<Failed> {
        let reply = self.control(ControlKind::ArmFault, 0, 0, &[], 0);
        let (header, function) = FailedCall::read_from_prefix(&reply.output).ok()?;
        Some(Failed {
            function: String::from_utf8_lossy(function).into_owned(),
            status: NtStatus::new(header.status.get()),
            ways: header.ways.get(),
            said_absent: header.said_absent.get() != 0,
        })
    }

    /// Sets a pause point: the driver's call of `function` with this number, counted from 0 from
    /// now on, blocks until [`resume`](Self::resume). The function must be one that can fail.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or has no such function.
    pub fn pause_at(&mut self, function: &str, number: u64) {
        self.pause_point(1, number, function);
    }

    /// True while a call is blocked at the pause point.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn is_paused(&mut self) -> bool {
        self.pause_point(2, 0, "")
    }

    /// Removes the pause point; a call that is blocked there continues.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn resume(&mut self) {
        self.pause_point(0, 0, "");
    }

    fn pause_point(&mut self, argument: u32, number: u64, function: &str) -> bool {
        let payload = function.as_bytes();
        let reply = self.control(ControlKind::PausePoint, argument, number, payload, 0);
        reply.information == 1
    }
}
