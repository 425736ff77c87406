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

const GUARDED: u32 = ENTRY_LEASE | ENTRY_GUARD;

fn guarded(client: &Client, row: MibIpForwardRow2) -> TestDriver {
    let driver = TestDriver::default();
    driver.must(client, entry(ENTRY_CREATE, GUARDED, row));
    driver.notify();
    driver.work();
    driver
}

/// The kinds of the events after a number, and the number of the last.
fn events(driver: &TestDriver, client: &Client, after: u64) -> (Vec<u32>, u64) {
    let request = WatchRequest {
        after_sequence: after,
        flags: WATCH_NO_WAIT,
        ..WatchRequest::default()
    };
    let mut output = [0; 8192];
    let written = driver.serve_watch(client, &request, &mut output).unwrap();
    let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
    let kinds = rest
        .chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).unwrap().kind)
        .collect();
    (kinds, header.sequence)
}

/// Lets all time pass that the guard wants to wait, at most until it gives up.
fn settle(driver: &TestDriver) {
    while let Some(again) = driver.work() {
        driver.state.now.set(again);
    }
}

#[test]
fn a_disturbed_guarded_route_is_restored_with_an_event() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    let before = driver.stack.table();
    let (_, start) = events(&driver, &client, 0);
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert_eq!(driver.stack.table(), before);
    driver.wait(Ticks::from_millis(1_000 * 60_000));
    driver.stack.set(&metric(route(1), 77)).unwrap();
    driver.notify();
    driver.work();
    assert_eq!(driver.stack.table(), before);
    let (kinds, _) = events(&driver, &client, start);
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
    let driver = guarded(&client, route(1));
    driver.must(&client, entry(ENTRY_SET, 0, metric(route(1), 50)));
    driver.notify();
    let writes = driver.stack.writes();
    driver.work();
    assert_eq!(driver.stack.writes(), writes);
    driver.must(&client, delete(route(1)));
    driver.notify();
    driver.work();
    assert!(!driver.stack.has(&route(1)));
}

#[test]
fn a_guarded_route_that_another_handle_deletes_returns() {
    let (client, other) = (Client::default(), Client::default());
    let driver = guarded(&client, route(1));
    driver.must(&other, delete(route(1)));
    driver.notify();
    driver.work();
    assert!(driver.stack.has(&route(1)));
    assert!(!driver.close(&client));
    assert!(!driver.stack.has(&route(1)));
}

#[test]
fn a_guard_gives_up_at_last_and_its_owner_is_notified() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    let (_, start) = events(&driver, &client, 0);
    let mut fights = 0;
    while driver.stack.has(&route(1)) {
        driver.stack.delete(&route(1)).unwrap();
        driver.notify();
        settle(&driver);
        fights += 1;
        assert!(fights < 100, "they fight for ever");
    }
    driver.notify();
    let (kinds, _) = events(&driver, &client, start);
    assert_eq!(kinds.last(), Some(&EVENT_GUARD_GAVE_UP));
    assert_eq!(fights, 11);
}

#[test]
fn an_owner_that_writes_its_route_again_starts_the_guard_afresh() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    for _ in 0..11 {
        let _ = driver.stack.delete(&route(1));
        driver.notify();
        settle(&driver);
    }
    assert!(!driver.stack.has(&route(1)));
    driver.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn an_unchanged_upsert_starts_a_guard_that_gave_up_afresh() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    for _ in 0..11 {
        let _ = driver.stack.delete(&route(1));
        driver.notify();
        settle(&driver);
    }
    // The program that removed it restores it.
    driver.stack.create(&route(1)).unwrap();
    let writes = driver.stack.writes();
    let result = driver.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    assert_eq!(result, ENTRY_RESULT_UNCHANGED);
    assert_eq!(driver.stack.writes(), writes);
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.work();
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn giving_up_is_reported_although_the_route_is_unreadable() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    let (_, mut after) = events(&driver, &client, 0);
    for _ in 0..11 {
        let _ = driver.stack.delete(&route(1));
        driver.notify();
        (_, after) = events(&driver, &client, after);
        settle(&driver);
    }
    driver.stack.fail(0, 9);
    let (kinds, _) = events(&driver, &client, after);
    assert_eq!(kinds, [EVENT_GUARD_GAVE_UP]);
}

