//! Batches that let others have the lease-table lock between their entries.

extern crate std;

use std::cell::RefCell;
use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, OUTCOME_CANCELLED, OUTCOME_DONE,
};

use super::*;
use crate::leases::LeaseTable;
use crate::lock::{LockOrder, StackLock};
use crate::session::Session;
use crate::stop::StopReason;

/// Three holds of the lock, if others may come between: 64 + 64 + 2.
const ENTRIES: u16 = 130;

/// The lease-table lock of a request, with what happens before it gets the lock for the nth time.
struct WatchedLock<'a> {
    lock: &'a TestLock<LeaseTable>,
    /// The order of each hold so far.
    holds: RefCell<Vec<LockOrder>>,
    before: &'a dyn Fn(usize) -> Option<StopReason>,
}

impl<Stack> StackLock<LeaseTable, Stack> for WatchedLock<'_> {
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut LeaseTable, &mut Stack) -> R) -> R {
        StackLock::with(self.lock, stack, body)
    }

    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut LeaseTable, &mut Stack) -> R,
    ) -> Result<R, StopReason> {
        self.holds.borrow_mut().push(order);
        let hold = self.holds.borrow().len();
        match (self.before)(hold) {
            Some(reason) => Err(reason),
            None => self.lock.with_unless(stack, order, stop, body),
        }
    }
}

/// Serves a batch of leases. Returns it, and in which order it took the lock each time.
fn serve(
    driver: &TestDriver,
    client: &Client,
    flags: u32,
    before: &dyn Fn(usize) -> Option<StopReason>,
) -> (EntryBatch<'static>, Vec<LockOrder>) {
    let entries: Vec<_> = (0..ENTRIES)
        .map(|number| upsert_lease(route(number)))
        .collect();
    let mut batch = EntryBatch::of(flags, &entries);
    let lock = WatchedLock {
        lock: &driver.state.leases,
        holds: RefCell::default(),
        before,
    };
    let session = driver
        .state
        .session(&driver.stack, &client.state, &client.counters);
    let mut session = Session {
        stack: session.stack,
        handle: session.handle,
        leases: &lock,
        watch: session.watch,
        counters: session.counters,
        now: session.now,
    };
    session.apply(&mut batch, NEVER).unwrap();
    (batch, lock.holds.into_inner())
}

#[test]
fn only_a_batch_of_separate_entries_releases_the_lock() {
    use LockOrder::{BehindOthers, MayOvertake};
    for (flags, holds) in [
        (0, &[MayOvertake, BehindOthers, BehindOthers][..]),
        (APPLY_ATOMIC, &[MayOvertake]),
        (APPLY_DRY_RUN, &[MayOvertake]),
        (APPLY_DECLARED_SET, &[MayOvertake]),
    ] {
        let (driver, client) = (TestDriver::default(), Client::default());
        let (_, taken) = serve(&driver, &client, flags, &|_| None);
        assert_eq!(taken, holds, "{flags:#x}");
    }
}

#[test]
fn another_request_is_served_between_two_parts() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let other = Client::default();
    let (batch, _) = serve(&driver, &client, 0, &|hold| {
        if hold == 2 {
            assert_eq!(driver.leases(), 64);
            driver.must(&other, lease(route(100)));
        }
        None
    });
    let answer = batch.wire_answer();
    assert_eq!((answer.applied, answer.failed_index), (129, 100));
    assert_eq!(driver.leases(), 130);
}

#[test]
fn a_batch_cancelled_between_two_parts_keeps_the_first() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let (batch, _) = serve(&driver, &client, 0, &|hold| {
        (hold == 3).then_some(StopReason::Cancelled)
    });
    let answer = batch.wire_answer();
    assert_eq!(answer.outcome, OUTCOME_CANCELLED);
    assert_eq!((answer.applied, answer.failed_index), (128, 128));
    assert_eq!(driver.leases(), 128);
}

#[test]
fn a_batch_takes_no_lease_after_its_handle_was_closed() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let (batch, _) = serve(&driver, &client, 0, &|hold| {
        if hold == 2 {
            driver.close(&client);
        }
        None
    });
    assert_eq!(batch.wire_answer().outcome, OUTCOME_CANCELLED);
    assert_eq!((driver.leases(), driver.handles()), (0, 0));
    assert!(driver.stack.table().is_empty());
}

#[test]
fn a_batch_in_parts_is_answered_as_a_whole() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let (batch, _) = serve(&driver, &client, 0, &|_| None);
    let answer = batch.wire_answer();
    assert_eq!((answer.outcome, answer.applied), (OUTCOME_DONE, 130));
    assert_eq!(batch.changes().created, 130);
}
