//! The system sleeps, the stack loses routes meanwhile, and the system resumes.

extern crate std;

use std::vec::Vec;

use abi::apply::{ENTRY_GUARD, ENTRY_SHARE};
use abi::watch::{EVENT_GUARD_GAVE_UP, EVENT_RESYNC, WATCH_NO_WAIT};
use abi::{LeaseHeader, LeaseRow, Losses, WatchEvent, WatchHeader};
use zerocopy::FromBytes;

use super::*;
use crate::leases::listing::LeasePage;

const GUARDED: u32 = ENTRY_LEASE | ENTRY_GUARD;

/// A driver whose handle holds a lease of each kind.
fn with_leases(client: &Client) -> TestDriver {
    let driver = TestDriver::default();
    driver.stack.insert(metric(route(4), 77));
    driver.must(client, lease(route(1)));
    driver.must(client, entry(ENTRY_CREATE, GUARDED, route(2)));
    driver.must(
        client,
        entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_SHARE, route(3)),
    );
    driver.must(client, upsert_lease(route(4)));
    settle(&driver);
    driver
}

fn settle(driver: &TestDriver) {
    driver.notify();
    driver.work();
}

fn sleep(driver: &TestDriver) {
    worker::on_sleep(&driver.state.watch, &mut ());
}

fn resume(driver: &TestDriver) {
    worker::on_resume(&driver.state.watch, &mut (), &driver.state);
}

/// The stack loses all routes; the notifications are kept back if `silently`.
fn lose_routes(driver: &TestDriver, silently: bool) {
    for number in 1..5 {
        driver.stack.delete(&route(number)).unwrap();
    }
    if silently {
        let _never_delivered = driver.stack.notifications();
    }
}

fn present(driver: &TestDriver) -> Vec<u16> {
    (1..5)
        .filter(|number| driver.stack.has(&route(*number)))
        .collect()
}

/// Runs deferred work whenever it is due, at most `times` times.
fn work_on(driver: &TestDriver, times: u32) {
    for _ in 0..times {
        match driver.work() {
            Some(again) => driver.state.now.set(again),
            None => return,
        }
    }
}

/// The attempts that the guards of all leases have counted.
fn counted(driver: &TestDriver, client: &Client) -> u32 {
    let page = LeasePage { first_slot: 0 };
    let mut output = [0; 8192];
    let written = driver.serve(client, Command::GetLeases(page), &mut output);
    let (_, rest) = LeaseHeader::read_from_prefix(&output[..written.unwrap()]).unwrap();
    rest.chunks_exact(size_of::<LeaseRow>())
        .map(|row| LeaseRow::read_from_bytes(row).unwrap().guard_times)
        .sum()
}

/// The events that a handle has not read.
fn events(driver: &TestDriver, client: &Client, after: u64) -> Vec<WatchEvent> {
    let request = WatchRequest {
        flags: WATCH_NO_WAIT,
        after_sequence: after,
        ..WatchRequest::default()
    };
    let mut output = [0; 8192];
    let written = driver.serve_watch(client, &request, &mut output).unwrap();
    let (_, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
    rest.chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).unwrap())
        .collect()
}

#[test]
fn every_lost_route_is_put_back_at_the_resume() {
    for silently in [false, true] {
        let client = Client::default();
        let driver = with_leases(&client);
        for _ in 0..30 {
            sleep(&driver);
            lose_routes(&driver, silently);
            settle(&driver);
            assert_eq!((present(&driver), driver.leases()), (std::vec![], 4));
            resume(&driver);
            assert_eq!(driver.work(), None);
            assert_eq!(present(&driver), [1, 2, 3, 4]);
            settle(&driver);
            assert_eq!((present(&driver).len(), driver.leases()), (4, 4));
        }
        assert_eq!(counted(&driver, &client), 0);
        assert_eq!(driver.state.losses.read(), Losses::default());
        assert!(!driver.close(&client));
        // The end of the lease restores the row that it displaced before the sleep.
        assert_eq!(present(&driver), [4]);
    }
}

#[test]
fn routes_that_are_there_at_the_resume_are_not_written() {
    let client = Client::default();
    let driver = with_leases(&client);
    let writes = driver.stack.writes();
    sleep(&driver);
    resume(&driver);
    assert_eq!(driver.work(), None);
    assert_eq!(driver.stack.writes(), writes);
}

#[test]
fn a_route_that_was_changed_in_a_sleep_stays_without_a_guard() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    for number in [1, 2] {
        driver.stack.set(&metric(route(number), 99)).unwrap();
    }
    resume(&driver);
    settle(&driver);
    let metric_of = |number| driver.stack.get(&route(number)).unwrap().metric;
    assert_eq!((metric_of(1), metric_of(2)), (99, route(2).metric));
    assert_eq!(driver.leases(), 4);
}

#[test]
fn work_that_is_due_waits_for_the_resume() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    lose_routes(&driver, false);
    let calls = driver.stack.calls();
    for _ in 0..10 {
        driver.notify();
        driver.interface_arrives();
        driver.wait(Ticks::from_millis(600_000));
        assert_eq!(driver.work(), None);
    }
    assert_eq!(driver.stack.calls(), calls);
}

