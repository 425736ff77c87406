//! The refusal of an entry.

use abi::{Cause, MibIpForwardRow2, NtStatus};

use crate::alloc::StaleId;
use crate::leases::limits::NoRoom;

/// Why an entry failed.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) status: NtStatus,
    pub(super) because: RefusedBecause,
}

/// What the answer to a refused entry names beside the status.
#[derive(Clone, Copy)]
pub(super) enum RefusedBecause {
    /// The rule that the row breaks, which is looked for.
    BrokenRule,
    /// The route that is the reason.
    Route(MibIpForwardRow2),
    /// A limit that is reached, and its value.
    Limit(Cause, u32),
}

impl From<NtStatus> for Refused {
    fn from(status: NtStatus) -> Self {
        Self {
            status,
            because: RefusedBecause::BrokenRule,
        }
    }
}

impl From<StaleId> for Refused {
    fn from(stale: StaleId) -> Self {
        NtStatus::from(stale).into()
    }
}

impl From<NoRoom> for Refused {
    fn from(no_room: NoRoom) -> Self {
        let status = no_room.status();
        match no_room.cause() {
            (Cause::NONE, _) => status.into(),
            (cause, limit) => Self {
                status,
                because: RefusedBecause::Limit(cause, limit),
            },
        }
    }
}
