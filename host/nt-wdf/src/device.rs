//! WDFDEVICE: a device of the driver's, which receives requests.

use std::sync::Arc;

use nt_io::DeviceObject;
use nt_types::Guid;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::callback_lock::CallbackLock;
use crate::device_init::{DeviceKind, DeviceSettings};
use crate::handle::{Kind, WdfDevice, tag};
use crate::object::{Body, HandleTag, Object, Ref, deletion};

/// The state of a device.
#[derive(Default)]
pub(crate) struct DeviceBodyState {
    /// The WDFQUEUEs of the device.
    pub(crate) queues: Vec<Arc<Object>>,
    pub(crate) default_queue: Option<Arc<Object>>,
    /// The queues for certain `WDF_REQUEST_TYPE`s.
    pub(crate) dispatching: Vec<(i32, Arc<Object>)>,
    pub(crate) link: Option<String>,
    pub(crate) interfaces: Vec<DeviceInterface>,
    /// What other drivers of the stack can query.
    pub(crate) offered: Vec<OfferedInterface>,
    pub(crate) started: bool,
    pub(crate) power: DevicePower,
}

/// The power of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DevicePower {
    /// It has not been started, or goes.
    #[default]
    Off,
    /// It works: power-managed queues deliver requests.
    D0,
    /// It sleeps in this `WDF_POWER_DEVICE_STATE`.
    Low(i32),
}

/// A device interface: a symbolic link that exists while the device is started and the interface is
/// enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceInterface {
    pub(crate) link: String,
    /// Its class, as it is in the link.
    pub(crate) class: String,
    /// Whether the start of the device enables it.
    pub(crate) comes_with_start: bool,
}

/// An interface that the driver offers to the other drivers of the stack.
#[derive(Clone)]
pub(crate) struct OfferedInterface {
    /// Its type.
    pub(crate) kind: Guid,
    pub(crate) version: u16,
    /// The structure.
    pub(crate) bytes: Vec<u8>,
    /// Whether the driver fills in the structure of the driver that asks.
    pub(crate) is_imported: bool,
    /// `EvtDeviceProcessQueryInterfaceRequest`.
    pub(crate) process: Option<ProcessInterface>,
}

/// `EvtDeviceProcessQueryInterfaceRequest`.
pub(crate) type ProcessInterface =
    unsafe extern "win64" fn(WdfDevice, *const Guid, interface: usize, data: usize) -> NtStatus;

/// The three `DEVICE_OBJECT`s that a device knows.
#[derive(Clone, Copy)]
pub(crate) struct DeviceObjects {
    /// Its own.
    pub(crate) own: *mut DeviceObject,
    /// The one that it is attached to, or NULL.
    pub(crate) attached: *mut DeviceObject,
    /// The bus driver's, or NULL.
    pub(crate) physical: *mut DeviceObject,
}

// SAFETY: they are addresses for the driver, which are never followed here.
unsafe impl Send for DeviceObjects {}
// SAFETY: as above.
unsafe impl Sync for DeviceObjects {}

/// A device.
pub(crate) struct DeviceBody {
    init: DeviceSettings,
    io: Arc<nt_io::Device>,
    lock: Arc<CallbackLock>,
    pub(crate) state: Mutex<DeviceBodyState>,
}

impl HandleTag for tag::Device {
    type Body = DeviceBody;
}

impl Body for DeviceBody {
    const KIND: Kind = Kind::Device;
    type Tag = tag::Device;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        nt_io::delete_device(&this.io);
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

impl DeviceBody {
    /// A device of the I/O manager's, as the framework knows it.
    pub(crate) fn new(
        init: DeviceSettings,
        io: Arc<nt_io::Device>,
        lock: Arc<CallbackLock>,
    ) -> Self {
        Self {
            init,
            io,
            lock,
            state: Mutex::default(),
        }
    }

    /// Whether it is a control device.
    pub(crate) fn is_control(&self) -> bool {
        self.init.kind == DeviceKind::Control
    }

    /// The settings that it was created with.
    pub(crate) fn init(&self) -> &DeviceSettings {
        &self.init
    }

    /// The I/O manager's device.
    pub(crate) fn io(&self) -> &Arc<nt_io::Device> {
        &self.io
    }

    /// Whether the driver filters the requests to the device below.
    pub(crate) fn is_filter(&self) -> bool {
        self.init.is_filter
    }

    /// The device of the next lower driver, for what a filter does not handle.
    pub(crate) fn lower_for_filter(&self) -> Option<Arc<nt_io::Device>> {
        self.io.lower().filter(|_| self.is_filter())
    }

    /// Whether the next lower driver gets `IRP_MJ_CLEANUP` and `IRP_MJ_CLOSE`, too.
    pub(crate) fn forwards_ends_of_files(&self) -> bool {
        /// `WdfUseDefault`: as a filter does.
        const USE_DEFAULT: i32 = 2;
        let config = self.init.file_config.as_ref();
        let forwards = config.map_or(USE_DEFAULT, |config| config.auto_forward);
        match forwards {
            USE_DEFAULT => self.is_filter(),
            other => other != 0,
        }
    }

    /// The device that its names lead to, unless it has a name of its own: the bus driver's.
    pub(crate) fn physical(&self) -> &Arc<nt_io::Device> {
        self.init.physical.as_ref().unwrap_or(&self.io)
    }

    /// The device objects for calls of WDM functions.
    pub(crate) fn device_objects(&self) -> DeviceObjects {
        let object = |device: &Arc<nt_io::Device>| device.object();
        let physical = self.init.physical.as_ref();
        let attached = self.io.lower();
        DeviceObjects {
            own: self.io.object(),
            attached: attached.as_ref().map_or(std::ptr::null_mut(), object),
            physical: physical.map_or(std::ptr::null_mut(), object),
        }
    }

    /// The device's lock, for `WdfObjectAcquireLock` and for callbacks in the device's synchronization
    /// scope. Every device has one, whatever its own scope is.
    pub(crate) fn lock(&self) -> &Arc<CallbackLock> {
        &self.lock
    }

    /// Whether requests of some type go to the queue with this handle.
    pub(crate) fn dispatches_to(&self, queue: usize) -> bool {
        let state = self.state.lock();
        let mut configured = state.dispatching.iter();
        configured.any(|(_, other)| other.handle() == queue)
    }

    /// True if the device has been started, and not removed since.
    pub(crate) fn is_started(&self) -> bool {
        self.state.lock().started
    }

    /// Its power.
    pub(crate) fn power(&self) -> DevicePower {
        self.state.lock().power
    }

    /// Removes the symbolic link and the interfaces.
    pub(crate) fn remove_names(&self) {
        let mut state = self.state.lock();
        let link = state.link.take();
        let interfaces = std::mem::take(&mut state.interfaces);
        drop(state);
        let interfaces = interfaces.into_iter().map(|interface| interface.link);
        for name in link.into_iter().chain(interfaces) {
            nt_io::unlink(&name, self.physical());
            nt_io::unlink(&name, &self.io);
        }
    }
}

impl Ref<DeviceBody> {
    /// Deletes a control device as soon as no file is open; it cannot be opened any more.
    pub(crate) fn delete_when_unused(&self) {
        if nt_io::delete_device(&self.io) {
            deletion::delete(self.object());
        }
    }
}
