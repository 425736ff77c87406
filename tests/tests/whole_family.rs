//! Every other call of the route family, through the image.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::IpAddr;

use abi::{AddressFamily, NtStatus, Operation};
use ipforward::{Device, Interface, Route};
use zerocopy::IntoBytes;

use tests::{Host, Reading, ageless, table};

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn route(prefix: &str, via: &str, index: u32) -> Route {
    let prefix: ipnet::IpNet = prefix.parse().expect("a prefix");
    Route::new(prefix, Interface::Index(index))
        .via(address(via))
        .metric(5)
}

fn with_device(test: impl FnOnce(&Device)) {
    let host = Host::start();
    let device = Device::open(host.socket()).unwrap();
    test(&device);
    drop(device);
    host.stop_clean();
}

#[test]
fn set_changes_the_metric_of_a_route_and_nothing_else() {
    with_device(|device| {
        let route = route("10.20.0.0/16", "192.0.2.254", 7);
        device.create_route(&route).unwrap();
        let before = device.get_route(&route.key()).unwrap();
        device.set_route(&before.metric(50)).unwrap();
        let after = device.get_route(&route.key()).unwrap();
        assert_eq!(ageless(after), ageless(before.metric(50)));
    });
}

#[test]
fn set_does_not_make_a_route_that_is_not_there() {
    with_device(|device| {
        let before = table(device);
        let absent = device
            .set_route(&route("10.20.0.0/16", "192.0.2.254", 7))
            .unwrap_err();
        assert_eq!(absent.status(), Some(Reading::of_this_run().absent()));
        assert_eq!(table(device), before);
    });
}

#[test]
fn the_best_route_is_the_longest_prefix_with_the_lowest_complete_metric() {
    with_device(|device| {
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
    });
}

#[test]
fn where_no_route_leads_the_stacks_status_comes_through() {
    with_device(|device| {
        let request = abi::BestRouteRequest {
            interface_index: 7,
            destination: address("203.0.113.5").into(),
            ..abi::BestRouteRequest::default()
        };
        let refused = device
            .call::<abi::operation::call::GetBestRoute>(&request)
            .unwrap_err();
        assert_eq!(refused.status(), Some(Reading::of_this_run().unreachable()));
    });
}

#[test]
fn interfaces_are_found_by_index_and_by_luid_and_in_the_table() {
    with_device(|device| {
        let by_index = device
            .interface(AddressFamily::IPV4, Interface::Index(7))
            .unwrap();
        let luid = Interface::Luid(0x0006_0080_0100_0000);
        let by_luid = device.interface(AddressFamily::IPV4, luid).unwrap();
        assert_eq!(by_index, by_luid);
        assert_eq!(by_index.metric, 25);
        let table = device.interfaces(AddressFamily::UNSPECIFIED).unwrap();
        assert!(table.contains(&by_index));
        let known: BTreeSet<_> = table
            .iter()
            .filter_map(|row| row.interface.index())
            .collect();
        assert_eq!(known, BTreeSet::from([1, 7, 9]));
    });
}

#[test]
fn an_interface_without_the_family_is_not_found() {
    with_device(|device| {
        let refused = device
            .interface(AddressFamily::IPV6, Interface::Index(9))
            .unwrap_err();
        assert_eq!(refused.status(), Some(NtStatus::NOT_FOUND));
    });
}

#[test]
fn what_a_handle_does_is_counted_for_it_and_in_total() {
    let host = Host::start();
    let (mine, other) = (
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    );
    let route = route("10.20.0.0/16", "192.0.2.254", 7);
    mine.create_route(&route).unwrap();
    mine.create_route(&route).unwrap_err();
    other.delete_route(&route.key()).unwrap();
    let statistics = mine.statistics().unwrap();
    assert_eq!(
        (
            statistics.handle.routes_created,
            statistics.handle.routes_deleted
        ),
        (1, 0)
    );
    assert_eq!(
        (
            statistics.total.routes_created,
            statistics.total.routes_deleted
        ),
        (1, 1)
    );
    assert_eq!(statistics.handle.refused, 1);
    // Opening asks for the version once; then come two creates and this query.
    assert_eq!(statistics.handle.requests, 4);
    drop((mine, other));
    host.stop_clean();
}

