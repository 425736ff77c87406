//! Remove locks: a driver's count of what it does for a device, for which its removal waits.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::stack::Stack;
use nt_kernel::{fault, watchdog};
use nt_types::NtStatus;
use parking_lot::{Condvar, Mutex};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoAcquireRemoveLockEx,
        IoInitializeRemoveLockEx,
        IoReleaseRemoveLockAndWaitEx,
        IoReleaseRemoveLockEx,
    ]
}

/// `STATUS_DELETE_PENDING`: the device is being removed.
const DELETE_PENDING: NtStatus = NtStatus::new(0xC000_0056);

/// An `IO_REMOVE_LOCK`, as far as the driver may look at it.
#[repr(C)]
struct RemoveLockHead {
    removed: u8,
    reserved: [u8; 3],
    count: i32,
}

#[derive(Default)]
struct RemoveLock {
    removed: bool,
    /// The tags with which it is held, and where it was acquired.
    holders: Vec<(usize, Stack)>,
}

/// The locks, by their addresses.
static LOCKS: LazyLock<(Mutex<HashMap<usize, RemoveLock>>, Condvar)> =
    LazyLock::new(Default::default);

/// Any IRQL. The driver's storage is at `lock`.
extern "win64" fn IoInitializeRemoveLockEx(
    lock: usize,
    _tag: u32,
    _minutes: u32,
    _high_watermark: u32,
    _size: u32,
) {
    irql::require_at_most("IoInitializeRemoveLock", Irql::PASSIVE);
    let new = RemoveLock::default();
    show(lock, &new);
    LOCKS.0.lock().insert(lock, new);
}

/// Whether no fault is injected here.
static NEVER_FAILS: AtomicBool = AtomicBool::new(false);

/// From now on no lock fails before the removal of its device: a framework library acquires one for each
/// IRP, also for an `IRP_MJ_CLOSE`, whose lock fails in no Windows.
pub fn acquire_never_fails() {
    NEVER_FAILS.store(true, Ordering::SeqCst);
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn IoAcquireRemoveLockEx(
    lock: usize,
    tag: usize,
    _file: usize,
    _line: u32,
    _size: u32,
) -> NtStatus {
    const NAME: &str = "IoAcquireRemoveLock";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let may_fail = !NEVER_FAILS.load(Ordering::SeqCst);
    if may_fail && fault::inject_one_of(NAME, &[&[DELETE_PENDING]]).is_some() {
        return DELETE_PENDING;
    }
    let mut locks = LOCKS.0.lock();
    let known = of(NAME, &mut locks, lock);
    if known.removed {
        return DELETE_PENDING;
    }
    known.holders.push((tag, Stack::capture()));
    show(lock, known);
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn IoReleaseRemoveLockEx(lock: usize, tag: usize, _size: u32) {
    const NAME: &str = "IoReleaseRemoveLock";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let mut locks = LOCKS.0.lock();
    let known = of(NAME, &mut locks, lock);
    release(NAME, known, tag, 0xD5);
    show(lock, known);
    drop(locks);
    LOCKS.1.notify_all();
}

/// `PASSIVE_LEVEL`. Waits until no other holder is left; a holder that stays stops the machine.
extern "win64" fn IoReleaseRemoveLockAndWaitEx(lock: usize, tag: usize, _size: u32) {
    const NAME: &str = "IoReleaseRemoveLockAndWait";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let mut locks = LOCKS.0.lock();
    let known = of(NAME, &mut locks, lock);
    release(NAME, known, tag, 0xD6);
    known.removed = true;
    show(lock, known);
    while !of(NAME, &mut locks, lock).holders.is_empty() {
        let late = LOCKS
            .1
            .wait_for(&mut locks, watchdog::timeout())
            .timed_out();
        if late {
            let holders = describe(of(NAME, &mut locks, lock));
            watchdog::stop(
                "IoReleaseRemoveLockAndWait waits for its other holders",
                &holders,
            );
        }
    }
    locks.remove(&lock);
}

fn of<'a>(
    name: &str,
    locks: &'a mut HashMap<usize, RemoveLock>,
    lock: usize,
) -> &'a mut RemoveLock {
    locks.get_mut(&lock).unwrap_or_else(|| {
        irql::stop_for_rule(&format!(
            "{name}: there is no remove lock at {lock:#x}: IoInitializeRemoveLock comes first, and \
             nothing comes after IoReleaseRemoveLockAndWait"
        ))
    })
}

/// `other_tag` is Driver Verifier's number for a tag with which the lock is not held.
fn release(name: &str, known: &mut RemoveLock, tag: usize, other_tag: u64) {
    let place = known.holders.iter().position(|(held, _)| *held == tag);
    match place {
        Some(place) => drop(known.holders.remove(place)),
        None => irql::stop_for_numbered_rule(
            other_tag,
            &format!(
                "{name}: the remove lock is not held with the tag {tag:#x}\n{}",
                describe(known)
            ),
        ),
    }
}

fn describe(known: &RemoveLock) -> String {
    let mut text = String::new();
    for (tag, stack) in &known.holders {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "  held with the tag {tag:#x}, acquired here:\n{stack}"
        );
    }
    text
}

/// Writes what a driver may look at.
fn show(lock: usize, known: &RemoveLock) {
    let head = RemoveLockHead {
        removed: known.removed.into(),
        reserved: [0; 3],
        count: i32::try_from(known.holders.len()).unwrap_or(i32::MAX),
    };
    let place = std::ptr::with_exposed_provenance_mut::<RemoveLockHead>(lock);
    // SAFETY: by contract storage for a remove lock, which begins with these members.
    unsafe { place.write(head) };
}
