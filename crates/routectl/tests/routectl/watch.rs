//! Watching changes.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ipforward::{Device, EventKind, WatchFilter};
use serde_json::Value;

use crate::fake_host::FakeHost;
use crate::program::{ROUTE, command, printed, working_host};

/// The first lines of `watch` while a route is added and deleted repeatedly.
fn watched(host: &FakeHost, line: &str, count: usize) -> Vec<String> {
    let mut child = command(host, line).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let enough = AtomicBool::new(false);
    let printed = thread::scope(|scope| {
        scope.spawn(|| {
            while !enough.load(Ordering::Relaxed) {
                printed(host, &format!("route add {ROUTE} metric 5"));
                printed(host, &format!("route delete {ROUTE}"));
            }
        });
        let printed = lines.take(count).map(Result::unwrap).collect();
        enough.store(true, Ordering::Relaxed);
        printed
    });
    child.kill().unwrap();
    child.wait().unwrap();
    printed
}

#[test]
fn watch_prints_changes() {
    let host = working_host();
    let lines = watched(&host, "watch --inside 10.0.0.0/8", 4);
    assert!(lines.contains(&"removed 10.20.0.0/16 via 192.0.2.254 dev 7".to_owned()));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("added 10.20.0.0/16 via"))
    );
}

#[test]
fn watch_prints_a_change_as_one_line_of_json() {
    let host = working_host();
    let events: Vec<Value> = watched(&host, "--json watch --family 4", 4)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let removed = events.iter().find(|event| event["event"] == "removed");
    let removed = removed.unwrap();
    assert_eq!(removed["key"]["destination"], "10.20.0.0/16");
    assert_eq!(removed["key"]["next_hop"], "192.0.2.254");
    assert_eq!(removed["route"], Value::Null);
    assert_eq!(removed["made_by_me"], false);
    let sequence = |event: &Value| event["sequence"].as_u64().unwrap();
    assert!(events.is_sorted_by(|one, other| sequence(one) < sequence(other)));
}

#[test]
fn a_waiting_watch_blocks_no_call_and_can_be_cancelled() {
    let host = working_host();
    let device = Device::open(host.socket()).unwrap();
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    let cancel_handle = watch.cancel_handle();
    thread::scope(|scope| {
        let events = scope.spawn(move || watch.by_ref().map(Result::unwrap).collect::<Vec<_>>());
        printed(&host, &format!("route add {ROUTE}"));
        assert_eq!(
            device.routes(ipforward::AddressFamily::IPV4).unwrap().len(),
            1
        );
        while device.statistics().unwrap().handle.requests < 4 {
            thread::yield_now();
        }
        thread::sleep(std::time::Duration::from_millis(50));
        cancel_handle.cancel();
        let events = events.join().unwrap();
        assert_eq!(events.len(), 1);
        assert!(matches!(events[0].kind, EventKind::Added(_)));
    });
}
