//! `routectl selftest`: all cases pass, a broken host is found, and nothing is left.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use ipforward::{Device, Interface, Route};
use serde_json::Value;
use tests::{Plan, Process, eventually, host_routes, routectl, start_host, start_host_with, table};

/// The loopback interface of the host's machine.
const LOOPBACK: Interface = Interface::Index(1);

/// What a case waits for a broken host.
const SHORT_WAIT: &str = "--wait=200ms";

/// Longer than a route without a lease is valid.
const LIFETIME: Duration = Duration::from_secs(61);

fn run(socket: &Path, words: &[&str]) -> Output {
    let words = ["--json", "selftest"].iter().chain(words).copied();
    routectl(socket, words).output().unwrap()
}

/// The exit code and the report of a self-test that could run.
fn report(socket: &Path, words: &[&str]) -> (i32, Value) {
    let output = run(socket, words);
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), report)
}

/// The names and the reasons of the cases with this result.
fn cases<'a>(report: &'a Value, result: &str) -> Vec<(&'a str, &'a str)> {
    let cases = report["cases"].as_array().unwrap().iter();
    let with_result = cases.filter(|case| case["result"] == result);
    let named = with_result.map(|case| {
        let reason = case["reason"].as_str().unwrap_or_default();
        (case["case"].as_str().unwrap(), reason)
    });
    named.collect()
}

#[test]
fn every_case_passes_and_the_table_is_unchanged() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);
    let settings = device.interfaces(abi::AddressFamily::UNSPECIFIED).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("selftest.xml");
    let junit = format!("--junit={}", file.display());
    let (code, report) = report(&host.socket(), &[&junit]);
    assert_eq!(code, 0, "{report:#}");
    let none: [(&str, &str); 0] = [];
    assert_eq!(cases(&report, "failed"), none);
    assert_eq!(cases(&report, "skipped"), none);
    let passed = cases(&report, "passed").len();
    assert!(passed > 60, "{passed}");
    let xml = fs::read_to_string(&file).unwrap();
    assert_eq!(xml.matches("<testcase ").count(), passed);
    assert_eq!(table(&device), before);
    let after = device.interfaces(abi::AddressFamily::UNSPECIFIED).unwrap();
    assert_eq!(after, settings);
    assert_eq!(device.leases(), Ok(Vec::new()));
    drop(device);
    host.stop_clean();
}

/// Functions of the stack that fail, words that select cases, and cases that have to fail then.
const BROKEN: [(&str, &[&str], &[&str]); 4] = [
    (
        "CreateIpForwardEntry2",
        &["routes/", "leases/"],
        &[
            "create-set-delete",
            "lease-released",
            "lease-ends-with-handle",
        ],
    ),
    (
        "SetIpForwardEntry2",
        &["routes/", "displaced"],
        &["create-set-delete", "displaced-route-restored"],
    ),
    (
        "DeleteIpForwardEntry2",
        &["lease-released", "atomic-batch"],
        &["lease-released", "atomic-batch-undone"],
    ),
    (
        "GetIpForwardTable2",
        &["table-in-pages"],
        &["table-in-pages"],
    ),
];

#[test]
fn a_broken_stack_fails_the_cases_that_need_it() {
    for (function, selected, expected) in BROKEN {
        let host = start_host();
        let before = host_routes(&host);
        let mut control = host.connect();
        if function == "GetIpForwardTable2" {
            // The self-test reads the table once for each family before its first case.
            control.arm_among(function, Plan::From, 2, 0);
        } else {
            control.arm_among(function, Plan::From, 0, 0);
        }
        let words = [selected, &[SHORT_WAIT, "-4"]].concat();
        let (code, report) = report(&host.socket(), &words);
        assert!(control.disarm().is_some(), "{function}");
        assert_eq!(code, 7, "{function}: {report:#}");
        let failed = cases(&report, "failed");
        for name in expected {
            let is_failed = failed.iter().any(|(failed, _)| failed == name);
            assert!(is_failed, "{function}: {name}: {report:#}");
        }
        eventually("the driver has ended the leases", || {
            expire(&mut control);
            host_routes(&host) == before
        });
        drop(control);
        host.stop_clean();
    }
}

/// Lets the routes without a lease expire, and the driver try again.
fn expire(control: &mut Process) {
    control.quiesce();
    control.pass_time(LIFETIME);
    control.quiesce();
}

#[test]
fn a_case_that_leaves_a_route_names_it() {
    let host = start_host();
    let mut control = host.connect();
    control.arm_among("DeleteIpForwardEntry2", Plan::From, 0, 0);
    let (code, report) = report(&host.socket(), &["lease-released", "-4", SHORT_WAIT]);
    assert_eq!(code, 7);
    let [("lease-released", reason)] = cases(&report, "failed")[..] else {
        panic!("{report:#}");
    };
    let left = "left: 203.0.113.0/28 dev 1";
    assert!(reason.contains(left), "{reason}");
    let _ = control.disarm();
    expire(&mut control);
    drop(control);
    host.stop_clean();
}

