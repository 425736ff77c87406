//! The driver over the routes of a Linux network namespace: what it makes, `ip route` shows, and
//! what `ip route` makes, it shows.

#[path = "../../host/nthost/tests/netns_vectors/namespace.rs"]
mod namespace;
#[path = "../../host/nthost/tests/netns_vectors/trials.rs"]
mod trials;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::time::Duration;

use abi::{AddressFamily, NtStatus};
use ipforward::{Batch, Destination, Device, Entry, Guard, GuardState, Interface, Route};
use ipnet::Ipv4Net;
use serde_json::Value;
use tests::{Host, Process, Profile, eventually, routectl};

use namespace::Namespace;
use trials::run_trials;

/// A host over the namespace.
fn start(namespace: &Namespace) -> Host {
    let stack = format!("netns:{}", namespace.name());
    Host::start_with(&["--stack", &stack])
}

fn run(mut command: Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn shown(host: &Host) -> Vec<Value> {
    let output = run(routectl(&host.socket(), ["--json", "route", "show"]));
    serde_json::from_slice(&output.stdout).expect("a list in JSON")
}

fn to(destination: &str) -> impl Fn(&&Value) -> bool + '_ {
    move |row| row["destination"] == destination
}

/// The thousand networks 10.N.M.0/24.
fn thousand() -> impl Iterator<Item = Ipv4Net> {
    (0..1_000_u32).map(|number| {
        let address = Ipv4Addr::from(0x0A00_0000 | number << 8);
        Ipv4Net::new(address, 24).expect("24 is a prefix length")
    })
}

/// The destinations in 10.0.0.0/8 that `ip route` shows.
fn of_ip(namespace: &Namespace) -> BTreeSet<Ipv4Net> {
    let listed = namespace.ip("-4 route show root 10.0.0.0/8");
    let words = listed.lines().filter_map(|line| line.split(' ').next());
    words.map(|word| word.parse().expect("a network")).collect()
}

fn main() -> ExitCode {
    if let Ok(socket) = std::env::var(SOCKET) {
        hold_routes(socket);
    }
    run_trials! {
        ip_shows_the_route_that_routectl_adds_until_it_deletes_it
        ip_shows_an_ipv6_route_as_well
        a_thousand_routes_are_seen_by_ip_and_removed_again
        routectl_shows_a_route_that_ip_makes_until_ip_removes_it
        routectl_deletes_a_route_that_ip_made
        a_route_through_a_pulled_cable_stays_and_leads_nowhere
        the_routes_of_an_interface_that_ip_deletes_are_gone
        the_leases_of_a_client_that_is_killed_are_gone_from_ip
        two_drivers_that_guard_one_route_come_to_an_end
    }
}

fn ip_shows_the_route_that_routectl_adds_until_it_deletes_it(namespace: &Namespace) {
    let host = start(namespace);
    let socket = host.socket();
    let words = "10.20.0.0/16 via 192.0.2.254 dev 7";
    let add = format!("route add {words} metric 5");
    run(routectl(&socket, add.split(' ')));
    let listed = namespace.ip("route show 10.20.0.0/16");
    // The complete metric: 5 of the route and 25 of the interface.
    let expected = "10.20.0.0/16 via 192.0.2.254 dev IF7 proto static metric 30";
    assert_eq!(listed.trim(), expected);
    let delete = format!("route delete {words}");
    run(routectl(&socket, delete.split(' ')));
    assert_eq!(namespace.ip("route show 10.20.0.0/16").trim(), "");
    host.stop_clean();
}

fn ip_shows_an_ipv6_route_as_well(namespace: &Namespace) {
    let host = start(namespace);
    let add = "route add 2001:db8:20::/48 via 2001:db8::1 dev IF7 metric 5";
    run(routectl(&host.socket(), add.split(' ')));
    let listed = namespace.ip("-6 route show 2001:db8:20::/48");
    let expected = "2001:db8:20::/48 via 2001:db8::1 dev IF7 proto static metric 30";
    assert!(listed.starts_with(expected), "{listed}");
    host.stop_clean();
}

fn a_thousand_routes_are_seen_by_ip_and_removed_again(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let routes: Vec<Route> = thousand()
        .map(|prefix| Route::new(prefix, Interface::Index(7)).via([192, 0, 2, 254]))
        .collect();
    for route in &routes {
        device.create_route(route).unwrap();
    }
    assert_eq!(of_ip(namespace), thousand().collect());
    let twice = device.create_route(&routes[0]).unwrap_err();
    assert!(
        twice.status().is_some_and(NtStatus::is_duplicate),
        "{twice}"
    );
    for route in &routes {
        device.delete_route(&route.key()).unwrap();
    }
    assert_eq!(of_ip(namespace), BTreeSet::new());
    drop(device);
    host.stop_clean();
}

fn routectl_shows_a_route_that_ip_makes_until_ip_removes_it(namespace: &Namespace) {
    let host = start(namespace);
    let words = "10.30.0.0/16 via 198.51.100.1 dev IF9 metric 125";
    let _ = namespace.ip(&format!("route add {words}"));
    let rows = shown(&host);
    let row = rows.iter().find(to("10.30.0.0/16")).expect("the route");
    assert_eq!(row["next_hop"], "198.51.100.1");
    assert_eq!(row["interface_index"], 9);
    assert_eq!(row["metric"], 100);
    let _ = namespace.ip(&format!("route delete {words}"));
    assert!(!shown(&host).iter().any(|row| to("10.30.0.0/16")(&row)));
    host.stop_clean();
}

