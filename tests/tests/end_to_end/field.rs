//! The cases of the importer, on the computer that they are for.

#[path = "../../../crates/routectl/tests/field_cases/mod.rs"]
#[expect(dead_code, reason = "the tests of the importer alone use the rest")]
mod field_cases;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Output;
use std::time::Duration;

use ipforward::{AddressFamily, Device, IpNet, NextHop, Route, RouteWithMetric};
use tests::{Host, Process, routectl, start_host_with};

use field_cases::report::ImportReport;
use field_cases::{Case, cases, machine};

/// The routes that the network stack refuses, each with its case: the interface has no IPv6, the default
/// route exists already, or the route to change does not exist.
const REFUSED: [(&str, &str); 8] = [
    ("cmd-fallback", "10.1.0.0/16"),
    ("field-14-wg", "::/0"),
    ("field-14-wg-dev", "::/0"),
    ("get-netroute-default-table", "::/0"),
    ("line-01", "0.0.0.0/0"),
    ("net-tools", "0.0.0.0/0"),
    ("netsh-script-named", "10.71.0.0/16"),
    ("wg-comment", "2001:db8:5::/48"),
];

/// A host with the interfaces and the default route of the computer, whose clock stands still.
fn start() -> (Host, Process, Device) {
    let file = machine::file();
    let host = start_host_with(&["--interfaces", file.to_str().unwrap()]);
    let mut clock = host.connect();
    clock.pass_time(Duration::ZERO);
    let device = Device::open(host.socket()).unwrap();
    device.create_route(&machine::default_route()).unwrap();
    (host, clock, device)
}

/// Runs `import` for a case, in a folder with its file.
fn import(host: &Host, case: &Case, option: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("FILE"), &case.text).unwrap();
    routectl(&host.socket(), ["--json", "import", "FILE", option])
        .args(&case.options)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// The routes, each as text without its age.
fn routes(device: &Device) -> BTreeSet<String> {
    let routes = device.routes(AddressFamily::UNSPECIFIED).unwrap();
    routes.iter().map(|route| format!("{route:#}")).collect()
}

/// Makes the table equal to an earlier one.
fn restore(device: &Device, before: &[Route]) {
    for route in device.routes(AddressFamily::UNSPECIFIED).unwrap() {
        let same = |other: &&Route| format!("{other:#}") == format!("{route:#}");
        if before.iter().find(same).is_none() {
            device.delete_route(&route.key()).unwrap();
        }
    }
    let present = routes(device);
    for route in before {
        if !present.contains(&format!("{route:#}")) {
            device.create_route(route).unwrap();
        }
    }
}

#[test]
fn every_case_becomes_what_is_expected_on_its_computer() {
    let (host, clock, device) = start();
    let before = routes(&device);
    let mut refused = Vec::new();
    for case in cases() {
        let report = ImportReport::of(&case, &import(&host, &case, "--dry-run"));
        let refusals = report.refused.into_iter();
        refused.extend(refusals.map(|prefix| (case.name(), prefix)));
    }
    let owned = |(case, prefix): (&str, &str)| (case.to_owned(), prefix.to_owned());
    let expected = REFUSED.map(owned);
    assert_eq!(refused, expected);
    assert_eq!(routes(&device), before);
    drop((clock, device));
    host.stop_clean();
}

#[test]
fn every_imported_case_is_in_the_table_and_then_equal() {
    let (host, clock, device) = start();
    let before = device.routes(AddressFamily::UNSPECIFIED).unwrap();
    let whole = |case: &Case| {
        let is_refused = REFUSED.iter().any(|(name, _)| *name == case.name());
        !is_refused && !case.expected.starts_with("error: ")
    };
    let mut count = 0;
    for case in cases().iter().filter(|case| whole(case)) {
        let output = import(&host, case, "--yes");
        assert!(output.status.success(), "{}: {output:?}", case.name());
        ImportReport::of(case, &output);
        // Members that the file does not give stay as they were.
        let table: Vec<_> = device
            .routes(AddressFamily::UNSPECIFIED)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = (case.expected.lines()).filter_map(|line| line.strip_prefix("upsert "));
        let expected: Vec<_> = expected
            .map(|route| route.parse::<Route>().unwrap().to_string())
            .collect();
        for route in &expected {
            assert!(table.contains(route), "{}: {route}: {table:?}", case.name());
        }
        let is_table = !case.expected.contains("create ") && !case.expected.contains("delete ");
        if is_table && !expected.is_empty() {
            let again = import(&host, case, "--yes");
            let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
            let equal = again["summary"]["equal"].as_u64();
            assert_eq!(
                equal,
                Some(expected.len() as u64),
                "{}: {again}",
                case.name()
            );
        }
        restore(&device, &before);
        count += 1;
    }
    assert!(count >= 60, "{count}");
    drop((clock, device));
    host.stop_clean();
}

