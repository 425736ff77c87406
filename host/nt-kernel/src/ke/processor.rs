//! Processors: how many there are, and on which a thread runs.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::thread;

use nix::libc;

use crate::exports::{Export, ntoskrnl};
use crate::irql;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeAcquireInterruptSpinLock,
        KeGetCurrentProcessorIndex,
        KeGetCurrentProcessorNumberEx,
        KeQueryActiveProcessorCount,
        KeQueryActiveProcessorCountEx,
        KeQueryMaximumProcessorCount,
        KeQueryMaximumProcessorCountEx,
        KeReleaseInterruptSpinLock,
        KeSynchronizeExecution,
    ]
}

/// `ALL_PROCESSOR_GROUPS`.
const ALL_GROUPS: u16 = 0xFFFF;

/// A `PROCESSOR_NUMBER`.
#[repr(C)]
pub(super) struct ProcessorNumber {
    pub(super) group: u16,
    pub(super) number: u8,
    reserved: u8,
}

/// The number of processors.
pub(crate) fn count() -> u32 {
    let count = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Any IRQL.
unsafe extern "win64" fn KeQueryActiveProcessorCount(affinity: *mut u64) -> u32 {
    let count = count();
    // SAFETY: by contract null or the caller's variable.
    if let Some(affinity) = unsafe { affinity.as_mut() } {
        *affinity = u64::MAX >> (64 - count.min(64));
    }
    count
}

/// Any IRQL. The host has one group.
extern "win64" fn KeQueryActiveProcessorCountEx(group: u16) -> u32 {
    if matches!(group, 0 | ALL_GROUPS) {
        count()
    } else {
        0
    }
}

/// Any IRQL.
extern "win64" fn KeQueryMaximumProcessorCount() -> u32 {
    count()
}

/// As [`KeQueryActiveProcessorCountEx`].
extern "win64" fn KeQueryMaximumProcessorCountEx(group: u16) -> u32 {
    KeQueryActiveProcessorCountEx(group)
}

/// Any IRQL.
extern "win64" fn KeGetCurrentProcessorIndex() -> u32 {
    // SAFETY: takes no argument.
    let processor = unsafe { libc::sched_getcpu() };
    u32::try_from(processor).unwrap_or_default() % count()
}

/// Any IRQL.
unsafe extern "win64" fn KeGetCurrentProcessorNumberEx(number: *mut ProcessorNumber) -> u32 {
    let index = KeGetCurrentProcessorIndex();
    // SAFETY: by contract null or the caller's variable.
    if let Some(number) = unsafe { number.as_mut() } {
        *number = ProcessorNumber {
            group: 0,
            number: u8::try_from(index).unwrap_or_default(),
            reserved: 0,
        };
    }
    index
}

/// The host connects no interrupt, so that no driver has an interrupt object to call this with.
extern "win64" fn KeAcquireInterruptSpinLock(_interrupt: usize) -> u8 {
    stop_without_interrupt("KeAcquireInterruptSpinLock")
}

/// As [`KeAcquireInterruptSpinLock`].
extern "win64" fn KeReleaseInterruptSpinLock(_interrupt: usize, _old: u8) {
    stop_without_interrupt("KeReleaseInterruptSpinLock")
}

/// As [`KeAcquireInterruptSpinLock`].
extern "win64" fn KeSynchronizeExecution(
    _interrupt: usize,
    _routine: usize,
    _context: usize,
) -> u8 {
    stop_without_interrupt("KeSynchronizeExecution")
}

fn stop_without_interrupt(function: &str) -> ! {
    irql::stop_for_rule(&format!(
        "{function} was called, but this host connects no interrupt: there is no interrupt object"
    ))
}
