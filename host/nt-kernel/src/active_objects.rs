//! Objects in the driver's own memory that the kernel uses until the driver takes them back: timers that
//! are set, DPCs that are queued, resources that are initialised. The memory must not go before.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use parking_lot::Mutex;

use crate::bugcheck::{
    self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, StopCode, TIMER_OR_DPC_INVALID,
    WORKER_INVALID,
};

/// Driver Verifier: freed memory has an active `ERESOURCE`.
const RESOURCE_IN_FREED_POOL: u64 = 0xD2;

/// What the kernel uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveObject {
    /// A `KTIMER` that is set.
    Timer,
    /// A `KDPC` that is queued.
    Dpc,
    /// An `ERESOURCE` that is initialised.
    Resource,
    /// A work item that is queued.
    WorkItem,
}

impl ActiveObject {
    /// The stop for freed memory that has one, and its first parameter.
    const fn stop_code(self) -> (StopCode, u64) {
        match self {
            Self::Timer => (TIMER_OR_DPC_INVALID, 0),
            Self::Dpc => (TIMER_OR_DPC_INVALID, 1),
            Self::Resource => (DRIVER_VERIFIER_DETECTED_VIOLATION, RESOURCE_IN_FREED_POOL),
            Self::WorkItem => (WORKER_INVALID, 0),
        }
    }

    /// What has to come first.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Timer => "KeCancelTimer",
            Self::Dpc => "KeRemoveQueueDpc or KeFlushQueuedDpcs",
            Self::WorkItem => "the return of its routine",
            Self::Resource => "ExDeleteResourceLite",
        }
    }
}

impl fmt::Display for ActiveObject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Timer => "a KTIMER that is set",
            Self::Dpc => "a KDPC that is queued",
            Self::WorkItem => "a work item that is queued",
            Self::Resource => "an ERESOURCE that is not deleted",
        })
    }
}

/// The objects, by their addresses.
static OBJECTS: Mutex<BTreeMap<usize, ActiveObject>> = Mutex::new(BTreeMap::new());

/// The kernel uses the object from now on. Any IRQL.
pub fn insert(address: usize, object: ActiveObject) {
    OBJECTS.lock().insert(address, object);
}

/// The kernel does not use it any more; whether it did. Any IRQL.
pub fn remove(address: usize) -> bool {
    OBJECTS.lock().remove(&address).is_some()
}

/// Whether the kernel uses it.
pub(crate) fn contains(address: usize) -> bool {
    OBJECTS.lock().contains_key(&address)
}

/// All of them.
pub(crate) fn all() -> Vec<(usize, ActiveObject)> {
    let objects = OBJECTS.lock();
    objects.iter().map(|(at, object)| (*at, *object)).collect()
}

/// Stops the machine if the kernel uses an object in this memory, which is `what` becomes of it.
pub(crate) fn require_none_within(memory: &Range<usize>, what: &str) {
    let found = OBJECTS
        .lock()
        .range(memory.clone())
        .next()
        .map(|(address, object)| (*address, *object));
    if let Some((address, object)) = found {
        stop(address, object, memory, what);
    }
}

/// Stops the machine for this object in `memory`.
pub(crate) fn stop(address: usize, object: ActiveObject, memory: &Range<usize>, what: &str) -> ! {
    let (code, first) = object.stop_code();
    // The last parameter is the end of the memory, or its size.
    let last = match object {
        ActiveObject::Timer | ActiveObject::Dpc | ActiveObject::WorkItem => memory.end,
        ActiveObject::Resource => memory.len(),
    };
    bugcheck::stop(BugCheck {
        code,
        parameters: [first, address as u64, memory.start as u64, last as u64],
        rule: format!(
            "{what} with {object} in it ({address:#x}): {} comes first",
            object.remedy()
        ),
    })
}
