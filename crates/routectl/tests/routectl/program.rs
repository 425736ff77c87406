//! Running the program.

use std::process::{Command, Output};

use ipforward::{AddressFamily, Interface, IpNet};
use serde_json::Value;

use crate::fake_host::{FakeHost, HostBehavior, interface};

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

/// Runs the program with one argument a word.
pub(crate) fn run_words(host: &FakeHost, words: &[&str]) -> Output {
    command(host, "").args(words).output().unwrap()
}

pub(crate) fn run(host: &FakeHost, line: &str) -> Output {
    command(host, line).output().unwrap()
}

/// The output of a command that succeeds.
pub(crate) fn printed(host: &FakeHost, line: &str) -> String {
    let output = run(host, line);
    assert!(output.status.success(), "{line}: {output:?}");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn printed_json(host: &FakeHost, line: &str) -> Value {
    serde_json::from_str(&printed(host, &format!("--json {line}"))).unwrap()
}

/// The exit code and the error output of a command that fails.
pub(crate) fn error_text(host: &FakeHost, line: &str) -> (i32, String) {
    let output = run(host, line);
    assert_eq!(output.stdout, b"", "{line}");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

pub(crate) fn error_json(host: &FakeHost, line: &str) -> (i32, Value) {
    let (code, text) = error_text(host, &format!("--json {line}"));
    (code, serde_json::from_str(&text).unwrap())
}

pub(crate) fn working_host() -> FakeHost {
    FakeHost::start(HostBehavior::Normal)
}

pub(crate) fn known() -> Interface {
    known_interface(7)
}

/// The interface with this index and the LUID that the host gives it.
pub(crate) fn known_interface(index: u32) -> Interface {
    Interface::Known {
        luid: interface(AddressFamily::IPV4, index, 0).interface_luid,
        index,
    }
}

pub(crate) fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}
