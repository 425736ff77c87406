//! WDFDRIVER: the root of a driver's objects.

use std::sync::Arc;

use nt_io::driver_object::{self, DriverObject};
use nt_io::unicode::UnicodeString;
use nt_io::{root_bus, system_work};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::device_init::{DeviceKind, DeviceSettings, Name, register_init, unregister_init};
use crate::dispatch::dispatch;
use crate::driver_binding::{DriverBinding, DriverGlobals};
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDriver, tag};
use crate::object::{
    Body, HandleTag, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules, deletion,
    driver_of,
};
use crate::pointer::{In, Out};
use crate::violation::{self, Violation};
use crate::{callback, status};

functions! {
    PASSIVE WdfDriverCreate = create(
        driver_object: *mut DriverObject, registry_path: In<UnicodeString>,
        attributes: In<ObjectAttributes>, config: In<DriverConfig>,
        driver: Out<WdfDriver>) -> NtStatus;
    PASSIVE WdfDriverGetRegistryPath = get_registry_path(driver: WdfDriver) -> *const u16;
    DISPATCH WdfDriverWdmGetDriverObject = get_driver_object(
        driver: WdfDriver) -> *mut DriverObject;
    DISPATCH WdfWdmDriverGetWdfDriverHandle = get_handle(
        driver_object: *mut DriverObject) -> WdfDriver;
    PASSIVE WdfDriverRegisterTraceInfo = register_trace_info(
        driver_object: *mut DriverObject, callback: usize, control: usize) -> NtStatus;
    ANY WdfDriverErrorReportApiMissing = report_missing(
        driver: WdfDriver, extension: *const u16, index: u32,
        returns_status: u8) -> NtStatus;
    DISPATCH WdfDriverIsVersionAvailable = is_version_available(
        driver: WdfDriver, version: In<DriverVersion>) -> u8;
}

/// `EvtDriverDeviceAdd`.
type DeviceAdd = unsafe extern "win64" fn(driver: WdfDriver, init: usize) -> NtStatus;
/// `EvtDriverUnload`.
type Unload = unsafe extern "win64" fn(driver: WdfDriver);

/// `WDF_DRIVER_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct DriverConfig {
    pub(crate) size: u32,
    pub(crate) device_add: Option<DeviceAdd>,
    pub(crate) unload: Option<Unload>,
    pub(crate) init_flags: u32,
    pub(crate) pool_tag: u32,
}

/// `WDF_DRIVER_VERSION_AVAILABLE_PARAMS` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct DriverVersion {
    size: u32,
    major: u32,
    minor: u32,
}

const _: () = assert!(size_of::<DriverConfig>() == 32);

/// `WdfDriverInitNonPnpDriver`.
pub(crate) const NON_PNP: u32 = 1;
/// `WdfDriverInitNoDispatchOverride`.
const NO_DISPATCH_OVERRIDE: u32 = 2;
/// All flags that there are.
const ALL_FLAGS: u32 = 0x1F;
/// The kernel's tag for memory without one, `None`: no tag for a driver.
const NO_TAG: u32 = u32::from_le_bytes(*b"None");

/// A driver.
pub(crate) struct DriverBody {
    device_add: Option<DeviceAdd>,
    unload: Option<Unload>,
}

impl HandleTag for tag::Driver {
    type Body = DriverBody;
}

impl Body for DriverBody {
    const KIND: Kind = Kind::Driver;
    type Tag = tag::Driver;
    const PASSIVE: bool = true;
}

impl DriverBody {
    /// `EvtDriverDeviceAdd`, if there is one.
    fn add_device(this: &Ref<Self>, init: usize) -> Option<NtStatus> {
        let function = this.device_add?;
        Some(callback::run("EvtDriverDeviceAdd", this.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { function(this.handle(), init) }
        }))
    }
}

/// The WDFDRIVER of a bound driver, once it has been created.
pub(crate) fn of(binding: &DriverBinding) -> Option<Ref<DriverBody>> {
    driver_of(binding).map(Ref::new)
}

