//! Requests that wait for events, and notifications that arrive meanwhile.

extern crate std;

use std::sync::Arc;
use std::vec::Vec;

use abi::WatchRequest;
use abi::apply::{ENTRY_CREATE, ENTRY_GUARD, ENTRY_LEASE};
use abi::watch::{
    EVENT_ADDED, EVENT_GUARD_GAVE_UP, EVENT_INTERFACE_CHANGED, EVENT_RESYNC, WATCH_INTERFACES,
    WATCH_NO_WAIT,
};
use loom::thread::JoinHandle;

use super::super::{entry, route};
use super::rig::{Answer, Client, Rig};
use super::{in_every_order, in_orders_with};
use crate::decode;
use crate::events::Change;
use crate::fake_stack::FakeStack;
use crate::leases::backoff::Backoff;
use crate::leases::records::LeaseState;
use crate::time::KernelTime;
use crate::worker::ParkingQueue;

const ALL: WatchRequest = WatchRequest {
    flags: 0,
    ..NO_WAIT
};

const NO_WAIT: WatchRequest = WatchRequest {
    flags: WATCH_NO_WAIT,
    ..zeroed()
};

const fn zeroed() -> WatchRequest {
    zerocopy::transmute!([0_u8; size_of::<WatchRequest>()])
}

/// A thread with a `WATCH` that waits.
fn ask(rig: &Arc<Rig>, client: &Arc<Client>) -> JoinHandle<()> {
    let client = Arc::clone(client);
    rig.spawn(move |rig| rig.watch(&client, &ALL))
}

/// All answers to a reader, which acknowledges each answer with its next request.
fn read_to_the_end(rig: &Rig, client: &Arc<Client>) -> Vec<Answer> {
    let mut answers = client.answers();
    let after_sequence = answers.last().map_or(0, |answer| answer.sequence);
    rig.watch(
        client,
        &WatchRequest {
            after_sequence,
            ..NO_WAIT
        },
    );
    answers.extend(client.answers());
    answers
}

/// Numbers and kinds of events.
fn events(answers: &[Answer]) -> Vec<(u64, u32)> {
    answers
        .iter()
        .flat_map(|answer| &answer.events)
        .map(|event| (event.sequence, event.kind))
        .collect()
}

/// A `WATCH` arrives while the stack notifies this many changes and deferred work runs.
fn ask_while_changes_come(changes: u64) {
    let (rig, client) = (Rig::new(), Client::new());
    rig.begin(&client, 4);
    for number in 0..changes {
        let number = u16::try_from(number).unwrap();
        rig.stack.create(&route(number)).unwrap();
    }
    let asks = ask(&rig, &client);
    let notifies = rig.spawn(|rig| while rig.notify() {});
    rig.work();
    asks.join().unwrap();
    notifies.join().unwrap();
    rig.quiesce();
    rig.check_parked_requests();
    let answers = read_to_the_end(&rig, &client);
    let all: Vec<_> = (1..=changes).map(|number| (number, EVENT_ADDED)).collect();
    assert_eq!(events(&answers), all);
}

#[test]
fn a_request_receives_a_change_exactly_once() {
    in_every_order("a request, a change, deferred work", || {
        ask_while_changes_come(1);
    });
}

#[test]
fn the_removal_of_an_interface_reaches_a_request() {
    in_orders_with(3, "a request, a removed interface, deferred work", || {
        let (rig, client) = (Rig::new(), Client::new());
        let request = WatchRequest {
            flags: WATCH_INTERFACES,
            ..ALL
        };
        rig.begin_with(&client, &request, 4);
        let asks = {
            let client = Arc::clone(&client);
            rig.spawn(move |rig| rig.watch(&client, &request))
        };
        let notifies = rig.spawn(|rig| rig.notify_interface(Change::Removed));
        rig.work();
        asks.join().unwrap();
        notifies.join().unwrap();
        rig.quiesce();
        rig.check_parked_requests();
        assert_eq!(events(&client.answers()), [(1, EVENT_INTERFACE_CHANGED)]);
    });
}

#[test]
fn a_request_receives_changes_in_their_order() {
    in_orders_with(4, "a request, two changes, deferred work", || {
        ask_while_changes_come(2);
    });
}

