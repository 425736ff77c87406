//! Events for several watchers at once: slow ones, and ones that never read, that cancel and that
//! die.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use abi::watch::{WATCH_FILTERS_MAX, WATCH_NO_WAIT};
use abi::{IpAddressPrefix, NtStatus, Operation, WatchEvent, WatchHeader, WatchRequest};
use ipforward::{
    AddressFamily, Batch, Device, Entry, EventKind, Interface, Route, RouteKey, Watch, WatchFilter,
};
use tests::{Host, Profile, RawClient, Reply, events, start_host, table, without_age};
use zerocopy::IntoBytes;

/// More changes than the driver keeps for a handle.
const MANY: u32 = 3_000;

/// 10.20.0.0/24 plus so many, on-link at interface 7.
fn route(number: u32) -> Route {
    let base = u32::from_be_bytes([10, 20, 0, 0]);
    let prefix = ipnet::Ipv4Net::new((base + (number << 8)).into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7)).metric(5)
}

/// Makes one change for each route, in calls of a thousand.
fn change(device: &Device, entries: impl Iterator<Item = Entry>) {
    let entries: Vec<_> = entries.collect();
    for some in entries.chunks(1_000) {
        let batch = some.iter().cloned().fold(Batch::new(), Batch::with);
        assert!(device.apply(&batch).unwrap().is_success());
    }
}

fn open(host: &Host) -> Device {
    Device::open(host.socket()).unwrap()
}

type Copy = HashMap<RouteKey, Route>;

fn copy(routes: Vec<Route>) -> Copy {
    let keyed = |route: Route| (route.key(), without_age(route));
    routes.into_iter().map(keyed).collect()
}

/// Follows the events until a route exists. The result is the reader's copy, and how often it had
/// to read a snapshot.
fn follow(watch: &mut Watch, mut table: Copy, until: &Route) -> (Copy, u32) {
    let mut resyncs = 0;
    let there = |table: &Copy| {
        let mut keys = table.keys();
        keys.any(|key| key.destination == until.destination)
    };
    while !there(&table) {
        match watch.next().unwrap().unwrap().kind {
            EventKind::Added(route) | EventKind::Changed(route) => {
                table.insert(route.key(), without_age(route));
            }
            EventKind::Removed(key) => drop(table.remove(&key)),
            EventKind::Resync => {
                resyncs += 1;
                table = copy(watch.snapshot().unwrap());
            }
            other => panic!("{other:?} is not expected"),
        }
    }
    (table, resyncs)
}

#[test]
fn a_reader_that_lost_events_resyncs_and_has_the_right_table() {
    let host = start_host();
    let (reader, writer) = (open(&host), open(&host));
    let filter = WatchFilter::new().family(AddressFamily::IPV4);
    let mut watch = reader.watch(&filter).unwrap();
    let before = copy(watch.snapshot().unwrap());
    let last = route(MANY);
    // The reader does not poll during the first changes, which overflows its ring; then it polls.
    change(&writer, (0..MANY).map(|n| Entry::create(&route(n))));
    host.connect().quiesce();
    let (followed, resyncs) = thread::scope(|scope| {
        scope.spawn(|| {
            change(
                &writer,
                (0..MANY).map(|n| match n % 3 {
                    0 => Entry::delete(&route(n).key()),
                    1 => Entry::set(&route(n).metric(50)),
                    _ => Entry::upsert(&route(n).metric(60)),
                }),
            );
            // Its notification overtakes none of them.
            host.connect().quiesce();
            writer.create_route(&last).unwrap();
        });
        follow(&mut watch, before, &last)
    });
    assert!(resyncs > 0, "no event was lost");
    assert!(watch.lost() >= u64::from(MANY) - 1_024);
    let truth = copy(reader.routes(AddressFamily::IPV4).unwrap());
    assert_eq!(followed, truth);
    drop(watch);
    drop((reader, writer));
    host.stop_clean();
}

#[test]
fn a_watcher_that_never_reads_does_not_affect_others() {
    let host = start_host();
    let (asleep, reader, writer) = (open(&host), open(&host), open(&host));
    let filter = WatchFilter::new();
    let never_read = asleep.watch(&filter).unwrap();
    let mut watch = reader.watch(&filter).unwrap();
    for first in (0..MANY).step_by(500) {
        change(
            &writer,
            (first..first + 500).map(|n| Entry::create(&route(n))),
        );
        let added = watch.by_ref().take(500).map(|event| event.unwrap().kind);
        let expected = (first..first + 500).map(|n| route(n).destination);
        let mut expected: Vec<_> = expected.collect();
        let added = added.map(|kind| match kind {
            EventKind::Added(route) => route.destination,
            other => panic!("{other:?} is not expected"),
        });
        let mut added: Vec<_> = added.collect();
        if Profile::of_this_run().behaviours().notifies_later_first() {
            added.sort();
            expected.sort();
        }
        assert_eq!(added, expected);
    }
    assert_eq!(watch.lost(), 0);
    drop((never_read, watch));
    drop((asleep, reader, writer));
    host.stop_clean();
}

/// A request for the changes within one prefix.
fn into(number: u32) -> WatchRequest {
    let prefix = route(number).destination;
    WatchRequest {
        prefix: IpAddressPrefix::new(prefix.addr(), prefix.prefix_len()),
        ..WatchRequest::default()
    }
}

fn no_wait(request: WatchRequest) -> WatchRequest {
    WatchRequest {
        flags: WATCH_NO_WAIT,
        ..request
    }
}

fn raw_client(host: &Host) -> RawClient {
    RawClient::open(&host.socket()).unwrap()
}

