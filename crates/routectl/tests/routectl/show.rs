//! Showing the route table.

use std::process::Stdio;

use ipforward::{Interface, IpNet, Lifetime, NextHop, Route, RouteFlags, RouteProtocol};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior, LUID};
use crate::program::{command, error_text, known, net, printed, printed_json, working_host};

#[test]
fn finite_lifetimes_and_unknown_values_are_shown() {
    let host = working_host();
    host.add_route(
        Route::new(net("2001:db8:20::/48"), known())
            .via(NextHop::Gateway {
                address: "fe80::1".parse().unwrap(),
                scope_id: 7,
            })
            .metric(Route::METRIC_UNSPECIFIED)
            .protocol(RouteProtocol(99))
            .site_prefix_length(48)
            .lifetimes(Lifetime::Seconds(60), Lifetime::Seconds(30))
            .flags(RouteFlags::PUBLISH),
    );
    let row = &printed_json(&host, "route show")[0];
    assert_eq!(row["next_hop"], "fe80::1%7");
    assert_eq!(row["metric"], Value::Null);
    assert_eq!(row["protocol"], "99");
    assert_eq!(row["site_prefix_length"], 48);
    assert_eq!(
        (&row["valid_lifetime"], &row["preferred_lifetime"]),
        (&json!(60), &json!(30))
    );
    assert_eq!(row["flags"], json!(["publish"]));
}

