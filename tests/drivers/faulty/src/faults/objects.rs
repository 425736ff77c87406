//! Rules of framework objects.

use core::ptr::null_mut;

use wdk_sys::_EVENT_TYPE::NotificationEvent;
use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::ntddk::{KeInitializeEvent, KeSetEvent, KeWaitForSingleObject};
use wdk_sys::{
    KEVENT, NTSTATUS, PVOID, WDF_OBJECT_CONTEXT_TYPE_INFO, WDF_TIMER_CONFIG, WDF_WORKITEM_CONFIG,
    WDFOBJECT, WDFTIMER, WDFWORKITEM, call_unsafe_wdf_function_binding as wdf,
};

use super::FaultContext;
use crate::attributes::{below, plain, size_of_u32};
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::{SUCCESS, keep, kept};
use crate::memory::read;

unsafe fn object() -> WDFOBJECT {
    let mut object = null_mut();
    let _ = wdf!(WdfObjectCreate, &mut plain(), &raw mut object);
    object
}

unsafe fn reference(object: WDFOBJECT) {
    wdf!(WdfObjectReferenceActual, object, null_mut(), 0, null_mut());
}

unsafe fn dereference(object: WDFOBJECT) {
    wdf!(
        WdfObjectDereferenceActual,
        object,
        null_mut(),
        0,
        null_mut()
    );
}

pub(crate) unsafe fn a_deleted_object_is_used(_fault: &FaultContext) -> NTSTATUS {
    let object = object();
    wdf!(WdfObjectDelete, object);
    reference(object);
    SUCCESS
}

pub(crate) unsafe fn an_object_is_deleted_twice(_fault: &FaultContext) -> NTSTATUS {
    let object = object();
    wdf!(WdfObjectDelete, object);
    wdf!(WdfObjectDelete, object);
    SUCCESS
}

pub(crate) unsafe fn an_object_is_used_after_its_cleanup(_fault: &FaultContext) -> NTSTATUS {
    let mut lock = null_mut();
    let _ = wdf!(WdfWaitLockCreate, &mut plain(), &raw mut lock);
    reference(lock.cast());
    wdf!(WdfObjectDelete, lock.cast());
    wdf!(WdfWaitLockAcquire, lock, null_mut())
}

pub(crate) unsafe fn a_handle_is_null(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectDelete, null_mut());
    SUCCESS
}

pub(crate) unsafe fn a_handle_is_of_another_type(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfRequestComplete, fault.queue.cast(), SUCCESS);
    SUCCESS
}

pub(crate) unsafe fn a_handle_is_anything(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectDelete, null_mut::<u8>().with_addr(0x1234).cast());
    SUCCESS
}

pub(crate) unsafe fn a_place_for_the_result_is_null(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectCreate, &mut plain(), null_mut())
}

pub(crate) unsafe fn the_driver_is_deleted(fault: &FaultContext) -> NTSTATUS {
    let driver = wdf!(WdfDeviceGetDriver, fault.device);
    wdf!(WdfObjectDelete, driver.cast());
    SUCCESS
}

pub(crate) unsafe fn the_device_is_deleted(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectDelete, fault.device.cast());
    SUCCESS
}

pub(crate) unsafe fn the_default_queue_is_deleted(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectDelete, fault.queue.cast());
    SUCCESS
}

pub(crate) unsafe fn an_object_loses_a_reference_too_many(_fault: &FaultContext) -> NTSTATUS {
    dereference(object());
    SUCCESS
}

pub(crate) unsafe fn a_reference_to_an_object_is_left(_fault: &FaultContext) -> NTSTATUS {
    reference(object());
    SUCCESS
}

pub(crate) unsafe fn an_object_of_the_device_is_used_at_unload(fault: &FaultContext) -> NTSTATUS {
    let mut object = null_mut();
    let mut attributes = below(fault.device.cast());
    let _ = wdf!(WdfObjectCreate, &raw mut attributes, &raw mut object);
    keep(object);
    deferred_fault::defer_to(FaultCallback::Unload, || reference(kept()));
    SUCCESS
}

