//! WDFFILEOBJECT: an open file of a device.

use std::sync::Arc;

use nt_types::status::NtStatus;

use super::attributes::{ExecutionLevel, Scope};
use super::call::Call;
use super::callback;
use super::deletion;
use super::device::Device;
use super::dispatching;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::{Body, Object, Plan, Ref};
use super::queue;
use super::request::{self, Request};
use crate::io::unicode::UnicodeString;
use crate::io::{FileHandle, FileObject, Irp};
use crate::kernel::fault;

functions! {
    DISPATCH WdfDeviceGetFileObject = get_of_device(
        device: Handle<Device>, file: *const FileObject) -> Handle<File>;
    PASSIVE WdfFileObjectGetFileName = get_file_name(
        file: Handle<File>) -> *const UnicodeString;
    DISPATCH WdfFileObjectGetFlags = get_flags(file: Handle<File>) -> u32;
    DISPATCH WdfFileObjectGetDevice = get_device(file: Handle<File>) -> Handle<Device>;
    DISPATCH WdfFileObjectWdmGetFileObject = get_file_object(
        file: Handle<File>) -> *const FileObject;
    DISPATCH WdfFileObjectGetInitiatorProcessId = get_process_id(file: Handle<File>) -> u32;
}

/// `EvtDeviceFileCreate`.
type Create = unsafe extern "win64" fn(Handle<Device>, Handle<Request>, Handle<File>);
/// `EvtFileClose` and `EvtFileCleanup`.
type End = unsafe extern "win64" fn(Handle<File>);

/// `WDF_FILEOBJECT_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FileConfig {
    pub(crate) size: u32,
    pub(crate) create: Option<Create>,
    pub(crate) close: Option<End>,
    pub(crate) cleanup: Option<End>,
    pub(crate) auto_forward: i32,
    pub(crate) class: i32,
}

const _: () = assert!(size_of::<FileConfig>() == 40);

/// `WdfFileObjectNotRequired`.
const NOT_REQUIRED: i32 = 1;
/// `WdfFileObjectWdfCannotUseFsContexts`, the last class.
const LAST_CLASS: i32 = 4;

impl FileConfig {
    fn class(&self) -> i32 {
        self.class & i32::MAX
    }

    /// Whether the class is one of the framework's.
    pub(super) fn has_known_class(&self) -> bool {
        (NOT_REQUIRED..=LAST_CLASS).contains(&self.class())
    }
}

/// An open file.
pub(crate) struct File {
    device: Ref<Device>,
    file: Arc<FileHandle>,
}

impl File {
    /// The I/O manager's file.
    pub(super) fn io(&self) -> &Arc<FileHandle> {
        &self.file
    }
}

impl Body for File {
    const KIND: Kind = Kind::File;
    const PASSIVE: bool = true;
}

/// The framework's object for a file, if its device has such.
pub(super) fn of(file: &FileHandle) -> Option<Ref<File>> {
    let object = file.extension()?.downcast::<Object>().ok()?;
    Some(Ref::new(object))
}

fn handle_of(file: &FileHandle) -> Handle<File> {
    of(file).map_or(Handle::NULL, |file| file.handle())
}

const FILE_CREATE: &str = "EvtDeviceFileCreate";

/// `IRP_MJ_CREATE`.
pub(super) fn create(device: &Ref<Device>, irp: &Arc<Irp>) {
    if let Err(status) = create_object(device, irp.file()) {
        irp.complete(status, 0);
        return;
    }
    if let Some(queue) = dispatching::queue_for_creates(device) {
        return request::arrive_create(device, irp, |request| {
            request::enter(&queue, request);
        });
    }
    let config = device.init().file_config;
    match config.and_then(|config| config.create) {
        Some(function) => request::arrive_create(device, irp, |request| {
            request.become_the_drivers();
            irp.given_to(FILE_CREATE, function as usize);
            callback::run(FILE_CREATE, device.value(), || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(device.handle(), request.handle(), handle_of(irp.file())) }
            });
        }),
        None => irp.complete(NtStatus::SUCCESS, 0),
    }
}

fn create_object(device: &Ref<Device>, file: &Arc<FileHandle>) -> Result<(), NtStatus> {
    let Some(config) = device.init().file_config else {
        return Ok(());
    };
    if config.class() == NOT_REQUIRED {
        return Ok(());
    }
    let mut attributes = device.init().file_attributes.clone();
    attributes.level.get_or_insert(ExecutionLevel::Passive);
    attributes.scope.get_or_insert(Scope::None);
    let body = File {
        device: device.clone(),
        file: file.clone(),
    };
    let plan = Plan::below(device.object(), attributes);
    if fault::inject(Kind::File.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let object = Object::create(device.object().binding(), plan, body)?;
    file.set_extension(Some(object.object().clone()));
    Ok(())
}

/// The create was completed with failure: the file object goes, without cleanup and close.
pub(super) fn create_failed(file: &FileHandle) {
    delete(file);
}

fn delete(file: &FileHandle) {
    if let Some(object) = of(file) {
        file.set_extension(None);
        deletion::delete(object.object());
    }
}

/// `IRP_MJ_CLEANUP`: the driver's callback, then the file's queued requests are cancelled.
pub(super) fn cleanup(device: &Ref<Device>, file: &Arc<FileHandle>) {
    let config = device.init().file_config;
    if let Some(function) = config.and_then(|config| config.cleanup) {
        end("EvtFileCleanup", device, file, function);
    }
    for queue in device.queues() {
        queue::cancel_requests_of(&queue, file);
    }
}

/// `IRP_MJ_CLOSE`: the driver's callback, then the file object goes.
pub(super) fn close(device: &Ref<Device>, file: &Arc<FileHandle>) {
    let config = device.init().file_config;
    if let Some(function) = config.and_then(|config| config.close) {
        end("EvtFileClose", device, file, function);
    }
    delete(file);
}

fn end(name: &str, device: &Ref<Device>, file: &FileHandle, function: End) {
    callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(handle_of(file)) }
    });
}

fn get_file_name(call: &Call, file: Handle<File>) -> *const UnicodeString {
    call.object(file, "FileObject").file.name()
}

fn get_flags(call: &Call, file: Handle<File>) -> u32 {
    call.object(file, "FileObject").file.flags()
}

/// None for a `FILE_OBJECT` of another device, and for a device that has no file objects.
fn get_of_device(call: &Call, device: Handle<Device>, file: *const FileObject) -> Handle<File> {
    let device = call.object(device, "Device");
    let children = device.object().children().into_iter();
    let mut files = children
        .filter(|child| child.kind() == Kind::File)
        .map(Ref::<File>::new);
    let found = files.find(|other| std::ptr::eq(other.file.object(), file));
    found.map_or(Handle::NULL, |file| file.handle())
}

fn get_device(call: &Call, file: Handle<File>) -> Handle<Device> {
    call.object(file, "FileObject").device.handle()
}

fn get_file_object(call: &Call, file: Handle<File>) -> *const FileObject {
    call.object(file, "FileObject").file.object()
}

fn get_process_id(call: &Call, file: Handle<File>) -> u32 {
    call.object(file, "FileObject").file.process().pid
}
