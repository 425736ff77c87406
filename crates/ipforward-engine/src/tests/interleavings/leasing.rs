//! Leases and guards, while others change the table and handles end.

extern crate std;

use std::sync::Arc;

use abi::apply::{ENTRY_CREATE, ENTRY_GUARD, ENTRY_LEASE, ENTRY_SHARE, ENTRY_UPSERT};

use super::super::{entry, metric, route, upsert_lease};
use super::rig::{Client, Rig};
use super::{in_every_order, in_orders_with};
use crate::events::Change;
use crate::fake_stack::FakeStack;

/// A driver, and a handle that guards a route.
fn with_guarded_route() -> (Arc<Rig>, Arc<Client>) {
    let (rig, client) = (Rig::new(), Client::new());
    rig.begin_guard(4);
    let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(1));
    assert!(rig.apply(&client, guarded).is_success());
    rig.quiesce();
    (rig, client)
}

#[test]
fn a_deleted_row_is_not_restored_by_its_lease() {
    in_orders_with(
        3,
        "a lease over a row, a program that deletes, deferred work",
        || {
            let (rig, client) = (Rig::new(), Client::new());
            rig.begin_guard(4);
            rig.stack.create(&route(1)).unwrap();
            rig.quiesce();
            let worker = rig.spawn(|rig| {
                rig.notify();
                rig.work();
            });
            let deletes = rig.spawn(|rig| rig.stack.delete(&metric(route(1), 50)).is_ok());
            // It may be deleted just before it is to be changed.
            let _ = rig.apply(&client, upsert_lease(metric(route(1), 50)));
            rig.close(&client);
            assert!(deletes.join().unwrap());
            worker.join().unwrap();
            rig.quiesce();
            assert!(rig.is_empty() && rig.stack.table().is_empty());
        },
    );
}

#[test]
fn a_foreign_route_outlives_a_lease_of_the_same_keys() {
    in_every_order(
        "a lease, a program that creates the same, deferred work",
        || {
            let (rig, client) = (Rig::new(), Client::new());
            rig.begin_guard(4);
            let creates = rig.spawn(|rig| {
                let _ = rig.stack.delete(&route(1));
                rig.stack.create(&metric(route(1), 60)).is_ok()
            });
            let worker = rig.spawn(|rig| {
                rig.notify();
                rig.work();
            });
            let leased = rig.apply(&client, entry(ENTRY_CREATE, ENTRY_LEASE, route(1)));
            let is_theirs = creates.join().unwrap();
            worker.join().unwrap();
            rig.quiesce();
            assert!(leased.is_success() || is_theirs);
            rig.close(&client);
            rig.quiesce();
            assert!(rig.is_empty());
            let left = rig
                .stack
                .table()
                .contains_key(&FakeStack::default_key(&route(1)));
            // A route that was deleted and made again before the driver looked is indistinguishable from the
            // leased one: it ends with the lease.
            assert!(!left || is_theirs);
        },
    );
}

#[test]
fn nothing_guarded_comes_back_after_its_handle() {
    in_orders_with(
        3,
        "a guard, a program that deletes, the end of the handle",
        || {
            let (rig, client) = with_guarded_route();
            let disturbs = rig.spawn(|rig| {
                rig.stack.delete(&route(1)).ok();
                rig.notify();
            });
            let worker = rig.spawn(Rig::work);
            rig.close(&client);
            disturbs.join().unwrap();
            worker.join().unwrap();
            rig.quiesce();
            assert!(rig.is_empty());
            assert!(rig.stack.table().is_empty());
        },
    );
}

#[test]
fn a_guarded_route_is_there_in_the_end() {
    in_every_order(
        "a guard, a program that deletes, two threads of deferred work",
        || {
            let (rig, client) = with_guarded_route();
            let disturbs = rig.spawn(|rig| {
                for _ in 0..2 {
                    rig.stack.delete(&route(1)).ok();
                    rig.notify();
                }
            });
            rig.work();
            disturbs.join().unwrap();
            rig.quiesce();
            // The second time the guard may wait; but it sets the timer, and does not fight for ever.
            for _ in 0..20 {
                if !rig.wait() {
                    break;
                }
                rig.quiesce();
            }
            assert!(!rig.wait());
            assert_eq!(rig.stack.table().len(), 1);
            rig.close(&client);
            assert!(rig.is_empty() && rig.stack.table().is_empty());
        },
    );
}

#[test]
fn a_guarded_route_returns_with_its_link_in_every_order() {
    in_orders_with(
        3,
        "a guard, a link that goes down and comes up, two threads of deferred work",
        || {
            let (rig, client) = with_guarded_route();
            let link = rig.spawn(|rig| {
                rig.stack.disconnect();
                rig.notify_interface(Change::Changed);
                rig.notify();
                rig.stack.connect();
                rig.notify_interface(Change::Changed);
            });
            rig.work();
            link.join().unwrap();
            rig.quiesce();
            assert_eq!(rig.stack.table().len(), 1);
            assert!(!rig.wait(), "the guard waits for no delay");
            rig.close(&client);
            assert!(rig.is_empty() && rig.stack.table().is_empty());
        },
    );
}

#[test]
fn a_shared_route_ends_with_its_last_owner() {
    in_orders_with(3, "two owners who come and go", || {
        let rig = Rig::new();
        let come_and_go = |rig: &Rig| {
            let client = Client::new();
            let shared = entry(ENTRY_UPSERT, ENTRY_LEASE | ENTRY_SHARE, route(1));
            assert!(rig.apply(&client, shared).is_success());
            assert!(rig.stack.get(&route(1)).is_ok());
            rig.close(&client);
        };
        let other = rig.spawn(come_and_go);
        come_and_go(&rig);
        other.join().unwrap();
        rig.quiesce();
        assert!(rig.is_empty() && rig.stack.table().is_empty());
    });
}
