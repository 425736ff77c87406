//! The network stack of a Linux network namespace, where it is more than the vectors: what others
//! do in the namespace, and what Linux has of the routes that are made here.

#[path = "netns_vectors/namespace.rs"]
mod namespace;
#[path = "netns_vectors/trials.rs"]
mod trials;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use nt_netio::clock::ManualClock;
use nt_netio::notify::{Change, Notice, Topic};
use nt_netio::{Behaviours, NetworkStack, initial};
use nt_netio_rtnetlink::Rtnetlink;
use nt_types::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use namespace::Namespace;
use trials::run_trials;

/// The routes of a burst.
const BURST: usize = 20_000;

/// How long a notice that is due may take.
const TIMEOUT: Duration = Duration::from_secs(5);

fn open(namespace: &Namespace) -> Arc<Rtnetlink> {
    let stack = Rtnetlink::open(namespace.name(), Behaviours::default());
    Arc::new(stack.expect("a stack for the namespace"))
}

/// A route through IF7.
fn route(prefix: &str, next_hop: &str, metric: u32) -> MibIpForwardRow2 {
    let (network, length) = prefix.split_once('/').expect("a prefix has a length");
    let network: IpAddr = network.parse().expect("an address");
    let next_hop: IpAddr = next_hop.parse().expect("an address");
    MibIpForwardRow2 {
        interface_index: 7,
        destination_prefix: IpAddressPrefix::new(network, length.parse().expect("a length")),
        next_hop: next_hop.into(),
        site_prefix_length: 0,
        metric,
        protocol: 3,
        ..initial::route()
    }
}

/// The notified changes of routes, as text.
fn watch(stack: &Arc<Rtnetlink>) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    let callback = move |notice: Notice, _following| {
        let Notice::Route(change, row) = notice else {
            return;
        };
        let kind = match change {
            Change::Add => "add",
            Change::Delete => "delete",
            Change::Parameter => "parameter",
        };
        let prefix = row.destination_prefix;
        let network = prefix.prefix.address().expect("a prefix");
        let next_hop = row.next_hop.address().expect("a next hop");
        let length = prefix.prefix_length;
        // The receiver is gone once the test has ended.
        let _ = send.send(format!("{kind} {network}/{length} {next_hop}"));
    };
    let family = AddressFamily::UNSPECIFIED;
    stack
        .watch(Topic::Routes, family, false, vec![Box::new(callback)])
        .expect("a watcher");
    stack.follow_in_background().expect("a thread");
    receive
}

fn notices(watcher: &Receiver<String>) -> String {
    watcher.recv_timeout(TIMEOUT).expect("a notice")
}

/// `ip` lists one route, with these words.
fn expect_only(namespace: &Namespace, listing: &str, words: &str) {
    let listed = namespace.ip(listing);
    assert!(listed.contains(words), "{listed}");
    assert_eq!(listed.lines().count(), 1, "{listed}");
}

fn main() -> ExitCode {
    run_trials! {
        changes_by_ip_are_notified_without_a_call
        a_route_that_ip_makes_reads_as_windows_would_have_it
        a_route_that_ip_replaces_goes_and_another_one_comes
        next_hops_of_one_ipv6_prefix_are_routes_of_their_own
        a_route_of_ip_by_two_next_hops_is_two_routes
        a_set_metric_is_a_new_priority_and_told_once
        a_route_that_is_made_again_with_another_metric_can_be_set
        a_new_metric_of_the_interface_is_a_new_priority_of_the_routes_made_here
        a_route_whose_lifetime_is_over_is_gone_from_linux
        routes_that_an_interface_takes_with_it_are_notified
        what_linux_finds_malformed_is_an_invalid_parameter
        a_burst_of_routes_by_ip_is_seen_whole
        a_burst_that_ends_as_it_began_changes_nothing
        a_route_made_here_that_ip_removes_is_gone
        hosts_that_change_the_same_routes_at_once_know_them_afterwards
    }
}

