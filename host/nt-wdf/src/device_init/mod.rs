//! `WDFDEVICE_INIT`: the settings of a device before it exists. It is not a framework object.

mod file_config;
mod pnp_callbacks;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use nt_io::IoType;
use nt_io::unicode::UnicodeString;
use nt_kernel::resource_tracker;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::failures::FunctionResult;
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfRequest};
use crate::object::{Attributes, ObjectAttributes, ParentRule, Rules};
use crate::pointer::In;
use crate::violation::Violation;
pub(crate) use file_config::{FileConfig, FileEnd, NOT_REQUIRED};
pub(crate) use pnp_callbacks::{
    DeviceCallback, PnpCallbacks, PowerCallback, ReleaseCallback, StatusCallback,
};

functions! {
    DISPATCH WdfDeviceInitFree = free(init: InitHandle);
    DISPATCH WdfFdoInitSetFilter = set_filter(init: InitHandle);
    DISPATCH WdfDeviceInitSetPnpPowerEventCallbacks = set_pnp_callbacks(
        init: InitHandle, callbacks: In<PnpCallbacks>);
    DISPATCH WdfDeviceInitSetIoType = set_io_type(init: InitHandle, io_type: i32);
    DISPATCH WdfDeviceInitSetExclusive = set_exclusive(init: InitHandle, exclusive: u8);
    DISPATCH WdfDeviceInitSetDeviceType = set_device_type(init: InitHandle, device_type: u32);
    PASSIVE WdfDeviceInitAssignName = assign_name(
        init: InitHandle, name: In<UnicodeString>) -> NtStatus;
    PASSIVE WdfDeviceInitAssignSDDLString = assign_sddl(
        init: InitHandle, sddl: In<UnicodeString>) -> NtStatus;
    DISPATCH WdfDeviceInitSetCharacteristics = set_characteristics(
        init: InitHandle, characteristics: u32, or_in: u8);
    DISPATCH WdfDeviceInitSetFileObjectConfig = set_file_config(
        init: InitHandle, config: In<FileConfig>, attributes: In<ObjectAttributes>);
    DISPATCH WdfDeviceInitSetRequestAttributes = set_request_attributes(
        init: InitHandle, attributes: In<ObjectAttributes>);
    DISPATCH WdfDeviceInitSetIoTypeEx = set_io_type_ex(
        init: InitHandle, config: In<IoTypeConfig>);
    DISPATCH WdfDeviceInitSetIoInCallerContextCallback = set_in_caller_context(
        init: InitHandle, callback: Option<InCallerContext>);
}

/// `EvtIoInCallerContext`.
pub(crate) type InCallerContext = unsafe extern "win64" fn(device: WdfDevice, request: WdfRequest);

/// `EvtDeviceWdmIrpPreprocess`.
pub(crate) type PreprocessCallback = unsafe extern "win64" fn(WdfDevice, usize) -> NtStatus;

/// The callback for IRPs of one major function.
#[derive(Clone)]
pub(crate) struct Preprocess {
    pub(crate) major: u8,
    /// None for all of them.
    pub(crate) minors: Vec<u8>,
    pub(crate) callback: PreprocessCallback,
}

/// `PWDFDEVICE_INIT`, as the driver passes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct InitHandle(pub(crate) usize);

impl InitHandle {
    /// None.
    pub(crate) const NULL: Self = Self(0);
}

impl FunctionResult for InitHandle {
    fn failed(_status: NtStatus) -> Option<Self> {
        Some(Self::NULL)
    }

    fn refused() -> Self {
        Self::NULL
    }
}

/// `WDF_IO_TYPE_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct IoTypeConfig {
    size: u32,
    read_write: i32,
    device_control: i32,
    direct_transfer_threshold: u32,
}

/// `FILE_DEVICE_SECURE_OPEN`, which the framework always sets.
const SECURE_OPEN: u32 = 0x100;
/// `FILE_DEVICE_UNKNOWN`.
const DEVICE_TYPE_UNKNOWN: u32 = 0x22;
/// `WdfDeviceIoNeither`.
const IO_NEITHER: i32 = 1;
/// `WdfDeviceIoBuffered`.
const IO_BUFFERED: i32 = 2;
/// In the top byte of every init's value; makes it no canonical address.
const MARK: usize = 0x49 << 56;

