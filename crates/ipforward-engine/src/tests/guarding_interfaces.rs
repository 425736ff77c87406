//! Guarded routes on interfaces that lose their links or their addresses, or are other adapters when
//! they return.

extern crate std;

use std::vec::Vec;

use abi::apply::{APPLY_ATOMIC, APPLY_DRY_RUN, ENTRY_GUARD};
use abi::watch::{EVENT_GUARD_INTERFACE_REPLACED, EVENT_GUARD_RESTORED, WATCH_NO_WAIT};
use abi::{WatchEvent, WatchHeader, WatchRequest};
use zerocopy::FromBytes;

use super::*;
use crate::route_key::RouteKey;

const GUARDED: u32 = ENTRY_LEASE | ENTRY_GUARD;

/// The time that an attempt to restore a route takes at most, if it is not counted.
const AT_ONCE: Ticks = Ticks::from_millis(1_000);

/// A LUID that no interface has at first.
const OTHER_LUID: u64 = 0x0006_00F0_0100_0000;

fn guarded(client: &Client) -> TestDriver {
    let driver = TestDriver::default();
    driver.must(client, entry(ENTRY_CREATE, GUARDED, route(1)));
    quiesce(&driver);
    driver
}

/// Delivers the notifications of the stack, and runs deferred work.
fn quiesce(driver: &TestDriver) {
    driver.notify();
    driver.work();
}

fn disconnect(driver: &TestDriver) {
    driver.stack.disconnect();
    quiesce(driver);
}

fn connect(driver: &TestDriver) {
    driver.stack.connect();
    changed(driver, FakeStack::LUID);
}

/// Another adapter gets the LUID. The driver gets no notification yet.
fn replace_adapter(driver: &TestDriver, adapter: u16) {
    driver.stack.remove_interfaces();
    driver.stack.replace_adapters(adapter);
    driver.stack.restore_interfaces();
}

/// The driver notices that the adapter goes, and that adapter 1 gets the LUID.
fn replace_noticed_adapter(driver: &TestDriver) {
    driver.stack.remove_interfaces();
    quiesce(driver);
    replace_adapter(driver, 1);
    changed(driver, FakeStack::LUID);
}

/// Delivers the notification of a changed interface.
fn changed(driver: &TestDriver, luid: u64) {
    driver
        .state
        .watch
        .with(|watch| watch.work.request_for_interface(luid));
    quiesce(driver);
}

fn is_there(driver: &TestDriver) -> bool {
    driver.stack.has(&route(1))
}

/// The kinds of the events of guards.
fn guard_events(driver: &TestDriver, client: &Client) -> Vec<u32> {
    let request = WatchRequest {
        flags: WATCH_NO_WAIT,
        ..WatchRequest::default()
    };
    let mut output = [0; 8192];
    let written = driver.serve_watch(client, &request, &mut output).unwrap();
    let (_, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
    rest.chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).unwrap().kind)
        .filter(|kind| *kind >= EVENT_GUARD_RESTORED)
        .collect()
}

#[test]
fn a_link_may_go_down_any_number_of_times() {
    let client = Client::default();
    let driver = guarded(&client);
    for _ in 0..100 {
        disconnect(&driver);
        assert!(!is_there(&driver));
        let calls = driver.stack.calls();
        driver.wait(Ticks::from_millis(170_000));
        assert_eq!(driver.work(), None);
        assert_eq!(driver.stack.calls(), calls);
        connect(&driver);
        assert!(is_there(&driver));
    }
}

#[test]
fn a_link_that_goes_down_during_a_restoration_is_waited_for() {
    let client = Client::default();
    let driver = guarded(&client);
    for _ in 0..30 {
        driver.stack.delete(&route(1)).unwrap();
        // The interface can be used when the guard looks, and the stack refuses the route.
        driver.stack.disconnect_at_creation();
        quiesce(&driver);
        assert!(!is_there(&driver));
        connect(&driver);
        assert!(is_there(&driver));
        // A restoration that succeeded may count.
        driver.wait(Ticks::from_millis(600_001));
    }
}

#[test]
fn a_family_without_an_address_is_waited_for() {
    let client = Client::default();
    let driver = guarded(&client);
    for _ in 0..30 {
        driver.stack.remove_addresses();
        quiesce(&driver);
        changed(&driver, FakeStack::LUID);
        assert!(!is_there(&driver));
        driver.stack.restore_addresses();
        changed(&driver, FakeStack::LUID);
        assert!(is_there(&driver));
    }
}

#[test]
fn an_interface_that_never_had_an_address_needs_none() {
    let (client, driver) = (Client::default(), TestDriver::default());
    driver.stack.remove_addresses();
    driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(1)));
    driver.stack.delete(&route(1)).unwrap();
    quiesce(&driver);
    assert!(is_there(&driver));
}

