//! Declared sets: what a handle wants to hold, and nothing else.

extern crate std;

use std::boxed::Box;
use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE, ENTRY_GUARD,
    ENTRY_RESULT_UNCHANGED, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_ROLLED_BACK,
    OUTCOME_WOULD_SUCCEED,
};

use super::*;
use crate::network_stack::NetworkStack;

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

fn holds(machine: &Machine, numbers: impl IntoIterator<Item = u16>) -> bool {
    let numbers: Vec<_> = numbers.into_iter().collect();
    machine.stack.table().len() == numbers.len()
        && numbers
            .iter()
            .all(|number| machine.stack.has(&route(*number)))
}

#[test]
fn what_is_declared_comes_and_what_is_not_goes() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..10));
    assert!(holds(&machine, 0..10));
    let batch = machine.apply(&client, SET, &set(5..12));
    assert!(holds(&machine, 5..12));
    let answer = batch.answer();
    assert_eq!(
        (answer.outcome, answer.applied, answer.ended),
        (OUTCOME_DONE, 7, 5)
    );
    machine.apply(&client, SET, &[]);
    assert!(holds(&machine, []));
}

#[test]
fn an_equal_set_writes_nothing() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..100));
    let writes = machine.stack.writes.get();
    machine.stack.notifications();
    let batch = machine.apply(&client, SET, &set((0..100).rev()));
    assert!((0..100).all(|index| batch.entry_answer(index).result == ENTRY_RESULT_UNCHANGED));
    assert_eq!(machine.stack.writes.get(), writes);
    assert!(machine.stack.notifications().is_empty());
}

#[test]
fn what_others_hold_is_not_touched() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&other, lease(route(1)));
    machine.stack.create(&route(2)).unwrap();
    machine.apply(&client, SET, &set(3..5));
    machine.apply(&client, SET, &[]);
    assert!(holds(&machine, 1..3));
}

#[test]
fn leases_end_with_the_last_page_of_a_set() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..10));
    machine.apply(&client, FIRST, &set(5..8));
    assert!(holds(&machine, 0..10));
    machine.apply(&client, MIDDLE, &set(10..12));
    let batch = machine.apply(&client, LAST, &set(9..10));
    assert!(holds(&machine, [5, 6, 7, 9, 10, 11]));
    assert_eq!(batch.answer().ended, 6);
}

#[test]
fn a_set_with_a_failure_ends_nothing() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..3));
    let batch = machine.apply(&client, FIRST, &[upsert_lease(bad(9))]);
    assert_eq!(batch.answer().outcome, OUTCOME_FAILED);
    machine.apply(&client, LAST, &set(3..4));
    assert!(holds(&machine, 0..4));
    // The next set is a new one.
    machine.apply(&client, SET, &set(3..4));
    assert!(holds(&machine, 3..4));
}

#[test]
fn a_page_that_begins_a_set_gives_up_the_one_that_broke_off() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..3));
    machine.apply(&client, FIRST, &set(3..5));
    assert!(holds(&machine, 0..5));
    // The rest of it never came: what it added goes with all else that is not in the next one.
    let batch = machine.apply(&client, SET, &set(1..2));
    assert!(holds(&machine, 1..2));
    assert_eq!(batch.answer().ended, 4);
}

#[test]
fn a_set_that_failed_is_begun_anew_by_its_first_page() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..3));
    machine.apply(&client, FIRST, &[upsert_lease(bad(9))]);
    machine.apply(&client, FIRST, &set(3..4));
    machine.apply(&client, LAST, &set(4..5));
    assert!(holds(&machine, 3..5));
}

#[test]
fn a_page_of_no_set_is_out_of_sequence_and_ends_nothing() {
    let (machine, client) = (Machine::default(), Client::default());
    let out_of_sequence = |flags| {
        let page = Command::Apply(Batch::of(flags, &set(7..8)));
        let refused = machine.serve(&client, page, &mut [0; 256]);
        assert_eq!(refused, Err(NtStatus::REQUEST_OUT_OF_SEQUENCE));
    };
    out_of_sequence(LAST);
    machine.apply(&client, FIRST, &set(0..2));
    out_of_sequence(SET | APPLY_DRY_RUN);
    machine.apply(&client, LAST, &set(2..3));
    out_of_sequence(MIDDLE);
    // An atomic page that fails gives its set up: the pages behind it must not pass for a whole.
    machine.apply(&client, FIRST, &set(0..3));
    let failing = [upsert_lease(bad(9))];
    let batch = machine.apply(&client, MIDDLE | APPLY_ATOMIC, &failing);
    assert_eq!(batch.answer().outcome, OUTCOME_ROLLED_BACK);
    out_of_sequence(LAST);
    assert!(holds(&machine, 0..3));
}

#[test]
fn a_covering_route_exists_at_every_step_of_a_change() {
    let (machine, client) = (Machine::default(), Client::default());
    let via = |hop: u8| {
        let mut row = route(1);
        row.next_hop.ipv4_or_flow = [192, 0, 2, hop];
        row
    };
    machine.apply(&client, SET, &[upsert_lease(via(1))]);
    let covered = ModelStack::key(&route(1)).row().destination_prefix;
    *machine.stack.probe.borrow_mut() = Some(Box::new(move |table| {
        assert!(table.keys().any(|key| key.lies_in(&covered)));
    }));
    for hop in [2, 3, 1, 1, 4] {
        for flags in [SET, SET | APPLY_ATOMIC] {
            machine.apply(
                &client,
                flags,
                &[upsert_lease(metric(via(hop), hop.into()))],
            );
            assert_eq!(machine.stack.table().len(), 1);
        }
    }
    *machine.stack.probe.borrow_mut() = None;
}

#[test]
fn an_atomic_set_whose_call_fails_leaves_all_as_it_was() {
    for call in 0.. {
        let (machine, client) = (Machine::default(), Client::default());
        machine.apply(&client, SET, &set(0..10));
        let before = machine.stack.table();
        machine.stack.fail(call, 1);
        let batch = machine.apply(&client, SET | APPLY_ATOMIC, &set(5..15));
        let failed = machine.stack.heal();
        match batch.answer().outcome {
            OUTCOME_DONE => assert!(holds(&machine, 5..15)),
            other => {
                assert_eq!(other, OUTCOME_ROLLED_BACK, "call {call}");
                assert_eq!(machine.stack.table(), before);
                assert_eq!((machine.leases(), batch.answer().ended), (10, 0));
            }
        }
        if !failed {
            break;
        }
    }
}

#[test]
fn a_dry_run_of_a_set_says_how_many_leases_would_end() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(0..10));
    let writes = machine.stack.writes.get();
    let batch = machine.apply(&client, SET | APPLY_DRY_RUN, &set(5..15));
    assert_eq!(batch.answer().outcome, OUTCOME_WOULD_SUCCEED);
    assert_eq!(batch.answer().ended, 5);
    assert_eq!(machine.stack.writes.get(), writes);
    assert_eq!(machine.leases(), 10);
    machine.apply(&client, SET, &set(0..10));
    assert_eq!(machine.stack.writes.get(), writes);
}

#[test]
fn a_set_can_take_a_guard_on_without_a_write() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.apply(&client, SET, &set(1..2));
    let writes = machine.stack.writes.get();
    let guarded = entry(ENTRY_UPSERT, ENTRY_LEASE | ENTRY_GUARD, route(1));
    machine.apply(&client, SET, &[guarded]);
    assert_eq!(machine.stack.writes.get(), writes);
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.keep();
    assert!(machine.stack.has(&route(1)));
}