fn changes_by_ip_are_notified_without_a_call(namespace: &Namespace) {
    let stack = open(namespace);
    let watcher = watch(&stack);
    let words = "10.30.0.0/16 via 192.0.2.1 dev IF7 metric 125";
    let _ = namespace.ip(&format!("route add {words}"));
    assert_eq!(notices(&watcher), "add 10.30.0.0/16 192.0.2.1");
    let _ = namespace.ip(&format!("route delete {words}"));
    assert_eq!(notices(&watcher), "delete 10.30.0.0/16 192.0.2.1");
}

fn a_route_that_ip_makes_reads_as_windows_would_have_it(namespace: &Namespace) {
    let stack = open(namespace);
    let _ = namespace.ip("route add 10.30.0.0/16 via 192.0.2.1 dev IF7 metric 125");
    let row = stack
        .route(&route("10.30.0.0/16", "192.0.2.1", 0))
        .expect("the route");
    assert_eq!((row.metric, row.protocol, row.origin), (100, 3, 0));
    assert_eq!((row.valid_lifetime, row.immortal), (u32::MAX, 1));
}

fn a_route_that_ip_replaces_goes_and_another_one_comes(namespace: &Namespace) {
    let stack = open(namespace);
    let watcher = watch(&stack);
    let old = route("10.20.0.0/16", "192.0.2.1", 5);
    stack.create_route(&old).expect("a route");
    assert_eq!(notices(&watcher), "add 10.20.0.0/16 192.0.2.1");
    let _ = namespace.ip("route replace 10.20.0.0/16 via 192.0.2.2 dev IF7 metric 30");
    let both = BTreeSet::from([notices(&watcher), notices(&watcher)]);
    let expected = [
        "add 10.20.0.0/16 192.0.2.2",
        "delete 10.20.0.0/16 192.0.2.1",
    ];
    assert_eq!(both, expected.map(str::to_owned).into());
    assert_eq!(stack.route(&old), Err(NtStatus::NOT_FOUND));
}

fn next_hops_of_one_ipv6_prefix_are_routes_of_their_own(namespace: &Namespace) {
    let stack = open(namespace);
    let [one, other] =
        ["2001:db8::1", "2001:db8::2"].map(|next_hop| route("2001:db8:20::/48", next_hop, 5));
    let on_link = route("2001:db8:20::/48", "::", 5);
    for row in [&one, &on_link, &other] {
        stack.create_route(row).expect("a route");
    }
    assert_eq!(
        stack.create_route(&other),
        Err(NtStatus::DUPLICATE_OBJECTID)
    );
    stack.delete_route(&on_link).expect("the on-link route");
    stack.delete_route(&one).expect("the first route");
    assert_eq!(stack.route(&one), Err(NtStatus::NOT_FOUND));
    assert!(stack.route(&other).is_ok());
    expect_only(
        namespace,
        "-6 route show 2001:db8:20::/48",
        "via 2001:db8::2",
    );
}

fn a_route_of_ip_by_two_next_hops_is_two_routes(namespace: &Namespace) {
    let stack = open(namespace);
    let _ = namespace
        .ip("route add 10.30.0.0/16 nexthop via 192.0.2.1 dev IF7 nexthop via 192.0.2.2 dev IF7");
    for next_hop in ["192.0.2.1", "192.0.2.2"] {
        let row = route("10.30.0.0/16", next_hop, 0);
        assert!(stack.route(&row).is_ok());
        // Linux would take the other one away, too.
        assert_eq!(stack.delete_route(&row), Err(NtStatus::NOT_SUPPORTED));
        assert!(stack.route(&row).is_ok());
    }
}

