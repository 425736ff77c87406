//! `IoAllocateDriverObjectExtension`: memory that belongs to a driver object.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::BTreeMap;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{fault, pool};
use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::driver_object::DriverObject;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoAllocateDriverObjectExtension, IoGetDriverObjectExtension]
}

/// The pool tag of the extensions: `Driv`.
const TAG: u32 = u32::from_le_bytes(*b"Driv");

/// The extensions, by driver object and by the driver's identification of each.
static EXTENSIONS: Mutex<BTreeMap<(usize, usize), usize>> = Mutex::new(BTreeMap::new());

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn IoAllocateDriverObjectExtension(
    driver_object: *mut DriverObject,
    identification: usize,
    size: u32,
    out: *mut usize,
) -> NtStatus {
    const NAME: &str = "IoAllocateDriverObjectExtension";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let key = (driver_object.addr(), identification);
    let mut extensions = EXTENSIONS.lock();
    if extensions.contains_key(&key) {
        return NtStatus::OBJECT_NAME_COLLISION;
    }
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let Some(memory) = pool::allocate(true, size as usize, TAG) else {
        return NtStatus::INSUFFICIENT_RESOURCES;
    };
    let address = memory.expose_provenance().get();
    extensions.insert(key, address);
    // SAFETY: by contract the caller's variable.
    unsafe { out.write(address) };
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`. 0 for none.
extern "win64" fn IoGetDriverObjectExtension(
    driver_object: *mut DriverObject,
    identification: usize,
) -> usize {
    irql::require_at_most("IoGetDriverObjectExtension", Irql::DISPATCH);
    let key = (driver_object.addr(), identification);
    EXTENSIONS.lock().get(&key).copied().unwrap_or_default()
}

/// Frees what belongs to a driver object, after its driver has been unloaded or has failed to start.
pub(crate) fn free(driver_object: *mut DriverObject) {
    let own: Vec<_> = EXTENSIONS
        .lock()
        .extract_if(.., |(driver, _), _| *driver == driver_object.addr())
        .collect();
    for (_, address) in own {
        pool::free(address, Some(TAG));
    }
}
