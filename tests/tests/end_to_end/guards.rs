//! A guard restores its route: at once, then with growing delays, then after a cooldown, and then it
//! gives up. Its owner gets events. The tests advance the driver's clock.

use std::time::Duration;

use ipforward::{Entry, EventKind, Route, Watch, WatchFilter};
use tests::{ManualClockHost, Process, numbered_route as route, without_age};

const MILLISECOND: Duration = Duration::from_millis(1);
const COOLDOWN: Duration = Duration::from_mins(1);
/// After this time without a disturbance the guard resets its back-off.
const QUIET: Duration = Duration::from_mins(10);

/// The guard's delay before each restoration, while another client keeps deleting the route.
fn delays() -> Vec<Duration> {
    let growing = (0..7).map(|doublings| Duration::from_millis(100) * 2_u32.pow(doublings));
    [Duration::ZERO]
        .into_iter()
        .chain(growing)
        .chain([COOLDOWN, COOLDOWN])
        .collect()
}

/// The metric of the route, if it is there.
fn metric(fixture: &ManualClockHost, route: &Route) -> Option<u32> {
    let found = fixture.other.get_route(&route.key());
    found.ok().map(|route| route.metric)
}

/// Another client deletes the route.
fn delete(fixture: &mut ManualClockHost, route: &Route) {
    fixture.other.delete_route(&route.key()).unwrap();
    fixture.control.quiesce();
}

/// The route is restored after exactly this time.
fn comes_back_after(fixture: &mut ManualClockHost, route: &Route, delay: Duration) {
    let exists = |fixture: &ManualClockHost| metric(fixture, route) == Some(route.metric);
    if let Some(nearly) = delay.checked_sub(MILLISECOND) {
        fixture.control.pass_time(nearly);
        assert!(!exists(fixture), "{delay:?}: restored too early");
        fixture.control.pass_time(MILLISECOND);
    }
    assert!(exists(fixture), "{delay:?}: not restored");
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

fn restored(fixture: &ManualClockHost, route: &Route) -> EventKind {
    let stored = fixture.other.get_route(&route.key()).unwrap();
    EventKind::GuardRestored(without_age(stored))
}

#[test]
fn a_guard_backs_off_with_each_deletion_and_then_gives_up() {
    let mut fixture = ManualClockHost::start(&[]);
    let owner = fixture.open_with_guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    for delay in delays() {
        delete(&mut fixture, &route(1));
        comes_back_after(&mut fixture, &route(1), delay);
        assert_eq!(
            guard_events(&mut watch),
            [restored(&fixture, &route(1))],
            "{delay:?}"
        );
    }
    delete(&mut fixture, &route(1));
    let gave_up = guard_events(&mut watch);
    assert!(
        matches!(gave_up[..], [EventKind::GuardGaveUp(key)] if key.destination == route(1).destination)
    );
    fixture.control.pass_time(Duration::from_hours(24));
    assert!(!fixture.has(&route(1)));
    assert_eq!(guard_events(&mut watch), []);
    fixture.host.stop_clean();
}

#[test]
fn a_guarded_route_changed_by_another_client_is_restored() {
    let mut fixture = ManualClockHost::start(&[]);
    let owner = fixture.open_with_guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    fixture.other.set_route(&route(1).metric(99)).unwrap();
    fixture.control.quiesce();
    assert_eq!(metric(&fixture, &route(1)), Some(5));
    assert_eq!(guard_events(&mut watch), [restored(&fixture, &route(1))]);
    fixture.host.stop_clean();
}

#[test]
fn a_guard_resets_its_back_off_after_ten_quiet_minutes() {
    let mut fixture = ManualClockHost::start(&[]);
    let _owner = fixture.open_with_guard(&route(1));
    for _ in 0..3 {
        for delay in delays().into_iter().take(4) {
            delete(&mut fixture, &route(1));
            comes_back_after(&mut fixture, &route(1), delay);
        }
        fixture.control.pass_time(QUIET + MILLISECOND);
    }
    fixture.host.stop_clean();
}

#[test]
fn a_guard_in_back_off_ends_with_its_owner() {
    let mut fixture = ManualClockHost::start(&[]);
    let owner = fixture.open_with_guard(&route(1));
    delete(&mut fixture, &route(1));
    delete(&mut fixture, &route(1));
    drop(owner);
    fixture.control.pass_time(Duration::from_hours(1));
    assert!(!fixture.has(&route(1)));
    fixture.host.stop_clean();
}

#[test]
fn a_shared_guard_notifies_all_owners_and_outlives_the_first() {
    let mut fixture = ManualClockHost::start(&[]);
    let [first, second] =
        [(); 2].map(|()| fixture.open_with([Entry::create(&route(1)).share().guard()]));
    let mut seen_by_second = second.watch(&WatchFilter::new()).unwrap();
    {
        let mut seen_by_first = first.watch(&WatchFilter::new()).unwrap();
        delete(&mut fixture, &route(1));
        let back = restored(&fixture, &route(1));
        assert_eq!(guard_events(&mut seen_by_first), [back]);
        assert_eq!(guard_events(&mut seen_by_second), [back]);
    }
    drop(first);
    delete(&mut fixture, &route(1));
    comes_back_after(&mut fixture, &route(1), Duration::from_millis(100));
    assert_eq!(
        guard_events(&mut seen_by_second),
        [restored(&fixture, &route(1))]
    );
    fixture.host.stop_clean();
}

#[test]
fn two_guards_against_a_hostile_client_both_give_up() {
    let mut fixture = ManualClockHost::start(&[]);
    // Each guards its own route to the same destination.
    let other_way = route(1).via([192, 0, 2, 253]);
    let owners = [
        fixture.open_with_guard(&route(1)),
        fixture.open_with_guard(&other_way),
    ];
    let mut watches = owners
        .each_ref()
        .map(|owner| owner.watch(&WatchFilter::new()).unwrap());
    // Deletes both routes, and replaces one of them by its own.
    let attack = |fixture: &mut ManualClockHost| {
        for route in [&route(1), &other_way] {
            let _ = fixture.other.delete_route(&route.key());
        }
        let _ = fixture.other.create_route(&other_way.metric(99));
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
    assert_eq!(metric(&fixture, &other_way), Some(99));
    fixture.host.stop_clean();
}
