//! WDFIOTARGET: where a device's requests would go on to. A software-only driver sends none, so that
//! its own target is there, and can be referenced and given a context, and nothing more.

use std::sync::Arc;

use crate::call::Call;
use crate::device_objects;
use crate::functions::functions;
use crate::handle::{Handle, Kind, WdfDevice, WdfIoTarget, tag};
use crate::object::{Attributes, Body, HandleTag, Object, Plan};

functions! {
    DISPATCH WdfDeviceGetIoTarget = get_of_device(device: WdfDevice) -> WdfIoTarget;
}

/// The next lower driver of a device.
pub(crate) struct IoTarget;

impl HandleTag for tag::IoTarget {
    type Body = IoTarget;
}

impl Body for IoTarget {
    const KIND: Kind = Kind::IoTarget;
    type Tag = tag::IoTarget;
    const PASSIVE: bool = true;
}

/// Gives a new device, which has something below it, its target: a part of the device.
pub(crate) fn create(device: &Arc<Object>) {
    let plan = Plan::below(device, Attributes::default());
    let created = Object::create(device.binding(), plan, IoTarget);
    created.expect("nobody deletes a device that is new, and a part of it needs no memory");
}

/// A control device has nothing below it: NULL.
fn get_of_device(call: &Call, device: WdfDevice) -> WdfIoTarget {
    let device = device_objects::device_of_either_kind(call, device);
    let targets = device.children().into_iter();
    let mut targets = targets.filter(|child| child.kind() == Kind::IoTarget);
    let target = targets.next();
    target.map_or(Handle::NULL, |target| Handle::new(target.handle()))
}
