//! Proofs of the IRQL of this thread.

use core::marker::PhantomData;

use abi::NtStatus;
use wdk_sys::ntddk::KeGetCurrentIrql;
use wdk_sys::{DISPATCH_LEVEL, PASSIVE_LEVEL};

/// Proof that this thread is at `PASSIVE_LEVEL`, for as long as it is lent.
///
/// It cannot be kept (it is lent to a closure) and cannot go to another thread (it holds a raw
/// pointer type). In this driver only a spin lock raises the IRQL, and it borrows the proof mutably
/// meanwhile. So no function that needs `PASSIVE_LEVEL` can be called under a spin lock.
pub(crate) struct PassiveLevel(PhantomData<*mut ()>);

/// Proof that this thread is at `DISPATCH_LEVEL` or below, for as long as it is lent.
pub(crate) struct DispatchLevel(PhantomData<*mut ()>);

/// A proof that a spin lock may be taken.
pub(crate) trait UpToDispatch {}

impl UpToDispatch for PassiveLevel {}
impl UpToDispatch for DispatchLevel {}

impl PassiveLevel {
    /// Checks the level and runs `body` with the proof.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: the level is higher, and `body` was not run.
    pub(crate) fn prove<R>(
        body: impl FnOnce(&mut Self) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        if current_level() == PASSIVE_LEVEL {
            body(&mut Self(PhantomData))
        } else {
            Err(NtStatus::INVALID_DEVICE_STATE)
        }
    }
}

impl DispatchLevel {
    /// Checks the level and runs `body` with the proof.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: the level is higher, and `body` was not run.
    pub(crate) fn prove<R>(
        body: impl FnOnce(&mut Self) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        if current_level() <= DISPATCH_LEVEL {
            body(&mut Self(PhantomData))
        } else {
            Err(NtStatus::INVALID_DEVICE_STATE)
        }
    }
}

fn current_level() -> u32 {
    // SAFETY: `KeGetCurrentIrql` may be called at every IRQL and takes no arguments.
    u32::from(unsafe { KeGetCurrentIrql() })
}
