//! The program as a process, for a device of its own.

use std::process::{Command, Output};

use ipforward::{Interface, IpNet};
use serde_json::Value;

use crate::fake_host::{FakeHost, LUID, Manner};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_routectl");
pub(crate) const ROUTE: &str = "10.20.0.0/16 via 192.0.2.254 dev 7";

pub(crate) fn command(host: &FakeHost, line: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--device")
        .arg(host.socket())
        .args(line.split_whitespace())
        .env_remove("IPFORWARD_DEVICE")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn run(host: &FakeHost, line: &str) -> Output {
    command(host, line).output().unwrap()
}

/// What a command that works prints.
pub(crate) fn printed(host: &FakeHost, line: &str) -> String {
    let output = run(host, line);
    assert!(output.status.success(), "{line}: {output:?}");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn printed_json(host: &FakeHost, line: &str) -> Value {
    serde_json::from_str(&printed(host, &format!("--json {line}"))).unwrap()
}

/// The exit code of a command that fails, and what it says.
pub(crate) fn complaint(host: &FakeHost, line: &str) -> (i32, String) {
    let output = run(host, line);
    assert_eq!(output.stdout, b"", "{line}");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

pub(crate) fn complaint_json(host: &FakeHost, line: &str) -> (i32, Value) {
    let (code, text) = complaint(host, &format!("--json {line}"));
    (code, serde_json::from_str(&text).unwrap())
}

pub(crate) fn sound() -> FakeHost {
    FakeHost::start(Manner::Sound)
}

pub(crate) fn known() -> Interface {
    Interface::Known {
        luid: LUID,
        index: 7,
    }
}

pub(crate) fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}
