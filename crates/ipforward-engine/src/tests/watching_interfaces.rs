//! Watching interfaces: the events say which interface changed, to the readers that ask for them.

extern crate std;

use std::vec::Vec;

use abi::watch::{
    EVENT_ADDED, EVENT_INTERFACE_CHANGED, EVENT_RESYNC, RING_EVENTS, WATCH_INTERFACES,
    WATCH_NOT_MINE, WATCH_ONLY_GUARDS,
};
use abi::{IpAddressPrefix, WatchEvent, WatchRequest};

use super::watching::{Reader, reader};
use super::*;
use crate::changed_interfaces::ANY_INTERFACE;
use crate::events::Change;

const OTHER: u64 = FakeStack::LUID + 1;

/// Every change of routes and interfaces.
fn with_interfaces() -> WatchRequest {
    WatchRequest {
        flags: WATCH_INTERFACES,
        ..WatchRequest::default()
    }
}

/// The stack's notification of an interface or of one of its addresses.
fn notify(driver: &TestDriver, change: Change, luid: u64) {
    worker::on_interface_changed(&driver.state.watch, &mut (), &driver.state, change, luid);
}

/// Kinds and LUIDs of the events that a reader gets; none if it waits.
fn seen(reader: &mut Reader, driver: &TestDriver) -> Vec<(u32, u64)> {
    let events = reader.watch(driver, 64).unwrap_or_default();
    let seen = |event: &WatchEvent| (event.kind, event.row.interface_luid);
    events.iter().map(seen).collect()
}

#[test]
fn an_event_of_an_interface_has_its_luid_only() {
    let driver = TestDriver::default();
    let mut reader = reader(with_interfaces(), &driver);
    for change in [Change::Added, Change::Changed, Change::Removed] {
        notify(&driver, change, OTHER);
        let events = reader.watch(&driver, 9).unwrap();
        let [event] = events[..] else {
            panic!("{events:?} is not one event");
        };
        assert_eq!((event.kind, event.flags), (EVENT_INTERFACE_CHANGED, 0));
        let expected = MibIpForwardRow2 {
            interface_luid: OTHER,
            ..MibIpForwardRow2::default()
        };
        assert_eq!(event.row, expected);
        assert_eq!(event.guard_handle, 0);
    }
    assert_eq!(reader.watch(&driver, 9), Err(NoAnswer::Waits));
}

#[test]
fn only_filters_with_interfaces_get_their_events() {
    let driver = TestDriver::default();
    let of = |change: fn(&mut WatchRequest)| {
        let mut request = with_interfaces();
        change(&mut request);
        reader(request, &driver)
    };
    let mut readers = [
        (of(|request| request.flags = 0), 0),
        (of(|_| {}), 2),
        (of(|request| request.interface_luid = OTHER), 1),
        (of(|request| request.interface_luid = OTHER + 1), 0),
        // What selects routes selects no interface.
        (of(|request| request.flags |= WATCH_NOT_MINE), 2),
        (of(|request| request.flags |= WATCH_ONLY_GUARDS), 2),
        (of(|request| request.family = 23), 2),
        (
            of(|request| {
                request.prefix = IpAddressPrefix::new("10.9.0.0".parse().unwrap(), 16);
            }),
            2,
        ),
    ];
    notify(&driver, Change::Changed, FakeStack::LUID);
    notify(&driver, Change::Changed, OTHER);
    for (number, (reader, count)) in readers.iter_mut().enumerate() {
        assert_eq!(seen(reader, &driver).len(), *count, "reader {number}");
    }
}

#[test]
fn an_interface_that_the_stack_does_not_name_may_be_any() {
    let driver = TestDriver::default();
    let mut reader = reader(
        WatchRequest {
            interface_luid: OTHER,
            ..with_interfaces()
        },
        &driver,
    );
    notify(&driver, Change::Changed, ANY_INTERFACE);
    assert_eq!(seen(&mut reader, &driver), [(EVENT_INTERFACE_CHANGED, 0)]);
}

#[test]
fn unread_events_of_one_interface_are_one() {
    let driver = TestDriver::default();
    let mut reader = reader(with_interfaces(), &driver);
    for _ in 0..RING_EVENTS {
        notify(&driver, Change::Changed, FakeStack::LUID);
        notify(&driver, Change::Removed, OTHER);
    }
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    notify(&driver, Change::Changed, FakeStack::LUID);
    let expected = [
        (EVENT_INTERFACE_CHANGED, OTHER),
        (EVENT_ADDED, FakeStack::LUID),
        (EVENT_INTERFACE_CHANGED, FakeStack::LUID),
    ];
    assert_eq!(seen(&mut reader, &driver), expected);
    // The next one is another change, which a reader of the last one has not seen.
    notify(&driver, Change::Changed, FakeStack::LUID);
    assert_eq!(seen(&mut reader, &driver), expected[2..]);
}

#[test]
fn a_reader_that_lost_events_of_interfaces_gets_a_resync() {
    let driver = TestDriver::default();
    let mut reader = reader(with_interfaces(), &driver);
    for luid in 1..=u64::from(RING_EVENTS) + 1 {
        notify(&driver, Change::Changed, luid);
    }
    let events = seen(&mut reader, &driver);
    assert_eq!(
        events[..2],
        [(EVENT_RESYNC, 0), (EVENT_INTERFACE_CHANGED, 2)]
    );
    assert_eq!(driver.state.losses.read().event_overflows, 1);
}

#[test]
fn a_removed_interface_requires_work_only_for_a_waiting_reader() {
    let driver = TestDriver::default();
    let requests = || driver.state.watch.with(|watch| watch.work.requests());
    let mut without = reader(WatchRequest::default(), &driver);
    assert_eq!(without.watch(&driver, 9), Err(NoAnswer::Waits));
    let before = requests();
    notify(&driver, Change::Removed, OTHER);
    assert_eq!(requests(), before);
    let mut with = reader(with_interfaces(), &driver);
    assert_eq!(with.watch(&driver, 9), Err(NoAnswer::Waits));
    notify(&driver, Change::Removed, OTHER);
    assert_eq!(requests(), before + 1);
    notify(&driver, Change::Removed, OTHER);
    assert_eq!(requests(), before + 1, "no request waits any more");
    let interfaces = driver
        .state
        .watch
        .with(|watch| watch.work.take_interfaces());
    assert!(interfaces.is_empty(), "no guard looks at it");
}
