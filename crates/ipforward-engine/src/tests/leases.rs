//! Leases: what belongs to a handle goes with it.

extern crate std;

use std::vec::Vec;

use abi::apply::{
    ENTRY_CREATE, ENTRY_DELETE, ENTRY_LEASE, ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED,
    ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE, ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED,
    ENTRY_SET, ENTRY_SHARE, ENTRY_UPSERT,
};

use super::*;
use crate::events::Change;
use crate::leases::Released;
use crate::network_stack::NetworkStack;

const SHARED: u32 = ENTRY_LEASE | ENTRY_SHARE;

#[test]
fn a_leased_route_goes_with_its_handle_and_no_other_does() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&client, entry(ENTRY_CREATE, 0, route(1)));
    machine.must(&client, lease(route(2)));
    machine.must(&other, lease(route(3)));
    assert!(!machine.close(&client));
    assert!(machine.stack.has(&route(1)));
    assert!(!machine.stack.has(&route(2)));
    assert!(machine.stack.has(&route(3)));
    assert_eq!(machine.leases(), 1);
}

#[test]
fn nothing_is_left_of_a_handle_that_is_closed() {
    let (machine, other) = (Machine::default(), Client::default());
    machine.must(&other, lease(route(1)));
    for _ in 0..3 {
        let client = Client::default();
        machine.must(&client, lease(route(2)));
        assert!(!machine.close(&client));
    }
    assert_eq!(machine.holders(), 1);
}

#[test]
fn leases_end_in_the_reverse_order_of_their_making() {
    let (machine, client) = (Machine::default(), Client::default());
    for number in 0..200 {
        machine.must(&client, lease(route(number)));
    }
    machine.stack.notifications();
    assert!(!machine.close(&client));
    let order: Vec<_> = machine
        .stack
        .notifications()
        .into_iter()
        .map(|(change, row)| (change, ModelStack::key(&row)))
        .collect();
    let reverse: Vec<_> = (0..200)
        .rev()
        .map(|number| (Change::Removed, ModelStack::key(&route(number))))
        .collect();
    assert_eq!(order, reverse);
}

#[test]
fn a_displaced_row_is_put_back() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.stack.create(&route(1)).unwrap();
    let before = machine.stack.table();
    let result = machine.must(&client, upsert_lease(metric(route(1), 50)));
    assert_eq!(result, ENTRY_RESULT_REPLACED);
    assert!(!machine.close(&client));
    assert_eq!(machine.stack.table(), before);
}

#[test]
fn a_displaced_row_is_not_put_back_over_what_somebody_else_wrote_since() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.stack.create(&route(1)).unwrap();
    machine.must(&client, upsert_lease(metric(route(1), 50)));
    machine.stack.set(&metric(route(1), 60)).unwrap();
    let theirs = machine.stack.table();
    assert!(!machine.close(&client));
    assert_eq!(machine.stack.table(), theirs);
}

#[test]
fn what_the_owner_itself_changes_since_is_its_own() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.stack.create(&route(1)).unwrap();
    let before = machine.stack.table();
    machine.must(&client, upsert_lease(metric(route(1), 50)));
    let by_call = Command::SetRoute(metric(route(1), 60));
    assert_eq!(machine.serve(&client, by_call, &mut []), Ok(0));
    let by_entry = entry(ENTRY_SET, 0, metric(route(1), 70));
    assert_eq!(machine.must(&client, by_entry), ENTRY_RESULT_CHANGED);
    assert!(!machine.close(&client));
    assert_eq!(machine.stack.table(), before);
}

#[test]
fn a_route_that_was_there_as_wanted_stays_when_its_lease_ends() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.stack.create(&route(1)).unwrap();
    let before = machine.stack.table();
    assert_eq!(
        machine.must(&client, upsert_lease(route(1))),
        ENTRY_RESULT_UNCHANGED
    );
    let writes = machine.stack.writes.get();
    assert!(!machine.close(&client));
    assert_eq!(
        (machine.stack.table(), machine.stack.writes.get()),
        (before, writes)
    );
}

#[test]
fn a_lease_that_was_deleted_by_hand_is_over() {
    let (machine, client) = (Machine::default(), Client::default());
    for delete_it in [
        Command::DeleteRoute(route(1)),
        Command::Apply(Batch::of(0, &[delete(route(1))])),
    ] {
        machine.must(&client, lease(route(1)));
        assert!(machine.serve(&client, delete_it, &mut [0; 256]).is_ok());
        assert_eq!(machine.leases(), 0);
        // Somebody else's now.
        machine.stack.create(&route(1)).unwrap();
        let theirs = machine.stack.table();
        assert!(!machine.close(&client));
        assert_eq!(machine.stack.table(), theirs);
        machine.stack.delete(&route(1)).unwrap();
        *client.state.borrow_mut() = State::default();
    }
}

