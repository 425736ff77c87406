//! Leases: the routes of a handle end with the handle.

extern crate std;

use std::vec::Vec;

use abi::apply::{
    ENTRY_CREATE, ENTRY_DELETE, ENTRY_LEASE, ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED,
    ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE, ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED,
    ENTRY_SET, ENTRY_SHARE, ENTRY_UPSERT,
};

use super::*;
use crate::events::Change;
use crate::leases::release::Released;

const SHARED: u32 = ENTRY_LEASE | ENTRY_SHARE;

#[test]
fn a_leased_route_goes_with_its_handle_and_no_other_does() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&client, entry(ENTRY_CREATE, 0, route(1)));
    driver.must(&client, lease(route(2)));
    driver.must(&other, lease(route(3)));
    assert!(!driver.close(&client));
    assert!(driver.stack.has(&route(1)));
    assert!(!driver.stack.has(&route(2)));
    assert!(driver.stack.has(&route(3)));
    assert_eq!(driver.leases(), 1);
}

#[test]
fn nothing_is_left_of_a_handle_that_is_closed() {
    let (driver, other) = (TestDriver::default(), Client::default());
    driver.must(&other, lease(route(1)));
    for _ in 0..3 {
        let client = Client::default();
        driver.must(&client, lease(route(2)));
        assert!(!driver.close(&client));
    }
    assert_eq!(driver.handles(), 1);
}

#[test]
fn leases_end_in_the_reverse_order_of_their_making() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 0..200 {
        driver.must(&client, lease(route(number)));
    }
    driver.stack.notifications();
    assert!(!driver.close(&client));
    let order: Vec<_> = driver
        .stack
        .notifications()
        .into_iter()
        .map(|(change, row)| (change, FakeStack::default_key(&row)))
        .collect();
    let reverse: Vec<_> = (0..200)
        .rev()
        .map(|number| (Change::Removed, FakeStack::default_key(&route(number))))
        .collect();
    assert_eq!(order, reverse);
}

#[test]
fn a_displaced_row_is_put_back() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    let before = driver.stack.table();
    let result = driver.must(&client, upsert_lease(metric(route(1), 50)));
    assert_eq!(result, ENTRY_RESULT_REPLACED);
    assert!(!driver.close(&client));
    assert_eq!(driver.stack.table(), before);
}

#[test]
fn a_displaced_row_is_not_restored_over_a_later_change() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    driver.must(&client, upsert_lease(metric(route(1), 50)));
    driver.stack.set(&metric(route(1), 60)).unwrap();
    let theirs = driver.stack.table();
    assert!(!driver.close(&client));
    assert_eq!(driver.stack.table(), theirs);
}

#[test]
fn what_the_owner_itself_changes_since_is_its_own() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    let before = driver.stack.table();
    driver.must(&client, upsert_lease(metric(route(1), 50)));
    let by_call = Command::SetRoute(metric(route(1), 60));
    assert_eq!(driver.serve(&client, by_call, &mut []), Ok(0));
    let by_entry = entry(ENTRY_SET, 0, metric(route(1), 70));
    assert_eq!(driver.must(&client, by_entry), ENTRY_RESULT_CHANGED);
    assert!(!driver.close(&client));
    assert_eq!(driver.stack.table(), before);
}

#[test]
fn a_route_that_was_there_as_wanted_stays_when_its_lease_ends() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.create(&route(1)).unwrap();
    let before = driver.stack.table();
    assert_eq!(
        driver.must(&client, upsert_lease(route(1))),
        ENTRY_RESULT_UNCHANGED
    );
    let writes = driver.stack.writes();
    assert!(!driver.close(&client));
    assert_eq!(
        (driver.stack.table(), driver.stack.writes()),
        (before, writes)
    );
}

#[test]
fn a_lease_that_was_deleted_by_hand_is_over() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for delete_it in [
        Command::DeleteRoute(route(1)),
        Command::Apply(EntryBatch::of(0, &[delete(route(1))])),
    ] {
        driver.must(&client, lease(route(1)));
        assert!(driver.serve(&client, delete_it, &mut [0; 256]).is_ok());
        assert_eq!(driver.leases(), 0);
        // It belongs to another program now.
        driver.stack.create(&route(1)).unwrap();
        let theirs = driver.stack.table();
        assert!(!driver.close(&client));
        assert_eq!(driver.stack.table(), theirs);
        driver.stack.delete(&route(1)).unwrap();
        client
            .state
            .with(|state| *state = FakeHandleState::default());
    }
}

