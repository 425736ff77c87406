//! Declared sets: after one, a handle leases exactly the routes of the set.

extern crate std;

use std::boxed::Box;
use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE, ENTRY_GUARD,
    ENTRY_RESULT_UNCHANGED, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_ROLLED_BACK,
    OUTCOME_WOULD_SUCCEED,
};

use super::*;

const SET: u32 = APPLY_DECLARED_SET;

/// The first, a middle and the last of several pages.
const FIRST: u32 = SET | APPLY_MORE;
const MIDDLE: u32 = SET | APPLY_CONTINUES | APPLY_MORE;
const LAST: u32 = SET | APPLY_CONTINUES;

fn set(numbers: impl IntoIterator<Item = u16>) -> Vec<ApplyEntry> {
    numbers
        .into_iter()
        .map(|number| upsert_lease(route(number)))
        .collect()
}

/// A route that the stack refuses.
fn bad(number: u16) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        preferred_lifetime: 2,
        valid_lifetime: 1,
        ..route(number)
    }
}

fn holds(driver: &TestDriver, numbers: impl IntoIterator<Item = u16>) -> bool {
    let numbers: Vec<_> = numbers.into_iter().collect();
    driver.stack.table().len() == numbers.len()
        && numbers
            .iter()
            .all(|number| driver.stack.has(&route(*number)))
}

#[test]
fn what_is_declared_comes_and_what_is_not_goes() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..10));
    assert!(holds(&driver, 0..10));
    let batch = driver.apply(&client, SET, &set(5..12));
    assert!(holds(&driver, 5..12));
    let answer = batch.wire_answer();
    assert_eq!(
        (answer.outcome, answer.applied, answer.ended),
        (OUTCOME_DONE, 7, 5)
    );
    driver.apply(&client, SET, &[]);
    assert!(holds(&driver, []));
}

#[test]
fn the_ends_of_a_declared_set_are_counted_once() {
    for (flags, deleted) in [(SET, 5), (SET | APPLY_ATOMIC, 5), (SET | APPLY_DRY_RUN, 0)] {
        let (driver, client) = (TestDriver::default(), Client::default());
        driver.apply(&client, SET, &set(0..10));
        let batch = driver.apply(&client, flags, &set(5..15));
        let answer = batch.wire_answer();
        assert_eq!((answer.applied, answer.ended), (10, 5), "{flags}");
        assert_eq!(batch.changes().deleted, deleted, "{flags}");
    }
}

#[test]
fn a_dry_run_of_an_empty_set_names_each_of_many_ends() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..4_096));
    let batch = driver.apply(&client, SET | APPLY_DRY_RUN, &[]);
    assert_eq!(batch.wire_answer().ended, 4_096);
    assert!(holds(&driver, 0..4_096));
}

#[test]
fn an_equal_set_writes_nothing() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..100));
    let writes = driver.stack.writes();
    driver.stack.notifications();
    let batch = driver.apply(&client, SET, &set((0..100).rev()));
    assert!((0..100).all(|index| batch.entry_answer(index).result == ENTRY_RESULT_UNCHANGED));
    assert_eq!(driver.stack.writes(), writes);
    assert!(driver.stack.notifications().is_empty());
}

#[test]
fn what_others_hold_is_not_touched() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&other, lease(route(1)));
    driver.stack.create(&route(2)).unwrap();
    driver.apply(&client, SET, &set(3..5));
    driver.apply(&client, SET, &[]);
    assert!(holds(&driver, 1..3));
}

#[test]
fn leases_end_with_the_last_page_of_a_set() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..10));
    driver.apply(&client, FIRST, &set(5..8));
    assert!(holds(&driver, 0..10));
    driver.apply(&client, MIDDLE, &set(10..12));
    let batch = driver.apply(&client, LAST, &set(9..10));
    assert!(holds(&driver, [5, 6, 7, 9, 10, 11]));
    assert_eq!(batch.wire_answer().ended, 6);
}

#[test]
fn a_set_with_a_failure_ends_nothing() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..3));
    let batch = driver.apply(&client, FIRST, &[upsert_lease(bad(9))]);
    assert_eq!(batch.wire_answer().outcome, OUTCOME_FAILED);
    driver.apply(&client, LAST, &set(3..4));
    assert!(holds(&driver, 0..4));
    // The next set is a new one.
    driver.apply(&client, SET, &set(3..4));
    assert!(holds(&driver, 3..4));
}

