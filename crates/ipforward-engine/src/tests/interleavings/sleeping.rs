//! Sleep and resume, while notifications arrive, work runs and handles end.

extern crate std;

use std::sync::Arc;

use abi::WatchRequest;
use abi::apply::{ENTRY_CREATE, ENTRY_GUARD, ENTRY_LEASE};
use abi::watch::EVENT_RESYNC;
use loom::thread;

use super::super::{entry, lease, route};
use super::in_orders_with;
use super::rig::{Client, Rig};

/// A driver that has run, in whose log changes of leased routes are kept.
fn rig() -> Arc<Rig> {
    let rig = Rig::new();
    rig.begin_guard(4);
    rig.run();
    rig
}

/// Another thread in which the system resumes and deferred work runs.
fn resume_in_a_thread(rig: &Arc<Rig>) -> thread::JoinHandle<()> {
    let rig = Arc::clone(rig);
    thread::spawn(move || {
        rig.resume();
        rig.work();
    })
}

#[test]
fn a_route_lost_in_a_sleep_is_there_in_the_end() {
    in_orders_with(
        3,
        "two leases that lose their routes, notifications, the resume",
        || {
            let (rig, client) = (rig(), Client::new());
            let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(2));
            assert!(rig.apply(&client, lease(route(1))).is_success());
            assert!(rig.apply(&client, guarded).is_success());
            rig.quiesce();
            rig.sleep();
            for number in [1, 2] {
                rig.stack.delete(&route(number)).unwrap();
            }
            let worker = {
                let rig = Arc::clone(&rig);
                thread::spawn(move || {
                    rig.notify();
                    rig.run();
                    rig.notify();
                    rig.work();
                })
            };
            rig.resume();
            rig.work();
            worker.join().unwrap();
            rig.quiesce();
            for number in [1, 2] {
                assert!(rig.stack.has(&route(number)), "route {number}");
            }
        },
    );
}

#[test]
fn a_handle_that_ends_at_the_resume_leaves_no_route() {
    in_orders_with(3, "a lost lease, the resume, the end of its handle", || {
        let (rig, client) = (rig(), Client::new());
        assert!(rig.apply(&client, lease(route(1))).is_success());
        rig.quiesce();
        rig.sleep();
        rig.stack.delete(&route(1)).unwrap();
        let worker = resume_in_a_thread(&rig);
        rig.close(&client);
        worker.join().unwrap();
        rig.quiesce();
        assert!(rig.is_empty());
        assert!(rig.stack.table().is_empty());
    });
}

#[test]
fn a_second_sleep_loses_no_resume() {
    in_orders_with(3, "a lost lease, work, two sleeps", || {
        let (rig, client) = (rig(), Client::new());
        assert!(rig.apply(&client, lease(route(1))).is_success());
        rig.quiesce();
        rig.sleep();
        rig.stack.delete(&route(1)).unwrap();
        let worker = {
            let rig = Arc::clone(&rig);
            thread::spawn(move || rig.run())
        };
        rig.resume();
        rig.sleep();
        rig.resume();
        worker.join().unwrap();
        rig.quiesce();
        assert!(rig.stack.has(&route(1)));
    });
}

#[test]
fn a_watch_that_parks_at_the_resume_gets_the_resync() {
    in_orders_with(3, "a watch that parks, the resume", || {
        let (rig, client) = (rig(), Client::new());
        rig.begin(&client, 4);
        rig.sleep();
        let worker = resume_in_a_thread(&rig);
        rig.watch(&client, &WatchRequest::default());
        worker.join().unwrap();
        rig.quiesce();
        let answers = client.answers();
        let kinds = answers.iter().flat_map(|answer| &answer.events);
        assert!(kinds.map(|event| event.kind).eq([EVENT_RESYNC]));
        rig.check_parked_requests();
    });
}
