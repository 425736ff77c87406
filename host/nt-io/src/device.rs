//! Devices: `DEVICE_OBJECT`s with a name, a security descriptor, a driver behind them, and the device
//! that they are attached to.

use std::any::Any;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use nt_kernel::process::Process;
use nt_kernel::{pool, resource_tracker};
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::device_queue::{self, DeviceQueue};
use crate::driver_object::DriverObject;
use crate::security::{self, Descriptor};
use crate::start_io_state::StartIoState;

/// No device is ready under that name.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);

/// `DEVICE_OBJECT`.
#[repr(C, align(16))]
pub struct DeviceObject {
    kind: i16,
    size: u16,
    reference_count: AtomicI32,
    driver_object: AtomicUsize,
    pub(crate) next_device: AtomicUsize,
    attached_device: AtomicUsize,
    current_irp: AtomicUsize,
    timer: AtomicUsize,
    flags: AtomicU32,
    characteristics: u32,
    vpb: AtomicUsize,
    device_extension: AtomicUsize,
    device_type: u32,
    stack_size: Cell<i8>,
    wait_context: [Cell<u8>; 0x98 - 0x4D],
    alignment_requirement: u32,
    device_queue: DeviceQueue,
    rest: [Cell<u8>; 0x150 - 0xC8],
}

const _: () = {
    assert!(size_of::<DeviceObject>() == 0x150);
    assert!(core::mem::offset_of!(DeviceObject, next_device) == 0x10);
    assert!(core::mem::offset_of!(DeviceObject, flags) == 0x30);
    assert!(core::mem::offset_of!(DeviceObject, device_extension) == 0x40);
    assert!(core::mem::offset_of!(DeviceObject, stack_size) == 0x4C);
    assert!(core::mem::offset_of!(DeviceObject, current_irp) == 0x20);
    assert!(core::mem::offset_of!(DeviceObject, alignment_requirement) == 0x98);
    assert!(core::mem::offset_of!(DeviceObject, device_queue) == 0xA0);
};

impl DeviceObject {
    /// The device object at `address`.
    ///
    /// # Safety
    ///
    /// There is one, and it stays as long as the reference is used.
    pub(crate) unsafe fn at<'a>(address: usize) -> &'a Self {
        let object: *const Self = std::ptr::with_exposed_provenance(address);
        // SAFETY: by contract.
        unsafe { &*object }
    }

    /// The driver.
    pub(crate) fn driver(&self) -> *mut DriverObject {
        std::ptr::with_exposed_provenance_mut(self.driver_object.load(Ordering::SeqCst))
    }

    /// The device object that is attached to this one, 0 for none.
    pub(crate) fn attached(&self) -> usize {
        self.attached_device.load(Ordering::SeqCst)
    }

    /// The IRP that `StartIo` got last, 0 for none.
    #[cfg(test)]
    pub(crate) fn current_irp(&self) -> usize {
        self.current_irp.load(Ordering::SeqCst)
    }

    /// Sets the IRP that `StartIo` gets.
    pub(crate) fn set_current_irp(&self, packet: usize) {
        self.current_irp.store(packet, Ordering::SeqCst);
    }

    /// `DO_…`.
    pub(crate) fn flags(&self) -> u32 {
        self.flags.load(Ordering::SeqCst)
    }

    /// Sets and clears flags.
    pub(crate) fn change_flags(&self, set: u32, clear: u32) {
        self.flags.fetch_or(set, Ordering::SeqCst);
        self.flags.fetch_and(!clear, Ordering::SeqCst);
    }

    /// How reads and writes get at the caller's buffer.
    pub(crate) fn io_type(&self) -> IoType {
        let flags = self.flags();
        match (flags & DO_BUFFERED_IO, flags & DO_DIRECT_IO) {
            (0, 0) => IoType::Neither,
            (0, _) => IoType::Direct,
            _ => IoType::Buffered,
        }
    }

    /// `FILE_DEVICE_…`.
    pub(crate) fn device_type(&self) -> u32 {
        self.device_type
    }

    /// `FILE_…` characteristics.
    pub(crate) fn characteristics(&self) -> u32 {
        self.characteristics
    }

    /// How many drivers a request to this device can go through.
    pub(crate) fn stack_size(&self) -> i8 {
        self.stack_size.get()
    }
}

/// Where a `DEVICE_OBJECT` has its queue.
const DEVICE_QUEUE: usize = core::mem::offset_of!(DeviceObject, device_queue);
/// `FILE_DEVICE_UNKNOWN`.
pub(crate) const FILE_DEVICE_UNKNOWN: u32 = 0x22;
/// The type number of a `DEVICE_OBJECT`.
const IO_TYPE_DEVICE: i16 = 3;
/// `DO_BUFFERED_IO`.
pub(crate) const DO_BUFFERED_IO: u32 = 4;
/// `DO_DIRECT_IO`.
pub(crate) const DO_DIRECT_IO: u32 = 0x10;
/// `DO_EXCLUSIVE`.
const DO_EXCLUSIVE: u32 = 8;
/// `DO_DEVICE_INITIALIZING`.
pub(crate) const DO_DEVICE_INITIALIZING: u32 = 0x80;
/// The pool tag of device objects: `Devi`.
const TAG: u32 = u32::from_le_bytes(*b"Devi");

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
    /// The security descriptor; `None` for a device that every process may open.
    pub sddl: Option<String>,
    /// True if only one file may be open.
    pub exclusive: bool,
    /// How reads and writes get at the caller's buffer.
    pub io_type: IoType,
    /// `FILE_DEVICE_…`.
    pub device_type: u32,
    /// `FILE_…` characteristics.
    pub characteristics: u32,
    /// Bytes of the device extension, which lies behind the device object.
    pub extension_size: usize,
}

