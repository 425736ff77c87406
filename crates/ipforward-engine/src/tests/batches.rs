//! Batches: wholly or not at all, and each entry with its own answer.

extern crate std;

use std::cell::Cell;
use std::vec::Vec;

use abi::Cause;
use abi::apply::{
    APPLY_ATOMIC, APPLY_DRY_RUN, ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_LEASE,
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_RESULT_ROLLED_BACK,
    ENTRY_RESULT_UNCHANGED, ENTRY_SET, ENTRY_UPSERT, NO_ENTRY, OUTCOME_CANCELLED, OUTCOME_DONE,
    OUTCOME_FAILED, OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK, OUTCOME_WOULD_FAIL,
    OUTCOME_WOULD_SUCCEED,
};

use super::*;
use crate::stop::StopReason;

fn expecting(expected: MibIpForwardRow2, row: MibIpForwardRow2) -> ApplyEntry {
    ApplyEntry {
        expected,
        ..entry(ENTRY_COMPARE_AND_SET, 0, row)
    }
}

fn results(batch: &EntryBatch<'_>) -> Vec<u32> {
    (0..batch.wire_answer().count as usize)
        .map(|index| batch.entry_answer(index).result)
        .collect()
}

/// Sixty-four entries of every kind, all of which succeed on [`prepared`].
fn mixed() -> Vec<ApplyEntry> {
    (0..64)
        .map(|number| {
            let row = route(number);
            match number % 8 {
                0 => entry(ENTRY_CREATE, 0, row),
                1 => lease(row),
                2 => entry(ENTRY_SET, 0, metric(row, 50)),
                3 => delete(row),
                4 => upsert_lease(metric(row, 50)),
                5 => expecting(row, metric(row, 50)),
                6 => entry(ENTRY_UPSERT, 0, row),
                _ => entry(abi::apply::ENTRY_DELETE, ENTRY_LEASE, row),
            }
        })
        .collect()
}

/// A driver with the routes that [`mixed`] changes, some of them leased.
fn prepared(client: &Client) -> TestDriver {
    let driver = TestDriver::default();
    for number in 0..64 {
        match number % 8 {
            0 | 1 => {}
            7 => assert_eq!(
                driver.must(client, lease(route(number))),
                ENTRY_RESULT_CREATED
            ),
            _ => driver.stack.create(&route(number)).unwrap(),
        }
    }
    driver
}

/// What [`mixed`] changes in the end, after `flags` and another `last` entry.
fn changes(flags: u32, last: Option<ApplyEntry>) -> (u64, u64, u64) {
    let client = Client::default();
    let driver = prepared(&client);
    let entries: Vec<_> = mixed().into_iter().chain(last).collect();
    let changes = driver.apply(&client, flags, &entries).changes();
    (changes.created, changes.set, changes.deleted)
}

#[test]
fn a_batch_counts_what_it_changed_and_did_not_undo() {
    let refused = entry(ENTRY_CREATE, 0, route(2));
    assert_eq!(changes(0, None), (16, 24, 16));
    assert_eq!(changes(0, Some(refused)), (16, 24, 16));
    assert_eq!(changes(APPLY_ATOMIC, None), (16, 24, 16));
    assert_eq!(changes(APPLY_ATOMIC, Some(refused)), (0, 0, 0));
    assert_eq!(changes(APPLY_DRY_RUN, None), (0, 0, 0));
}

#[test]
fn each_operation_says_what_it_did_and_what_was_there() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let row = route(1);
    let batch = driver.apply(
        &client,
        0,
        &[
            entry(ENTRY_UPSERT, 0, row),
            entry(ENTRY_UPSERT, 0, row),
            entry(ENTRY_UPSERT, 0, metric(row, 6)),
            entry(ENTRY_SET, 0, metric(row, 7)),
            expecting(metric(row, 7), metric(row, 8)),
            delete(row),
            entry(ENTRY_CREATE, 0, row),
        ],
    );
    let expected = [
        ENTRY_RESULT_CREATED,
        ENTRY_RESULT_UNCHANGED,
        ENTRY_RESULT_REPLACED,
        ENTRY_RESULT_CHANGED,
        ENTRY_RESULT_CHANGED,
        ENTRY_RESULT_DELETED,
        ENTRY_RESULT_CREATED,
    ];
    assert_eq!(results(&batch), expected);
    let old: Vec<_> = (0..7)
        .map(|index| batch.entry_answer(index).old.metric)
        .collect();
    assert_eq!(old, [0, 0, 5, 6, 7, 8, 0]);
    let answer = batch.wire_answer();
    assert_eq!((answer.outcome, answer.applied), (OUTCOME_DONE, 7));
    assert_eq!(answer.failed_index, NO_ENTRY);
}

