//! What a handle, a route and the driver may have at most, and the status of one more.

use abi::apply::BATCH_ENTRIES_MAX;
use abi::watch::{EVENT_ADDED, WATCH_REQUESTS_MAX};
use abi::{IpAddressPrefix, NtStatus, Operation, WatchRequest};
use ipforward::{
    Batch, Device, Diagnosis, DriverError, Entry, EntryFailure, Error, Interface, Reason, Route,
    WatchFilter,
};
use tests::{Host, Process, RawClient, creating_batch, events, eventually, start_host, table};
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
fn share(device: &Device) -> Option<EntryFailure> {
    let batch = Batch::new().with(Entry::create(&route()).share());
    let outcome = device.apply(&batch).unwrap();
    outcome.entries[0].failure.as_deref().copied()
}

fn reason(failure: EntryFailure) -> Reason {
    failure.driver_error.reason()
}

#[test]
fn the_65th_handle_cannot_share_a_route_until_another_closes() {
    let host = start_host();
    let before = table(&open(&host));
    let mut owners: Vec<_> = (0..HANDLES).map(|_| open(&host)).collect();
    assert!(owners.iter().all(|owner| share(owner).is_none()));
    let late = open(&host);
    let refused = share(&late).unwrap();
    assert_eq!(reason(refused), Reason::Quota);
    assert_eq!(refused.diagnosis, Diagnosis::HandlesOfLease { limit: 64 });
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

/// Begins to wait for changes within a prefix.
fn wait_for_changes(client: &mut RawClient, prefix: &str) -> u64 {
    let prefix: ipnet::IpNet = prefix.parse().unwrap();
    let request = WatchRequest {
        prefix: IpAddressPrefix::new(prefix.addr(), prefix.prefix_len()),
        ..WatchRequest::default()
    };
    let request = client.begin(Operation::Watch, request.as_bytes(), 4096);
    client.quiesce_after(request);
    request
}

fn waiting(control: &mut Process) -> usize {
    control.list_in_flight().lines().count()
}

#[test]
fn the_65th_request_of_a_handle_cannot_wait_until_one_ends() {
    const NEVER: &str = "10.99.0.0/16";
    let limit = WATCH_REQUESTS_MAX as usize;
    assert_eq!(limit, 64);
    let host = start_host();
    let (device, mut control) = (open(&host), host.connect());
    let [mut client, mut other] = [(); 2].map(|()| RawClient::open(&host.socket()).unwrap());
    let first = wait_for_changes(&mut client, "10.20.0.0/16");
    let second = wait_for_changes(&mut client, NEVER);
    for _ in 2..limit {
        wait_for_changes(&mut client, NEVER);
    }
    assert_eq!(waiting(&mut control), limit);
    let is_refused = |client: &mut RawClient| {
        let late = wait_for_changes(client, NEVER);
        let status = client.wait(late).status;
        assert_eq!(status, NtStatus::QUOTA_EXCEEDED);
        assert_eq!(DriverError::from_status(status).reason(), Reason::Quota);
    };
    is_refused(&mut client);
    // Another handle has a limit of its own.
    for _ in 0..limit {
        wait_for_changes(&mut other, NEVER);
    }
    assert_eq!(waiting(&mut control), 2 * limit);
    is_refused(&mut other);
    // An event ends one.
    device.create_route(&route()).unwrap();
    let (_, seen) = events(&client.wait(first).output);
    assert_eq!(seen[0].kind, EVENT_ADDED);
    wait_for_changes(&mut client, NEVER);
    assert_eq!(waiting(&mut control), 2 * limit);
    is_refused(&mut client);
    // A cancellation ends one.
    assert!(client.cancel(second));
    assert_eq!(client.wait(second).status, NtStatus::CANCELLED);
    wait_for_changes(&mut client, NEVER);
    assert_eq!(waiting(&mut control), 2 * limit);
    is_refused(&mut client);
    assert_eq!(client.close(), NtStatus::SUCCESS);
    control.quiesce();
    assert_eq!(waiting(&mut control), limit, "the other handle's wait on");
    device.delete_route(&route().key()).unwrap();
    drop((client, other, control, device));
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
    assert_eq!(share(&other).map(reason), Some(Reason::Held));
    host.stop_clean();
}

#[test]
fn a_handle_with_too_many_batches_is_refused_and_others_go_on() {
    const BATCHES: usize = 40;
    const ROOM: u32 = 1 << 20;
    let host = start_host();
    let mut control = host.connect();
    let observer = open(&host);
    let client = || RawClient::open(&host.socket()).unwrap();
    // A batch that has the lease-table lock keeps the others waiting.
    control.pause_at("CreateIpForwardEntry2", 0);
    let mut holder = client();
    let held = holder.begin(Operation::Apply, &creating_batch(0, 1), ROOM);
    eventually("the first batch has begun", || control.is_paused());
    let mut greedy = client();
    let large = creating_batch(0, BATCH_ENTRIES_MAX);
    let sent = [(); BATCHES].map(|()| greedy.begin(Operation::Apply, &large, ROOM));
    eventually("one of them is refused", || {
        observer.statistics().unwrap().total.refused > 0
    });
    let mut other = client();
    let request = other.begin(Operation::Apply, &creating_batch(0, 2), ROOM);
    let waiting = sent.map(|id| greedy.cancel(id));
    control.resume();
    assert!(holder.wait(held).status.is_success());
    assert!(other.wait(request).status.is_success(), "the other handle");
    for (id, was_waiting) in sent.into_iter().zip(waiting) {
        let status = greedy.wait(id).status;
        assert!(
            was_waiting || status == NtStatus::QUOTA_EXCEEDED,
            "{status:?}"
        );
    }
    assert!(waiting.contains(&true) && waiting.contains(&false));
    let again = greedy.call(Operation::Apply, &large, ROOM);
    assert!(again.status.is_success(), "its memory was given back");
    drop((holder, greedy, other, observer, control));
    host.stop_clean();
}
