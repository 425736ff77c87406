//! WDFWAITLOCK: a lock whose owner may wait.

use std::time::Duration;

use abi::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::baton::Baton;
use super::call::Call;
use super::callback;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::lock_order;
use super::object::{Body, Ref};
use super::pointer::{In, Out};
use super::status;
use super::violation::Violation;
use crate::kernel::irql::{self, Irql};

functions! {
    312 DISPATCH WdfWaitLockCreate = create(
        attributes: In<ObjectAttributes>, lock: Out<Handle<WaitLock>>) -> NtStatus;
    313 DISPATCH WdfWaitLockAcquire = acquire(
        lock: Handle<WaitLock>, timeout: In<i64>) -> NtStatus;
    314 DISPATCH WdfWaitLockRelease = release(lock: Handle<WaitLock>);
}

/// A wait lock.
#[derive(Default)]
pub(crate) struct WaitLock {
    baton: Baton,
}

impl Body for WaitLock {
    const KIND: Kind = Kind::WaitLock;

    fn stop(this: &Ref<Self>) {
        lock_order::forget(this.value());
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
    if !take(call, &lock, timeout) {
        return status::TIMEOUT;
    }
    lock_order::taken(lock.value());
    callback::enter_critical_region();
    NtStatus::SUCCESS
}

fn take(call: &Call, lock: &Ref<WaitLock>, timeout: Option<Duration>) -> bool {
    let Some(timeout) = timeout else {
        if lock.baton.is_mine() {
            call.violation(
                Violation::RecursiveLock,
                lock.value(),
                "this thread holds the wait lock already and would wait for itself",
            );
        }
        lock_order::about_to_take(lock.value());
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

/// The time now, in 100 ns since 1601.
fn system_time() -> i64 {
    /// 134,774 days.
    const FROM_1601_TO_1970: Duration = Duration::from_hours(134_774 * 24);
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let ticks = (since_1970 + FROM_1601_TO_1970).as_nanos() / 100;
    i64::try_from(ticks).unwrap_or(i64::MAX)
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
    callback::leave_critical_region();
    lock_order::given(lock.value());
    lock.baton.give();
}
