//! The host as a process: signals, pipes, and `nthost send` for people.

use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::{Host, program, start_test_driver};

use crate::echo::ECHO;

/// `nthost send` to `host`.
fn send(host: &Host) -> Command {
    let mut command = Command::new(program("nthost"));
    command.arg("send").arg("--socket").arg(host.socket());
    command
}

#[test]
fn two_sigterms_in_a_row_still_give_the_report() {
    const LEFT_BEHIND: i32 = 87;
    let host = start_test_driver("leak", &[]);
    let id = Pid::from_raw(i32::try_from(host.id()).expect("an id is positive"));
    for _ in 0..2 {
        kill(id, Signal::SIGTERM).expect("the host runs");
    }
    let ended = host.wait();
    assert_eq!(ended.code, Some(LEFT_BEHIND), "{}", ended.stderr);
    assert!(ended.stderr.contains("left behind by the driver: 5"));
}

#[test]
fn a_reader_that_is_gone_ends_send_without_a_panic() {
    let host = start_test_driver("echo", &[]);
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut routes = send(&host);
    routes.arg("--routes").stdout(writer);
    let output = routes
        .stderr(Stdio::piped())
        .output()
        .expect("nthost starts");
    assert_eq!(output.status.signal(), Some(Signal::SIGPIPE as i32));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    host.stop_clean();
}

#[test]
fn send_lists_the_names_that_open_the_device() {
    let host = start_test_driver("echo", &[]);
    let output = send(&host).arg("--interfaces").output();
    let output = output.expect("nthost starts").stdout;
    let text = String::from_utf8_lossy(&output);
    assert!(text.lines().any(|line| line == ECHO), "{text}");
    host.stop_clean();
}

#[test]
fn send_makes_several_calls_on_one_handle() {
    let host = start_test_driver("echo", &["--verbose"]);
    let mut command = send(&host);
    command.args(["--calls", "-"]).stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("nthost starts");
    // The reads wait for a timer that a test would wait for in vain; the cancellation ends one.
    let calls = b"ioctl 0x22A000 in 40420f00\nread out 8 &\ncancel 2\nwait 2\n";
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(calls).expect("nthost reads");
    drop(input);
    let output = child.wait_with_output().expect("nthost ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("#1 ioctl: STATUS_SUCCESS"), "{text}");
    assert!(text.contains("#2 read: STATUS_CANCELLED"), "{text}");
    assert_eq!(output.status.code(), Some(1), "a call failed");
    let ended = host.stop();
    for words in [
        "nthost: type in a second terminal:",
        "DeviceIoControl 0x0022a000 on handle 4, 4 bytes in, room for 4096",
        "ReadFile on handle 4, room for 8",
        "STATUS_CANCELLED",
    ] {
        assert!(ended.stderr.contains(words), "{words} in {}", ended.stderr);
    }
}
