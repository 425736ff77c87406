//! Declaring an equal set writes nothing and causes no notification.

use ipforward::{
    Batch, Device, EntryOutcome, EntryResult, Interface, Route, RouteSet, WatchFilter,
};
use tests::{NetioCall, start_host, start_host_with};

/// The entries of a full page.
const PAGE: usize = Batch::ENTRIES_MAX as usize;

/// More than one call can carry.
const ROUTES: u32 = 4_200;

/// 10.N.M.0/24 via 192.0.2.254 at interface 7.
fn route(number: u32) -> Route {
    let address = std::net::Ipv4Addr::from(0x0A00_0000 | number << 8);
    let prefix = ipnet::Ipv4Net::new(address, 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// Every kind of lease.
fn set(routes: u32) -> RouteSet {
    (0..routes).fold(RouteSet::new(), |set, number| match number % 3 {
        0 => set.with(&route(number)),
        1 => set.with_shared(&route(number)),
        _ => set.with_guarded(&route(number)),
    })
}

fn count_of(calls: &[NetioCall], function: &str) -> usize {
    let calls = calls.iter().filter(|call| call.function == function);
    calls.count()
}

#[test]
fn declaring_an_equal_set_writes_and_notifies_nothing() {
    let host = start_host();
    let mut control = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    let other = Device::open(host.socket()).unwrap();
    // One lease displaces a row; it counts as unchanged when the set is declared again.
    other.create_route(&route(0).metric(77)).unwrap();
    assert!(owner.declare(&set(ROUTES)).unwrap().is_success());
    control.quiesce();
    let mut watch = other.watch(&WatchFilter::new()).unwrap();

    let (outcome, calls) = control.trace(None, || owner.declare(&set(ROUTES)).unwrap());
    assert!(outcome.is_success());
    assert_eq!(outcome.ended, 0);
    assert!(
        outcome
            .entries
            .iter()
            .all(|entry| entry.result == EntryResult::Unchanged)
    );
    // The first page reads the table; the last one is too small for so large a table.
    assert_eq!(count_of(&calls, "GetIpForwardTable2"), 1);
    assert_eq!(
        count_of(&calls, "GetIpForwardEntry2"),
        ROUTES as usize - PAGE
    );
    let writes: Vec<_> = calls.iter().filter(|call| call.writes()).collect();
    assert!(writes.is_empty(), "{writes:?}");
    control.quiesce();
    assert_eq!(watch.poll().unwrap(), []);

    // One route less is one write, and one notification.
    let (outcome, calls) = control.trace(None, || owner.declare(&set(ROUTES - 1)).unwrap());
    assert_eq!(outcome.ended, 1);
    assert_eq!(calls.iter().filter(|call| call.writes()).count(), 1);
    control.quiesce();
    assert_eq!(watch.poll().unwrap().len(), 1);
    host.stop_clean();
}

#[test]
fn an_equal_set_is_read_route_by_route_if_there_is_no_table() {
    let host = start_host_with(&["--fail-from", "0", "--fail-among", "GetIpForwardTable2"]);
    let mut control = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    assert!(owner.declare(&set(100)).unwrap().is_success());
    let (outcome, calls) = control.trace(None, || owner.declare(&set(100)).unwrap());
    let is_unchanged = |entry: &EntryOutcome| entry.result == EntryResult::Unchanged;
    assert!(outcome.entries.iter().all(is_unchanged));
    assert_eq!(count_of(&calls, "GetIpForwardTable2"), 1);
    assert_eq!(count_of(&calls, "GetIpForwardEntry2"), 100);
    host.stop_clean();
}
