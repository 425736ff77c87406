//! A guard restores its route: at once, then with growing delays, then after a cooldown, and then it
//! gives up. Its owner gets events. The tests advance the driver's clock.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, Interface, Route, Watch, WatchFilter};
use tests::{Host, Process, start_host, without_age};

const MILLISECOND: Duration = Duration::from_millis(1);
const COOLDOWN: Duration = Duration::from_mins(1);
/// After this time without a disturbance the guard resets its back-off.
const QUIET: Duration = Duration::from_mins(10);

/// 10.20.N.0/24 via 192.0.2.254 at interface 7.
fn route(number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 20, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// The guard's delay before each restoration, while another client keeps deleting the route.
fn delays() -> Vec<Duration> {
    let growing = (0..7).map(|doublings| Duration::from_millis(100) * 2_u32.pow(doublings));
    [Duration::ZERO]
        .into_iter()
        .chain(growing)
        .chain([COOLDOWN, COOLDOWN])
        .collect()
}

/// A host whose clock stands still, and the handle of a hostile client.
struct Fixture {
    host: Host,
    control: Process,
    hostile: Device,
}

impl Fixture {
    fn start() -> Self {
        let host = start_host();
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let hostile = Device::open(host.socket()).unwrap();
        Self {
            host,
            control,
            hostile,
        }
    }

    fn open(&self) -> Device {
        Device::open(self.host.socket()).unwrap()
    }

    /// A handle that guards a route.
    fn guard(&self, route: &Route) -> Device {
        let owner = self.open();
        hold(&owner, Entry::create(route).guard());
        owner
    }

    /// The metric of the route, if it is there.
    fn metric(&self, route: &Route) -> Option<u32> {
        let found = self.hostile.get_route(&route.key());
        found.ok().map(|route| route.metric)
    }

    fn exists(&self, route: &Route) -> bool {
        self.metric(route) == Some(route.metric)
    }

    /// The hostile client deletes the route.
    fn delete(&mut self, route: &Route) {
        self.hostile.delete_route(&route.key()).unwrap();
        self.control.quiesce();
    }

    /// The route is restored after exactly this time.
    fn comes_back_after(&mut self, route: &Route, delay: Duration) {
        if let Some(nearly) = delay.checked_sub(MILLISECOND) {
            self.control.pass_time(nearly);
            assert!(!self.exists(route), "{delay:?}: restored too early");
            self.control.pass_time(MILLISECOND);
        }
        assert!(self.exists(route), "{delay:?}: not restored");
    }
}

fn hold(owner: &Device, entry: Entry) {
    let outcome = owner.apply(&Batch::new().with(entry)).unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
}

/// The guard's events since the last call.
fn guard_events(watch: &mut Watch) -> Vec<EventKind> {
    let events = watch.poll().unwrap().into_iter().map(|event| event.kind);
    events
        .filter_map(|kind| match kind {
            EventKind::GuardRestored(route) => Some(EventKind::GuardRestored(without_age(route))),
            EventKind::GuardGaveUp(_) => Some(kind),
            _ => None,
        })
        .collect()
}

fn restored(fixture: &Fixture, route: &Route) -> EventKind {
    let stored = fixture.hostile.get_route(&route.key()).unwrap();
    EventKind::GuardRestored(without_age(stored))
}

#[test]
fn a_guard_backs_off_with_each_deletion_and_then_gives_up() {
    let mut fixture = Fixture::start();
    let owner = fixture.guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    for delay in delays() {
        fixture.delete(&route(1));
        fixture.comes_back_after(&route(1), delay);
        assert_eq!(
            guard_events(&mut watch),
            [restored(&fixture, &route(1))],
            "{delay:?}"
        );
    }
    fixture.delete(&route(1));
    let gave_up = guard_events(&mut watch);
    assert!(
        matches!(gave_up[..], [EventKind::GuardGaveUp(key)] if key.destination == route(1).destination)
    );
    fixture.control.pass_time(Duration::from_hours(24));
    assert!(!fixture.exists(&route(1)));
    assert_eq!(guard_events(&mut watch), []);
    fixture.host.stop_clean();
}

#[test]
fn a_guarded_route_changed_by_another_client_is_restored() {
    let mut fixture = Fixture::start();
    let owner = fixture.guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    fixture.hostile.set_route(&route(1).metric(99)).unwrap();
    fixture.control.quiesce();
    assert_eq!(fixture.metric(&route(1)), Some(5));
    assert_eq!(guard_events(&mut watch), [restored(&fixture, &route(1))]);
    fixture.host.stop_clean();
}

#[test]
fn a_guard_resets_its_back_off_after_ten_quiet_minutes() {
    let mut fixture = Fixture::start();
    let _owner = fixture.guard(&route(1));
    for _ in 0..3 {
        for delay in delays().into_iter().take(4) {
            fixture.delete(&route(1));
            fixture.comes_back_after(&route(1), delay);
        }
        fixture.control.pass_time(QUIET + MILLISECOND);
    }
    fixture.host.stop_clean();
}

#[test]
fn a_guard_in_back_off_ends_with_its_owner() {
    let mut fixture = Fixture::start();
    let owner = fixture.guard(&route(1));
    fixture.delete(&route(1));
    fixture.delete(&route(1));
    drop(owner);
    fixture.control.pass_time(Duration::from_hours(1));
    assert!(!fixture.exists(&route(1)));
    fixture.host.stop_clean();
}

#[test]
fn a_shared_guard_notifies_all_owners_and_outlives_the_first() {
    let mut fixture = Fixture::start();
    let owners = [fixture.open(), fixture.open()];
    for owner in &owners {
        hold(owner, Entry::create(&route(1)).share().guard());
    }
    let [first, second] = owners;
    let mut seen_by_second = second.watch(&WatchFilter::new()).unwrap();
    {
        let mut seen_by_first = first.watch(&WatchFilter::new()).unwrap();
        fixture.delete(&route(1));
        let back = restored(&fixture, &route(1));
        assert_eq!(guard_events(&mut seen_by_first), [back]);
        assert_eq!(guard_events(&mut seen_by_second), [back]);
    }
    drop(first);
    fixture.delete(&route(1));
    fixture.comes_back_after(&route(1), Duration::from_millis(100));
    assert_eq!(
        guard_events(&mut seen_by_second),
        [restored(&fixture, &route(1))]
    );
    fixture.host.stop_clean();
}

#[test]
fn two_guards_against_a_hostile_client_both_give_up() {
    let mut fixture = Fixture::start();
    // Each guards its own route to the same destination.
    let other_way = route(1).via([192, 0, 2, 253]);
    let owners = [fixture.guard(&route(1)), fixture.guard(&other_way)];
    let mut watches = owners
        .each_ref()
        .map(|owner| owner.watch(&WatchFilter::new()).unwrap());
    // Deletes both routes, and replaces one of them by its own.
    let attack = |fixture: &mut Fixture| {
        for route in [&route(1), &other_way] {
            let _ = fixture.hostile.delete_route(&route.key());
        }
        let _ = fixture.hostile.create_route(&other_way.metric(99));
        fixture.control.quiesce();
    };
    let ((), calls) = Process::start(&fixture.host.socket()).trace(None, || {
        for _ in 0..60 {
            attack(&mut fixture);
            fixture.control.pass_time(COOLDOWN);
        }
    });
    for watch in &mut watches {
        let events = guard_events(watch);
        let restored = |kind: &&EventKind| matches!(kind, EventKind::GuardRestored(_));
        assert_eq!(events.iter().filter(restored).count(), delays().len());
        assert!(
            matches!(events.last(), Some(EventKind::GuardGaveUp(_))),
            "{events:?}"
        );
        assert_eq!(events.len(), delays().len() + 1);
    }
    // The guards' writes are bounded; the others are those of the hostile client.
    let writes = calls.iter().filter(|call| call.writes()).count();
    assert!(writes <= 60 * 3 + 2 * delays().len(), "{writes}");
    assert_eq!(fixture.metric(&other_way), Some(99));
    fixture.host.stop_clean();
}
