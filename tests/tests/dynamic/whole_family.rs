//! Each function of the route family has an operation, and tests in which that operation succeeds
//! and is refused. Each test is checked to send its operation.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use abi::family::FAMILY;
use abi::operation::call;
use abi::watch::{EVENT_ADDED, WATCH_NO_WAIT};
use abi::{
    AddressFamily, BestRouteRequest, ControlCode, MibIpForwardRow2, NtStatus, Operation,
    TableRequest, WatchRequest,
};
use ipforward::{Device, Interface, InterfaceChange, Route};
use ipforward::{Transport, TransportError};
use libtest_mimic::Trial;
use tests::{NetioCall, Profile, eventually, start_host, table, without_age};

use crate::named;

/// The body of a test.
type Body = fn(&Device);

/// Tests with their names.
type Named = &'static [(&'static str, Body)];

/// The tests of one operation.
struct Tests {
    /// Tests in which the operation succeeds.
    does: Named,
    /// Tests in which it is refused.
    refuses: Named,
}

/// The tests of an operation; none if the operation stands for no function of Windows.
const fn tests_of(operation: Operation) -> Tests {
    let (does, refuses): (Named, Named) = match operation {
        Operation::CreateRoute => (
            named![a_created_route_is_in_the_table],
            named![
                the_same_route_twice_is_a_duplicate_and_changes_nothing,
                host_bits_are_invalid_and_change_nothing
            ],
        ),
        Operation::DeleteRoute => (
            named![
                a_deleted_route_is_not_in_the_table,
                a_route_is_deleted_by_its_keys_alone
            ],
            named![deleting_an_absent_route_is_not_found],
        ),
        Operation::GetBestRoute => (
            named![the_best_route_has_the_longest_prefix_and_lowest_metric],
            named![an_unreachable_destination_has_the_stacks_status],
        ),
        Operation::GetRoute => (
            named![the_whole_row_is_found_by_its_keys],
            named![getting_an_absent_route_is_not_found],
        ),
        Operation::GetTable => (
            named![a_table_of_one_family_has_no_route_of_the_other],
            named![a_table_of_an_unknown_family_is_invalid],
        ),
        Operation::GetInterface => (
            named![an_interface_is_found_by_index_and_by_luid],
            named![an_interface_without_the_family_is_not_found],
        ),
        Operation::GetInterfaceTable => (
            named![all_interfaces_are_in_their_table],
            named![an_interface_table_of_an_unknown_family_is_invalid],
        ),
        Operation::SetInterface => (
            named![a_metric_that_is_set_is_that_of_the_interface],
            named![an_interface_without_the_family_is_not_changed],
        ),
        Operation::InitializeRoute => (
            named![an_initialized_row_has_the_documented_defaults],
            named![initialize_without_room_for_the_row_is_refused],
        ),
        Operation::Watch => (
            named![a_watch_reports_a_change],
            named![a_watch_with_an_unknown_flag_is_invalid],
        ),
        Operation::SetRoute => (
            named![set_changes_only_the_metric_of_a_route],
            named![set_does_not_create_an_absent_route],
        ),
        _ => (&[], &[]),
    };
    Tests { does, refuses }
}

/// A test for each function and each test of its operation.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::test("no_function_is_without_tests", || {
        for (function, operation) in FAMILY {
            let tests = tests_of(*operation);
            let is_tested = !tests.does.is_empty() && !tests.refuses.is_empty();
            assert!(is_tested, "{function} lacks tests");
        }
        Ok(())
    })];
    for (function, operation) in FAMILY {
        let tests = tests_of(*operation);
        let does = tests.does.iter().map(|test| (test, true));
        let refuses = tests.refuses.iter().map(|test| (test, false));
        trials.extend(does.chain(refuses).map(|((name, body), succeeds)| {
            Trial::test(format!("{function}::{name}"), move || {
                run(function, *operation, *body, succeeds);
                Ok(())
            })
        }));
    }
    trials
}