#[test]
fn a_stack_without_notifications_fails_guards_and_watches() {
    let refusing = ["--fail-from", "0", "--fail-among", "NotifyRouteChange2"];
    let host = start_host_with(&refusing);
    let words = [
        "guard-restores",
        "snapshot-then",
        "lease-released",
        "-4",
        SHORT_WAIT,
    ];
    let (code, report) = report(&host.socket(), &words);
    assert_eq!(code, 7);
    let failed: Vec<_> = cases(&report, "failed").iter().map(|case| case.0).collect();
    assert_eq!(
        failed,
        [
            "guard-restores-deleted",
            "guard-restores-changed",
            "snapshot-then-events"
        ]
    );
    assert_eq!(cases(&report, "passed"), [("lease-released", "")]);
    host.stop_clean();
}

#[test]
fn late_events_of_the_case_before_fail_no_case() {
    let later_first = "notification-order=later-first";
    let host = start_host_with(&["--notify-after=50", "--behaviour", later_first]);
    // With one family, nothing is between two cases that watch.
    let words = ["-4", "lease-ends-with-handle", "sets/", "watches/"];
    let (code, report) = report(&host.socket(), &words);
    assert_eq!(code, 0, "{report:#}");
    host.stop_clean();
}

#[test]
fn a_killed_selftest_leaves_no_route() {
    let host = start_host();
    let before = host_routes(&host);
    let mut control = host.connect();
    for function in [
        "CreateIpForwardEntry2",
        "SetIpForwardEntry2",
        "DeleteIpForwardEntry2",
    ] {
        // The first calls of all cases, and of a case that has a route without a lease.
        for (number, cases) in [
            (0, ""),
            (1, ""),
            (5, ""),
            (13, ""),
            (0, "create-set"),
            (1, "create-set"),
        ] {
            control.pause_at(function, number);
            let mut command: Command = routectl(&host.socket(), ["selftest", cases]);
            let mut killed = command.stdout(Stdio::null()).spawn().unwrap();
            eventually("the self-test is in the call", || control.is_paused());
            killed.kill().unwrap();
            killed.wait().unwrap();
            control.resume();
            // The host closes the handles of the process when the call has returned.
            eventually(
                &format!("{function} {number} {cases}: no route is left"),
                || {
                    // Until its call has returned, it can still make a route, which the next one meets.
                    let has_returned = control.list_in_flight().is_empty();
                    expire(&mut control);
                    has_returned && host_routes(&host) == before
                },
            );
        }
    }
    let device = Device::open(host.socket()).unwrap();
    assert_eq!(device.leases(), Ok(Vec::new()));
    assert_eq!(device.interface_leases(), Ok(Vec::new()));
    drop((device, control));
    host.stop_clean();
}

#[test]
fn prefixes_to_which_a_route_leads_are_left_alone() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    // The machine has addresses of the other two prefixes for documentation.
    let taken = Route::new("203.0.113.77/32".parse().unwrap(), LOOPBACK);
    device.create_route(&taken).unwrap();
    let before = table(&device);
    let words = ["create-set-delete", "version"];
    let (code, report) = report(&host.socket(), &words);
    assert_eq!(code, 0, "{report:#}");
    let reason = "routes lead to 203.0.113.0/24, 198.51.100.0/24, 192.0.2.0/24";
    assert_eq!(cases(&report, "skipped"), [("create-set-delete", reason)]);
    assert_eq!(cases(&report, "passed").len(), 2, "{report:#}");
    assert_eq!(table(&device), before);
    let output = run(&host.socket(), &["create-set-delete", "-4"]);
    assert_eq!(output.status.code(), Some(1), "no case could run");
    drop(device);
    host.stop_clean();
}

/// A machine without a loopback interface, and without IPv6.
const MACHINE: &str = r#"
[[interface]]
name = "Ethernet"
index = 7
luid = 0x0006008001000000
ipv4 = { addresses = ["10.0.0.10/24"], metric = 25 }
"#;

#[test]
fn a_machine_without_loopback_needs_an_interface() {
    let folder = tempfile::tempdir().unwrap();
    let machine = folder.path().join("machine.toml");
    fs::write(&machine, MACHINE).unwrap();
    let host = start_host_with(&["--interfaces", machine.to_str().unwrap()]);
    let output = run(&host.socket(), &[]);
    assert_eq!(output.status.code(), Some(3));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(
        error["error"].as_str().unwrap().contains("no loopback"),
        "{error}"
    );
    for absent in ["99", "eth9"] {
        let output = run(&host.socket(), &["--interface", absent]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
    let words = ["--interface", "ethernet", "leases/"];
    let (code, report) = report(&host.socket(), &words);
    assert_eq!(code, 0, "{report:#}");
    let skipped = cases(&report, "skipped");
    assert!(skipped.len() > 5, "{report:#}");
    assert!(skipped.iter().all(|(_, reason)| reason.contains("IPv6")));
    host.stop_clean();
}