fn a_set_metric_is_a_new_priority_and_told_once(namespace: &Namespace) {
    let stack = open(namespace);
    let watcher = watch(&stack);
    let mut row = route("10.20.0.0/16", "192.0.2.1", 5);
    stack.create_route(&row).expect("a route");
    row.metric = 50;
    stack.set_route(&row).expect("a new metric");
    expect_only(namespace, "route show 10.20.0.0/16", "metric 75");
    stack.delete_route(&row).expect("the route");
    let three = [notices(&watcher), notices(&watcher), notices(&watcher)];
    let expected =
        ["add", "parameter", "delete"].map(|kind| format!("{kind} 10.20.0.0/16 192.0.2.1"));
    assert_eq!(three, expected);
}

fn a_route_that_is_made_again_with_another_metric_can_be_set(namespace: &Namespace) {
    let stack = open(namespace);
    let mut row = route("10.20.0.0/16", "192.0.2.1", 5);
    stack.create_route(&row).expect("a route");
    stack.delete_route(&row).expect("the route");
    row.metric = 50;
    stack.create_route(&row).expect("a route");
    row.metric = 60;
    stack.set_route(&row).expect("a new metric");
    expect_only(namespace, "route show 10.20.0.0/16", "metric 85");
}

fn a_new_metric_of_the_interface_is_a_new_priority_of_the_routes_made_here(namespace: &Namespace) {
    let stack = open(namespace);
    let row = route("10.20.0.0/16", "192.0.2.1", 5);
    stack.create_route(&row).expect("a route");
    let _ = namespace.ip("route add 10.30.0.0/16 via 192.0.2.1 dev IF7 metric 125");
    // Has the host read everything again.
    let _ = namespace.ip("link set IF7 mtu 1400");
    let keys = MibIpInterfaceRow {
        family: AddressFamily::IPV4.0,
        interface_index: 7,
        ..MibIpInterfaceRow::default()
    };
    let settings = MibIpInterfaceRow {
        site_prefix_length: 0,
        use_automatic_metric: 0,
        metric: 100,
        ..stack.interface(&keys).expect("the settings")
    };
    stack
        .set_interface(&settings)
        .expect("a metric of one's own");
    let listed = namespace.ip("route show 10.20.0.0/16");
    assert!(listed.contains("metric 105"), "{listed}");
    assert_eq!(stack.route(&row).map(|row| row.metric), Ok(5));
    let listed = namespace.ip("route show 10.30.0.0/16");
    assert!(listed.contains("metric 125"), "{listed}");
    let foreign = stack.route(&route("10.30.0.0/16", "192.0.2.1", 0));
    assert_eq!(foreign.map(|row| row.metric), Ok(25));
}

fn a_route_whose_lifetime_is_over_is_gone_from_linux(namespace: &Namespace) {
    let clock = Arc::new(ManualClock::default());
    let shared: Arc<ManualClock> = Arc::clone(&clock);
    let stack = Rtnetlink::open_with_clock(namespace.name(), Behaviours::default(), shared)
        .expect("a stack for the namespace");
    let row = MibIpForwardRow2 {
        valid_lifetime: 10,
        preferred_lifetime: 10,
        immortal: 0,
        ..route("10.20.0.0/16", "192.0.2.1", 5)
    };
    stack.create_route(&row).expect("a route");
    clock.advance(Duration::from_secs(10));
    stack.tick();
    assert_eq!(namespace.ip("route show 10.20.0.0/16").trim(), "");
}

fn routes_that_an_interface_takes_with_it_are_notified(namespace: &Namespace) {
    let stack = open(namespace);
    let row = route("10.20.0.0/16", "192.0.2.1", 5);
    stack.create_route(&row).expect("a route");
    let watcher = watch(&stack);
    // Linux sends no event for the IPv4 routes that an interface takes with it.
    let _ = namespace.ip("link set IF7 down");
    let gone = std::iter::from_fn(|| watcher.recv_timeout(TIMEOUT).ok());
    let expected = "delete 10.20.0.0/16 192.0.2.1";
    assert!(gone.into_iter().any(|notice| notice == expected));
    assert_eq!(
        stack.create_route(&row),
        Err(NtStatus::NETWORK_UNREACHABLE),
        "Linux takes no routes through an interface that is down"
    );
}

