//! A stack that stores the flags of a route otherwise than they were written, and a router that
//! refreshes the lifetimes of a displaced row.

use std::time::Duration;

use ipforward::{
    Batch, Entry, EntryResult, GuardState, Interface, Lifetime, Route, RouteFlags, RouteSet,
    Verdict,
};
use tests::{ManualClockHost, numbered_route, without_age};

/// The interface of all routes here.
const INTERFACE: u32 = 7;

const ROUTER: &str = "fe80::1";

const STACKS: [&str; 3] = [
    "stored-flags=as-given",
    "stored-flags=derived",
    "stored-flags=kept-by-set",
];

/// A route that the router advertises.
fn advertised() -> Route {
    let prefix = "2001:db8:20::/48".parse().unwrap();
    let router: std::net::IpAddr = ROUTER.parse().unwrap();
    Route::new(prefix, Interface::Index(INTERFACE))
        .via(router)
        .metric(5)
}

fn start(behaviour: &str) -> ManualClockHost {
    ManualClockHost::start(&["--behaviour", behaviour])
}

fn advertise(fixture: &mut ManualClockHost, seconds: u32) {
    let prefix = advertised().destination.to_string();
    let control = &mut fixture.control;
    control.advertise(INTERFACE, &prefix, ROUTER, seconds);
    control.quiesce();
}

/// The states of all guards after a while, and how often each has restored its route.
fn guard_states(fixture: &mut ManualClockHost) -> Vec<(GuardState, u32)> {
    fixture.control.pass_time(Duration::from_mins(2));
    let leases = fixture.other.leases().unwrap();
    let guards = leases.iter().filter_map(|lease| lease.guard);
    guards.map(|guard| (guard.state, guard.times)).collect()
}

#[test]
fn a_guard_does_not_fight_how_the_stack_stores_flags() {
    for stack in STACKS {
        let mut fixture = start(stack);
        fixture
            .other
            .create_route(&numbered_route(2).metric(77))
            .unwrap();
        let owner = fixture.open_with([
            Entry::create(&numbered_route(1)).guard(),
            Entry::upsert(&numbered_route(2)).guard(),
        ]);
        // Another program writes the routes as they are.
        for number in [1, 2] {
            let stored = fixture
                .other
                .get_route(&numbered_route(number).key())
                .unwrap();
            fixture.other.set_route(&stored).unwrap();
        }
        let guards = guard_states(&mut fixture);
        assert_eq!(guards, [(GuardState::Holding, 0); 2], "{stack}");
        fixture
            .other
            .delete_route(&numbered_route(1).key())
            .unwrap();
        let guards = guard_states(&mut fixture);
        assert!(guards.contains(&(GuardState::Holding, 1)), "{stack}");
        assert!(guards.contains(&(GuardState::Holding, 0)), "{stack}");
        drop(owner);
        fixture.control.quiesce();
        let displaced = fixture.other.get_route(&numbered_route(2).key()).unwrap();
        assert_eq!(displaced.metric, 77, "{stack}");
        fixture.host.stop_clean();
    }
}

#[test]
fn an_equal_set_writes_nothing_however_flags_are_stored() {
    for stack in STACKS {
        let mut fixture = start(stack);
        fixture
            .other
            .create_route(&numbered_route(0).metric(77))
            .unwrap();
        let owner = fixture.open();
        let set = RouteSet::new()
            .with(&numbered_route(0))
            .with_shared(&numbered_route(1))
            .with_guarded(&numbered_route(2));
        assert!(owner.declare(&set).unwrap().is_success());
        fixture.control.quiesce();
        let (outcome, calls) = fixture.control.trace(None, || owner.declare(&set).unwrap());
        let results: Vec<_> = outcome.entries.iter().map(|entry| entry.result).collect();
        assert_eq!(results, [EntryResult::Unchanged; 3], "{stack}");
        let writes: Vec<_> = calls.iter().filter(|call| call.writes()).collect();
        assert!(writes.is_empty(), "{stack}: {writes:?}");
        fixture.host.stop_clean();
    }
}

#[test]
fn a_dry_run_says_what_the_run_does_however_flags_are_stored() {
    for stack in STACKS {
        let fixture = start(stack);
        let device = fixture.open();
        fixture.other.create_route(&numbered_route(1)).unwrap();
        let flags = [RouteFlags::all(), RouteFlags::empty(), RouteFlags::IMMORTAL];
        for flags in flags.into_iter().cycle().take(6) {
            let upsert = |number| Entry::upsert(&numbered_route(number).flags(flags));
            let batch = || Batch::new().with(upsert(1)).with(upsert(2)).atomic();
            let result = |batch: &Batch| {
                let outcome = device.apply(batch).unwrap();
                let results = outcome.entries.iter().map(|entry| entry.result);
                results.collect::<Vec<_>>()
            };
            // The first run shows how the stack stores these flags.
            let _first = result(&batch());
            let dry_run = result(&batch().dry_run());
            assert_eq!(dry_run, [EntryResult::Unchanged; 2], "{stack}: {flags:?}");
            assert_eq!(dry_run, result(&batch()), "{stack}: {flags:?}");
        }
        fixture.host.stop_clean();
    }
}

#[test]
fn a_batch_is_undone_however_flags_are_stored() {
    for stack in STACKS {
        let fixture = start(stack);
        let other = &fixture.other;
        other.create_route(&numbered_route(2).metric(77)).unwrap();
        let before = other.get_route(&numbered_route(2).key()).unwrap();
        let batch = Batch::new()
            .with(Entry::create(&numbered_route(1)))
            .with(Entry::upsert(&numbered_route(2)))
            .with(Entry::create(&numbered_route(3)).lease())
            // It is there already.
            .with(Entry::create(&numbered_route(1)))
            .atomic();
        let outcome = fixture.open().apply(&batch).unwrap();
        assert_eq!(outcome.verdict, Verdict::RolledBack, "{stack}");
        let after = other.get_route(&numbered_route(2).key()).unwrap();
        assert_eq!(without_age(after), without_age(before), "{stack}");
        for number in [1, 3] {
            assert!(
                other.get_route(&numbered_route(number).key()).is_err(),
                "{stack}"
            );
        }
        fixture.host.stop_clean();
    }
}

#[test]
fn a_router_that_refreshes_a_displaced_row_disturbs_no_guard() {
    let mut fixture = start(STACKS[0]);
    advertise(&mut fixture, 1_800);
    let owner = fixture.open_with([Entry::upsert(&advertised()).guard()]);
    for _ in 0..12 {
        fixture.control.pass_time(Duration::from_mins(3));
        advertise(&mut fixture, 1_800);
    }
    assert_eq!(guard_states(&mut fixture), [(GuardState::Holding, 0)]);
    // A change of the metric is a disturbance.
    let foreign = advertised().metric(99);
    fixture.other.set_route(&foreign).unwrap();
    assert_eq!(guard_states(&mut fixture), [(GuardState::Holding, 1)]);
    advertise(&mut fixture, 600);
    drop(owner);
    fixture.control.quiesce();
    let restored = fixture.other.get_route(&advertised().key()).unwrap();
    assert_eq!(restored.metric, 256);
    assert_eq!(restored.valid_lifetime, Lifetime::Seconds(600));
    fixture.host.stop_clean();
}