/// How far a stack of devices is, and how many files are open.
#[derive(Default)]
struct State {
    ready: bool,
    /// It is being removed: no new opens.
    going: bool,
    open: usize,
}

/// The open files of all devices of a stack.
#[derive(Default)]
struct Opens {
    state: Mutex<State>,
    closed: Condvar,
}

/// A device.
pub struct Device {
    object: NonNull<DeviceObject>,
    name: Option<String>,
    /// `None`: every process may open it.
    security: Mutex<Option<Descriptor>>,
    /// The device that it is attached to.
    lower: Mutex<Option<Arc<Device>>>,
    opens: Mutex<Arc<Opens>>,
    deleted: AtomicBool,
    /// How its `StartIo` is called.
    start_io: Mutex<StartIoState>,
    /// Whether it can be opened as soon as its driver clears `DO_DEVICE_INITIALIZING`.
    opens_by_flag: AtomicBool,
    /// The framework's device.
    framework: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Called when the device has been deleted and no file is open.
    on_unused: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

// SAFETY: the object's members are atomic, or are written by one thread before others know the
// device, or, as its queue, under a lock.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// A device that nothing is attached to; `None` without memory.
    pub(crate) fn new(settings: Settings, security: Option<Descriptor>) -> Option<Self> {
        let exclusive = if settings.exclusive { DO_EXCLUSIVE } else { 0 };
        let size = size_of::<DeviceObject>() + settings.extension_size;
        let object: NonNull<DeviceObject> = pool::allocate(true, size, TAG)?.cast();
        let start = object.expose_provenance().get();
        // A device that a driver has created is listed as such; the others are the system's.
        resource_tracker::release(pool::TRACKED_KIND, start);
        let extension = match settings.extension_size {
            0 => 0,
            _ => start + size_of::<DeviceObject>(),
        };
        let contents = DeviceObject {
            kind: IO_TYPE_DEVICE,
            size: u16::try_from(size).unwrap_or(u16::MAX),
            reference_count: AtomicI32::new(0),
            driver_object: AtomicUsize::new(settings.driver_object.expose_provenance()),
            next_device: AtomicUsize::new(0),
            attached_device: AtomicUsize::new(0),
            current_irp: AtomicUsize::new(0),
            timer: AtomicUsize::new(0),
            flags: AtomicU32::new(settings.io_type.flags() | exclusive),
            characteristics: settings.characteristics,
            vpb: AtomicUsize::new(0),
            device_extension: AtomicUsize::new(extension),
            device_type: settings.device_type,
            stack_size: Cell::new(1),
            wait_context: [const { Cell::new(0) }; 0x98 - 0x4D],
            alignment_requirement: 0,
            device_queue: DeviceQueue::default(),
            rest: [const { Cell::new(0) }; 0x150 - 0xC8],
        };
        // SAFETY: just allocated with at least this size.
        unsafe { object.write(contents) };
        // SAFETY: the queue of the object that has just been written.
        unsafe { device_queue::initialize(start + DEVICE_QUEUE) };
        Some(Self {
            object,
            name: settings.name,
            security: Mutex::new(security),
            lower: Mutex::new(None),
            opens: Mutex::default(),
            deleted: AtomicBool::new(false),
            start_io: Mutex::default(),
            opens_by_flag: AtomicBool::new(false),
            framework: OnceLock::new(),
            on_unused: OnceLock::new(),
        })
    }

    /// Replaces the security descriptor; files that are open keep their access.
    pub(crate) fn set_security(&self, descriptor: Descriptor) {
        *self.security.lock() = Some(descriptor);
    }

    /// Its name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Puts the framework's device behind it, whose `DeviceExtension` is at `extension`. `on_unused` is
    /// called when it has been deleted and no file is open any more.
    pub fn set_framework(
        &self,
        framework: Arc<dyn Any + Send + Sync>,
        extension: usize,
        on_unused: impl Fn() + Send + Sync + 'static,
    ) {
        self.device_object()
            .device_extension
            .store(extension, Ordering::SeqCst);
        // A device has one driver for its whole life.
        let _ = self.framework.set(framework);
        let _ = self.on_unused.set(Box::new(on_unused));
    }

    /// The framework's device behind it.
    pub fn framework(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.framework.get().map(AsRef::as_ref)
    }

    /// The device has been deleted and no file is open.
    pub(crate) fn unused(&self) {
        if let Some(on_unused) = self.on_unused.get() {
            on_unused();
        }
    }

