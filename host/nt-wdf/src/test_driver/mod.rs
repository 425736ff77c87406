//! A driver inside the test: it binds, and calls the functions of the table as a real one does.
//!
//! Its callbacks write to a log of the test's own, so that tests can run side by side.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt_io::FileHandle;
use nt_io::driver_object::DriverObject;
use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_kernel::process::Process;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::InitHandle;
use crate::driver::{DriverConfig, NON_PNP};
use crate::driver_binding::DriverGlobals;
use crate::handle::{Handle, WdfDevice, WdfDriver, WdfObject, WdfQueue};
use crate::loader::{BindInfo, BindInfo2, version_bind, version_unbind};
use crate::object::{ContextTypeInfo, ObjectAttributes};
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;

mod requests;
pub(super) mod server;

pub(super) use requests::{Sent, buffer, bytes, complete, control, send};

/// The driver's globals, the first parameter of everything.
pub(super) type Globals = *mut DriverGlobals;

/// Calls a function of the table by its index: `wdf!(globals, 208, object: WdfObject)`.
macro_rules! wdf {
    ($globals:expr, $index:literal $(, $value:expr => $type:ty)* ; $result:ty) => {{
        type Function =
            extern "win64" fn($crate::test_driver::Globals $(, $type)*) -> $result;
        let table = $crate::export_table::address();
        // SAFETY: the index is within the table.
        let slot = unsafe { table.add($index) };
        // SAFETY: the slot holds a function of this prototype.
        let function = unsafe { slot.cast::<Function>().read() };
        function($globals $(, $value)*)
    }};
}
pub(super) use wdf;

/// The callbacks' log, in order.
pub(super) type Log = Mutex<Vec<String>>;

/// Adds a line.
pub(super) fn note(log: &Log, line: impl Into<String>) {
    log.lock().push(line.into());
}

/// The lines of the log.
pub(super) fn lines(log: &Log) -> Vec<String> {
    log.lock().clone()
}

/// `WDF_OBJECT_ATTRIBUTES_INIT`.
pub(super) fn attributes() -> ObjectAttributes {
    ObjectAttributes {
        size: 56,
        cleanup: None,
        destroy: None,
        execution_level: 1,
        synchronization_scope: 1,
        parent: Handle::NULL,
        context_size_override: 0,
        context_type: In::NULL,
    }
}

/// A context type of so many bytes; lives for ever, as a static does.
pub(super) fn context_type(size: usize) -> &'static ContextTypeInfo {
    Box::leak(Box::new(ContextTypeInfo {
        size: 40,
        name: c"Test".as_ptr().cast(),
        context_size: size,
        unique: In::NULL,
        get_unique: 0,
    }))
}

/// `WDF_IO_QUEUE_CONFIG_INIT`.
pub(super) fn queue_config(dispatch_type: i32) -> QueueConfig {
    QueueConfig {
        size: 96,
        dispatch_type,
        power_managed: 2,
        allow_zero_length: 0,
        default_queue: 0,
        default: None,
        read: None,
        write: None,
        device_control: None,
        internal_device_control: None,
        stop: None,
        resume: None,
        canceled_on_queue: None,
        presented_requests: if dispatch_type == PARALLEL {
            u32::MAX
        } else {
            0
        },
        driver: 0,
    }
}

/// `WdfIoQueueDispatchSequential`.
pub(super) const SEQUENTIAL: i32 = 1;
/// `WdfIoQueueDispatchParallel`.
pub(super) const PARALLEL: i32 = 2;
/// `WdfIoQueueDispatchManual`.
pub(super) const MANUAL: i32 = 3;

/// A control code: buffered, any access.
pub(super) const ANY_CODE: u32 = 0x12_2000;
/// A security descriptor that allows everything to everyone.
pub(super) const EVERYONE: &str = "D:P(A;;GA;;;WD)";

/// A bound driver.
pub(super) struct TestDriver {
    pub(super) object: *mut DriverObject,
    pub(super) globals: Globals,
    path: OwnedUnicodeString,
    pub(super) name: String,
}

/// What the library writes at a bind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) status: NtStatus,
    pub(super) table: usize,
    pub(super) counts: (u32, u32),
    pub(super) is_newer: u8,
}

// SAFETY: a driver's function table is for any thread.
unsafe impl Sync for TestDriver {}
// SAFETY: as above.
unsafe impl Send for TestDriver {}

impl TestDriver {
    /// A driver that is not bound yet.
    pub(super) fn unbound() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("Test{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = format!(r"\Registry\Machine\System\CurrentControlSet\Services\{name}");
        Self {
            object: nt_io::create_driver(&name, 0, 0, 0),
            globals: ptr::null_mut(),
            path: OwnedUnicodeString::new(&path),
            name,
        }
    }

    /// Binds with this number of functions.
    pub(super) fn bind(&mut self, function_count: u32) -> Bound {
        let mut table: *const usize = ptr::null();
        let (mut functions, mut structures, mut is_newer) = (0, 0, 9);
        let info = BindInfo2 {
            first: BindInfo {
                size: 88,
                component: ptr::null(),
                major: 1,
                minor: 31,
                build: 0,
                function_count,
                function_table: Out::from(&mut table),
                module: 0,
            },
            minimum_version: 0,
            client_is_newer: Out::from(&mut is_newer),
            function_count: Out::from(&mut functions),
            structure_count: Out::from(&mut structures),
            structures: 0,
        };
        let path = self.path.as_unicode_string();
        let status = version_bind(
            self.object,
            In::from(&path),
            In::from(&info.first),
            Out::from(&mut self.globals),
        );
        Bound {
            status,
            table: table.addr(),
            counts: (functions, structures),
            is_newer,
        }
    }

