//! The start and the stop of each driver.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use tests::{Exhaustion, Reading, driver_image, program, test_driver_image};

#[test]
fn the_start_survives_the_failure_of_every_call() {
    start_survives("start and stop", &driver_image());
}

#[test]
fn the_start_of_other_drivers_survives_the_failure_of_every_call() {
    for name in ["control", "echo", "inspector", "miniport"] {
        start_survives(
            &format!("start and stop of {name}"),
            &test_driver_image(name),
        );
    }
}

/// Every call that a driver's start makes fails in each of its ways, alone and with all later ones.
fn start_survives(name: &str, image: &Path) {
    let mut found = Exhaustion::default();
    for option in ["--fail-call", "--fail-from"] {
        found.points = 0;
        loop {
            let mut statuses = Vec::new();
            // A call that has no more ways fails in its first one again.
            while let Some(status) = start_and_stop(image, option, found.points, statuses.len()) {
                if statuses.contains(&status) {
                    break;
                }
                statuses.push(status);
            }
            if statuses.is_empty() {
                break;
            }
            found.points += 1;
            found.runs += statuses.len() as u64;
        }
    }
    assert!(found.points > 0, "{name}: nothing could fail");
    found.tell(name);
}

/// Starts a host whose call with this number fails in this way, and stops it if it runs. The status
/// with which the call failed, if its turn came.
fn start_and_stop(image: &Path, option: &str, number: u64, way: usize) -> Option<String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut host = Command::new(program("nthost"))
        .args(["run", "--knobs", Reading::of_this_run().name()])
        .args([option, &number.to_string()])
        .args(["--fail-way", &way.to_string(), "--driver"])
        .arg(image)
        .arg("--socket")
        .arg(directory.path().join("socket"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nthost starts");
    let stdout = BufReader::new(host.stdout.take().expect("it is piped"));
    let ready = stdout
        .lines()
        .map_while(Result::ok)
        .any(|line| line.starts_with("ready"));
    if ready {
        let killed = Command::new("kill").arg(host.id().to_string()).status();
        assert!(killed.is_ok_and(|status| status.success()));
    }
    let mut said = String::new();
    let mut stderr = host.stderr.take().expect("it is piped");
    stderr.read_to_string(&mut said).expect("it says something");
    let code = host.wait().expect("it ends").code();
    let mut failed = None;
    let fault = said.lines().find(|line| line.contains("fault: call"));
    match fault {
        // The driver does not start, says why, and leaves nothing: that would be another code.
        Some(fault) => {
            assert_eq!((ready, code), (false, Some(1)), "{said}");
            let status = fault.rsplit(": ").next().expect("a status");
            failed = Some(status.to_owned());
            let ends = said
                .lines()
                .last()
                .is_some_and(|line| line.contains(status));
            assert!(ends, "no {status} at the end of: {said}");
        }
        None => assert_eq!((ready, code), (true, Some(0)), "{said}"),
    }
    failed
}