impl FrameworkCall {
    /// The calling driver's WDFDRIVER; stops the host if the driver has not created one.
    pub(crate) fn driver(&self) -> Ref<DriverBody> {
        Ref::new(self.driver_object())
    }
}

fn create(
    call: &FrameworkCall,
    driver_object: *mut DriverObject,
    registry_path: In<UnicodeString>,
    attributes: In<ObjectAttributes>,
    config: In<DriverConfig>,
    driver: Out<WdfDriver>,
) -> NtStatus {
    if driver_object.is_null() {
        call.null("DriverObject");
    }
    registry_path.required(call, "RegistryPath");
    status::from_result(
        try_create(call, attributes, config).map(|created| driver.set(created.handle())),
    )
}

fn try_create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    config: In<DriverConfig>,
) -> Result<Ref<DriverBody>, NtStatus> {
    let config = config.sized(call, "DriverConfig")?;
    let adds_nothing = config.init_flags & NON_PNP != 0;
    if config.init_flags & !ALL_FLAGS != 0 || (adds_nothing && config.device_add.is_some()) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let attributes = attributes.check(call, Rules::full(ParentRule::Forbidden))?;
    if call.binding.driver().is_some() {
        return Err(status::DRIVER_INTERNAL_ERROR);
    }
    let plan = ObjectPlan {
        parent: None,
        attributes,
    };
    let body = DriverBody {
        device_add: config.device_add,
        unload: config.unload,
    };
    set_pool_tag(call.binding, config.pool_tag);
    let driver = Object::create(call.binding, plan, body)?;
    call.binding.set_driver(Some(driver.value()));
    install(call.binding, &driver, config);
    Ok(driver)
}

/// Sets what the kernel and the driver's entry stub read about the new driver.
fn install(binding: &DriverBinding, driver: &Ref<DriverBody>, config: DriverConfig) {
    let restricted = config.init_flags & (NON_PNP | NO_DISPATCH_OVERRIDE) != 0;
    let can_unload = !restricted || config.unload.is_some();
    let add_device = (!restricted).then_some(add_device as *const () as usize);
    driver_object::install(
        binding.driver_object,
        dispatch as *const () as usize,
        add_device,
        can_unload.then_some(driver_unload),
    );
    binding.write_globals(DriverGlobals {
        driver: driver.value(),
        driver_flags: config.init_flags,
        driver_name: driver_name(&binding.registry_path),
        displace_driver_unload: can_unload.into(),
        ..binding.read_globals()
    });
}

/// Sets the tag of all pool that the framework allocates for the driver, the driver object's context
/// included.
fn set_pool_tag(binding: &DriverBinding, given: u32) {
    let name = driver_name(&binding.registry_path);
    binding.write_globals(DriverGlobals {
        driver_tag: driver_tag(given, &name),
        ..binding.read_globals()
    });
}

/// The last part of the service key's path, NUL-terminated.
fn driver_name(registry_path: &str) -> [u8; 32] {
    let last = registry_path.rsplit('\\').next().unwrap_or_default();
    let last = if last.is_empty() { "WDF" } else { last };
    let mut name = [0; 32];
    for (place, byte) in name.iter_mut().zip(last.bytes().take(31)) {
        *place = byte;
    }
    name
}

fn driver_tag(given: u32, name: &[u8; 32]) -> u32 {
    if given != 0 && given != NO_TAG {
        return given;
    }
    let skipped = name[..3].eq_ignore_ascii_case(b"wdf") && name[6] != 0;
    let start = if skipped { 3 } else { 0 };
    let tag = [0, 1, 2, 3].map(|offset| name[start + offset]);
    u32::from_le_bytes(tag)
}

