//! The locks that the engine needs from the driver.
//!
//! A lock takes a context from its caller, usually the network stack. A lock that is held at
//! `DISPATCH_LEVEL` keeps the context while it is held, so that the stack cannot be called inside.

use crate::stop::{StopCheck, StopReason};

/// Exclusive access to a value, for the time of a call.
pub trait Lock<T, Context> {
    /// Runs `body` while no other thread has the value. `body` must not take the same lock.
    fn with<R>(&self, context: &mut Context, body: impl FnOnce(&mut T) -> R) -> R;
}

/// Which threads get a lock first, if several wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockOrder {
    /// A running thread may take a lock that was just released before a waiting thread has woken.
    MayOvertake,
    /// A thread that had the lock before takes it again behind those that wait for it.
    BehindOthers,
}

/// Exclusive access to a value, under which the network stack may be called. A thread may hold it
/// for long.
pub trait StackLock<T, Stack> {
    /// Runs `body` while no other thread has the value, behind the threads that wait for it. `body`
    /// must not take the same lock.
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut T, &mut Stack) -> R) -> R;

    /// As [`with`](Self::with), but in this order, and waits no longer than until `stop` gives a
    /// reason.
    ///
    /// # Errors
    ///
    /// The reason; `body` was not run.
    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut T, &mut Stack) -> R,
    ) -> Result<R, StopReason>;
}
