//! Sample files, and generated files of known routes.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use clap::ValueEnum as _;
use ipforward::EntryChange;
use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Interface, IpInterface, IpNet, NextHop, Route, RouteProtocol};
use proptest::prelude::*;

use super::line_change::LineChange;
use super::line_kind::LeftOut;
use super::local_tables::LocalTables;
use super::options::PlaceOptions;
use super::plan::ImportPlan;
use super::recognize::recognize;
use super::resolve::{self, Resolved};
use super::*;

mod cases;

/// Interfaces 7 and 12. Of IPv4, 7 has 192.0.2.10 and its network, 12 has 198.51.100.2.
fn tables() -> LocalTables {
    let interface = |family: AddressFamily, index: u32, metric| {
        IpInterface::try_from(&MibIpInterfaceRow {
            family: family.0,
            interface_luid: u64::from(index) << 24,
            interface_index: index,
            metric,
            ..MibIpInterfaceRow::default()
        })
        .unwrap()
    };
    let interfaces = [
        interface(AddressFamily::IPV4, 7, 25),
        interface(AddressFamily::IPV6, 7, 50),
        interface(AddressFamily::IPV4, 12, 5),
        interface(AddressFamily::IPV6, 12, 5),
    ];
    let on_link = |prefix: &str, place: usize| {
        Route::new(
            prefix.parse::<IpNet>().unwrap(),
            interfaces[place].interface,
        )
    };
    let routes = [
        on_link("192.0.2.0/24", 0).protocol(RouteProtocol::LOCAL),
        on_link("192.0.2.10/32", 0).protocol(RouteProtocol::LOCAL),
        on_link("198.51.100.2/32", 2).protocol(RouteProtocol::LOCAL),
        on_link("2001:db8:1::/64", 0).protocol(RouteProtocol::LOCAL),
        on_link("10.23.0.0/16", 0).via([192, 0, 2, 254]).metric(5),
        on_link("10.26.0.0/16", 0).via([192, 0, 2, 253]).metric(5),
        on_link("10.26.0.0/16", 0).via([192, 0, 2, 254]).metric(6),
    ];
    let map = [("eth0", 7), ("wg0", 12)].map(|(name, index)| {
        let interface = Interface::Index(index);
        (name.to_owned(), interface)
    });
    LocalTables::new(&interfaces, &routes, &map)
}

/// The text of an entry.
fn text_of_entry(entry: &ipforward::Entry) -> String {
    let verb = match entry.change() {
        EntryChange::Create(_) => "create",
        EntryChange::Set(_) => "set",
        EntryChange::Upsert(_) => "upsert",
        EntryChange::Delete(key) => return format!("delete {key}"),
        other => panic!("{other:?}"),
    };
    format!("{verb} {:#}", entry.route())
}

fn resolution(text: &str, tables: &mut LocalTables, places: &PlaceOptions) -> Resolution {
    let path = Path::new("-");
    let parsed = parse(path, text, None).expect("the format is known");
    plan::resolved(path.into(), parsed, tables, places)
}

/// The changes and the notes of a file, as text.
fn imported(text: &str) -> (Vec<String>, Vec<String>) {
    let places = PlaceOptions {
        absent_ok: true,
        ..PlaceOptions::default()
    };
    let ImportPlan { entries, notes, .. } = resolution(text, &mut tables(), &places)
        .into_plan()
        .unwrap();
    (
        entries.iter().map(text_of_entry).collect(),
        notes.iter().map(ToString::to_string).collect(),
    )
}

fn rejected_text(line: &RejectedLine) -> String {
    let mut text = Vec::new();
    line.write_text(&mut text).unwrap();
    String::from_utf8(anstream::adapter::strip_bytes(&text).into_vec()).unwrap()
}

/// The rejected lines of a file, as text. The deletion of an absent route is rejected.
fn rejected(text: &str) -> Vec<String> {
    let resolution = resolution(text, &mut tables(), &PlaceOptions::default());
    resolution.rejected().iter().map(rejected_text).collect()
}

/// Resolves every change of a parsed file; panics are faults.
fn resolve_all(parsed: &Parsed) {
    let (mut tables, places) = (tables(), PlaceOptions::default());
    for change in &parsed.changes {
        let _ = resolve::entries(&mut tables, &places, change);
    }
}