fn what_linux_finds_malformed_is_an_invalid_parameter(namespace: &Namespace) {
    let stack = open(namespace);
    let by_multicast = route("10.20.0.0/16", "224.0.0.9", 5);
    assert_eq!(
        stack.create_route(&by_multicast),
        Err(NtStatus::INVALID_PARAMETER)
    );
    assert_eq!(stack.route(&by_multicast), Err(NtStatus::NOT_FOUND));
}

fn a_burst_of_routes_by_ip_is_seen_whole(namespace: &Namespace) {
    let stack = open(namespace);
    let before = stack.routes(AddressFamily::IPV4).expect("routes").len();
    namespace.batch(&burst("add"));
    let after = stack.routes(AddressFamily::IPV4).expect("routes").len();
    assert_eq!(after - before, BURST);
}

fn a_burst_that_ends_as_it_began_changes_nothing(namespace: &Namespace) {
    let stack = open(namespace);
    let before = stack.routes(AddressFamily::IPV4).expect("routes").len();
    // Linux keeps the first events for the host and drops those of the deletions.
    namespace.batch(&(burst("add") + &burst("delete")));
    let after = stack.routes(AddressFamily::IPV4).expect("routes").len();
    assert_eq!(after, before);
}

/// Commands of `ip` for more routes than there is room for their events.
fn burst(verb: &str) -> String {
    let mut commands = String::new();
    for number in 0..BURST {
        let (third, fourth) = (number / 256, number % 256);
        // Writing to a string cannot fail.
        let _ = writeln!(
            commands,
            "route {verb} 10.9.{third}.{fourth}/32 via 192.0.2.1 dev IF7"
        );
    }
    commands
}

fn a_route_made_here_that_ip_removes_is_gone(namespace: &Namespace) {
    let stack = open(namespace);
    let watcher = watch(&stack);
    for (prefix, next_hop) in [
        ("10.20.0.0/16", "192.0.2.1"),
        ("10.20.0.0/16", "0.0.0.0"),
        ("0.0.0.0/0", "192.0.2.1"),
        ("2001:db8:20::/48", "2001:db8::1"),
        ("2001:db8:20::/48", "::"),
    ] {
        let row = route(prefix, next_hop, 5);
        stack.create_route(&row).expect("a route");
        assert_eq!(notices(&watcher), format!("add {prefix} {next_hop}"));
        let _ = namespace.ip(&format!("route delete {prefix} dev IF7 metric 30"));
        assert_eq!(notices(&watcher), format!("delete {prefix} {next_hop}"));
        assert_eq!(stack.route(&row), Err(NtStatus::NOT_FOUND));
    }
}

fn hosts_that_change_the_same_routes_at_once_know_them_afterwards(namespace: &Namespace) {
    const ROUTES: u32 = 2_000;
    const HOSTS: usize = 6;
    let hosts = [(); HOSTS].map(|()| open(namespace));
    thread::scope(|scope| {
        for stack in &hosts {
            scope.spawn(move || {
                for number in 0..ROUTES {
                    let (third, fourth) = (number / 256, number % 256);
                    let row = route(&format!("10.9.{third}.{fourth}/32"), "192.0.2.1", 5);
                    // Another host may have made or removed it first.
                    let _ = stack.create_route(&row);
                    let _ = stack.delete_route(&row);
                }
            });
        }
    });
    let known = |stack: &Rtnetlink| -> Vec<_> {
        let routes = stack.routes(AddressFamily::IPV4).expect("routes");
        let shown = routes.iter().map(|row| {
            let next_hop = row.next_hop.address();
            (
                row.destination_prefix.prefix.address(),
                next_hop,
                row.metric,
            )
        });
        shown.collect()
    };
    let in_linux = known(&open(namespace));
    for stack in &hosts {
        assert_eq!(known(stack), in_linux);
    }
}
