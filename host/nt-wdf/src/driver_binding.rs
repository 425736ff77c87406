//! A driver that is bound to the framework.

use std::fmt;
use std::ptr::NonNull;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use nt_io::driver_object::DriverObject;
use nt_io::unicode::OwnedUnicodeString;
use nt_kernel::address_map::AddressMap;
use nt_kernel::pool;
use parking_lot::{Mutex, RwLock};

/// `WDF_DRIVER_GLOBALS`: what the driver sees of its binding.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct DriverGlobals {
    pub(crate) driver: usize,
    pub(crate) driver_flags: u32,
    pub(crate) driver_tag: u32,
    pub(crate) driver_name: [u8; 32],
    pub(crate) displace_driver_unload: u8,
}

const _: () = assert!(size_of::<DriverGlobals>() == 56);

/// The pool tag of the globals: `WdfG`.
const TAG: u32 = u32::from_le_bytes(*b"WdfG");

/// A driver that has bound itself to the framework. It stays in memory for good: a host has few.
pub(crate) struct DriverBinding {
    globals: NonNull<DriverGlobals>,
    pub(crate) driver_object: *mut DriverObject,
    /// The service key's path.
    pub(crate) registry_path: String,
    /// The same, as the driver may ask for it.
    pub(crate) registry_path_text: OwnedUnicodeString,
    /// The handle of the WDFDRIVER, once it has been created.
    driver: Mutex<Option<usize>>,
}

// SAFETY: the driver object outlives the binding and is only written while the driver is created,
// by one thread; the globals are written then, too.
unsafe impl Send for DriverBinding {}
// SAFETY: as above.
unsafe impl Sync for DriverBinding {}

/// All bindings, by the address of their globals.
static BINDINGS: LazyLock<RwLock<AddressMap<&'static DriverBinding>>> =
    LazyLock::new(RwLock::default);
/// The binding that was made last, until it ends: that of almost every call.
static LATEST: AtomicPtr<DriverBinding> = AtomicPtr::new(std::ptr::null_mut());

impl DriverBinding {
    /// Binds a driver to the framework; `None` without memory.
    pub(crate) fn new(
        driver_object: *mut DriverObject,
        registry_path: String,
    ) -> Option<&'static Self> {
        let globals = pool::allocate(true, size_of::<DriverGlobals>(), TAG)?.cast();
        let binding = Box::leak(Box::new(Self {
            globals,
            driver_object,
            registry_path_text: OwnedUnicodeString::new(&registry_path),
            registry_path,
            driver: Mutex::new(None),
        }));
        binding.write_globals(DriverGlobals {
            driver: 0,
            driver_flags: 0,
            driver_tag: TAG,
            driver_name: [0; 32],
            displace_driver_unload: 0,
        });
        LATEST.store(binding, Ordering::Release);
        let binding = &*binding;
        BINDINGS.write().insert(globals.addr().get(), binding);
        Some(binding)
    }

    /// The binding with these globals.
    #[inline]
    pub(crate) fn of_globals(globals: *mut DriverGlobals) -> Option<&'static Self> {
        // SAFETY: null, or a binding, which stays in memory for good.
        let latest = unsafe { LATEST.load(Ordering::Acquire).as_ref() };
        latest
            .filter(|latest| latest.globals() == globals)
            .or_else(|| Self::earlier_of_globals(globals))
    }

    #[cold]
    fn earlier_of_globals(globals: *mut DriverGlobals) -> Option<&'static Self> {
        BINDINGS.read().get(&globals.addr()).copied()
    }

    /// The binding of the driver with this driver object.
    pub(crate) fn of_driver_object(driver_object: *mut DriverObject) -> Option<&'static Self> {
        let bindings = BINDINGS.read();
        let mut all = bindings.values().copied();
        all.find(|binding| binding.driver_object == driver_object)
    }

    /// Unbinds the driver and frees its globals.
    pub(crate) fn end(&self) {
        let this = std::ptr::from_ref(self).cast_mut();
        // Otherwise another driver has been bound since.
        let _ = LATEST.compare_exchange(
            this,
            std::ptr::null_mut(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        BINDINGS.write().remove(&self.globals.addr().get());
        pool::free(self.globals.addr().get(), Some(TAG));
    }

    /// The address that the driver gets.
    #[inline]
    pub(crate) fn globals(&self) -> *mut DriverGlobals {
        self.globals.as_ptr()
    }

    /// What the driver sees now.
    pub(crate) fn read_globals(&self) -> DriverGlobals {
        // SAFETY: the globals live as long as the binding is known.
        unsafe { self.globals.read() }
    }

    /// The tag of all pool that the framework allocates for the driver.
    pub(crate) fn pool_tag(&self) -> u32 {
        self.read_globals().driver_tag
    }

    /// Changes what the driver sees.
    pub(crate) fn write_globals(&self, globals: DriverGlobals) {
        // SAFETY: the globals live as long as the binding is known.
        unsafe { self.globals.write(globals) };
    }

    /// The handle of the WDFDRIVER, once it has been created.
    pub(crate) fn driver(&self) -> Option<usize> {
        *self.driver.lock()
    }

    /// Sets or clears the WDFDRIVER.
    pub(crate) fn set_driver(&self, driver: Option<usize>) {
        *self.driver.lock() = driver;
    }
}

impl fmt::Display for DriverBinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.registry_path.rsplit('\\').next();
        formatter.write_str(name.unwrap_or_default())
    }
}