#[test]
fn a_failure_says_why_and_what_is_in_the_way() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    let batch = driver.apply(
        &client,
        0,
        &[
            entry(ENTRY_CREATE, 0, metric(route(1), 9)),
            expecting(metric(route(1), 9), route(1)),
            entry(ENTRY_SET, 0, route(2)),
            entry(ENTRY_CREATE, 0, route(3)),
        ],
    );
    let duplicate = batch.entry_answer(0);
    assert_eq!(
        NtStatus::new(duplicate.status),
        NtStatus::DUPLICATE_OBJECTID
    );
    assert_eq!(
        (
            Cause(duplicate.cause),
            duplicate.old.metric,
            duplicate.result
        ),
        (Cause::DUPLICATE, 5, ENTRY_RESULT_NONE)
    );
    let mismatch = batch.entry_answer(1);
    assert_eq!(NtStatus::new(mismatch.status), NtStatus::REVISION_MISMATCH);
    assert_eq!(mismatch.old.metric, 5);
    assert_eq!(
        NtStatus::new(batch.entry_answer(2).status),
        NtStatus::NOT_FOUND
    );
    let answer = batch.wire_answer();
    assert_eq!((answer.outcome, answer.failed_index), (OUTCOME_FAILED, 0));
    assert_eq!(answer.applied, 1);
    assert!(driver.stack.has(&route(3)));
}

#[test]
fn an_atomic_batch_happens_wholly() {
    let client = Client::default();
    let driver = prepared(&client);
    let batch = driver.apply(&client, APPLY_ATOMIC, &mixed());
    assert_eq!(batch.wire_answer().outcome, OUTCOME_DONE);
    assert_eq!(batch.wire_answer().applied, 64);
}

#[test]
fn an_atomic_batch_with_a_failure_happens_not_at_all() {
    let client = Client::default();
    let driver = prepared(&client);
    let before = driver.stack.table();
    let mut entries = mixed();
    entries.push(entry(ENTRY_SET, 0, route(999)));
    entries.push(entry(ENTRY_CREATE, 0, route(998)));
    let batch = driver.apply(&client, APPLY_ATOMIC, &entries);
    let answer = batch.wire_answer();
    assert_eq!(
        (answer.outcome, answer.failed_index),
        (OUTCOME_ROLLED_BACK, 64)
    );
    assert_eq!((answer.applied, answer.undo_failures), (0, 0));
    assert!(
        results(&batch)[..64]
            .iter()
            .all(|result| *result == ENTRY_RESULT_ROLLED_BACK)
    );
    let not_its_turn = NtStatus::new(batch.entry_answer(65).status);
    assert_eq!(not_its_turn, NtStatus::CANCELLED);
    assert_eq!(driver.stack.table(), before);
}

#[test]
fn undo_restores_the_lease_table_too() {
    let client = Client::default();
    let driver = prepared(&client);
    let leased = driver.leases();
    let mut entries = mixed();
    entries.push(entry(ENTRY_SET, 0, route(999)));
    let batch = driver.apply(&client, APPLY_ATOMIC, &entries);
    assert_eq!(batch.wire_answer().outcome, OUTCOME_ROLLED_BACK);
    assert_eq!(driver.leases(), leased);
    driver.stack.notifications();
    assert!(!driver.close(&client));
    let order: Vec<_> = driver
        .stack
        .notifications()
        .iter()
        .map(|(_, row)| FakeStack::default_key(row))
        .collect();
    let reverse: Vec<_> = (0..64)
        .rev()
        .filter(|number| number % 8 == 7)
        .map(|number| FakeStack::default_key(&route(number)))
        .collect();
    assert_eq!(order, reverse);
}

