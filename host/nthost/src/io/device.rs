//! Devices: `DEVICE_OBJECT`s with a name, a security descriptor and a driver behind them.

use std::sync::{Arc, LazyLock, OnceLock};

use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use super::driver_object::DriverObject;
use super::file::FileHandle;
use super::irp::Irp;
use super::{NO_SUCH_DEVICE, namespace};
use crate::process::Process;
use crate::security;

/// The driver's side of a device: where IRPs go.
pub(crate) trait Stack: Send + Sync {
    /// `IRP_MJ_CREATE`.
    fn create(&self, irp: Arc<Irp>);
    /// `IRP_MJ_READ`, `IRP_MJ_WRITE`, `IRP_MJ_DEVICE_CONTROL`.
    fn request(&self, irp: Arc<Irp>);
    /// `IRP_MJ_CLEANUP`: the last handle is gone.
    fn cleanup(&self, file: &Arc<FileHandle>);
    /// `IRP_MJ_CLOSE`: the last request is gone, too.
    fn close(&self, file: &Arc<FileHandle>);
    /// A deleted device has no file open any more.
    fn unused(&self);
}

/// `DEVICE_OBJECT`, as far as anyone looks at it.
#[repr(C, align(16))]
pub(crate) struct DeviceObject {
    kind: i16,
    size: u16,
    reference_count: i32,
    driver_object: *mut DriverObject,
    next_device: usize,
    attached_device: usize,
    current_irp: usize,
    timer: usize,
    flags: u32,
    characteristics: u32,
    vpb: usize,
    device_extension: usize,
    device_type: u32,
    stack_size: i8,
    unused: [u8; 0x150 - 0x50],
}

const _: () = {
    assert!(size_of::<DeviceObject>() == 0x150);
    assert!(core::mem::offset_of!(DeviceObject, flags) == 0x30);
    assert!(core::mem::offset_of!(DeviceObject, device_extension) == 0x40);
    assert!(core::mem::offset_of!(DeviceObject, stack_size) == 0x4C);
};

impl DeviceObject {
    /// One of that driver's, with nothing above and nothing below it.
    fn new(driver_object: *mut DriverObject) -> Self {
        Self {
            kind: IO_TYPE_DEVICE,
            size: 0x150,
            reference_count: 0,
            driver_object,
            next_device: 0,
            attached_device: 0,
            current_irp: 0,
            timer: 0,
            flags: 0,
            characteristics: 0,
            vpb: 0,
            device_extension: 0,
            device_type: FILE_DEVICE_UNKNOWN,
            stack_size: 1,
            unused: [0; 0x150 - 0x50],
        }
    }
}

/// `FILE_DEVICE_UNKNOWN`.
const FILE_DEVICE_UNKNOWN: u32 = 0x22;
/// The type number of a `DEVICE_OBJECT`.
const IO_TYPE_DEVICE: i16 = 3;
/// `DO_BUFFERED_IO`.
const DO_BUFFERED_IO: u32 = 4;
/// `DO_DIRECT_IO`.
const DO_DIRECT_IO: u32 = 0x10;
/// `DO_EXCLUSIVE`.
const DO_EXCLUSIVE: u32 = 8;

/// What the bus driver has of a device that the `PnP` manager found.
pub(crate) struct PhysicalDevice(Mutex<Box<DeviceObject>>);

// SAFETY: the only pointers are addresses, which are never followed here.
unsafe impl Send for PhysicalDevice {}
// SAFETY: as above.
unsafe impl Sync for PhysicalDevice {}

impl PhysicalDevice {
    /// One to which `device` is attached: a request to the device can go through both.
    pub(crate) fn below(device: &Device) -> Self {
        let mut upper = device.object.lock();
        upper.stack_size = 2;
        Self(Mutex::new(Box::new(DeviceObject {
            attached_device: core::ptr::from_mut(&mut **upper).addr(),
            ..DeviceObject::new(core::ptr::null_mut())
        })))
    }

    /// The address of the `DEVICE_OBJECT`.
    pub(crate) fn object(&self) -> *mut DeviceObject {
        core::ptr::from_mut(&mut **self.0.lock())
    }
}

/// Every device that is in the world.
static DEVICES: LazyLock<Mutex<Vec<Arc<Device>>>> = LazyLock::new(Mutex::default);

/// The devices of one driver.
pub(crate) fn devices_of(driver_object: *mut DriverObject) -> Vec<Arc<Device>> {
    let devices = DEVICES.lock();
    let own = |device: &&Arc<Device>| device.settings.driver_object == driver_object;
    devices.iter().filter(own).cloned().collect()
}

/// How reads and writes get at the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IoType {
    /// By the caller's own address.
    Neither,
    /// Through a system buffer.
    Buffered,
    /// Through a memory descriptor list.
    Direct,
}

impl IoType {
    /// The flags of a `DEVICE_OBJECT`.
    fn flags(self) -> u32 {
        match self {
            Self::Neither => 0,
            Self::Buffered => DO_BUFFERED_IO,
            Self::Direct => DO_DIRECT_IO,
        }
    }
}

