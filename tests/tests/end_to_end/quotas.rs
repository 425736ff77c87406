//! What a handle, a route and the driver may have at most, and the status of one more.

use abi::NtStatus;
use ipforward::{Batch, Device, Entry, Error, Interface, Reason, Route, WatchFilter};
use tests::{Host, eventually, start_host, table};
use zerocopy::IntoBytes;

/// Handles that may hold one route together, and handles that may watch.
const HANDLES: usize = 64;

fn route() -> Route {
    let prefix: ipnet::Ipv4Net = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254])
}

fn open(host: &Host) -> Device {
    Device::open(host.socket()).unwrap()
}

/// Why the handle cannot hold the route too.
fn share(device: &Device) -> Option<Reason> {
    let batch = Batch::new().with(Entry::create(&route()).share());
    let outcome = device.apply(&batch).unwrap();
    let failure = outcome.entries[0].failure?;
    Some(failure.driver_error.reason())
}

#[test]
fn the_65th_handle_cannot_share_a_route_until_another_closes() {
    let host = start_host();
    let before = table(&open(&host));
    let mut owners: Vec<_> = (0..HANDLES).map(|_| open(&host)).collect();
    assert!(owners.iter().all(|owner| share(owner).is_none()));
    let late = open(&host);
    assert_eq!(share(&late), Some(Reason::Quota));
    drop(owners.pop());
    eventually("there is room again", || share(&late).is_none());
    drop(owners);
    let observer = open(&host);
    assert!(
        observer.get_route(&route().key()).is_ok(),
        "one owner is left"
    );
    drop(late);
    eventually("the route is deleted with its last owner", || {
        table(&observer) == before
    });
    host.stop_clean();
}

#[test]
fn the_65th_handle_cannot_watch_until_another_closes() {
    let host = start_host();
    let mut watchers: Vec<_> = (0..HANDLES).map(|_| open(&host)).collect();
    for watcher in &watchers {
        drop(watcher.watch(&WatchFilter::new()).unwrap());
    }
    let late = open(&host);
    let refused = late.watch(&WatchFilter::new()).unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::QUOTA_EXCEEDED));
    drop(watchers.pop());
    eventually("there is room again", || {
        late.watch(&WatchFilter::new()).is_ok()
    });
    host.stop_clean();
}

#[test]
fn a_batch_with_4097_entries_is_refused_as_a_whole() {
    let host = start_host();
    let device = open(&host);
    let before = table(&device);
    let entries = vec![abi::ApplyEntry::from(&Entry::create(&route())); 4_097];
    let header = abi::ApplyHeader {
        count: 4_097,
        ..abi::ApplyHeader::default()
    };
    let input = [header.as_bytes(), entries.as_bytes()].concat();
    let code = abi::Operation::Apply.description().code;
    let refused = device
        .raw_device_control(code, &input, 1 << 20)
        .unwrap_err();
    let refused = Error::from_transport(abi::Operation::Apply, refused);
    assert_eq!(refused.status(), Some(NtStatus::INVALID_PARAMETER));
    let limit = device.version().unwrap().batch_entries_max;
    assert_eq!(limit, 4_096, "QUERY_VERSION says how many");
    assert_eq!(table(&device), before);
    host.stop_clean();
}

#[test]
fn a_route_leased_by_another_handle_is_held() {
    let host = start_host();
    let (owner, other) = (open(&host), open(&host));
    let held = Batch::new().with(Entry::create(&route()).guard());
    assert!(owner.apply(&held).unwrap().is_success());
    assert_eq!(share(&other), Some(Reason::Held));
    host.stop_clean();
}
