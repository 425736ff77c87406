//! WDFWAITLOCK: a lock whose owner may wait.

use std::time::Duration;

use nt_types::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::baton::Baton;
use super::call::Call;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::{Body, Ref};
use super::pointer::{In, Out};
use super::status;
use super::violation::Violation;
use crate::kernel::clock::system_time;
use crate::kernel::critical_regions;
use crate::kernel::irql::{self, Irql};
use crate::kernel::locks::{self, LockKind};

functions! {
    DISPATCH WdfWaitLockCreate = create(
        attributes: In<ObjectAttributes>, lock: Out<Handle<WaitLock>>) -> NtStatus;
    DISPATCH WdfWaitLockAcquire = acquire(
        lock: Handle<WaitLock>, timeout: In<i64>) -> NtStatus;
    DISPATCH WdfWaitLockRelease = release(lock: Handle<WaitLock>);
}

/// A wait lock.
#[derive(Default)]
pub(crate) struct WaitLock {
    baton: Baton,
}

impl Body for WaitLock {
    const KIND: Kind = Kind::WaitLock;

    fn stop(this: &Ref<Self>) {
        if this.baton.is_mine() {
            this.object().violation(
                Violation::InvalidLockOperation,
                &format!(
                    "it is deleted while this thread holds it{}",
                    locks::where_taken(this.value())
                ),
            );
        }
        locks::forget(this.value());
    }
}

fn create(call: &Call, attributes: In<ObjectAttributes>, lock: Out<Handle<WaitLock>>) -> NtStatus {
    let rules = Rules::plain(ParentRule::Optional);
    call.create(
        attributes,
        rules,
        WaitLock::default(),
        lock.required(call, "Lock"),
    )
}

fn acquire(call: &Call, lock: Handle<WaitLock>, timeout: In<i64>) -> NtStatus {
    let lock = call.object(lock, "Lock");
    let timeout = timeout.optional().map(duration);
    if timeout != Some(Duration::ZERO) {
        irql::require_at_most(call.function, Irql::PASSIVE);
    }
    // Without a limit it always succeeds.
    let times_out = timeout.is_some() && call.fails().is_some();
    if times_out || !take(call, &lock, timeout) {
        return status::TIMEOUT;
    }
    locks::taken(LockKind::FrameworkWait, lock.value());
    critical_regions::enter();
    NtStatus::SUCCESS
}

fn take(call: &Call, lock: &Ref<WaitLock>, timeout: Option<Duration>) -> bool {
    let Some(timeout) = timeout else {
        if lock.baton.is_mine() {
            call.violation(
                Violation::RecursiveLock,
                lock.value(),
                &format!(
                    "this thread holds the wait lock already and would wait for itself{}",
                    locks::where_taken(lock.value())
                ),
            );
        }
        locks::about_to_take(lock.value());
        lock.baton.take();
        return true;
    };
    lock.baton.take_within(timeout)
}

/// A kernel timeout: in 100 ns, negative from now, positive since 1601.
pub(super) fn duration(timeout: i64) -> Duration {
    let ticks = if timeout > 0 {
        timeout.saturating_sub(system_time())
    } else {
        timeout.saturating_neg()
    };
    Duration::from_nanos(u64::try_from(ticks).unwrap_or(0).saturating_mul(100))
}

fn release(call: &Call, lock: Handle<WaitLock>) {
    let lock = call.object(lock, "Lock");
    if !lock.baton.is_mine() {
        call.violation(
            Violation::InvalidLockOperation,
            lock.value(),
            "this thread does not hold the wait lock",
        );
    }
    critical_regions::leave();
    locks::given(lock.value());
    lock.baton.give();
}