/// Prints the operation and the tests of each function.
pub(crate) fn print_family() {
    println!("\n{:<26} {:<20} tests", "function", "operation");
    for (function, operation) in FAMILY {
        let tests = tests_of(*operation);
        let names: Vec<_> = tests
            .does
            .iter()
            .chain(tests.refuses)
            .map(|(name, _)| *name)
            .collect();
        let name = operation.description().name;
        println!("{function:<26} {name:<20} {}", names.join(", "));
    }
}

/// A transport that records each operation, and whether it succeeded.
struct Recorder {
    device: Device,
    seen: Arc<Mutex<Vec<(ControlCode, bool)>>>,
}

impl Transport for Recorder {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let answer = self.device.raw_device_control(code, input, output.len());
        self.seen.lock().unwrap().push((code, answer.is_ok()));
        let answer = answer?;
        output[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

/// Runs a test, and checks its place in the table: it sent the operation, which succeeded or not as
/// the table says; and if it succeeded, the driver called the function.
fn run(function: &str, operation: Operation, body: Body, succeeds: bool) {
    let host = start_host();
    let seen = Arc::default();
    let recorder = Recorder {
        device: Device::open(host.socket()).unwrap(),
        seen: Arc::clone(&seen),
    };
    let device = Device::with_transport(recorder).unwrap();
    let mut process = host.connect();
    let ((), calls) = process.trace(None, || body(&device));
    let code = operation.description().code;
    assert!(
        seen.lock().unwrap().contains(&(code, succeeds)),
        "{operation:?} was not sent, or had another outcome"
    );
    // The driver registers for changes once, when it starts.
    if succeeds && operation != Operation::Watch {
        let is_called = |call: &NetioCall| call.function == function && call.status.is_success();
        assert!(
            calls.iter().any(is_called),
            "{function} is not among {calls:?}"
        );
    }
    drop((device, process));
    host.stop_clean();
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn route(prefix: &str, via: &str, index: u32) -> Route {
    let prefix: ipnet::IpNet = prefix.parse().expect("a prefix");
    Route::new(prefix, Interface::Index(index))
        .via(address(via))
        .metric(5)
}

/// A route of each family, and the default route.
fn routes() -> [Route; 3] {
    [
        route("10.20.0.0/16", "192.0.2.254", 7),
        route("2001:db8:20::/48", "2001:db8::1", 7),
        route("0.0.0.0/0", "192.0.2.254", 7),
    ]
}

fn an_unknown_family() -> TableRequest {
    TableRequest {
        family: 99,
        ..TableRequest::default()
    }
}

fn a_created_route_is_in_the_table(device: &Device) {
    let before = table(device);
    for route in routes() {
        device.create_route(&route).unwrap();
        let is_it = |row: &Route| {
            (row.destination, row.next_hop, row.metric)
                == (route.destination, route.next_hop, route.metric)
        };
        assert!(table(device).iter().any(is_it), "{route}");
    }
    assert_eq!(table(device).len(), before.len() + routes().len());
}

fn the_same_route_twice_is_a_duplicate_and_changes_nothing(device: &Device) {
    let [route, ..] = routes();
    device.create_route(&route).unwrap();
    let before = table(device);
    let twice = device.create_route(&route.metric(9)).unwrap_err();
    assert_eq!(twice.status(), Some(Profile::of_this_run().duplicate()));
    assert_eq!(table(device), before);
}

fn host_bits_are_invalid_and_change_nothing(device: &Device) {
    let before = table(device);
    let refused = device
        .create_route(&route("10.20.0.1/16", "192.0.2.254", 7))
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::INVALID_PARAMETER));
    assert_eq!(table(device), before);
}

fn a_deleted_route_is_not_in_the_table(device: &Device) {
    let before = table(device);
    for route in routes() {
        device.create_route(&route).unwrap();
    }
    for route in routes() {
        device.delete_route(&route.key()).unwrap();
    }
    assert_eq!(table(device), before);
}

fn a_route_is_deleted_by_its_keys_alone(device: &Device) {
    let before = table(device);
    let [route, ..] = routes();
    device.create_route(&route).unwrap();
    // Another metric, and a protocol that is not the route's.
    let row = MibIpForwardRow2 {
        metric: 77,
        protocol: 2,
        ..MibIpForwardRow2::from(&route)
    };
    device.call::<call::DeleteRoute>(&row).unwrap();
    assert_eq!(table(device), before);
}

fn deleting_an_absent_route_is_not_found(device: &Device) {
    let [route, other, _] = routes();
    device.create_route(&other).unwrap();
    let before = table(device);
    let absent = device.delete_route(&route.key()).unwrap_err();
    assert_eq!(absent.status(), Some(Profile::of_this_run().absent()));
    assert_eq!(table(device), before);
}

fn the_whole_row_is_found_by_its_keys(device: &Device) {
    for route in routes() {
        device.create_route(&route).unwrap();
        let found = device.get_route(&route.key()).unwrap();
        assert_eq!(
            (found.destination, found.next_hop),
            (route.destination, route.next_hop)
        );
        assert_eq!((found.metric, found.interface.index()), (5, Some(7)));
        assert_eq!(found.interface.luid(), Some(0x0006_0080_0100_0000));
        assert!(table(device).contains(&without_age(found)), "{route}");
    }
}

fn getting_an_absent_route_is_not_found(device: &Device) {
    let [route, ..] = routes();
    let absent = device.get_route(&route.key()).unwrap_err();
    assert_eq!(absent.status(), Some(Profile::of_this_run().absent()));
}

fn a_table_of_one_family_has_no_route_of_the_other(device: &Device) {
    for route in routes() {
        device.create_route(&route).unwrap();
    }
    let [ipv4, ipv6, both] = [
        AddressFamily::IPV4,
        AddressFamily::IPV6,
        AddressFamily::UNSPECIFIED,
    ]
    .map(|family| device.routes(family).unwrap());
    assert!(ipv4.iter().all(|route| route.destination.addr().is_ipv4()));
    assert!(ipv6.iter().all(|route| route.destination.addr().is_ipv6()));
    assert_eq!(ipv4.len() + ipv6.len(), both.len());
}

fn a_table_of_an_unknown_family_is_invalid(device: &Device) {
    let refused = device
        .call_for_rows::<call::GetTable>(&an_unknown_family(), 1)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::INVALID_PARAMETER));
}