/// The address that `route print` shows for the interface of a route, or its index in hexadecimal
/// digits if it has none.
fn printed_interface(route: &Route, routes: &[RouteWithMetric]) -> String {
    let is_own = |other: &&RouteWithMetric| {
        let other = other.route;
        other.interface.is_same(route.interface)
            && other.family() == AddressFamily::IPV4
            && other.next_hop == NextHop::OnLink
            && other.destination.prefix_len() == 32
            && other.protocol == ipforward::RouteProtocol::LOCAL
            && !other.destination.addr().is_multicast()
            && routes.iter().any(|network| {
                network.route.interface.is_same(route.interface)
                    && network.route.destination.addr() < other.destination.addr()
                    && !other.destination.addr().to_string().ends_with(".255")
            })
    };
    match routes.iter().find(is_own) {
        Some(own) => own.route.destination.addr().to_string(),
        None => format!("{:02x}", route.interface.index().unwrap()),
    }
}

/// What `route print` shows for a table.
fn route_print(routes: &[RouteWithMetric]) -> String {
    let (mut ipv4, mut ipv6) = (String::new(), String::new());
    for entry in routes {
        let route = &entry.route;
        let gateway = match route.next_hop {
            NextHop::OnLink => "On-link".to_owned(),
            gateway @ NextHop::Gateway { .. } => gateway.to_string(),
        };
        let metric = entry.complete_metric().unwrap();
        match route.destination {
            IpNet::V4(prefix) => {
                let own = printed_interface(route, routes);
                let (address, mask) = (prefix.addr(), prefix.netmask());
                writeln!(
                    ipv4,
                    "{address:>17} {mask:>16} {gateway:>16} {own:>16} {metric:>6}"
                )
            }
            IpNet::V6(prefix) => {
                let index = route.interface.index().unwrap();
                writeln!(ipv6, "{index:>3} {metric:>6} {prefix:<24} {gateway}")
            }
        }
        .unwrap();
    }
    let bar = "=".repeat(75);
    format!(
        "{bar}\nIPv4 Route Table\n{bar}\nActive Routes:\n\
         Network Destination        Netmask          Gateway       Interface  Metric\n{ipv4}{bar}\n\
         Persistent Routes:\n  None\n\nIPv6 Route Table\n{bar}\nActive Routes:\n \
         If Metric Network Destination      Gateway\n{ipv6}{bar}\nPersistent Routes:\n  None\n"
    )
}

#[test]
fn an_import_of_the_printed_table_changes_nothing() {
    let (host, clock, device) = start();
    for route in [
        "10.20.0.0/16 via 192.0.2.253 dev 5 metric 5",
        "10.21.0.0/16 via 192.0.2.253 dev 46 metric 5",
        "10.22.0.0/16 dev 20 metric 256",
        "0.0.0.0/1 dev 20 metric 256",
        "128.0.0.0/1 dev 20 metric 256",
        "2001:db8:20::/48 via 2001:db8:1::1 dev 5 metric 7",
        "::/1 dev 12 metric 256",
    ] {
        device.create_route(&route.parse().unwrap()).unwrap();
    }
    let before = routes(&device);
    let table = device
        .routes_with_metrics(AddressFamily::UNSPECIFIED)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed");
    std::fs::write(&file, route_print(&table)).unwrap();
    let words = ["--json", "import", file.to_str().unwrap(), "--yes"];
    let output = routectl(&host.socket(), words).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["equal"], 8, "{report}");
    assert_eq!(report["entries"].as_array().unwrap().len(), 8, "{report}");
    assert_eq!(routes(&device), before);
    drop((clock, device));
    host.stop_clean();
}
