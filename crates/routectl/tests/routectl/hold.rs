//! Leasing routes while a command runs.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use ipforward::Route;
use serde_json::json;

use crate::fake_host::FakeHost;
use crate::program::{PROGRAM, ROUTE, command, error_json, known, net, printed_json, working_host};

fn hold(host: &FakeHost, words: &str, script: &str) -> Command {
    let mut hold = command(host, &format!("hold {words} --"));
    hold.args(["sh", "-c", script]);
    hold
}

fn show(host: &FakeHost) -> String {
    format!(
        "{PROGRAM} --device {} --json route show",
        host.socket().display()
    )
}

#[test]
fn hold_keeps_the_route_and_returns_the_commands_code() {
    let host = working_host();
    let output = hold(
        &host,
        &format!("{ROUTE} metric 5"),
        &format!("{}; exit 37", show(&host)),
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(37), "{output:?}");
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown[0]["destination"], "10.20.0.0/16");
    assert_eq!(shown[0]["metric"], 5);
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn hold_restores_the_previous_route() {
    let host = working_host();
    let before = Route::new(net("10.20.0.0/16"), known())
        .via([192, 0, 2, 254])
        .metric(77);
    host.add_route(before);
    let output = hold(&host, &format!("{ROUTE} metric 5"), &show(&host))
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown[0]["metric"], 5);
    assert_eq!(printed_json(&host, "route show")[0]["metric"], 77);
}

#[test]
fn a_held_route_is_removed_when_routectl_is_killed() {
    let host = working_host();
    let mut child = hold(&host, ROUTE, "echo held; exec sleep 5")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "held\n");
    child.kill().unwrap();
    child.wait().unwrap();
    let gone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(20));
        printed_json(&host, "route show") == json!([])
    });
    assert!(gone);
}

#[test]
fn a_guarded_route_is_restored() {
    let host = working_host();
    let socket = host.socket();
    let script = format!(
        "{PROGRAM} --device {socket} route delete {ROUTE} && \
         {PROGRAM} --device {socket} route get {ROUTE}",
        socket = socket.display()
    );
    let held = |words: &str| hold(&host, words, &script).output().unwrap().status.code();
    assert_eq!(held(&format!("{ROUTE} guard")), Some(0));
    assert_eq!(held(ROUTE), Some(3));
}

#[test]
fn hold_runs_nothing_if_the_route_is_refused() {
    let host = working_host();
    let (code, error) = error_json(&host, "hold 10.20.0.1/16 dev 7 -- echo ran");
    assert_eq!(code, 1);
    assert_eq!(error["cause"]["name"], "host_bits");
    assert_eq!(error["cause"]["probable"], false);
    assert_eq!(error["hint"], "use 10.20.0.0/16");
}

#[test]
fn hold_leaves_no_route_if_the_command_does_not_start() {
    let host = working_host();
    let (code, error) = error_json(&host, &format!("hold {ROUTE} -- /no/such/command"));
    assert_eq!(code, 3);
    let text = error["error"].as_str().unwrap();
    assert!(text.starts_with("cannot run /no/such/command: "), "{text}");
    assert_eq!(printed_json(&host, "route show"), json!([]));
    assert_eq!(error_json(&host, &format!("hold {ROUTE}")).0, 2);
}

#[test]
fn a_held_route_is_shared_or_refused() {
    let host = working_host();
    let socket = host.socket();
    let nested = |words: &str| {
        let inner = format!(
            "{PROGRAM} --json --device {} hold {ROUTE} {words} -- true",
            socket.display()
        );
        hold(&host, &format!("{ROUTE} {words}"), &inner)
            .output()
            .unwrap()
    };
    let refused = nested("");
    assert_eq!(refused.status.code(), Some(1));
    let error: serde_json::Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["status"], "STATUS_SHARING_VIOLATION");
    assert!(error["hint"].as_str().unwrap().contains("`share`"));
    assert_eq!(nested("share").status.code(), Some(0));
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn hold_returns_128_plus_the_signal_of_the_command() {
    let output = hold(&working_host(), ROUTE, "kill -9 $$").output().unwrap();
    assert_eq!(output.status.code(), Some(137));
}

/// Runs a command in its own process group, as a terminal does. Once it runs, sends a signal to
/// routectl or to the whole group. Returns what the command printed afterwards, and how routectl
/// ended.
fn signalled(host: &FakeHost, script: &str, signal: &str, group: bool) -> (String, ExitStatus) {
    let mut holding = hold(host, ROUTE, script)
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(holding.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    assert_eq!(line, "runs\n");
    let target = format!("{}{}", if group { "-" } else { "" }, holding.id());
    let mut kill = Command::new("kill");
    let sent = kill.args(["-s", signal, "--", &target]).status();
    assert!(sent.unwrap().success());
    let mut rest = String::new();
    printed.read_to_string(&mut rest).unwrap();
    (rest, holding.wait().unwrap())
}

#[test]
fn an_interrupted_command_keeps_its_route_until_it_ends() {
    for (signal, group) in [
        ("INT", true),
        ("HUP", true),
        ("QUIT", true),
        ("TERM", false),
    ] {
        let host = working_host();
        let script = format!(
            "trap '{}; exit 7' {signal}; echo runs; while :; do sleep 0.01; done",
            show(&host)
        );
        let (printed, status) = signalled(&host, &script, signal, group);
        assert_eq!(status.code(), Some(7), "{signal}");
        let shown: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(shown[0]["destination"], "10.20.0.0/16", "{signal}");
        assert_eq!(printed_json(&host, "route show"), json!([]));
    }
}

#[test]
fn hold_returns_128_plus_the_signal_of_an_interrupt() {
    for (signal, group, code) in [("INT", true, 130), ("TERM", false, 143)] {
        let host = working_host();
        let (_, status) = signalled(&host, "echo runs; exec sleep 60", signal, group);
        assert_eq!(status.code(), Some(code), "{signal}");
    }
}
