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

/// The destinations of all routes.
pub(crate) fn destinations(host: &FakeHost) -> Vec<String> {
    let shown = printed_json(host, "route show");
    let rows = shown.as_array().unwrap().iter();
    let destination = |row: &Value| row["destination"].as_str().unwrap().to_owned();
    rows.map(destination).collect()
}

/// The program itself, as an empty line, and every command that the help lists.
pub(crate) fn commands(host: &FakeHost) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(outer) = found.get(next).cloned() {
        let help = printed(host, &format!("{outer} --help"));
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| !line.is_empty()) {
            // What is indented further continues a description.
            let name = line.strip_prefix("  ").unwrap().split(' ').next().unwrap();
            if !name.is_empty() && name != "help" {
                found.push(format!("{outer} {name}").trim_start().to_owned());
            }
        }
        next += 1;
    }
    assert!(found.len() > 15, "{found:?}");
    found
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
