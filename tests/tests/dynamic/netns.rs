//! The driver on the routes of a Linux network namespace: `ip route` shows the driver's routes, and
//! the driver shows those of `ip route`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Output, Stdio};

use abi::{AddressFamily, NtStatus};
use ipforward::{Batch, Destination, Device, Entry, Interface, Route};
use ipnet::Ipv4Net;
use libtest_mimic::Trial;
use serde_json::Value;
use tests::{Host, Profile, eventually, routectl, start_host_with};

use crate::named;
use crate::namespace::Namespace;

/// A host over the namespace.
pub(crate) fn start(namespace: &Namespace) -> Host {
    let stack = format!("netns:{}", namespace.name());
    start_host_with(&["--stack", &stack])
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
pub(crate) fn of_ip(namespace: &Namespace) -> BTreeSet<Ipv4Net> {
    let listed = namespace.ip("-4 route show root 10.0.0.0/8");
    let words = listed.lines().filter_map(|line| line.split(' ').next());
    words.map(|word| word.parse().expect("a network")).collect()
}

/// A test: its name, and what it does with a namespace of its own.
pub(crate) type Test = (&'static str, fn(&Namespace));

/// The tests.
pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[Test] = named![
        ip_shows_a_route_from_routectl_until_it_is_deleted,
        ip_shows_an_ipv6_route_as_well,
        ip_shows_a_thousand_routes_until_they_are_deleted,
        routectl_shows_a_route_from_ip_until_it_is_deleted,
        routectl_deletes_a_route_from_ip,
        a_route_over_a_disconnected_link_stays_but_is_unreachable,
        the_routes_of_a_deleted_link_are_deleted,
        the_leases_of_a_killed_client_disappear_from_ip,
    ];
    in_namespaces(tests)
}

/// Runs each test in a namespace of its own; ignored where none can be made.
pub(crate) fn in_namespaces(tests: &[Test]) -> Vec<Trial> {
    let is_skipped = Namespace::new_or_skip().is_none();
    let trial = |&(name, test): &Test| {
        Trial::test(name, move || {
            test(&Namespace::new()?);
            Ok(())
        })
        .with_ignored_flag(is_skipped)
    };
    tests.iter().map(trial).collect()
}

fn ip_shows_a_route_from_routectl_until_it_is_deleted(namespace: &Namespace) {
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

fn ip_shows_a_thousand_routes_until_they_are_deleted(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let routes: Vec<Route> = thousand()
        .map(|prefix| Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254]))
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

fn routectl_shows_a_route_from_ip_until_it_is_deleted(namespace: &Namespace) {
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

fn routectl_deletes_a_route_from_ip(namespace: &Namespace) {
    let host = start(namespace);
    let _ = namespace.ip("route add 10.30.0.0/16 via 198.51.100.1 dev IF9");
    let delete = "route delete 10.30.0.0/16 via 198.51.100.1 dev 9";
    run(routectl(&host.socket(), delete.split(' ')));
    assert_eq!(namespace.ip("route show 10.30.0.0/16").trim(), "");
    host.stop_clean();
}

fn a_route_over_a_disconnected_link_stays_but_is_unreachable(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254]);
    device.create_route(&route).unwrap();
    let address = Ipv4Addr::new(10, 20, 1, 1).into();
    let destination = Destination::new(address).interface(Interface::Index(7));
    let best = || device.best_route(destination);
    assert_eq!(
        best().unwrap().source,
        Some(Ipv4Addr::new(192, 0, 2, 10).into())
    );
    namespace.set_connected("IF7", false);
    let refused = loop {
        // The kernel reacts asynchronously.
        if let Err(error) = best() {
            break error;
        }
    };
    let unreachable = Profile::of_this_run().unreachable();
    assert_eq!(refused.status(), Some(unreachable));
    assert!(device.get_route(&route.key()).is_ok());
    drop(device);
    host.stop_clean();
}

fn the_routes_of_a_deleted_link_are_deleted(namespace: &Namespace) {
    let host = start(namespace);
    let device = Device::open(host.socket()).unwrap();
    let prefix: Ipv4Net = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254]);
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

/// The socket of the host, for a process of this program that holds routes.
const SOCKET: &str = "IPFORWARD_TEST_SOCKET";

/// Makes this process the client of [`holder`] if it was started as such: it leases the thousand
/// routes, prints that, and waits until it is killed.
pub(crate) fn hold_routes_if_asked() {
    let Ok(socket) = std::env::var(SOCKET) else {
        return;
    };
    let device = Device::open(socket).unwrap();
    let routes = thousand()
        .map(|prefix| Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254]));
    let batch: Batch = routes.map(|route| Entry::upsert(&route).lease()).collect();
    assert!(device.apply(&batch.atomic()).unwrap().is_success());
    println!("held");
    loop {
        std::thread::park();
    }
}

/// Starts this program as a client that holds routes, and waits until it does.
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

fn the_leases_of_a_killed_client_disappear_from_ip(namespace: &Namespace) {
    let host = start(namespace);
    // One of the routes exists already; the lease displaces it.
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