#[test]
fn commands_of_iproute2() {
    let (routes, notes) = imported(include_str!("../../../tests/samples/ip_batch"));
    assert_eq!(
        routes,
        [
            "create 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
            "upsert 0.0.0.0/0 via 192.0.2.254 dev 7 metric 256",
            "create ::/0 via 2001:db8:1::1 dev 7 metric 256",
            "create 2001:db8:30::/48 dev 12 metric 9",
            "set 10.21.0.0/16 via 192.0.2.254 dev 7 metric 20",
            "delete 10.23.0.0/16 via 192.0.2.254 dev 7",
            "create 10.24.0.0/16 via 192.0.2.253 dev 7 metric 256",
            "create 10.25.0.0/16 via 192.0.2.253 dev 7 metric 7",
            "create 10.25.0.0/16 dev 12 metric 7",
        ]
    );
    assert_eq!(
        notes,
        [
            "left out deletions of routes that do not exist: 1 (line 9)",
            "ignored `src`, which Windows does not have: 1",
            "ignored `weight`, which Windows does not have: 2",
        ]
    );
}

#[test]
fn output_of_ip_route() {
    let (routes, notes) = imported(include_str!("../../../tests/samples/ip_route"));
    assert_eq!(
        routes,
        [
            "upsert 0.0.0.0/0 via 192.0.2.254 dev 7 metric 100 protocol Dhcp",
            "upsert 10.20.0.0/16 via 192.0.2.253 dev 7 metric 5",
            "upsert 10.30.0.0/16 dev 12 metric 256",
            "upsert 10.40.0.0/16 via 192.0.2.253 dev 7 metric 32 protocol Other",
            "upsert 10.40.0.0/16 via 192.0.2.254 dev 7 metric 32 protocol Other",
        ]
    );
    assert!(
        notes[0].ends_with("loopback, multicast and broadcast: 2"),
        "{notes:?}"
    );

    let (routes, _) = imported(include_str!("../../../tests/samples/ip_6_route"));
    assert_eq!(
        routes,
        [
            "upsert 2001:db8:50::/48 via fe80::2 dev 7 metric 1024",
            "upsert 2001:db8:51::/48 dev 12 metric 1024 valid 600",
            "upsert ::/0 via fe80::1 dev 7 metric 100 valid 1700",
        ]
    );
    // If no line implies the family, an attribute of IPv6 does.
    let (routes, _) = imported("default dev wg0 metric 1024 pref medium");
    assert_eq!(routes, ["upsert ::/0 dev 12 metric 1024"]);
}

#[test]
fn commands_of_windows() {
    let (routes, notes) = imported(include_str!("../../../tests/samples/route_commands.cmd"));
    assert_eq!(
        routes,
        [
            "create 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
            "create 10.21.0.0/16 via 192.0.2.254 dev 7 metric 256",
            "create 192.0.2.77/32 via 192.0.2.254 dev 7 metric 256",
            "create 10.22.0.0/16 dev 12 metric 256",
            "create 2001:db8:20::/48 via fe80::1%7 dev 7 metric 3",
            "set 10.23.0.0/16 via 192.0.2.254 dev 7 metric 9",
            "delete 10.23.0.0/16 via 192.0.2.254 dev 7",
        ]
    );
    assert_eq!(notes.len(), 2);
    assert!(notes[0].starts_with("line 4: `-p` is ignored"), "{notes:?}");
    assert!(notes[1].ends_with("do not exist: 1 (line 9)"), "{notes:?}");
}

#[test]
fn output_of_route_print() {
    let (routes, notes) = imported(include_str!("../../../tests/samples/route_print"));
    assert_eq!(
        routes,
        [
            "upsert 0.0.0.0/0 via 192.0.2.254 dev 7 metric 1",
            "upsert 10.8.0.0/16 dev 12 metric 5",
            "upsert 10.20.0.0/16 via 192.0.2.253 dev 7 metric 5",
            "upsert 172.16.0.0/12 via 192.0.2.253 dev 7 metric 256",
            "upsert ::/0 via fe80::1 dev 7 metric 256",
            "upsert 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ff00/120 via fe80::2 dev 7 metric 35",
            "upsert 2001:db8:60::/48 dev 12 metric 50",
            "upsert 2001:db8:70::/48 via 2001:db8:1::2 dev 7 metric 256",
        ]
    );
    assert_eq!(notes.len(), 1);
    assert!(notes[0].ends_with("broadcast: 15"), "{notes:?}");
}

