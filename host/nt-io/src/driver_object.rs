//! `DRIVER_OBJECT`: the record that the kernel and a driver share.

use nt_kernel::unimplemented;
use parking_lot::Mutex;

use crate::unicode::{OwnedUnicodeString, UnicodeString};

/// The number of major functions.
const MAJOR_FUNCTIONS: usize = 28;

/// `DRIVER_OBJECT`.
#[repr(C)]
pub struct DriverObject {
    kind: i16,
    size: i16,
    device_object: usize,
    flags: u32,
    driver_start: usize,
    driver_size: u32,
    driver_section: usize,
    driver_extension: *mut DriverExtension,
    driver_name: UnicodeString,
    hardware_database: usize,
    fast_io_dispatch: usize,
    driver_init: usize,
    driver_start_io: usize,
    driver_unload: Option<DriverUnload>,
    major_function: [usize; MAJOR_FUNCTIONS],
    /// What `driver_name` and the service name point to; behind what the driver knows of.
    names: [OwnedUnicodeString; 2],
}

/// `DRIVER_EXTENSION`.
#[repr(C)]
struct DriverExtension {
    driver_object: *mut DriverObject,
    add_device: usize,
    count: u32,
    service_key_name: UnicodeString,
}

/// `DriverUnload`.
pub(crate) type DriverUnload = unsafe extern "win64" fn(*mut DriverObject);

const _: () = {
    assert!(core::mem::offset_of!(DriverObject, driver_extension) == 0x30);
    assert!(core::mem::offset_of!(DriverObject, driver_name) == 0x38);
    assert!(core::mem::offset_of!(DriverObject, driver_unload) == 0x68);
    assert!(core::mem::offset_of!(DriverObject, major_function) == 0x70);
    assert!(core::mem::offset_of!(DriverObject, names) == 0x150);
    assert!(core::mem::offset_of!(DriverExtension, service_key_name) == 0x18);
};

/// The type number of a `DRIVER_OBJECT`.
const IO_TYPE_DRIVER: i16 = 4;

/// Makes the object for a driver image. It lives until the process ends.
#[must_use]
pub fn create(
    service_name: &str,
    image_base: usize,
    image_size: usize,
    entry: usize,
) -> *mut DriverObject {
    let driver_name = OwnedUnicodeString::new(&format!(r"\Driver\{service_name}"));
    let service_key_name = OwnedUnicodeString::new(service_name);
    let extension = Box::leak(Box::new(DriverExtension {
        driver_object: core::ptr::null_mut(),
        add_device: 0,
        count: 0,
        service_key_name: service_key_name.as_unicode_string(),
    }));
    let invalid =
        unimplemented::function("a dispatch routine of a driver that set none".to_owned());
    let object = Box::leak(Box::new(DriverObject {
        kind: IO_TYPE_DRIVER,
        size: 0x150,
        device_object: 0,
        flags: 0,
        driver_start: image_base,
        driver_size: u32::try_from(image_size).unwrap_or(u32::MAX),
        driver_section: 0,
        driver_extension: core::ptr::from_mut(extension),
        driver_name: driver_name.as_unicode_string(),
        hardware_database: 0,
        fast_io_dispatch: 0,
        driver_init: entry,
        driver_start_io: 0,
        driver_unload: None,
        major_function: [invalid; MAJOR_FUNCTIONS],
        names: [driver_name, service_key_name],
    }));
    extension.driver_object = object;
    CREATED.lock().push(core::ptr::from_mut(object).addr());
    object
}

/// Every driver object there is, by address.
static CREATED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// True if [`create`] made this object.
pub(crate) fn exists(object: *mut DriverObject) -> bool {
    CREATED.lock().contains(&object.addr())
}

/// The driver's `DriverUnload`, if it has set one.
pub(crate) fn driver_unload(object: *mut DriverObject) -> Option<DriverUnload> {
    // SAFETY: made by `create`, so it lives for ever; the driver writes it in DriverEntry only.
    unsafe { (*object).driver_unload }
}

/// Stores the framework's members of a driver object when a driver is created.
///
/// # Panics
///
/// If [`create`] did not make this object.
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "it is looked up among the objects that live for ever"
)]
pub fn install(
    object: *mut DriverObject,
    add_device: Option<usize>,
    unload: Option<unsafe extern "win64" fn(*mut DriverObject)>,
) {
    assert!(exists(object), "no driver object");
    let dispatch =
        unimplemented::function("the framework's dispatch routine, called directly".to_owned());
    // SAFETY: made by `create`, so it lives for ever, and DriverEntry runs on this thread.
    let object = unsafe { &mut *object };
    object.driver_unload = unload;
    object.major_function = [dispatch; MAJOR_FUNCTIONS];
    // SAFETY: made together with the object.
    let extension = unsafe { &mut *object.driver_extension };
    extension.add_device = add_device.unwrap_or_default();
}
