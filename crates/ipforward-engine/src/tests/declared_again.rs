//! A set that is declared again: the driver reads the route table once, if that costs less than to read
//! each route, and does the same as otherwise.

extern crate std;

use std::vec::Vec;

use abi::apply::{APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, ENTRY_RESULT_UNCHANGED};
use proptest::prelude::*;

use super::*;
use crate::route_table_size::RouteTableSize;

const SET: u32 = APPLY_DECLARED_SET;

fn set(numbers: impl IntoIterator<Item = u16>) -> Vec<ApplyEntry> {
    numbers
        .into_iter()
        .map(|number| upsert_lease(route(number)))
        .collect()
}

/// A driver with a handle that has declared the routes up to a number.
fn declared(count: u16) -> (TestDriver, Client) {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.apply(&client, SET, &set(0..count));
    (driver, client)
}

/// The number of calls of the stack in which a batch is done.
fn calls_of(driver: &TestDriver, client: &Client, flags: u32, entries: &[ApplyEntry]) -> u64 {
    let before = driver.stack.calls();
    let batch = driver.apply(client, flags, entries);
    let results = (0..entries.len()).map(|index| batch.entry_answer(index).result);
    assert!(
        results
            .into_iter()
            .all(|result| result == ENTRY_RESULT_UNCHANGED)
    );
    assert_eq!(driver.stack.live_tables(), 0);
    driver.stack.calls() - before
}

#[test]
fn an_equal_set_takes_one_call_of_the_stack() {
    let (driver, client) = declared(100);
    for flags in [SET, SET | APPLY_ATOMIC] {
        assert_eq!(calls_of(&driver, &client, flags, &set((0..100).rev())), 1);
    }
}

#[test]
fn a_small_set_reads_each_of_its_routes() {
    let (driver, client) = declared(63);
    assert_eq!(calls_of(&driver, &client, SET, &set(0..63)), 63);
}

#[test]
fn equal_routes_that_are_no_set_are_read_each() {
    let (driver, client) = declared(100);
    assert_eq!(calls_of(&driver, &client, 0, &set(0..100)), 100);
}

#[test]
fn a_large_table_is_read_once_for_small_sets() {
    let (driver, client) = declared(100);
    for number in 1_000..1_101 {
        driver.stack.create(&route(number)).unwrap();
    }
    assert_eq!(calls_of(&driver, &client, SET, &set(0..100)), 101);
    assert_eq!(calls_of(&driver, &client, SET, &set(0..100)), 100);
    driver.apply(&client, SET, &set(0..200));
    assert_eq!(calls_of(&driver, &client, SET, &set(0..200)), 1);
}

#[test]
fn no_table_is_read_for_a_set_of_new_routes() {
    let (driver, client) = declared(49);
    let before = driver.stack.calls();
    driver.apply(&client, SET, &set(0..100));
    // Those that are there are read; of each other the interface is asked for, and it is read, created
    // and read back.
    let of_each = 49 + 4 * 51;
    assert_eq!(driver.stack.calls() - before, of_each);
}

#[test]
fn without_a_table_each_route_is_read() {
    let (driver, client) = declared(100);
    driver.stack.fail(0, 1);
    assert_eq!(calls_of(&driver, &client, SET, &set(0..100)), 101);
}

#[test]
fn a_route_that_is_twice_in_a_set_is_found_as_it_was_written() {
    let (driver, client) = declared(100);
    let mut entries = set(0..100);
    entries.push(upsert_lease(metric(route(7), 70)));
    entries.push(upsert_lease(metric(route(7), 70)));
    let batch = driver.apply(&client, SET, &entries);
    let result = |index| batch.entry_answer(index).result;
    assert_eq!(result(7), ENTRY_RESULT_UNCHANGED);
    assert_ne!(result(100), ENTRY_RESULT_UNCHANGED);
    assert_eq!(result(101), ENTRY_RESULT_UNCHANGED);
    assert_eq!(driver.stack.get(&route(7)).unwrap().metric, 70);
}

/// What happens between two declarations.
#[derive(Clone, Copy, Debug)]
enum Change {
    Delete(u16),
    Metric(u16, u32),
    /// Another program creates a route.
    Create(u16),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..120_u16).prop_map(Change::Delete),
        (0..120_u16, 1..4_u32).prop_map(|(number, metric)| Change::Metric(number, metric)),
        (0..140_u16).prop_map(Change::Create),
    ]
}

fn make(driver: &TestDriver, change: Change) {
    // Where there is no such route, or there is one, nothing changes.
    let _ = match change {
        Change::Delete(number) => driver.stack.delete(&route(number)),
        Change::Metric(number, value) => driver.stack.set(&metric(route(number), value)),
        Change::Create(number) => driver.stack.create(&route(number)),
    };
}

/// One of the entries of a set: some with a metric of their own, some on the interface by LUID.
fn entry_of(number: u16, kind: u8) -> ApplyEntry {
    let mut row = metric(route(number), 1 + u32::from(kind & 1));
    if kind & 2 != 0 {
        (row.interface_index, row.interface_luid) = (0, FakeStack::LUID);
    }
    upsert_lease(row)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_set_is_done_as_if_each_route_was_read(
        rounds in proptest::collection::vec(
            (
                proptest::collection::vec((0..130_u16, 0..4_u8), 64..140),
                proptest::collection::vec(change(), 0..20),
                prop::sample::select(std::vec![SET, SET | APPLY_ATOMIC, SET | APPLY_DRY_RUN]),
            ),
            1..6,
        ),
        padding in any::<u8>(),
    ) {
        let drivers = [TestDriver::default(), TestDriver::default()];
        drivers[1].state.leases.with(|leases| {
            leases.route_table_size = RouteTableSize::with_routes_min(u32::MAX);
        });
        let clients = [Client::default(), Client::default()];
        for driver in &drivers {
            driver.stack.fill_padding(padding);
        }
        for (entries, changes, flags) in rounds {
            let entries: Vec<_> = entries.into_iter().map(|(number, kind)| entry_of(number, kind)).collect();
            let [with_table, without] = [0, 1].map(|which| {
                let batch = drivers[which].apply(&clients[which], flags, &entries);
                let answers: Vec<_> = (0..entries.len()).map(|index| batch.entry_answer(index)).collect();
                for change in &changes {
                    make(&drivers[which], *change);
                }
                (batch.wire_answer(), answers, drivers[which].stack.table())
            });
            prop_assert_eq!(with_table, without);
        }
    }
}
