//! Guarded routes on a network interface that loses its link or its address. The tests advance the
//! driver's clock.

use std::process::Stdio;
use std::time::Duration;

use ipforward::{Device, EventKind, GuardState, Interface, Route, WatchFilter};
use tests::{ManualClockHost, Process, eventually, numbered_route as route, routectl, without_age};

/// The interface whose link goes down.
const INTERFACE: u32 = 7;

/// Its addresses.
const ADDRESS: &str = "192.0.2.10/24";
const ADDRESS_V6: &str = "2001:db8::10/64";

/// The longest time that a route may take to return.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a stack may do with the routes of an interface without a link, and with a new one.
const STACKS: [[&str; 2]; 4] = [
    [
        "routes-of-lost-link=removed",
        "create-on-disconnected=accepted",
    ],
    [
        "routes-of-lost-link=removed",
        "create-on-disconnected=refused",
    ],
    [
        "routes-of-lost-link=kept",
        "create-on-disconnected=accepted",
    ],
    ["routes-of-lost-link=kept", "create-on-disconnected=refused"],
];

/// A host with one of [`STACKS`].
fn start(behaviours: [&str; 2]) -> ManualClockHost {
    let [first, second] = behaviours;
    ManualClockHost::start(&["--behaviour", first, "--behaviour", second])
}

fn set_link(fixture: &mut ManualClockHost, up: bool) {
    fixture.control.set_link(INTERFACE, up);
    fixture.control.quiesce();
}

/// The state of the only guard, and how often it restored the route.
fn state(fixture: &ManualClockHost) -> (GuardState, u32) {
    let leases = fixture.other.leases().unwrap();
    let guard = leases[0].guard.expect("the lease is guarded");
    (guard.state, guard.times)
}

#[test]
fn a_held_route_returns_with_its_cable() {
    for stack in STACKS {
        let mut fixture = start(stack);
        let words = "hold 10.20.1.0/24 via 192.0.2.254 dev 7 metric 5 guard -- cat";
        let mut hold = routectl(&fixture.host.socket(), words.split(' '));
        // The command ends with its input, also when routectl is killed.
        let mut hold = hold
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the route is held", || fixture.has(&route(1)));
        fixture.control.quiesce();
        set_link(&mut fixture, false);
        for _ in 0..170 {
            fixture.control.pass_time(Duration::from_secs(1));
        }
        set_link(&mut fixture, true);
        fixture.control.pass_time(AT_ONCE);
        assert!(fixture.has(&route(1)), "{stack:?}: after 170 s");
        for number in 0..20 {
            set_link(&mut fixture, false);
            fixture.control.pass_time(Duration::from_millis(300));
            set_link(&mut fixture, true);
            fixture.control.pass_time(AT_ONCE);
            assert!(fixture.has(&route(1)), "{stack:?}: drop {number}");
        }
        assert_eq!(state(&fixture), (GuardState::Holding, 0), "{stack:?}");
        hold.kill().unwrap();
        hold.wait().unwrap();
        eventually("the lease has ended", || !fixture.has(&route(1)));
        fixture.host.stop_clean();
    }
}

#[test]
fn a_guard_waits_without_limit_for_a_link() {
    let mut fixture = start(STACKS[0]);
    let owner = fixture.open_with_guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    set_link(&mut fixture, false);
    assert_eq!(state(&fixture), (GuardState::WaitsForInterface, 0));
    let mut tracer = Process::start(&fixture.host.socket());
    let ((), calls) = tracer.trace(None, || {
        for _ in 0..48 {
            fixture.control.pass_time(Duration::from_hours(1));
        }
    });
    assert_eq!(calls, [], "a guard that waits makes no calls");
    set_link(&mut fixture, true);
    let stored = without_age(fixture.other.get_route(&route(1).key()).unwrap());
    let events = watch.poll().unwrap().into_iter().map(|event| event.kind);
    let restored: Vec<_> = events
        .filter_map(|kind| match kind {
            EventKind::GuardRestored(route) => Some(without_age(route)),
            _ => None,
        })
        .collect();
    assert_eq!(restored, [stored]);
    fixture.host.stop_clean();
}

#[test]
fn guarded_routes_return_with_the_address_of_their_family() {
    let mut fixture = start(STACKS[1]);
    let prefix = "2001:db8:20::/48".parse().unwrap();
    let of_ipv6 = Route::new(prefix, Interface::Index(INTERFACE)).metric(5);
    let _owners = [
        fixture.open_with_guard(&route(1)),
        fixture.open_with_guard(&of_ipv6),
    ];
    for _ in 0..12 {
        // As DHCP does after a cable was pulled: the link is up before the address is there.
        set_link(&mut fixture, false);
        fixture.control.remove_address(INTERFACE, ADDRESS);
        set_link(&mut fixture, true);
        assert!(!fixture.has(&route(1)), "IPv4 has no address");
        assert!(fixture.has(&of_ipv6), "IPv6 has its address");
        fixture.control.pass_time(Duration::from_mins(30));
        fixture.control.add_address(INTERFACE, ADDRESS);
        fixture.control.quiesce();
        assert!(fixture.has(&route(1)), "IPv4 has its address again");
    }
    fixture.control.remove_address(INTERFACE, ADDRESS_V6);
    fixture.control.quiesce();
    assert!(fixture.has(&route(1)), "IPv4 has its address still");
    fixture.control.add_address(INTERFACE, ADDRESS_V6);
    fixture.control.quiesce();
    assert!(fixture.has(&of_ipv6));
    fixture.host.stop_clean();
}

#[test]
fn a_guard_works_on_an_interface_without_an_address() {
    let mut fixture = start(STACKS[0]);
    fixture.control.remove_address(INTERFACE, ADDRESS);
    fixture.control.quiesce();
    let _owner = fixture.open_with_guard(&route(1));
    fixture.other.delete_route(&route(1).key()).unwrap();
    fixture.control.quiesce();
    assert!(fixture.has(&route(1)));
    fixture.host.stop_clean();
}

#[test]
fn a_change_of_one_interface_checks_no_guard_of_another() {
    let mut fixture = start(STACKS[0]);
    let owners: Vec<Device> = (0..10)
        .map(|number| fixture.open_with_guard(&route(number)))
        .collect();
    set_link(&mut fixture, false);
    let mut tracer = Process::start(&fixture.host.socket());
    let ((), calls) = tracer.trace(None, || {
        for up in [false, true, false, true] {
            fixture.control.set_link(9, up);
            fixture.control.quiesce();
        }
    });
    assert_eq!(calls, []);
    set_link(&mut fixture, true);
    assert!((0..10).all(|number| fixture.has(&route(number))));
    drop(owners);
    fixture.host.stop_clean();
}