#[test]
fn a_route_that_others_were_seen_to_remove_is_not_ours_any_more() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert_eq!(driver.leases(), 0);
    driver.stack.create(&route(1)).unwrap();
    assert!(!driver.close(&client));
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn ending_a_lease_deletes_the_route_or_restores_its_row() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let end = |row| entry(ENTRY_DELETE, ENTRY_LEASE, row);
    driver.stack.create(&route(1)).unwrap();
    let before = driver.stack.table();
    driver.must(&client, upsert_lease(metric(route(1), 50)));
    driver.must(&client, lease(route(2)));
    assert_eq!(driver.must(&client, end(route(1))), ENTRY_RESULT_CHANGED);
    assert_eq!(driver.must(&client, end(route(2))), ENTRY_RESULT_DELETED);
    assert_eq!(driver.stack.table(), before);
    assert_eq!(driver.refused(&client, end(route(2))), NtStatus::NOT_FOUND);
    assert_eq!(driver.leases(), 0);
}

#[test]
fn a_shared_route_goes_with_its_last_owner() {
    let driver = TestDriver::default();
    let clients = [Client::default(), Client::default(), Client::default()];
    let results = [
        ENTRY_RESULT_CREATED,
        ENTRY_RESULT_UNCHANGED,
        ENTRY_RESULT_UNCHANGED,
    ];
    for (client, result) in clients.iter().zip(results) {
        assert_eq!(
            driver.must(client, entry(ENTRY_UPSERT, SHARED, route(1))),
            result
        );
    }
    for client in &clients {
        assert!(driver.stack.has(&route(1)));
        assert!(!driver.close(client));
    }
    assert!(!driver.stack.has(&route(1)));
}

#[test]
fn a_share_can_end_by_hand() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&client, entry(ENTRY_CREATE, SHARED, route(1)));
    driver.must(&other, entry(ENTRY_CREATE, SHARED, route(1)));
    let end = entry(ENTRY_DELETE, ENTRY_LEASE, route(1));
    assert_eq!(driver.must(&client, end), ENTRY_RESULT_NONE);
    assert!(!driver.close(&client));
    assert!(driver.stack.has(&route(1)));
    assert_eq!(driver.must(&other, end), ENTRY_RESULT_DELETED);
}

#[test]
fn a_route_is_shared_only_if_both_say_so_and_agree() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.must(&client, entry(ENTRY_CREATE, SHARED, route(2)));
    for operation in [ENTRY_CREATE, ENTRY_UPSERT] {
        for (flags, row) in [
            (SHARED, route(1)),
            (ENTRY_LEASE, route(2)),
            (SHARED, metric(route(2), 50)),
        ] {
            let refused = driver.refused(&other, entry(operation, flags, row));
            assert_eq!(refused, NtStatus::SHARING_VIOLATION);
        }
    }
}

#[test]
fn a_lease_that_cannot_be_ended_is_tried_again() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 0..5 {
        driver.must(&client, lease(route(number)));
    }
    driver.stack.fail(2, 2);
    assert!(driver.close(&client));
    assert_eq!(driver.stack.table().len(), 2);
    driver.stack.fail(0, 1);
    assert!(driver.work().is_some());
    driver.stack.heal();
    assert_eq!(driver.work(), None);
    assert_eq!((driver.stack.table().len(), driver.leases()), (0, 0));
}

#[test]
fn a_closed_handle_takes_no_leases() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    assert!(!driver.close(&client));
    let late = Command::Apply(EntryBatch::of(0, &[lease(route(2))]));
    let refused = driver.serve(&client, late, &mut [0; 256]);
    assert_eq!(refused, Err(NtStatus::INVALID_HANDLE.into()));
    assert!(driver.stack.table().is_empty());
}

#[test]
fn a_lease_by_index_and_one_by_luid_are_the_same() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&client, lease(route(1)));
    let by_luid = FakeStack::default_key(&route(1)).row();
    let refused = driver.refused(&other, upsert_lease(by_luid));
    assert_eq!(refused, NtStatus::SHARING_VIOLATION);
}

#[test]
fn others_may_end_leases_between_two_steps_of_a_close() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    for number in 0..6 {
        driver.must(&client, lease(route(number)));
    }
    let entry = client.state.with(|state| state.entry()).unwrap();
    let step = || {
        let leases = &driver.state.leases;
        leases.with(|leases| leases.release(&mut &driver.stack, entry, 2).unwrap())
    };
    assert_eq!(step(), Released::More);
    // The deferred work runs, the lease that is next in the list ends, and another lease takes its
    // slot.
    driver.work();
    driver.must(&other, delete(route(3)));
    driver.must(&other, lease(route(9)));
    while step() == Released::More {}
    assert_eq!((driver.stack.table().len(), driver.leases()), (1, 1));
    assert!(!driver.close(&other));
    assert_eq!((driver.stack.table().len(), driver.leases()), (0, 0));
}

#[test]
fn what_cannot_be_ended_is_left_in_its_order() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 0..200 {
        driver.must(&client, lease(route(number)));
    }
    driver.stack.fail(0, u64::MAX);
    assert!(driver.close(&client));
    driver.stack.heal();
    driver.stack.notifications();
    driver.work();
    let order: Vec<_> = driver.stack.notifications();
    let order: Vec<_> = order
        .into_iter()
        .map(|(_, row)| FakeStack::default_key(&row))
        .collect();
    let reverse: Vec<_> = (0..200)
        .rev()
        .map(|number| FakeStack::default_key(&route(number)))
        .collect();
    assert_eq!(order, reverse);
}