    pub(crate) fn device_object(&self) -> &DeviceObject {
        // SAFETY: it stays as long as this value.
        unsafe { self.object.as_ref() }
    }

    /// The address of the `DEVICE_OBJECT`.
    pub fn object(&self) -> *mut DeviceObject {
        self.object.as_ptr()
    }

    /// The same as a number.
    pub(crate) fn address(&self) -> usize {
        self.object.expose_provenance().get()
    }

    /// The address of its device queue.
    pub(crate) fn queue(&self) -> usize {
        self.address() + DEVICE_QUEUE
    }

    /// How its `StartIo` is called.
    pub(crate) fn start_io(&self) -> &Mutex<StartIoState> {
        &self.start_io
    }

    /// The device that it is attached to.
    pub fn lower(&self) -> Option<Arc<Self>> {
        self.lower.lock().clone()
    }

    /// Puts it above `lower`, which nothing is attached to.
    pub(crate) fn attach_to(&self, lower: &Arc<Self>) {
        let (own, below) = (self.device_object(), lower.device_object());
        own.stack_size.set(below.stack_size.get() + 1);
        let opens = lower.opens.lock().clone();
        *self.opens.lock() = opens;
        *self.lower.lock() = Some(lower.clone());
        below
            .attached_device
            .store(self.address(), Ordering::SeqCst);
    }

    /// Gives each IRP for the device one stack location more: its driver sends an IRP to itself.
    pub fn add_stack_location(&self) {
        let size = &self.device_object().stack_size;
        size.set(size.get() + 1);
    }

    /// Takes away what is attached to it. `upper` is that device.
    pub(crate) fn detach(&self, upper: &Self) {
        self.device_object()
            .attached_device
            .store(0, Ordering::SeqCst);
        drop(upper.lower.lock().take());
    }

    fn opens(&self) -> Arc<Opens> {
        self.opens.lock().clone()
    }

    /// Lets the stack be opened, or not any more: whether the device has been started.
    pub fn set_ready(&self, ready: bool) {
        self.opens().state.lock().ready = ready;
    }

    /// The driver's own flag decides whether the device can be opened, unless the `PnP` manager found
    /// it.
    pub(crate) fn set_opens_by_flag(&self) {
        self.opens_by_flag.store(true, Ordering::SeqCst);
    }

    /// Whether the stack can be opened.
    pub fn is_ready(&self) -> bool {
        let by_flag = self.opens_by_flag.load(Ordering::SeqCst) && self.lower.lock().is_none();
        if by_flag {
            return self.device_object().flags() & DO_DEVICE_INITIALIZING == 0;
        }
        self.opens().state.lock().ready
    }

    /// Marks the device deleted: no new opens. True if no file is open.
    pub(crate) fn set_deleted(&self) -> bool {
        self.deleted.store(true, Ordering::SeqCst);
        !self.is_open()
    }

    /// Whether it has been deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::SeqCst)
    }

    /// Lets the stack be opened, or not while it is being removed.
    pub fn set_opens(&self, allowed: bool) {
        self.opens().state.lock().going = !allowed;
    }

    /// Whether a file is open.
    pub fn is_open(&self) -> bool {
        self.opens().state.lock().open > 0
    }

    /// Waits until no file is open.
    pub fn wait_closed(&self) {
        let opens = self.opens();
        let mut state = opens.state.lock();
        opens.closed.wait_while(&mut state, |state| state.open > 0);
    }

    /// Whether only one file may be open: of this device, or of the stack above it.
    fn is_exclusive(&self) -> bool {
        let mut next = self.address();
        while next != 0 {
            // SAFETY: a device object of the stack, which is not deleted while it is attached.
            let object = unsafe { DeviceObject::at(next) };
            if object.flags() & DO_EXCLUSIVE != 0 {
                return true;
            }
            next = object.attached();
        }
        false
    }

    /// Checks whether `process` may open the device, counts the file, and gives the access.
    pub(crate) fn begin_open(&self, process: &Process, desired: u32) -> Result<u32, NtStatus> {
        let granted = match &*self.security.lock() {
            Some(descriptor) => security::check(descriptor, process, desired)?,
            None => desired,
        };
        let (is_exclusive, is_ready) = (self.is_exclusive(), self.is_ready());
        let opens = self.opens();
        let mut state = opens.state.lock();
        if self.is_deleted() || state.going || !is_ready {
            return Err(NO_SUCH_DEVICE);
        }
        if is_exclusive && state.open > 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        state.open += 1;
        Ok(granted)
    }

    /// Uncounts a file. True if it was the last one of a deleted device.
    pub(crate) fn end_open(&self) -> bool {
        let opens = self.opens();
        let mut state = opens.state.lock();
        state.open -= 1;
        state.open == 0 && self.is_deleted()
    }

    /// Wakes the threads in [`wait_closed`](Self::wait_closed).
    pub(crate) fn notify_closed(&self) {
        self.opens().closed.notify_all();
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        pool::free(self.address(), Some(TAG));
    }
}
