//! Leases and guards on the routes of a Linux network namespace: what Linux does to links, addresses,
//! adapters and routes.

use std::time::Duration;

use abi::{AddressFamily, NtStatus};
use ipforward::{
    Batch, Device, Entry, EntryResult, Guard, GuardState, Interface, Route, RouteFlags,
};
use ipnet::Ipv4Net;
use libtest_mimic::Trial;
use tests::{Host, Process, Sleep, eventually};

use crate::named;
use crate::namespace::Namespace;
use crate::netns::{Test, in_namespaces, of_ip, start};

/// The interface of all routes, and its address.
const INTERFACE: u32 = 7;
const ADDRESS: &str = "192.0.2.10/24";

/// The longest time that a route may take to return.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The tests.
pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[Test] = named![
        of_two_drivers_that_guard_one_route_one_gives_up,
        a_guarded_route_returns_with_its_link,
        a_guarded_route_returns_with_its_address,
        a_guarded_route_stays_off_another_adapter,
        a_lease_lost_in_a_sleep_returns_to_linux,
        an_upsert_that_linux_stores_as_before_is_unchanged,
    ];
    in_namespaces(tests)
}

/// 10.20.0.0/16 by way of a gateway.
fn route() -> Route {
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix.into(), Interface::Index(INTERFACE)).via([192, 0, 2, 254])
}

fn is_there(namespace: &Namespace) -> bool {
    let listed = of_ip(namespace);
    listed
        .iter()
        .any(|prefix| route().destination == (*prefix).into())
}

/// A host on a namespace, with a clock that the test advances.
struct Side {
    host: Host,
    clock: Process,
    owner: Device,
}

impl Side {
    fn new(namespace: &Namespace) -> Self {
        let host = start(namespace);
        let mut clock = host.connect();
        clock.pass_time(Duration::ZERO);
        let owner = Device::open(host.socket()).unwrap();
        Self { host, clock, owner }
    }

    fn guards(&self, route: &Route) {
        let guarded = Batch::new().with(Entry::upsert(route).guard());
        assert!(self.owner.apply(&guarded).unwrap().is_success());
    }

    fn guard(&self) -> Guard {
        let leases = self.owner.leases().unwrap();
        leases[0].guard.expect("it is guarded")
    }

    /// Whether the interface can be used, as the driver sees it.
    fn is_connected(&self) -> bool {
        let index = Interface::Index(INTERFACE);
        let row = self.owner.interface(AddressFamily::IPV4, index);
        row.is_ok_and(|row| row.is_connected())
    }

    /// Waits until the route is back: at most [`AT_ONCE`] after Linux has brought the interface up.
    fn waits_for_the_route(&mut self, namespace: &Namespace) {
        const STEP: Duration = Duration::from_millis(100);
        let mut left = AT_ONCE;
        eventually("the route is back", || {
            // Linux brings interfaces up in its own time.
            if self.is_connected() && !left.is_zero() {
                self.clock.pass_time(STEP);
                left -= STEP;
            }
            is_there(namespace)
        });
    }

    /// Waits until the guard is in a state, whatever time that takes.
    fn waits_for(&mut self, state: GuardState) {
        eventually("the guard is in its state", || {
            self.clock.pass_time(AT_ONCE);
            self.guard().state == state
        });
    }

    fn has_given_up(&self) -> bool {
        self.guard().state == GuardState::GaveUp
    }

    fn ends(self) {
        drop((self.owner, self.clock));
        self.host.stop_clean();
    }
}

/// Each guards another metric, so what one writes disturbs the other, as another product would.
fn of_two_drivers_that_guard_one_route_one_gives_up(namespace: &Namespace) {
    const MOMENTS: u32 = 5_000;
    let before = namespace.ip("-4 route show");
    let route = route();
    let wanted = [route.metric(10), route.metric(20)];
    let mut sides = [Side::new(namespace), Side::new(namespace)];
    for (side, wanted) in sides.iter().zip(&wanted) {
        side.guards(wanted);
    }
    let mut moments = 0..MOMENTS;
    while !sides.iter().any(Side::has_given_up) {
        assert!(moments.next().is_some(), "neither guard gives up");
        for side in &mut sides {
            side.clock.pass_time(Duration::from_secs(1));
        }
    }
    let remaining = sides.iter().position(|side| !side.has_given_up());
    let remaining = remaining.expect("only one gives up");
    let metric = |side: &Side| side.owner.get_route(&route.key()).unwrap().metric;
    eventually("the route has the metric of the guard that is left", || {
        sides[remaining].clock.pass_time(Duration::from_mins(1));
        metric(&sides[remaining]) == wanted[remaining].metric
    });
    for side in &sides {
        assert!(side.guard().times > 1, "both guards restored the route");
        assert_eq!(metric(side), wanted[remaining].metric, "both see the same");
    }
    // The second guard displaced the route of the first, so it ends first.
    let [first, second] = sides;
    second.ends();
    first.ends();
    assert_eq!(namespace.ip("-4 route show"), before);
}

