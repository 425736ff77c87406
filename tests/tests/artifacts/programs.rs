//! The programs for Windows, run: there is no device, which they have to say.

use std::io::{self, Write};
use std::process::Output;

use crate::package::{packaged, root};
use crate::wine::wine;

fn routectl(arguments: &[&str]) -> Output {
    let output = wine(&packaged("routectl.exe")).args(arguments).output();
    output.expect("Wine can be started")
}

/// Prints the output that a Windows user would see.
fn show(arguments: &[&str], output: &Output) {
    let shown = format!(
        "\n> routectl.exe {}\n{}{}{}\n",
        arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr),
        output.status
    );
    // Not `println!`, which the test program keeps to itself.
    io::stdout().write_all(shown.as_bytes()).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

#[test]
fn help_names_the_commands_and_the_exit_codes() {
    let output = routectl(&["--help"]);
    show(&["--help"], &output);
    let help = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{help}");
    for part in ["routectl", "version", "route", "Exit codes"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn without_a_device_it_says_so_and_what_to_do() {
    let output = routectl(&["version"]);
    show(&["version"], &output);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains(r"\\.\IpForward"), "{error}");
    assert!(error.contains("hint: "), "{error}");
}

#[test]
fn json_is_json_for_errors_too() {
    let output = routectl(&["--json", "route", "show"]);
    assert_eq!(output.status.code(), Some(5));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["win32"], 2, "{error}");
}

#[test]
fn the_device_node_is_looked_for_and_not_found() {
    let output = routectl(&["device", "status"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("routectl device install"), "{said}");

    let output = routectl(&["--json", "device", "status"]);
    let devices: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(devices["devices"], serde_json::json!([]), "{devices}");
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let output = routectl(&["route", "add", "not-a-prefix"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn completions_are_those_of_powershell_as_well() {
    let output = routectl(&["completions", "powershell"]);
    let script = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(script.contains("Register-ArgumentCompleter"), "{script}");
}

#[test]
fn the_c_program_finds_no_device_either() {
    let output = wine(&root().join("target/windows/route.exe"))
        .args(["7", "10.20.0.0", "16", "192.0.2.254"])
        .output()
        .expect("Wine can be started");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("cannot open the device: Win32 error 2"),
        "{error}"
    );
}
