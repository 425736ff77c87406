//! The types of objects, which a driver names by the data that ntoskrnl exports.

use std::sync::LazyLock;

use crate::exports::Export;
use crate::unimplemented;

/// The exported data: each has the address of an `OBJECT_TYPE`, which is opaque to drivers. What is
/// given here can be compared, and faults when it is touched.
struct Types {
    event: usize,
    semaphore: usize,
    file: usize,
    device: usize,
    driver: usize,
    process: usize,
    thread: usize,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let opaque = |name: &str| unimplemented::data(format!("the OBJECT_TYPE of {name}"));
    Types {
        event: opaque("events"),
        semaphore: opaque("semaphores"),
        file: opaque("files"),
        device: opaque("devices"),
        driver: opaque("drivers"),
        process: opaque("processes"),
        thread: opaque("threads"),
    }
});

/// The data.
pub(super) fn exports() -> Vec<Export> {
    let types = [
        ("ExEventObjectType", &TYPES.event),
        ("ExSemaphoreObjectType", &TYPES.semaphore),
        ("IoFileObjectType", &TYPES.file),
        ("IoDeviceObjectType", &TYPES.device),
        ("IoDriverObjectType", &TYPES.driver),
        ("PsProcessType", &TYPES.process),
        ("PsThreadType", &TYPES.thread),
    ];
    let exports = types
        .map(|(name, datum)| Export::ntoskrnl(name, std::ptr::from_ref(datum).expose_provenance()));
    exports.to_vec()
}

/// The type of threads.
pub(super) fn thread_type() -> usize {
    TYPES.thread
}

/// The type of devices.
pub(super) fn device_type() -> usize {
    TYPES.device
}
