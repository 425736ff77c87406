//! Guarded routes on an adapter that is recreated, and on one whose LUID another adapter gets.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, GuardState, Route, WatchFilter};
use tests::{ManualClockHost, Process, numbered_route};

/// The interface whose adapter goes.
const INTERFACE: u32 = 7;

/// The route that a handle guards.
fn route() -> Route {
    numbered_route(0)
}

/// A host, and a handle that guards the route.
fn start() -> (ManualClockHost, Device) {
    let fixture = ManualClockHost::start(&[]);
    let owner = fixture.open_with_guard(&route());
    (fixture, owner)
}

/// The adapter goes, and `plug` puts one in its place a minute later.
fn replug(fixture: &mut ManualClockHost, plug: impl FnOnce(&mut Process, u32)) {
    fixture.control.unplug(INTERFACE);
    fixture.control.pass_time(Duration::from_mins(1));
    plug(&mut fixture.control, INTERFACE);
    fixture.control.quiesce();
}

fn state(fixture: &ManualClockHost) -> GuardState {
    let leases = fixture.other.leases().unwrap();
    leases[0].guard.expect("the lease is guarded").state
}

#[test]
fn another_adapter_with_the_luid_gets_no_guarded_route() {
    let (mut fixture, owner) = start();
    let events = {
        let mut watch = owner.watch(&WatchFilter::new()).unwrap();
        fixture.control.unplug(INTERFACE);
        fixture.control.plug_another(INTERFACE);
        fixture.control.quiesce();
        watch.poll().unwrap()
    };
    assert!(!fixture.has(&route()));
    assert_eq!(state(&fixture), GuardState::InterfaceReplaced);
    let replaced = events.iter().filter(|event| {
        matches!(event.kind, EventKind::GuardInterfaceReplaced(key)
            if key.destination == route().destination)
    });
    assert_eq!(replaced.count(), 1, "{events:?}");
    // Another client creates the route on that adapter: the end of the lease leaves it alone.
    fixture.other.create_route(&route()).unwrap();
    drop(owner);
    fixture.control.pass_time(Duration::from_mins(1));
    assert!(fixture.has(&route()));
    assert!(fixture.other.leases().unwrap().is_empty());
    fixture.host.stop_clean();
}

#[test]
fn the_adapter_gets_its_guarded_route_after_another_one() {
    let (mut fixture, _owner) = start();
    replug(&mut fixture, Process::plug_another);
    assert!(!fixture.has(&route()));
    replug(&mut fixture, Process::plug);
    assert!(fixture.has(&route()));
    assert_eq!(state(&fixture), GuardState::Holding);
    fixture.host.stop_clean();
}

#[test]
fn a_recreated_adapter_gets_its_route_under_its_new_luid() {
    let (mut fixture, owner) = start();
    let luid = |fixture: &ManualClockHost| {
        let found = fixture.other.get_route(&route().key());
        found.unwrap().interface
    };
    let before = luid(&fixture);
    replug(&mut fixture, Process::plug_recreated);
    assert!(fixture.has(&route()));
    assert_ne!(luid(&fixture), before);
    fixture.other.delete_route(&route().key()).unwrap();
    fixture.control.quiesce();
    assert!(fixture.has(&route()), "the guard still restores it");
    drop(owner);
    fixture.control.pass_time(Duration::from_secs(1));
    let left = fixture.other.get_route(&route().key());
    assert!(left.is_err(), "the lease has ended: {left:?}");
    fixture.host.stop_clean();
}

#[test]
fn another_client_may_lease_the_route_on_the_other_adapter() {
    let (mut fixture, _owner) = start();
    replug(&mut fixture, Process::plug_another);
    let leased = Batch::new().with(Entry::create(&route()).guard());
    assert!(fixture.other.apply(&leased).unwrap().is_success());
    assert!(fixture.has(&route()));
    assert_eq!(fixture.other.leases().unwrap().len(), 1);
    fixture.host.stop_clean();
}
