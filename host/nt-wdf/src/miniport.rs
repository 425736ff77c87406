//! Miniports: drivers whose devices and dispatch routines belong to a port driver. The framework
//! gives them its objects, and a WDFDEVICE as the parent of these.

use nt_io::DeviceObject;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceObjects;
use crate::device_objects::{MiniportDeviceBody, device_objects, device_of_either_kind};
use crate::driver::{self, DriverBody};
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfDriver, WdfMiniportDevice};
use crate::object::{Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules};
use crate::pointer::{In, Out};
use crate::{io_target, status};

functions! {
    DISPATCH WdfDeviceWdmGetDeviceObject = get_device_object(
        device: WdfDevice) -> *mut DeviceObject;
    DISPATCH WdfDeviceWdmGetAttachedDevice = get_attached_device(
        device: WdfDevice) -> *mut DeviceObject;
    DISPATCH WdfDeviceWdmGetPhysicalDevice = get_physical_device(
        device: WdfDevice) -> *mut DeviceObject;
    DISPATCH WdfDeviceGetDriver = get_driver(device: WdfDevice) -> WdfDriver;
    PASSIVE WdfDeviceMiniportCreate = create(
        driver: WdfDriver, attributes: In<ObjectAttributes>, object: *mut DeviceObject,
        attached: *mut DeviceObject, physical: *mut DeviceObject,
        device: Out<WdfMiniportDevice>) -> NtStatus;
    PASSIVE WdfDriverMiniportUnload = unload(driver: WdfDriver);
}

fn get_device_object(call: &FrameworkCall, device: WdfDevice) -> *mut DeviceObject {
    device_objects(call, device).own
}

fn get_attached_device(call: &FrameworkCall, device: WdfDevice) -> *mut DeviceObject {
    device_objects(call, device).attached
}

fn get_physical_device(call: &FrameworkCall, device: WdfDevice) -> *mut DeviceObject {
    device_objects(call, device).physical
}

fn get_driver(call: &FrameworkCall, device: WdfDevice) -> WdfDriver {
    device_of_either_kind(call, device);
    call.driver().handle()
}

fn create(
    call: &FrameworkCall,
    driver: WdfDriver,
    attributes: In<ObjectAttributes>,
    object: *mut DeviceObject,
    attached: *mut DeviceObject,
    physical: *mut DeviceObject,
    device: Out<WdfMiniportDevice>,
) -> NtStatus {
    let driver = call.object(driver, "Driver");
    let device = device.required(call, "Device");
    for (pointer, name, needed) in [
        (object, "DeviceObject", true),
        (attached, "AttachedDeviceObject", !physical.is_null()),
        (physical, "Pdo", !attached.is_null()),
    ] {
        if needed && pointer.is_null() {
            call.null(name);
        }
    }
    let objects = DeviceObjects {
        own: object,
        attached,
        physical,
    };
    let created = try_create(call, &driver, attributes, objects);
    status::from_result(created.map(|created| device.set(created.handle())))
}

fn try_create(
    call: &FrameworkCall,
    driver: &Ref<DriverBody>,
    attributes: In<ObjectAttributes>,
    objects: DeviceObjects,
) -> Result<Ref<MiniportDeviceBody>, NtStatus> {
    let attributes = attributes.check(call, Rules::full(ParentRule::Forbidden))?;
    let plan = ObjectPlan::below(driver.object(), attributes);
    let device = Object::create(call.binding, plan, MiniportDeviceBody(objects))?;
    if !objects.attached.is_null() {
        io_target::create(device.object(), None);
    }
    Ok(device)
}

/// Called by a miniport when its port driver unloads it.
fn unload(call: &FrameworkCall, driver: WdfDriver) {
    call.object(driver, "Driver");
    driver::unload(call.binding.driver_object);
}