#[test]
fn a_young_interface_may_refuse_routes_at_first() {
    let client = Client::default();
    let driver = guarded(&client);
    for _ in 0..30 {
        disconnect(&driver);
        driver.stack.connect();
        driver
            .stack
            .refuse_creation(Some(NtStatus::NETWORK_UNREACHABLE));
        changed(&driver, FakeStack::LUID);
        for _ in 0..20 {
            let again = driver.work().expect("the guard tries again");
            driver.state.now.set(again);
            assert!(!is_there(&driver));
        }
        driver.stack.refuse_creation(None);
        driver.wait(AT_ONCE);
        driver.work();
        assert!(is_there(&driver));
    }
}

#[test]
fn an_interface_that_keeps_refusing_a_route_is_given_up() {
    let client = Client::default();
    let driver = guarded(&client);
    disconnect(&driver);
    driver.stack.connect();
    driver
        .stack
        .refuse_creation(Some(NtStatus::INVALID_PARAMETER));
    changed(&driver, FakeStack::LUID);
    let mut rounds = 0;
    while let Some(again) = driver.work() {
        driver.state.now.set(again);
        rounds += 1;
        assert!(rounds < 1_000, "the guard tries for ever");
    }
}

#[test]
fn a_change_of_another_interface_makes_no_call() {
    let client = Client::default();
    let driver = guarded(&client);
    disconnect(&driver);
    driver.stack.connect();
    let calls = driver.stack.calls();
    changed(&driver, OTHER_LUID);
    assert_eq!(driver.stack.calls(), calls);
    changed(&driver, FakeStack::LUID);
    assert!(is_there(&driver));
}

#[test]
fn many_routes_of_a_lost_link_cost_one_look_at_it() {
    let client = Client::default();
    let driver = guarded(&client);
    for number in 2..100 {
        driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(number)));
    }
    quiesce(&driver);
    driver.stack.disconnect();
    driver.notify();
    let calls = driver.stack.calls();
    driver.work();
    // Each route is read; the interface and its GUID are asked for once.
    assert_eq!(driver.stack.calls() - calls, 99 + 2);
}

#[test]
fn lost_notifications_have_waiting_routes_checked() {
    let client = Client::default();
    let driver = guarded(&client);
    disconnect(&driver);
    driver.stack.connect();
    for number in 1_000..4_000 {
        driver.stack.create(&route(number)).unwrap();
        driver.stack.delete(&route(number)).unwrap();
    }
    quiesce(&driver);
    assert!(is_there(&driver));
}

#[test]
fn a_look_at_an_interface_that_fails_is_repeated() {
    let client = Client::default();
    let driver = guarded(&client);
    disconnect(&driver);
    driver.stack.connect();
    driver.stack.fail(0, 1);
    changed(&driver, FakeStack::LUID);
    assert!(driver.stack.heal() && !is_there(&driver));
    driver.wait(AT_ONCE);
    driver.work();
    assert!(is_there(&driver));
}

#[test]
fn another_adapter_gets_no_route_and_the_owner_gets_an_event() {
    let client = Client::default();
    let driver = guarded(&client);
    guard_events(&driver, &client);
    replace_noticed_adapter(&driver);
    assert!(!is_there(&driver));
    assert_eq!(
        guard_events(&driver, &client),
        [EVENT_GUARD_INTERFACE_REPLACED]
    );
    // Another program's route on that adapter is not the guard's.
    driver.stack.create(&route(1)).unwrap();
    quiesce(&driver);
    assert!(!driver.close(&client));
    assert!(is_there(&driver));
}

#[test]
fn the_adapter_that_returns_gets_its_routes() {
    let client = Client::default();
    let driver = guarded(&client);
    replace_noticed_adapter(&driver);
    driver.stack.replace_adapters(0);
    changed(&driver, FakeStack::LUID);
    assert!(is_there(&driver));
    assert!(!driver.close(&client));
    assert!(driver.stack.table().is_empty());
}

#[test]
fn an_adapter_with_another_luid_gets_its_routes() {
    let client = Client::default();
    let driver = guarded(&client);
    driver.stack.remove_interfaces();
    quiesce(&driver);
    driver.stack.change_luid(OTHER_LUID);
    driver.stack.restore_interfaces();
    changed(&driver, OTHER_LUID);
    let keys: Vec<u64> = driver.stack.table().keys().map(RouteKey::luid).collect();
    assert_eq!(keys, [OTHER_LUID]);
    driver.stack.delete(&route(1)).unwrap();
    quiesce(&driver);
    assert_eq!(driver.stack.table().len(), 1);
    assert!(!driver.close(&client));
    assert!(driver.stack.table().is_empty());
    assert_eq!(driver.leases(), 0);
}

