//! WDFFILEOBJECT: an open file of a device.

use std::sync::Arc;

use nt_io::unicode::UnicodeString;
use nt_io::{FileHandle, FileObject};
use nt_kernel::fault;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::callback;
use crate::device::DeviceBody;
use crate::device_init::{self, FileEnd};
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDevice, WdfFileObject, tag};
use crate::object::{Body, ExecutionLevel, HandleTag, Object, ObjectPlan, Ref, Scope, deletion};

functions! {
    DISPATCH WdfDeviceGetFileObject = get_of_device(
        device: WdfDevice, file: *const FileObject) -> WdfFileObject;
    PASSIVE WdfFileObjectGetFileName = get_file_name(
        file: WdfFileObject) -> *const UnicodeString;
    DISPATCH WdfFileObjectGetFlags = get_flags(file: WdfFileObject) -> u32;
    DISPATCH WdfFileObjectGetDevice = get_device(file: WdfFileObject) -> WdfDevice;
    DISPATCH WdfFileObjectWdmGetFileObject = get_file_object(
        file: WdfFileObject) -> *const FileObject;
    DISPATCH WdfFileObjectGetInitiatorProcessId = get_process_id(file: WdfFileObject) -> u32;
}

/// An open file.
pub(crate) struct FileBody {
    device: Ref<DeviceBody>,
    file: Arc<FileHandle>,
}

impl FileBody {
    /// The I/O manager's file.
    pub(crate) fn io(&self) -> &Arc<FileHandle> {
        &self.file
    }
}

impl HandleTag for tag::File {
    type Body = FileBody;
}

impl Body for FileBody {
    const KIND: Kind = Kind::File;
    type Tag = tag::File;
    const PASSIVE: bool = true;
}

/// The framework's object for a file, if `device` has such.
pub(crate) fn of(device: &DeviceBody, file: &FileHandle) -> Option<Ref<FileBody>> {
    let object = file.extension(device.io())?.downcast::<Object>().ok()?;
    Some(Ref::new(object))
}

/// The handle of the file's object, or NULL.
pub(crate) fn handle_of(device: &DeviceBody, file: &FileHandle) -> WdfFileObject {
    of(device, file).map_or(Handle::NULL, |file| file.handle())
}

/// Makes the file object for a file that is being opened, if the device has file objects.
///
/// # Errors
///
/// No memory.
pub(crate) fn create_object(
    device: &Ref<DeviceBody>,
    file: &Arc<FileHandle>,
) -> Result<(), NtStatus> {
    let Some(config) = device.init().file_config else {
        return Ok(());
    };
    if config.class() == device_init::NOT_REQUIRED {
        return Ok(());
    }
    let mut attributes = device.init().file_attributes.clone();
    attributes.level.get_or_insert(ExecutionLevel::Passive);
    attributes.scope.get_or_insert(Scope::None);
    let body = FileBody {
        device: device.clone(),
        file: file.clone(),
    };
    let plan = ObjectPlan::below(device.object(), attributes);
    if fault::inject(Kind::File.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let object = Object::create(device.object().binding(), plan, body)?;
    file.set_extension(device.io(), Some(object.object().clone()));
    Ok(())
}

/// Deletes the file object after a failed create, without the callbacks for cleanup and close.
pub(crate) fn create_failed(device: &DeviceBody, file: &FileHandle) {
    delete(device, file);
}

fn delete(device: &DeviceBody, file: &FileHandle) {
    if let Some(object) = of(device, file) {
        file.set_extension(device.io(), None);
        deletion::delete(object.object());
    }
}

/// `IRP_MJ_CLEANUP`: the driver's callback.
pub(crate) fn cleanup(device: &Ref<DeviceBody>, file: &FileHandle) {
    let config = device.init().file_config;
    if let Some(function) = config.and_then(|config| config.cleanup) {
        end("EvtFileCleanup", device, file, function);
    }
}

/// `IRP_MJ_CLOSE`: calls the driver, then deletes the file object.
pub(crate) fn close(device: &Ref<DeviceBody>, file: &Arc<FileHandle>) {
    let config = device.init().file_config;
    if let Some(function) = config.and_then(|config| config.close) {
        end("EvtFileClose", device, file, function);
    }
    delete(device, file);
}

/// Calls the driver for the end of a file.
fn end(name: &str, device: &Ref<DeviceBody>, file: &FileHandle, function: FileEnd) {
    callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(handle_of(device, file)) }
    });
}

fn get_file_name(call: &FrameworkCall, file: WdfFileObject) -> *const UnicodeString {
    call.object(file, "FileObject").file.name()
}

fn get_flags(call: &FrameworkCall, file: WdfFileObject) -> u32 {
    call.object(file, "FileObject").file.flags()
}

/// None for a `FILE_OBJECT` of another device, and for a device that has no file objects.
fn get_of_device(
    call: &FrameworkCall,
    device: WdfDevice,
    file: *const FileObject,
) -> WdfFileObject {
    let device = call.object(device, "Device");
    let children = device.object().children().into_iter();
    let mut files = children
        .filter(|child| child.kind() == Kind::File)
        .map(Ref::<FileBody>::new);
    let found = files.find(|other| std::ptr::eq(other.file.object(), file));
    found.map_or(Handle::NULL, |file| file.handle())
}

fn get_device(call: &FrameworkCall, file: WdfFileObject) -> WdfDevice {
    call.object(file, "FileObject").device.handle()
}

fn get_file_object(call: &FrameworkCall, file: WdfFileObject) -> *const FileObject {
    call.object(file, "FileObject").file.object()
}

/// 0 unless a system component has opened the file for another process, which none does here.
fn get_process_id(call: &FrameworkCall, file: WdfFileObject) -> u32 {
    let _known = call.object(file, "FileObject");
    0
}