#[test]
fn route_print_is_parsed_in_any_language() {
    let (routes, _) = imported(include_str!("../../../tests/samples/route_print_german"));
    assert_eq!(
        routes,
        [
            "upsert 0.0.0.0/0 via 192.0.2.254 dev 7 metric 5",
            "upsert 10.30.0.0/16 dev 7 metric 0",
        ]
    );
}

/// Lines that cannot be imported, with parts of the error and of what is expected.
const INVALID: &[(&str, &str, &str)] = &[
    (
        "route add 10.0.0.0/33 dev eth0",
        "invalid prefix `10.0.0.0/33`",
        "ADDRESS/LENGTH",
    ),
    ("route add", "missing prefix", "a prefix"),
    (
        "route add 10.0.0.0/8",
        "missing next hop and interface",
        "one of them",
    ),
    (
        "route show",
        "unsupported command `route show`",
        "`route add`",
    ),
    ("ip link set eth0 up", "not a route command", "`route add`"),
    (
        "route add 10.0.0.0/8 via",
        "`via` needs a value",
        "and its value",
    ),
    (
        "route add 10.0.0.0/8 via gate dev eth0",
        "invalid next hop `gate`",
        "fe80::1%7",
    ),
    (
        "route add 10.0.0.0/8 dev eth1",
        "unknown interface `eth1`",
        "--map eth1=INTERFACE",
    ),
    (
        "route add 10.0.0.0/8 dev 99",
        "unknown interface `99`",
        "--map 99=INTERFACE",
    ),
    (
        "route add 10.0.0.0/8 dev eth0 metric x",
        "invalid value `x` of `metric`",
        "0 to 2147483647",
    ),
    (
        "route add 10.0.0.0/8 dev eth0 table 100",
        "unsupported `table 100`",
        "one table",
    ),
    (
        "route add 10.0.0.0/8 dev eth0 tos 4",
        "unsupported `tos 4`",
        "for all packets",
    ),
    (
        "route add 10.0.0.0/8 via 203.0.113.1",
        "is not on the link of a local interface",
        "dev eth0",
    ),
    (
        "route del 10.99.0.0/16",
        "no matching route to 10.99.0.0/16",
        "`routectl route show`",
    ),
    ("route del 10.26.0.0/16", "2 routes match", "the next hop"),
    (
        "blackhole 10.0.0.0/8",
        "no `blackhole` routes",
        "remove the line",
    ),
    (
        "route add 10.0.0.0 mask 255.0.255.0 192.0.2.1",
        "invalid mask `255.0.255.0`",
        "255.255.0.0",
    ),
    (
        "route add ::1 mask 255.0.0.0 192.0.2.1",
        "not an IPv4 address",
        "ADDRESS/LENGTH",
    ),
    (
        "route add 10.0.0.0 mask 255.0.0.0",
        "missing gateway",
        "0.0.0.0",
    ),
    (
        "route -f add 10.0.0.0/8 192.0.2.1",
        "`route -f` removes all routes",
        "--skip",
    ),
    (
        "route add 10.0.0.0/8 192.0.2.1 192.0.2.2",
        "unexpected `192.0.2.2`",
        "if",
    ),
    (
        "10.0.0.0 255.0.0.0 192.0.2.1 203.0.113.9 30",
        "no interface of this system has the address 203.0.113.9",
        "--map 203.0.113.9=INTERFACE",
    ),
    (
        "10.0.0.0 255.0.255.0 192.0.2.1 192.0.2.10 30",
        "invalid mask `255.0.255.0`",
        "ones",
    ),
];