#[test]
fn a_recreated_adapter_gets_its_routes_whichever_call_fails() {
    for call in 0..40 {
        for work_meanwhile in [true, false] {
            let client = Client::default();
            let driver = guarded(&client);
            driver.stack.fail(call, 1);
            driver.stack.remove_interfaces();
            driver.notify();
            if work_meanwhile {
                driver.work();
            }
            driver.stack.change_luid(OTHER_LUID);
            driver.stack.restore_interfaces();
            changed(&driver, OTHER_LUID);
            driver.stack.heal();
            for _ in 0..3 {
                driver.wait(AT_ONCE);
                driver.work();
            }
            let keys: Vec<u64> = driver.stack.table().keys().map(RouteKey::luid).collect();
            assert_eq!(keys, [OTHER_LUID], "call {call}, {work_meanwhile}");
            assert!(!driver.close(&client));
            assert!(driver.stack.table().is_empty(), "call {call}");
            assert_eq!(driver.leases(), 0);
        }
    }
}

#[test]
fn an_owner_may_take_the_route_on_the_other_adapter() {
    for flags in [0, APPLY_DRY_RUN, APPLY_ATOMIC] {
        let client = Client::default();
        let driver = guarded(&client);
        replace_noticed_adapter(&driver);
        let wanted = entry(ENTRY_UPSERT, GUARDED, route(1));
        let bad = MibIpForwardRow2 {
            preferred_lifetime: 2,
            valid_lifetime: 1,
            ..route(3)
        };
        let entries = [wanted, upsert_lease(bad)];
        let _ = driver.apply(&client, flags, &entries);
        let is_taken = flags == 0;
        assert_eq!(is_there(&driver), is_taken);
        // The first adapter returns: the guard knows which one it has to do with.
        driver.stack.clear();
        driver.stack.replace_adapters(0);
        changed(&driver, FakeStack::LUID);
        assert_eq!(is_there(&driver), !is_taken);
        driver.close(&client);
    }
}

#[test]
fn another_handle_may_take_the_route_on_the_other_adapter() {
    let (client, other) = (Client::default(), Client::default());
    let driver = guarded(&client);
    replace_noticed_adapter(&driver);
    driver.must(&other, entry(ENTRY_CREATE, GUARDED, route(1)));
    assert!(!driver.close(&client));
    assert!(is_there(&driver));
    assert!(!driver.close(&other));
    assert!(!is_there(&driver));
}

#[test]
fn a_guard_that_cannot_learn_its_adapter_leaves_no_route() {
    for call in 0..12 {
        let client = Client::default();
        let driver = guarded(&client);
        // It stays on the first adapter, so that the other one is found out.
        driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(2)));
        replace_adapter(&driver, 1);
        driver.stack.fail(call, 1);
        let _ = driver.apply(&client, 0, &[entry(ENTRY_CREATE, GUARDED, route(1))]);
        driver.stack.heal();
        changed(&driver, FakeStack::LUID);
        driver.close(&client);
        assert!(!is_there(&driver), "call {call} failed");
    }
}

#[test]
fn an_adapter_that_returned_unnoticed_is_the_guards_own() {
    let client = Client::default();
    let driver = guarded(&client);
    for adapter in [1, 0] {
        replace_adapter(&driver, adapter);
        if adapter == 1 {
            quiesce(&driver);
        }
    }
    driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(1)));
    driver.close(&client);
    assert!(!is_there(&driver));
}

#[test]
fn a_route_of_another_adapter_that_no_guard_has_seen_stays() {
    let client = Client::default();
    let driver = guarded(&client);
    replace_adapter(&driver, 1);
    driver.stack.create(&route(1)).unwrap();
    driver.close(&client);
    assert!(is_there(&driver));
}

#[test]
fn a_guard_whose_adapter_is_unknown_is_refused() {
    for status in [NtStatus::INVALID_PARAMETER, NtStatus::NO_MEMORY] {
        let (driver, client) = (TestDriver::default(), Client::default());
        // The calls are the interface, and the adapter.
        driver.stack.fail_with(1, 1, status);
        let refused = driver.refused(&client, entry(ENTRY_CREATE, GUARDED, route(1)));
        assert!(driver.stack.heal());
        assert_eq!(refused, status);
        assert!(!is_there(&driver));
        assert_eq!(driver.leases(), 0);
    }
}

#[test]
fn a_guard_on_an_unknown_interface_has_the_status_of_the_row() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let elsewhere = MibIpForwardRow2 {
        interface_luid: FakeStack::LUID + 9,
        ..route(1)
    };
    let refused = driver.refused(&client, entry(ENTRY_CREATE, GUARDED, elsewhere));
    assert_eq!(refused, NtStatus::NOT_FOUND);
}
