//! File objects: one for each `CreateFile`, with the driver's state in each.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use abi::NtStatus;
use wdk_sys::{
    _WDF_EXECUTION_LEVEL, _WDF_FILEOBJECT_CLASS, _WDF_SYNCHRONIZATION_SCOPE, _WDF_TRI_STATE,
    WDF_FILEOBJECT_CONFIG, WDF_OBJECT_ATTRIBUTES, WDFDEVICE, WDFFILEOBJECT, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use super::context::ContextType;
use super::device_state::{self, DeviceState};
use super::irql::PassiveLevel;
use super::request::Request;
use super::{object_attributes, structure_size};

/// State that a file object carries, from the moment it is open until it is closed.
pub(crate) trait FileState: Sized + Sync + 'static {
    /// The context type of `Self`.
    const CONTEXT: &'static ContextType;

    /// The state of the device that is opened.
    type Device: DeviceState;

    /// Makes the state of a file object that is being opened.
    fn open(level: &mut PassiveLevel, file: FileObject) -> Result<Self, NtStatus>;

    /// The last handle is closed. Requests of other threads may still run, and new ones may still
    /// arrive.
    fn cleanup(&self, level: &mut PassiveLevel, device: &Self::Device);
}

/// `WDFFILEOBJECT`, while it is being opened.
#[derive(Clone, Copy)]
pub(crate) struct FileObject {
    file: WDFFILEOBJECT,
    /// The process that sent the create request.
    requestor: u32,
}

impl FileObject {
    /// The process that opened it, or on whose behalf it was opened:
    /// `WdfFileObjectGetInitiatorProcessId` is 0 unless a system component opened it for another process.
    pub(crate) fn process_id(&self) -> u32 {
        // SAFETY: the framework lends the file object to its create callback, the only place
        // where a `FileObject` is made.
        let initiator = unsafe {
            call_unsafe_wdf_function_binding!(WdfFileObjectGetInitiatorProcessId, self.file)
        };
        if initiator == 0 {
            self.requestor
        } else {
            initiator
        }
    }

    /// `WdfFileObjectGetFileName`: true if the caller opened a name below the device's name.
    fn has_name(&self, _level: &PassiveLevel) -> bool {
        // SAFETY: the framework lends the file object to its create callback, the only place
        // where a `FileObject` is made.
        let name =
            unsafe { call_unsafe_wdf_function_binding!(WdfFileObjectGetFileName, self.file) };
        // SAFETY: it is null or points into the file object, which outlives the create.
        unsafe { name.as_ref() }.is_some_and(|name| name.Length != 0)
    }
}

/// `WDF_FILEOBJECT_CONFIG_INIT` with the callbacks of `F`.
pub(super) fn config<F: FileState>() -> WDF_FILEOBJECT_CONFIG {
    WDF_FILEOBJECT_CONFIG {
        Size: structure_size::<WDF_FILEOBJECT_CONFIG>(),
        EvtDeviceFileCreate: Some(file_create::<F>),
        EvtFileClose: Some(file_close::<F>),
        EvtFileCleanup: Some(file_cleanup::<F>),
        AutoForwardCleanupClose: _WDF_TRI_STATE::WdfUseDefault,
        FileObjectClass: _WDF_FILEOBJECT_CLASS::WdfFileObjectWdfCannotUseFsContexts,
    }
}

/// Attributes of file objects: room for an `F`, callbacks at `PASSIVE_LEVEL` and without a lock.
pub(super) fn attributes<F: FileState>() -> WDF_OBJECT_ATTRIBUTES {
    let mut attributes = object_attributes();
    attributes.ExecutionLevel = _WDF_EXECUTION_LEVEL::WdfExecutionLevelPassive;
    attributes.SynchronizationScope = _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeNone;
    F::CONTEXT.request(&mut attributes);
    attributes
}

/// The place of the state in a file object.
///
/// # Safety
///
/// `file` is a live file object of our device.
unsafe fn place<F: FileState>(file: WDFFILEOBJECT) -> Result<NonNull<MaybeUninit<F>>, NtStatus> {
    // SAFETY: the file object is live, the caller's promise.
    let place = unsafe { F::CONTEXT.find::<F>(file.cast()) };
    place.ok_or(NtStatus::INVALID_DEVICE_STATE)
}

/// The state of an open file object.
///
/// # Safety
///
/// `file` is a live file object of our device whose create succeeded, and which is not closed
/// while `'file` lasts.
pub(super) unsafe fn state<'file, F: FileState>(file: WDFFILEOBJECT) -> Result<&'file F, NtStatus> {
    // SAFETY: the file object is live, the caller's promise.
    let place = unsafe { place::<F>(file) }?;
    // SAFETY: `file_create` wrote the state before it let the create succeed, and only `file_close`
    // drops it, both by the caller's promise outside of `'file`; in between it is only shared.
    Ok(unsafe { place.cast::<F>().as_ref() })
}

/// `EVT_WDF_DEVICE_FILE_CREATE`: the state is made, then the create succeeds. The device has no
/// files, so a name below it is refused.
extern "C" fn file_create<F: FileState>(
    _device: WDFDEVICE,
    request: WDFREQUEST,
    file: WDFFILEOBJECT,
) {
    // SAFETY: the framework hands this request over, live and not completed.
    let request = unsafe { Request::from_framework(request) };
    let requestor = request.requestor_process_id();
    request.complete(PassiveLevel::prove(|level| {
        let opened = FileObject { file, requestor };
        if opened.has_name(level) {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        let state = F::open(level, opened)?;
        // SAFETY: the framework lends the file object to its create callback.
        let place = unsafe { place::<F>(file) }?;
        // SAFETY: the context is as large as an `F`, aligned as pool is, and no other code knows of
        // it before the create succeeds.
        unsafe { place.cast::<F>().write(state) };
        Ok(0)
    }));
}

/// `EVT_WDF_FILE_CLEANUP`: the last handle is gone.
extern "C" fn file_cleanup<F: FileState>(file: WDFFILEOBJECT) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework calls cleanup after a create that succeeded, and close after
        // cleanup has returned.
        let state = unsafe { state::<F>(file) }?;
        // SAFETY: the framework lends the file object to its callback.
        let device = unsafe { call_unsafe_wdf_function_binding!(WdfFileObjectGetDevice, file) };
        // SAFETY: a device outlives its file objects.
        let device = unsafe { device_state::of::<F::Device>(device) }?;
        state.cleanup(level, device);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}

/// `EVT_WDF_FILE_CLOSE`: all requests of the file object are complete.
extern "C" fn file_close<F: FileState>(file: WDFFILEOBJECT) {
    let outcome = PassiveLevel::prove(|_level| {
        // SAFETY: the framework lends the file object to its close callback.
        let place = unsafe { place::<F>(file) }?;
        // SAFETY: the framework calls close once, after a create that succeeded and so wrote the
        // state, and after the last request that could read it.
        unsafe { place.cast::<F>().drop_in_place() };
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}
