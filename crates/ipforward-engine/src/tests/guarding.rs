//! Guarded routes: put back, but not for ever.

extern crate std;

use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, ENTRY_GUARD, ENTRY_RESULT_UNCHANGED, ENTRY_SET, OUTCOME_ROLLED_BACK,
};
use abi::watch::{
    EVENT_ADDED, EVENT_GUARD_GAVE_UP, EVENT_GUARD_RESTORED, EVENT_REMOVED, WATCH_NO_WAIT,
};
use abi::{WatchEvent, WatchHeader, WatchRequest};
use zerocopy::FromBytes;

use super::*;
use crate::leases::backoff::MILLISECOND;
use crate::network_stack::NetworkStack;

const GUARDED: u32 = ENTRY_LEASE | ENTRY_GUARD;

fn guarded(client: &Client, row: MibIpForwardRow2) -> Machine {
    let machine = Machine::default();
    machine.must(client, entry(ENTRY_CREATE, GUARDED, row));
    machine.notify();
    machine.keep();
    machine
}

/// The kinds of the events after a number, and the number of the last.
fn events(machine: &Machine, client: &Client, after: u64) -> (Vec<u32>, u64) {
    let request = WatchRequest {
        after_sequence: after,
        flags: WATCH_NO_WAIT,
        ..WatchRequest::default()
    };
    let mut output = [0; 4096];
    let written = machine
        .serve(client, Command::Watch(request), &mut output)
        .unwrap();
    let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
    let kinds = rest
        .chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).unwrap().kind)
        .collect();
    (kinds, header.sequence)
}

/// Lets all time pass that the guard wants to wait, at most until it gives up.
fn settle(machine: &Machine) {
    while let Some(again) = machine.keep() {
        machine.world.now.set(again);
    }
}

#[test]
fn a_guarded_route_that_is_removed_or_changed_is_put_back_and_its_owner_is_told() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    let before = machine.stack.table();
    let (_, start) = events(&machine, &client, 0);
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.keep();
    assert_eq!(machine.stack.table(), before);
    machine.wait(1_000 * 60_000 * 10_000);
    machine.stack.set(&metric(route(1), 77)).unwrap();
    machine.notify();
    machine.keep();
    assert_eq!(machine.stack.table(), before);
    let (kinds, _) = events(&machine, &client, start);
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == EVENT_GUARD_RESTORED)
            .count(),
        2
    );
    assert_eq!(kinds[..2], [EVENT_REMOVED, EVENT_GUARD_RESTORED]);
    assert_eq!(kinds[2], EVENT_ADDED);
}

#[test]
fn what_the_owner_does_itself_is_no_disturbance() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    machine.must(&client, entry(ENTRY_SET, 0, metric(route(1), 50)));
    machine.notify();
    let writes = machine.stack.writes.get();
    machine.keep();
    assert_eq!(machine.stack.writes.get(), writes);
    machine.must(&client, delete(route(1)));
    machine.notify();
    machine.keep();
    assert!(!machine.stack.has(&route(1)));
}

#[test]
fn another_handle_that_deletes_a_guarded_route_sees_it_come_back() {
    let (client, other) = (Client::default(), Client::default());
    let machine = guarded(&client, route(1));
    machine.must(&other, delete(route(1)));
    machine.notify();
    machine.keep();
    assert!(machine.stack.has(&route(1)));
    assert!(!machine.close(&client));
    assert!(!machine.stack.has(&route(1)));
}

#[test]
fn who_insists_wins_in_the_end_and_the_owner_is_told() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    let (_, start) = events(&machine, &client, 0);
    let mut fights = 0;
    while machine.stack.has(&route(1)) {
        machine.stack.delete(&route(1)).unwrap();
        machine.notify();
        settle(&machine);
        fights += 1;
        assert!(fights < 100, "they fight for ever");
    }
    machine.notify();
    let (kinds, _) = events(&machine, &client, start);
    assert_eq!(kinds.last(), Some(&EVENT_GUARD_GAVE_UP));
    assert_eq!(fights, 11);
}

#[test]
fn an_owner_that_writes_its_route_again_starts_the_guard_afresh() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    for _ in 0..11 {
        let _ = machine.stack.delete(&route(1));
        machine.notify();
        settle(&machine);
    }
    assert!(!machine.stack.has(&route(1)));
    machine.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.keep();
    assert!(machine.stack.has(&route(1)));
}

#[test]
fn an_owner_that_asks_again_for_a_route_that_is_there_starts_the_guard_afresh() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    for _ in 0..11 {
        let _ = machine.stack.delete(&route(1));
        machine.notify();
        settle(&machine);
    }
    // Whoever took it away puts it back as it was.
    machine.stack.create(&route(1)).unwrap();
    let writes = machine.stack.writes.get();
    let result = machine.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    assert_eq!(result, ENTRY_RESULT_UNCHANGED);
    assert_eq!(machine.stack.writes.get(), writes);
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.keep();
    assert!(machine.stack.has(&route(1)));
}