#[test]
fn every_operation_of_the_table_is_served() {
    with_device(|device| {
        for operation in abi::operation::OPERATIONS {
            let mut input = vec![0; operation.input_length];
            if operation.operation == Operation::Watch {
                let request = abi::WatchRequest {
                    flags: abi::watch::WATCH_NO_WAIT,
                    ..abi::WatchRequest::default()
                };
                input.copy_from_slice(request.as_bytes());
            }
            let output = operation.output_length + 4096;
            let answer = device.raw_device_control(operation.code, &input, output);
            let unknown = ipforward::transport::Failure::Refused(ipforward::Refusal::from_status(
                NtStatus::INVALID_DEVICE_REQUEST,
            ));
            assert_ne!(answer, Err(unknown), "{} is not served", operation.name);
        }
    });
}

/// The functions of the reference page of `CreateIpForwardEntry2` ("See also"), the operation
/// through which each is reached, and the tests of this package that go through it.
const FAMILY: &[(&str, Operation, &[&str])] = &[
    (
        "CreateIpForwardEntry2",
        Operation::CreateRoute,
        &[
            "a_created_route_is_in_the_table_and_a_deleted_one_is_not",
            "the_same_route_twice_is_a_duplicate_and_changes_nothing",
            "host_bits_are_refused_by_the_stack_and_the_status_comes_through",
        ],
    ),
    (
        "DeleteIpForwardEntry2",
        Operation::DeleteRoute,
        &["deleting_a_route_that_is_not_there_is_not_found"],
    ),
    (
        "GetBestRoute2",
        Operation::GetBestRoute,
        &[
            "the_best_route_is_the_longest_prefix_with_the_lowest_complete_metric",
            "where_no_route_leads_the_stacks_status_comes_through",
        ],
    ),
    (
        "GetIpForwardEntry2",
        Operation::GetRoute,
        &["a_created_route_is_in_the_table_and_a_deleted_one_is_not"],
    ),
    (
        "GetIpForwardTable2",
        Operation::GetTable,
        &[
            "a_second_process_sees_the_route_of_the_first",
            "a_table_read_row_by_row_is_the_table_read_at_once",
            "a_process_that_is_killed_half_way_through_a_table_leaves_nothing_behind",
        ],
    ),
    (
        "GetIpInterfaceEntry",
        Operation::GetInterface,
        &[
            "interfaces_are_found_by_index_and_by_luid_and_in_the_table",
            "an_interface_without_the_family_is_not_found",
        ],
    ),
    (
        "GetIpInterfaceTable",
        Operation::GetInterfaceTable,
        &["interfaces_are_found_by_index_and_by_luid_and_in_the_table"],
    ),
    (
        "InitializeIpForwardEntry",
        Operation::InitializeRoute,
        &["a_fresh_row_has_the_documented_defaults_and_no_dirty_padding"],
    ),
    (
        "NotifyRouteChange2",
        Operation::Watch,
        &[
            "a_watch_waits_for_a_change_and_tells_who_made_it",
            "a_watch_of_others_changes_leaves_the_own_ones_out",
        ],
    ),
    (
        "SetIpForwardEntry2",
        Operation::SetRoute,
        &[
            "set_changes_the_metric_of_a_route_and_nothing_else",
            "set_does_not_make_a_route_that_is_not_there",
        ],
    ),
];

#[test]
fn every_function_of_the_family_has_an_operation_and_tests() {
    let sources = concat!(
        include_str!("buffers.rs"),
        include_str!("leases.rs"),
        include_str!("one_route.rs"),
        include_str!("processes.rs"),
        include_str!("whole_family.rs"),
    );
    // Not `println!`, which the test program keeps to itself: the table is worth seeing.
    let mut output = io::stdout();
    writeln!(output, "\n{:<26} {:<20} tests", "function", "operation").unwrap();
    for (function, operation, tests) in FAMILY {
        let name = operation.description().name;
        writeln!(output, "{function:<26} {name:<20} {}", tests.join(", ")).unwrap();
        assert!(!tests.is_empty(), "{function} has no test");
        for test in *tests {
            assert!(
                sources.contains(&format!("fn {test}()")),
                "there is no test {test}"
            );
        }
    }
}
