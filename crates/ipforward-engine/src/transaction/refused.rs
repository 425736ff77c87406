//! The refusal of an entry.

use abi::{MibIpForwardRow2, NtStatus};

use crate::alloc::StaleId;

/// Why an entry failed.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) status: NtStatus,
    /// The route that is the reason.
    pub(super) old: Option<MibIpForwardRow2>,
}

impl From<NtStatus> for Refused {
    fn from(status: NtStatus) -> Self {
        Self { status, old: None }
    }
}

impl From<StaleId> for Refused {
    fn from(stale: StaleId) -> Self {
        NtStatus::from(stale).into()
    }
}
