//! Routes that the stack accepts and does not use, or that lead nowhere.

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Route, RouteProtocol};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, interface};
use crate::program::{known, known_interface, net, printed, printed_json, run, working_host};

/// Interface 7 has an address and a link, interface 8 has lost its link.
fn host() -> FakeHost {
    let host = working_host();
    host.set_interfaces([
        interface(AddressFamily::IPV4, 7, 25),
        MibIpInterfaceRow {
            connected: 0,
            ..interface(AddressFamily::IPV4, 8, 5)
        },
    ]);
    for (prefix, interface) in [
        ("192.0.2.0/24", known()),
        ("192.0.2.10/32", known()),
        ("198.51.100.0/24", known_interface(8)),
    ] {
        host.add_route(Route::new(net(prefix), interface).protocol(RouteProtocol::LOCAL));
    }
    host
}

#[test]
fn explain_and_add_warn_of_a_next_hop_that_leads_nowhere() {
    let host = host();
    for (via, dev, warning) in [
        (
            "203.0.113.1",
            7,
            "next hop 203.0.113.1 is not on the link of interface 7 (192.0.2.0/24)",
        ),
        (
            "198.51.100.1",
            7,
            "next hop 198.51.100.1 is on the link of interface 8, not of interface 7",
        ),
        (
            "192.0.2.10",
            7,
            "next hop 192.0.2.10 is an address of this machine, on interface 7; for an on-link route \
             omit `via`",
        ),
        ("127.0.0.1", 7, "next hop 127.0.0.1 is a loopback address"),
        ("224.0.0.9", 7, "next hop 224.0.0.9 is a multicast address"),
        (
            "255.255.255.255",
            7,
            "next hop 255.255.255.255 is the limited broadcast address, not a gateway",
        ),
    ] {
        let route = format!("10.20.0.0/16 via {via} dev {dev}");
        assert_eq!(
            printed(&host, &format!("explain {route}")),
            format!("{route} metric 256 would be accepted\nwarning: {warning}\n")
        );
        let explained = printed_json(&host, &format!("explain {route}"));
        assert_eq!(explained["valid"], true);
        assert_eq!(explained["warnings"][0]["text"], warning);
        let added = run(&host, &format!("route add {route}"));
        assert!(added.status.success(), "{added:?}");
        assert_eq!(
            String::from_utf8(added.stderr).unwrap(),
            format!("warning: {warning}\n")
        );
        printed(&host, &format!("route delete {route}"));
        let added = run(&host, &format!("--json route add {route}"));
        let warned: Value = serde_json::from_slice(&added.stderr).unwrap();
        assert_eq!(warned["warnings"][0]["text"], warning);
        printed(&host, &format!("route delete {route}"));
    }
    printed(&host, "route add 10.20.0.0/16 via 192.0.2.254 dev 7");
}

#[test]
fn explain_and_add_warn_of_a_disconnected_interface() {
    const ROUTE: &str = "10.20.0.0/16 via 198.51.100.1 dev 8";
    const WARNING: &str = "interface 8 is not connected: its routes are not used until it is";
    let host = host();
    assert_eq!(
        printed(&host, &format!("explain {ROUTE}")),
        format!("{ROUTE} metric 256 would be accepted\nwarning: {WARNING}\n")
    );
    let added = run(&host, &format!("route add {ROUTE}"));
    let printed = String::from_utf8(added.stderr).unwrap();
    assert!(
        printed.starts_with(&format!("warning: {WARNING}\n")),
        "{printed}"
    );
    // This stack refuses the route for the interface's sake.
    assert!(printed.contains("STATUS_NETWORK_UNREACHABLE"), "{printed}");
}

#[test]
fn show_marks_routes_that_are_not_in_use() {
    let host = host();
    let default = |interface| Route::new(net("0.0.0.0/0"), interface);
    host.add_route(default(known()).via([192, 0, 2, 1]).metric(5));
    host.add_route(default(known()).via([192, 0, 2, 2]).metric(9));
    host.add_route(default(known_interface(8)).via([198, 51, 100, 1]).metric(1));
    assert_eq!(
        printed(&host, "route show --longer 0/0 --shorter 0/0"),
        "\
DESTINATION  NEXT HOP      DEV  METRIC  TOTAL  PROTOCOL  ORIGIN  AGE  STATE
0.0.0.0/0    198.51.100.1    8       1      6  NetMgmt   Manual   0s  disconnected
0.0.0.0/0    192.0.2.1       7       5     30  NetMgmt   Manual   0s
0.0.0.0/0    192.0.2.2       7       9     34  NetMgmt   Manual   0s  standby
"
    );
    let shown = printed_json(&host, "route show --longer 0/0 --shorter 0/0");
    let marks = |row: &Value| (row["in_use"].clone(), row["unused_because"].clone());
    assert_eq!(
        shown
            .as_array()
            .unwrap()
            .iter()
            .map(marks)
            .collect::<Vec<_>>(),
        [
            (json!(false), json!("interface_disconnected")),
            (json!(true), Value::Null),
            (json!(false), json!("higher_metric")),
        ]
    );
}

#[test]
fn show_marks_default_routes_that_an_interface_ignores() {
    let host = working_host();
    host.set_interfaces([MibIpInterfaceRow {
        disable_default_routes: 1,
        ..interface(AddressFamily::IPV4, 7, 25)
    }]);
    host.add_route(Route::new(net("0.0.0.0/0"), known()));
    host.add_route(Route::new(net("10.0.0.0/8"), known()));
    let shown = printed_json(&host, "route show");
    assert_eq!(shown[0]["unused_because"], "default_routes_disabled");
    assert_eq!(shown[1]["unused_because"], Value::Null);
}
