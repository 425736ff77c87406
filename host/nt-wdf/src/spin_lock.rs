//! WDFSPINLOCK: a lock at `DISPATCH_LEVEL`.

use std::sync::atomic::{AtomicU8, Ordering};

use nt_kernel::irql::{self, Irql};
use nt_kernel::locks::{self, LockKind};
use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfSpinLock, tag};
use crate::object::{Body, HandleTag, ObjectAttributes, ParentRule, Ref, Rules};
use crate::owner_lock::OwnerLock;
use crate::pointer::{In, Out};
use crate::violation::Violation;

functions! {
    DISPATCH WdfSpinLockCreate = create(
        attributes: In<ObjectAttributes>, lock: Out<WdfSpinLock>) -> NtStatus;
    DISPATCH WdfSpinLockAcquire = acquire(lock: WdfSpinLock);
    DISPATCH WdfSpinLockRelease = release(lock: WdfSpinLock);
}

/// A spin lock.
pub(crate) struct SpinLockBody {
    owner: OwnerLock,
    /// The IRQL that a release restores; the owner's.
    old_irql: AtomicU8,
}

impl HandleTag for tag::SpinLock {
    type Body = SpinLockBody;
}

impl Body for SpinLockBody {
    const KIND: Kind = Kind::SpinLock;
    type Tag = tag::SpinLock;

    fn stop(this: &Ref<Self>) {
        if this.owner.is_mine() {
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

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    lock: Out<WdfSpinLock>,
) -> NtStatus {
    let body = SpinLockBody {
        owner: OwnerLock::default(),
        old_irql: AtomicU8::new(Irql::PASSIVE.0),
    };
    let rules = Rules::plain(ParentRule::Optional);
    call.create(attributes, rules, body, lock.required(call, "SpinLock"))
}

fn acquire(call: &FrameworkCall, lock: WdfSpinLock) {
    let lock = call.object(lock, "SpinLock");
    if lock.owner.is_mine() {
        const RULE: Rule = Rule::named("locks::a_framework_spin_lock_is_taken_twice");
        let taken = locks::where_taken(lock.value());
        let words =
            format!("this thread holds the spin lock already and would spin for ever{taken}");
        call.broken(RULE, Violation::RecursiveLock, lock.value(), &words);
    }
    locks::about_to_take(lock.value());
    let old = irql::raise(Irql::DISPATCH);
    lock.owner.take();
    lock.old_irql.store(old.0, Ordering::Relaxed);
    locks::taken(LockKind::FrameworkSpin, lock.value());
}

fn release(call: &FrameworkCall, lock: WdfSpinLock) {
    let lock = call.object(lock, "SpinLock");
    if !lock.owner.is_mine() {
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
    let old = Irql(lock.old_irql.load(Ordering::Relaxed));
    locks::given(lock.value());
    lock.owner.give();
    irql::lower(old);
}
