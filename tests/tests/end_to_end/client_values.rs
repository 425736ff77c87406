//! A watch as a stream, and routes that belong to a value.

use std::sync::mpsc;
use std::time::Duration;

use futures_lite::{StreamExt, future};
use ipforward::asynchronous::AsyncDevice;
use ipforward::{
    AddressFamily, Batch, Device, Entry, EventKind, Interface, IpNet, Reason, Route, WatchFilter,
};
use tests::{Host, start_host, table};

/// No call takes this long, even on a busy computer.
const TIME_LIMIT: Duration = Duration::from_mins(1);

fn route(number: u8) -> Route {
    let prefix: IpNet = format!("10.20.{number}.0/24").parse().unwrap();
    Route::new(prefix, Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

fn two(host: &Host) -> (AsyncDevice, Device) {
    let watcher = AsyncDevice::new(Device::open(host.socket()).unwrap());
    (watcher, Device::open(host.socket()).unwrap())
}

#[test]
fn a_stream_yields_the_changes_after_its_snapshot() {
    let host = start_host();
    let (watcher, other) = two(&host);
    future::block_on(async {
        let filter = WatchFilter::new().family(AddressFamily::IPV4);
        let mut events = watcher.watch(&filter).await.unwrap();
        other.create_route(&route(1)).unwrap();
        // A change that is not notified before the table is read would be reported after it.
        host.connect().quiesce();
        let routes = events.snapshot().await.unwrap();
        let is_first = |other: &&Route| other.destination == route(1).destination;
        assert_eq!(routes.iter().filter(is_first).count(), 1);
        other.create_route(&route(2)).unwrap();
        let event = events.next().await.unwrap().unwrap();
        let EventKind::Added(added) = event.kind else {
            panic!("{event:?}");
        };
        assert_eq!(added.destination, route(2).destination);
        assert!(!event.made_by_me);

        let batch = Batch::new().with(Entry::delete(&route(2).key()));
        let outcome = watcher.call(move |device| device.apply(&batch)).await;
        assert!(outcome.unwrap().is_success());
        let event = events.next().await.unwrap().unwrap();
        assert!(matches!(event.kind, EventKind::Removed(_)), "{event:?}");
        assert!(event.made_by_me);
    });
    drop((watcher, other));
    host.stop_clean();
}

#[test]
fn a_dropped_stream_leaves_no_pending_call() {
    let host = start_host();
    let (watcher, other) = two(&host);
    let (ended, end) = mpsc::channel();
    // Dropping the stream returns only if it cancels the pending call.
    std::thread::spawn(move || {
        for _ in 0..20 {
            let mut events = future::block_on(watcher.watch(&WatchFilter::new())).unwrap();
            other.create_route(&route(1)).unwrap();
            future::block_on(events.next()).unwrap().unwrap();
            other.delete_route(&route(1).key()).unwrap();
            future::block_on(events.next()).unwrap().unwrap();
            drop(events);
        }
        ended.send((watcher, other)).unwrap();
    });
    drop(end.recv_timeout(TIME_LIMIT).expect("every stream ends"));
    host.stop_clean();
}

#[test]
fn a_dropped_next_future_of_a_stream_loses_no_event() {
    let host = start_host();
    let (watcher, other) = two(&host);
    future::block_on(async {
        let mut events = watcher.watch(&WatchFilter::new()).await.unwrap();
        // There is no event yet, so the other future completes first.
        let timeout = async { None };
        assert!(future::or(events.next(), timeout).await.is_none());
        other.create_route(&route(1)).unwrap();
        assert!(events.next().await.unwrap().is_ok());
    });
    drop((watcher, other));
    host.stop_clean();
}

#[test]
fn the_end_of_the_host_ends_a_stream() {
    let host = start_host();
    let (watcher, other) = two(&host);
    let mut events = future::block_on(watcher.watch(&WatchFilter::new())).unwrap();
    drop(other);
    drop(host);
    assert!(future::block_on(events.next()).unwrap().is_err());
    assert!(future::block_on(events.next()).is_none());
}

#[test]
fn a_leased_route_exists_as_long_as_its_value() {
    let host = start_host();
    let (_, owner) = two(&host);
    let before = table(&owner);
    owner.create_route(&route(1).metric(77)).unwrap();
    {
        let displacing = owner.lease(&route(1)).unwrap();
        assert_eq!(displacing.route().metric, 5);
        assert_eq!(owner.get_route(&route(1).key()).unwrap().metric, 5);
    }
    assert_eq!(owner.get_route(&route(1).key()).unwrap().metric, 77);
    owner.delete_route(&route(1).key()).unwrap();

    owner.lease(&route(2)).unwrap().release().unwrap();
    assert_eq!(table(&owner), before);

    let lost = owner.lease(&route(3)).unwrap();
    owner.delete_route(&route(3).key()).unwrap();
    let reason = lost.release().unwrap_err().reason();
    assert_eq!(reason, Some(Reason::NotFound));
    drop(owner);
    host.stop_clean();
}