/// Linux removes the routes of an interface that goes down. The link is down for 170 seconds of the
/// driver's clock, and then 20 times for a moment.
fn a_guarded_route_returns_with_its_link(namespace: &Namespace) {
    const DOWN: u64 = 170;
    const DROPS: u32 = 20;
    let before = namespace.ip("-4 route show");
    let mut side = Side::new(namespace);
    side.guards(&route());
    assert!(is_there(namespace));
    for drop in 0..=DROPS {
        let _ = namespace.ip("link set IF7 down");
        assert!(!is_there(namespace));
        for _ in 0..if drop == 0 { DOWN } else { 1 } {
            side.clock.pass_time(Duration::from_secs(1));
        }
        let _ = namespace.ip("link set IF7 up");
        side.waits_for_the_route(namespace);
    }
    let guard = side.guard();
    assert_eq!((guard.state, guard.times), (GuardState::Holding, 0));
    side.ends();
    assert_eq!(namespace.ip("-4 route show"), before);
}

/// Linux removes the IPv4 routes of an interface that loses its last IPv4 address.
fn a_guarded_route_returns_with_its_address(namespace: &Namespace) {
    let mut side = Side::new(namespace);
    side.guards(&route());
    for _ in 0..3 {
        let _ = namespace.ip(&format!("addr delete {ADDRESS} dev IF7"));
        assert!(!is_there(namespace));
        side.waits_for(GuardState::WaitsForInterface);
        side.clock.pass_time(Duration::from_mins(30));
        let _ = namespace.ip(&format!("addr add {ADDRESS} dev IF7"));
        side.waits_for_the_route(namespace);
    }
    side.waits_for(GuardState::Holding);
    assert_eq!(side.guard().times, 0);
    side.ends();
}

/// Puts an adapter with a hardware address in the place of the interface, with the same index.
fn replace_adapter(namespace: &Namespace, hardware_address: &str) {
    namespace.replace_link(
        "IF7",
        &format!("index {INTERFACE} address {hardware_address}"),
    );
    namespace.batch(&format!(
        "link set IF7 up\n\
         addr add {ADDRESS} dev IF7\n"
    ));
}

fn hardware_address(namespace: &Namespace) -> String {
    let shown = namespace.ip("-o link show IF7");
    let mut words = shown.split_whitespace();
    let _ = words.find(|word| *word == "link/ether");
    words.next().expect("a hardware address").to_owned()
}

fn a_guarded_route_stays_off_another_adapter(namespace: &Namespace) {
    let mut side = Side::new(namespace);
    side.guards(&route());
    let own = hardware_address(namespace);
    for _ in 0..2 {
        replace_adapter(namespace, "02:00:00:00:00:77");
        side.waits_for(GuardState::InterfaceReplaced);
        assert!(!is_there(namespace));
        replace_adapter(namespace, &own);
        side.waits_for_the_route(namespace);
        side.waits_for(GuardState::Holding);
    }
    assert_eq!(side.guard().times, 0);
    side.ends();
}

fn a_lease_lost_in_a_sleep_returns_to_linux(namespace: &Namespace) {
    let before = namespace.ip("-4 route show");
    for guarded in [false, true] {
        let mut side = Side::new(namespace);
        let entry = Entry::create(&route());
        let entry = if guarded {
            entry.guard()
        } else {
            entry.lease()
        };
        assert!(
            side.owner
                .apply(&Batch::new().with(entry))
                .unwrap()
                .is_success()
        );
        for _ in 0..3 {
            assert_eq!(side.clock.sleep(Sleep::default()), NtStatus::SUCCESS);
            let _ = namespace.ip("route delete 10.20.0.0/16");
            assert_eq!(side.clock.wake(), NtStatus::SUCCESS);
            side.waits_for_the_route(namespace);
        }
        let leases = side.owner.leases().unwrap();
        assert!(leases[0].guard.is_none_or(|guard| guard.times == 0));
        side.ends();
        assert_eq!(namespace.ip("-4 route show"), before);
    }
}

/// Linux has none of the flags of Windows.
fn an_upsert_that_linux_stores_as_before_is_unchanged(namespace: &Namespace) {
    let mut side = Side::new(namespace);
    for flags in [RouteFlags::all(), RouteFlags::empty()] {
        let upsert = || {
            Batch::new()
                .with(Entry::upsert(&route().flags(flags)))
                .atomic()
        };
        let result = |batch: &Batch| side.owner.apply(batch).unwrap().entries[0].result;
        let _first = result(&upsert());
        assert_eq!(result(&upsert().dry_run()), EntryResult::Unchanged);
        assert_eq!(result(&upsert()), EntryResult::Unchanged);
    }
    side.guards(&route());
    side.clock.pass_time(Duration::from_mins(2));
    let guard = side.guard();
    assert_eq!((guard.state, guard.times), (GuardState::Holding, 0));
    side.ends();
}
