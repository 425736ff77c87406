//! Leases that were made in another network compartment than the default one.

extern crate std;

use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, ENTRY_GUARD, ENTRY_RESULT_ROLLED_BACK,
    OUTCOME_DONE, OUTCOME_ROLLED_BACK, OUTCOME_WOULD_SUCCEED,
};
use abi::{AddressFamily, Cause, LeaseHeader, LeaseRow};
use zerocopy::FromBytes;

use super::*;
use crate::compartment::CompartmentId;
use crate::leases::LeaseTable;
use crate::leases::listing::LeasePage;
use crate::network_stack::NetworkStack;

const OTHER: CompartmentId = CompartmentId::from_number(2);

/// The interface in the other compartment.
const INTERFACE: u32 = 8;

/// A driver on a stack with interface 7 in the default compartment, and interface 8 in the other.
fn driver() -> TestDriver {
    let interface = |index| FakeStack::interface_row(AddressFamily::IPV4, index, 25);
    let stack = FakeStack::with_interfaces([interface(7), interface(INTERFACE)]);
    stack.move_interface(interface(INTERFACE).interface_luid, OTHER);
    TestDriver {
        stack,
        ..TestDriver::default()
    }
}

impl TestDriver {
    /// Runs `body` in a thread of the other compartment.
    fn in_other<R>(&self, body: impl FnOnce() -> R) -> R {
        let mut stack = &self.stack;
        let result = stack.in_compartment(OTHER, |stack| {
            let result = body();
            assert_eq!(stack.compartment(), OTHER);
            result
        });
        result.unwrap()
    }

    fn has_in_other(&self, row: &MibIpForwardRow2) -> bool {
        self.in_other(|| self.stack.get(row).is_ok())
    }

    fn is_in_default(&self) -> bool {
        let stack = &self.stack;
        stack.compartment() == CompartmentId::DEFAULT
    }
}

/// A route on the interface in the other compartment.
fn there(number: u16) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_index: INTERFACE,
        ..route(number)
    }
}

#[test]
fn a_lease_ends_in_the_compartment_that_it_was_made_in() {
    let (driver, client) = (driver(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    driver.in_other(|| driver.must(&client, lease(there(1))));
    assert!(driver.has_in_other(&there(1)));
    assert!(!driver.close(&client));
    assert!(!driver.has_in_other(&there(1)));
    assert!(driver.stack.has(&route(1)), "the equal route stays");
    assert!(driver.is_in_default());
}

#[test]
fn a_lease_of_the_default_compartment_ends_there_from_another() {
    let (driver, client) = (driver(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.in_other(|| assert!(!driver.close(&client)));
    assert!(!driver.stack.has(&route(1)));
}

#[test]
fn a_displaced_row_is_restored_in_its_compartment() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| {
        driver.stack.create(&there(1)).unwrap();
        driver.must(&client, upsert_lease(metric(there(1), 50)));
    });
    assert!(!driver.close(&client));
    let restored = driver.in_other(|| driver.stack.get(&there(1)).unwrap());
    assert_eq!(restored.metric, there(1).metric);
}

#[test]
fn a_release_is_retried_in_the_compartment_of_the_lease() {
    // Call 0 enters the compartment, call 1 deletes the route.
    for call in 0..2 {
        let (driver, client) = (driver(), Client::default());
        driver.in_other(|| driver.must(&client, lease(there(1))));
        driver.stack.fail(call, 1);
        assert!(driver.close(&client), "call {call}");
        assert!(driver.stack.heal() && driver.has_in_other(&there(1)));
        driver.work();
        assert!(!driver.has_in_other(&there(1)), "call {call}");
        assert_eq!(driver.leases(), 0);
        assert!(driver.is_in_default());
    }
}

#[test]
fn a_lease_of_a_compartment_that_is_gone_ends() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| driver.must(&client, lease(there(1))));
    driver.stack.fail_with(0, 1, NtStatus::NOT_FOUND);
    assert!(!driver.close(&client));
    assert_eq!(driver.leases(), 0);
}

#[test]
fn a_scan_of_all_leases_looks_in_their_compartments() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| {
        driver.must(&client, lease(there(1)));
        driver.must(&client, lease(there(2)));
        driver.stack.delete(&there(2)).unwrap();
    });
    let lose = |leases: &mut LeaseTable| leases.on_notifications_lost(driver.now());
    driver.state.leases.with(lose).unwrap();
    driver.work();
    assert_eq!(driver.leases(), 1);
    assert!(!driver.close(&client));
    assert!(!driver.has_in_other(&there(1)));
}

#[test]
fn a_change_in_the_default_compartment_is_none_in_another() {
    let (driver, client) = (driver(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.in_other(|| driver.must(&client, lease(there(1))));
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert_eq!(driver.leases(), 1);
    assert!(driver.has_in_other(&there(1)));
}

#[test]
fn guards_and_watches_are_for_the_default_compartment() {
    let (driver, client) = (driver(), Client::default());
    let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, there(1));
    driver.in_other(|| {
        let answer = driver.apply(&client, 0, &[guarded]).entry_answer(0);
        assert_eq!(NtStatus::new(answer.status), NtStatus::NOT_SUPPORTED);
        let cause = Cause::GUARD_OUTSIDE_DEFAULT_COMPARTMENT;
        assert_eq!(Cause(answer.cause), cause);
        let watch = driver.serve_watch(&client, &WatchRequest::default(), &mut [0; 1024]);
        assert_eq!(watch, Err(NtStatus::NOT_SUPPORTED.into()));
    });
    assert!(!driver.has_in_other(&there(1)));
    assert_eq!(driver.leases(), 0);
}

#[test]
fn a_declared_set_ends_the_leases_of_every_compartment() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| driver.must(&client, lease(there(1))));
    let set = [upsert_lease(route(2))];
    let dry = driver.apply(&client, APPLY_DECLARED_SET | APPLY_DRY_RUN, &set);
    let dry = dry.wire_answer();
    assert_eq!((dry.outcome, dry.ended), (OUTCOME_WOULD_SUCCEED, 1));
    assert!(driver.has_in_other(&there(1)));
    let done = driver
        .apply(&client, APPLY_DECLARED_SET, &set)
        .wire_answer();
    assert_eq!((done.outcome, done.ended), (OUTCOME_DONE, 1));
    assert!(!driver.has_in_other(&there(1)));
    assert!(driver.stack.has(&route(2)) && driver.is_in_default());
}

