//! The program against a host in this process: its words, its JSON, its exit codes.
#![cfg(unix)]

mod fake_host;

use std::process::{Command, Output, Stdio};

use fake_host::{FakeHost, LUID, Manner};
use ipforward::{Interface, IpNet, Lifetime, NextHop, Route, RouteFlags, RouteProtocol};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_routectl");
const ROUTE: &str = "10.20.0.0/16 via 192.0.2.254 dev 7";

fn command(host: &FakeHost, line: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--device")
        .arg(host.socket())
        .args(line.split_whitespace())
        .env_remove("IPFORWARD_DEVICE")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn run(host: &FakeHost, line: &str) -> Output {
    command(host, line).output().unwrap()
}

/// What a command that works prints.
fn printed(host: &FakeHost, line: &str) -> String {
    let output = run(host, line);
    assert!(output.status.success(), "{line}: {output:?}");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

fn printed_json(host: &FakeHost, line: &str) -> Value {
    serde_json::from_str(&printed(host, &format!("--json {line}"))).unwrap()
}

/// The exit code of a command that fails, and what it says.
fn complaint(host: &FakeHost, line: &str) -> (i32, String) {
    let output = run(host, line);
    assert_eq!(output.stdout, b"", "{line}");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn complaint_json(host: &FakeHost, line: &str) -> (i32, Value) {
    let (code, text) = complaint(host, &format!("--json {line}"));
    (code, serde_json::from_str(&text).unwrap())
}

fn sound() -> FakeHost {
    FakeHost::start(Manner::Sound)
}

fn known() -> Interface {
    Interface::Known {
        luid: LUID,
        index: 7,
    }
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

#[test]
fn versions_of_both_sides_are_printed() {
    let version = printed_json(&sound(), "version");
    assert_eq!(version["driver"], "1.2.3");
    assert_eq!(version["abi"], 1);
    assert_eq!(version["capabilities"], json!(["routes", "tables"]));
    assert!(printed(&sound(), "version").contains("driver 1.2.3, contract 1\n"));
}

#[test]
fn a_route_is_added_read_back_shown_and_deleted() {
    let host = sound();
    let added = printed_json(&host, &format!("route add {ROUTE} metric 5"));
    let expected = json!({
        "destination": "10.20.0.0/16",
        "next_hop": "192.0.2.254",
        "interface_index": 7,
        "interface_luid": "0x0006008001000000",
        "metric": 5,
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
    assert_eq!(printed_json(&host, "route show"), json!([expected]));
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
fn a_deleted_route_is_named() {
    let host = sound();
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
fn values_that_end_or_are_not_known_keep_their_meaning() {
    let host = sound();
    host.has(
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
fn a_table_is_aligned_sorted_and_without_colour_in_a_pipe() {
    let host = sound();
    let mut old = Route::new(net("2001:db8:20::/48"), known()).via([192, 0, 2, 1]);
    old.age = 93_784;
    host.has(old);
    host.has(
        Route::new(net("10.20.0.0/16"), known())
            .via([192, 0, 2, 254])
            .metric(5),
    );
    host.has(Route::new(net("0.0.0.0/0"), known()).protocol(RouteProtocol::LOCAL));
    assert_eq!(
        printed(&host, "route show"),
        "\
DESTINATION       NEXT HOP     DEV  METRIC  PROTOCOL  ORIGIN    AGE
0.0.0.0/0         on-link        7     256  Local     Manual     0s
10.20.0.0/16      192.0.2.254    7       5  NetMgmt   Manual     0s
2001:db8:20::/48  192.0.2.1      7     256  NetMgmt   Manual  1d02h
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

#[test]
fn colour_can_be_asked_for_and_refused() {
    let host = sound();
    let stdout = |name, value| {
        let output = command(&host, "route show").env(name, value).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(stdout("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    assert!(!stdout("NO_COLOR", "1").contains('\u{1b}'));
}

#[test]
fn a_duplicate_is_refused_with_its_names_and_a_remedy() {
    let host = sound();
    printed(&host, &format!("route add {ROUTE}"));
    let (code, text) = complaint(&host, &format!("route add {ROUTE}"));
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "error: 10.20.0.0/16 via 192.0.2.254 dev 7: CREATE_ROUTE was refused: \
         STATUS_DUPLICATE_OBJECTID (0xC000022A, Win32 5010 ERROR_OBJECT_ALREADY_EXISTS)\n\
         help: the route is there already, see `routectl route show`; `routectl route delete \
         10.20.0.0/16 via 192.0.2.254 dev 7` makes room\n"
    );
    let (code, error) = complaint_json(&host, &format!("route add {ROUTE}"));
    assert_eq!(code, 1);
    assert_eq!(error["status"], "STATUS_DUPLICATE_OBJECTID");
    assert_eq!(error["code"], "0xC000022A");
    assert_eq!(error["win32"], 5010);
    assert!(error["error"].as_str().unwrap().contains("CREATE_ROUTE"));
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("routectl route show")
    );
}

#[test]
fn host_bits_are_answered_with_the_prefix_that_was_meant() {
    let (code, error) = complaint_json(&sound(), "route add 10.20.0.1/16 dev 7");
    assert_eq!(code, 1);
    assert_eq!(error["status"], "STATUS_INVALID_PARAMETER");
    let remedy = error["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("10.20.0.0/16 was probably meant"),
        "{remedy}"
    );
}

#[test]
fn what_is_not_there_has_an_exit_code_of_its_own() {
    let host = sound();
    for (line, remedy) in [
        ("route get 10.20.0.0/16 dev 7", "there is no such route"),
        ("route delete 10.20.0.0/16 dev 7", "there is no such route"),
        ("route add 10.20.0.0/16 dev 99", "there is no interface 99"),
    ] {
        let (code, error) = complaint_json(&host, line);
        assert_eq!(
            (code, &error["status"]),
            (3, &json!("STATUS_NOT_FOUND")),
            "{line}"
        );
        assert!(
            error["remedy"].as_str().unwrap().starts_with(remedy),
            "{line}"
        );
    }
}

#[test]
fn a_device_that_does_not_open_says_why() {
    let closed = FakeHost::start(Manner::Closed);
    let (code, error) = complaint_json(&closed, "route show");
    assert_eq!(
        (code, &error["status"]),
        (4, &json!("STATUS_ACCESS_DENIED"))
    );
    assert_eq!(error["remedy"], "run routectl as root");
    let (_, text) = complaint(&closed, "route show");
    assert!(
        text.contains("STATUS_ACCESS_DENIED (0xC0000022, Win32 5"),
        "{text}"
    );

    let newer = FakeHost::start(Manner::Newer);
    let (code, text) = complaint(&newer, "route show");
    assert_eq!(code, 5);
    assert!(
        text.contains("version 2 of the contract, this client version 1"),
        "{text}"
    );
}

#[test]
fn no_device_is_told_from_a_host_that_went_away() {
    let output = Command::new(PROGRAM)
        .args(["--json", "route", "show"])
        .env("IPFORWARD_DEVICE", "/nonexistent/host")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        error["error"],
        "no IpForward device at /nonexistent/host: STATUS_OBJECT_NAME_NOT_FOUND (0xC0000034, \
         Win32 2 ERROR_FILE_NOT_FOUND)"
    );
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("cargo xtask demo")
    );

    let mortal = FakeHost::start(Manner::Mortal);
    let (code, error) = complaint_json(&mortal, "route show");
    assert_eq!(code, 5);
    assert_eq!(error["status"], Value::Null);
    assert!(error["error"].as_str().unwrap().contains("host is gone"));
}

#[test]
fn wrong_usage_names_the_word_and_touches_nothing() {
    let host = FakeHost::start(Manner::Closed);
    let (code, text) = complaint(&host, "route add 10.20.0.0/16 dve 7");
    assert_eq!(code, 2);
    assert!(
        text.starts_with(
            "error: `dve` is no word of this command: right would be via, dev, metric\n"
        )
    );
    for line in [
        "route add",
        "route show --family 5",
        "rout show",
        "route show --jsno",
    ] {
        assert_eq!(complaint(&host, line).0, 2, "{line}");
        let (code, error) = complaint_json(&host, line);
        assert_eq!((code, &error["status"]), (2, &Value::Null), "{line}");
        assert_ne!(error["error"], "");
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let host = sound();
    let help = printed(&host, "--help");
    assert!(help.contains("routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7"));
    assert!(help.contains("3  not found"));
    assert!(printed(&host, "--json route add --help").contains("[via NEXTHOP] dev INTERFACE"));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let host = sound();
    for third in 0..=255 {
        for fourth in 0..8 {
            let octets = [10, third, fourth, 0];
            host.has(Route::new(IpNet::new(octets.into(), 24).unwrap(), known()));
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