#[test]
fn events_of_two_workers_at_once_are_delivered() {
    in_orders_with(
        3,
        "deferred work in two threads, the last word of a guard",
        || {
            let (rig, client) = (Rig::new(), Client::new());
            rig.begin(&client, 4);
            let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(1));
            rig.begin_guard(4);
            assert!(rig.apply(&client, guarded).is_success());
            rig.stack.delete(&route(1)).unwrap();
            // A guard that has used all its attempts, and is due at the time 2: it will give up,
            // which changes no route. The worker of the time 2 finds the worker of the time 1
            // running, which may hold the request, or may have checked the guard already.
            rig.leases.with(|leases| {
                let key = FakeStack::default_key(&route(1));
                let lease = leases.find(&key).unwrap();
                let mut backoff = Backoff::default();
                for _ in 0..100 {
                    backoff.on_attempt(KernelTime::from_ticks(1));
                }
                let before = *leases.lease(lease).unwrap().state();
                let exhausted = LeaseState { backoff, ..before };
                leases.amend(lease, exhausted).unwrap();
                leases
                    .on_notifications_lost(KernelTime::from_ticks(2))
                    .unwrap();
            });
            rig.park_in(ParkingQueue::Second, &client, &ALL);
            let worker = rig.spawn(|rig| {
                rig.set_now(KernelTime::from_ticks(2));
                rig.run();
            });
            rig.run();
            worker.join().unwrap();
            while rig.work() {}
            rig.check_parked_requests();
            assert_eq!(events(&client.answers()), [(1, EVENT_GUARD_GAVE_UP)]);
        },
    );
}

#[test]
fn a_handle_that_is_closed_while_it_asks_watches_no_more() {
    in_orders_with(3, "a request, the end of its handle, a change", || {
        let (rig, client) = (Rig::new(), Client::new());
        let asks = ask(&rig, &client);
        let changes = rig.spawn(|rig| {
            rig.stack.create(&route(1)).unwrap();
            rig.notify();
        });
        rig.close(&client);
        asks.join().unwrap();
        changes.join().unwrap();
        rig.quiesce();
        let filter = decode::watch::decode(&ALL).unwrap().filter;
        let id = client.id();
        assert!(!rig.watch.with(|watch| watch.events.watches(id, &filter)));
    });
}

#[test]
fn a_request_that_a_worker_holds_does_not_outlive_its_handle() {
    in_orders_with(3, "deferred work, the end of a handle that waits", || {
        let (rig, client) = (Rig::new(), Client::new());
        rig.begin(&client, 4);
        rig.watch(&client, &ALL);
        let worker = rig.spawn(Rig::work);
        rig.close(&client);
        rig.cancel_parked(&client);
        worker.join().unwrap();
        rig.quiesce();
        // A request of a closed handle would be answered by now, if it slept.
        rig.check_parked_requests();
    });
}

#[test]
fn what_a_full_ring_loses_is_counted_and_said() {
    in_every_order("a reader, a ring of one, three changes", || {
        let (rig, client) = (Rig::new(), Client::new());
        rig.begin(&client, 1);
        for number in 0..3 {
            rig.stack.create(&route(number)).unwrap();
        }
        let changes = rig.spawn(|rig| {
            for _ in 0..3 {
                rig.notify();
            }
        });
        rig.watch(&client, &NO_WAIT);
        changes.join().unwrap();
        let answers = read_to_the_end(&rig, &client);
        let events = events(&answers);
        assert!(events.is_sorted_by(|a, b| a.0 < b.0), "{events:?}");
        let seen = events.iter().filter(|event| event.1 != EVENT_RESYNC);
        let lost = answers.last().map_or(0, |answer| answer.lost);
        // A delivered event also counts as lost if the ring dropped it before the reader
        // acknowledged it.
        assert!(seen.clone().count() as u64 + lost >= 3, "{events:?}");
        // A resync event follows each event that was not delivered.
        for sequence in 1..=3 {
            let is_said = seen.clone().any(|event| event.0 == sequence)
                || events
                    .iter()
                    .any(|event| event.1 == EVENT_RESYNC && event.0 >= sequence);
            assert!(is_said, "{sequence} of {events:?}");
        }
    });
}
