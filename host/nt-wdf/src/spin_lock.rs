//! WDFSPINLOCK: a lock at `DISPATCH_LEVEL`.

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::baton::Baton;
use super::call::Call;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::{Body, Ref};
use super::pointer::{In, Out};
use super::violation::Violation;
use crate::kernel::irql::{self, Irql};
use crate::kernel::locks::{self, LockKind};

functions! {
    DISPATCH WdfSpinLockCreate = create(
        attributes: In<ObjectAttributes>, lock: Out<Handle<SpinLock>>) -> NtStatus;
    DISPATCH WdfSpinLockAcquire = acquire(lock: Handle<SpinLock>);
    DISPATCH WdfSpinLockRelease = release(lock: Handle<SpinLock>);
}

/// A spin lock.
pub(crate) struct SpinLock {
    baton: Baton,
    /// The IRQL that its holder goes back to.
    old_irql: Mutex<Irql>,
}

impl Body for SpinLock {
    const KIND: Kind = Kind::SpinLock;

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

fn create(call: &Call, attributes: In<ObjectAttributes>, lock: Out<Handle<SpinLock>>) -> NtStatus {
    let body = SpinLock {
        baton: Baton::default(),
        old_irql: Mutex::new(Irql::PASSIVE),
    };
    let rules = Rules::plain(ParentRule::Optional);
    call.create(attributes, rules, body, lock.required(call, "SpinLock"))
}

fn acquire(call: &Call, lock: Handle<SpinLock>) {
    let lock = call.object(lock, "SpinLock");
    if lock.baton.is_mine() {
        call.violation(
            Violation::RecursiveLock,
            lock.value(),
            &format!(
                "this thread holds the spin lock already and would spin for ever{}",
                locks::where_taken(lock.value())
            ),
        );
    }
    locks::about_to_take(lock.value());
    let old = irql::raise(Irql::DISPATCH);
    lock.baton.take();
    *lock.old_irql.lock() = old;
    locks::taken(LockKind::FrameworkSpin, lock.value());
}

fn release(call: &Call, lock: Handle<SpinLock>) {
    let lock = call.object(lock, "SpinLock");
    if !lock.baton.is_mine() {
        call.violation(
            Violation::InvalidLockOperation,
            lock.value(),
            "this thread does not hold the spin lock",
        );
    }
    if irql::current() < Irql::DISPATCH {
        call.violation(
            Violation::InvalidLockOperation,
            lock.value(),
            "the IRQL was lowered while the spin lock was held",
        );
    }
    let old = *lock.old_irql.lock();
    locks::given(lock.value());
    lock.baton.give();
    irql::lower(old);
}
