//! Events of interfaces: a cable that goes out and in, an adapter that goes, settings that change.

use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStdout, Stdio};

use ipforward::{AddressFamily, Device, EventKind, Interface, InterfaceChange, Watch, WatchFilter};
use tests::{Host, routectl, start_host};

/// The interface that something happens to, and another one.
const INTERFACE: u32 = 7;
const OTHER: u32 = 9;

fn luid(device: &Device, index: u32) -> u64 {
    let row = device.interface(AddressFamily::IPV4, Interface::Index(index));
    row.unwrap().interface.luid().unwrap()
}

/// The LUIDs of the interfaces that the unread events are of, each once. No event is of a resync.
fn changed(watch: &mut Watch) -> Vec<u64> {
    let kinds = watch.poll().unwrap().into_iter().map(|event| event.kind);
    let interfaces = kinds.filter_map(|kind| match kind {
        EventKind::InterfaceChanged(interface) => interface.and_then(Interface::luid),
        EventKind::Resync => panic!("no event was lost"),
        _ => None,
    });
    let mut luids: Vec<_> = interfaces.collect();
    luids.sort_unstable();
    luids.dedup();
    luids
}

fn is_connected(device: &Device) -> bool {
    let row = device.interface(AddressFamily::IPV4, Interface::Index(INTERFACE));
    row.unwrap().is_connected()
}

#[test]
fn a_watch_of_interfaces_sees_a_cable_go_out_and_in() {
    let host = start_host();
    let mut control = host.connect();
    let device = Device::open(host.socket()).unwrap();
    let luids = [INTERFACE, OTHER].map(|index| luid(&device, index));
    let watch = |filter| device.watch(&filter).unwrap();
    let mut all = watch(WatchFilter::new().interfaces());
    let mut only_other = watch(WatchFilter::new().interfaces().interface_luid(luids[1]));
    let mut routes = watch(WatchFilter::new());
    for up in [false, true] {
        control.set_link(INTERFACE, up);
        control.quiesce();
        assert_eq!(changed(&mut all), luids[..1]);
        assert_eq!(is_connected(&device), up);
        assert_eq!(changed(&mut only_other), [0_u64; 0]);
    }
    control.set_link(OTHER, false);
    control.quiesce();
    assert_eq!(changed(&mut only_other), luids[1..]);
    assert_eq!(changed(&mut routes), [0_u64; 0], "it asked for routes only");
    drop((all, only_other, routes));
    drop(device);
    host.stop_clean();
}

#[test]
fn a_waiting_watch_learns_that_an_adapter_is_removed() {
    let host = start_host();
    let mut control = host.connect();
    let device = Device::open(host.socket()).unwrap();
    let luid = luid(&device, INTERFACE);
    let filter = WatchFilter::new().interfaces().only_guards();
    let mut watch = device.watch(&filter).unwrap();
    let read = || device.interface(AddressFamily::IPV4, Interface::Luid(luid));
    let is_of_it = EventKind::InterfaceChanged(Some(Interface::Luid(luid)));
    control.unplug(INTERFACE);
    // No other event comes: the filter leaves out routes.
    assert_eq!(watch.next().unwrap().unwrap().kind, is_of_it);
    control.quiesce();
    assert!(read().is_err());
    watch.poll().unwrap();
    control.plug(INTERFACE);
    assert_eq!(watch.next().unwrap().unwrap().kind, is_of_it);
    control.quiesce();
    assert!(read().is_ok());
    drop(watch);
    drop(device);
    host.stop_clean();
}

/// The next line of `routectl watch` about an interface, without its time.
fn next_line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let lines = lines.map(Result::unwrap);
    let mut lines = lines.map(|line| line.split_once(' ').unwrap().1.to_owned());
    let line = lines.find(|line| line.starts_with("interface "));
    line.expect("routectl runs")
}

fn begin_watch(host: &Host) -> (std::process::Child, Lines<BufReader<ChildStdout>>) {
    let mut watching = routectl(&host.socket(), ["watch", "--table", "-4"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    // It has read the interfaces when it prints the first route.
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains(" present "), "{first}");
    (watching, lines)
}

#[test]
fn routectl_watch_says_what_happens_to_an_interface() {
    let host = start_host();
    let mut control = host.connect();
    let device = Device::open(host.socket()).unwrap();
    let (mut watching, mut lines) = begin_watch(&host);
    let mut next = || next_line(&mut lines);
    control.set_link(INTERFACE, false);
    assert_eq!(next(), "interface disconnected dev 7 IPv4 (IF7)");
    control.set_link(INTERFACE, true);
    assert_eq!(next(), "interface connected dev 7 IPv4 (IF7)");
    let change = InterfaceChange::new().metric(5);
    let interface = Interface::Index(OTHER);
    device
        .set_interface(AddressFamily::IPV4, interface, change)
        .unwrap();
    assert_eq!(
        next(),
        "interface changed dev 9 IPv4 metric 10 → 5 automatic metric yes → no (IF9)"
    );
    control.unplug(OTHER);
    let removed = next();
    assert!(
        removed.starts_with("interface removed dev 9 IPv4"),
        "{removed}"
    );
    control.plug(OTHER);
    let added = next();
    assert!(
        added.starts_with("interface added dev 9 IPv4 metric "),
        "{added}"
    );
    watching.kill().unwrap();
    watching.wait().unwrap();
    drop(device);
    host.stop_clean();
}
