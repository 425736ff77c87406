//! Notifications that overtake each other, and come from two threads.

use std::thread;

use ipforward::{Batch, Device, Entry, Event, EventKind, Route, Watch, WatchFilter};
use tests::{Host, Process, eventually, numbered_route as route, start_host_with};

/// How often a test makes its two changes.
const TIMES: u8 = 10;

/// A host that calls the driver on two threads, with the later of two changes first.
fn start_host_later_first(arguments: &[&str]) -> Host {
    let later_first = ["--behaviour", "notification-order=later-first"];
    start_host_with(&[arguments, &later_first].concat())
}

/// As [`start_host_later_first`], if both changes were made within 50 ms.
fn start_host_out_of_order() -> Host {
    start_host_later_first(&["--notify-after=50"])
}

fn open(host: &Host) -> Device {
    Device::open(host.socket()).unwrap()
}

fn kinds(watch: &mut Watch) -> Vec<EventKind> {
    let events = watch.poll().unwrap();
    events.into_iter().map(|event| event.kind).collect()
}

/// Whether the last event says that the route exists.
fn exists(events: &[EventKind]) -> bool {
    matches!(
        events.last(),
        Some(EventKind::Added(_) | EventKind::Changed(_))
    )
}

/// Deletes a route and creates it again.
fn replace(device: &Device, route: &Route) {
    let batch = Batch::new()
        .with(Entry::delete(&route.key()))
        .with(Entry::create(route));
    assert!(device.apply(&batch).unwrap().is_success());
}

#[test]
fn a_late_removal_of_a_route_that_exists_is_a_change() {
    let host = start_host_out_of_order();
    let mut control = host.connect();
    let (reader, writer) = (open(&host), open(&host));
    let mut watch = reader.watch(&WatchFilter::new()).unwrap();
    for number in 0..TIMES {
        writer.create_route(&route(number)).unwrap();
        control.quiesce();
        assert!(exists(&kinds(&mut watch)));
        replace(&writer, &route(number));
        control.quiesce();
        let events = kinds(&mut watch);
        assert_eq!(events.len(), 2, "{events:?}");
        assert!(exists(&events), "{events:?}");
    }
    drop(watch);
    drop((reader, writer));
    host.stop_clean();
}

#[test]
fn a_removal_and_an_addition_in_order_stay_as_they_are() {
    let host = start_host_with(&["--behaviour", "notification-order=in-order"]);
    let mut control = host.connect();
    let (reader, writer) = (open(&host), open(&host));
    writer.create_route(&route(0)).unwrap();
    control.quiesce();
    let mut watch = reader.watch(&WatchFilter::new()).unwrap();
    replace(&writer, &route(0));
    control.quiesce();
    let events = kinds(&mut watch);
    assert!(
        matches!(events[..], [EventKind::Removed(_), EventKind::Added(_)]),
        "{events:?}"
    );
    drop(watch);
    drop((reader, writer));
    host.stop_clean();
}

#[test]
fn a_late_addition_of_a_route_that_is_gone_says_so() {
    let host = start_host_out_of_order();
    let mut control = host.connect();
    let (reader, writer) = (open(&host), open(&host));
    let mut watch = reader.watch(&WatchFilter::new()).unwrap();
    for number in 0..TIMES {
        writer.create_route(&route(number)).unwrap();
        writer.delete_route(&route(number).key()).unwrap();
        control.quiesce();
        // On a busy machine they may come in order: the route is gone when they are read, either way.
        let events = watch.poll().unwrap();
        let is_addition = |event: &&Event| event.kind.name() == "added";
        let mut added = events.iter().filter(is_addition);
        let added = added.next().expect("an event of the addition");
        let destination = added.kind.key().map(|key| key.destination);
        assert_eq!(destination, Some(route(number).destination));
        assert!(added.kind.is_of_missing_route(), "{events:?}");
        assert_eq!(added.kind.route(), None);
    }
    drop(watch);
    drop((reader, writer));
    host.stop_clean();
}

#[test]
fn a_late_removal_does_not_end_the_lease_of_a_new_route() {
    let host = start_host_out_of_order();
    let mut control = host.connect();
    let (owner, other) = (open(&host), open(&host));
    for number in 0..TIMES {
        other.create_route(&route(number)).unwrap();
    }
    control.quiesce();
    for number in 0..TIMES {
        let lease = Batch::new().with(Entry::create(&route(number)).lease());
        // The removal is made by another handle: nothing tells the lease table of it.
        other.delete_route(&route(number).key()).unwrap();
        assert!(owner.apply(&lease).unwrap().is_success());
    }
    control.quiesce();
    assert_eq!(owner.leases().unwrap().len(), usize::from(TIMES));
    drop(owner);
    eventually("the routes end with their owner", || {
        (0..TIMES).all(|number| other.get_route(&route(number).key()).is_err())
    });
    drop(other);
    host.stop_clean();
}

#[test]
fn callbacks_on_two_threads_lose_no_route() {
    let host = start_host_later_first(&[]);
    let reader = open(&host);
    let mut watch = reader.watch(&WatchFilter::new()).unwrap();
    thread::scope(|scope| {
        for part in 0..2 {
            let host = &host;
            scope.spawn(move || {
                let writer = open(host);
                for number in (0..100).filter(|number| number % 2 == part) {
                    writer.create_route(&route(number)).unwrap();
                    replace(&writer, &route(number));
                }
            });
        }
    });
    Process::start(&host.socket()).quiesce();
    let mut copy = std::collections::HashSet::new();
    for kind in kinds(&mut watch) {
        match kind {
            EventKind::Added(route) | EventKind::Changed(route) => {
                copy.insert(route.key());
            }
            EventKind::Removed(key) => {
                copy.remove(&key);
            }
            other => panic!("{other:?} is not expected"),
        }
    }
    assert_eq!(copy.len(), 100);
    drop(watch);
    drop(reader);
    host.stop_clean();
}