#[test]
fn an_ended_lease_is_restored_in_its_compartment() {
    let flags = APPLY_DECLARED_SET | APPLY_ATOMIC;
    let run = |call: Option<u64>| {
        let (driver, client) = (driver(), Client::default());
        driver.in_other(|| {
            for number in 1..3 {
                driver.must(&client, lease(there(number)));
            }
        });
        if let Some(call) = call {
            driver.stack.fail_with(call, 1, NtStatus::INVALID_PARAMETER);
        }
        let batch = driver.apply(&client, flags, &[upsert_lease(route(3))]);
        driver.stack.heal();
        (driver, batch)
    };
    let mut rolled_back = 0;
    for call in 0..20 {
        let (driver, batch) = run(Some(call));
        let has = [1, 2].map(|number| driver.has_in_other(&there(number)));
        match batch.wire_answer().outcome {
            OUTCOME_ROLLED_BACK => assert_eq!(has, [true; 2], "call {call}"),
            OUTCOME_DONE => assert_eq!(has, [false; 2], "call {call}"),
            other => panic!("call {call}: outcome {other}"),
        }
        if batch.entry_answer(0).result == ENTRY_RESULT_ROLLED_BACK {
            rolled_back += 1;
        }
        assert!(driver.is_in_default());
    }
    assert!(rolled_back > 2, "{rolled_back}");
}

#[test]
fn a_lease_is_listed_with_its_compartment() {
    let (driver, client) = (driver(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.in_other(|| driver.must(&client, lease(there(2))));
    let mut output = [0; 1024];
    let page = Command::GetLeases(LeasePage { first_slot: 0 });
    let written = driver.serve(&client, page, &mut output).unwrap();
    let rows = output[size_of::<LeaseHeader>()..written].chunks_exact(size_of::<LeaseRow>());
    let compartments: std::vec::Vec<_> = rows
        .map(|row| LeaseRow::read_from_bytes(row).unwrap().compartment)
        .collect();
    assert_eq!(compartments, [1, 2]);
}

/// Sleeps, loses a route of the other compartment, and resumes. The stack notifies nothing.
fn lose_in_a_sleep(driver: &TestDriver, row: &MibIpForwardRow2) {
    worker::on_sleep(&driver.state.watch, &mut ());
    driver.in_other(|| driver.stack.delete(row).unwrap());
    let _never_delivered = driver.stack.notifications();
    worker::on_resume(&driver.state.watch, &mut (), &driver.state);
}

/// Runs deferred work until it is due no more, or `times` times.
fn work_on(driver: &TestDriver, times: u32) {
    for _ in 0..times {
        match driver.work() {
            Some(again) => driver.state.now.set(again),
            None => return,
        }
    }
}

#[test]
fn a_route_lost_in_a_sleep_returns_to_its_compartment() {
    // Without a failure, and with each call of the resume failing.
    for call in (0..20).map(Some).chain([None]) {
        let (driver, client) = (driver(), Client::default());
        driver.in_other(|| driver.must(&client, lease(there(1))));
        lose_in_a_sleep(&driver, &there(1));
        if let Some(call) = call {
            driver.stack.fail(call, 1);
        }
        work_on(&driver, 20);
        driver.stack.heal();
        assert!(driver.has_in_other(&there(1)), "call {call:?}");
        assert!(!driver.stack.has(&route(1)) && driver.is_in_default());
        assert!(!driver.close(&client));
        assert!(!driver.has_in_other(&there(1)));
    }
}

#[test]
fn a_lost_route_waits_for_its_interface_in_its_compartment() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| driver.must(&client, lease(there(1))));
    driver.must(&client, lease(route(2)));
    lose_in_a_sleep(&driver, &there(1));
    driver.stack.disconnect();
    work_on(&driver, 100);
    assert!(!driver.has_in_other(&there(1)));
    assert_eq!(driver.leases(), 2);
    // The stack notifies no change in that compartment.
    driver.stack.connect();
    work_on(&driver, 3);
    assert!(driver.has_in_other(&there(1)));
    assert!(driver.is_in_default());
    // Nothing is left to wait for.
    driver.interface_arrives();
    assert_eq!(driver.work(), None);
}

#[test]
fn a_lease_is_ended_by_an_entry_in_its_compartment_only() {
    let (driver, client) = (driver(), Client::default());
    driver.in_other(|| driver.must(&client, lease(there(1))));
    let end = entry(ENTRY_DELETE, ENTRY_LEASE, there(1));
    assert_eq!(driver.refused(&client, end), NtStatus::NOT_FOUND);
    assert_eq!(driver.leases(), 1);
    driver.in_other(|| driver.must(&client, end));
    assert_eq!(driver.leases(), 0);
    assert!(!driver.has_in_other(&there(1)));
}