#[test]
fn a_create_that_fails_for_lack_of_memory_is_tried_again() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    lose_routes(&driver, true);
    driver.stack.refuse_creation(Some(NtStatus::NO_MEMORY));
    resume(&driver);
    work_on(&driver, 500);
    assert_eq!((present(&driver), driver.leases()), (std::vec![], 4));
    driver.stack.refuse_creation(None);
    work_on(&driver, 2);
    assert_eq!(present(&driver), [1, 2, 3, 4]);
    assert_eq!(counted(&driver, &client), 0);
}

#[test]
fn each_call_of_a_resume_may_fail_for_lack_of_memory() {
    for call in 0..60 {
        let client = Client::default();
        let driver = with_leases(&client);
        sleep(&driver);
        lose_routes(&driver, true);
        driver
            .stack
            .fail_with(call, 1, NtStatus::INSUFFICIENT_RESOURCES);
        resume(&driver);
        work_on(&driver, 100);
        driver.stack.heal();
        assert_eq!(present(&driver), [1, 2, 3, 4], "call {call}");
        assert_eq!(counted(&driver, &client), 0, "call {call}");
    }
}

#[test]
fn a_create_that_is_refused_for_good_is_given_up_and_told() {
    let client = Client::default();
    let driver = with_leases(&client);
    events(&driver, &client, 0);
    sleep(&driver);
    lose_routes(&driver, true);
    driver
        .stack
        .refuse_creation(Some(NtStatus::INVALID_PARAMETER));
    resume(&driver);
    work_on(&driver, 1_000);
    // A lease without a guard ends with its route.
    assert_eq!(driver.leases(), 1);
    assert_eq!(driver.state.losses.read().guards_given_up, 4);
    let events = events(&driver, &client, 0);
    let gave_up = events
        .iter()
        .filter(|event| event.kind == EVENT_GUARD_GAVE_UP);
    assert_eq!(gave_up.count(), 4);
}

#[test]
fn lost_routes_wait_for_an_interface_that_is_down_at_the_resume() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    lose_routes(&driver, true);
    driver.stack.disconnect();
    resume(&driver);
    for _ in 0..100 {
        driver.wait(Ticks::from_millis(60_000));
        settle(&driver);
    }
    assert_eq!((present(&driver), driver.leases()), (std::vec![], 4));
    driver.stack.connect();
    driver.interface_arrives();
    driver.work();
    assert_eq!(present(&driver), [1, 2, 3, 4]);
    assert_eq!(counted(&driver, &client), 0);
}

#[test]
fn the_leases_of_a_closed_handle_are_not_put_back() {
    let client = Client::default();
    let driver = with_leases(&client);
    // The stack refuses to end them before the sleep.
    driver.stack.fail(0, u64::MAX);
    assert!(driver.close(&client));
    driver.stack.heal();
    sleep(&driver);
    lose_routes(&driver, true);
    resume(&driver);
    let writes = driver.stack.writes();
    work_on(&driver, 10);
    assert_eq!((driver.leases(), present(&driver)), (0, std::vec![]));
    assert!(driver.stack.writes() - writes <= 4, "no route is created");
}

#[test]
fn a_guard_that_gave_up_before_the_sleep_stays_so() {
    let client = Client::default();
    let driver = with_leases(&client);
    driver
        .stack
        .refuse_creation(Some(NtStatus::INVALID_PARAMETER));
    driver.stack.delete(&route(2)).unwrap();
    driver.notify();
    work_on(&driver, 1_000);
    driver.stack.refuse_creation(None);
    sleep(&driver);
    resume(&driver);
    work_on(&driver, 10);
    assert_eq!(present(&driver), [1, 3, 4]);
}

#[test]
fn a_lease_that_is_back_ends_with_its_route_as_before() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    lose_routes(&driver, true);
    resume(&driver);
    driver.work();
    driver.notify();
    driver.stack.delete(&route(1)).unwrap();
    settle(&driver);
    assert_eq!((present(&driver), driver.leases()), (std::vec![2, 3, 4], 3));
}

#[test]
fn each_resume_is_one_resync_with_a_new_number() {
    let client = Client::default();
    let driver = with_leases(&client);
    let mut after = 0;
    events(&driver, &client, 0);
    for _ in 0..5 {
        sleep(&driver);
        resume(&driver);
        driver.work();
        let events = events(&driver, &client, after);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].kind, EVENT_RESYNC);
        assert!(events[0].sequence > after);
        after = events[0].sequence;
    }
}

#[test]
fn many_leases_return_in_one_run() {
    let client = Client::default();
    let driver = TestDriver::default();
    for number in 1..=300 {
        driver.must(&client, lease(route(number)));
    }
    sleep(&driver);
    for number in 1..=300 {
        driver.stack.delete(&route(number)).unwrap();
    }
    let _never_delivered = driver.stack.notifications();
    resume(&driver);
    driver.work();
    assert!((1..=300).all(|number| driver.stack.has(&route(number))));
}

#[test]
fn a_lease_on_an_interface_gone_at_the_resume_can_end() {
    let client = Client::default();
    let driver = with_leases(&client);
    sleep(&driver);
    lose_routes(&driver, true);
    driver.stack.remove_interfaces();
    resume(&driver);
    work_on(&driver, 100);
    assert_eq!(driver.leases(), 4);
    driver.stack.restore_interfaces();
    driver.interface_arrives();
    driver.work();
    assert_eq!(present(&driver), [1, 2, 3, 4]);
    assert!(!driver.close(&client));
    assert_eq!((driver.leases(), present(&driver)), (0, std::vec![4]));
}