#[test]
fn a_route_that_others_were_seen_to_remove_is_not_ours_any_more() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.must(&client, lease(route(1)));
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.keep();
    assert_eq!(machine.leases(), 0);
    machine.stack.create(&route(1)).unwrap();
    assert!(!machine.close(&client));
    assert!(machine.stack.has(&route(1)));
}

#[test]
fn ending_a_lease_deletes_the_route_or_puts_back_what_it_displaced() {
    let (machine, client) = (Machine::default(), Client::default());
    let end = |row| entry(ENTRY_DELETE, ENTRY_LEASE, row);
    machine.stack.create(&route(1)).unwrap();
    let before = machine.stack.table();
    machine.must(&client, upsert_lease(metric(route(1), 50)));
    machine.must(&client, lease(route(2)));
    assert_eq!(machine.must(&client, end(route(1))), ENTRY_RESULT_CHANGED);
    assert_eq!(machine.must(&client, end(route(2))), ENTRY_RESULT_DELETED);
    assert_eq!(machine.stack.table(), before);
    assert_eq!(machine.refused(&client, end(route(2))), NtStatus::NOT_FOUND);
    assert_eq!(machine.leases(), 0);
}

#[test]
fn a_shared_route_goes_with_its_last_owner() {
    let machine = Machine::default();
    let clients = [Client::default(), Client::default(), Client::default()];
    let results = [
        ENTRY_RESULT_CREATED,
        ENTRY_RESULT_UNCHANGED,
        ENTRY_RESULT_UNCHANGED,
    ];
    for (client, result) in clients.iter().zip(results) {
        assert_eq!(
            machine.must(client, entry(ENTRY_UPSERT, SHARED, route(1))),
            result
        );
    }
    for client in &clients {
        assert!(machine.stack.has(&route(1)));
        assert!(!machine.close(client));
    }
    assert!(!machine.stack.has(&route(1)));
}

#[test]
fn a_share_can_end_by_hand() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&client, entry(ENTRY_CREATE, SHARED, route(1)));
    machine.must(&other, entry(ENTRY_CREATE, SHARED, route(1)));
    let end = entry(ENTRY_DELETE, ENTRY_LEASE, route(1));
    assert_eq!(machine.must(&client, end), ENTRY_RESULT_NONE);
    assert!(!machine.close(&client));
    assert!(machine.stack.has(&route(1)));
    assert_eq!(machine.must(&other, end), ENTRY_RESULT_DELETED);
}

#[test]
fn a_route_is_shared_only_if_both_say_so_and_agree() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&client, lease(route(1)));
    machine.must(&client, entry(ENTRY_CREATE, SHARED, route(2)));
    for operation in [ENTRY_CREATE, ENTRY_UPSERT] {
        for (flags, row) in [
            (SHARED, route(1)),
            (ENTRY_LEASE, route(2)),
            (SHARED, metric(route(2), 50)),
        ] {
            let refused = machine.refused(&other, entry(operation, flags, row));
            assert_eq!(refused, NtStatus::SHARING_VIOLATION);
        }
    }
}

#[test]
fn a_lease_that_cannot_be_ended_is_tried_again() {
    let (machine, client) = (Machine::default(), Client::default());
    for number in 0..5 {
        machine.must(&client, lease(route(number)));
    }
    machine.stack.fail(2, 2);
    assert!(machine.close(&client));
    assert_eq!(machine.stack.table().len(), 2);
    machine.stack.fail(0, 1);
    assert!(machine.keep().is_some());
    machine.stack.heal();
    assert_eq!(machine.keep(), None);
    assert_eq!((machine.stack.table().len(), machine.leases()), (0, 0));
}

#[test]
fn a_closed_handle_takes_no_leases() {
    let (machine, client) = (Machine::default(), Client::default());
    machine.must(&client, lease(route(1)));
    assert!(!machine.close(&client));
    let late = Command::Apply(Batch::of(0, &[lease(route(2))]));
    let refused = machine.serve(&client, late, &mut [0; 256]);
    assert_eq!(refused, Err(NtStatus::INVALID_HANDLE));
    assert!(machine.stack.table().is_empty());
}

#[test]
fn a_lease_by_index_and_one_by_luid_are_the_same() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&client, lease(route(1)));
    let by_luid = ModelStack::key(&route(1)).row();
    let refused = machine.refused(&other, upsert_lease(by_luid));
    assert_eq!(refused, NtStatus::SHARING_VIOLATION);
}

#[test]
fn others_may_end_leases_between_two_steps_of_a_close() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    for number in 0..6 {
        machine.must(&client, lease(route(number)));
    }
    let holder = client.state.with(|state| state.holder());
    let step = || {
        let leases = &machine.world.leases;
        leases.with(|leases| leases.release(&machine.stack, holder, 2))
    };
    assert_eq!(step(), Released::More);
    // The worker are done, the lease that comes next ends, and its place is taken.
    machine.keep();
    machine.must(&other, delete(route(3)));
    machine.must(&other, lease(route(9)));
    while step() == Released::More {}
    assert_eq!((machine.stack.table().len(), machine.leases()), (1, 1));
    assert!(!machine.close(&other));
    assert_eq!((machine.stack.table().len(), machine.leases()), (0, 0));
}

