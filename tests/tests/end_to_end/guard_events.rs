//! `routectl hold` and `routectl watch` print what guards do. The tests advance the driver's clock.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ipforward::{Batch, Device, Entry, Interface, Route, WatchFilter};
use serde_json::Value;
use tests::{Host, Process, routectl, start_host};

/// Longer than any delay of a guard.
const COOLDOWN: Duration = Duration::from_mins(1);

/// More deletions than a guard endures.
const DELETIONS: usize = 11;

const HELD: &str = "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5";

fn route() -> Route {
    let prefix: ipforward::IpNet = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix, Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// A host whose clock stands still.
fn still_host() -> (Host, Process) {
    let host = start_host();
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    (host, control)
}

/// Another program deletes the route, and time passes until the guard has acted.
fn delete(device: &Device, control: &mut Process) {
    device.delete_route(&route().key()).unwrap();
    control.quiesce();
    control.pass_time(COOLDOWN);
    control.quiesce();
}

/// A running `routectl hold`, whose command ends when its input ends.
struct Hold {
    process: Child,
    input: ChildStdin,
    errors: BufReader<ChildStderr>,
    _output: BufReader<ChildStdout>,
}

impl Hold {
    /// Holds the route with these keywords; the command exits with `code`.
    fn start(host: &Host, flags: &str, keywords: &str, code: i32) -> Self {
        let words = format!("{flags} hold {HELD} {keywords} -- sh -c");
        let mut command: Command = routectl(&host.socket(), words.split_whitespace());
        let mut process = command
            .arg(format!("echo held; read end; exit {code}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Self {
            input: process.stdin.take().unwrap(),
            errors: BufReader::new(process.stderr.take().unwrap()),
            _output: output,
            process,
        }
    }

    /// The next line on the error output.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.errors.read_line(&mut line).unwrap();
        line
    }

    /// Ends the command. Returns how routectl ended, and the rest of its error output.
    fn end(mut self) -> (ExitStatus, String) {
        drop(self.input);
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap(), rest)
    }
}

/// Without the time at the start, which has the form of RFC 3339 in UTC.
fn without_time(line: &str) -> &str {
    let (time, rest) = line.split_once(' ').expect("a time comes first");
    assert!(time.len() == 20 && time.ends_with('Z'), "{line}");
    rest
}

#[test]
fn hold_prints_a_restoration_as_it_comes() {
    let (host, mut control) = still_host();
    let hostile = Device::open(host.socket()).unwrap();
    let mut hold = Hold::start(&host, "", "guard", 0);
    delete(&hostile, &mut control);
    assert_eq!(
        without_time(&hold.line()),
        "guard restored 10.20.0.0/16 via 192.0.2.254 dev 7\n"
    );
    let (status, rest) = hold.end();
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    drop(hostile);
    host.stop_clean();
}

#[test]
fn hold_tells_that_its_guard_gave_up() {
    for (code, expected) in [(0, 6), (3, 3)] {
        let (host, mut control) = still_host();
        let hostile = Device::open(host.socket()).unwrap();
        let hold = Hold::start(&host, "", "guard", code);
        for _ in 0..DELETIONS {
            delete(&hostile, &mut control);
        }
        let (status, rest) = hold.end();
        assert_eq!(status.code(), Some(expected), "{rest}");
        let lines: Vec<_> = rest.lines().collect();
        let gave_up = "guard gave up 10.20.0.0/16 via 192.0.2.254 dev 7";
        assert_eq!(without_time(lines[DELETIONS - 1]), gave_up, "{rest}");
        assert_eq!(
            lines[DELETIONS],
            "error: the guard gave up: another program keeps removing or changing \
             10.20.0.0/16 via 192.0.2.254 dev 7"
        );
        assert!(lines[DELETIONS + 1].starts_with("hint: "), "{rest}");
        drop(hostile);
        host.stop_clean();
    }
}

#[test]
fn hold_prints_guard_events_as_lines_of_json() {
    let (host, mut control) = still_host();
    let hostile = Device::open(host.socket()).unwrap();
    let mut hold = Hold::start(&host, "--json", "guard", 0);
    delete(&hostile, &mut control);
    let event: Value = serde_json::from_str(&hold.line()).unwrap();
    assert_eq!(event["event"], "restored");
    assert_eq!(event["key"]["destination"], "10.20.0.0/16");
    for _ in 1..DELETIONS {
        delete(&hostile, &mut control);
    }
    let (status, rest) = hold.end();
    assert_eq!(status.code(), Some(6));
    let values = serde_json::Deserializer::from_str(&rest).into_iter::<Value>();
    let values: Vec<_> = values.map(Result::unwrap).collect();
    assert_eq!(values[DELETIONS - 2]["event"], "gave_up");
    let error = values.last().unwrap()["error"].as_str().unwrap();
    assert!(error.starts_with("the guard gave up"), "{error}");
    drop(hostile);
    host.stop_clean();
}

#[test]
fn hold_prints_no_change_of_other_routes_or_guards() {
    let (host, mut control) = still_host();
    let other = Device::open(host.socket()).unwrap();
    let elsewhere: ipforward::IpNet = "10.30.0.0/16".parse().unwrap();
    let guarded = Route::new(elsewhere, Interface::Index(7)).via([192, 0, 2, 254]);
    let hold = Hold::start(&host, "", "guard", 0);
    let entry = Entry::create(&guarded).guard();
    assert!(other.apply(&Batch::new().with(entry)).unwrap().is_success());
    let stranger = Device::open(host.socket()).unwrap();
    stranger.delete_route(&guarded.key()).unwrap();
    control.quiesce();
    assert!(stranger.get_route(&guarded.key()).is_ok(), "it is restored");
    let (status, rest) = hold.end();
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    drop((other, stranger));
    host.stop_clean();
}

#[test]
fn watch_names_the_handle_and_process_of_a_guard() {
    let (host, mut control) = still_host();
    let hostile = Device::open(host.socket()).unwrap();
    let hold = Hold::start(&host, "", "guard", 0);
    let mut watching = routectl(&host.socket(), ["watch"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    // The watch has begun when it prints the first change.
    let marker: ipforward::IpNet = "10.40.0.0/16".parse().unwrap();
    let marker = Route::new(marker, Interface::Index(7)).via([192, 0, 2, 254]);
    let filter = WatchFilter::new().all_guards().only_guards();
    let mut watch = hostile.watch(&filter).unwrap();
    let has_begun = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !has_begun.load(Ordering::Relaxed) {
                hostile.create_route(&marker).unwrap();
                hostile.delete_route(&marker.key()).unwrap();
            }
        });
        // The creation of the held route may be told late, before it.
        let seen = lines
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains("10.40.0.0/16"));
        has_begun.store(true, Ordering::Relaxed);
        assert!(seen);
    });
    delete(&hostile, &mut control);
    let event = watch.next().unwrap().unwrap();
    let owner = event.guard_owner.unwrap();
    assert_eq!(owner.process_id, hold.process.id());
    let (handle, process) = (owner.handle, owner.process_id);
    let expected = format!(" (guard of handle {handle}, process {process})");
    let line = lines
        .map(Result::unwrap)
        .find(|line| line.contains(" restored "));
    assert!(line.unwrap().ends_with(&expected));
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(hold.end().0.code(), Some(0));
    drop(watch);
    drop(hostile);
    host.stop_clean();
}
