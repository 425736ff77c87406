//! The proof that a thread is at `PASSIVE_LEVEL`.

use core::marker::PhantomData;

use abi::NtStatus;
use wdk_sys::PASSIVE_LEVEL;
use wdk_sys::ntddk::KeGetCurrentIrql;

/// Proof that this thread is at `PASSIVE_LEVEL`, for as long as it is lent.
///
/// It cannot be kept (it is lent to a closure) and cannot go to another thread (it holds a raw
/// pointer type). Nothing in this driver raises the level.
pub(crate) struct PassiveLevel<'irql>(PhantomData<(&'irql (), *mut ())>);

impl PassiveLevel<'_> {
    /// Checks the level and runs `body` with the proof.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: the level is higher, and `body` was not run.
    pub(crate) fn prove<R>(
        body: impl FnOnce(&PassiveLevel<'_>) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        // SAFETY: `KeGetCurrentIrql` may be called at every level and takes nothing.
        let level = unsafe { KeGetCurrentIrql() };
        if u32::from(level) == PASSIVE_LEVEL {
            body(&PassiveLevel(PhantomData))
        } else {
            Err(NtStatus::INVALID_DEVICE_STATE)
        }
    }
}
