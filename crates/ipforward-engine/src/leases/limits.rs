//! How many leases handles may hold, and how much memory for them: the limits, and which one is reached.

use abi::memory::{LEASE_BYTES_MAX, LEASE_BYTES_PER_HANDLE_MAX};
use abi::version::LEASES_PER_HANDLE_MAX;
use abi::{Cause, NtStatus};

use crate::alloc::StaleId;

/// Handles that can hold one lease together.
pub(super) const HANDLES_PER_LEASE_MAX: u32 = 64;

/// What the lease table takes at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseLimits {
    pub(crate) leases_per_handle: u32,
    pub(crate) bytes_per_handle: u32,
    pub(crate) bytes: u32,
}

impl LeaseLimits {
    /// Those of the contract.
    pub(super) const CONTRACT: Self = Self {
        leases_per_handle: LEASES_PER_HANDLE_MAX,
        bytes_per_handle: LEASE_BYTES_PER_HANDLE_MAX,
        bytes: LEASE_BYTES_MAX,
    };
}

/// Why the lease table has no room for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The handle holds so many leases, as many as it may.
    LeasesOfHandle(u32),
    /// So many handles hold the lease, as many as may.
    HandlesOfLease(u32),
    /// The leases of the handle would take more than these bytes.
    BytesOfHandle(u32),
    /// The leases of all handles would take more than these bytes.
    BytesOfAllHandles(u32),
    /// There is no memory, or a record is missing.
    Failed(NtStatus),
}

impl NoRoom {
    pub(crate) const fn status(self) -> NtStatus {
        match self {
            Self::Failed(status) => status,
            _ => NtStatus::QUOTA_EXCEEDED,
        }
    }

    /// The limit that is reached, and its value.
    pub(crate) const fn cause(self) -> (Cause, u32) {
        match self {
            Self::LeasesOfHandle(limit) => (Cause::LEASES_OF_HANDLE, limit),
            Self::HandlesOfLease(limit) => (Cause::HANDLES_OF_LEASE, limit),
            Self::BytesOfHandle(limit) => (Cause::LEASE_BYTES_OF_HANDLE, limit),
            Self::BytesOfAllHandles(limit) => (Cause::LEASE_BYTES_OF_ALL_HANDLES, limit),
            Self::Failed(_) => (Cause::NONE, 0),
        }
    }
}

impl From<NtStatus> for NoRoom {
    fn from(status: NtStatus) -> Self {
        Self::Failed(status)
    }
}

impl From<StaleId> for NoRoom {
    fn from(stale: StaleId) -> Self {
        Self::Failed(stale.into())
    }
}
