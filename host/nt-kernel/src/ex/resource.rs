//! `ERESOURCE`s: locks that several threads share, or one has alone.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::resource_state::{self, ResourceAccess, ResourceState};
use crate::active_objects::{self, ActiveObject};
use crate::bugcheck::{
    self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, RESOURCE_NOT_OWNED, StopCode,
};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::locks::{self, LockKind};
use crate::on_windows::{self, Rule};
use crate::{critical_regions, pool, resource_tracker, thread};

/// Size of an `ERESOURCE`, in bytes.
const SIZE: usize = 0x68;
/// What the resource tracker calls one.
const TRACKED_KIND: &str = "ERESOURCE";
/// Driver Verifier: a resource is acquired, and APCs are not disabled.
const ACQUIRED_WITH_APCS: u64 = 0x37;
/// Driver Verifier: a resource is released, and APCs are not disabled.
const RELEASED_WITH_APCS: u64 = 0x38;
/// Driver Verifier: the resource is not aligned, or none.
const BAD_RESOURCE: u64 = 0x3D;
/// Driver Verifier: a resource is initialised again.
const INITIALIZED_TWICE: u64 = 0xD0;
/// Driver Verifier: what is deleted is no resource.
const DELETED_NONE: u64 = 0xD1;
/// Driver Verifier: the thread has the lock already.
const SELF_DEADLOCK: u64 = 0x1000;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExAcquireResourceExclusiveLite,
        ExAcquireResourceSharedLite,
        ExAcquireSharedStarveExclusive,
        ExAcquireSharedWaitForExclusive,
        ExConvertExclusiveToSharedLite,
        ExDeleteResourceLite,
        ExEnterCriticalRegionAndAcquireResourceExclusive,
        ExEnterCriticalRegionAndAcquireResourceShared,
        ExGetExclusiveWaiterCount,
        ExGetSharedWaiterCount,
        ExInitializeResourceLite,
        ExIsResourceAcquiredExclusiveLite,
        ExIsResourceAcquiredSharedLite,
        ExReinitializeResourceLite,
        ExReleaseResourceAndLeaveCriticalRegion,
        ExReleaseResourceForThreadLite,
        ExReleaseResourceLite,
    ]
}

