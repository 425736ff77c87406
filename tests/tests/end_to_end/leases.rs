//! Routes that belong to a handle, atomic batches, watches, and guarded routes.

use abi::apply::{
    APPLY_ATOMIC, APPLY_DRY_RUN, ENTRY_CREATE, ENTRY_GUARD, ENTRY_LEASE, ENTRY_RESULT_CREATED,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLED_BACK, ENTRY_UPSERT, OUTCOME_DONE,
    OUTCOME_ROLLED_BACK, OUTCOME_WOULD_SUCCEED,
};
use abi::watch::{EVENT_ADDED, EVENT_MADE_BY_ME, EVENT_REMOVED, WATCH_NO_WAIT, WATCH_NOT_MINE};
use abi::{
    ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, MibIpForwardRow2, NtStatus, Operation,
    WatchEvent, WatchHeader, WatchRequest,
};
use ipforward::{Device, Interface, Route};
use nthost_protocol::syscall::CallKind;
use tests::{Process, eventually, host_routes, numbered_route as route, start_host, table};
use zerocopy::{FromBytes, IntoBytes};

fn entry(operation: u32, flags: u32, route: &Route) -> ApplyEntry {
    ApplyEntry {
        operation,
        flags,
        row: MibIpForwardRow2::from(route),
        ..ApplyEntry::default()
    }
}

fn apply(device: &Device, flags: u32, entries: &[ApplyEntry]) -> (ApplyAnswer, Vec<EntryAnswer>) {
    let header = ApplyHeader {
        flags,
        count: u32::try_from(entries.len()).unwrap(),
        reserved: 0,
    };
    let input = [header.as_bytes(), entries.as_bytes()].concat();
    let room = size_of::<ApplyAnswer>() + size_of_val(entries);
    let code = Operation::Apply.description().code;
    let output = device.raw_device_control(code, &input, room).unwrap();
    let (answer, rest) = ApplyAnswer::read_from_prefix(&output).unwrap();
    let answers = rest
        .chunks_exact(size_of::<EntryAnswer>())
        .map(|answer| EntryAnswer::read_from_bytes(answer).unwrap());
    (answer, answers.collect())
}

fn watch(device: &Device, request: &WatchRequest) -> (WatchHeader, Vec<WatchEvent>) {
    let code = Operation::Watch.description().code;
    let output = device
        .raw_device_control(code, request.as_bytes(), 1 << 16)
        .unwrap();
    let (header, rest) = WatchHeader::read_from_prefix(&output).unwrap();
    let events = rest
        .chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).unwrap());
    (header, events.collect())
}

fn with_two(test: impl FnOnce(Device, &Device)) {
    let host = start_host();
    let (one, other) = (
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    );
    test(one, &other);
    drop(other);
    host.stop_clean();
}

#[test]
fn leased_routes_are_deleted_when_their_handle_closes() {
    with_two(|owner, other| {
        let before = table(other);
        let entries: Vec<_> = (0..100)
            .map(|number| entry(ENTRY_CREATE, ENTRY_LEASE, &route(number)))
            .collect();
        let (answer, answers) = apply(&owner, APPLY_ATOMIC, &entries);
        assert_eq!((answer.outcome, answer.applied), (OUTCOME_DONE, 100));
        assert!(
            answers
                .iter()
                .all(|answer| answer.result == ENTRY_RESULT_CREATED)
        );
        assert_eq!(table(other).len(), before.len() + 100);
        drop(owner);
        eventually("the routes are gone", || table(other) == before);
    });
}

#[test]
fn leased_routes_stay_until_the_last_duplicate_closes() {
    let host = start_host();
    let mut process = host.connect();
    let before = host_routes(&host);
    let handle = process.open(r"\\.\IpForward").unwrap();
    let again = process.duplicate(handle).unwrap();
    let last = process.duplicate(again).unwrap();
    let lease = |process: &mut Process, handle, number| {
        let header = ApplyHeader {
            count: 1,
            ..ApplyHeader::default()
        };
        let entry = entry(ENTRY_CREATE, ENTRY_LEASE, &route(number));
        let input = [header.as_bytes(), entry.as_bytes()].concat();
        let code = Operation::Apply.description().code;
        let reply = process.call(CallKind::DeviceControl, handle, code.0, &input, 4096);
        assert_eq!(reply.status, NtStatus::SUCCESS);
    };
    lease(&mut process, handle, 1);
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    assert_eq!(process.close(handle), NtStatus::INVALID_HANDLE);
    assert_eq!(host_routes(&host).len(), before.len() + 1);
    lease(&mut process, again, 2);
    assert_eq!(process.close(again), NtStatus::SUCCESS);
    assert_eq!(host_routes(&host).len(), before.len() + 2);
    assert_eq!(process.close(last), NtStatus::SUCCESS);
    eventually("the routes are gone", || host_routes(&host) == before);
    host.stop_clean();
}