#[test]
fn what_cannot_be_ended_is_left_in_its_order() {
    let (machine, client) = (Machine::default(), Client::default());
    for number in 0..200 {
        machine.must(&client, lease(route(number)));
    }
    machine.stack.fail(0, u64::MAX);
    assert!(machine.close(&client));
    machine.stack.heal();
    machine.stack.notifications();
    machine.keep();
    let order: Vec<_> = machine.stack.notifications();
    let order: Vec<_> = order
        .into_iter()
        .map(|(_, row)| ModelStack::key(&row))
        .collect();
    let reverse: Vec<_> = (0..200)
        .rev()
        .map(|number| ModelStack::key(&route(number)))
        .collect();
    assert_eq!(order, reverse);
}

#[test]
fn nobody_ends_the_lease_of_another_handle() {
    let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
    machine.must(&client, lease(route(1)));
    let end = entry(ENTRY_DELETE, ENTRY_LEASE, route(1));
    assert_eq!(machine.refused(&other, end), NtStatus::NOT_FOUND);
    assert!(machine.stack.has(&route(1)));
    assert_eq!(machine.leases(), 1);
}

/// Somebody deletes a leased route, and another handle makes it anew in one of these ways, before
/// the driver hears of the deletion.
#[test]
fn a_route_in_place_of_a_leased_one_that_is_gone_does_not_go_with_that_lease() {
    type Make = fn(&Machine, &Client);
    let by_a_call: Make = |machine, other| {
        let create = Command::CreateRoute(route(1));
        assert_eq!(machine.serve(other, create, &mut []), Ok(0));
    };
    let by_an_entry: Make = |machine, other| {
        machine.must(other, entry(ENTRY_CREATE, 0, route(1)));
    };
    let by_an_upsert: Make = |machine, other| {
        machine.must(other, entry(ENTRY_UPSERT, 0, route(1)));
    };
    let as_a_lease: Make = |machine, other| {
        machine.must(other, lease(route(1)));
    };
    for (make, leased) in [
        (by_a_call, 0),
        (by_an_entry, 0),
        (by_an_upsert, 0),
        (as_a_lease, 1),
    ] {
        let (machine, client, other) = (Machine::default(), Client::default(), Client::default());
        machine.must(&client, lease(route(1)));
        machine.stack.delete(&route(1)).unwrap();
        make(&machine, &other);
        assert!(!machine.close(&client));
        assert!(machine.stack.has(&route(1)));
        assert_eq!(machine.leases(), leased);
        machine.notify();
        machine.keep();
        assert_eq!(machine.leases(), leased);
    }
}

/// More than the driver is told of at a time.
const MANY: u16 = 2_000;

#[test]
fn leases_end_with_their_interface_however_many_they_are() {
    let (machine, client) = (Machine::default(), Client::default());
    for number in 0..MANY {
        machine.must(&client, lease(route(number)));
    }
    machine.notify();
    machine.keep();
    machine.stack.remove_interface();
    machine.notify();
    machine.keep();
    assert_eq!(machine.leases(), 0);

    machine.stack.interface_is_gone.set(false);
    machine.stack.create(&route(7)).unwrap();
    assert!(!machine.close(&client));
    assert!(
        machine.stack.has(&route(7)),
        "what is made in its place is not ours"
    );
}

#[test]
fn changes_of_our_own_do_not_have_the_whole_ledger_looked_through() {
    let (machine, owner, client) = (Machine::default(), Client::default(), Client::default());
    machine.must(&owner, lease(route(0)));
    let routes = || (1..MANY).map(route);
    for row in routes() {
        machine.must(&client, lease(row));
    }
    assert!(!machine.close(&client));
    machine.notify();
    let calls = machine.stack.calls.get();
    machine.keep();
    assert_eq!(machine.stack.calls.get(), calls);
}

#[test]
fn a_lease_ends_with_its_route_although_the_stack_cannot_be_asked_at_once() {
    let (machine, client) = (Machine::default(), Client::default());
    for number in 1..=3 {
        machine.must(&client, lease(route(number)));
    }
    machine.notify();
    machine.keep();
    machine.stack.delete(&route(2)).unwrap();
    machine.notify();
    machine.stack.fail(0, 1);
    let again = machine.keep().expect("it looks again");
    assert!(machine.stack.heal());
    assert_eq!(machine.leases(), 3);
    machine.wait(again - machine.world.now.get());
    assert_eq!(machine.keep(), None);
    assert_eq!(machine.leases(), 2);
    // What somebody else makes in its place is his.
    machine.stack.create(&route(2)).unwrap();
    assert!(!machine.close(&client));
    assert!(machine.stack.has(&route(2)));
}
