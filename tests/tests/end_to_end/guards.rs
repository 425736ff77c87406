//! A guarded route is put back: at once, then later and later, then after a truce, then not at all;
//! and its owner is told. The driver's time passes only as these tests say.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, Interface, Route, Watch, WatchFilter};
use tests::{Host, Process, start_host, without_age};

const MILLISECOND: Duration = Duration::from_millis(1);
const TRUCE: Duration = Duration::from_mins(1);
/// After which a fight is over.
const CALM: Duration = Duration::from_mins(10);

/// 10.20.N.0/24 via 192.0.2.254 at interface 7.
fn route(number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 20, number, 0].into(), 24).unwrap();
    Route::new(prefix, Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// How long the guard waits before it puts a route back, each time that somebody insists.
fn delays() -> Vec<Duration> {
    let growing = (0..7).map(|doublings| Duration::from_millis(100) * 2_u32.pow(doublings));
    [Duration::ZERO]
        .into_iter()
        .chain(growing)
        .chain([TRUCE, TRUCE])
        .collect()
}

/// A machine whose time stands still, with somebody who is nobody's friend.
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

    fn is_there(&self, route: &Route) -> bool {
        self.metric(route) == Some(route.metric)
    }

    /// Somebody else deletes the route.
    fn delete(&mut self, route: &Route) {
        self.hostile.delete_route(&route.key()).unwrap();
        self.control.quiesce();
    }

    /// The route comes back after exactly this long.
    fn comes_back_after(&mut self, route: &Route, delay: Duration) {
        if let Some(nearly) = delay.checked_sub(MILLISECOND) {
            self.control.pass_time(nearly);
            assert!(!self.is_there(route), "{delay:?}: it is back too early");
            self.control.pass_time(MILLISECOND);
        }
        assert!(self.is_there(route), "{delay:?}: it is not back");
    }
}

fn hold(owner: &Device, entry: Entry) {
    let outcome = owner.apply(&Batch::new().with(entry)).unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
}

/// What the guard has told since the last time.
fn told(watch: &mut Watch) -> Vec<EventKind> {
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
            told(&mut watch),
            [restored(&fixture, &route(1))],
            "{delay:?}"
        );
    }
    fixture.delete(&route(1));
    let gave_up = told(&mut watch);
    assert!(
        matches!(gave_up[..], [EventKind::GuardGaveUp(key)] if key.destination == route(1).destination)
    );
    fixture.control.pass_time(Duration::from_hours(24));
    assert!(!fixture.is_there(&route(1)));
    assert_eq!(told(&mut watch), []);
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
    assert_eq!(told(&mut watch), [restored(&fixture, &route(1))]);
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
        fixture.control.pass_time(CALM + MILLISECOND);
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
    assert!(!fixture.is_there(&route(1)));
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
        assert_eq!(told(&mut seen_by_first), [back]);
        assert_eq!(told(&mut seen_by_second), [back]);
    }
    drop(first);
    fixture.delete(&route(1));
    fixture.comes_back_after(&route(1), Duration::from_millis(100));
    assert_eq!(told(&mut seen_by_second), [restored(&fixture, &route(1))]);
    fixture.host.stop_clean();
}

#[test]
fn two_guards_against_a_hostile_client_both_give_up() {
    let mut fixture = Fixture::start();
    // Each guards a route of its own, and both the way to the same destination.
    let other_way = route(1).via([192, 0, 2, 253]);
    let owners = [fixture.guard(&route(1)), fixture.guard(&other_way)];
    let mut watches = owners
        .each_ref()
        .map(|owner| owner.watch(&WatchFilter::new()).unwrap());
    // Deletes both, and writes its own in place of one of them, whenever they come back.
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
            fixture.control.pass_time(TRUCE);
        }
    });
    for watch in &mut watches {
        let told = told(watch);
        let restored = |kind: &&EventKind| matches!(kind, EventKind::GuardRestored(_));
        assert_eq!(told.iter().filter(restored).count(), delays().len());
        assert!(
            matches!(told.last(), Some(EventKind::GuardGaveUp(_))),
            "{told:?}"
        );
        assert_eq!(told.len(), delays().len() + 1);
    }
    // The guards' writes are bounded; the rest are the third party's own.
    let writes = calls.iter().filter(|call| call.writes()).count();
    assert!(writes <= 60 * 3 + 2 * delays().len(), "{writes}");
    assert_eq!(fixture.metric(&other_way), Some(99));
    fixture.host.stop_clean();
}
