//! A start at which the stack refuses to notify changes: the driver starts and asks again.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, Route, WatchFilter};
use tests::{Host, Process, numbered_route as route, start_host_with};

/// After this time the driver asks again.
const RETRY: Duration = Duration::from_secs(1);

/// A host whose stack refuses every call of a function until it is disarmed.
fn start_host_refusing(function: &str) -> (Host, Process) {
    let host = start_host_with(&["--fail-from", "0", "--fail-among", function]);
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    (host, control)
}

/// The functions that register for notifications.
const FUNCTIONS: [&str; 3] = [
    "NotifyRouteChange2",
    "NotifyIpInterfaceChange",
    "NotifyUnicastIpAddressChange",
];

fn open(host: &Host) -> Device {
    Device::open(host.socket()).unwrap()
}

fn has(device: &Device, route: &Route) -> bool {
    device.get_route(&route.key()).is_ok()
}

#[test]
fn a_device_without_notifications_starts_and_serves() {
    for function in FUNCTIONS {
        let (host, mut control) = start_host_refusing(function);
        let device = open(&host);
        device.create_route(&route(1)).unwrap();
        control.pass_time(10 * RETRY);
        assert!(has(&device, &route(1)));
        drop(device);
        host.stop_clean();
    }
}

#[test]
fn a_guard_restores_its_route_when_notifications_begin() {
    for function in FUNCTIONS {
        let (host, mut control) = start_host_refusing(function);
        let (owner, other) = (open(&host), open(&host));
        let batch = Batch::new()
            .with(Entry::create(&route(1)).guard())
            .with(Entry::create(&route(2)).lease());
        assert!(owner.apply(&batch).unwrap().is_success());
        other.delete_route(&route(1).key()).unwrap();
        control.pass_time(10 * RETRY);
        assert!(!has(&other, &route(1)), "the driver cannot know");
        let _ = control.disarm();
        control.pass_time(RETRY);
        assert!(has(&other, &route(1)));
        assert!(has(&other, &route(2)));
        // From now on the guard is as quick as ever.
        other.set_route(&route(1).metric(99)).unwrap();
        control.quiesce();
        control.pass_time(RETRY);
        assert_eq!(other.get_route(&route(1).key()).unwrap().metric, 5);
        drop((owner, other));
        host.stop_clean();
    }
}

#[test]
fn a_reader_gets_a_resync_when_notifications_begin() {
    for function in FUNCTIONS {
        let (host, mut control) = start_host_refusing(function);
        let (reader, writer) = (open(&host), open(&host));
        let mut watch = reader.watch(&WatchFilter::new()).unwrap();
        writer.create_route(&route(1)).unwrap();
        control.pass_time(RETRY);
        assert_eq!(watch.poll().unwrap(), []);
        let _ = control.disarm();
        control.pass_time(RETRY);
        let kinds: Vec<_> = watch
            .poll()
            .unwrap()
            .iter()
            .map(|event| event.kind)
            .collect();
        assert_eq!(kinds, [EventKind::Resync]);
        writer.create_route(&route(2)).unwrap();
        control.quiesce();
        let kinds: Vec<_> = watch
            .poll()
            .unwrap()
            .iter()
            .map(|event| event.kind)
            .collect();
        assert!(matches!(kinds[..], [EventKind::Added(_)]), "{kinds:?}");
        drop(watch);
        drop((reader, writer));
        host.stop_clean();
    }
}
