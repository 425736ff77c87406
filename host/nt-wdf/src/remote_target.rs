//! Remote I/O targets: other devices, which a driver opens by their names.

use std::sync::Arc;

use nt_io::unicode::UnicodeString;
use nt_io::{Device, FileHandle};
use nt_kernel::process::Process;
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfIoTarget};
use crate::io_target::{IoTargetBody, TargetDestination, TargetState};
use crate::object::{Attributes, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules};
use crate::pointer::{In, Out};
use crate::status;

functions! {
    PASSIVE WdfIoTargetCreate = create(
        device: WdfDevice, attributes: In<ObjectAttributes>, target: Out<WdfIoTarget>) -> NtStatus;
    PASSIVE WdfIoTargetOpen = open(target: WdfIoTarget, params: In<OpenParams>) -> NtStatus;
    PASSIVE WdfIoTargetClose = close(target: WdfIoTarget);
}

/// `WDF_IO_TARGET_OPEN_PARAMS` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct OpenParams {
    pub(crate) size: u32,
    pub(crate) kind: i32,
    pub(crate) callbacks: [usize; 3],
    pub(crate) device_object: usize,
    pub(crate) file_object: usize,
    pub(crate) name: UnicodeString,
    pub(crate) access: u32,
    pub(crate) share: u32,
    pub(crate) attributes: u32,
    pub(crate) disposition: u32,
    pub(crate) options: u32,
    pub(crate) ea_buffer: usize,
    pub(crate) ea_length: u32,
    pub(crate) allocation_size: usize,
    pub(crate) file_information: u32,
    pub(crate) file_name: UnicodeString,
}

const _: () = {
    assert!(size_of::<OpenParams>() == 136);
    assert!(core::mem::offset_of!(OpenParams, name) == 48);
    assert!(core::mem::offset_of!(OpenParams, access) == 64);
};

/// `WdfIoTargetOpenUseExistingDevice`.
const EXISTING_DEVICE: i32 = 1;
/// `WdfIoTargetOpenByName`.
const BY_NAME: i32 = 2;

fn create(
    call: &FrameworkCall,
    device: WdfDevice,
    attributes: In<ObjectAttributes>,
    target: Out<WdfIoTarget>,
) -> NtStatus {
    let device = call.object(device, "Device");
    let target = target.required(call, "IoTarget");
    let rules = Rules::plain(ParentRule::Optional);
    let created = attributes.check(call, rules).and_then(|attributes| {
        require_below(&device, &attributes)?;
        let body = IoTargetBody::new(device.object(), None, TargetState::Closed);
        let plan = ObjectPlan::below(device.object(), attributes);
        Object::create(call.binding, plan, body)
    });
    status::from_result(created.map(|created| target.set(created.handle())))
}

/// The parent has to be the device, or below it.
fn require_below(device: &Ref<DeviceBody>, attributes: &Attributes) -> Result<(), NtStatus> {
    let Some(parent) = &attributes.parent else {
        return Ok(());
    };
    let above = parent.nearest::<DeviceBody>();
    let is_below = above.is_some_and(|above| above.value() == device.value());
    is_below
        .then_some(())
        .ok_or(NtStatus::INVALID_DEVICE_REQUEST)
}

fn open(call: &FrameworkCall, target: WdfIoTarget, params: In<OpenParams>) -> NtStatus {
    let target = call.object(target, "IoTarget");
    let params = match params.sized(call, "OpenParams") {
        Ok(params) => params,
        Err(status) => return status,
    };
    if target.destination().is_some() {
        return NtStatus::INVALID_DEVICE_STATE;
    }
    let destination = match params.kind {
        EXISTING_DEVICE => existing(params.device_object),
        // SAFETY: the driver promises that its name has its length.
        BY_NAME => by_name(&unsafe { params.name.text() }, params.access),
        _ => unimplemented::stop(&format!(
            "{} with the WDF_IO_TARGET_OPEN_TYPE {}",
            call.function.name, params.kind
        )),
    };
    status::from_result(destination.and_then(|destination| target.open(destination)))
}

fn existing(device_object: usize) -> Result<TargetDestination, NtStatus> {
    let device = nt_io::device_at(device_object).ok_or(NtStatus::INVALID_PARAMETER)?;
    Ok(TargetDestination { device, file: None })
}

/// Opens the device as the kernel does, which every security descriptor allows.
fn by_name(name: &str, access: u32) -> Result<TargetDestination, NtStatus> {
    let opened = nt_io::open(&Process::system(), name, access);
    let file: Arc<FileHandle> = opened.map_err(|status| match status {
        NtStatus::OBJECT_NAME_NOT_FOUND => NtStatus::NOT_FOUND,
        other => other,
    })?;
    let device: Arc<Device> = file.device().clone();
    Ok(TargetDestination {
        device,
        file: Some(file),
    })
}

fn close(call: &FrameworkCall, target: WdfIoTarget) {
    call.object(target, "IoTarget").close();
}
