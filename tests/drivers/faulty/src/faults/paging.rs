//! Rules of pageable memory: it may be touched below `DISPATCH_LEVEL` only.

use core::hint::black_box;

use wdk_sys::NTSTATUS;
use wdk_sys::ntddk::{ExFreePoolWithTag, KeLowerIrql, KeRaiseIrqlToDpcLevel};

use super::FaultContext;
use crate::fault_context::SUCCESS;
use crate::memory::{TAG, paged_block, read, write};

pub(crate) unsafe fn paged_memory_is_read_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let block = paged_block(64);
    // Below that level it may, also after it has been there.
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    write(block, 0);
    let old = KeRaiseIrqlToDpcLevel();
    read(block, 0);
    KeLowerIrql(old);
    ExFreePoolWithTag(block, TAG);
    SUCCESS
}

pub(crate) unsafe fn paged_memory_is_written_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let block = paged_block(64);
    let old = KeRaiseIrqlToDpcLevel();
    write(block, 0);
    KeLowerIrql(old);
    ExFreePoolWithTag(block, TAG);
    SUCCESS
}

pub(crate) unsafe fn pageable_code_is_executed_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let function: fn(u32) -> u32 = black_box(pageable);
    let below = function(1);
    let old = KeRaiseIrqlToDpcLevel();
    let above = function(below);
    KeLowerIrql(old);
    black_box(above);
    SUCCESS
}

/// A function that its driver has declared pageable.
#[unsafe(link_section = "PAGE")]
#[inline(never)]
fn pageable(number: u32) -> u32 {
    black_box(number).wrapping_add(1)
}
