//! Getting the best route.

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Route};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior, interface};
use crate::program::{
    error_json, error_text, known, known_interface, net, printed, printed_json, working_host,
};

/// Two routes to one prefix, a default route, and one on an interface without link.
fn host() -> FakeHost {
    let host = working_host();
    host.set_interfaces([
        interface(AddressFamily::IPV4, 7, 25),
        interface(AddressFamily::IPV4, 8, 35),
        MibIpInterfaceRow {
            connected: 0,
            ..interface(AddressFamily::IPV4, 9, 1)
        },
    ]);
    host.add_route(Route::new(net("10.20.0.0/16"), known_interface(8)).metric(5));
    let gateway = Route::new(net("10.20.0.0/16"), known()).via([192, 0, 2, 254]);
    host.add_route(gateway.metric(5));
    host.add_route(
        Route::new(net("0.0.0.0/0"), known())
            .via([192, 0, 2, 1])
            .metric(0),
    );
    host.add_route(Route::new(net("10.20.1.0/24"), known_interface(9)).metric(0));
    host
}

#[test]
fn the_best_route_has_source_metric_and_reason() {
    assert_eq!(
        printed(&host(), "route get 10.20.1.1"),
        "\
10.20.1.1 via 192.0.2.254 dev 7 from 192.0.2.10 metric 30
longest prefix 10.20.0.0/16 of 3 matching; metric 30 = route 5 + interface 25; next candidate \
10.20.0.0/16 dev 8 metric 40; 1 more not in use: interface not connected
"
    );
    let best = printed_json(&host(), "route get 10.20.1.1");
    assert_eq!(best["address"], "10.20.1.1");
    assert_eq!(best["source"], "192.0.2.10");
    assert_eq!(best["route"]["destination"], "10.20.0.0/16");
    assert_eq!(best["route"]["complete_metric"], 30);
    let reason = &best["reason"];
    assert_eq!(reason["decided_by"], "metric");
    assert_eq!(
        (&reason["matching"], &reason["unused"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(reason["next"]["interface_index"], 8);
    assert_eq!(reason["next"]["complete_metric"], 40);
}

#[test]
fn get_takes_an_interface_and_a_source() {
    let host = host();
    assert_eq!(
        printed(&host, "route get 10.20.1.1 dev 8 from 192.0.2.77"),
        "\
10.20.1.1 on-link dev 8 from 192.0.2.77 metric 40
10.20.0.0/16 is the only match; metric 40 = route 5 + interface 35
"
    );
    let best = printed_json(&host, "route get 198.51.100.1");
    assert_eq!(best["route"]["destination"], "0.0.0.0/0");
    assert_eq!(best["reason"]["decided_by"], "no_other");
}

#[test]
fn a_missing_source_address_is_reported() {
    let host = working_host();
    host.add_route(Route::new(net("::/0"), known()).metric(1));
    assert_eq!(
        printed(&host, "route get 2001:db8::1"),
        "\
2001:db8::1 on-link dev 7 from no usable address metric 51
::/0 is the only match; metric 51 = route 1 + interface 50
"
    );
    assert_eq!(
        printed_json(&host, "route get 2001:db8::1")["source"],
        Value::Null
    );
}

#[test]
fn an_unreachable_address_is_not_found() {
    let (code, error) = error_json(&working_host(), "route get 10.20.1.1 from 192.0.2.10");
    assert_eq!(
        (code, &error["status"]),
        (3, &json!("STATUS_NETWORK_UNREACHABLE"))
    );
    let (_, text) = error_text(&working_host(), "route get 10.20.1.1 from 192.0.2.10");
    assert!(
        text.starts_with("error: 10.20.1.1 from 192.0.2.10: GET_BEST_ROUTE was"),
        "{text}"
    );
    assert!(text.contains("hint: add a route to the address"), "{text}");
}

#[test]
fn a_stack_that_needs_an_interface_gives_the_same_result() {
    let host = host();
    let asked = printed(&host, "route get 10.20.1.1");
    host.require_interface();
    assert_eq!(printed(&host, "route get 10.20.1.1"), asked);
    let (code, error) = error_json(&host, "route get 2001:db8::1");
    assert_eq!(
        (code, &error["status"]),
        (1, &json!("STATUS_INVALID_PARAMETER"))
    );
}

#[test]
fn a_route_without_tables_has_no_reason() {
    let host = FakeHost::start(HostBehavior::NoDiagnosis);
    host.add_route(Route::new(net("10.20.0.0/16"), known()).metric(5));
    assert_eq!(
        printed(&host, "route get 10.20.1.1 dev 7"),
        "\
10.20.1.1 on-link dev 7 from 192.0.2.10 metric ?
10.20.0.0/16: no reason, the tables cannot be read
"
    );
    assert_eq!(
        printed_json(&host, "route get 10.20.1.1 dev 7")["reason"],
        Value::Null
    );
}