#[test]
fn a_failed_call_is_undone_or_the_answer_names_what_is_not() {
    for failures in [1, 2, u64::MAX] {
        for call in 0.. {
            let client = Client::default();
            let driver = prepared(&client);
            let (before, leased) = (driver.stack.table(), driver.leases());
            driver.stack.fail(call, failures);
            let batch = driver.apply(&client, APPLY_ATOMIC, &mixed());
            let failed = driver.stack.heal();
            let outcome = batch.wire_answer().outcome;
            let (not_undone, unsaid) = differences(&batch, &before, &driver);
            assert_eq!(unsaid, 0, "call {call}");
            match outcome {
                OUTCOME_DONE => assert_eq!(batch.wire_answer().applied, 64),
                OUTCOME_ROLLED_BACK => {
                    assert_eq!(driver.stack.table(), before, "call {call}");
                    assert_eq!(driver.leases(), leased);
                }
                other => {
                    assert_eq!(other, OUTCOME_PARTIALLY_ROLLED_BACK, "call {call}");
                    assert_ne!(not_undone, 0);
                }
            }
            assert_eq!(batch.wire_answer().undo_failures, not_undone);
            if failures < 3 {
                assert_ne!(
                    outcome, OUTCOME_PARTIALLY_ROLLED_BACK,
                    "undoing is tried again"
                );
            }
            if !failed {
                break;
            }
        }
    }
}

/// Entries that say that they are not undone; and routes that are not as before although no entry
/// says so.
fn differences(
    batch: &EntryBatch<'_>,
    before: &std::collections::BTreeMap<crate::route_key::RouteKey, MibIpForwardRow2>,
    driver: &TestDriver,
) -> (u32, usize) {
    if batch.wire_answer().outcome == OUTCOME_DONE {
        return (0, 0);
    }
    let after = driver.stack.table();
    let said: Vec<_> = results(batch)
        .into_iter()
        .zip(mixed())
        .enumerate()
        .filter(|(_, (result, _))| *result == ENTRY_RESULT_ROLLBACK_FAILED)
        .map(|(index, (_, entry))| {
            assert_ne!(batch.entry_answer(index).undo_status, 0);
            FakeStack::default_key(&entry.row)
        })
        .collect();
    let unsaid = before
        .keys()
        .chain(after.keys())
        .filter(|key| before.get(key) != after.get(key) && !said.contains(key))
        .count();
    (u32::try_from(said.len()).unwrap(), unsaid)
}

#[test]
fn a_route_whose_undoing_failed_still_goes_with_its_handle() {
    let (driver, client) = (TestDriver::default(), Client::default());
    // interface, create, read back; get of the set, its diagnosis; then every deletion.
    driver.stack.fail(3, u64::MAX);
    let entries = [lease(route(1)), entry(ENTRY_SET, 0, route(2))];
    let batch = driver.apply(&client, APPLY_ATOMIC, &entries);
    driver.stack.heal();
    assert_eq!(batch.wire_answer().outcome, OUTCOME_PARTIALLY_ROLLED_BACK);
    assert_eq!(
        results(&batch),
        [ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_RESULT_NONE]
    );
    assert!(driver.stack.has(&route(1)));
    assert!(!driver.close(&client));
    assert!(!driver.stack.has(&route(1)));
}

