//! Rules of the pool.

use core::ptr::null_mut;

use wdk_sys::ntddk::{
    ExAllocatePool2, ExFreePool, ExFreePoolWithTag, KeLowerIrql, KeRaiseIrqlToDpcLevel, KfRaiseIrql,
};
use wdk_sys::{NTSTATUS, POOL_FLAG_NON_PAGED};

use super::FaultContext;
use crate::fault_context::SUCCESS;
use crate::memory::{TAG, block, paged_block, read, write};

const INSUFFICIENT_RESOURCES: NTSTATUS = 0xC000_009A_u32.cast_signed();

pub(crate) unsafe fn a_block_is_freed_twice(_fault: &FaultContext) -> NTSTATUS {
    let block = block(64);
    ExFreePoolWithTag(block, TAG);
    ExFreePoolWithTag(block, TAG);
    SUCCESS
}

pub(crate) unsafe fn a_block_is_freed_with_another_tag(_fault: &FaultContext) -> NTSTATUS {
    ExFreePoolWithTag(block(64), TAG + 1);
    SUCCESS
}

pub(crate) unsafe fn a_block_has_no_tag(_fault: &FaultContext) -> NTSTATUS {
    ExFreePool(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 0));
    SUCCESS
}

pub(crate) unsafe fn a_block_has_no_bytes(_fault: &FaultContext) -> NTSTATUS {
    ExFreePool(block(0));
    SUCCESS
}

pub(crate) unsafe fn memory_of_the_stack_is_freed(_fault: &FaultContext) -> NTSTATUS {
    let mut local = [0_u64; 4];
    ExFreePool((&raw mut local).cast());
    SUCCESS
}

pub(crate) unsafe fn the_middle_of_a_block_is_freed(_fault: &FaultContext) -> NTSTATUS {
    ExFreePool(block(64).byte_add(16));
    SUCCESS
}

pub(crate) unsafe fn a_block_is_written_past_its_end(_fault: &FaultContext) -> NTSTATUS {
    write(block(64), 64);
    SUCCESS
}

/// The block is no multiple of 16 bytes long: what follows it is the same page.
pub(crate) unsafe fn the_rest_of_a_blocks_page_is_written(_fault: &FaultContext) -> NTSTATUS {
    let block = block(61);
    write(block, 61);
    ExFreePoolWithTag(block, TAG);
    SUCCESS
}

pub(crate) unsafe fn a_block_is_written_before_its_start(_fault: &FaultContext) -> NTSTATUS {
    let block = block(64);
    write(block, -1);
    ExFreePoolWithTag(block, TAG);
    SUCCESS
}

pub(crate) unsafe fn a_freed_block_is_read(_fault: &FaultContext) -> NTSTATUS {
    let block = block(64);
    ExFreePoolWithTag(block, TAG);
    read(block, 8).into()
}

pub(crate) unsafe fn a_freed_block_is_written(_fault: &FaultContext) -> NTSTATUS {
    let block = block(64);
    ExFreePoolWithTag(block, TAG);
    write(block, 8);
    SUCCESS
}

pub(crate) unsafe fn paged_memory_is_taken_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    let block = paged_block(64);
    KeLowerIrql(old);
    ExFreePool(block);
    SUCCESS
}

pub(crate) unsafe fn paged_memory_is_freed_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let block = paged_block(64);
    let old = KeRaiseIrqlToDpcLevel();
    ExFreePool(block);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn memory_is_taken_above_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KfRaiseIrql(5);
    let block = block(64);
    KeLowerIrql(old);
    ExFreePool(block);
    SUCCESS
}

pub(crate) unsafe fn a_block_is_left_at_unload(_fault: &FaultContext) -> NTSTATUS {
    let _ = block(64);
    SUCCESS
}

/// More than any machine has room for, in bytes.
const TOO_MUCH: u64 = 1 << 60;

/// The second allocation fails, and the first one is forgotten.
pub(crate) unsafe fn a_block_is_left_on_an_error_path(_fault: &FaultContext) -> NTSTATUS {
    let first = block(64);
    let second = ExAllocatePool2(POOL_FLAG_NON_PAGED, TOO_MUCH, TAG);
    if second.is_null() {
        return INSUFFICIENT_RESOURCES;
    }
    ExFreePool(second);
    ExFreePool(first);
    SUCCESS
}

pub(crate) unsafe fn a_null_pointer_is_freed(_fault: &FaultContext) -> NTSTATUS {
    ExFreePool(null_mut());
    SUCCESS
}

/// By the service's name.
pub(crate) unsafe fn a_block_is_left_by_an_entry_point_that_fails() -> NTSTATUS {
    let _ = block(64);
    INSUFFICIENT_RESOURCES
}