#[test]
fn a_page_that_begins_a_set_gives_up_the_one_that_broke_off() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..3));
    driver.apply(&client, FIRST, &set(3..5));
    assert!(holds(&driver, 0..5));
    // The last page of that set was never sent. The next set ends the routes of its first page,
    // too.
    let batch = driver.apply(&client, SET, &set(1..2));
    assert!(holds(&driver, 1..2));
    assert_eq!(batch.wire_answer().ended, 4);
}

#[test]
fn a_set_that_failed_is_begun_anew_by_its_first_page() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..3));
    driver.apply(&client, FIRST, &[upsert_lease(bad(9))]);
    driver.apply(&client, FIRST, &set(3..4));
    driver.apply(&client, LAST, &set(4..5));
    assert!(holds(&driver, 3..5));
}

#[test]
fn a_page_of_no_set_is_out_of_sequence_and_ends_nothing() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let out_of_sequence = |flags| {
        let page = Command::Apply(EntryBatch::of(flags, &set(7..8)));
        let refused = driver.serve(&client, page, &mut [0; 256]);
        assert_eq!(refused, Err(NtStatus::REQUEST_OUT_OF_SEQUENCE.into()));
    };
    out_of_sequence(LAST);
    driver.apply(&client, FIRST, &set(0..2));
    out_of_sequence(SET | APPLY_DRY_RUN);
    driver.apply(&client, LAST, &set(2..3));
    out_of_sequence(MIDDLE);
    // An atomic page that fails gives its set up: the pages behind it must not pass for a whole.
    driver.apply(&client, FIRST, &set(0..3));
    let failing = [upsert_lease(bad(9))];
    let batch = driver.apply(&client, MIDDLE | APPLY_ATOMIC, &failing);
    assert_eq!(batch.wire_answer().outcome, OUTCOME_ROLLED_BACK);
    out_of_sequence(LAST);
    assert!(holds(&driver, 0..3));
}

#[test]
fn a_covering_route_exists_at_every_step_of_a_change() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let via = |hop: u8| {
        let mut row = route(1);
        row.next_hop.ipv4_or_flow = [192, 0, 2, hop];
        row
    };
    driver.apply(&client, SET, &[upsert_lease(via(1))]);
    let covered = FakeStack::default_key(&route(1)).row().destination_prefix;
    driver.stack.set_probe(Some(Box::new(move |table| {
        assert!(table.keys().any(|key| key.lies_in(&covered)));
    })));
    for hop in [2, 3, 1, 1, 4] {
        for flags in [SET, SET | APPLY_ATOMIC] {
            driver.apply(
                &client,
                flags,
                &[upsert_lease(metric(via(hop), hop.into()))],
            );
            assert_eq!(driver.stack.table().len(), 1);
        }
    }
    driver.stack.set_probe(None);
}

#[test]
fn an_atomic_set_whose_call_fails_leaves_all_as_it_was() {
    for call in 0.. {
        let (driver, client) = (TestDriver::default(), Client::default());
        driver.apply(&client, SET, &set(0..10));
        let before = driver.stack.table();
        driver.stack.fail(call, 1);
        let batch = driver.apply(&client, SET | APPLY_ATOMIC, &set(5..15));
        let failed = driver.stack.heal();
        match batch.wire_answer().outcome {
            OUTCOME_DONE => assert!(holds(&driver, 5..15)),
            other => {
                assert_eq!(other, OUTCOME_ROLLED_BACK, "call {call}");
                assert_eq!(driver.stack.table(), before);
                assert_eq!((driver.leases(), batch.wire_answer().ended), (10, 0));
            }
        }
        if !failed {
            break;
        }
    }
}

#[test]
fn a_dry_run_of_a_set_says_how_many_leases_would_end() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..10));
    let writes = driver.stack.writes();
    let batch = driver.apply(&client, SET | APPLY_DRY_RUN, &set(5..15));
    assert_eq!(batch.wire_answer().outcome, OUTCOME_WOULD_SUCCEED);
    assert_eq!(batch.wire_answer().ended, 5);
    assert_eq!(driver.stack.writes(), writes);
    assert_eq!(driver.leases(), 10);
    driver.apply(&client, SET, &set(0..10));
    assert_eq!(driver.stack.writes(), writes);
}

#[test]
fn a_set_can_take_a_guard_on_without_a_write() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(1..2));
    let writes = driver.stack.writes();
    let guarded = entry(ENTRY_UPSERT, ENTRY_LEASE | ENTRY_GUARD, route(1));
    driver.apply(&client, SET, &[guarded]);
    assert_eq!(driver.stack.writes(), writes);
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert!(driver.stack.has(&route(1)));
}