struct TypeInfo(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: the name that it points to is a constant.
unsafe impl Sync for TypeInfo {}

static CONTEXT: TypeInfo = TypeInfo(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of_u32::<WDF_OBJECT_CONTEXT_TYPE_INFO>(),
    ContextName: c"Context".as_ptr().cast_mut(),
    ContextSize: 64,
    UniqueType: core::ptr::null(),
    EvtDriverGetUniqueContextType: None,
});

pub(crate) unsafe fn a_destroyed_objects_context_is_read(_fault: &FaultContext) -> NTSTATUS {
    let mut object = null_mut();
    let mut attributes = plain();
    attributes.ContextTypeInfo = &raw const CONTEXT.0;
    let _ = wdf!(WdfObjectCreate, &raw mut attributes, &raw mut object);
    let context: PVOID = wdf!(WdfObjectGetTypedContextWorker, object, &raw const CONTEXT.0);
    wdf!(WdfObjectDelete, object);
    read(context, 0).into()
}

pub(crate) unsafe fn a_timer_has_a_parent(fault: &FaultContext) -> NTSTATUS {
    fault.answer(create_timer(null_mut(), &mut null_mut()))
}

unsafe fn create_timer(parent: WDFOBJECT, timer: &mut WDFTIMER) -> NTSTATUS {
    let mut config = WDF_TIMER_CONFIG {
        Size: size_of_u32::<WDF_TIMER_CONFIG>(),
        EvtTimerFunc: Some(stop_itself),
        ..WDF_TIMER_CONFIG::default()
    };
    let mut attributes = below(parent);
    attributes.ExecutionLevel = 2;
    wdf!(
        WdfTimerCreate,
        &raw mut config,
        &raw mut attributes,
        &raw mut *timer
    )
}

extern "C" fn stop_itself(timer: WDFTIMER) {
    // SAFETY: the timer lives; the wait is the rule that is broken.
    let _ = unsafe { wdf!(WdfTimerStop, timer, 1) };
    // SAFETY: the fault keeps an event, and waits for it.
    let _ = unsafe { KeSetEvent(kept(), 0, 0) };
}

pub(crate) unsafe fn a_timer_waits_for_itself(fault: &FaultContext) -> NTSTATUS {
    let mut called_back = KEVENT::default();
    KeInitializeEvent(&raw mut called_back, NotificationEvent, 0);
    keep(&raw mut called_back);
    let mut timer = null_mut();
    let outcome = create_timer(fault.device.cast(), &mut timer);
    let _ = wdf!(WdfTimerStart, timer, -1);
    let called_back = (&raw mut called_back).cast();
    let _ = KeWaitForSingleObject(called_back, Executive, 0, 0, null_mut());
    outcome
}

extern "C" fn flush_itself(work_item: WDFWORKITEM) {
    // SAFETY: the work item lives; the wait is the rule that is broken.
    unsafe { wdf!(WdfWorkItemFlush, work_item) };
}

pub(crate) unsafe fn a_work_item_waits_for_itself(fault: &FaultContext) -> NTSTATUS {
    let mut config = WDF_WORKITEM_CONFIG {
        Size: size_of_u32::<WDF_WORKITEM_CONFIG>(),
        EvtWorkItemFunc: Some(flush_itself),
        AutomaticSerialization: 0,
    };
    let mut work_item = null_mut();
    let outcome = wdf!(
        WdfWorkItemCreate,
        &raw mut config,
        &mut below(fault.device.cast()),
        &raw mut work_item
    );
    wdf!(WdfWorkItemEnqueue, work_item);
    wdf!(WdfWorkItemFlush, work_item);
    outcome
}

pub(crate) unsafe fn attributes_say_their_size(fault: &FaultContext) -> NTSTATUS {
    let mut attributes = plain();
    attributes.Size += 8;
    let mut object = null_mut();
    fault.answer(wdf!(WdfObjectCreate, &raw mut attributes, &raw mut object))
}
