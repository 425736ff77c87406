//! Errors and their exit codes.

use std::process::Command;

use ipforward::AddressFamily;
use ipforward::abi::NtStatus;
use ipforward::abi::status::STATUSES;
use ipforward::abi::version::ABI_VERSION;
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior, interface};
use crate::program::{PROGRAM, ROUTE, error_json, error_text, printed, working_host};

#[test]
fn a_duplicate_is_reported_with_status_cause_and_hint() {
    let host = working_host();
    printed(&host, &format!("route add {ROUTE}"));
    let (code, text) = error_text(&host, &format!("route add {ROUTE} metric 5"));
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "error: 10.20.0.0/16 via 192.0.2.254 dev 7: CREATE_ROUTE was refused: \
         STATUS_DUPLICATE_OBJECTID (0xC000022A, Win32 5010 ERROR_OBJECT_ALREADY_EXISTS)\n\
         cause: the route exists already: 10.20.0.0/16 via 192.0.2.254 dev 7 metric 256\n\
         hint: change it with `routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5`, or \
         delete it with `routectl route delete 10.20.0.0/16 via 192.0.2.254 dev 7`\n"
    );
    let (code, error) = error_json(&host, &format!("route add {ROUTE}"));
    assert_eq!(code, 1);
    assert_eq!(error["status"], "STATUS_DUPLICATE_OBJECTID");
    assert_eq!(error["code"], "0xC000022A");
    assert_eq!(error["win32"], 5010);
    assert!(error["error"].as_str().unwrap().contains("CREATE_ROUTE"));
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("routectl route set")
    );
    let cause = &error["cause"];
    assert_eq!(cause["name"], "duplicate");
    assert_eq!(cause["existing"]["metric"], 256);
    assert_eq!(cause["existing"]["interface_luid"], "0x0006008001000000");
}

#[test]
fn host_bits_are_reported_with_the_correct_prefix() {
    let (code, error) = error_json(&working_host(), "route add 10.20.0.1/16 dev 7");
    assert_eq!(code, 1);
    assert_eq!(error["status"], "STATUS_INVALID_PARAMETER");
    assert_eq!(error["hint"], "use 10.20.0.0/16");
    assert_eq!(error["cause"]["name"], "host_bits");
    assert_eq!(error["cause"]["member"], "DestinationPrefix.Prefix");
    assert_eq!(error["cause"]["meant"], "10.20.0.0/16");
    let (_, text) = error_text(&working_host(), "route add 10.20.0.1/16 dev 7");
    assert!(
        text.contains(
            "\ncause: bits are set behind the prefix length of 16 (DestinationPrefix.Prefix)\n"
        ),
        "{text}"
    );
}

#[test]
fn not_found_has_its_own_exit_code() {
    let host = working_host();
    for (line, cause, hint) in [
        (
            "route get 10.20.0.0/16 dev 7",
            Value::Null,
            "use the prefix, next hop and interface",
        ),
        (
            "route delete 10.20.0.0/16 dev 7",
            Value::Null,
            "use the prefix, next hop and interface",
        ),
        (
            "route add 10.20.0.0/16 dev 99",
            json!("interface_unknown"),
            "use an interface that `routectl interface show`",
        ),
        (
            "route delete 10.20.0.0/16 dev 99",
            json!("interface_unknown"),
            "use an interface that `routectl interface show`",
        ),
    ] {
        let (code, error) = error_json(&host, line);
        assert_eq!(
            (code, &error["status"]),
            (3, &json!("STATUS_NOT_FOUND")),
            "{line}"
        );
        assert_eq!(error["cause"]["name"], cause, "{line}");
        assert!(error["hint"].as_str().unwrap().starts_with(hint), "{line}");
    }
}

