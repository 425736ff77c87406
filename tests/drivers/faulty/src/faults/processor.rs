//! What the processor itself finds.

use core::arch::asm;
use core::hint::black_box;
use core::mem::transmute;
use core::ptr::null_mut;

use wdk_sys::ntddk::{IoConnectInterruptEx, KeBugCheckEx};
use wdk_sys::{NTSTATUS, call_unsafe_wdf_function_binding as wdf};

use super::FaultContext;
use crate::fault_context::SUCCESS;
use crate::memory::{block, read, write};

pub(crate) unsafe fn a_null_pointer_is_read(_fault: &FaultContext) -> NTSTATUS {
    read(null_mut(), 0x18).into()
}

pub(crate) unsafe fn a_null_pointer_is_written(_fault: &FaultContext) -> NTSTATUS {
    write(null_mut(), 0x18);
    SUCCESS
}

pub(crate) unsafe fn code_is_written(_fault: &FaultContext) -> NTSTATUS {
    write(code_is_written as *mut _, 0);
    SUCCESS
}

pub(crate) unsafe fn data_is_executed(_fault: &FaultContext) -> NTSTATUS {
    let block = black_box(block(64));
    transmute::<*mut core::ffi::c_void, unsafe extern "system" fn()>(block)();
    SUCCESS
}

pub(crate) unsafe fn an_address_that_is_not_canonical_is_read(_fault: &FaultContext) -> NTSTATUS {
    read(null_mut(), 0x5712_3456_789A_BCD0).into()
}

/// A handle is no pointer.
pub(crate) unsafe fn a_handle_is_followed(fault: &FaultContext) -> NTSTATUS {
    read(fault.request.cast(), 0).into()
}

pub(crate) unsafe fn an_instruction_is_invalid(_fault: &FaultContext) -> NTSTATUS {
    asm!("ud2");
    SUCCESS
}

pub(crate) unsafe fn an_instruction_is_not_for_this_host(_fault: &FaultContext) -> NTSTATUS {
    asm!("cli");
    SUCCESS
}

pub(crate) unsafe fn a_division_by_zero(_fault: &FaultContext) -> NTSTATUS {
    asm!("xor ecx, ecx", "div ecx", out("rax") _, out("rcx") _, out("rdx") _);
    SUCCESS
}

pub(crate) unsafe fn the_processor_block_is_read(_fault: &FaultContext) -> NTSTATUS {
    asm!("mov rax, gs:[0x190]", out("rax") _);
    SUCCESS
}

pub(crate) unsafe fn a_fast_fail(_fault: &FaultContext) -> NTSTATUS {
    asm!("int 0x29", in("rcx") 3_u64);
    SUCCESS
}

/// The host reports the breakpoint and continues.
pub(crate) unsafe fn a_breakpoint_without_a_debugger(_fault: &FaultContext) -> NTSTATUS {
    asm!("int3");
    SUCCESS
}

pub(crate) unsafe fn the_stack_runs_out(_fault: &FaultContext) -> NTSTATUS {
    deeper(&mut [1; 64]).into()
}

#[expect(unconditional_recursion, reason = "the rule that is broken")]
fn deeper(frame: &mut [u8; 64]) -> u8 {
    let mut next = black_box([frame[0]; 64]);
    deeper(&mut next).wrapping_add(black_box(frame)[1])
}

pub(crate) unsafe fn a_panic(fault: &FaultContext) -> NTSTATUS {
    assert!(fault.request.is_null(), "a panic that is asked for");
    SUCCESS
}

pub(crate) unsafe fn the_driver_stops_the_machine(_fault: &FaultContext) -> NTSTATUS {
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

pub(crate) unsafe fn the_driver_has_the_framework_stop_it(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfVerifierKeBugCheck, 0xE2, 1, 2, 3, 4);
    SUCCESS
}

pub(crate) unsafe fn an_export_that_this_host_lacks(_fault: &FaultContext) -> NTSTATUS {
    IoConnectInterruptEx(null_mut())
}

pub(crate) unsafe fn a_framework_function_that_this_host_lacks(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfPdoInitRemovePowerDependencyOnParent, null_mut());
    SUCCESS
}

pub(crate) unsafe fn a_framework_function_that_windows_lacks(fault: &FaultContext) -> NTSTATUS {
    const NO_SUCH_FUNCTION: u32 = 458;
    let driver = wdf!(WdfDeviceGetDriver, fault.device);
    wdf!(
        WdfDriverErrorReportApiMissing,
        driver,
        core::ptr::null(),
        NO_SUCH_FUNCTION,
        1
    )
}