/// Up to `DISPATCH_LEVEL`. The memory must be resident.
unsafe extern "win64" fn ExInitializeResourceLite(resource: *mut u8) -> NtStatus {
    const NAME: &str = "ExInitializeResourceLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let address = resource.expose_provenance();
    if !address.is_multiple_of(align_of::<usize>()) {
        stop(
            BAD_RESOURCE,
            address,
            format!("{NAME}: the resource is not aligned"),
        );
    }
    pool::require_resident(NAME, address);
    if active_objects::contains(address) {
        let rule = format!("{NAME}: the resource is initialised already, and not deleted");
        stop(INITIALIZED_TWICE, address, rule);
    }
    // SAFETY: by contract storage for a resource.
    unsafe { resource.write_bytes(0, SIZE) };
    locks::forget(address);
    resource_state::insert(address);
    active_objects::insert(address, ActiveObject::Resource);
    resource_tracker::record(TRACKED_KIND, address, "ExDeleteResourceLite ends it");
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ExReinitializeResourceLite(resource: usize) -> NtStatus {
    const NAME: &str = "ExReinitializeResourceLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    require_unowned(NAME, resource);
    resource_state::insert(resource);
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`. No thread owns the resource.
extern "win64" fn ExDeleteResourceLite(resource: usize) -> NtStatus {
    const NAME: &str = "ExDeleteResourceLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    require_unowned(NAME, resource);
    resource_state::remove(resource);
    active_objects::remove(resource);
    resource_tracker::release(TRACKED_KIND, resource);
    NtStatus::SUCCESS
}

/// Up to `APC_LEVEL`, with normal kernel APCs disabled. Whether the thread has the resource.
extern "win64" fn ExAcquireResourceExclusiveLite(resource: usize, wait: u8) -> u8 {
    acquire(
        "ExAcquireResourceExclusiveLite",
        resource,
        ResourceAccess::Exclusive,
        wait,
    )
}

/// As [`ExAcquireResourceExclusiveLite`].
extern "win64" fn ExAcquireResourceSharedLite(resource: usize, wait: u8) -> u8 {
    acquire(
        "ExAcquireResourceSharedLite",
        resource,
        ResourceAccess::Shared,
        wait,
    )
}

/// As [`ExAcquireResourceSharedLite`], before threads that wait for it alone.
extern "win64" fn ExAcquireSharedStarveExclusive(resource: usize, wait: u8) -> u8 {
    let access = ResourceAccess::SharedFirst;
    acquire("ExAcquireSharedStarveExclusive", resource, access, wait)
}

/// As [`ExAcquireResourceSharedLite`], behind threads that wait for it alone, even if this one owns it.
extern "win64" fn ExAcquireSharedWaitForExclusive(resource: usize, wait: u8) -> u8 {
    let access = ResourceAccess::SharedLast;
    acquire("ExAcquireSharedWaitForExclusive", resource, access, wait)
}

/// Up to `APC_LEVEL`.
extern "win64" fn ExEnterCriticalRegionAndAcquireResourceExclusive(resource: usize) -> usize {
    const NAME: &str = "ExEnterCriticalRegionAndAcquireResourceExclusive";
    critical_regions::enter();
    acquire(NAME, resource, ResourceAccess::Exclusive, 1);
    thread::current_object()
}

/// Up to `APC_LEVEL`.
extern "win64" fn ExEnterCriticalRegionAndAcquireResourceShared(resource: usize) -> usize {
    const NAME: &str = "ExEnterCriticalRegionAndAcquireResourceShared";
    critical_regions::enter();
    acquire(NAME, resource, ResourceAccess::Shared, 1);
    thread::current_object()
}

/// Up to `DISPATCH_LEVEL`, with normal kernel APCs disabled.
extern "win64" fn ExReleaseResourceLite(resource: usize) {
    release("ExReleaseResourceLite", resource, thread::current_object());
}

/// As [`ExReleaseResourceLite`], for the thread with this object.
extern "win64" fn ExReleaseResourceForThreadLite(resource: usize, thread: usize) {
    release("ExReleaseResourceForThreadLite", resource, thread);
}

/// As [`ExReleaseResourceLite`].
extern "win64" fn ExReleaseResourceAndLeaveCriticalRegion(resource: usize) {
    const NAME: &str = "ExReleaseResourceAndLeaveCriticalRegion";
    release(NAME, resource, thread::current_object());
    critical_regions::leave();
}

/// Up to `DISPATCH_LEVEL`. The thread shares what it had alone.
extern "win64" fn ExConvertExclusiveToSharedLite(resource: usize) {
    const NAME: &str = "ExConvertExclusiveToSharedLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let me = thread::current_object();
    let converted = with(NAME, resource, |state| state.share(me));
    if !converted {
        stop_not_owned(NAME, resource, me);
    }
    resource_state::wake();
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ExIsResourceAcquiredExclusiveLite(resource: usize) -> u8 {
    const NAME: &str = "ExIsResourceAcquiredExclusiveLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let me = thread::current_object();
    with(NAME, resource, |state| state.is_exclusive_of(me)).into()
}

/// Up to `DISPATCH_LEVEL`. How often the thread has acquired the resource, shared or alone.
extern "win64" fn ExIsResourceAcquiredSharedLite(resource: usize) -> u32 {
    const NAME: &str = "ExIsResourceAcquiredSharedLite";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let me = thread::current_object();
    with(NAME, resource, |state| state.times_of(me))
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ExGetExclusiveWaiterCount(resource: usize) -> u32 {
    const NAME: &str = "ExGetExclusiveWaiterCount";
    irql::require_at_most(NAME, Irql::DISPATCH);
    with(NAME, resource, |state| state.waiters(true))
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ExGetSharedWaiterCount(resource: usize) -> u32 {
    const NAME: &str = "ExGetSharedWaiterCount";
    irql::require_at_most(NAME, Irql::DISPATCH);
    with(NAME, resource, |state| state.waiters(false))
}

fn acquire(function: &'static str, resource: usize, access: ResourceAccess, wait: u8) -> u8 {
    irql::require_at_most(function, Irql::APC);
    require_no_apcs(function, resource, ACQUIRED_WITH_APCS);
    let me = thread::current_object();
    if wait != 0 {
        if with(function, resource, |state| {
            state.waits_for_itself(me, access)
        }) {
            report_wait_for_itself(function, resource);
        }
        if !locks::is_held(resource) {
            locks::about_to_take(resource);
        }
    }
    let acquired = resource_state::acquire(resource, me, access, wait != 0);
    let Some(acquired) = acquired else {
        stop_none(function, resource);
    };
    if acquired && !locks::is_held(resource) {
        locks::taken(LockKind::Resource, resource);
    }
    acquired.into()
}

fn release(function: &'static str, resource: usize, owner: usize) {
    irql::require_at_most(function, Irql::DISPATCH);
    require_no_apcs(function, resource, RELEASED_WITH_APCS);
    let left = with(function, resource, |state| state.release(owner));
    match left {
        None => stop_not_owned(function, resource, owner),
        Some(0) => locks::given(resource),
        Some(_) => {}
    }
    resource_state::wake();
}

/// Runs `read` with the resource's state; stops the machine if it is none.
fn with<R>(function: &str, resource: usize, read: impl FnOnce(&mut ResourceState) -> R) -> R {
    resource_state::with(resource, read).unwrap_or_else(|| stop_none(function, resource))
}

fn require_unowned(function: &str, resource: usize) {
    let Some(is_owned) = resource_state::with(resource, |state| state.is_owned()) else {
        let rule = format!("{function}: no resource is initialised there, or it is deleted");
        stop(DELETED_NONE, resource, rule);
    };
    if is_owned {
        irql::stop_for_rule(&format!(
            "{function}: a thread owns the resource {resource:#x}"
        ));
    }
}

fn require_no_apcs(function: &str, resource: usize, cause: u64) {
    if irql::current() == Irql::PASSIVE && critical_regions::count() == 0 {
        let rule = format!(
            "{function} was called outside of a critical region: KeEnterCriticalRegion comes first"
        );
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [cause, 0, 0, resource as u64],
            rule,
        });
    }
}

/// The thread shares the resource, and waits for it to be its own alone.
fn report_wait_for_itself(function: &str, resource: usize) {
    const RULE: Rule = Rule::named("resources::a_shared_resource_is_acquired_alone");
    let report = BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [SELF_DEADLOCK, resource as u64, 0, 0],
        rule: format!(
            "{function}: this thread shares the resource, and would wait for itself{}",
            locks::where_taken(resource)
        ),
    };
    on_windows::broken(RULE, report);
}

fn stop_none(function: &str, resource: usize) -> ! {
    let rule = format!("{function} was called with what ExInitializeResourceLite has not made");
    stop(BAD_RESOURCE, resource, rule)
}

fn stop_not_owned(function: &str, resource: usize, owner: usize) -> ! {
    const NOT_OWNED: u64 = 2;
    stop_with(
        RESOURCE_NOT_OWNED,
        [resource as u64, owner as u64, 0, NOT_OWNED],
        format!("{function}: the thread {owner:#x} does not own the resource {resource:#x}"),
    )
}

fn stop(cause: u64, resource: usize, rule: String) -> ! {
    let parameters = match cause {
        BAD_RESOURCE => [cause, 0, 0, resource as u64],
        _ => [cause, resource as u64, 0, 0],
    };
    stop_with(DRIVER_VERIFIER_DETECTED_VIOLATION, parameters, rule)
}

fn stop_with(code: StopCode, parameters: [u64; 4], rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code,
        parameters,
        rule,
    })
}
