//! Interfaces and statistics.

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Route};
use serde_json::json;

use crate::fake_host::interface;
use crate::program::{ROUTE, error_text, known, net, printed, printed_json, working_host};

#[test]
fn interfaces_are_aligned_and_sorted() {
    let host = working_host();
    let down = MibIpInterfaceRow {
        connected: 0,
        nl_mtu: u32::MAX,
        ..interface(AddressFamily::IPV4, 1, 4_294_967_294)
    };
    host.set_interfaces([
        interface(AddressFamily::IPV6, 12, 50),
        interface(AddressFamily::IPV4, 12, 25),
        down,
    ]);
    assert_eq!(
        printed(&host, "interface show"),
        "\
INDEX  ALIAS        LUID                FAMILY      METRIC  AUTOMATIC  DEFAULTS  CONNECTED         MTU
    1  Ethernet 1   0x0006008000fffffa  IPv4    4294967294  yes        yes       no         4294967295
   12  Ethernet 12  0x0006008001000005  IPv4            25  yes        yes       yes              1500
   12  Ethernet 12  0x0006008001000005  IPv6            50  no         yes       yes              1500
"
    );
    assert_eq!(
        printed_json(&host, "interface show --family 6"),
        json!([{
            "interface_index": 12,
            "interface_luid": "0x0006008001000005",
            "alias": "Ethernet 12",
            "family": "IPv6",
            "metric": 50,
            "automatic_metric": false,
            "default_routes": true,
            "connected": true,
            "mtu": 1500,
            "flags": ["connected"],
        }])
    );
}

#[test]
fn statistics_count_all_handles_and_the_own_handle() {
    let host = working_host();
    host.add_route(Route::new(net("192.0.2.0/24"), known()));
    printed(&host, &format!("route add {ROUTE}"));
    printed(&host, &format!("route set {ROUTE} metric 7"));
    error_text(&host, &format!("route add {ROUTE}"));
    printed(&host, &format!("route delete {ROUTE}"));
    let counted = printed_json(&host, "statistics");
    let total = &counted["total"];
    for (counter, expected) in [
        ("refused", 1),
        ("routes_created", 1),
        ("routes_set", 1),
        ("routes_deleted", 1),
        ("snapshots", 0),
    ] {
        assert_eq!(total[counter], expected, "{counter}");
    }
    // QUERY_VERSION and QUERY_STATISTICS.
    assert_eq!(counted["handle"]["requests"], 2);
    assert_eq!(counted["handle"]["routes_created"], 0);
    let text = printed(&host, "statistics");
    let header = text.lines().next().unwrap();
    let total_ends = header.find("TOTAL").unwrap() + "TOTAL".len();
    assert!(header.starts_with("COUNTER ") && header.ends_with("  HANDLE"));
    for line in text.lines().skip(1) {
        let (total, own) = line.split_at(total_ends);
        assert!(
            total.ends_with(|last: char| last.is_ascii_digit()),
            "{text}"
        );
        assert!(own.is_empty() || own.len() == "  HANDLE".len(), "{text}");
    }
    let created = text.lines().find(|line| line.starts_with("routes created"));
    let words: Vec<_> = created.unwrap().split_whitespace().collect();
    assert_eq!(words, ["routes", "created", "1", "0"]);
}