fn begin(client: &mut RawClient, request: &WatchRequest) -> u64 {
    client.begin(Operation::Watch, request.as_bytes(), 4096)
}

fn watch(client: &mut RawClient, request: &WatchRequest) -> (WatchHeader, Vec<WatchEvent>) {
    let call = begin(client, request);
    watch_events(&client.wait(call))
}

fn watch_events(reply: &Reply) -> (WatchHeader, Vec<WatchEvent>) {
    assert_eq!(reply.status, NtStatus::SUCCESS);
    events(&reply.output)
}

#[test]
fn each_pending_watch_of_a_handle_gets_its_own_events() {
    let host = start_host();
    let (mut client, writer) = (raw_client(&host), open(&host));
    let waiting: Vec<_> = (0..WATCH_FILTERS_MAX)
        .map(|number| {
            let (header, _) = watch(&mut client, &no_wait(into(number)));
            begin(
                &mut client,
                &WatchRequest {
                    after_sequence: header.sequence,
                    ..into(number)
                },
            )
        })
        .collect();
    let late = begin(&mut client, &into(99));
    assert_eq!(client.wait(late).status, NtStatus::QUOTA_EXCEEDED);
    // Answered in the order of the changes, which is not that of the requests.
    for number in (0..WATCH_FILTERS_MAX).rev() {
        writer.create_route(&route(number)).unwrap();
        let (_, events) = watch_events(&client.wait(waiting[number as usize]));
        let [event] = events[..] else {
            panic!("{events:?} is not one event");
        };
        assert_eq!(event.row.destination_prefix, into(number).prefix);
    }
    drop((client, writer));
    host.stop_clean();
}

#[test]
fn an_event_survives_the_cancellation_of_its_request() {
    let host = start_host();
    let (mut client, writer) = (raw_client(&host), open(&host));
    let (mut header, _) = watch(&mut client, &no_wait(WatchRequest::default()));
    let mut cancelled = 0;
    for number in 0..300 {
        let since = WatchRequest {
            after_sequence: header.sequence,
            ..WatchRequest::default()
        };
        let call = begin(&mut client, &since);
        let reply = thread::scope(|scope| {
            if number % 2 == 0 {
                // The request is pending when it is cancelled; otherwise the two race.
                client.quiesce_after(call);
                client.cancel(call);
            }
            scope.spawn(|| writer.create_route(&route(number)).unwrap());
            client.cancel(call);
            client.wait(call)
        });
        let answer = if reply.status == NtStatus::CANCELLED {
            cancelled += 1;
            watch(&mut client, &since)
        } else {
            watch_events(&reply)
        };
        header = answer.0;
        assert_eq!(answer.1.len(), 1, "change {number}");
        assert_eq!(answer.1[0].row.destination_prefix, into(number).prefix);
    }
    assert!(cancelled >= 150, "{cancelled}");
    drop((client, writer));
    host.stop_clean();
}

#[test]
fn handles_closed_while_events_arrive_leave_nothing() {
    let host = start_host();
    let mut control = host.connect();
    let writer = open(&host);
    let before = table(&writer);
    // The driver keeps what it allocates for its first watcher.
    drop(watch(
        &mut raw_client(&host),
        &no_wait(WatchRequest::default()),
    ));
    let at_rest = control.outstanding();
    for round in 0..100 {
        let mut client = raw_client(&host);
        for number in 0..3 {
            watch(&mut client, &no_wait(into(number)));
            begin(&mut client, &into(number));
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..3 {
                    writer.create_route(&route(number)).unwrap();
                }
            });
            // By closing the handle, or by dying.
            if round % 2 == 0 {
                let _ = client.close();
            }
            drop(client);
        });
        for number in 0..3 {
            writer.delete_route(&route(number).key()).unwrap();
        }
    }
    let started = Instant::now();
    while control.outstanding() > at_rest {
        let in_time = started.elapsed() < Duration::from_mins(1);
        assert!(in_time, "{}", control.list_outstanding());
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(table(&writer), before);
    drop((control, writer));
    host.stop_clean();
}

#[test]
fn several_watches_of_a_device_get_the_events_of_their_filters() {
    let host = start_host();
    let device = open(&host);
    let inside = |prefix: &str| WatchFilter::new().inside(prefix.parse().unwrap());
    let mut first = device.watch(&inside("10.20.1.0/24")).unwrap();
    let mut second = device.watch(&inside("10.20.2.0/24")).unwrap();
    let added = |event: Option<Result<ipforward::Event, ipforward::Error>>| match event {
        Some(Ok(event)) => match event.kind {
            EventKind::Added(route) => without_age(route).key().destination,
            other => panic!("{other:?} is not expected"),
        },
        other => panic!("{other:?} is not expected"),
    };
    let waiting = thread::spawn(move || added(second.next()));
    let cancel = first.cancel_handle();
    let cancelled = thread::spawn(move || first.next().is_none());
    // Cancelling one watch ends its call and leaves the other waiting.
    thread::sleep(Duration::from_millis(50));
    cancel.cancel();
    assert!(cancelled.join().unwrap());
    device.create_route(&route(2)).unwrap();
    assert_eq!(waiting.join().unwrap(), route(2).destination);
    drop(device);
    host.stop_clean();
}

#[test]
fn a_lease_keeps_the_handle_of_its_device_open() {
    let host = start_host();
    let device = open(&host);
    let lease = device.lease(&route(1)).unwrap();
    let clone = device.clone();
    drop(device);
    assert!(clone.get_route(&route(1).key()).is_ok());
    drop(clone);
    let other = open(&host);
    assert!(other.get_route(&route(1).key()).is_ok());
    drop(lease);
    assert!(other.get_route(&route(1).key()).is_err());
    drop(other);
    host.stop_clean();
}
