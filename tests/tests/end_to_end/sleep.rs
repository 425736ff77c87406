//! The system sleeps and resumes. While it sleeps, the stack may lose the routes of programs, with
//! notifications or without.

use std::time::Duration;

use abi::apply::{ENTRY_CREATE, ENTRY_LEASE, OUTCOME_DONE};
use abi::device::USER_PATH;
use abi::{
    ApplyAnswer, ApplyEntry, ApplyHeader, Losses, MibIpForwardRow2, NtStatus, Operation,
    WatchRequest,
};
use ipforward::{Batch, Device, Entry, EventKind, GuardState, Interface, Route, WatchFilter};
use nthost_protocol::syscall::CallKind;
use tests::{
    Host, Process, RawClient, Sleep, events, eventually, host_routes, start_host, start_host_with,
    table,
};
use zerocopy::{FromBytes, IntoBytes};

/// The interface of all routes.
const INTERFACE: u32 = 7;

const LOSE_ROUTES: Sleep = Sleep {
    lose_routes: true,
    fast_startup: false,
};

/// 10.20.N.0/24 via 192.0.2.254 at that interface.
fn route(number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 20, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(INTERFACE))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// A lease of each kind.
fn hold_all_kinds(owner: &Device) {
    let batch = Batch::new()
        .with(Entry::create(&route(1)).lease())
        .with(Entry::create(&route(2)).guard())
        .with(Entry::create(&route(3)).share())
        .with(Entry::upsert(&route(4)).lease())
        .with(Entry::create(&route(5)).share().guard());
    assert!(owner.apply(&batch).unwrap().is_success());
}

fn sleep(control: &mut Process, how: Sleep) {
    assert_eq!(control.sleep(how), NtStatus::SUCCESS);
    control.quiesce();
}

fn wake(control: &mut Process) {
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    control.quiesce();
}

/// The events of a watch without routes.
fn is_resync(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Resync)
}

#[test]
fn requests_are_served_while_the_system_sleeps() {
    let host = start_host();
    let mut client = RawClient::open(&host.socket()).unwrap();
    let mut control = host.connect();
    sleep(&mut control, Sleep::default());
    let request = client.begin(Operation::QueryVersion, &[], 64);
    client.quiesce_after(request);
    assert_eq!(control.list_in_flight(), "");
    assert_eq!(client.wait(request).status, NtStatus::SUCCESS);
    wake(&mut control);
    host.stop_clean();
}

#[test]
fn leases_whose_routes_are_lost_in_a_sleep_return() {
    for notifications in ["notified", "silent"] {
        let behaviour = format!("routes-lost-in-sleep={notifications}");
        let host = start_host_with(&["--behaviour", &behaviour]);
        let [owner, observer] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
        observer.create_route(&route(4).metric(77)).unwrap();
        observer.create_route(&route(9)).unwrap();
        hold_all_kinds(&owner);
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let leased = observer.leases().unwrap();
        let before = table(&observer);
        for _ in 0..12 {
            sleep(&mut control, LOSE_ROUTES);
            control.pass_time(Duration::from_hours(1));
            let asleep = table(&observer);
            let is_lost = |number| {
                asleep
                    .iter()
                    .all(|other| other.destination != route(number).destination)
            };
            assert!((1..6).all(is_lost), "{notifications}: {asleep:?}");
            wake(&mut control);
        }
        let mut wanted = before;
        // A route without a lease is lost.
        wanted.retain(|other| other.destination != route(9).destination);
        assert_eq!(table(&observer), wanted, "{notifications}");
        // A loss in a sleep is no disturbance.
        assert_eq!(observer.leases().unwrap(), leased, "{notifications}");
        assert_eq!(observer.statistics().unwrap().losses, Losses::default());
        drop(owner);
        eventually("the leases have ended", || {
            table(&observer).len() == wanted.len() - 4
        });
        // The end of the lease restores the row that it displaced before the sleep.
        let row = observer.get_route(&route(4).key()).unwrap();
        assert_eq!(row.metric, 77, "{notifications}");
        host.stop_clean();
    }
}

#[test]
fn leases_that_kept_their_routes_stay_as_they_are() {
    let host = start_host();
    let [owner, observer] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    observer.create_route(&route(4).metric(77)).unwrap();
    hold_all_kinds(&owner);
    let mut control = host.connect();
    let before = (table(&observer), observer.leases().unwrap());
    let mut tracer = host.connect();
    let ((), calls) = tracer.trace(None, || {
        sleep(&mut control, Sleep::default());
        wake(&mut control);
    });
    assert!(calls.iter().all(|call| !call.writes()), "{calls:?}");
    let after = (table(&observer), observer.leases().unwrap());
    assert_eq!(after, before);
    host.stop_clean();
}

