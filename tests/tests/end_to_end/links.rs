//! Guarded routes on a network interface that loses its link or its address. The tests advance the
//! driver's clock.

use std::process::Stdio;
use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, GuardState, Interface, Route, WatchFilter};
use tests::{Host, Process, eventually, routectl, start_host_with, without_age};

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
    fn start(behaviours: [&str; 2]) -> Self {
        let [first, second] = behaviours;
        let host = start_host_with(&["--behaviour", first, "--behaviour", second]);
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let observer = Device::open(host.socket()).unwrap();
        Self {
            host,
            control,
            observer,
        }
    }

    /// A handle that guards a route.
    fn guard(&self, route: &Route) -> Device {
        let owner = Device::open(self.host.socket()).unwrap();
        let batch = Batch::new().with(Entry::create(route).guard());
        assert!(owner.apply(&batch).unwrap().is_success());
        owner
    }

    fn set_link(&mut self, up: bool) {
        self.control.set_link(INTERFACE, up);
        self.control.quiesce();
    }

    fn is_there(&self, route: &Route) -> bool {
        self.observer.get_route(&route.key()).is_ok()
    }

    /// The state of the only guard, and how often it restored the route.
    fn state(&self) -> (GuardState, u32) {
        let leases = self.observer.leases().unwrap();
        let guard = leases[0].guard.expect("the lease is guarded");
        (guard.state, guard.times)
    }
}

#[test]
fn a_held_route_returns_with_its_cable() {
    for stack in STACKS {
        let mut fixture = Fixture::start(stack);
        let words = "hold 10.20.1.0/24 via 192.0.2.254 dev 7 metric 5 guard -- cat";
        let mut hold = routectl(&fixture.host.socket(), words.split(' '));
        // The command ends with its input, also when routectl is killed.
        let mut hold = hold
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the route is held", || fixture.is_there(&route(1)));
        fixture.control.quiesce();
        fixture.set_link(false);
        for _ in 0..170 {
            fixture.control.pass_time(Duration::from_secs(1));
        }
        fixture.set_link(true);
        fixture.control.pass_time(AT_ONCE);
        assert!(fixture.is_there(&route(1)), "{stack:?}: after 170 s");
        for number in 0..20 {
            fixture.set_link(false);
            fixture.control.pass_time(Duration::from_millis(300));
            fixture.set_link(true);
            fixture.control.pass_time(AT_ONCE);
            assert!(fixture.is_there(&route(1)), "{stack:?}: drop {number}");
        }
        assert_eq!(fixture.state(), (GuardState::Holding, 0), "{stack:?}");
        hold.kill().unwrap();
        hold.wait().unwrap();
        eventually("the lease has ended", || !fixture.is_there(&route(1)));
        fixture.host.stop_clean();
    }
}

#[test]
fn a_guard_waits_without_limit_for_a_link() {
    let mut fixture = Fixture::start(STACKS[0]);
    let owner = fixture.guard(&route(1));
    let mut watch = owner.watch(&WatchFilter::new()).unwrap();
    fixture.set_link(false);
    assert_eq!(fixture.state(), (GuardState::WaitsForInterface, 0));
    let mut tracer = Process::start(&fixture.host.socket());
    let ((), calls) = tracer.trace(None, || {
        for _ in 0..48 {
            fixture.control.pass_time(Duration::from_hours(1));
        }
    });
    assert_eq!(calls, [], "a guard that waits makes no calls");
    fixture.set_link(true);
    let stored = without_age(fixture.observer.get_route(&route(1).key()).unwrap());
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
    let mut fixture = Fixture::start(STACKS[1]);
    let prefix = "2001:db8:20::/48".parse().unwrap();
    let of_ipv6 = Route::new(prefix, Interface::Index(INTERFACE)).metric(5);
    let _owners = [fixture.guard(&route(1)), fixture.guard(&of_ipv6)];
    for _ in 0..12 {
        // As DHCP does after a cable was pulled: the link is up before the address is there.
        fixture.set_link(false);
        fixture.control.remove_address(INTERFACE, ADDRESS);
        fixture.set_link(true);
        assert!(!fixture.is_there(&route(1)), "IPv4 has no address");
        assert!(fixture.is_there(&of_ipv6), "IPv6 has its address");
        fixture.control.pass_time(Duration::from_mins(30));
        fixture.control.add_address(INTERFACE, ADDRESS);
        fixture.control.quiesce();
        assert!(fixture.is_there(&route(1)), "IPv4 has its address again");
    }
    fixture.control.remove_address(INTERFACE, ADDRESS_V6);
    fixture.control.quiesce();
    assert!(fixture.is_there(&route(1)), "IPv4 has its address still");
    fixture.control.add_address(INTERFACE, ADDRESS_V6);
    fixture.control.quiesce();
    assert!(fixture.is_there(&of_ipv6));
    fixture.host.stop_clean();
}

#[test]
fn a_guard_works_on_an_interface_without_an_address() {
    let mut fixture = Fixture::start(STACKS[0]);
    fixture.control.remove_address(INTERFACE, ADDRESS);
    fixture.control.quiesce();
    let _owner = fixture.guard(&route(1));
    fixture.observer.delete_route(&route(1).key()).unwrap();
    fixture.control.quiesce();
    assert!(fixture.is_there(&route(1)));
    fixture.host.stop_clean();
}

#[test]
fn a_change_of_one_interface_checks_no_guard_of_another() {
    let mut fixture = Fixture::start(STACKS[0]);
    let owners: Vec<Device> = (0..10)
        .map(|number| fixture.guard(&route(number)))
        .collect();
    fixture.set_link(false);
    let mut tracer = Process::start(&fixture.host.socket());
    let ((), calls) = tracer.trace(None, || {
        for up in [false, true, false, true] {
            fixture.control.set_link(9, up);
            fixture.control.quiesce();
        }
    });
    assert_eq!(calls, []);
    fixture.set_link(true);
    assert!((0..10).all(|number| fixture.is_there(&route(number))));
    drop(owners);
    fixture.host.stop_clean();
}
