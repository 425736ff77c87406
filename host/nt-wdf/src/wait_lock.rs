//! WDFWAITLOCK: a lock whose owner may wait.

use std::time::Duration;

use nt_kernel::clock::system_time;
use nt_kernel::critical_regions;
use nt_kernel::irql::Irql;
use nt_kernel::locks::{self, LockKind};
use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfWaitLock, tag};
use crate::object::{Body, HandleTag, ObjectAttributes, ParentRule, Ref, Rules};
use crate::owner_lock::OwnerLock;
use crate::pointer::{In, Out};
use crate::status;
use crate::violation::Violation;

functions! {
    DISPATCH WdfWaitLockCreate = create(
        attributes: In<ObjectAttributes>, lock: Out<WdfWaitLock>) -> NtStatus;
    DISPATCH WdfWaitLockAcquire = acquire(
        lock: WdfWaitLock, timeout: In<i64>) -> NtStatus;
    DISPATCH WdfWaitLockRelease = release(lock: WdfWaitLock);
}

/// A wait lock.
#[derive(Default)]
pub(crate) struct WaitLockBody {
    owner: OwnerLock,
}

impl HandleTag for tag::WaitLock {
    type Body = WaitLockBody;
}

impl Body for WaitLockBody {
    const KIND: Kind = Kind::WaitLock;
    type Tag = tag::WaitLock;

    fn stop(this: &Ref<Self>) {
        if this.owner.is_mine() {
            const RULE: Rule = Rule::named("locks::a_lock_is_deleted_while_it_is_held");
            let taken = locks::where_taken(this.value());
            let words = format!("it is deleted while this thread holds it{taken}");
            this.object()
                .broken(RULE, Violation::InvalidLockOperation, &words);
        }
        locks::forget(this.value());
    }
}

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    lock: Out<WdfWaitLock>,
) -> NtStatus {
    let rules = Rules::plain(ParentRule::Optional);
    call.create(
        attributes,
        rules,
        WaitLockBody::default(),
        lock.required(call, "Lock"),
    )
}

fn acquire(call: &FrameworkCall, lock: WdfWaitLock, timeout: In<i64>) -> NtStatus {
    const WAITS: Rule = Rule::named("irql::a_wait_lock_at_dispatch");
    let lock = call.object(lock, "Lock");
    let timeout = timeout.optional().map(duration);
    if timeout != Some(Duration::ZERO) && !call.is_at_most(Irql::PASSIVE, WAITS) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if !take(call, &lock, timeout) {
        return status::TIMEOUT;
    }
    locks::taken(LockKind::FrameworkWait, lock.value());
    critical_regions::enter();
    NtStatus::SUCCESS
}

fn take(call: &FrameworkCall, lock: &Ref<WaitLockBody>, timeout: Option<Duration>) -> bool {
    let Some(timeout) = timeout else {
        if lock.owner.is_mine() {
            const RULE: Rule = Rule::named("locks::a_wait_lock_is_taken_twice");
            let taken = locks::where_taken(lock.value());
            let words =
                format!("this thread holds the wait lock already and would wait for itself{taken}");
            call.broken(RULE, Violation::RecursiveLock, lock.value(), &words);
        }
        locks::about_to_take(lock.value());
        lock.owner.take();
        return true;
    };
    lock.owner.take_within(timeout)
}

/// A kernel timeout: in 100 ns, negative from now, positive since 1601.
pub(crate) fn duration(timeout: i64) -> Duration {
    let ticks = if timeout > 0 {
        timeout.saturating_sub(system_time())
    } else {
        timeout.saturating_neg()
    };
    Duration::from_nanos(u64::try_from(ticks).unwrap_or(0).saturating_mul(100))
}

fn release(call: &FrameworkCall, lock: WdfWaitLock) {
    let lock = call.object(lock, "Lock");
    if !lock.owner.is_mine() {
        // The enhanced verifier of the framework sees no more than the critical region.
        call.violation(
            Violation::CriticalRegionMismatch,
            lock.value(),
            "this thread does not hold the wait lock",
        );
    }
    critical_regions::leave();
    locks::given(lock.value());
    lock.owner.give();
}
