//! WDFCMRESLIST: the hardware resources of a device. The devices here have none: their lists are empty,
//! and drivers cannot change them.

use nt_kernel::fault;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfResourceList, tag};
use crate::object::{Attributes, Body, HandleTag, Object, ObjectPlan, Ref};

functions! {
    DISPATCH WdfCmResourceListGetCount = get_count(list: WdfResourceList) -> u32;
    DISPATCH WdfCmResourceListGetDescriptor = get_descriptor(
        list: WdfResourceList, index: u32) -> usize;
    DISPATCH WdfCmResourceListAppendDescriptor = append(
        list: WdfResourceList, descriptor: usize) -> NtStatus;
    DISPATCH WdfCmResourceListInsertDescriptor = insert(
        list: WdfResourceList, descriptor: usize, index: u32) -> NtStatus;
    DISPATCH WdfCmResourceListRemove = remove(list: WdfResourceList, index: u32);
    DISPATCH WdfCmResourceListRemoveByDescriptor = remove_by_descriptor(
        list: WdfResourceList, descriptor: usize);
}

/// A list of hardware resources, as `EvtDevicePrepareHardware` gets it.
pub(crate) struct ResourceListBody;

impl HandleTag for tag::ResourceList {
    type Body = ResourceListBody;
}

impl Body for ResourceListBody {
    const KIND: Kind = Kind::ResourceList;
    type Tag = tag::ResourceList;
}

/// The list of a device, for one callback. It is a child of the device.
///
/// # Errors
///
/// No memory.
pub(crate) fn of(device: &Ref<DeviceBody>) -> Result<Ref<ResourceListBody>, NtStatus> {
    if fault::inject(Kind::ResourceList.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let plan = ObjectPlan::below(device.object(), Attributes::default());
    Object::create(device.object().binding(), plan, ResourceListBody)
}

fn get_count(call: &FrameworkCall, list: WdfResourceList) -> u32 {
    call.object(list, "List");
    0
}

/// NULL: the index is not less than the count.
fn get_descriptor(call: &FrameworkCall, list: WdfResourceList, _index: u32) -> usize {
    call.object(list, "List");
    0
}

/// The list is one of `EvtDevicePrepareHardware` or `EvtDeviceReleaseHardware`, to which a driver must
/// not add.
fn append(call: &FrameworkCall, list: WdfResourceList, descriptor: usize) -> NtStatus {
    call.object(list, "List");
    if descriptor == 0 {
        call.null("Descriptor");
    }
    NtStatus::ACCESS_DENIED
}

fn insert(call: &FrameworkCall, list: WdfResourceList, descriptor: usize, _index: u32) -> NtStatus {
    append(call, list, descriptor)
}

fn remove(call: &FrameworkCall, list: WdfResourceList, _index: u32) {
    call.object(list, "List");
}

fn remove_by_descriptor(call: &FrameworkCall, list: WdfResourceList, descriptor: usize) {
    call.object(list, "List");
    if descriptor == 0 {
        call.null("Descriptor");
    }
}