/// `AddDevice`: `EvtDriverDeviceAdd`, which need not create a device. What it has created is deleted if it
/// fails.
extern "win64" fn add_device(driver_object: *mut DriverObject, physical: usize) -> NtStatus {
    let binding = DriverBinding::of_driver_object(driver_object);
    let driver = binding.and_then(of);
    let (Some(driver), Some(physical)) = (driver, nt_io::device_at(physical)) else {
        return NtStatus::INVALID_DEVICE_STATE;
    };
    let init = register_init(DeviceSettings {
        instance: root_bus::instance_of(&physical).unwrap_or_default(),
        physical: Some(physical.clone()),
        ..DeviceSettings::new(DeviceKind::Pnp, Name::None, None)
    });
    let added = DriverBody::add_device(&driver, init.0).unwrap_or(NtStatus::SUCCESS);
    unregister_init(init);
    if !added.is_success() {
        for device in devices_on(&driver, &physical) {
            deletion::delete(device.object());
        }
    }
    added
}

/// The driver's devices on `physical`.
fn devices_on(driver: &Ref<DriverBody>, physical: &Arc<nt_io::Device>) -> Vec<Ref<DeviceBody>> {
    let children = driver.object().children().into_iter();
    let devices = children.filter(|child| child.kind() == Kind::Device);
    let on_it = |device: &Ref<DeviceBody>| {
        let own = device.init().physical.as_ref();
        own.is_some_and(|own| Arc::ptr_eq(own, physical))
    };
    devices.map(Ref::<DeviceBody>::new).filter(on_it).collect()
}

/// `DriverUnload`, which the driver's stub calls.
extern "win64" fn driver_unload(driver_object: *mut DriverObject) {
    unload(driver_object);
}

/// `EvtDriverUnload`, and the end of all that the driver has in the framework.
pub(crate) fn unload(driver_object: *mut DriverObject) {
    let Some(binding) = DriverBinding::of_driver_object(driver_object) else {
        return;
    };
    let Some(driver) = of(binding) else {
        return;
    };
    if let Some(function) = driver.unload {
        callback::run("EvtDriverUnload", driver.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { function(driver.handle()) }
        });
    }
    deletion::delete(driver.object());
    binding.set_driver(None);
    system_work::wait_idle();
}

fn get_registry_path(call: &FrameworkCall, driver: WdfDriver) -> *const u16 {
    call.object(driver, "Driver");
    call.binding.registry_path_text.as_ptr()
}

fn get_driver_object(call: &FrameworkCall, driver: WdfDriver) -> *mut DriverObject {
    call.object(driver, "Driver");
    call.binding.driver_object
}

fn get_handle(call: &FrameworkCall, driver_object: *mut DriverObject) -> WdfDriver {
    if driver_object != call.binding.driver_object {
        return Handle::NULL;
    }
    let driver = call.binding.driver();
    driver.map_or(Handle::NULL, Handle::new)
}

fn register_trace_info(
    _call: &FrameworkCall,
    _driver_object: *mut DriverObject,
    _callback: usize,
    _control: usize,
) -> NtStatus {
    NtStatus::NOT_SUPPORTED
}

/// Handles a driver's call of a function that its framework version does not have. With the
/// verifier on, the call does not return, even if the function could have returned a failure.
fn report_missing(
    call: &FrameworkCall,
    driver: WdfDriver,
    extension: *const u16,
    index: u32,
    _returns_status: u8,
) -> NtStatus {
    let driver = call.object(driver, "Driver");
    let provider = if extension.is_null() {
        "the framework"
    } else {
        "a class extension"
    };
    violation::stop(
        Violation::ApiUnavailable,
        driver.value(),
        index.into(),
        format!(
            "the driver needs the function with the index {index}, which {provider} does not have"
        ),
    )
}

fn is_version_available(call: &FrameworkCall, driver: WdfDriver, version: In<DriverVersion>) -> u8 {
    call.object(driver, "Driver");
    match version.sized(call, "VersionAvailableParams") {
        Ok(version) => u8::from(version.major == 1 && version.minor <= 31),
        Err(_) => 0,
    }
}