#[test]
fn a_watch_gets_one_resync_after_a_sleep() {
    let host = start_host();
    let [owner, reader] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    let mut control = host.connect();
    hold_all_kinds(&owner);
    control.quiesce();
    let mut watch = reader.watch(&WatchFilter::new()).unwrap();
    while !watch.poll().unwrap().is_empty() {}
    let mut last = 0;
    for _ in 0..3 {
        sleep(&mut control, Sleep::default());
        assert_eq!(watch.poll().unwrap(), []);
        wake(&mut control);
        let events = watch.poll().unwrap();
        assert!(
            matches!(events.as_slice(), [one] if is_resync(&one.kind)),
            "{events:?}"
        );
        assert!(events[0].sequence > last);
        last = events[0].sequence;
    }
    host.stop_clean();
}

#[test]
fn a_parked_watch_waits_through_a_sleep() {
    let host = start_host();
    let mut client = RawClient::open(&host.socket()).unwrap();
    let mut control = host.connect();
    let request = WatchRequest::default();
    let watch = client.begin(Operation::Watch, request.as_bytes(), 4096);
    client.quiesce_after(watch);
    sleep(&mut control, Sleep::default());
    assert_eq!(control.list_in_flight().lines().count(), 1);
    wake(&mut control);
    let (header, events) = events(&client.wait(watch).output);
    assert_eq!(
        (header.count, events[0].kind),
        (1, abi::watch::EVENT_RESYNC)
    );
    host.stop_clean();
}

#[test]
fn a_handle_that_closes_in_a_sleep_gets_no_route_back() {
    let host = start_host();
    let observer = Device::open(host.socket()).unwrap();
    let before = table(&observer);
    let owner = Device::open(host.socket()).unwrap();
    hold_all_kinds(&owner);
    let mut control = host.connect();
    sleep(&mut control, LOSE_ROUTES);
    drop(owner);
    eventually("the leases have ended", || {
        observer.leases().unwrap().is_empty()
    });
    wake(&mut control);
    assert_eq!(table(&observer), before);
    host.stop_clean();
}

#[test]
fn leases_wait_for_a_link_that_is_down_at_the_resume() {
    let host = start_host();
    let [owner, observer] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    hold_all_kinds(&owner);
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    let leased = observer.leases().unwrap();
    let before = table(&observer);
    sleep(&mut control, LOSE_ROUTES);
    control.set_link(INTERFACE, false);
    wake(&mut control);
    for _ in 0..20 {
        control.pass_time(Duration::from_mins(1));
    }
    assert_eq!(observer.leases().unwrap().len(), leased.len());
    control.set_link(INTERFACE, true);
    control.quiesce();
    assert_eq!(table(&observer), before);
    assert_eq!(observer.leases().unwrap(), leased);
    host.stop_clean();
}

#[test]
fn a_guard_works_after_a_sleep_as_before() {
    let host = start_host();
    let [owner, observer] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    hold_all_kinds(&owner);
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    sleep(&mut control, LOSE_ROUTES);
    wake(&mut control);
    // A lease without a guard ends when another program deletes its route; a guard restores it.
    for number in [1, 2] {
        observer.delete_route(&route(number).key()).unwrap();
    }
    control.quiesce();
    assert!(observer.get_route(&route(1).key()).is_err());
    assert!(observer.get_route(&route(2).key()).is_ok());
    let leases = observer.leases().unwrap();
    assert_eq!(leases.len(), 4);
    let guards = leases.iter().filter_map(|lease| lease.guard);
    let mut guards: Vec<_> = guards.map(|guard| (guard.state, guard.times)).collect();
    guards.sort_by_key(|(_, times)| *times);
    assert_eq!(guards, [(GuardState::Holding, 0), (GuardState::Holding, 1)]);
    host.stop_clean();
}

/// Has a process lease a route.
fn lease(process: &mut Process, number: u8) {
    let handle = process.open(USER_PATH).unwrap();
    let header = ApplyHeader {
        count: 1,
        ..ApplyHeader::default()
    };
    let entry = ApplyEntry {
        operation: ENTRY_CREATE,
        flags: ENTRY_LEASE,
        row: MibIpForwardRow2::from(&route(number)),
        ..ApplyEntry::default()
    };
    let input = [header.as_bytes(), entry.as_bytes()].concat();
    let code = Operation::Apply.description().code;
    let reply = process.call(CallKind::DeviceControl, handle, code.0, &input, 4096);
    let (answer, _) = ApplyAnswer::read_from_prefix(&reply.output).unwrap();
    assert_eq!(answer.outcome, OUTCOME_DONE);
}

#[test]
fn a_fast_startup_keeps_the_leases_of_services_alone() {
    let host: Host = start_host();
    let before = host_routes(&host).len();
    let (mut user, mut service, mut control) = (host.connect(), host.connect(), host.connect());
    service.set_token(&["S-1-5-18"]);
    for (process, number) in [(&mut user, 1), (&mut service, 2)] {
        lease(process, number);
    }
    let how = Sleep {
        lose_routes: true,
        fast_startup: true,
    };
    sleep(&mut control, how);
    wake(&mut control);
    let routes = host_routes(&host);
    let has = |number| {
        let mut routes = routes.iter();
        routes.any(|other| other.destination == route(number).destination)
    };
    assert_eq!((routes.len(), has(1), has(2)), (before + 1, false, true));
    drop((user, service));
    host.stop_clean();
}