#[test]
fn the_last_word_of_a_guard_is_told_although_the_stack_cannot_show_the_route() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    let (_, mut after) = events(&machine, &client, 0);
    for _ in 0..11 {
        let _ = machine.stack.delete(&route(1));
        machine.notify();
        (_, after) = events(&machine, &client, after);
        settle(&machine);
    }
    machine.stack.fail(0, 9);
    let (kinds, _) = events(&machine, &client, after);
    assert_eq!(kinds, [EVENT_GUARD_GAVE_UP]);
}

#[test]
fn a_route_comes_back_with_its_interface() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    machine.stack.remove_interface();
    machine.notify();
    settle(&machine);
    let writes = machine.stack.writes.get();
    machine.wait(1 << 40);
    assert_eq!(machine.keep(), None);
    assert_eq!(machine.stack.writes.get(), writes);
    machine.stack.interface_is_gone.set(false);
    machine.world.watch.with(EventLog::interface_came);
    machine.keep();
    assert!(machine.stack.has(&route(1)));
}

#[test]
fn a_stack_that_fails_now_is_asked_later() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    machine.stack.fail(0, 4);
    settle(&machine);
    assert!(machine.stack.has(&route(1)));
}

#[test]
fn a_route_keeps_its_turn_although_a_batch_that_amended_it_is_undone() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    machine.must(&client, entry(ENTRY_CREATE, GUARDED, route(2)));
    let start = machine.world.now.get();
    for number in [1, 2] {
        // The first time it is put back at once; then it waits.
        for _ in 0..2 {
            machine.stack.delete(&route(number)).unwrap();
            machine.notify();
            machine.keep();
        }
        machine.wait(40 * MILLISECOND);
    }
    assert_eq!(machine.keep(), Some(start + 100 * MILLISECOND));
    let bad = MibIpForwardRow2 {
        preferred_lifetime: 2,
        valid_lifetime: 1,
        ..route(3)
    };
    let amended = entry(ENTRY_UPSERT, GUARDED, metric(route(1), 77));
    let batch = machine.apply(&client, APPLY_ATOMIC, &[amended, upsert_lease(bad)]);
    assert_eq!(batch.answer().outcome, OUTCOME_ROLLED_BACK);
    assert_eq!(machine.keep(), Some(start + 100 * MILLISECOND));
}

#[test]
fn a_route_that_cannot_be_looked_at_is_not_taken_for_disturbed() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    // Once more, and the guard gives up.
    for _ in 0..10 {
        machine.stack.delete(&route(1)).unwrap();
        machine.notify();
        settle(&machine);
    }
    let (_, start) = events(&machine, &client, 0);
    machine.stack.set(&route(1)).unwrap();
    machine.notify();
    machine.stack.fail(0, 1);
    let again = machine.keep().expect("it looks again");
    assert!(machine.stack.heal());
    machine.world.now.set(again);
    assert_eq!(machine.keep(), None);
    let (kinds, _) = events(&machine, &client, start);
    assert!(!kinds.contains(&EVENT_GUARD_GAVE_UP), "{kinds:?}");
}

#[test]
fn an_interface_that_cannot_be_looked_at_is_not_taken_for_there() {
    let client = Client::default();
    let machine = guarded(&client, route(1));
    machine.stack.remove_interface();
    machine.notify();
    let writes = machine.stack.writes.get();
    machine.stack.fail(1, 1);
    settle(&machine);
    assert!(machine.stack.heal());
    assert_eq!(machine.stack.writes.get(), writes);
}

#[test]
fn lost_notifications_make_the_guard_look_at_all_its_routes() {
    let client = Client::default();
    let machine = guarded(&client, route(0));
    for number in 1..50 {
        machine.must(&client, entry(ENTRY_CREATE, GUARDED, route(number)));
    }
    for number in 0..50 {
        machine.stack.delete(&route(number)).unwrap();
    }
    for number in 100..2_000 {
        machine.stack.create(&route(number)).unwrap();
    }
    machine.notify();
    machine.keep();
    assert!((0..50).all(|number| machine.stack.has(&route(number))));
}

#[test]
fn two_guards_of_two_drivers_end_their_fight() {
    // The same table under two drivers, each of which holds the route with its own metric.
    let (client, rival) = (Client::default(), Client::default());
    let machine = guarded(&client, route(1));
    let world = World::default();
    let session = || world.session(&machine.stack, &rival.state, &rival.counters);
    let mut batch = Batch::of(0, &[entry(ENTRY_UPSERT, GUARDED, metric(route(1), 99))]);
    session().apply(&mut batch, NEVER).unwrap();
    for round in 0.. {
        assert!(round < 1_000, "they fight for ever");
        let notifications = machine.stack.notifications();
        let now = machine.world.now.get();
        for (change, row) in notifications {
            for watch in [&machine.world.watch, &world.watch] {
                watch.with(|watch| watch.notify(change, &row, now));
            }
        }
        let mine = machine.keep();
        let clock = StoppedClock::at(now);
        worker::run(&machine.stack, &world.leases, &world.watch, &Nobody, &clock);
        match mine.into_iter().chain(clock.again.get()).min() {
            Some(again) => machine.world.now.set(again.max(now + 1)),
            None if machine.stack.notifications_are_read() => break,
            None => machine.wait(1),
        }
    }
}
