//! `WdfDeviceCreate`: connects a device with the I/O manager.

use nt_io::{root_bus, security};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::callback_lock::CallbackLock;
use crate::device::DeviceBody;
use crate::device_init::{DeviceKind, DeviceSettings, InitHandle, Name, unregister_init};
use crate::function_entry::functions;
use crate::handle::WdfDevice;
use crate::object::{Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules};
use crate::pointer::{In, Out};
use crate::{dispatch, io_target, status};

functions! {
    PASSIVE WdfDeviceCreate = create(
        init: Out<InitHandle>, attributes: In<ObjectAttributes>,
        device: Out<WdfDevice>) -> NtStatus;
}

/// The security descriptor of a named device whose driver gives none: the system and administrators.
const DEFAULT_SDDL: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";

fn create(
    call: &FrameworkCall,
    init: Out<InitHandle>,
    attributes: In<ObjectAttributes>,
    device: Out<WdfDevice>,
) -> NtStatus {
    let device = device.required(call, "Device");
    let init_handle = init.as_in().required(call, "DeviceInit");
    let settings = call.init(init_handle);
    match try_create(call, settings, attributes) {
        Ok(created) => {
            unregister_init(init_handle);
            init.set(InitHandle::NULL);
            device.set(created.handle());
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn try_create(
    call: &FrameworkCall,
    init: DeviceSettings,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<DeviceBody>, NtStatus> {
    let attributes = attributes.check(call, Rules::full(ParentRule::Forbidden))?;
    let driver = call.driver();
    let settings = settings(call, &init)?;
    let level = attributes.level.unwrap_or(driver.object().level());
    let io = nt_io::create_device(settings)?;
    if let Some(physical) = &init.physical {
        nt_io::attach(&io, physical);
    }
    if !init.preprocess.is_empty() {
        // The driver's part of the device passes the IRP on to that of the framework.
        io.add_stack_location();
    }
    let is_pnp = init.kind == DeviceKind::Pnp;
    let body = DeviceBody::new(init, io.clone(), CallbackLock::new(level));
    let plan = ObjectPlan::below(driver.object(), attributes);
    match Object::create(call.binding, plan, body) {
        Ok(device) => {
            dispatch::connect(&io, device.object());
            if is_pnp {
                io_target::create(device.object(), io.lower());
            }
            Ok(device)
        }
        Err(status) => {
            nt_io::delete_device(&io);
            Err(status)
        }
    }
}

/// Name and security by the rules for devices of this kind. The descriptor in the registry overrides
/// that of the driver, for all objects of the device's stack.
fn settings(call: &FrameworkCall, init: &DeviceSettings) -> Result<nt_io::Settings, NtStatus> {
    let name = match &init.name {
        Name::None => None,
        Name::Given(name) => Some(name.clone()),
        Name::Automatic => Some(nt_io::automatic_name()),
    };
    if name.is_none() && init.sddl.is_some() {
        return Err(status::INVALID_SECURITY_DESCR);
    }
    if let Some(sddl) = &init.sddl {
        security::parse(sddl)?;
    }
    let is_pnp = init.kind == DeviceKind::Pnp;
    let registry = root_bus::registry_security().filter(|_| is_pnp);
    let own = registry.or_else(|| init.sddl.clone());
    let settings = nt_io::Settings {
        driver_object: call.binding.driver_object,
        name,
        sddl: Some(own.unwrap_or_else(|| DEFAULT_SDDL.to_owned())),
        exclusive: init.exclusive,
        io_type: init.io_type,
        device_type: init.device_type,
        characteristics: init.characteristics,
        extension_size: 0,
    };
    Ok(match init.physical.as_ref().filter(|_| init.is_filter) {
        Some(physical) => nt_io::settings_of_filter(settings, physical),
        None => settings,
    })
}
