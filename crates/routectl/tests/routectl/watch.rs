//! Watching changes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Device, EventKind, Route, WatchFilter};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, interface};
use crate::program::{ROUTE, command, known, net, printed, printed_json, working_host};

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
    let events: Vec<_> = lines
        .iter()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let has = |text: &str| events.iter().any(|(_, event)| event.starts_with(text));
    assert!(
        has("removed 10.20.0.0/16 via 192.0.2.254 dev 7"),
        "{lines:?}"
    );
    assert!(has("added 10.20.0.0/16 via"), "{lines:?}");
    for (time, _) in events {
        assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    }
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

#[test]
fn watch_prints_the_table_at_the_start() {
    let host = working_host();
    for prefix in ["10.10.0.0/16", "192.0.2.0/24"] {
        host.add_route(Route::new(net(prefix), known()).metric(5));
    }
    let lines = watched(&host, "watch --table --inside 10.0.0.0/8", 2);
    assert!(
        lines[0].ends_with(" present 10.10.0.0/16 dev 7 metric 5"),
        "{lines:?}"
    );
    // Another route may exist already, or be added then.
    assert!(lines[1].contains(" 10.20.0.0/16 via "), "{lines:?}");
}

#[test]
fn watch_names_the_process_that_leases_a_route() {
    let host = working_host();
    host.add_route(Route::new(net("192.0.2.0/24"), known()));
    let device = Device::open(host.socket()).unwrap();
    let route = Route::new(net("10.10.0.0/16"), known());
    let _lease = device.lease(&route).unwrap();
    let lease = device.leases().unwrap()[0].owner;
    let lines = watched(&host, "watch --table", 1);
    let expected = format!(" (leased by process {})", lease.process_id);
    assert!(lines[0].ends_with(&expected), "{lines:?}");
    let lines = watched(&host, "--json watch --table", 1);
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&line["event"], &line["sequence"]),
        (&json!("present"), &Value::Null)
    );
    assert_eq!(line["owners"][0]["handle"], lease.handle);
}

#[test]
fn watch_says_what_changed_on_an_interface() {
    let host = working_host();
    host.add_route(Route::new(net("192.0.2.0/24"), known()));
    let [ipv4, ipv6] = [AddressFamily::IPV4, AddressFamily::IPV6].map(|it| interface(it, 7, 25));
    let disconnected = MibIpInterfaceRow {
        connected: 0,
        ..ipv4
    };
    host.set_interfaces([ipv4, ipv6]);
    let mut child = command(&host, "watch --table")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| line.unwrap().split_once(' ').unwrap().1.to_owned());
    assert!(lines.next().unwrap().starts_with("present "));
    let mut after = |rows: &[MibIpInterfaceRow], expected: &[&str]| {
        host.set_interfaces(rows.iter().copied());
        let printed: Vec<_> = lines.by_ref().take(expected.len()).collect();
        assert_eq!(printed, expected);
    };
    after(
        &[disconnected, ipv6],
        &["interface disconnected dev 7 IPv4 (Ethernet 7)"],
    );
    let connected = interface(AddressFamily::IPV4, 7, 5);
    after(
        &[connected, ipv6],
        &[
            "interface connected dev 7 IPv4 (Ethernet 7)",
            "interface changed dev 7 IPv4 metric 25 → 5 (Ethernet 7)",
        ],
    );
    after(&[connected], &["interface removed dev 7 IPv6 (Ethernet 7)"]);
    let other = interface(AddressFamily::IPV4, 12, 50);
    after(
        &[connected, other],
        &["interface added dev 12 IPv4 metric 50 (Ethernet 12)"],
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_watch_inside_a_prefix_prints_no_interface() {
    let host = working_host();
    host.add_route(Route::new(net("10.10.0.0/16"), known()));
    let mut child = command(&host, "watch --table --inside 10.0.0.0/8")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains(" present "));
    host.set_interfaces([interface(AddressFamily::IPV4, 7, 5)]);
    printed(&host, "route add 10.20.0.0/16 dev 7");
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains(" added 10.20.0.0/16 "), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn watch_shows_no_route_that_is_gone_when_it_is_read() {
    let host = working_host();
    let device = Device::open(host.socket()).unwrap();
    for format in ["", "--json "] {
        let mut child = command(&host, &format!("{format}watch --inside 10.0.0.0/8"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        let route = |third: u8| Route::new(net(&format!("10.0.{third}.0/24")), known());
        repeat_until_printed(&device, &route(0), &mut next);
        host.notify_of_gone(route(1));
        let mut line = next();
        while !line.contains("10.0.1.0/24") {
            line = next();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if format.is_empty() {
            assert!(
                line.ends_with(" added 10.0.1.0/24 dev 7, which is gone"),
                "{line}"
            );
        } else {
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["route"], Value::Null);
            assert_eq!(line["event"], "added");
            assert_eq!(line["key"]["destination"], "10.0.1.0/24");
        }
    }
}

/// Creates and deletes a route until the first line is printed: then `watch` has begun.
fn repeat_until_printed(
    device: &Device,
    route: &Route,
    next: &mut impl FnMut() -> String,
) -> String {
    let is_printed = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_printed.load(Ordering::Relaxed) {
                device.create_route(route).unwrap();
                device.delete_route(&route.key()).unwrap();
            }
        });
        let line = next();
        is_printed.store(true, Ordering::Relaxed);
        line
    })
}

/// Applies the lines of `watch` to a copy of the table.
fn apply_line(table: &mut BTreeSet<String>, line: &Value) {
    let prefix = line["key"]["destination"].as_str();
    match (line["event"].as_str().unwrap(), prefix) {
        ("resync", None) => {}
        (_, Some(prefix)) if line["route"].is_null() => {
            table.remove(prefix);
        }
        (_, Some(prefix)) => {
            table.insert(prefix.to_owned());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn watch_reads_the_table_again_after_lost_events() {
    let host = working_host();
    let device = Device::open(host.socket()).unwrap();
    let mut child = command(&host, "--json watch --table")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let marker = |number: u32| Route::new(net(&format!("172.16.{number}.0/24")), known());
    let mut next = || lines.next().unwrap().unwrap();
    let begun = repeat_until_printed(&device, &marker(0), &mut next);
    let mut table = BTreeSet::new();
    apply_line(&mut table, &serde_json::from_str(&begun).unwrap());
    // Nothing reads the pipe, so routectl stops reading events, and the driver drops some.
    for number in 0..4_096_u32 {
        let prefix = format!("10.{}.{}.0/24", number >> 8, number & 0xFF);
        let route = Route::new(net(&prefix), known());
        device.create_route(&route).unwrap();
        if number % 2 == 0 {
            device.delete_route(&route.key()).unwrap();
        }
    }
    device.create_route(&marker(1)).unwrap();
    let mut is_resynced = false;
    for line in lines.map(Result::unwrap) {
        let line: Value = serde_json::from_str(&line).unwrap();
        is_resynced |= line["event"] == "resync";
        apply_line(&mut table, &line);
        if line["key"]["destination"] == "172.16.1.0/24" {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_resynced);
    let shown = printed_json(&host, "route show");
    let expected = shown.as_array().unwrap().iter();
    let expected = expected.map(|row| row["destination"].as_str().unwrap().to_owned());
    assert_eq!(table, expected.collect());
}