fn a_metric_that_is_set_is_that_of_the_interface(device: &Device) {
    let interface = Interface::Index(7);
    let read = || device.interface(AddressFamily::IPV4, interface).unwrap();
    let before = read();
    let change = InterfaceChange::new().metric(5);
    device
        .set_interface(AddressFamily::IPV4, interface, change)
        .unwrap();
    let after = read();
    assert_eq!((after.metric, after.has_automatic_metric()), (5, false));
    assert_eq!((after.mtu, after.interface), (before.mtu, before.interface));
    let automatic = InterfaceChange::new().automatic_metric();
    device
        .set_interface(AddressFamily::IPV4, interface, automatic)
        .unwrap();
    assert_eq!(read(), before);
}

fn an_interface_without_the_family_is_not_changed(device: &Device) {
    let change = InterfaceChange::new().metric(5);
    let refused = device
        .set_interface(AddressFamily::IPV6, Interface::Index(9), change)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::NOT_FOUND));
}

fn set_changes_only_the_metric_of_a_route(device: &Device) {
    let route = route("10.20.0.0/16", "192.0.2.254", 7);
    device.create_route(&route).unwrap();
    let before = device.get_route(&route.key()).unwrap();
    device.set_route(&before.metric(50)).unwrap();
    let after = device.get_route(&route.key()).unwrap();
    assert_eq!(without_age(after), without_age(before.metric(50)));
}

fn set_does_not_create_an_absent_route(device: &Device) {
    let before = table(device);
    let absent = device
        .set_route(&route("10.20.0.0/16", "192.0.2.254", 7))
        .unwrap_err();
    assert_eq!(absent.status(), Some(Profile::of_this_run().absent()));
    assert_eq!(table(device), before);
}

