//! Routes of the driver on a network interface that is removed and added again.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, Route, WatchFilter};
use tests::{ManualClockHost, Process, eventually, numbered_route as route, table};

/// The interface that is removed.
const INTERFACE: u32 = 7;

/// A handle that applies `entry` to the first routes.
fn owner(fixture: &ManualClockHost, routes: u8, entry: impl Fn(&Route) -> Entry) -> Device {
    fixture.open_with((0..routes).map(|number| entry(&route(number))))
}

fn unplug(fixture: &mut ManualClockHost) {
    fixture.control.unplug(INTERFACE);
    fixture.control.quiesce();
}

fn plug(fixture: &mut ManualClockHost) {
    fixture.control.plug(INTERFACE);
    fixture.control.quiesce();
}

#[test]
fn guarded_routes_are_restored_with_their_interface() {
    const ROUTES: u8 = 20;
    let mut fixture = ManualClockHost::start(&[]);
    let owner = owner(&fixture, ROUTES, |route| Entry::create(route).guard());
    let before = table(&fixture.other);
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    // The guard does not count this as a disturbance, so it can happen any number of times.
    for _ in 0..12 {
        unplug(&mut fixture);
        assert!((0..ROUTES).all(|number| !fixture.has(&route(number))));
        plug(&mut fixture);
        let after = table(&fixture.other);
        assert_eq!(after.len(), before.len());
        assert!(before.iter().all(|route| after.contains(route)));
        let events = watch.poll().unwrap();
        let restored = |kind| matches!(kind, EventKind::GuardRestored(_));
        let restored = events.iter().filter(|event| restored(event.kind));
        assert_eq!(restored.count(), usize::from(ROUTES));
    }
    fixture.host.stop_clean();
}

#[test]
fn a_guard_without_its_interface_makes_no_calls() {
    let mut fixture = ManualClockHost::start(&[]);
    let _owner = owner(&fixture, 10, |route| Entry::create(route).guard());
    unplug(&mut fixture);
    let mut tracer = Process::start(&fixture.host.socket());
    let ((), calls) = tracer.trace(None, || {
        for _ in 0..100 {
            fixture.control.pass_time(Duration::from_mins(1));
        }
    });
    assert_eq!(calls, []);
    fixture.host.stop_clean();
}

#[test]
fn a_lease_without_a_guard_ends_with_its_interface() {
    let mut fixture = ManualClockHost::start(&[]);
    let owner = owner(&fixture, 3, |route| Entry::create(route).lease());
    unplug(&mut fixture);
    plug(&mut fixture);
    assert!((0..3).all(|number| !fixture.has(&route(number))));
    // Another client creates one of them: the end of the old lease does not delete it.
    fixture.other.create_route(&route(1)).unwrap();
    fixture.control.quiesce();
    drop(owner);
    fixture.control.quiesce();
    let later = fixture.open();
    eventually("the handle is closed", || {
        let again = Batch::new().with(Entry::upsert(&route(1)).lease());
        later.apply(&again).unwrap().is_success()
    });
    assert!(fixture.has(&route(1)));
    fixture.host.stop_clean();
}

#[test]
fn a_guard_that_ends_without_its_interface_restores_nothing() {
    let mut fixture = ManualClockHost::start(&[]);
    let before = table(&fixture.other);
    let owner = owner(&fixture, 10, |route| Entry::create(route).guard());
    unplug(&mut fixture);
    drop(owner);
    fixture.control.pass_time(Duration::from_mins(1));
    plug(&mut fixture);
    fixture.control.pass_time(Duration::from_mins(1));
    let after = table(&fixture.other);
    assert_eq!(after.len(), before.len());
    assert!(before.iter().all(|route| after.contains(route)));
    fixture.host.stop_clean();
}