#[test]
fn a_batch_that_has_to_end_stops_between_entries() {
    let reasons = [StopReason::Cancelled, StopReason::ThreadTerminating];
    for (flags, left, reason) in [(0, 3), (APPLY_ATOMIC, 0)]
        .into_iter()
        .flat_map(|(flags, left)| reasons.map(|reason| (flags, left, reason)))
    {
        let (driver, client) = (TestDriver::default(), Client::default());
        let entries: Vec<_> = (0..5).map(|number| lease(route(number))).collect();
        let asked = Cell::new(0);
        let batch = driver.apply_while(&client, flags, &entries, &|| {
            asked.set(asked.get() + 1);
            (asked.get() > 3).then_some(reason)
        });
        let answer = batch.wire_answer();
        assert_eq!(
            (answer.outcome, answer.failed_index),
            (OUTCOME_CANCELLED, 3)
        );
        assert_eq!(answer.applied, left);
        assert_eq!(driver.stack.table().len(), left as usize);
        assert_eq!(driver.leases(), left);
    }
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    for flags in [0, APPLY_ATOMIC] {
        let (client, other) = (Client::default(), Client::default());
        let (trial, done) = (prepared(&client), prepared(&other));
        let before = trial.stack.table();
        let leased = trial.leases();
        let writes = trial.stack.writes();
        let dry = trial.apply(&client, APPLY_DRY_RUN | flags, &mixed());
        assert_eq!(trial.stack.table(), before);
        assert_eq!(trial.stack.writes(), writes);
        assert_eq!(trial.leases(), leased);
        assert_eq!(dry.wire_answer().outcome, OUTCOME_WOULD_SUCCEED);
        let wet = done.apply(&other, flags, &mixed());
        assert_eq!(results(&dry), results(&wet));
    }
}

#[test]
fn a_dry_run_sees_what_its_own_entries_would_have_done() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let batch = driver.apply(
        &client,
        APPLY_DRY_RUN,
        &[
            entry(ENTRY_CREATE, 0, route(1)),
            entry(ENTRY_CREATE, 0, route(1)),
            delete(route(1)),
            delete(route(1)),
        ],
    );
    let statuses: Vec<_> = (0..4)
        .map(|index| NtStatus::new(batch.entry_answer(index).status))
        .collect();
    let expected = [
        NtStatus::SUCCESS,
        NtStatus::DUPLICATE_OBJECTID,
        NtStatus::SUCCESS,
        NtStatus::NOT_FOUND,
    ];
    assert_eq!(statuses, expected);
    assert_eq!(batch.wire_answer().outcome, OUTCOME_WOULD_FAIL);
}

/// What another program does to the first of two routes that a batch makes, before its third entry
/// fails.
fn undone_after(meddle: impl Fn(&TestDriver)) -> (TestDriver, EntryBatch<'static>) {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&metric(route(2), 77)).unwrap();
    let entries = [
        entry(ENTRY_UPSERT, 0, route(1)),
        entry(ENTRY_UPSERT, 0, route(2)),
        entry(ENTRY_SET, 0, route(3)),
    ];
    let asked = Cell::new(0);
    let before_the_third = || {
        asked.set(asked.get() + 1);
        if asked.get() == 3 {
            meddle(&driver);
        }
        None
    };
    let batch = driver.apply_while(&client, APPLY_ATOMIC, &entries, &before_the_third);
    (driver, batch)
}

#[test]
fn undo_leaves_foreign_changes_and_reports_them() {
    for (meddled, number) in [(route(1), 0), (route(2), 1)] {
        let (driver, batch) = undone_after(|driver| {
            driver.stack.set(&metric(meddled, 99)).unwrap();
        });
        assert_eq!(batch.wire_answer().outcome, OUTCOME_PARTIALLY_ROLLED_BACK);
        assert_eq!(batch.wire_answer().undo_failures, 1);
        let answer = batch.entry_answer(number);
        assert_eq!(answer.result, ENTRY_RESULT_ROLLBACK_FAILED);
        assert_eq!(answer.undo_status, NtStatus::REVISION_MISMATCH.bits());
        assert_eq!(driver.stack.get(&meddled).unwrap().metric, 99);
        assert_eq!(
            batch.entry_answer(1 - number).result,
            ENTRY_RESULT_ROLLED_BACK
        );
    }
}

#[test]
fn a_route_that_was_deleted_meanwhile_needs_no_undo() {
    let (driver, batch) = undone_after(|driver| driver.stack.delete(&route(1)).unwrap());
    assert_eq!(batch.wire_answer().outcome, OUTCOME_ROLLED_BACK);
    assert!(!driver.stack.has(&route(1)));
    assert_eq!(driver.stack.get(&route(2)).unwrap().metric, 77);
}
