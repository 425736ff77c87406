//! Routes of the driver on a network interface that is removed and added again.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, Interface, Route, WatchFilter};
use tests::{Host, Process, eventually, start_host, table};

/// The interface that is removed.
const INTERFACE: u32 = 7;

/// 10.20.N.0/24 via 192.0.2.254 at that interface.
fn route(number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 20, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(INTERFACE))
        .via([192, 0, 2, 254])
        .metric(5)
}

struct Fixture {
    host: Host,
    control: Process,
    observer: Device,
}

impl Fixture {
    fn start() -> Self {
        let host = start_host();
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let observer = Device::open(host.socket()).unwrap();
        Self {
            host,
            control,
            observer,
        }
    }

    /// A handle that applies `entry` to the first routes.
    fn owner(&self, routes: u8, entry: impl Fn(&Route) -> Entry) -> Device {
        let owner = Device::open(self.host.socket()).unwrap();
        let batch: Batch = (0..routes).map(|number| entry(&route(number))).collect();
        assert!(owner.apply(&batch).unwrap().is_success());
        owner
    }

    fn unplug(&mut self) {
        self.control.unplug(INTERFACE);
        self.control.quiesce();
    }

    fn plug(&mut self) {
        self.control.plug(INTERFACE);
        self.control.quiesce();
    }

    fn is_there(&self, number: u8) -> bool {
        self.observer.get_route(&route(number).key()).is_ok()
    }
}

#[test]
fn guarded_routes_are_restored_with_their_interface() {
    const ROUTES: u8 = 20;
    let mut fixture = Fixture::start();
    let owner = fixture.owner(ROUTES, |route| Entry::create(route).guard());
    let before = table(&fixture.observer);
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    // The guard does not count this as a disturbance, so it can happen any number of times.
    for _ in 0..12 {
        fixture.unplug();
        assert!((0..ROUTES).all(|number| !fixture.is_there(number)));
        fixture.plug();
        let after = table(&fixture.observer);
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
    let mut fixture = Fixture::start();
    let _owner = fixture.owner(10, |route| Entry::create(route).guard());
    fixture.unplug();
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
    let mut fixture = Fixture::start();
    let owner = fixture.owner(3, |route| Entry::create(route).lease());
    fixture.unplug();
    fixture.plug();
    assert!((0..3).all(|number| !fixture.is_there(number)));
    // Another client creates one of them: the end of the old lease does not delete it.
    fixture.observer.create_route(&route(1)).unwrap();
    fixture.control.quiesce();
    drop(owner);
    fixture.control.quiesce();
    let other = Device::open(fixture.host.socket()).unwrap();
    eventually("the handle is closed", || {
        let again = Batch::new().with(Entry::upsert(&route(1)).lease());
        other.apply(&again).unwrap().is_success()
    });
    assert!(fixture.is_there(1));
    fixture.host.stop_clean();
}

#[test]
fn a_guard_that_ends_without_its_interface_restores_nothing() {
    let mut fixture = Fixture::start();
    let before = table(&fixture.observer);
    let owner = fixture.owner(10, |route| Entry::create(route).guard());
    fixture.unplug();
    drop(owner);
    fixture.control.pass_time(Duration::from_mins(1));
    fixture.plug();
    fixture.control.pass_time(Duration::from_mins(1));
    let after = table(&fixture.observer);
    assert_eq!(after.len(), before.len());
    assert!(before.iter().all(|route| after.contains(route)));
    fixture.host.stop_clean();
}