/// What a device stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    /// Nothing but itself.
    Control,
    /// Something that the `PnP` manager found.
    Pnp,
}

/// The name that a device is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A name that the framework generates.
    Automatic,
    /// None.
    None,
    /// The one that the driver gave.
    Given(String),
}

/// The settings of a device.
#[derive(Clone)]
pub(crate) struct DeviceSettings {
    pub(crate) kind: DeviceKind,
    /// Which of the devices that the `PnP` manager found.
    pub(crate) instance: u32,
    /// The bus driver's device: none for a control device.
    pub(crate) physical: Option<Arc<nt_io::Device>>,
    /// Whether the driver filters the requests to another driver of the device.
    pub(crate) is_filter: bool,
    pub(crate) name: Name,
    pub(crate) sddl: Option<String>,
    pub(crate) io_type: IoType,
    pub(crate) exclusive: bool,
    pub(crate) device_type: u32,
    pub(crate) characteristics: u32,
    pub(crate) pnp: PnpCallbacks,
    pub(crate) file_config: Option<FileConfig>,
    pub(crate) file_attributes: Attributes,
    pub(crate) request_attributes: Attributes,
    pub(crate) in_caller_context: Option<InCallerContext>,
    pub(crate) preprocess: Vec<Preprocess>,
}

impl DeviceSettings {
    /// The default settings.
    pub(crate) fn new(kind: DeviceKind, name: Name, sddl: Option<String>) -> Self {
        Self {
            kind,
            instance: 0,
            physical: None,
            is_filter: false,
            name,
            sddl,
            io_type: IoType::Buffered,
            exclusive: false,
            device_type: DEVICE_TYPE_UNKNOWN,
            characteristics: SECURE_OPEN,
            pnp: PnpCallbacks::default(),
            file_config: None,
            file_attributes: Attributes::default(),
            request_attributes: Attributes::default(),
            in_caller_context: None,
            preprocess: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Inits {
    last: usize,
    live: HashMap<usize, DeviceSettings>,
}

static INITS: LazyLock<Mutex<Inits>> = LazyLock::new(Mutex::default);

/// The resource tracker's name for a `WDFDEVICE_INIT`.
const TRACKED_KIND: &str = "WDFDEVICE_INIT";

/// Makes a `WDFDEVICE_INIT` for the driver.
pub(crate) fn register_init(init: DeviceSettings) -> InitHandle {
    let mut inits = INITS.lock();
    inits.last += 0x10;
    let handle = MARK | inits.last;
    inits.live.insert(handle, init);
    drop(inits);
    resource_tracker::record(
        TRACKED_KIND,
        handle,
        "for a device to be created".to_owned(),
    );
    InitHandle(handle)
}

/// Invalidates a `WDFDEVICE_INIT` and returns its settings.
pub(crate) fn unregister_init(handle: InitHandle) -> Option<DeviceSettings> {
    resource_tracker::release(TRACKED_KIND, handle.0);
    INITS.lock().live.remove(&handle.0)
}

impl FrameworkCall {
    /// The settings so far; stops the host if the handle is invalid.
    pub(crate) fn init(&self, handle: InitHandle) -> DeviceSettings {
        let init = INITS.lock().live.get(&handle.0).cloned();
        init.unwrap_or_else(|| self.bad_init(handle))
    }

    /// Changes the settings; stops the host if the handle is invalid.
    pub(crate) fn change(&self, handle: InitHandle, change: impl FnOnce(&mut DeviceSettings)) {
        let found = INITS.lock().live.get_mut(&handle.0).map(change).is_some();
        if !found {
            self.bad_init(handle);
        }
    }

    fn bad_init(&self, handle: InitHandle) -> ! {
        if handle.0 == 0 {
            self.null("DeviceInit");
        }
        self.violation(
            Violation::InvalidHandle,
            handle.0,
            "DeviceInit is none, or belongs to the framework: it ends with WdfDeviceCreate, \
             WdfDeviceInitFree or the end of EvtDriverDeviceAdd",
        )
    }

    /// Attributes that a function without a status takes: stops the host if they are wrong.
    fn checked(&self, attributes: In<ObjectAttributes>, rules: Rules) -> Attributes {
        attributes.check(self, rules).unwrap_or_else(|status| {
            self.violation(
                Violation::VerifierFatalError,
                attributes.address(),
                &format!("the attributes are wrong: {status}"),
            )
        })
    }
}

fn free(call: &FrameworkCall, init: InitHandle) {
    let known = call.init(init);
    if known.kind == DeviceKind::Pnp {
        call.violation(
            Violation::VerifierFatalError,
            init.0,
            "the framework frees what it gave to EvtDriverDeviceAdd",
        );
    }
    unregister_init(init);
}

fn set_pnp_callbacks(call: &FrameworkCall, init: InitHandle, callbacks: In<PnpCallbacks>) {
    match callbacks.sized(call, "PnpPowerEventCallbacks") {
        Ok(callbacks) => call.change(init, |init| init.pnp = callbacks),
        Err(status) => call.violation(
            Violation::VerifierFatalError,
            callbacks.address(),
            &format!("PnpPowerEventCallbacks->Size is wrong: {status}"),
        ),
    }
}

/// The page says nothing of a control device: it has no device to filter.
fn set_filter(call: &FrameworkCall, init: InitHandle) {
    if call.init(init).kind == DeviceKind::Control {
        call.violation(
            Violation::VerifierFatalError,
            init.0,
            "DeviceInit is not one that EvtDriverDeviceAdd got",
        );
    }
    call.change(init, |init| init.is_filter = true);
}

fn set_io_type(call: &FrameworkCall, init: InitHandle, io_type: i32) {
    let io_type = match io_type {
        IO_NEITHER => IoType::Neither,
        IO_BUFFERED => IoType::Buffered,
        _ => IoType::Direct,
    };
    call.change(init, |init| init.io_type = io_type);
}

fn set_io_type_ex(call: &FrameworkCall, init: InitHandle, config: In<IoTypeConfig>) {
    let config = config.required(call, "IoTypeConfig");
    set_io_type(call, init, config.read_write);
}

fn set_exclusive(call: &FrameworkCall, init: InitHandle, exclusive: u8) {
    call.change(init, |init| init.exclusive = exclusive != 0);
}

fn set_device_type(call: &FrameworkCall, init: InitHandle, device_type: u32) {
    call.change(init, |init| init.device_type = device_type);
}

fn assign_name(call: &FrameworkCall, init: InitHandle, name: In<UnicodeString>) -> NtStatus {
    let name = name.optional_text().map_or(Name::None, Name::Given);
    call.change(init, |init| init.name = name);
    NtStatus::SUCCESS
}

fn assign_sddl(call: &FrameworkCall, init: InitHandle, sddl: In<UnicodeString>) -> NtStatus {
    let sddl = sddl.optional_text();
    if sddl.is_none() && call.init(init).kind == DeviceKind::Control {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    call.change(init, |init| init.sddl = sddl);
    NtStatus::SUCCESS
}

fn set_characteristics(call: &FrameworkCall, init: InitHandle, characteristics: u32, or_in: u8) {
    call.change(init, |init| {
        let kept = if or_in == 0 { 0 } else { init.characteristics };
        init.characteristics = kept | characteristics | SECURE_OPEN;
    });
}

fn set_file_config(
    call: &FrameworkCall,
    init: InitHandle,
    config: In<FileConfig>,
    attributes: In<ObjectAttributes>,
) {
    let config = match config.sized(call, "FileObjectConfig") {
        Ok(config) if config.has_known_class() => config,
        _ => call.violation(
            Violation::VerifierFatalError,
            config.address(),
            "FileObjectConfig has a wrong size or class",
        ),
    };
    let attributes = call.checked(attributes, Rules::full(ParentRule::Forbidden));
    call.change(init, |init| {
        init.file_config = Some(config);
        init.file_attributes = attributes;
    });
}

fn set_request_attributes(
    call: &FrameworkCall,
    init: InitHandle,
    attributes: In<ObjectAttributes>,
) {
    attributes.required(call, "RequestAttributes");
    let attributes = call.checked(attributes, Rules::plain(ParentRule::Forbidden));
    call.change(init, |init| init.request_attributes = attributes);
}

fn set_in_caller_context(
    call: &FrameworkCall,
    init: InitHandle,
    callback: Option<InCallerContext>,
) {
    call.change(init, |init| init.in_caller_context = callback);
}
