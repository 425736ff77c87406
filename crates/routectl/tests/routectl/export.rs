//! Saving routes and restoring them; replacing and deleting many.

use ipforward::{Lifetime, NextHop, Route, RouteFlags, RouteProtocol};
use proptest::prelude::*;
use serde_json::json;

use crate::apply::{run_with_input, text};
use crate::fake_host::FakeHost;
use crate::program::{command, destinations, known, net, printed, printed_json, run, working_host};

#[test]
fn exported_routes_are_a_file_for_apply() {
    let host = working_host();
    host.add_route(Route::new(net("192.0.2.0/24"), known()).protocol(RouteProtocol::LOCAL));
    host.add_route(
        Route::new(net("10.20.0.0/16"), known())
            .via([192, 0, 2, 254])
            .metric(5),
    );
    host.add_route(
        Route::new(net("2001:db8:20::/48"), known())
            .protocol(RouteProtocol(99))
            .lifetimes(Lifetime::Seconds(60), Lifetime::Seconds(30))
            .flags(RouteFlags::PUBLISH),
    );
    let expected = "\
[[route]]
prefix = \"10.20.0.0/16\"
via = \"192.0.2.254\"
dev = \"luid:0x0006008001000000\"  # 7, Ethernet 7
metric = 5

[[route]]
prefix = \"2001:db8:20::/48\"
dev = \"luid:0x0006008001000000\"  # 7, Ethernet 7
metric = 256
protocol = 99
valid = 60
preferred = 30
loopback = false
autoconfigure = false
immortal = false
";
    assert_eq!(printed(&host, "export"), expected);
    let shown = printed(&host, "route show --toml --longer 10.0.0.0/8");
    assert!(expected.starts_with(&shown), "{shown}");
    let all = printed(&host, "export --all");
    assert!(all.contains("protocol = \"Local\""), "{all}");
    assert_eq!(printed_json(&host, "export").as_array().unwrap().len(), 2);
}

fn any_route() -> impl Strategy<Value = Route> {
    let members = (
        0..=Route::METRIC_MAX,
        0..200_u32,
        any::<Option<(u32, u32)>>(),
        0..=24_u8,
        any::<u8>(),
    );
    let key = (any::<[u8; 2]>(), any::<bool>(), any::<Option<u8>>());
    (key, members).prop_map(|(key, (metric, protocol, lifetimes, site, flags))| {
        let ([second, third], is_ipv6, hop) = key;
        let (prefix, gateway): (_, NextHop) = if is_ipv6 {
            let prefix = format!("2001:db8:{second:x}{third:02x}::/48");
            (prefix, "fe80::1%7".parse().unwrap())
        } else {
            (format!("10.{second}.{third}.0/24"), [192, 0, 2, 254].into())
        };
        let mut route = Route::new(net(&prefix), known())
            .metric(metric)
            .protocol(RouteProtocol(protocol))
            .site_prefix_length(site)
            .flags(RouteFlags::from_bits_truncate(flags));
        if let Some((valid, preferred)) = lifetimes {
            let (valid, preferred) = (valid.max(preferred), valid.min(preferred));
            route = route.lifetimes(Lifetime::from(valid), Lifetime::from(preferred));
        }
        hop.map_or(route, |_| route.via(gateway))
    })
}

/// The routes of a host as `export` prints them in JSON, without their ages.
fn exported(host: &FakeHost) -> serde_json::Value {
    let mut routes = printed_json(host, "export --all");
    for route in routes.as_array_mut().unwrap() {
        route["age"] = json!(0);
    }
    routes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn an_export_restores_the_same_routes(routes in prop::collection::vec(any_route(), 1..20)) {
        let host = working_host();
        let mut seen = std::collections::HashSet::new();
        for route in routes.into_iter().filter(|route| seen.insert(route.key().to_string())) {
            host.add_route(route);
        }
        let before = exported(&host);
        for format in ["export --all", "--json export --all", "--json route show"] {
            let file = run(&host, format).stdout;
            let file = String::from_utf8(file).unwrap();
            let empty = working_host();
            let (code, output) = text(&run_with_input(&empty, "apply -", &file));
            prop_assert_eq!(code, 0, "{}{}", file, output);
            prop_assert_eq!(&exported(&empty), &before, "{}", file);
            // A second restore changes nothing.
            let (_, again) = text(&run_with_input(&host, "apply -", &file));
            let equal = format!("{} equal\n", before.as_array().unwrap().len());
            prop_assert!(again.ends_with(&format!("0 added, 0 changed, 0 removed, {equal}")), "{}", again);
        }
    }
}

