//! Changing the settings of interfaces.

use ipforward::{AddressFamily, Device, InterfaceChange, Route};

use crate::fake_host::{FakeHost, interface};
use crate::program::{
    PROGRAM, command, error_json, error_text, known, net, printed, printed_json, working_host,
};

/// A host with an interface of both families, and one of IPv4.
fn host() -> FakeHost {
    let host = working_host();
    host.set_interfaces([
        interface(AddressFamily::IPV4, 7, 25),
        interface(AddressFamily::IPV6, 7, 25),
        interface(AddressFamily::IPV4, 12, 50),
    ]);
    host
}

/// Metric, automatic metric and default routes of each line of `interface show`.
fn settings(host: &FakeHost) -> Vec<(u64, bool, bool)> {
    let shown = printed_json(host, "interface show");
    let rows = shown.as_array().unwrap().iter();
    rows.map(|row| {
        let flag = |name: &str| row[name].as_bool().unwrap();
        let metric = row["metric"].as_u64().unwrap();
        (metric, flag("automatic_metric"), flag("default_routes"))
    })
    .collect()
}

/// The script that prints the settings as `settings` reads them.
fn show(host: &FakeHost) -> String {
    let device = host.socket();
    format!(
        "{PROGRAM} --device {} --json interface show",
        device.display()
    )
}

#[test]
fn a_metric_is_set_and_printed() {
    let host = host();
    assert_eq!(
        printed(&host, "interface set 7 --metric 5 -4"),
        "\
INDEX  ALIAS       LUID                FAMILY  METRIC  AUTOMATIC  DEFAULTS  CONNECTED   MTU
    7  Ethernet 7  0x0006008001000000  IPv4         5  no         yes       yes        1500
"
    );
    let ipv6 = (25, false, true);
    assert_eq!(settings(&host)[..2], [(5, false, true), ipv6]);
}

#[test]
fn each_family_of_the_interface_is_changed() {
    let host = host();
    let changed = printed_json(&host, "interface set 7 --metric 5 --default-routes off");
    assert_eq!(changed.as_array().unwrap().len(), 2);
    let both = (5, false, false);
    assert_eq!(settings(&host), [both, both, (50, true, true)]);
    printed(&host, "-6 interface set 7 --automatic-metric on");
    assert_eq!(settings(&host)[..2], [both, (5, true, false)]);
}

#[test]
fn a_metric_that_is_not_automatic_any_more_keeps_its_value() {
    let host = host();
    printed(&host, "interface set 12 --automatic-metric no");
    assert_eq!(settings(&host)[2], (50, false, true));
}

#[test]
fn the_interface_can_be_named_by_its_alias() {
    let host = host();
    let luid = interface(AddressFamily::IPV4, 12, 0).interface_luid;
    host.set_alias(luid, "tunnel");
    printed(&host, "interface set TUNNEL --metric 9");
    assert_eq!(settings(&host)[2], (9, false, true));
    let (code, text) = error_text(&host, "interface set tunel --metric 9");
    assert_eq!(code, 3);
    assert!(text.contains("tunnel"), "{text}");
}

#[test]
fn held_settings_are_put_back_when_the_command_ends() {
    let host = host();
    let before = settings(&host);
    let mut hold = command(&host, "interface hold 7 --metric 5 --default-routes no --");
    let output = hold
        .args(["sh", "-c", &format!("{}; exit 37", show(&host))])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(37), "{output:?}");
    let meanwhile: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for family in 0..2 {
        assert_eq!(meanwhile[family]["metric"], 5);
        assert_eq!(meanwhile[family]["default_routes"], false);
    }
    let after: Vec<_> = settings(&host)
        .into_iter()
        .map(|row| (row.1, row.2))
        .collect();
    let before: Vec<_> = before.into_iter().map(|row| (row.1, row.2)).collect();
    assert_eq!(after, before);
}

#[test]
fn settings_that_another_program_holds_are_refused() {
    let host = host();
    let nested = format!(
        "{PROGRAM} --device {} interface hold 7 --metric 6 -4 -- echo ran",
        host.socket().display()
    );
    let mut hold = command(&host, "interface hold 7 --metric 5 --");
    let output = hold.args(["sh", "-c", &nested]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with(
            "error: interface 7, IPv4: SET_INTERFACE was refused: STATUS_SHARING_VIOLATION"
        ),
        "{text}"
    );
    assert!(
        text.contains("hint: another program holds settings of the interface"),
        "{text}"
    );
}

#[test]
fn invalid_settings_are_refused_before_the_device_is_asked() {
    let host = host();
    for line in [
        "interface set 7",
        "interface set 7 --metric 4294967295",
        "interface set 7 --metric five",
        "interface set 7 --automatic-metric maybe",
        "interface set 7 --metric 5 --automatic-metric yes",
        "interface hold 7 --metric 5",
        "interface hold 7 -- true",
    ] {
        assert_eq!(error_text(&host, line).0, 2, "{line}");
    }
}

#[test]
fn an_interface_without_the_family_is_not_found() {
    let host = host();
    for (line, subject) in [
        ("interface set 12 --metric 5 -6", "interface 12, IPv6: "),
        ("interface set 99 --metric 5", "interface 99, IPv4: "),
    ] {
        let (code, error) = error_json(&host, line);
        assert_eq!(code, 3, "{line}");
        assert_eq!(error["status"], "STATUS_NOT_FOUND", "{error}");
        let text = error["error"].as_str().unwrap();
        assert!(text.starts_with(subject), "{text}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("interface show"), "{hint}");
    }
}

#[test]
fn leased_settings_are_listed_below_the_routes() {
    let host = host();
    let device = Device::open(host.socket()).unwrap();
    let route = Route::new(net("10.20.0.0/16"), known());
    let _lease = device.lease(&route.metric(5)).unwrap();
    let change = InterfaceChange::new().metric(5).default_routes(false);
    for family in [AddressFamily::IPV4, AddressFamily::IPV6] {
        device.lease_interface(family, known(), change).unwrap();
    }
    let text = printed(&host, "leases");
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(lines[2], [""; 0], "{text}");
    assert_eq!(
        lines[3].join(" "),
        "DEV FAMILY PROCESS HANDLE SETTINGS BEFORE"
    );
    assert_eq!(lines[4][..2], ["7", "IPv4"], "{text}");
    let settings = "metric 5, default routes no automatic metric, default routes yes";
    assert_eq!(lines[4][4..].join(" "), settings);
    assert_eq!(lines[5][1], "IPv6");
    let json = printed_json(&host, "leases");
    assert_eq!(json["routes"][0]["route"]["destination"], "10.20.0.0/16");
    let leased = &json["interfaces"][0];
    assert_eq!(leased["interface_index"], 7);
    assert_eq!(leased["settings"]["metric"], 5);
    assert_eq!(leased["before"]["default_routes"], true);
    assert_eq!(leased["owner"], json["routes"][0]["owner"]);
}
