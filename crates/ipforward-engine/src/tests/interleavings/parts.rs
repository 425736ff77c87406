//! Batches that let others in between their parts, while other handles change the same routes, and
//! while their own thread or handle ends.

extern crate std;

use std::sync::Arc;
use std::vec::Vec;

use abi::apply::{ENTRY_CREATE, ENTRY_GUARD, ENTRY_LEASE};
use abi::{ApplyEntry, NtStatus};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::super::{entry, lease, route};
use super::in_orders_with;
use super::rig::{Client, Rig};
use crate::stop::StopReason;

fn leases() -> [ApplyEntry; 2] {
    [1, 2].map(|number| lease(route(number)))
}

/// Number of entries that succeeded. The others, behind them, were not reached.
fn applied(statuses: &[NtStatus]) -> usize {
    let count = statuses
        .iter()
        .take_while(|status| status.is_success())
        .count();
    assert!(
        statuses[count..]
            .iter()
            .all(|status| *status == NtStatus::CANCELLED)
    );
    count
}

/// The driver is empty when all its handles are closed.
fn close_all(rig: &Rig, clients: &[&Client]) {
    for client in clients {
        rig.close(client);
    }
    rig.quiesce();
    assert!(rig.is_empty() && rig.stack.table().is_empty());
}

#[test]
fn a_lease_taken_between_two_parts_has_one_owner() {
    in_orders_with(3, "a batch in parts, a lease of the same route", || {
        let (rig, client, other) = (Rig::new(), Client::new(), Client::new());
        rig.begin_guard(4);
        let contender = {
            let other = Arc::clone(&other);
            rig.spawn(move |rig| rig.apply(&other, lease(route(2))))
        };
        let statuses = rig.apply_in_parts(&client, &leases(), &|| None);
        let theirs = contender.join().unwrap();
        assert!(statuses[0].is_success());
        assert_ne!(statuses[1].is_success(), theirs.is_success());
        assert_eq!(rig.stack.table().len(), 2);
        close_all(&rig, &[&client, &other]);
    });
}

#[test]
fn a_batch_killed_between_two_parts_keeps_whole_entries() {
    in_orders_with(3, "a batch in parts, its kill, a lease", || {
        let (rig, client, other) = (Rig::new(), Client::new(), Client::new());
        rig.begin_guard(4);
        let killed = Arc::new(AtomicBool::new(false));
        let kill = {
            let killed = Arc::clone(&killed);
            thread::spawn(move || killed.store(true, Ordering::SeqCst))
        };
        let leases_another = {
            let other = Arc::clone(&other);
            rig.spawn(move |rig| rig.apply(&other, lease(route(3))))
        };
        let stop = || {
            let killed = killed.load(Ordering::SeqCst);
            killed.then_some(StopReason::ThreadTerminating)
        };
        let statuses = rig.apply_in_parts(&client, &leases(), &stop);
        kill.join().unwrap();
        assert!(leases_another.join().unwrap().is_success());
        assert_eq!(rig.stack.table().len(), applied(&statuses) + 1);
        rig.close(&client);
        assert_eq!(rig.stack.table().len(), 1, "only the killed thread's end");
        close_all(&rig, &[&other]);
    });
}

#[test]
fn no_lease_of_a_batch_outlives_its_handle() {
    in_orders_with(
        3,
        "a batch in parts, the end of its handle, deferred work",
        || {
            let (rig, client) = (Rig::new(), Client::new());
            rig.begin_guard(4);
            let closes = {
                let client = Arc::clone(&client);
                rig.spawn(move |rig| rig.close(&client))
            };
            let worker = rig.spawn(|rig| {
                rig.notify();
                rig.work();
            });
            applied(&rig.apply_in_parts(&client, &leases(), &|| None));
            closes.join().unwrap();
            worker.join().unwrap();
            close_all(&rig, &[]);
        },
    );
}

#[test]
fn a_guard_restores_between_two_parts() {
    in_orders_with(
        2,
        "a batch in parts, a program that deletes, deferred work",
        || {
            let (rig, client) = (Rig::new(), Client::new());
            rig.begin_guard(4);
            let disturbs = rig.spawn(|rig| {
                rig.stack.delete(&route(1)).ok();
                rig.notify();
                rig.work();
            });
            let guarded: Vec<_> = [1, 2]
                .map(|number| entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(number)))
                .into();
            let statuses = rig.apply_in_parts(&client, &guarded, &|| None);
            assert_eq!(applied(&statuses), 2);
            disturbs.join().unwrap();
            rig.quiesce();
            while rig.wait() {
                rig.quiesce();
            }
            assert_eq!(rig.stack.table().len(), 2);
            close_all(&rig, &[&client]);
        },
    );
}
