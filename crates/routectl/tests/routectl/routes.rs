//! Single routes: add, set, get, delete.

use ipforward::{Route, RouteFlags, RouteProtocol};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior};
use crate::program::{ROUTE, error_json, known, net, printed, printed_json, working_host};

/// The row of `route show` for a route in use.
fn in_use(route: &Value) -> Value {
    let mut row = route.clone();
    row["in_use"] = json!(true);
    row["unused_because"] = Value::Null;
    row
}

#[test]
fn a_route_is_added_read_back_shown_and_deleted() {
    let host = working_host();
    let added = printed_json(&host, &format!("route add {ROUTE} metric 5"));
    let expected = json!({
        "destination": "10.20.0.0/16",
        "next_hop": "192.0.2.254",
        "interface_index": 7,
        "interface_luid": "0x0006008001000000",
        "metric": 5,
        "interface_metric": 25,
        "complete_metric": 30,
        "protocol": "NetMgmt",
        "origin": "Manual",
        "age": 0,
        "site_prefix_length": 0,
        "valid_lifetime": null,
        "preferred_lifetime": null,
        "flags": ["loopback", "autoconfigure_address", "publish", "immortal"],
    });
    assert_eq!(added, expected);
    assert_eq!(printed_json(&host, &format!("route get {ROUTE}")), expected);
    assert_eq!(
        printed_json(&host, "route show"),
        json!([in_use(&expected)])
    );
    assert_eq!(
        printed_json(&host, &format!("route delete {ROUTE}")),
        json!({
            "destination": "10.20.0.0/16",
            "next_hop": "192.0.2.254",
            "interface_index": 7,
            "interface_luid": null,
        })
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn delete_prints_the_key_of_the_route() {
    let host = working_host();
    printed(
        &host,
        "route add default dev luid:0x0006008001000000 --family 6",
    );
    assert_eq!(
        printed(&host, "route del default dev 7 --family 6"),
        "deleted ::/0 dev 7\n"
    );
}

#[test]
fn set_keeps_the_members_that_are_not_given() {
    let host = working_host();
    let route = Route::new(net("10.20.0.0/16"), known())
        .via([192, 0, 2, 254])
        .metric(5)
        .protocol(RouteProtocol(99))
        .flags(RouteFlags::PUBLISH);
    host.add_route(route);
    let changed = printed_json(&host, &format!("route set {ROUTE} metric 20"));
    assert_eq!(changed["metric"], 20);
    assert_eq!(changed["complete_metric"], 45);
    assert_eq!(changed["protocol"], "99");
    assert_eq!(changed["flags"], json!(["publish"]));
    assert_eq!(printed_json(&host, "route show"), json!([in_use(&changed)]));
}

#[test]
fn add_and_set_take_every_member() {
    let host = working_host();
    let added = printed_json(
        &host,
        "route add 2001:db8::/32 dev 7 protocol Ospf valid 3600 preferred 1800 site 16 publish no",
    );
    assert_eq!(added["protocol"], "Ospf");
    assert_eq!(added["site_prefix_length"], 16);
    assert_eq!(
        (&added["valid_lifetime"], &added["preferred_lifetime"]),
        (&json!(3_600), &json!(1_800))
    );
    assert_eq!(added["flags"], json!(["loopback", "autoconfigure_address"]));
    for (words, member, value) in [
        ("metric 7", "metric", json!(7)),
        ("protocol 99", "protocol", json!("99")),
        ("site 8", "site_prefix_length", json!(8)),
        ("preferred 60", "preferred_lifetime", json!(60)),
        ("valid forever", "valid_lifetime", Value::Null),
        (
            "loopback no autoconfigure no publish yes immortal no",
            "flags",
            json!(["publish"]),
        ),
    ] {
        let line = format!("route set 2001:db8::/32 dev 7 {words}");
        assert_eq!(printed_json(&host, &line)[member], value, "{words}");
    }
    // A single route is shown with the members that have no column.
    assert!(
        printed(&host, "route get 2001:db8::/32 dev 7")
            .ends_with("\npreferred 60, site 8, loopback no, autoconfigure no, immortal no\n")
    );
    let shown = printed_json(&host, "route show");
    assert_eq!(
        (&shown[0]["metric"], &shown[0]["protocol"]),
        (&json!(7), &json!("99"))
    );
}

#[test]
fn set_fails_for_a_missing_route_or_an_invalid_metric() {
    let host = working_host();
    let (code, error) = error_json(&host, &format!("route set {ROUTE} metric 20"));
    assert_eq!((code, &error["status"]), (3, &json!("STATUS_NOT_FOUND")));
    assert_eq!(error["cause"], Value::Null);
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("use the prefix, next hop and interface"),
        "{hint}"
    );

    printed(&host, &format!("route add {ROUTE}"));
    let (code, error) = error_json(&host, &format!("route set {ROUTE} metric 4000000000"));
    assert_eq!(code, 1);
    assert_eq!(error["cause"]["name"], "metric");
    assert_eq!(error["cause"]["member"], "Metric");
    assert_eq!(error["cause"]["limit"], 0x7FFF_FFFF);
    assert_eq!(error["cause"]["probable"], false);
    assert_eq!(error["hint"], "use a metric of 2147483647 or less");
    assert_eq!(
        printed_json(&host, &format!("route get {ROUTE}"))["metric"],
        256
    );
}

#[test]
fn add_works_if_the_stack_lists_no_interfaces() {
    let host = FakeHost::start(HostBehavior::NoDiagnosis);
    let added = printed_json(&host, &format!("route add {ROUTE} metric 5"));
    assert_eq!(added["metric"], 5);
    assert_eq!(added["interface_metric"], Value::Null);
    assert_eq!(added["complete_metric"], Value::Null);
}