    /// A bound driver with its WDFDRIVER, without `PnP`.
    pub(super) fn new() -> Self {
        Self::with_config(&non_pnp())
    }

    /// A bound driver with its WDFDRIVER.
    pub(super) fn with_config(config: &DriverConfig) -> Self {
        let mut driver = Self::unbound();
        assert_eq!(driver.bind(458).status, NtStatus::SUCCESS);
        assert_eq!(driver.create(config), NtStatus::SUCCESS);
        driver
    }

    /// `WdfDriverCreate`.
    pub(super) fn create(&self, config: &DriverConfig) -> NtStatus {
        let path = self.path.as_unicode_string();
        wdf!(self.globals, 116,
            self.object => *mut DriverObject, In::from(&path) => In<UnicodeString>,
            In::NULL => In<ObjectAttributes>, In::from(config) => In<DriverConfig>,
            Out::NULL => Out<WdfDriver>; NtStatus)
    }

    /// The WDFDRIVER.
    pub(super) fn handle(&self) -> WdfDriver {
        // SAFETY: the globals live as long as the driver is bound.
        Handle::new(unsafe { (*self.globals).driver })
    }

    /// Has the `PnP` manager find a device for the driver, with this number. Whether the driver has it.
    pub(super) fn start(&self, instance: u32) -> Result<bool, NtStatus> {
        nt_io::pnp::start(self.object, &[self.object], &self.name, instance)
    }

    /// `WdfControlDeviceInitAllocate` with access for everyone, and the name `\Device\…` of the
    /// driver.
    pub(super) fn init(&self) -> InitHandle {
        let sddl = OwnedUnicodeString::new(EVERYONE);
        let init = wdf!(self.globals, 25,
            self.handle() => WdfDriver, In::from(&sddl.as_unicode_string()) => In<UnicodeString>;
            InitHandle);
        let name = OwnedUnicodeString::new(&self.device_name());
        let status = wdf!(self.globals, 67, init => InitHandle,
            In::from(&name.as_unicode_string()) => In<UnicodeString>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        init
    }

    /// The device's name.
    pub(super) fn device_name(&self) -> String {
        format!(r"\Device\{}", self.name)
    }

    /// `WdfDeviceCreate`.
    pub(super) fn device_from(
        &self,
        mut init: InitHandle,
        attributes: &ObjectAttributes,
    ) -> Result<WdfDevice, NtStatus> {
        let mut device = Handle::NULL;
        let status = wdf!(self.globals, 75,
            Out::from(&mut init) => Out<InitHandle>,
            In::from(attributes) => In<ObjectAttributes>,
            Out::from(&mut device) => Out<WdfDevice>; NtStatus);
        status.into_result().map(|()| device)
    }

    /// A control device with this default queue, ready to be opened.
    pub(super) fn device(&self, config: &QueueConfig) -> (WdfDevice, WdfQueue) {
        let device = self.device_from(self.init(), &attributes()).unwrap();
        let config = QueueConfig {
            default_queue: 1,
            ..*config
        };
        let queue = self.queue(device, &config, &attributes()).unwrap();
        self.finish(device);
        (device, queue)
    }

    /// `WdfControlFinishInitializing`.
    pub(super) fn finish(&self, device: WdfDevice) {
        wdf!(self.globals, 27, device => WdfDevice; ());
    }

    /// `WdfIoQueueCreate`.
    pub(super) fn queue(
        &self,
        device: WdfDevice,
        config: &QueueConfig,
        attributes: &ObjectAttributes,
    ) -> Result<WdfQueue, NtStatus> {
        let mut queue = Handle::NULL;
        let status = wdf!(self.globals, 152,
            device => WdfDevice, In::from(config) => In<QueueConfig>,
            In::from(attributes) => In<ObjectAttributes>,
            Out::from(&mut queue) => Out<WdfQueue>; NtStatus);
        status.into_result().map(|()| queue)
    }

    /// `WdfObjectCreate`.
    pub(super) fn object(&self, attributes: &ObjectAttributes) -> Result<WdfObject, NtStatus> {
        let mut object = Handle::NULL;
        let status = wdf!(self.globals, 207,
            In::from(attributes) => In<ObjectAttributes>,
            Out::from(&mut object) => Out<WdfObject>; NtStatus);
        status.into_result().map(|()| object)
    }

    /// `WdfObjectDelete`.
    pub(super) fn delete<T>(&self, object: Handle<T>) {
        wdf!(self.globals, 208, Handle::new(object.0) => WdfObject; ());
    }

    /// Opens the driver's device for reading and writing.
    pub(super) fn open(&self) -> Result<Arc<FileHandle>, NtStatus> {
        self.open_for(3)
    }

    /// Opens the driver's device with this access.
    pub(super) fn open_for(&self, access: u32) -> Result<Arc<FileHandle>, NtStatus> {
        nt_io::open(&Process::user(77, 1000), &self.device_name(), access)
    }

    /// What a stub does at unload.
    pub(super) fn unload(self) {
        nt_io::unload_driver(self.object);
        self.unbind();
    }

    /// `WdfVersionUnbind`.
    pub(super) fn unbind(self) {
        let path = self.path.as_unicode_string();
        let status = version_unbind(In::from(&path), In::NULL, self.globals);
        assert_eq!(status, NtStatus::SUCCESS);
    }
}

/// A configuration for drivers without `PnP`, which can be unloaded.
pub(super) fn non_pnp() -> DriverConfig {
    extern "win64" fn unload(_driver: WdfDriver) {}
    DriverConfig {
        size: 32,
        device_add: None,
        unload: Some(unload),
        init_flags: NON_PNP,
        pool_tag: 0,
    }
}
