//! Miniports: drivers whose devices and dispatch routines belong to a port driver. The framework
//! gives them its objects, and a WDFDEVICE that those can hang below.

use std::sync::Arc;

use nt_types::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::device::Device;
use super::driver::{self, Driver};
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::io_target;
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::status;
use crate::io::DeviceObject;

functions! {
    DISPATCH WdfDeviceWdmGetDeviceObject = get_device_object(
        device: Handle<Device>) -> *mut DeviceObject;
    DISPATCH WdfDeviceWdmGetAttachedDevice = get_attached_device(
        device: Handle<Device>) -> *mut DeviceObject;
    DISPATCH WdfDeviceWdmGetPhysicalDevice = get_physical_device(
        device: Handle<Device>) -> *mut DeviceObject;
    DISPATCH WdfDeviceGetDriver = get_driver(device: Handle<Device>) -> Handle<Driver>;
    PASSIVE WdfDeviceMiniportCreate = create(
        driver: Handle<Driver>, attributes: In<ObjectAttributes>, object: *mut DeviceObject,
        attached: *mut DeviceObject, physical: *mut DeviceObject,
        device: Out<Handle<MiniportDevice>>) -> NtStatus;
    PASSIVE WdfDriverMiniportUnload = unload(driver: Handle<Driver>);
}

/// The three `DEVICE_OBJECT`s that a device knows.
#[derive(Clone, Copy)]
pub(super) struct DeviceObjects {
    /// Its own.
    pub(super) own: *mut DeviceObject,
    /// The one that it is attached to, or NULL.
    pub(super) attached: *mut DeviceObject,
    /// The bus driver's, or NULL.
    pub(super) physical: *mut DeviceObject,
}

// SAFETY: they are addresses for the driver, which are never followed here.
unsafe impl Send for DeviceObjects {}
// SAFETY: as above.
unsafe impl Sync for DeviceObjects {}

/// A device of a port driver's.
pub(crate) struct MiniportDevice(DeviceObjects);

impl Body for MiniportDevice {
    const KIND: Kind = Kind::MiniportDevice;
    const PASSIVE: bool = true;
}

/// The device behind `handle`, whoever dispatches its requests.
pub(super) fn device_of_either_kind(call: &Call, handle: Handle<Device>) -> Arc<Object> {
    let object = call.any_object(Handle::new(handle.0), "Device");
    match object.kind() {
        Kind::MiniportDevice => object,
        _ => call.object(handle, "Device").object().clone(),
    }
}

fn device_objects(call: &Call, handle: Handle<Device>) -> DeviceObjects {
    let object = device_of_either_kind(call, handle);
    match object.kind() {
        Kind::MiniportDevice => Ref::<MiniportDevice>::new(object).0,
        _ => Ref::<Device>::new(object).device_objects(),
    }
}

fn get_device_object(call: &Call, device: Handle<Device>) -> *mut DeviceObject {
    device_objects(call, device).own
}

fn get_attached_device(call: &Call, device: Handle<Device>) -> *mut DeviceObject {
    device_objects(call, device).attached
}

fn get_physical_device(call: &Call, device: Handle<Device>) -> *mut DeviceObject {
    device_objects(call, device).physical
}

fn get_driver(call: &Call, device: Handle<Device>) -> Handle<Driver> {
    device_of_either_kind(call, device);
    call.driver().handle()
}

fn create(
    call: &Call,
    driver: Handle<Driver>,
    attributes: In<ObjectAttributes>,
    object: *mut DeviceObject,
    attached: *mut DeviceObject,
    physical: *mut DeviceObject,
    device: Out<Handle<MiniportDevice>>,
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
    call: &Call,
    driver: &Ref<Driver>,
    attributes: In<ObjectAttributes>,
    objects: DeviceObjects,
) -> Result<Ref<MiniportDevice>, NtStatus> {
    let attributes = attributes.check(call, Rules::full(ParentRule::Forbidden))?;
    let plan = Plan::below(driver.object(), attributes);
    let device = Object::create(&call.binding, plan, MiniportDevice(objects))?;
    if !objects.attached.is_null() {
        io_target::create(device.object());
    }
    Ok(device)
}

/// What a miniport calls when its port driver unloads it.
fn unload(call: &Call, driver: Handle<Driver>) {
    call.object(driver, "Driver");
    driver::unload(call.binding.driver_object);
}
