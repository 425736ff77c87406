//! Device queues: what waits for a device that works on one IRP at a time.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::cell::Cell;
use std::collections::BTreeMap;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::pool;
use parking_lot::Mutex;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeInitializeDeviceQueue,
        KeInsertByKeyDeviceQueue,
        KeInsertDeviceQueue,
        KeRemoveByKeyDeviceQueue,
        KeRemoveByKeyDeviceQueueIfBusy,
        KeRemoveDeviceQueue,
        KeRemoveEntryDeviceQueue,
    ]
}

/// The type number of a `KDEVICE_QUEUE`.
const DEVICE_QUEUE: i16 = 20;

/// `LIST_ENTRY`.
#[derive(Default)]
#[repr(C)]
struct ListEntry {
    next: Cell<usize>,
    previous: Cell<usize>,
}

/// `KDEVICE_QUEUE`.
#[derive(Default)]
#[repr(C)]
pub(crate) struct DeviceQueue {
    kind: Cell<i16>,
    size: Cell<i16>,
    list: ListEntry,
    lock: Cell<usize>,
    busy: Cell<u8>,
    hint: [Cell<u8>; 7],
}

/// `KDEVICE_QUEUE_ENTRY`.
#[repr(C)]
struct Entry {
    list: ListEntry,
    sort_key: Cell<u32>,
    inserted: Cell<u8>,
}

const _: () = {
    assert!(size_of::<DeviceQueue>() == 0x28);
    assert!(core::mem::offset_of!(DeviceQueue, busy) == 0x20);
    assert!(core::mem::offset_of!(Entry, inserted) == 0x14);
    assert!(size_of::<Entry>() == 0x18);
};

/// The entries that are queued, with their queues. The lock protects the contents of all queues.
static QUEUED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// Which entry leaves a queue.
#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// The first.
    First,
    /// The first whose key is not below this, or the first.
    ByKey(u32),
}

/// Whether the entry at `entry` is in a queue.
pub(crate) fn is_queued(entry: usize) -> bool {
    QUEUED.lock().contains_key(&entry)
}

/// Makes the memory at `queue` a queue that is empty and not busy.
///
/// # Safety
///
/// It is storage for a `KDEVICE_QUEUE`.
pub(crate) unsafe fn initialize(queue: usize) {
    // SAFETY: by contract.
    let known = unsafe { at::<DeviceQueue>(queue) };
    known.kind.set(DEVICE_QUEUE);
    known.size.set(0x28);
    known.lock.set(0);
    known.busy.set(0);
    let head = (&raw const known.list).expose_provenance();
    known.list.next.set(head);
    known.list.previous.set(head);
}

/// Queues an entry behind those whose keys are not above its key, or behind all. False if the queue was
/// not busy: the entry is not queued, and the queue is busy now.
pub(crate) fn insert(function: &str, queue: usize, entry: usize, key: Option<u32>) -> bool {
    let known = queue_at(function, queue);
    let mut queued = QUEUED.lock();
    if queued.contains_key(&entry) {
        drop(queued);
        irql::stop_for_rule(&format!(
            "{function} was called with an entry that is in a device queue already"
        ));
    }
    // SAFETY: by contract an entry of the caller's.
    let new = unsafe { at::<Entry>(entry) };
    new.sort_key.set(key.unwrap_or_default());
    let is_busy = known.busy.get() != 0;
    new.inserted.set(is_busy.into());
    if !is_busy {
        known.busy.set(1);
        return false;
    }
    let before = key.and_then(|key| find(known, |queued| queued.sort_key.get() > key));
    let before = before.unwrap_or_else(|| head_of(known));
    link(entry, before);
    queued.insert(entry, queue);
    true
}

/// Takes an entry out of a busy queue, 0 for none: the queue is not busy then. `None` if it was not busy.
pub(crate) fn remove(function: &str, queue: usize, next: Next) -> Option<usize> {
    let known = queue_at(function, queue);
    let mut queued = QUEUED.lock();
    if known.busy.get() == 0 {
        return None;
    }
    let by_key = match next {
        Next::First => None,
        Next::ByKey(key) => find(known, |queued| queued.sort_key.get() >= key),
    };
    let Some(entry) = by_key.or_else(|| find(known, |_| true)) else {
        known.busy.set(0);
        return Some(0);
    };
    unlink(entry);
    queued.remove(&entry);
    Some(entry)
}

/// As [`remove`]; a queue that is not busy stops the machine.
pub(crate) fn remove_from_busy(function: &str, queue: usize, next: Next) -> usize {
    remove(function, queue, next).unwrap_or_else(|| {
        irql::stop_for_rule(&format!(
            "{function} was called for a device queue that is not busy: no IRP has been started that \
             this could be the end of"
        ))
    })
}