#[test]
fn a_row_displaced_by_a_lease_is_restored() {
    with_two(|owner, other| {
        other.create_route(&route(1).metric(77)).unwrap();
        let before = table(other);
        let leased = entry(ENTRY_UPSERT, ENTRY_LEASE, &route(1));
        let (answer, answers) = apply(&owner, 0, &[leased]);
        assert_eq!(answer.outcome, OUTCOME_DONE);
        assert_eq!(
            (answers[0].result, answers[0].old.metric),
            (ENTRY_RESULT_REPLACED, 77)
        );
        assert_eq!(other.get_route(&route(1).key()).unwrap().metric, 5);
        drop(owner);
        eventually("the row is back", || table(other) == before);
        other.delete_route(&route(1).key()).unwrap();
    });
}

#[test]
fn a_failed_atomic_batch_leaves_the_table_unchanged() {
    with_two(|owner, other| {
        let before = table(other);
        let unsound = Route::new(
            "10.99.0.1/16".parse::<ipnet::IpNet>().unwrap(),
            Interface::Index(7),
        );
        let entries = [
            entry(ENTRY_CREATE, 0, &route(1)),
            entry(ENTRY_CREATE, ENTRY_LEASE, &route(2)),
            entry(ENTRY_CREATE, 0, &unsound),
            entry(ENTRY_CREATE, 0, &route(3)),
        ];
        let (answer, answers) = apply(&owner, APPLY_ATOMIC, &entries);
        assert_eq!(
            (answer.outcome, answer.failed_index),
            (OUTCOME_ROLLED_BACK, 2)
        );
        assert_eq!(
            (answers[0].result, answers[1].result),
            (ENTRY_RESULT_ROLLED_BACK, ENTRY_RESULT_ROLLED_BACK)
        );
        assert_eq!(answers[2].status, NtStatus::INVALID_PARAMETER.bits());
        assert_eq!(answers[2].cause, abi::Cause::HOST_BITS.0);
        assert_eq!(answers[3].status, NtStatus::CANCELLED.bits());
        assert_eq!(table(other), before);
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    with_two(|owner, other| {
        let before = table(other);
        let entries = [entry(ENTRY_CREATE, 0, &route(1))];
        let (answer, _) = apply(&owner, APPLY_DRY_RUN, &entries);
        assert_eq!(answer.outcome, OUTCOME_WOULD_SUCCEED);
        assert_eq!(table(other), before);
    });
}

#[test]
fn a_watch_waits_for_a_change_and_attributes_it() {
    with_two(|watcher, other| {
        let now = WatchRequest {
            flags: WATCH_NO_WAIT,
            ..WatchRequest::default()
        };
        let (header, events) = watch(&watcher, &now);
        assert_eq!(events, []);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let since = WatchRequest {
                    after_sequence: header.sequence,
                    ..WatchRequest::default()
                };
                watch(&watcher, &since)
            });
            other.create_route(&route(1)).unwrap();
            let (_, events) = waiting.join().unwrap();
            assert_eq!((events[0].kind, events[0].flags), (EVENT_ADDED, 0));
            assert_eq!(events[0].row.metric, 5);
        });
        watcher.delete_route(&route(1).key()).unwrap();
        eventually("the watch attributes the own change", || {
            let (_, events) = watch(&watcher, &now);
            let removed = events.iter().find(|event| event.kind == EVENT_REMOVED);
            removed.is_some_and(|event| event.flags == EVENT_MADE_BY_ME)
        });
    });
}

#[test]
fn a_watch_of_foreign_changes_omits_own_changes() {
    with_two(|watcher, other| {
        let others = WatchRequest {
            flags: WATCH_NO_WAIT | WATCH_NOT_MINE,
            ..WatchRequest::default()
        };
        let (_, events) = watch(&watcher, &others);
        assert_eq!(events, []);
        watcher.create_route(&route(1)).unwrap();
        other.create_route(&route(2)).unwrap();
        eventually("the watch reports the other handle's change", || {
            let (_, events) = watch(&watcher, &others);
            let rows: Vec<_> = events
                .iter()
                .map(|event| event.row.destination_prefix.prefix.ipv4_or_flow)
                .collect();
            assert!(!rows.contains(&[10, 20, 1, 0]), "{rows:?}");
            rows == [[10, 20, 2, 0]]
        });
    });
}

#[test]
fn a_pending_watch_ends_with_its_handle() {
    let host = start_host();
    // Opened here: the request in flight below is the watch, not the opening of its handle.
    let watcher = Device::open(host.socket()).unwrap();
    let pending = std::thread::spawn(move || {
        let code = Operation::Watch.description().code;
        watcher.raw_device_control(code, WatchRequest::default().as_bytes(), 4096)
    });
    let mut control = host.connect();
    eventually("the watch is pending", || {
        !control.list_in_flight().is_empty()
    });
    host.stop_clean();
    assert!(pending.join().unwrap().is_err());
}

#[test]
fn a_deleted_guarded_route_is_restored() {
    with_two(|owner, other| {
        let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, &route(1));
        let (answer, _) = apply(&owner, APPLY_ATOMIC, &[guarded]);
        assert_eq!(answer.outcome, OUTCOME_DONE);
        let before = table(other);
        for _ in 0..2 {
            other.delete_route(&route(1).key()).unwrap();
            eventually("the route is back", || table(other) == before);
        }
        drop(owner);
        let gone = || other.get_route(&route(1).key()).is_err();
        eventually("the lease ended", gone);
    });
}
