//! A miniport: a driver whose devices and dispatch routines belong to a port driver, and that uses
//! the framework for its objects. Here it is its own port driver, of one device that is never opened.
#![no_std]

extern crate wdk_panic;

use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use wdk_alloc::WdkAllocator;
use wdk_sys::{
    _WDF_DRIVER_INIT_FLAGS::WdfDriverInitNoDispatchOverride,
    _WDF_EXECUTION_LEVEL::WdfExecutionLevelInheritFromParent,
    _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeInheritFromParent, DEVICE_OBJECT,
    DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING, PWDF_DRIVER_GLOBALS, STATUS_SUCCESS, ULONG,
    WDF_DRIVER_CONFIG, WDF_NO_OBJECT_ATTRIBUTES, WDF_OBJECT_ATTRIBUTES, WDF_WORKITEM_CONFIG,
    WDFDEVICE, WDFDRIVER, WDFDRIVER__, WDFOBJECT, WDFWORKITEM, WdfDriverGlobals,
    call_unsafe_wdf_function_binding,
};

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;

/// `PFN_WDFDRIVERMINIPORTUNLOAD`.
type MiniportUnload = unsafe extern "C" fn(PWDF_DRIVER_GLOBALS, WDFDRIVER);

unsafe extern "C" {
    /// What `WdfDriverMiniportUnload` calls in C: the entry stub's part of it, then the framework's.
    static WdfDriverMiniportUnloadOverride: MiniportUnload;
}

/// The three `DEVICE_OBJECT`s of a port driver.
struct PortDevices(UnsafeCell<[DEVICE_OBJECT; 3]>);

// SAFETY: only the addresses are used, never the contents.
unsafe impl Sync for PortDevices {}

// SAFETY: all zeros are a DEVICE_OBJECT.
static PORT_DEVICES: PortDevices = PortDevices(UnsafeCell::new(unsafe { core::mem::zeroed() }));
static DRIVER: AtomicPtr<WDFDRIVER__> = AtomicPtr::new(null_mut());

/// Creates the framework's driver object, and what a miniport has of a device.
///
/// # Safety
///
/// The system calls this, once, with its own pointers.
#[unsafe(export_name = "DriverEntry")]
pub unsafe extern "system" fn driver_entry(
    driver: &mut DRIVER_OBJECT,
    registry_path: PCUNICODE_STRING,
) -> NTSTATUS {
    let mut config = WDF_DRIVER_CONFIG {
        Size: size_of::<WDF_DRIVER_CONFIG>() as ULONG,
        DriverInitFlags: WdfDriverInitNoDispatchOverride as ULONG,
        ..WDF_DRIVER_CONFIG::default()
    };
    let mut handle = null_mut();
    // SAFETY: the pointers are the system's, and `DriverEntry` runs at `PASSIVE_LEVEL`.
    let created = unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDriverCreate,
            &raw mut *driver,
            registry_path,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut config,
            &raw mut handle,
        )
    };
    if !wdk::nt_success(created) {
        return created;
    }
    DRIVER.store(handle, Ordering::Relaxed);
    driver.DriverUnload = Some(unload);
    match create_device(handle) {
        Ok(()) => STATUS_SUCCESS,
        Err(status) => status,
    }
}

/// An error, or nothing.
fn done(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if wdk::nt_success(status) {
        Ok(())
    } else {
        Err(status)
    }
}

fn create_device(driver: WDFDRIVER) -> Result<(), NTSTATUS> {
    let mut attributes = WDF_OBJECT_ATTRIBUTES {
        EvtCleanupCallback: Some(device_goes),
        ..attributes()
    };
    let objects = PORT_DEVICES.0.get().cast::<DEVICE_OBJECT>();
    let (attached, physical) = (objects.wrapping_add(1), objects.wrapping_add(2));
    let mut device = null_mut();
    // SAFETY: the driver object is there; the structures outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceMiniportCreate,
            driver,
            &raw mut attributes,
            objects,
            attached,
            physical,
            &raw mut device,
        )
    })?;
    // SAFETY: the device was made just now.
    let (known, target) = unsafe {
        let known = [
            call_unsafe_wdf_function_binding!(WdfDeviceWdmGetDeviceObject, device),
            call_unsafe_wdf_function_binding!(WdfDeviceWdmGetAttachedDevice, device),
            call_unsafe_wdf_function_binding!(WdfDeviceWdmGetPhysicalDevice, device),
        ];
        (
            known,
            call_unsafe_wdf_function_binding!(WdfDeviceGetIoTarget, device),
        )
    };
    if known == [objects, attached, physical] && !target.is_null() {
        wdk::println!("miniport: the device has its device objects and a target");
    }
    start_work(device)
}

fn start_work(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mut config = WDF_WORKITEM_CONFIG {
        Size: size_of::<WDF_WORKITEM_CONFIG>() as ULONG,
        EvtWorkItemFunc: Some(work),
        ..WDF_WORKITEM_CONFIG::default()
    };
    let mut attributes = WDF_OBJECT_ATTRIBUTES {
        ParentObject: device.cast(),
        ..attributes()
    };
    let mut item = null_mut();
    // SAFETY: the device is there; the structures outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfWorkItemCreate,
            &raw mut config,
            &raw mut attributes,
            &raw mut item,
        )
    })?;
    // SAFETY: the work item lives as long as the device.
    unsafe {
        call_unsafe_wdf_function_binding!(WdfWorkItemEnqueue, item);
    }
    Ok(())
}

fn attributes() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        Size: size_of::<WDF_OBJECT_ATTRIBUTES>() as ULONG,
        ExecutionLevel: WdfExecutionLevelInheritFromParent,
        SynchronizationScope: WdfSynchronizationScopeInheritFromParent,
        ..WDF_OBJECT_ATTRIBUTES::default()
    }
}

/// `EvtWorkItemFunc`.
extern "C" fn work(_item: WDFWORKITEM) {
    wdk::println!("miniport: work is done below the device");
}

/// `EvtCleanupCallback` of the device.
extern "C" fn device_goes(_device: WDFOBJECT) {
    wdk::println!("miniport: the device goes");
}

/// `DriverUnload`, which the port driver would call.
unsafe extern "C" fn unload(_driver: *mut DRIVER_OBJECT) {
    // SAFETY: the entry stub has set it, and the driver object was created before this routine was
    // known to other code.
    unsafe { WdfDriverMiniportUnloadOverride(WdfDriverGlobals, DRIVER.load(Ordering::Relaxed)) };
}
