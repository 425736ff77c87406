//! Batches that let others have the lease-table lock between their entries.

extern crate std;

use std::cell::Cell;
use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, OUTCOME_CANCELLED, OUTCOME_DONE,
};

use super::*;
use crate::leases::LeaseTable;
use crate::lock::StackLock;
use crate::session::Session;
use crate::stop::StopReason;

/// Three holds of the lock, if others may come between: 64 + 64 + 2.
const ENTRIES: u16 = 130;

/// The lease-table lock of a request, with what happens before it gets the lock for the nth time.
struct WatchedLock<'a> {
    lock: &'a TestLock<LeaseTable>,
    holds: Cell<u32>,
    before: &'a dyn Fn(u32) -> Option<StopReason>,
}

impl<Stack> StackLock<LeaseTable, Stack> for WatchedLock<'_> {
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut LeaseTable, &mut Stack) -> R) -> R {
        StackLock::with(self.lock, stack, body)
    }

    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut LeaseTable, &mut Stack) -> R,
    ) -> Result<R, StopReason> {
        self.holds.set(self.holds.get() + 1);
        match (self.before)(self.holds.get()) {
            Some(reason) => Err(reason),
            None => self.lock.with_unless(stack, stop, body),
        }
    }
}

/// Serves a batch of leases. Returns it, and how often it took the lock.
fn serve(
    driver: &TestDriver,
    client: &Client,
    flags: u32,
    before: &dyn Fn(u32) -> Option<StopReason>,
) -> (EntryBatch<'static>, u32) {
    let entries: Vec<_> = (0..ENTRIES)
        .map(|number| upsert_lease(route(number)))
        .collect();
    let mut batch = EntryBatch::of(flags, &entries);
    let lock = WatchedLock {
        lock: &driver.state.leases,
        holds: Cell::new(0),
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
    (batch, lock.holds.get())
}

#[test]
fn only_a_batch_of_separate_entries_releases_the_lock() {
    for (flags, holds) in [
        (0, 3),
        (APPLY_ATOMIC, 1),
        (APPLY_DRY_RUN, 1),
        (APPLY_DECLARED_SET, 1),
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