/// What a device is created with.
pub(crate) struct Settings {
    pub(crate) driver_object: *mut DriverObject,
    pub(crate) name: Option<String>,
    /// The security descriptor; `None` for a device without a name.
    pub(crate) sddl: Option<String>,
    pub(crate) exclusive: bool,
    /// How reads and writes get at the caller's buffer.
    pub(crate) io_type: IoType,
    pub(crate) device_type: u32,
    pub(crate) characteristics: u32,
}

/// How far a device is, and who uses it.
#[derive(Default)]
struct State {
    ready: bool,
    /// It is being removed: no new opens.
    going: bool,
    deleted: bool,
    open: usize,
}

/// A device.
pub(crate) struct Device {
    object: Mutex<Box<DeviceObject>>,
    settings: Settings,
    stack: OnceLock<Arc<dyn Stack>>,
    state: Mutex<State>,
    closed: Condvar,
}

// SAFETY: the only pointers are addresses of driver objects, which are never followed here.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// Creates the device and enters its name. It cannot be opened before [`Device::set_ready`].
    ///
    /// # Errors
    ///
    /// The name is taken.
    pub(crate) fn create(settings: Settings) -> Result<Arc<Self>, NtStatus> {
        let flags = settings.io_type.flags() | if settings.exclusive { DO_EXCLUSIVE } else { 0 };
        let object = DeviceObject {
            flags,
            characteristics: settings.characteristics,
            device_type: settings.device_type,
            ..DeviceObject::new(settings.driver_object)
        };
        let device = Arc::new(Self {
            object: Mutex::new(Box::new(object)),
            settings,
            stack: OnceLock::new(),
            state: Mutex::default(),
            closed: Condvar::new(),
        });
        if let Some(name) = &device.settings.name {
            namespace::link(name, &device)?;
        }
        DEVICES.lock().push(device.clone());
        Ok(device)
    }

    /// Puts the driver behind the device.
    pub(crate) fn attach(&self, stack: Arc<dyn Stack>, device_extension: usize) {
        self.object.lock().device_extension = device_extension;
        // A device has one driver for its whole life.
        let _ = self.stack.set(stack);
    }

    /// The driver's side.
    pub(super) fn stack(&self) -> &dyn Stack {
        self.stack
            .get()
            .map(AsRef::as_ref)
            .expect("a device is ready only when it has a driver")
    }

    /// The address of the `DEVICE_OBJECT`.
    pub(crate) fn object(&self) -> *mut DeviceObject {
        core::ptr::from_mut(&mut **self.object.lock())
    }

    /// How reads and writes get at the caller's buffer.
    pub(super) fn io_type(&self) -> IoType {
        self.settings.io_type
    }

    /// How many drivers a request to the device can go through.
    pub(super) fn stack_size(&self) -> i8 {
        self.object.lock().stack_size
    }

    /// Lets the device be opened (`DO_DEVICE_INITIALIZING` is cleared), or not any more.
    pub(crate) fn set_ready(&self, ready: bool) {
        self.state.lock().ready = ready;
    }

    /// Whether the device can be opened.
    pub(crate) fn is_ready(&self) -> bool {
        self.state.lock().ready
    }

    /// Takes the device out of the world: no new opens. Whether no file is open, so that nothing
    /// more will come.
    pub(crate) fn delete(&self) -> bool {
        if let Some(name) = &self.settings.name {
            namespace::unlink(name, self);
        }
        let mut state = self.state.lock();
        state.deleted = true;
        let unused = state.open == 0;
        drop(state);
        if unused {
            self.leave();
        }
        unused
    }

    fn leave(&self) {
        let mut devices = DEVICES.lock();
        let gone: Vec<_> = devices
            .extract_if(.., |device| core::ptr::eq(&raw const **device, self))
            .collect();
        drop(devices);
        drop(gone);
    }

    /// Lets the device be opened, or not while it is being removed.
    pub(crate) fn set_opens(&self, allowed: bool) {
        self.state.lock().going = !allowed;
    }

    /// Whether a file is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state.lock().open > 0
    }

    /// Waits until no file is open.
    pub(crate) fn wait_closed(&self) {
        let mut state = self.state.lock();
        self.closed.wait_while(&mut state, |state| state.open > 0);
    }

    /// Checks whether `process` may open the device, counts the file, and gives the access.
    pub(super) fn begin_open(&self, process: &Process, desired: u32) -> Result<u32, NtStatus> {
        let granted = match &self.settings.sddl {
            Some(sddl) => security::check(sddl, process, desired)?,
            None => desired,
        };
        let mut state = self.state.lock();
        if state.deleted || state.going || !state.ready {
            return Err(NO_SUCH_DEVICE);
        }
        if self.settings.exclusive && state.open > 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        state.open += 1;
        Ok(granted)
    }

    /// Uncounts a file.
    pub(super) fn end_open(&self) {
        let mut state = self.state.lock();
        state.open -= 1;
        let unused = state.open == 0 && state.deleted;
        drop(state);
        if unused {
            self.leave();
            self.stack().unused();
        }
        self.closed.notify_all();
    }
}