#[test]
fn a_table_in_a_pipe_is_aligned_sorted_and_without_color() {
    let host = working_host();
    let mut old = Route::new(net("2001:db8:20::/48"), known()).via([192, 0, 2, 1]);
    old.age = 93_784;
    host.add_route(old);
    host.add_route(
        Route::new(net("10.20.0.0/16"), known())
            .via([192, 0, 2, 254])
            .metric(5),
    );
    host.add_route(Route::new(net("0.0.0.0/0"), known()).protocol(RouteProtocol::LOCAL));
    assert_eq!(
        printed(&host, "route show"),
        "\
DESTINATION       NEXT HOP     DEV  METRIC  TOTAL  PROTOCOL  ORIGIN    AGE
0.0.0.0/0         on-link        7     256    281  Local     Manual     0s
10.20.0.0/16      192.0.2.254    7       5     30  NetMgmt   Manual     0s
2001:db8:20::/48  192.0.2.1      7     256    306  NetMgmt   Manual  1d02h
"
    );
    assert_eq!(
        printed_json(&host, "route show --family 6")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        printed_json(&host, "route show --family 4")
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

/// The default routes, two more below the first, and prefixes below these.
fn nested_host() -> FakeHost {
    let host = working_host();
    let gateway = [192, 0, 2, 254];
    for (prefix, metric) in [
        ("10.20.1.0/24", 5),
        ("10.20.0.0/16", 5),
        ("10.30.0.0/16", 5),
        ("10.0.0.0/8", 10),
        ("0.0.0.0/0", 0),
    ] {
        host.add_route(Route::new(net(prefix), known()).via(gateway).metric(metric));
    }
    let spare = Route::new(net("0.0.0.0/0"), known()).via([192, 0, 2, 253]);
    host.add_route(spare.metric(50));
    let on_link = Route::new(net("192.0.2.0/24"), known());
    host.add_route(on_link.protocol(RouteProtocol::LOCAL));
    host.add_route(Route::new(net("2001:db8:20::/48"), known()));
    host.add_route(Route::new(net("2001:db8:20:1::/64"), known()));
    host
}

#[test]
fn a_tree_nests_prefixes_in_those_that_contain_them() {
    let host = nested_host();
    let expected = "\
DESTINATION           NEXT HOP     DEV  METRIC  TOTAL  PROTOCOL  STATE
0.0.0.0/0             192.0.2.254    7       0     25  NetMgmt
0.0.0.0/0             192.0.2.253    7      50     75  NetMgmt   standby
├ 10.0.0.0/8          192.0.2.254    7      10     35  NetMgmt
│ ├ 10.20.0.0/16      192.0.2.254    7       5     30  NetMgmt
│ │ └ 10.20.1.0/24    192.0.2.254    7       5     30  NetMgmt
│ └ 10.30.0.0/16      192.0.2.254    7       5     30  NetMgmt
└ 192.0.2.0/24        on-link        7     256    281  Local
2001:db8:20::/48      on-link        7     256    306  NetMgmt
└ 2001:db8:20:1::/64  on-link        7     256    306  NetMgmt
";
    assert_eq!(printed(&host, "route show --tree"), expected);
    assert!(expected.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_tree_nests_only_the_routes_that_pass_the_filters() {
    let expected = "\
DESTINATION     NEXT HOP     DEV  METRIC  TOTAL  PROTOCOL
10.20.0.0/16    192.0.2.254    7       5     30  NetMgmt
└ 10.20.1.0/24  192.0.2.254    7       5     30  NetMgmt
";
    let line = "route show --tree --longer 10.20.0.0/16";
    assert_eq!(printed(&nested_host(), line), expected);
}

#[test]
fn a_tree_is_neither_json_nor_toml() {
    let host = working_host();
    for option in ["--json", "--toml"] {
        let (code, text) = error_text(&host, &format!("route show --tree {option}"));
        assert_eq!(code, 2);
        assert!(text.contains("'--tree'") && text.contains(option), "{text}");
    }
}

#[test]
fn environment_variables_turn_color_on_and_off() {
    let host = working_host();
    let stdout = |name, value| {
        let output = command(&host, "route show").env(name, value).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(stdout("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    assert!(!stdout("NO_COLOR", "1").contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let host = working_host();
    for third in 0..=255 {
        for fourth in 0..8 {
            let octets = [10, third, fourth, 0];
            host.add_route(Route::new(IpNet::new(octets.into(), 24).unwrap(), known()));
        }
    }
    for line in ["route show", "--json route show"] {
        let mut child = command(&host, line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(output.stderr, b"");
    }
}

#[test]
fn an_unknown_metric_is_not_a_number() {
    let host = working_host();
    host.add_route(Route::new(net("10.20.0.0/16"), known()).metric(Route::METRIC_UNSPECIFIED));
    let gone = Interface::Known {
        luid: LUID + 1,
        index: 7,
    };
    host.add_route(Route::new(net("10.30.0.0/16"), gone));
    let expected = "\
DESTINATION   NEXT HOP  DEV  METRIC  TOTAL  PROTOCOL  ORIGIN  AGE
10.20.0.0/16  on-link     7       -      ?  NetMgmt   Manual   0s
10.30.0.0/16  on-link     7     256      ?  NetMgmt   Manual   0s
";
    assert_eq!(printed(&host, "route show"), expected);
    host.set_interfaces([]);
    assert_eq!(printed(&host, "route show"), expected);
    assert_eq!(printed_json(&host, "interface show"), json!([]));

    let host_without_diagnosis = FakeHost::start(HostBehavior::NoDiagnosis);
    host_without_diagnosis.add_route(Route::new(net("10.20.0.0/16"), known()));
    let row = &printed_json(&host_without_diagnosis, "route show")[0];
    assert_eq!(
        (&row["metric"], &row["complete_metric"]),
        (&json!(256), &Value::Null)
    );
}

fn destinations(host: &FakeHost, filter: &str) -> Vec<String> {
    let shown = printed_json(host, &format!("route show {filter}"));
    let rows = shown.as_array().unwrap();
    let destination = |row: &Value| row["destination"].as_str().unwrap().to_owned();
    rows.iter().map(destination).collect()
}

#[test]
fn filters_select_the_routes_to_show() {
    let host = working_host();
    for prefix in [
        "10.20.1.0/24",
        "::/0",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.20.0.0/16",
    ] {
        host.add_route(Route::new(net(prefix), known()));
    }
    let other = Interface::Known {
        luid: LUID + 1,
        index: 8,
    };
    host.add_route(Route::new(net("10.20.0.0/16"), other).protocol(RouteProtocol::OSPF));
    for (filter, expected) in [
        (
            "--longer 10.20.0.0/16 --dev 7",
            &["10.20.0.0/16", "10.20.1.0/24"][..],
        ),
        (
            "--shorter 10.20.0.0/16 --dev 7",
            &["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16"],
        ),
        (
            "--contains 10.20.1.1 --dev luid:0x0006008001000000",
            &["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16", "10.20.1.0/24"],
        ),
        ("--dev 8", &["10.20.0.0/16"]),
        ("--protocol ospf", &["10.20.0.0/16"]),
        ("--protocol 13", &["10.20.0.0/16"]),
        ("--family 6", &["::/0"]),
        ("--family 6 --contains 10.20.1.1", &[]),
    ] {
        assert_eq!(destinations(&host, filter), expected, "{filter}");
    }
}

#[test]
fn show_sorts_the_better_route_first() {
    for reversed in [false, true] {
        let host = working_host();
        let mut routes = [5, 6, 7].map(|metric| {
            Route::new(net("10.20.0.0/16"), known())
                .via([192, 0, 2, 10 - metric])
                .metric(metric.into())
        });
        if reversed {
            routes.reverse();
        }
        for route in routes {
            host.add_route(route);
        }
        let shown = printed_json(&host, "route show");
        let metrics = shown
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["metric"].as_u64());
        assert_eq!(metrics.collect::<Vec<_>>(), [Some(5), Some(6), Some(7)]);
    }
}
