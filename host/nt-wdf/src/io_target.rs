//! WDFIOTARGET: the next lower driver of a device. A software-only driver sends it no requests, so
//! that the target only exists, and can be referenced and given a context.

use std::sync::Arc;

use crate::call::FrameworkCall;
use crate::device_objects;
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDevice, WdfIoTarget, tag};
use crate::object::{Attributes, Body, HandleTag, Object, ObjectPlan};

functions! {
    DISPATCH WdfDeviceGetIoTarget = get_of_device(device: WdfDevice) -> WdfIoTarget;
}

/// The next lower driver of a device.
pub(crate) struct IoTargetBody;

impl HandleTag for tag::IoTarget {
    type Body = IoTargetBody;
}

impl Body for IoTargetBody {
    const KIND: Kind = Kind::IoTarget;
    type Tag = tag::IoTarget;
    const PASSIVE: bool = true;
}

/// Creates the I/O target of a new device with a lower device. The target is a part of the device.
pub(crate) fn create(device: &Arc<Object>) {
    let plan = ObjectPlan::below(device, Attributes::default());
    let created = Object::create(device.binding(), plan, IoTargetBody);
    created.expect("a new device is not being deleted, and its I/O target needs no memory");
}

/// A control device has nothing below it: NULL.
fn get_of_device(call: &FrameworkCall, device: WdfDevice) -> WdfIoTarget {
    let device = device_objects::device_of_either_kind(call, device);
    let targets = device.children().into_iter();
    let mut targets = targets.filter(|child| child.kind() == Kind::IoTarget);
    let target = targets.next();
    target.map_or(Handle::NULL, |target| Handle::new(target.handle()))
}
