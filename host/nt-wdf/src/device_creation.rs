//! `WdfDeviceCreate`: connects a device with the I/O manager.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use nt_io::{FileHandle, Irp, PhysicalSettings, security};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::device_init::{DeviceKind, DeviceSettings, InitHandle, Name, unregister_init};
use crate::function_entry::functions;
use crate::handle::WdfDevice;
use crate::object::{
    Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules, Scope, deletion,
};
use crate::pointer::{In, Out};
use crate::{arrival, callback_lock, file, io_target, pnp, preprocess, status};

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
    let scope = attributes.scope.unwrap_or(driver.object().scope());
    let io = nt_io::create_device(settings)?;
    let is_pnp = init.kind == DeviceKind::Pnp;
    let lock = callback_lock::own_lock(scope, Scope::Device, level);
    let body = DeviceBody::new(init, io.clone(), lock);
    let plan = ObjectPlan::below(driver.object(), attributes);
    match Object::create(&call.binding, plan, body) {
        Ok(device) => {
            let stack = DeviceStack(Arc::downgrade(device.object()));
            nt_io::attach(&io, Arc::new(stack), device.object().first_context());
            if is_pnp {
                io_target::create(device.object());
            }
            Ok(device)
        }
        Err(status) => {
            nt_io::delete_device(&io);
            Err(status)
        }
    }
}

/// A name such as the I/O manager generates.
fn automatic_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0x2A);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(r"\Device\{number:08x}")
}

/// Name and security by the rules for devices of this kind. The descriptor in the registry overrides
/// that of the driver, for all objects of the device's stack.
fn settings(call: &FrameworkCall, init: &DeviceSettings) -> Result<nt_io::Settings, NtStatus> {
    let name = match &init.name {
        Name::None => None,
        Name::Given(name) => Some(name.clone()),
        Name::Automatic => Some(automatic_name()),
    };
    if name.is_none() && init.sddl.is_some() {
        return Err(status::INVALID_SECURITY_DESCR);
    }
    if let Some(sddl) = &init.sddl {
        security::parse(sddl)?;
    }
    let is_pnp = init.kind == DeviceKind::Pnp;
    let registry = pnp::security().filter(|_| is_pnp);
    let own = registry.or_else(|| init.sddl.clone());
    Ok(nt_io::Settings {
        driver_object: call.binding.driver_object,
        name,
        sddl: Some(own.unwrap_or_else(|| DEFAULT_SDDL.to_owned())),
        physical: is_pnp.then(|| PhysicalSettings {
            name: automatic_name(),
            sddl: pnp::security().unwrap_or_else(|| pnp::BUS_DEFAULT_SDDL.to_owned()),
        }),
        exclusive: init.exclusive,
        io_type: init.io_type,
        device_type: init.device_type,
        characteristics: init.characteristics,
    })
}

/// The framework behind the I/O manager's device.
struct DeviceStack(Weak<Object>);

impl DeviceStack {
    fn device(&self) -> Option<Ref<DeviceBody>> {
        self.0.upgrade().map(Ref::new)
    }
}

impl nt_io::Stack for DeviceStack {
    fn create(&self, irp: Arc<Irp>) {
        match self.device() {
            Some(device) => preprocess::arrive(&device, &irp),
            None => irp.complete(NtStatus::INVALID_DEVICE_STATE, 0),
        }
    }

    fn request(&self, irp: Arc<Irp>) {
        match self.device() {
            Some(device) => preprocess::arrive(&device, &irp),
            None => irp.complete(NtStatus::INVALID_DEVICE_STATE, 0),
        }
    }

    fn cleanup(&self, file: &Arc<FileHandle>) {
        if let Some(device) = self.device() {
            arrival::cleanup(&device, file);
        }
    }

    fn close(&self, file: &Arc<FileHandle>) {
        if let Some(device) = self.device() {
            file::close(&device, file);
        }
    }

    fn unused(&self) {
        if let Some(device) = self.device().filter(|device| device.is_control()) {
            deletion::delete(device.object());
        }
    }
}
