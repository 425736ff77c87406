//! Devices: `DEVICE_OBJECT`s with a name, a security descriptor and a driver behind them.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use nt_kernel::process::Process;
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::driver_object::DriverObject;
use crate::security;

/// No device is ready under that name.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);

/// `DEVICE_OBJECT`, as far as drivers look at it.
#[repr(C, align(16))]
pub struct DeviceObject {
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
pub struct PhysicalDevice(Mutex<Box<DeviceObject>>);

// SAFETY: the only pointers are addresses, which are never followed here.
unsafe impl Send for PhysicalDevice {}
// SAFETY: as above.
unsafe impl Sync for PhysicalDevice {}

impl PhysicalDevice {
    /// One to which `device` is attached: a request to the device can go through both.
    pub fn below(device: &Device) -> Self {
        let mut upper = device.object.lock();
        upper.stack_size = 2;
        Self(Mutex::new(Box::new(DeviceObject {
            attached_device: core::ptr::from_mut(&mut **upper).addr(),
            ..DeviceObject::new(core::ptr::null_mut())
        })))
    }

    /// The address of the `DEVICE_OBJECT`.
    pub fn object(&self) -> *mut DeviceObject {
        core::ptr::from_mut(&mut **self.0.lock())
    }
}

/// How reads and writes get at the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoType {
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
pub struct Settings {
    /// The driver.
    pub driver_object: *mut DriverObject,
    /// The name; `None` for a device that is found by a symbolic link only.
    pub name: Option<String>,
    /// The security descriptor; `None` for a device without a name.
    pub sddl: Option<String>,
    /// The bus driver's device below it; `None` for a device that no bus driver has found.
    pub physical: Option<PhysicalSettings>,
    /// True if only one file may be open.
    pub exclusive: bool,
    /// How reads and writes get at the caller's buffer.
    pub io_type: IoType,
    /// `FILE_DEVICE_…`.
    pub device_type: u32,
    /// `FILE_…` characteristics.
    pub characteristics: u32,
}

/// What the bus driver's device is created with.
pub struct PhysicalSettings {
    /// The name that the bus driver generated.
    pub name: String,
    /// The security descriptor.
    pub sddl: String,
}

/// The `DEVICE_OBJECT` of a stack that a name leads to. Its security descriptor decides about an
/// open; the request itself goes to the top of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The driver's own.
    Own,
    /// The bus driver's.
    Physical,
}

/// How far a device is, and how many files are open.
#[derive(Default)]
struct State {
    ready: bool,
    /// It is being removed: no new opens.
    going: bool,
    deleted: bool,
    open: usize,
}

/// A device.
pub struct Device {
    object: Mutex<Box<DeviceObject>>,
    settings: Settings,
    /// The driver's side, whose type `stack` knows.
    stack: OnceLock<Arc<dyn Any + Send + Sync>>,
    state: Mutex<State>,
    closed: Condvar,
}

// SAFETY: the only pointers are addresses of driver objects, which are never followed here.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// A device without a driver behind it.
    pub(crate) fn new(settings: Settings) -> Self {
        let flags = settings.io_type.flags() | if settings.exclusive { DO_EXCLUSIVE } else { 0 };
        let object = DeviceObject {
            flags,
            characteristics: settings.characteristics,
            device_type: settings.device_type,
            ..DeviceObject::new(settings.driver_object)
        };
        Self {
            object: Mutex::new(Box::new(object)),
            settings,
            stack: OnceLock::new(),
            state: Mutex::default(),
            closed: Condvar::new(),
        }
    }

    /// What it was created with.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets the driver's side. A device has one driver for its whole life.
    pub(crate) fn set_stack(&self, stack: Arc<dyn Any + Send + Sync>, device_extension: usize) {
        self.object.lock().device_extension = device_extension;
        // A second one is ignored.
        let _ = self.stack.set(stack);
    }

    /// The driver's side.
    pub(crate) fn stack(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.stack.get().map(AsRef::as_ref)
    }

    /// The address of the `DEVICE_OBJECT`.
    pub fn object(&self) -> *mut DeviceObject {
        core::ptr::from_mut(&mut **self.object.lock())
    }

    /// How reads and writes get at the caller's buffer.
    pub(crate) fn io_type(&self) -> IoType {
        self.settings.io_type
    }

    /// How many drivers a request to the device can go through.
    pub(crate) fn stack_size(&self) -> i8 {
        self.object.lock().stack_size
    }

    /// Lets the device be opened (`DO_DEVICE_INITIALIZING` is cleared), or not any more.
    pub fn set_ready(&self, ready: bool) {
        self.state.lock().ready = ready;
    }

    /// Whether the device can be opened.
    pub fn is_ready(&self) -> bool {
        self.state.lock().ready
    }

    /// Marks the device deleted: no new opens. True if no file is open.
    pub(crate) fn set_deleted(&self) -> bool {
        let mut state = self.state.lock();
        state.deleted = true;
        state.open == 0
    }

    /// Lets the device be opened, or not while it is being removed.
    pub fn set_opens(&self, allowed: bool) {
        self.state.lock().going = !allowed;
    }

    /// Whether a file is open.
    pub fn is_open(&self) -> bool {
        self.state.lock().open > 0
    }

    /// Waits until no file is open.
    pub fn wait_closed(&self) {
        let mut state = self.state.lock();
        self.closed.wait_while(&mut state, |state| state.open > 0);
    }

    /// The security descriptor that decides about an open.
    fn descriptor(&self, opened: Opened) -> Option<&str> {
        match (opened, &self.settings.physical) {
            (Opened::Physical, Some(physical)) => Some(&physical.sddl),
            _ => self.settings.sddl.as_deref(),
        }
    }

    /// Checks whether `process` may open the device, counts the file, and gives the access.
    pub(crate) fn begin_open(
        &self,
        opened: Opened,
        process: &Process,
        desired: u32,
    ) -> Result<u32, NtStatus> {
        let granted = match self.descriptor(opened) {
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

    /// Uncounts a file. True if it was the last one of a deleted device.
    pub(crate) fn end_open(&self) -> bool {
        let mut state = self.state.lock();
        state.open -= 1;
        state.open == 0 && state.deleted
    }

    /// Wakes the threads in [`wait_closed`](Self::wait_closed).
    pub(crate) fn notify_closed(&self) {
        self.closed.notify_all();
    }
}