#[test]
fn a_handle_cannot_end_the_lease_of_another() {
    let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&client, lease(route(1)));
    let end = entry(ENTRY_DELETE, ENTRY_LEASE, route(1));
    assert_eq!(driver.refused(&other, end), NtStatus::NOT_FOUND);
    assert!(driver.stack.has(&route(1)));
    assert_eq!(driver.leases(), 1);
}

/// Another program deletes a leased route. Another handle creates it again in one of these ways,
/// before the driver is notified of the deletion.
#[test]
fn a_route_created_in_place_of_a_leased_one_stays() {
    type Make = fn(&TestDriver, &Client);
    let by_a_call: Make = |driver, other| {
        let create = Command::CreateRoute(route(1));
        assert_eq!(driver.serve(other, create, &mut []), Ok(0));
    };
    let by_an_entry: Make = |driver, other| {
        driver.must(other, entry(ENTRY_CREATE, 0, route(1)));
    };
    let by_an_upsert: Make = |driver, other| {
        driver.must(other, entry(ENTRY_UPSERT, 0, route(1)));
    };
    let as_a_lease: Make = |driver, other| {
        driver.must(other, lease(route(1)));
    };
    for (make, leased) in [
        (by_a_call, 0),
        (by_an_entry, 0),
        (by_an_upsert, 0),
        (as_a_lease, 1),
    ] {
        let (driver, client, other) = (TestDriver::default(), Client::default(), Client::default());
        driver.must(&client, lease(route(1)));
        driver.stack.delete(&route(1)).unwrap();
        make(&driver, &other);
        assert!(!driver.close(&client));
        assert!(driver.stack.has(&route(1)));
        assert_eq!(driver.leases(), leased);
        driver.notify();
        driver.work();
        assert_eq!(driver.leases(), leased);
    }
}

/// More than the ring of changed routes holds.
const MANY: u16 = 2_000;

#[test]
fn leases_end_with_their_interface_however_many_they_are() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 0..MANY {
        driver.must(&client, lease(route(number)));
    }
    driver.notify();
    driver.work();
    driver.stack.remove_interfaces();
    driver.notify();
    driver.work();
    assert_eq!(driver.leases(), 0);

    driver.stack.restore_interfaces();
    driver.stack.create(&route(7)).unwrap();
    assert!(!driver.close(&client));
    assert!(
        driver.stack.has(&route(7)),
        "what is made in its place is not ours"
    );
}

#[test]
fn own_changes_do_not_cause_a_scan_of_the_lease_table() {
    let (driver, owner, client) = (TestDriver::default(), Client::default(), Client::default());
    driver.must(&owner, lease(route(0)));
    let routes = || (1..MANY).map(route);
    for row in routes() {
        driver.must(&client, lease(row));
    }
    assert!(!driver.close(&client));
    driver.notify();
    let calls = driver.stack.calls();
    driver.work();
    assert_eq!(driver.stack.calls(), calls);
}

#[test]
fn a_lease_ends_with_its_route_after_a_transient_failure() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 1..=3 {
        driver.must(&client, lease(route(number)));
    }
    driver.notify();
    driver.work();
    driver.stack.delete(&route(2)).unwrap();
    driver.notify();
    driver.stack.fail(0, 1);
    let again = driver.work().expect("it looks again");
    assert!(driver.stack.heal());
    assert_eq!(driver.leases(), 3);
    driver.state.now.set(again);
    assert_eq!(driver.work(), None);
    assert_eq!(driver.leases(), 2);
    // A route that another program makes in its place is that program's.
    driver.stack.create(&route(2)).unwrap();
    assert!(!driver.close(&client));
    assert!(driver.stack.has(&route(2)));
}

/// The handle's lease of a route ends.
fn end_lease(row: MibIpForwardRow2) -> ApplyEntry {
    entry(ENTRY_DELETE, ENTRY_LEASE, row)
}

#[test]
fn a_lease_ends_although_its_route_vanishes_meanwhile() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    // The interface is resolved, the route is read, and then it is gone.
    driver.stack.fail_with(2, 1, NtStatus::NOT_FOUND);
    assert_eq!(driver.must(&client, end_lease(route(1))), 0);
    assert!(driver.stack.heal());
    assert_eq!(driver.leases(), 0);
}

#[test]
fn a_refused_deletion_fails_the_entry_and_keeps_the_lease() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.stack.fail_with(2, 1, NtStatus::INVALID_PARAMETER);
    let status = driver.refused(&client, end_lease(route(1)));
    assert_eq!(status, NtStatus::INVALID_PARAMETER);
    assert_eq!(driver.leases(), 1);
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn a_permanent_refusal_ends_the_lease_of_a_closed_handle() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.stack.fail_with(0, 1, NtStatus::INVALID_PARAMETER);
    assert!(!driver.close(&client));
    assert_eq!(driver.leases(), 0);
}
