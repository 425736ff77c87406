//! `DRIVER_OBJECT`: the record that the kernel and a driver share.

use nt_kernel::driver_image;
use parking_lot::Mutex;

use crate::major_function;
use crate::unicode::{OwnedUnicodeString, UnicodeString};

/// The number of major functions.
const MAJOR_FUNCTIONS: usize = major_function::COUNT;

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
    assert!(core::mem::offset_of!(DriverObject, driver_start_io) == 0x60);
    assert!(core::mem::offset_of!(DriverObject, driver_unload) == 0x68);
    assert!(core::mem::offset_of!(DriverObject, major_function) == 0x70);
    assert!(core::mem::offset_of!(DriverObject, names) == 0x150);
    assert!(core::mem::offset_of!(DriverExtension, service_key_name) == 0x18);
};

/// The type number of a `DRIVER_OBJECT`.
const IO_TYPE_DRIVER: i16 = 4;

/// Makes the object for a driver image, whose dispatch routines are all `invalid` until it sets
/// others. It lives until the process ends.
#[must_use]
pub(crate) fn create(
    service_name: &str,
    image_base: usize,
    image_size: usize,
    entry: usize,
    invalid: usize,
) -> *mut DriverObject {
    let driver_name = OwnedUnicodeString::new(&format!(r"\Driver\{service_name}"));
    let service_key_name = OwnedUnicodeString::new(service_name);
    let extension = Box::leak(Box::new(DriverExtension {
        driver_object: core::ptr::null_mut(),
        add_device: 0,
        count: 0,
        service_key_name: service_key_name.as_unicode_string(),
    }));
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

/// The name of the driver's service.
pub(crate) fn service_name(object: *mut DriverObject) -> String {
    // SAFETY: made by `create`, so it lives for ever.
    let names = unsafe { &(*object).names };
    let [_driver, service] = names;
    // SAFETY: the text stays as long as the object.
    unsafe { service.as_unicode_string().text() }
}

/// The driver's `DriverUnload`, if it has set one.
pub(crate) fn driver_unload(object: *mut DriverObject) -> Option<DriverUnload> {
    // SAFETY: made by `create`, so it lives for ever; the driver writes it in DriverEntry only.
    unsafe { (*object).driver_unload }
}

/// The driver's `StartIo`, 0 if it has none.
pub(crate) fn start_io(object: *mut DriverObject) -> usize {
    // SAFETY: made by `create`, so it lives for ever; the driver writes it in DriverEntry only.
    let routine = unsafe { &raw const (*object).driver_start_io };
    // SAFETY: as above.
    unsafe { routine.read_volatile() }
}

/// The dispatch routine for a major function.
pub(crate) fn dispatch_routine(object: *mut DriverObject, major: u8) -> usize {
    let index = usize::from(major) % MAJOR_FUNCTIONS;
    // SAFETY: made by `create`, so it lives for ever; the driver writes it in DriverEntry only.
    let routine = unsafe { &raw const (*object).major_function[index] };
    // SAFETY: as above.
    unsafe { routine.read_volatile() }
}

/// Whether `address` is code of the driver's image, or of another one that serves the driver, as a
/// framework library does.
pub(crate) fn is_of_image(object: *mut DriverObject, address: usize) -> bool {
    // SAFETY: made by `create`, so it lives for ever; these members are never written.
    let start = unsafe { (*object).driver_start };
    // SAFETY: as above.
    let size = unsafe { (*object).driver_size };
    let offset = address.checked_sub(start);
    offset.is_some_and(|offset| offset < size as usize) || driver_image::contains(address)
}

/// The driver's `AddDevice`, 0 if it has none.
pub(crate) fn add_device(object: *mut DriverObject) -> usize {
    // SAFETY: made by `create`, so it lives for ever.
    let extension = unsafe { (*object).driver_extension };
    // SAFETY: made together with the object; the driver writes it in DriverEntry only.
    unsafe { (*extension).add_device }
}

/// Whether the driver has set `AddDevice`.
///
/// # Panics
///
/// If the I/O manager did not make this object.
#[must_use]
pub fn has_add_device(object: *mut DriverObject) -> bool {
    assert!(exists(object), "no driver object");
    add_device(object) != 0
}

/// The first of the driver's devices, 0 for none.
pub(crate) fn first_device(object: *mut DriverObject) -> usize {
    if object.is_null() {
        return 0;
    }
    // SAFETY: made by `create`, so it lives for ever.
    unsafe { (*object).device_object }
}

/// Sets the first of the driver's devices.
pub(crate) fn set_first_device(object: *mut DriverObject, device: usize) {
    // SAFETY: made by `create`, so it lives for ever; one thread creates and deletes devices.
    unsafe { (*object).device_object = device };
}

/// Makes `device` the first of the driver's devices. The one that was the first.
pub(crate) fn push_device(object: *mut DriverObject, device: usize) -> usize {
    let next = first_device(object);
    if !object.is_null() {
        set_first_device(object, device);
    }
    next
}

/// Stores the framework's members of a driver object when a driver is created: `dispatch` gets the IRPs
/// of all major functions.
///
/// # Panics
///
/// If the I/O manager did not make this object.
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "it is looked up among the objects that live for ever"
)]
pub fn install(
    object: *mut DriverObject,
    dispatch: usize,
    add_device: Option<usize>,
    unload: Option<unsafe extern "win64" fn(*mut DriverObject)>,
) {
    assert!(exists(object), "no driver object");
    // SAFETY: made by `create`, so it lives for ever, and DriverEntry runs on this thread.
    let object = unsafe { &mut *object };
    object.driver_unload = unload;
    object.major_function = [dispatch; MAJOR_FUNCTIONS];
    // SAFETY: made together with the object.
    let extension = unsafe { &mut *object.driver_extension };
    extension.add_device = add_device.unwrap_or_default();
}
