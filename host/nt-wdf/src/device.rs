//! WDFDEVICE: what requests come to.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use nt_io::security;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::attributes::{ObjectAttributes, ParentRule, Rules, Scope};
use super::call::Call;
use super::deletion;
use super::device_init::{DeviceInit, InitHandle, Name, take_back};
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::interface::Interface;
use super::io_target;
use super::miniport::DeviceObjects;
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::queue::Queue;
use super::sync::{self, CallbackLock};
use super::{file, preprocess, status};
use crate::io::{self, FileHandle, Irp};

functions! {
    PASSIVE WdfDeviceCreate = create(
        init: Out<InitHandle>, attributes: In<ObjectAttributes>,
        device: Out<Handle<Device>>) -> NtStatus;
    DISPATCH WdfDeviceGetDefaultQueue = get_default_queue(
        device: Handle<Device>) -> Handle<Queue>;
}

/// What a device stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    /// Nothing but itself.
    Control,
    /// Something that the `PnP` manager found.
    Pnp,
}

/// The security descriptor of a `PnP` device that has none: the system and administrators.
const DEFAULT_SDDL: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";

/// What changes in a device's life.
#[derive(Default)]
pub(super) struct State {
    pub(super) queues: Vec<Ref<Queue>>,
    pub(super) default_queue: Option<Ref<Queue>>,
    /// The queues for certain `WDF_REQUEST_TYPE`s.
    pub(super) dispatching: Vec<(i32, Ref<Queue>)>,
    pub(super) link: Option<String>,
    pub(super) interfaces: Vec<Interface>,
    pub(super) started: bool,
}

/// A device.
pub(crate) struct Device {
    init: DeviceInit,
    io: Arc<io::Device>,
    /// The bus driver's device that it is attached to: none for a control device.
    physical: Option<io::PhysicalDevice>,
    lock: Option<Arc<CallbackLock>>,
    pub(super) state: Mutex<State>,
}

impl Body for Device {
    const KIND: Kind = Kind::Device;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        io::delete_device(&this.io);
        this.remove_names();
        let mut state = this.state.lock();
        let queues = (
            std::mem::take(&mut state.queues),
            state.default_queue.take(),
            std::mem::take(&mut state.dispatching),
        );
        drop(state);
        drop(queues);
    }
}

impl Device {
    /// Whether it is a control device.
    pub(crate) fn is_control(&self) -> bool {
        self.init.kind == DeviceKind::Control
    }

    /// What was said of it before it was created.
    pub(super) fn init(&self) -> &DeviceInit {
        &self.init
    }

    /// The I/O manager's device.
    pub(crate) fn io(&self) -> &Arc<io::Device> {
        &self.io
    }

    /// What of the device Windows' own functions are called with.
    pub(super) fn device_objects(&self) -> DeviceObjects {
        let below = self.physical.as_ref();
        let below = below.map_or(std::ptr::null_mut(), io::PhysicalDevice::object);
        DeviceObjects {
            own: self.io.object(),
            attached: below,
            physical: below,
        }
    }

    /// The lock of the device's synchronization scope.
    pub(crate) fn lock(&self) -> Option<&Arc<CallbackLock>> {
        self.lock.as_ref()
    }

    /// The queue that requests go to.
    pub(super) fn default_queue(&self) -> Option<Ref<Queue>> {
        self.state.lock().default_queue.clone()
    }

    /// Whether requests of some type go to `queue`.
    pub(super) fn dispatches_to(&self, queue: &Queue) -> bool {
        let state = self.state.lock();
        let mut configured = state.dispatching.iter();
        configured.any(|(_, other)| std::ptr::eq(&raw const **other, queue))
    }

    /// Whether it has been started, and has not gone since.
    pub(super) fn is_started(&self) -> bool {
        self.state.lock().started
    }

    /// All queues of the device.
    pub(super) fn queues(&self) -> Vec<Ref<Queue>> {
        self.state.lock().queues.clone()
    }

