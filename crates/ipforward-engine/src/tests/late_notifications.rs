//! Notifications that overtake each other, and times without any.

extern crate std;

use std::vec::Vec;

use abi::apply::ENTRY_GUARD;
use abi::watch::{EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED, EVENT_RESYNC};
use abi::{WatchEvent, WatchRequest};

use super::watching::reader;
use super::*;
use crate::leases::release::RETRY_DELAY;

fn kinds(events: &[WatchEvent]) -> Vec<u32> {
    events.iter().map(|event| event.kind).collect()
}

impl TestDriver {
    /// Delivers the stack's notifications, the last one first.
    fn notify_backwards(&self) {
        for (change, row) in self.stack.notifications().into_iter().rev() {
            self.state
                .watch
                .with(|watch| watch.events.on_route_changed(change, &row, || self.now()));
        }
    }
}

#[test]
fn a_removal_that_was_overtaken_is_a_change() {
    let driver = TestDriver::default();
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.delete(&route(1)).unwrap();
    driver.stack.create(&metric(route(1), 50)).unwrap();
    driver.notify_backwards();
    let events = reader.watch(&driver, 9).unwrap();
    assert_eq!(kinds(&events), [EVENT_ADDED, EVENT_CHANGED]);
    assert_eq!(events[1].row.metric, 50);
}

#[test]
fn a_removal_that_an_addition_follows_is_a_removal() {
    let driver = TestDriver::default();
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.delete(&route(1)).unwrap();
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    let events = reader.watch(&driver, 9).unwrap();
    assert_eq!(kinds(&events), [EVENT_REMOVED, EVENT_ADDED]);
}

#[test]
fn an_unreadable_removed_route_is_reported_as_a_resync() {
    let driver = TestDriver::default();
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    driver.stack.fail(0, 1);
    assert_eq!(kinds(&reader.watch(&driver, 9).unwrap()), [EVENT_RESYNC]);
}

#[test]
fn a_refused_registration_is_tried_again_after_a_delay() {
    let driver = TestDriver::default();
    let notifications = &driver.state.notifications;
    notifications.is_registered.set(false);
    notifications.is_refused.set(true);
    assert_eq!(driver.work(), Some(driver.now().after(RETRY_DELAY)));
    notifications.is_refused.set(false);
    assert_eq!(driver.work(), None);
    assert!(notifications.is_registered.get());
}

#[test]
fn readers_and_guards_catch_up_when_notifications_begin() {
    let driver = TestDriver::default();
    let owner = Client::default();
    driver.state.notifications.is_registered.set(false);
    driver.state.notifications.is_refused.set(true);
    let guard = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(1));
    driver.must(&owner, guard);
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.delete(&route(1)).unwrap();
    let _lost = driver.stack.notifications();
    assert!(driver.work().is_some());
    assert!(!driver.stack.has(&route(1)));
    driver.state.notifications.is_refused.set(false);
    driver.work();
    assert!(driver.stack.has(&route(1)));
    assert_eq!(kinds(&reader.watch(&driver, 9).unwrap()), [EVENT_RESYNC]);
}
