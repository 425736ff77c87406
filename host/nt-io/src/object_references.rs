//! `ObReferenceObject`: references that keep an object of the kernel's after its deletion.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::resource_tracker;
use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::device::Device;
use crate::devices;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        ObReferenceObjectByPointer,
        ObfDereferenceObject,
        ObfReferenceObject
    ]
}

/// What the resource tracker calls a reference.
const TRACKED_KIND: &str = "object reference";

/// The references to one object.
struct References {
    count: isize,
    /// What they keep, if the object is a device object.
    _device: Option<Arc<Device>>,
}

static REFERENCES: LazyLock<Mutex<HashMap<usize, References>>> = LazyLock::new(Mutex::default);

/// Adds a reference, and gives their number, with the one that every object has at first.
pub(crate) fn add(object: usize) -> isize {
    let mut references = REFERENCES.lock();
    let known = references.entry(object).or_insert_with(|| {
        resource_tracker::record(TRACKED_KIND, object, "the first of them".to_owned());
        References {
            count: 1,
            _device: devices::at(object),
        }
    });
    known.count += 1;
    known.count
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObfReferenceObject(object: usize) -> isize {
    irql::require_at_most("ObReferenceObject", Irql::DISPATCH);
    add(object)
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObReferenceObjectByPointer(
    object: usize,
    _access: u32,
    _kind: usize,
    _mode: i8,
) -> NtStatus {
    irql::require_at_most("ObReferenceObjectByPointer", Irql::DISPATCH);
    add(object);
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObfDereferenceObject(object: usize) -> isize {
    irql::require_at_most("ObDereferenceObject", Irql::DISPATCH);
    let mut references = REFERENCES.lock();
    let Some(known) = references.get_mut(&object) else {
        drop(references);
        irql::stop_for_rule(
            "ObDereferenceObject was called for an object without a reference of the driver's",
        );
    };
    known.count -= 1;
    let count = known.count;
    let gone = if count == 1 {
        resource_tracker::release(TRACKED_KIND, object);
        references.remove(&object)
    } else {
        None
    };
    drop(references);
    drop(gone);
    count
}