#[test]
fn a_route_comes_back_with_its_interface() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    driver.stack.remove_interfaces();
    driver.notify();
    settle(&driver);
    let writes = driver.stack.writes();
    driver.wait(Ticks::from_millis(1 << 27));
    assert_eq!(driver.work(), None);
    assert_eq!(driver.stack.writes(), writes);
    driver.stack.restore_interfaces();
    driver.interface_arrives();
    driver.work();
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn a_stack_that_fails_now_is_asked_later() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.stack.fail(0, 4);
    settle(&driver);
    assert!(driver.stack.has(&route(1)));
}

#[test]
fn an_undone_batch_keeps_the_order_of_guarded_routes() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(2)));
    let start = driver.now();
    for number in [1, 2] {
        // The first time it is put back at once; then it waits.
        for _ in 0..2 {
            driver.stack.delete(&route(number)).unwrap();
            driver.notify();
            driver.work();
        }
        driver.wait(Ticks::from_millis(40));
    }
    assert_eq!(driver.work(), Some(start.after(Ticks::from_millis(100))));
    let bad = MibIpForwardRow2 {
        preferred_lifetime: 2,
        valid_lifetime: 1,
        ..route(3)
    };
    let amended = entry(ENTRY_UPSERT, GUARDED, metric(route(1), 77));
    let batch = driver.apply(&client, APPLY_ATOMIC, &[amended, upsert_lease(bad)]);
    assert_eq!(batch.wire_answer().outcome, OUTCOME_ROLLED_BACK);
    assert_eq!(driver.work(), Some(start.after(Ticks::from_millis(100))));
}

#[test]
fn a_route_that_cannot_be_looked_at_is_not_taken_for_disturbed() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    // Once more, and the guard gives up.
    for _ in 0..10 {
        driver.stack.delete(&route(1)).unwrap();
        driver.notify();
        settle(&driver);
    }
    let (_, start) = events(&driver, &client, 0);
    driver.stack.set(&route(1)).unwrap();
    driver.notify();
    driver.stack.fail(0, 1);
    let again = driver.work().expect("it looks again");
    assert!(driver.stack.heal());
    driver.state.now.set(again);
    assert_eq!(driver.work(), None);
    let (kinds, _) = events(&driver, &client, start);
    assert!(!kinds.contains(&EVENT_GUARD_GAVE_UP), "{kinds:?}");
}

#[test]
fn an_interface_that_cannot_be_looked_at_is_not_taken_for_there() {
    let client = Client::default();
    let driver = guarded(&client, route(1));
    driver.stack.remove_interfaces();
    driver.notify();
    let writes = driver.stack.writes();
    driver.stack.fail(1, 1);
    settle(&driver);
    assert!(driver.stack.heal());
    assert_eq!(driver.stack.writes(), writes);
}

#[test]
fn lost_notifications_make_the_guard_look_at_all_its_routes() {
    let client = Client::default();
    let driver = guarded(&client, route(0));
    for number in 1..50 {
        driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(number)));
    }
    for number in 0..50 {
        driver.stack.delete(&route(number)).unwrap();
    }
    for number in 100..2_000 {
        driver.stack.create(&route(number)).unwrap();
    }
    driver.notify();
    driver.work();
    assert!((0..50).all(|number| driver.stack.has(&route(number))));
}

#[test]
fn two_guards_of_two_drivers_end_their_fight() {
    // The same table under two drivers, each of which holds the route with its own metric.
    let (client, rival) = (Client::default(), Client::default());
    let driver = guarded(&client, route(1));
    let peer = DriverState::default();
    let mut batch = EntryBatch::of(0, &[entry(ENTRY_UPSERT, GUARDED, metric(route(1), 99))]);
    peer.session(&driver.stack, &rival.state, &rival.counters)
        .apply(&mut batch, NEVER)
        .unwrap();
    for round in 0.. {
        assert!(round < 1_000, "the conflict does not end");
        let now = driver.now();
        peer.now.set(now);
        for (change, row) in driver.stack.notifications() {
            for state in [&driver.state, &peer] {
                state
                    .watch
                    .with(|watch| watch.events.on_route_changed(change, &row, || now));
            }
        }
        let again = [driver.work(), run_worker(&driver.stack, &peer)];
        let tick = Ticks::from_millis(1);
        match again.into_iter().flatten().min() {
            Some(again) => driver.state.now.set(again.max(now.after(tick))),
            None if !driver.stack.has_notifications() => break,
            None => driver.wait(tick),
        }
    }
}