#[test]
fn a_rejected_line_names_the_error_and_what_is_expected() {
    for (text, error, expected) in INVALID {
        let lines = rejected(text);
        assert_eq!(lines.len(), 1, "{text}: {lines:?}");
        assert!(
            lines[0].starts_with(&format!("line 1: {text}\n")),
            "{lines:?}"
        );
        assert!(lines[0].contains(error), "{text}: {lines:?}");
        let rest = lines[0].split("  expected ").nth(1).unwrap();
        assert!(rest.contains(expected), "{text}: {lines:?}");
    }
}

#[test]
fn every_rejected_line_has_its_number() {
    let lines = rejected("route add 10.0.0.0/33 dev eth0\n# fine\nroute add 10.0.0.0/8 dev x\n");
    assert!(lines[0].starts_with("line 1: "), "{lines:?}");
    assert!(lines[1].starts_with("line 3: "), "{lines:?}");
}

fn any_route() -> impl Strategy<Value = Route> {
    let ipv4 = (any::<[u8; 3]>(), 8..=32_u8, any::<Option<[u8; 4]>>()).prop_map(
        |([a, b, c], length, hop)| {
            let prefix = IpNet::new(Ipv4Addr::new(10, a, b, c).into(), length).unwrap();
            (prefix, hop.map(IpAddr::from))
        },
    );
    let ipv6 = (any::<[u16; 6]>(), 32..=127_u8, any::<Option<[u16; 8]>>()).prop_map(
        |([a, b, c, d, e, f], length, hop)| {
            let address = [0x2001, 0xdb8, a, b, c, d, e, f];
            let prefix = IpNet::new(address.into(), length).unwrap();
            (prefix, hop.map(IpAddr::from))
        },
    );
    (prop_oneof![ipv4, ipv6], any::<bool>(), 0..1_000_u32).prop_map(
        |((prefix, hop), is_tunnel, metric)| {
            let interface = Interface::Index(if is_tunnel { 12 } else { 7 });
            let route = Route::new(prefix.trunc(), interface).metric(metric);
            hop.map_or(route, |hop| route.via(hop))
        },
    )
}

fn name(route: &Route) -> &'static str {
    match route.interface.index() {
        Some(7) => "eth0",
        _ => "wg0",
    }
}

fn via(route: &Route) -> String {
    match route.next_hop {
        NextHop::OnLink => String::new(),
        gateway @ NextHop::Gateway { .. } => format!("via {gateway} "),
    }
}

fn as_batch(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        let family = if route.family() == AddressFamily::IPV6 {
            "-6 "
        } else {
            ""
        };
        let (prefix, via, dev, metric) = (route.destination, via(route), name(route), route.metric);
        writeln!(
            text,
            "{family}route replace {prefix} {via}dev {dev} metric {metric}"
        )
        .unwrap();
    }
    text
}

fn as_listing(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        let pref = if route.family() == AddressFamily::IPV6 {
            " pref medium"
        } else {
            ""
        };
        let (via, dev, metric) = (via(route), name(route), route.metric);
        let prefix = match route.destination.to_string().as_str() {
            "0.0.0.0/0" | "::/0" => "default".to_owned(),
            // iproute2 prints a host route without its length.
            prefix if route.family() == AddressFamily::IPV4 => {
                prefix.trim_end_matches("/32").to_owned()
            }
            prefix => prefix.to_owned(),
        };
        writeln!(
            text,
            "{prefix} {via}dev {dev} proto static metric {metric}{pref}"
        )
        .unwrap();
    }
    text
}

fn as_commands(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        let (prefix, metric) = (route.destination, route.metric);
        let index = route.interface.index().unwrap();
        let gateway = match (route.next_hop, prefix) {
            (NextHop::OnLink, IpNet::V4(_)) => "0.0.0.0".to_owned(),
            (NextHop::OnLink, IpNet::V6(_)) => "::".to_owned(),
            (gateway, _) => gateway.to_string(),
        };
        let destination = match prefix {
            IpNet::V4(prefix) => format!("{} MASK {}", prefix.addr(), prefix.netmask()),
            IpNet::V6(prefix) => prefix.to_string(),
        };
        writeln!(
            text,
            "ROUTE ADD {destination} {gateway} METRIC {metric} IF {index}"
        )
        .unwrap();
    }
    text
}