fn routectl_deletes_a_route_that_ip_made(namespace: &Namespace) {
    let host = start(namespace);
    let _ = namespace.ip("route add 10.30.0.0/16 via 198.51.100.1 dev IF9");
    let delete = "route delete 10.30.0.0/16 via 198.51.100.1 dev 9";
    run(routectl(&host.socket(), delete.split(' ')));
    assert_eq!(namespace.ip("route show 10.30.0.0/16").trim(), "");
    host.stop_clean();
}

fn a_route_through_a_pulled_cable_stays_and_leads_nowhere(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7)).via([192, 0, 2, 254]);
    device.create_route(&route).unwrap();
    let address = Ipv4Addr::new(10, 20, 1, 1).into();
    let destination = Destination::new(address).interface(Interface::Index(7));
    let best = || device.best_route(destination);
    assert_eq!(
        best().unwrap().source,
        Some(Ipv4Addr::new(192, 0, 2, 10).into())
    );
    namespace.set_connected("IF7", false);
    let nowhere = loop {
        // The kernel notices a moment later.
        if let Err(error) = best() {
            break error;
        }
    };
    let unreachable = Profile::of_this_run().unreachable();
    assert_eq!(nowhere.status(), Some(unreachable));
    assert!(device.get_route(&route.key()).is_ok());
    drop(device);
    host.stop_clean();
}

fn the_routes_of_an_interface_that_ip_deletes_are_gone(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7)).via([192, 0, 2, 254]);
    device.create_route(&route).unwrap();
    let _ = namespace.ip("link delete IF7");
    let left = device.routes(AddressFamily::IPV4).unwrap();
    assert!(
        left.iter()
            .all(|left| left.destination != route.destination)
    );
    let gone = device.create_route(&route).unwrap_err();
    assert_eq!(gone.status(), Some(NtStatus::NOT_FOUND));
    drop(device);
    host.stop_clean();
}

/// Where a process of this test program finds the host in which it is to hold routes.
const SOCKET: &str = "IPFORWARD_TEST_SOCKET";

/// What [`holder`] runs: it leases the thousand routes, says so, and waits for its end.
fn hold_routes(socket: String) -> ! {
    let device = Device::open(socket).unwrap();
    let routes =
        thousand().map(|prefix| Route::new(prefix, Interface::Index(7)).via([192, 0, 2, 254]));
    let batch: Batch = routes.map(|route| Entry::upsert(&route).lease()).collect();
    assert!(device.apply(&batch.atomic()).unwrap().is_success());
    println!("held");
    loop {
        std::thread::park();
    }
}

/// This program again, as a client that holds routes by now.
fn holder(host: &Host) -> Child {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .env(SOCKET, host.socket())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let stdout = BufReader::new(holder.stdout.take().unwrap());
    let mut lines = stdout.lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "held"), "it holds them");
    holder
}

fn the_leases_of_a_client_that_is_killed_are_gone_from_ip(namespace: &Namespace) {
    let host = start(namespace);
    // One of them is there before, by another hand; the lease displaces it.
    let words = "10.0.7.0/24 via 192.0.2.254 dev IF7 metric 125";
    let _ = namespace.ip(&format!("route add {words}"));
    let before = namespace.ip("-4 route show");
    let mut holder = holder(&host);
    assert_eq!(of_ip(namespace), thousand().collect());
    holder.kill().unwrap();
    holder.wait().unwrap();
    eventually("ip shows what it showed before", || {
        namespace.ip("-4 route show") == before
    });
    host.stop_clean();
}

/// A driver on a machine of its own, whose time is in the test's hands; but the routes are the same.
struct Side {
    host: Host,
    clock: Process,
    owner: Device,
}

impl Side {
    fn new(namespace: &Namespace) -> Self {
        let host = start(namespace);
        let mut clock = Process::start(&host.socket());
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

    fn has_given_up(&self) -> bool {
        self.guard().state == GuardState::GaveUp
    }

    fn ends(self) {
        drop((self.owner, self.clock));
        self.host.stop_clean();
    }
}

/// Each wants another metric: what one writes disturbs the other, as another product's guard does.
fn two_drivers_that_guard_one_route_come_to_an_end(namespace: &Namespace) {
    const MOMENTS: u32 = 5_000;
    let before = namespace.ip("-4 route show");
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7)).via([192, 0, 2, 254]);
    let wanted = [route.metric(10), route.metric(20)];
    let mut sides = [Side::new(namespace), Side::new(namespace)];
    for (side, wanted) in sides.iter().zip(&wanted) {
        side.guards(wanted);
    }
    let mut moments = 0..MOMENTS;
    while !sides.iter().any(Side::has_given_up) {
        assert!(moments.next().is_some(), "they fight for ever");
        for side in &mut sides {
            side.clock.pass_time(Duration::from_secs(1));
        }
    }
    let winner = sides.iter().position(|side| !side.has_given_up());
    let winner = winner.expect("the other one has no reason any more");
    let metric = |side: &Side| side.owner.get_route(&route.key()).unwrap().metric;
    eventually("the route is as the winner wants it", || {
        sides[winner].clock.pass_time(Duration::from_mins(1));
        metric(&sides[winner]) == wanted[winner].metric
    });
    for side in &sides {
        assert!(side.guard().times > 1, "it was a fight");
        assert_eq!(metric(side), wanted[winner].metric, "both see the same");
    }
    // The second one displaced the route of the first, which is still there to end it.
    let [first, second] = sides;
    second.ends();
    first.ends();
    assert_eq!(namespace.ip("-4 route show"), before);
}