    /// Those that stop when the device loses power.
    pub(super) fn power_managed_queues(&self) -> Vec<Ref<Queue>> {
        let mut queues = self.queues();
        queues.retain(|queue| queue.is_power_managed());
        queues
    }

    /// Takes the symbolic link and the interfaces away.
    pub(super) fn remove_names(&self) {
        let mut state = self.state.lock();
        let link = state.link.take();
        let interfaces = std::mem::take(&mut state.interfaces);
        drop(state);
        let interfaces = interfaces.into_iter().map(|interface| interface.link);
        for name in link.into_iter().chain(interfaces) {
            io::unlink(&name, &self.io);
        }
    }
}

impl Ref<Device> {
    /// Deletes a control device as soon as no file is open; it cannot be opened any more.
    pub(super) fn delete_when_unused(&self) {
        if io::delete_device(&self.io) {
            deletion::delete(self.object());
        }
    }
}

fn create(
    call: &Call,
    init: Out<InitHandle>,
    attributes: In<ObjectAttributes>,
    device: Out<Handle<Device>>,
) -> NtStatus {
    let device = device.required(call, "Device");
    let init_handle = init.as_in().required(call, "DeviceInit");
    let settings = call.init(init_handle);
    match try_create(call, settings, attributes) {
        Ok(created) => {
            take_back(init_handle);
            init.set(InitHandle::NULL);
            device.set(created.handle());
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn try_create(
    call: &Call,
    init: DeviceInit,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<Device>, NtStatus> {
    let attributes = attributes.check(call, Rules::full(ParentRule::Forbidden))?;
    let driver = call.driver();
    let settings = settings(call, &init)?;
    let level = attributes.level.unwrap_or(driver.object().level());
    let scope = attributes.scope.unwrap_or(driver.object().scope());
    let io = io::create_device(settings)?;
    let is_pnp = init.kind == DeviceKind::Pnp;
    let body = Device {
        init,
        io: io.clone(),
        physical: is_pnp.then(|| io::PhysicalDevice::below(&io)),
        lock: sync::own_lock(scope, Scope::Device, level),
        state: Mutex::default(),
    };
    let plan = Plan::below(driver.object(), attributes);
    match Object::create(&call.binding, plan, body) {
        Ok(device) => {
            let stack = DeviceStack(Arc::downgrade(device.object()));
            io::attach(&io, Arc::new(stack), device.object().first_context());
            if is_pnp {
                io_target::create(device.object());
            }
            Ok(device)
        }
        Err(status) => {
            io::delete_device(&io);
            Err(status)
        }
    }
}

/// Name and security by the rules for devices of this kind.
fn settings(call: &Call, init: &DeviceInit) -> Result<io::Settings, NtStatus> {
    static AUTOMATIC: AtomicU32 = AtomicU32::new(0x2A);
    let name = match &init.name {
        Name::None => None,
        Name::Given(name) => Some(name.clone()),
        Name::Automatic => {
            let number = AUTOMATIC.fetch_add(1, Ordering::Relaxed);
            Some(format!(r"\Device\{number:08x}"))
        }
    };
    if name.is_none() && init.sddl.is_some() {
        return Err(status::INVALID_SECURITY_DESCR);
    }
    if let Some(sddl) = &init.sddl {
        security::parse(sddl)?;
    }
    Ok(io::Settings {
        driver_object: call.binding.driver_object,
        name,
        sddl: Some(init.sddl.clone().unwrap_or_else(|| DEFAULT_SDDL.to_owned())),
        exclusive: init.exclusive,
        io_type: init.io_type,
        device_type: init.device_type,
        characteristics: init.characteristics,
    })
}

/// The framework behind the I/O manager's device.
struct DeviceStack(Weak<Object>);

impl DeviceStack {
    fn device(&self) -> Option<Ref<Device>> {
        self.0.upgrade().map(Ref::new)
    }
}

impl io::Stack for DeviceStack {
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
            file::cleanup(&device, file);
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

fn get_default_queue(call: &Call, device: Handle<Device>) -> Handle<Queue> {
    let queue = call.object(device, "Device").default_queue();
    queue.map_or(Handle::NULL, |queue| queue.handle())
}