fn as_tables(routes: &[Route]) -> String {
    let gateway = |route: &Route| match route.next_hop {
        NextHop::OnLink => "On-link".to_owned(),
        gateway @ NextHop::Gateway { .. } => gateway.to_string(),
    };
    let tables = tables();
    let complete =
        |route: &Route| route.metric + tables.interface_metric(route.interface, route.family());
    let (mut ipv4, mut ipv6) = (String::new(), String::new());
    for route in routes {
        let (gateway, metric) = (gateway(route), complete(route));
        let index = route.interface.index().unwrap();
        match route.destination {
            IpNet::V4(prefix) => {
                let own = if index == 7 {
                    "192.0.2.10"
                } else {
                    "198.51.100.2"
                };
                let (address, mask) = (prefix.addr(), prefix.netmask());
                writeln!(
                    ipv4,
                    "{address:>17} {mask:>16} {gateway:>16} {own:>15} {metric:>6}"
                )
            }
            IpNet::V6(prefix) if prefix.to_string().len() > 24 => {
                writeln!(ipv6, "{index:>3} {metric:>6} {prefix}\n{:36}{gateway}", "")
            }
            IpNet::V6(prefix) => writeln!(ipv6, "{index:>3} {metric:>6} {prefix:<24} {gateway}"),
        }
        .unwrap();
    }
    let bar = "=".repeat(75);
    format!("{bar}\nActive Routes:\n{ipv4}{bar}\nActive Routes:\n{ipv6}{bar}\n")
}

/// The routes of a text, formatted.
fn read_back(text: &str) -> Result<Vec<String>, TestCaseError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let parsed = parse(Path::new("-"), text, None).expect("the format is known");
    prop_assert_eq!(&parsed.errors, &[]);
    prop_assert_eq!(parsed.left_out(LeftOut::SystemRoute), 0);
    let (mut tables, places) = (tables(), PlaceOptions::default());
    let mut route = |change: &LineChange| match resolve::entries(&mut tables, &places, change) {
        Ok(Resolved::Entries(entries, _)) => format!("{:#}", entries[0].route()),
        other => panic!("{other:?}"),
    };
    let mut routes: Vec<_> = parsed.changes.iter().map(&mut route).collect();
    routes.sort();
    Ok(routes)
}

proptest! {
    #[test]
    fn generated_files_are_parsed_back(routes in prop::collection::vec(any_route(), 1..20)) {
        let mut expected: Vec<_> = routes.iter().map(|route| format!("{route:#}")).collect();
        expected.sort();
        for text in [as_batch(&routes), as_commands(&routes), as_tables(&routes)] {
            prop_assert_eq!(&read_back(&text)?, &expected, "{}", text);
        }
        // Each family has a listing of its own.
        let (ipv4, ipv6): (Vec<_>, Vec<_>) = routes
            .iter()
            .partition(|route| route.family() == AddressFamily::IPV4);
        let mut listed = read_back(&as_listing(&ipv4))?;
        listed.extend(read_back(&as_listing(&ipv6))?);
        listed.sort();
        prop_assert_eq!(&listed, &expected);
    }

    #[test]
    fn any_text_is_parsed_without_a_panic(text in "[ -~\\n\\té]{0,200}") {
        let _ = recognize(&log_prefix::without(&text));
        for format in ImportFormat::value_variants() {
            resolve_all(&format.parse(&text));
        }
    }

    #[test]
    fn any_keywords_are_parsed_without_a_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "route", "add", "del", "default", "via", "dev", "eth0", "metric", "5", "mask",
                "255.0.0.0", "10.0.0.0", "10.0.0.0/8", "::/0", "fe80::1%7", "if", "7", "nexthop",
                "On-link", "\n", "netsh", "interface", "prefix=::/0", "New-NetRoute", "-NextHop",
                "AllowedIPs =", "[Peer]", "if", "(", ")", "goto", ":a", "%x%", "for", "S>*", "[1/0]",
                "Destination=", "[Route]", "push", "\"", "&", "|", ">", "{", "[", ",", "routes:", "-6", "ip", "blackhole", "proto", "kernel", "expires", "\\\n",
            ]),
            0..30,
        ),
    ) {
        let text = words.join(" ");
        let _ = recognize(&log_prefix::without(&text));
        for format in ImportFormat::value_variants() {
            resolve_all(&format.parse(&text));
        }
    }
}
