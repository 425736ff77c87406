//! The `DEVICE_OBJECT`s behind a WDFDEVICE, of either kind.

use std::sync::Arc;

use crate::call::FrameworkCall;
use crate::device::{DeviceBody, DeviceObjects};
use crate::handle::{Handle, Kind, WdfDevice, tag};
use crate::object::{Body, HandleTag, Object, Ref};

/// A device of a port driver's.
pub(crate) struct MiniportDeviceBody(pub(crate) DeviceObjects);

impl HandleTag for tag::MiniportDevice {
    type Body = MiniportDeviceBody;
}

impl Body for MiniportDeviceBody {
    const KIND: Kind = Kind::MiniportDevice;
    type Tag = tag::MiniportDevice;
    const PASSIVE: bool = true;
}

/// The device behind `handle`, of either kind.
pub(crate) fn device_of_either_kind(call: &FrameworkCall, handle: WdfDevice) -> Arc<Object> {
    let object = call.any_object(Handle::new(handle.0), "Device");
    match object.kind() {
        Kind::MiniportDevice => object,
        _ => call.object(handle, "Device").object().clone(),
    }
}

/// The device objects behind `handle`.
pub(crate) fn device_objects(call: &FrameworkCall, handle: WdfDevice) -> DeviceObjects {
    let object = device_of_either_kind(call, handle);
    match object.kind() {
        Kind::MiniportDevice => Ref::<MiniportDeviceBody>::new(object).0,
        _ => Ref::<DeviceBody>::new(object).device_objects(),
    }
}