/// The queue that `function` was called with.
fn queue_at<'a>(function: &str, queue: usize) -> &'a DeviceQueue {
    pool::require_resident(function, queue);
    // SAFETY: by contract a queue.
    let known = unsafe { at::<DeviceQueue>(queue) };
    if known.kind.get() != DEVICE_QUEUE {
        irql::stop_for_rule(&format!(
            "{function} was called with what KeInitializeDeviceQueue has not made"
        ));
    }
    known
}

/// What is at `address`.
///
/// # Safety
///
/// There is a value of the type, as long as the reference is used.
unsafe fn at<'a, T>(address: usize) -> &'a T {
    let place = std::ptr::with_exposed_provenance::<T>(address);
    // SAFETY: by contract.
    unsafe { &*place }
}

/// Where the head of the queue's list is.
fn head_of(queue: &DeviceQueue) -> usize {
    (&raw const queue.list).expose_provenance()
}

/// The first entry that `is_meant`.
fn find(queue: &DeviceQueue, is_meant: impl Fn(&Entry) -> bool) -> Option<usize> {
    let head = head_of(queue);
    let mut next = queue.list.next.get();
    while next != head {
        // SAFETY: an entry of the queue, which stays while it is queued.
        let entry = unsafe { at::<Entry>(next) };
        if is_meant(entry) {
            return Some(next);
        }
        next = entry.list.next.get();
    }
    None
}

/// Links the entry before another one, or before the head.
fn link(entry: usize, before: usize) {
    // SAFETY: the caller's entry, which begins with its links.
    let own = unsafe { at::<ListEntry>(entry) };
    // SAFETY: a queued entry, or the head.
    let next = unsafe { at::<ListEntry>(before) };
    // SAFETY: as above.
    let previous = unsafe { at::<ListEntry>(next.previous.get()) };
    own.next.set(before);
    own.previous.set(next.previous.get());
    previous.next.set(entry);
    next.previous.set(entry);
}

/// Takes a queued entry out of its list.
fn unlink(entry: usize) {
    // SAFETY: a queued entry.
    let own = unsafe { at::<Entry>(entry) };
    // SAFETY: a queued entry, or the head.
    let next = unsafe { at::<ListEntry>(own.list.next.get()) };
    // SAFETY: as above.
    let previous = unsafe { at::<ListEntry>(own.list.previous.get()) };
    previous.next.set(own.list.next.get());
    next.previous.set(own.list.previous.get());
    own.inserted.set(0);
}

/// Any IRQL. The memory must be resident.
unsafe extern "win64" fn KeInitializeDeviceQueue(queue: usize) {
    pool::require_resident("KeInitializeDeviceQueue", queue);
    // SAFETY: by contract.
    unsafe { initialize(queue) };
}

/// `DISPATCH_LEVEL`. False if the queue was not busy, and is now.
unsafe extern "win64" fn KeInsertDeviceQueue(queue: usize, entry: usize) -> u8 {
    const NAME: &str = "KeInsertDeviceQueue";
    irql::require_dispatch(NAME);
    insert(NAME, queue, entry, None).into()
}

/// `DISPATCH_LEVEL`. As above, in the order of the keys.
unsafe extern "win64" fn KeInsertByKeyDeviceQueue(queue: usize, entry: usize, key: u32) -> u8 {
    const NAME: &str = "KeInsertByKeyDeviceQueue";
    irql::require_dispatch(NAME);
    insert(NAME, queue, entry, Some(key)).into()
}

/// `DISPATCH_LEVEL`. The first entry; 0 for none, and the queue is not busy then.
unsafe extern "win64" fn KeRemoveDeviceQueue(queue: usize) -> usize {
    const NAME: &str = "KeRemoveDeviceQueue";
    irql::require_dispatch(NAME);
    remove_from_busy(NAME, queue, Next::First)
}

/// `DISPATCH_LEVEL`. As above, by key.
unsafe extern "win64" fn KeRemoveByKeyDeviceQueue(queue: usize, key: u32) -> usize {
    const NAME: &str = "KeRemoveByKeyDeviceQueue";
    irql::require_dispatch(NAME);
    remove_from_busy(NAME, queue, Next::ByKey(key))
}

/// `DISPATCH_LEVEL`. As above; 0 also if the queue is not busy.
unsafe extern "win64" fn KeRemoveByKeyDeviceQueueIfBusy(queue: usize, key: u32) -> usize {
    const NAME: &str = "KeRemoveByKeyDeviceQueueIfBusy";
    irql::require_dispatch(NAME);
    remove(NAME, queue, Next::ByKey(key)).unwrap_or_default()
}

/// Up to `DISPATCH_LEVEL`. Whether the entry was in the queue.
unsafe extern "win64" fn KeRemoveEntryDeviceQueue(queue: usize, entry: usize) -> u8 {
    const NAME: &str = "KeRemoveEntryDeviceQueue";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let _ = queue_at(NAME, queue);
    let mut queued = QUEUED.lock();
    if queued.get(&entry) != Some(&queue) {
        return 0;
    }
    queued.remove(&entry);
    unlink(entry);
    1
}
