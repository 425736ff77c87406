//! Checking routes with `explain`.

use ipforward::Route;
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior};
use crate::program::{ROUTE, error_text, known, net, printed, printed_json, run, working_host};

/// The exit code and the output; expects no error output.
fn explained(host: &FakeHost, line: &str) -> (i32, String) {
    let output = run(host, line);
    assert_eq!(output.stderr, b"", "{line}");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

fn explained_json(host: &FakeHost, line: &str) -> (i32, Value) {
    let (code, text) = explained(host, &format!("--json {line}"));
    (code, serde_json::from_str(&text).unwrap())
}

#[test]
fn explain_accepts_a_valid_route_and_creates_nothing() {
    let host = working_host();
    assert_eq!(
        printed(&host, &format!("explain {ROUTE} metric 5")),
        "nothing is wrong with 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5\n"
    );
    assert_eq!(
        printed_json(&host, &format!("explain {ROUTE} metric 5")),
        json!({
            "destination": "10.20.0.0/16",
            "next_hop": "192.0.2.254",
            "interface_index": 7,
            "interface_luid": null,
            "metric": 5,
            "protocol": "NetMgmt",
            "site_prefix_length": 0,
            "valid_lifetime": null,
            "preferred_lifetime": null,
            "flags": ["loopback", "autoconfigure_address", "publish", "immortal"],
            "valid": true,
            "disputed": false,
            "cause": null,
            "hint": null,
            "warnings": [],
        })
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn explain_names_host_bits_and_the_correct_prefix() {
    assert_eq!(
        explained(&working_host(), "explain 10.20.0.1/16 dev 7"),
        (
            1,
            "\
10.20.0.1/16 dev 7 metric 256 would be refused
cause: bits are set behind the prefix length of 16 (DestinationPrefix.Prefix)
hint: use 10.20.0.0/16
"
            .to_owned()
        )
    );
}

#[test]
fn explain_shows_the_existing_route() {
    let host = working_host();
    host.add_route(
        Route::new(net("10.20.0.0/16"), known())
            .via([192, 0, 2, 254])
            .metric(77),
    );
    assert_eq!(
        explained(&host, &format!("explain {ROUTE} metric 5")),
        (
            1,
            "\
10.20.0.0/16 via 192.0.2.254 dev 7 metric 5 would be refused
cause: the route exists already: 10.20.0.0/16 via 192.0.2.254 dev 7 metric 77
hint: change it with `routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5`, or delete it \
with `routectl route delete 10.20.0.0/16 via 192.0.2.254 dev 7`
DESTINATION   NEXT HOP     DEV  METRIC  TOTAL  PROTOCOL  ORIGIN  AGE
10.20.0.0/16  192.0.2.254    7      77    102  NetMgmt   Manual   0s
"
            .to_owned()
        )
    );
}

#[test]
fn each_rule_has_a_name_a_member_and_a_limit() {
    for (line, name, member, limit) in [
        (
            "::/0 via 192.0.2.254 dev 7",
            "next_hop_family",
            "NextHop",
            Value::Null,
        ),
        (
            "10.0.0.0/8 dev 0",
            "interface_unspecified",
            "InterfaceLuid",
            Value::Null,
        ),
        (
            "10.0.0.0/8 dev 99",
            "interface_unknown",
            "InterfaceLuid",
            Value::Null,
        ),
        (
            "10.0.0.0/8 dev 7 metric 2147483648",
            "metric",
            "Metric",
            json!(0x7FFF_FFFF),
        ),
        (
            "10.0.0.0/8 dev 7 valid 60 preferred 90",
            "lifetimes",
            "PreferredLifetime",
            json!(60),
        ),
        (
            "10.0.0.0/8 dev 7 site 9",
            "site_prefix_length",
            "SitePrefixLength",
            json!(8),
        ),
        (
            "unspecified dev 7",
            "prefix_family",
            "DestinationPrefix.Prefix.si_family",
            Value::Null,
        ),
        (
            "10.0.0.0/8 via unspecified dev 7",
            "next_hop_unspecified",
            "NextHop",
            Value::Null,
        ),
        (
            "10.0.0.0/33 dev 7",
            "prefix_length",
            "DestinationPrefix.PrefixLength",
            json!(32),
        ),
    ] {
        let (code, value) = explained_json(&working_host(), &format!("explain {line}"));
        assert_eq!((code, &value["valid"]), (1, &json!(false)), "{line}");
        let cause = &value["cause"];
        assert_eq!(
            (&cause["name"], &cause["member"], &cause["limit"]),
            (&json!(name), &json!(member), &limit),
            "{line}"
        );
        assert_ne!(value["hint"], Value::Null, "{line}");
    }
}

#[test]
fn explain_fails_if_the_driver_does_not_support_it() {
    let (code, text) = error_text(
        &FakeHost::start(HostBehavior::NoDiagnosis),
        &format!("explain {ROUTE}"),
    );
    assert_eq!(code, 1);
    assert!(text.contains("EXPLAIN_ROUTE was refused"), "{text}");
    assert!(
        text.contains("use a driver and a routectl of the same release"),
        "{text}"
    );
}

#[test]
fn explain_names_rules_that_windows_versions_differ_about() {
    let line = "explain 10.20.0.0/16 via unspecified dev 7";
    let (code, value) = explained_json(&working_host(), line);
    assert_eq!((code, &value["disputed"]), (1, &json!(true)));
    let (_, text) = explained(&working_host(), line);
    assert!(
        text.starts_with(
            "10.20.0.0/16 via unspecified dev 7 is refused by some versions of Windows and \
             accepted by others\ncause: the next hop has no address family (NextHop)\n"
        ),
        "{text}"
    );
}

#[test]
fn an_invalid_row_is_shown_as_the_user_wrote_it() {
    assert_eq!(
        explained(
            &working_host(),
            "explain 10.20.0.0/33 via unspecified dev 7"
        ),
        (
            1,
            "\
10.20.0.0/33 via unspecified dev 7 would be refused
cause: an IPv4 prefix has at most 32 bits (DestinationPrefix.PrefixLength)
hint: use a prefix length of 32 or less
"
            .to_owned()
        )
    );
    assert_eq!(
        explained(
            &working_host(),
            "explain 10.20.0.0/16 dev 7 valid 60 preferred 90"
        )
        .1,
        "\
10.20.0.0/16 dev 7 metric 256 valid 60 preferred 90 would be refused
cause: the preferred lifetime is longer than the valid lifetime of 60 s (PreferredLifetime)
hint: use a preferred lifetime of 60 or less
"
    );
}