fn the_best_route_has_the_longest_prefix_and_lowest_metric(device: &Device) {
    for (prefix, via, index) in [
        ("10.20.0.0/16", "192.0.2.254", 7),
        ("10.20.0.0/16", "198.51.100.254", 9),
        ("10.20.128.0/17", "192.0.2.253", 7),
    ] {
        device.create_route(&route(prefix, via, index)).unwrap();
    }
    let best = device.find_best_route(address("10.20.200.1")).unwrap();
    assert_eq!(best.route.destination, "10.20.128.0/17".parse().unwrap());
    assert_eq!(best.source, Some(address("192.0.2.10")));
    // Metric 5 everywhere; interface 9 has metric 10 and interface 7 has 25.
    let best = device.find_best_route(address("10.20.1.1")).unwrap();
    assert_eq!(best.route.interface.index(), Some(9));
    assert_eq!(best.source, Some(address("198.51.100.10")));
}

fn an_unreachable_destination_has_the_stacks_status(device: &Device) {
    let request = BestRouteRequest {
        interface_index: 7,
        destination: address("203.0.113.5").into(),
        ..BestRouteRequest::default()
    };
    let refused = device.call::<call::GetBestRoute>(&request).unwrap_err();
    assert_eq!(refused.status(), Some(Profile::of_this_run().unreachable()));
}

fn an_interface_is_found_by_index_and_by_luid(device: &Device) {
    let by_index = device
        .interface(AddressFamily::IPV4, Interface::Index(7))
        .unwrap();
    let luid = Interface::Luid(0x0006_0080_0100_0000);
    let by_luid = device.interface(AddressFamily::IPV4, luid).unwrap();
    assert_eq!(by_index, by_luid);
    assert_eq!(by_index.metric, 25);
}

fn an_interface_without_the_family_is_not_found(device: &Device) {
    let refused = device
        .interface(AddressFamily::IPV6, Interface::Index(9))
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::NOT_FOUND));
}

fn all_interfaces_are_in_their_table(device: &Device) {
    let table = device.interfaces(AddressFamily::UNSPECIFIED).unwrap();
    let known: BTreeSet<_> = table
        .iter()
        .filter_map(|row| row.interface.index())
        .collect();
    assert_eq!(known, BTreeSet::from([1, 7, 9]));
}

fn an_interface_table_of_an_unknown_family_is_invalid(device: &Device) {
    let refused = device
        .call_for_rows::<call::GetInterfaceTable>(&an_unknown_family(), 1)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::INVALID_PARAMETER));
}

fn an_initialized_row_has_the_documented_defaults(device: &Device) {
    let row = device.initialize_route().unwrap();
    let expected = MibIpForwardRow2 {
        site_prefix_length: 255,
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        metric: u32::MAX,
        protocol: u32::MAX,
        loopback: 1,
        autoconfigure_address: 1,
        publish: 1,
        immortal: 1,
        ..MibIpForwardRow2::default()
    };
    assert_eq!(row, expected);
}

fn initialize_without_room_for_the_row_is_refused(device: &Device) {
    let code = Operation::InitializeRoute.description().code;
    let room = size_of::<MibIpForwardRow2>() - 1;
    let refused = device.raw_device_control(code, &[], room).unwrap_err();
    let TransportError::Refused(driver_error) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(driver_error.status(), Some(NtStatus::BUFFER_TOO_SMALL));
}

fn a_watch_reports_a_change(device: &Device) {
    let now = WatchRequest {
        flags: WATCH_NO_WAIT,
        ..WatchRequest::default()
    };
    let watch = || device.call_for_rows::<call::Watch>(&now, 16).unwrap().1;
    assert_eq!(watch(), []);
    let [route, ..] = routes();
    device.create_route(&route).unwrap();
    eventually("the watch reports the change", || {
        let events = watch();
        let added = events.iter().find(|event| event.kind == EVENT_ADDED);
        added.is_some_and(|event| event.row.metric == route.metric)
    });
}

fn a_watch_with_an_unknown_flag_is_invalid(device: &Device) {
    let request = WatchRequest {
        flags: 1 << 31,
        ..WatchRequest::default()
    };
    let refused = device
        .call_for_rows::<call::Watch>(&request, 1)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::INVALID_PARAMETER));
}