#[test]
fn a_missing_family_differs_from_a_missing_interface() {
    let host = working_host();
    host.set_interfaces([interface(AddressFamily::IPV4, 7, 25)]);
    let (code, error) = error_json(&host, "route add 2001:db8::/32 dev 7");
    assert_eq!(code, 3);
    assert_eq!(error["cause"]["name"], "family_not_bound");
    assert_eq!(error["cause"]["rule"], "interface 7 has no IPv6");
}

#[test]
fn routectl_finds_a_probable_cause_without_the_driver() {
    let host = FakeHost::start(HostBehavior::NoDiagnosis);
    let (code, error) = error_json(&host, "route add 10.20.0.1/16 dev 7");
    assert_eq!(
        (code, &error["status"]),
        (1, &json!("STATUS_INVALID_PARAMETER"))
    );
    assert_eq!(error["cause"]["name"], "host_bits");
    assert_eq!(error["cause"]["probable"], true);
    assert_eq!(error["hint"], "use 10.20.0.0/16");
    let (_, text) = error_text(&host, "route add 10.20.0.1/16 dev 7");
    assert!(text.contains("\nprobable cause: bits are set"), "{text}");

    printed(&host, &format!("route add {ROUTE}"));
    let (code, text) = error_text(&host, &format!("route add {ROUTE}"));
    assert_eq!(code, 1);
    assert!(!text.contains("cause:"), "{text}");
    assert!(
        text.contains("hint: change it with `routectl route set 10.20.0.0/16"),
        "{text}"
    );
}

#[test]
fn every_status_is_reported_with_an_exit_code() {
    for names in STATUSES.iter().filter(|names| !names.status.is_success()) {
        let host = working_host();
        host.refuse_with(names.status);
        let (code, error) = error_json(&host, &format!("route add {ROUTE}"));
        let expected = match names.status {
            NtStatus::NOT_FOUND
            | NtStatus::OBJECT_NAME_NOT_FOUND
            | NtStatus::OBJECT_NAME_INVALID
            | NtStatus::NETWORK_UNREACHABLE
            | NtStatus::HOST_UNREACHABLE => 3,
            NtStatus::ACCESS_DENIED => 4,
            _ => 1,
        };
        assert_eq!(code, expected, "{}", names.name);
        assert_eq!(error["status"], names.name);
        assert_eq!(error["win32"], names.win32, "{}", names.name);
        // The driver finds no broken rule, so routectl looks for none. One status has a single cause.
        let cause = match names.status {
            NtStatus::NOT_SUPPORTED => json!("interface_without_routes"),
            _ => Value::Null,
        };
        assert_eq!(error["cause"]["name"], cause, "{}", names.name);
    }
}

#[test]
fn a_device_that_does_not_open_is_reported() {
    let denying_host = FakeHost::start(HostBehavior::AccessDenied);
    let (code, error) = error_json(&denying_host, "route show");
    assert_eq!(
        (code, &error["status"]),
        (4, &json!("STATUS_ACCESS_DENIED"))
    );
    assert_eq!(error["hint"], "run routectl as root");
    let (_, text) = error_text(&denying_host, "route show");
    assert!(
        text.contains("STATUS_ACCESS_DENIED (0xC0000022, Win32 5"),
        "{text}"
    );

    let newer = FakeHost::start(HostBehavior::NewerVersion);
    let (code, text) = error_text(&newer, "route show");
    assert_eq!(code, 5);
    let mismatch = format!(
        "the driver has version {}, this client version {ABI_VERSION}",
        ABI_VERSION + 1
    );
    assert!(text.contains(&mismatch), "{text}");
}

#[test]
fn a_missing_device_differs_from_a_lost_host() {
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
    assert!(error["hint"].as_str().unwrap().contains("cargo xtask demo"));

    let disconnecting_host = FakeHost::start(HostBehavior::Disconnects);
    let (code, error) = error_json(&disconnecting_host, "route show");
    assert_eq!(code, 5);
    assert_eq!(error["status"], Value::Null);
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("lost the connection")
    );
}
