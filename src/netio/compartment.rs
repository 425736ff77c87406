//! Ndis.lib: the network compartment of the calling thread, in which the functions of `netioapi.h` act.
//!
//! No page of Microsoft describes the functions. Public drivers of Microsoft declare and call them,
//! among them `OpenThread`'s and `MsQuic`.

use abi::NtStatus;
use engine::CompartmentId;
use wdk_sys::{NTSTATUS, PETHREAD};

use crate::wdf::PassiveLevel;

unsafe extern "system" {
    fn NdisGetThreadObjectCompartmentId(thread: PETHREAD) -> u32;
    fn NdisSetThreadObjectCompartmentId(thread: PETHREAD, compartment: u32) -> NTSTATUS;
    fn PsGetCurrentThread() -> PETHREAD;
}

/// `NdisGetThreadObjectCompartmentId` of the calling thread.
pub(crate) fn thread_compartment(_level: &PassiveLevel) -> CompartmentId {
    // SAFETY: it has no precondition.
    let thread = unsafe { PsGetCurrentThread() };
    // SAFETY: the calling thread exists during the call; the level is proven by `_level`.
    CompartmentId::from_number(unsafe { NdisGetThreadObjectCompartmentId(thread) })
}

/// `NdisSetThreadObjectCompartmentId` of the calling thread. The caller puts the thread back.
pub(crate) fn set_thread_compartment(
    _level: &PassiveLevel,
    compartment: CompartmentId,
) -> Result<(), NtStatus> {
    // SAFETY: it has no precondition.
    let thread = unsafe { PsGetCurrentThread() };
    // SAFETY: the calling thread exists during the call; the level is proven by `_level`.
    let status = unsafe { NdisSetThreadObjectCompartmentId(thread, compartment.number()) };
    NtStatus(status).into_result()
}
