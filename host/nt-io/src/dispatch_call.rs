//! One call of a dispatch routine, and the rules for what it returns.

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::major_function::name_of;
use crate::violation::{self, WdmError};

/// A call of a dispatch routine.
pub(crate) struct DispatchCall {
    /// The IRP.
    packet: usize,
    /// The number of the driver's stack location.
    location: i8,
    /// The dispatch routine.
    routine: usize,
    major: u8,
    outcome: Mutex<Outcome>,
}

/// What has come of the IRP, as far as this driver is concerned.
#[derive(Clone, Copy, Default)]
struct Outcome {
    /// The status with which it has been completed, and whether it had been marked as pending.
    completed: Option<(NtStatus, bool)>,
    /// What the next lower driver returned.
    passed_on: Option<NtStatus>,
}

impl DispatchCall {
    /// A call with the IRP at `packet` for the stack location `location`.
    pub(crate) fn new(packet: usize, location: i8, routine: usize, major: u8) -> Self {
        Self {
            packet,
            location,
            routine,
            major,
            outcome: Mutex::default(),
        }
    }

    /// Where the IRP is.
    pub(crate) fn packet(&self) -> usize {
        self.packet
    }

    /// The number of the driver's stack location.
    pub(crate) fn location(&self) -> i8 {
        self.location
    }

    /// The driver has completed the IRP.
    pub(crate) fn complete(&self, status: NtStatus, is_marked: bool) {
        self.outcome.lock().completed = Some((status, is_marked));
    }

    /// The next lower driver has returned `status` for the IRP.
    pub(crate) fn passed_on(&self, status: NtStatus) {
        self.outcome.lock().passed_on = Some(status);
    }

    /// The dispatch routine has returned `status`. Stops the machine if that does not fit what has
    /// come of the IRP. `is_marked` says whether an IRP that is not completed is marked as pending.
    pub(crate) fn require(&self, status: NtStatus, is_marked: Option<bool>) {
        let Outcome {
            completed,
            passed_on,
        } = *self.outcome.lock();
        let broken = match (completed, is_marked) {
            (Some((completed, is_marked)), _) => after_completion(status, completed, is_marked),
            (None, Some(is_marked)) => before_completion(status, is_marked, passed_on),
            // The driver that made the IRP has freed it.
            (None, None) => None,
        };
        if let Some((error, rule)) = broken {
            let name = name_of(self.major);
            let rule =
                format!("the dispatch routine for {name} returned {status}, but the IRP {rule}");
            violation::stop(error, [self.routine, self.packet, 0], &rule);
        }
    }
}

type BrokenRule = (WdmError, String);

fn not_marked() -> BrokenRule {
    let rule = "was not marked with IoMarkIrpPending".to_owned();
    (WdmError::PENDING_NOT_MARKED, rule)
}

fn not_pending() -> BrokenRule {
    let rule = "was marked with IoMarkIrpPending, and STATUS_PENDING has to be returned".to_owned();
    (WdmError::MARKED_NOT_PENDING, rule)
}

/// The rules for an IRP that the driver has completed.
fn after_completion(status: NtStatus, completed: NtStatus, is_marked: bool) -> Option<BrokenRule> {
    match (status == NtStatus::PENDING, is_marked) {
        (true, true) => None,
        (true, false) => Some(not_marked()),
        (false, true) => Some(not_pending()),
        (false, false) if status == completed => None,
        (false, false) => {
            let rule = format!("was completed with {completed}");
            Some((WdmError::INCONSISTENT_STATUS, rule))
        }
    }
}

/// The rules for an IRP that the driver still has, or has passed on.
fn before_completion(
    status: NtStatus,
    is_marked: bool,
    passed_on: Option<NtStatus>,
) -> Option<BrokenRule> {
    let is_lowers = passed_on == Some(NtStatus::PENDING);
    match (status == NtStatus::PENDING, is_marked) {
        (true, false) if !is_lowers => Some(not_marked()),
        (true, _) => None,
        (false, true) => Some(not_pending()),
        (false, false) => {
            let rule = "was neither completed nor passed on, and STATUS_PENDING has to be returned";
            Some((WdmError::IRP_LEFT, rule.to_owned()))
        }
    }
}