#[test]
fn the_words_of_json_are_understood_in_a_file() {
    let host = working_host();
    let file = "[[route]]\ndestination = '10.20.0.0/16'\nnext_hop = '192.0.2.254'\n\
                interface_index = 7\nvalid_lifetime = 60\nsite_prefix_length = 8\n";
    assert_eq!(text(&run_with_input(&host, "apply -", file)).0, 0);
    let file = r#"{"route": [{"prefix": "10.30.0.0/16", "dev": 7, "metric": 5}]}"#;
    assert_eq!(text(&run_with_input(&host, "apply -", file)).0, 0);
    let shown = printed_json(&host, "route show");
    assert_eq!(shown[0]["valid_lifetime"], 60);
    assert_eq!(shown[1]["metric"], 5);
    let wrong = run_with_input(
        &host,
        "apply -",
        r#"[{"prefix": "10.30.0.0/16", "metrik": 5}]"#,
    );
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        error.contains("unknown member `metrik`: did you mean `metric`?"),
        "{error}"
    );
}

#[test]
fn replace_adds_a_route_or_changes_it() {
    let host = working_host();
    let line = "route replace 10.20.0.0/16 via 192.0.2.254 dev 7 metric";
    assert_eq!(printed_json(&host, &format!("{line} 5"))["metric"], 5);
    assert_eq!(printed_json(&host, &format!("{line} 6"))["metric"], 6);
    let refused = run(&host, "route replace 10.20.0.1/16 dev 7");
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("cause: bits are set behind"), "{error}");
}

#[test]
fn delete_succeeds_for_an_absent_route_if_told() {
    let host = working_host();
    let line = "route delete 10.20.0.0/16 dev 7";
    assert_eq!(run(&host, line).status.code(), Some(3));
    assert_eq!(
        printed(&host, &format!("{line} --absent-ok")),
        "no route 10.20.0.0/16 dev 7; nothing was changed\n"
    );
    assert_eq!(
        printed(&host, "route delete --absent-ok 10.20.0.0/16"),
        "no route 10.20.0.0/16; nothing was changed\n"
    );
    assert_eq!(
        printed_json(&host, &format!("{line} --absent-ok")),
        json!(null)
    );
}

#[test]
fn flush_deletes_the_routes_that_pass_a_filter() {
    let host = working_host();
    host.add_route(Route::new(net("10.0.0.0/8"), known()).protocol(RouteProtocol::LOCAL));
    for prefix in ["10.20.0.0/16", "10.30.0.0/16", "203.0.113.0/24"] {
        host.add_route(Route::new(net(prefix), known()).metric(5));
    }
    assert_eq!(run(&host, "route flush").status.code(), Some(2));
    let line = "route flush --longer 10.0.0.0/8";
    let seen = printed(&host, &format!("{line} --dry-run"));
    assert_eq!(
        seen,
        "- 10.20.0.0/16 dev 7 metric 5\n- 10.30.0.0/16 dev 7 metric 5\n\
         would succeed: 0 added, 0 changed, 2 removed, 0 equal\n"
    );
    assert!(printed(&host, line).ends_with("done: 0 added, 0 changed, 2 removed, 0 equal\n"));
    assert_eq!(destinations(&host), ["10.0.0.0/8", "203.0.113.0/24"]);
}

#[test]
fn prune_deletes_the_routes_that_left_the_file_of_an_owner() {
    let host = working_host();
    let state = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("routes.toml");
    host.add_route(Route::new(net("10.99.0.0/16"), known()));
    let apply = |prefixes: &[&str], options: &str| {
        let tables = prefixes.iter();
        let tables = tables.map(|prefix| format!("[[route]]\nprefix = '{prefix}'\ndev = 7\n"));
        std::fs::write(&file, tables.collect::<String>()).unwrap();
        command(&host, &format!("apply {} {options}", file.display()))
            .env("IPFORWARD_STATE", state.path())
            .output()
            .unwrap()
    };
    let last = |output: &std::process::Output| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.lines().last().unwrap().to_owned()
    };
    let first = apply(&["10.20.0.0/16", "10.30.0.0/16"], "--owner office");
    assert_eq!(last(&first), "done: 2 added, 0 changed, 0 removed, 0 equal");
    // The routes of another owner, and those without one, stay.
    let other = apply(&["10.40.0.0/16"], "--owner home --prune");
    assert_eq!(last(&other), "done: 1 added, 0 changed, 0 removed, 0 equal");
    // Without --prune, the record grows.
    let more = apply(&["10.50.0.0/16"], "--owner office");
    assert_eq!(last(&more), "done: 1 added, 0 changed, 0 removed, 0 equal");
    let dry = apply(&["10.30.0.0/16"], "--owner office --prune --dry-run");
    assert_eq!(
        last(&dry),
        "would succeed: 0 added, 0 changed, 2 removed, 1 equal"
    );
    let pruned = apply(&["10.30.0.0/16"], "--owner office --prune");
    assert_eq!(
        last(&pruned),
        "done: 0 added, 0 changed, 2 removed, 1 equal"
    );
    let again = apply(&["10.30.0.0/16"], "--owner office --prune");
    assert_eq!(last(&again), "done: 0 added, 0 changed, 0 removed, 1 equal");
    assert_eq!(
        destinations(&host),
        ["10.30.0.0/16", "10.40.0.0/16", "10.99.0.0/16"]
    );
    for options in ["--prune", "--owner ../x", "--owner x --hold -- true"] {
        assert_eq!(apply(&[], options).status.code(), Some(2), "{options}");
    }
}
