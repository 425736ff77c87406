//! Threads that are killed at any step of a batch, also while they wait for the lease-table lock.

extern crate std;

use std::sync::Arc;

use abi::ApplyEntry;
use abi::apply::{ENTRY_CREATE, ENTRY_LEASE};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::super::{entry, route};
use super::in_orders_with;
use super::rig::{Client, Rig};
use crate::stop::StopReason;

fn batch(flags: u32, routes: [u16; 2]) -> [ApplyEntry; 2] {
    routes.map(|number| entry(ENTRY_CREATE, flags, route(number)))
}

/// Kills the thread of a batch of two entries at every step, and has `beside` run beside it.
/// Returns whether the batch was done.
fn kill_a_batch(
    rig: &Arc<Rig>,
    client: &Client,
    flags: u32,
    beside: impl FnOnce(&Rig) + Send + 'static,
) -> bool {
    let killed = Arc::new(AtomicBool::new(false));
    let kill = {
        let killed = Arc::clone(&killed);
        thread::spawn(move || killed.store(true, Ordering::SeqCst))
    };
    let other = rig.spawn(beside);
    let stop = || {
        let killed = killed.load(Ordering::SeqCst);
        killed.then_some(StopReason::ThreadTerminating)
    };
    let is_done = rig.apply_unless(client, &batch(flags, [1, 2]), &stop);
    kill.join().unwrap();
    other.join().unwrap();
    is_done
}

#[test]
fn an_atomic_batch_killed_at_any_step_is_whole_or_undone() {
    in_orders_with(3, "an atomic batch, its kill, a change", || {
        let (rig, client) = (Rig::new(), Client::new());
        let is_done = kill_a_batch(&rig, &client, 0, |rig| {
            let other = Client::new();
            assert!(
                rig.apply(&other, entry(ENTRY_CREATE, 0, route(3)))
                    .is_success()
            );
        });
        let rows = if is_done { 3 } else { 1 };
        assert_eq!(rig.stack.table().len(), rows);
    });
}

#[test]
fn a_killed_batch_of_leases_leaves_none() {
    in_orders_with(3, "a batch of leases, its kill, deferred work", || {
        let (rig, client) = (Rig::new(), Client::new());
        rig.begin_guard(4);
        kill_a_batch(&rig, &client, ENTRY_LEASE, |rig| {
            rig.notify();
            rig.work();
        });
        // The thread has left the driver: only now does the system close the handle.
        rig.close(&client);
        rig.quiesce();
        assert!(rig.is_empty() && rig.stack.table().is_empty());
    });
}

#[test]
fn a_killed_thread_leaves_the_lock_to_the_others() {
    in_orders_with(2, "two batches on the same routes, one is killed", || {
        let (rig, client) = (Rig::new(), Client::new());
        let is_done = kill_a_batch(&rig, &client, 0, |rig| {
            let other = Client::new();
            let done = rig.apply_unless(&other, &batch(0, [2, 3]), &|| None);
            assert!(done || rig.stack.table().len() == 2);
        });
        assert!(is_done || rig.stack.table().len() == 2);
        assert!(!rig.apply_unless(&client, &batch(0, [2, 4]), &|| None));
    });
}
