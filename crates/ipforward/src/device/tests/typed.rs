//! Requests of the typed calls, and values of their answers.

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_LEASE, INTERFACE_METRIC,
};
use abi::{Cause, InterfaceRequest, IpAddressPrefix, SockaddrInet};

use super::*;
use crate::interface_change::InterfaceChange;
use crate::reason::Reason;

/// The IPv4 row of interface 7.
fn interface_row() -> MibIpInterfaceRow {
    MibIpInterfaceRow {
        family: 2,
        interface_luid: 1,
        interface_index: 7,
        metric: 25,
        nl_mtu: 1500,
        connected: 1,
        ..MibIpInterfaceRow::default()
    }
}

fn diagnosis(cause: Cause, existing: &MibIpForwardRow2) -> Vec<u8> {
    let answer = abi::Diagnosis {
        cause: cause.0,
        limit: 0,
        existing: *existing,
    };
    answer.as_bytes().to_vec()
}

#[test]
fn interfaces_are_read_as_a_table_or_singly() {
    let row = interface_row();
    let (device, driver) = device([Ok(page_of(0, 1, &[row])), Ok(row.as_bytes().to_vec())]);
    let interface = IpInterface::try_from(&row).unwrap();
    assert_eq!(
        device.interfaces(AddressFamily::UNSPECIFIED),
        Ok(vec![interface])
    );
    assert_eq!(
        device.interface(AddressFamily::IPV4, Interface::Index(7)),
        Ok(interface)
    );
    let (code, input, _) = driver.requests.lock().unwrap().pop().unwrap();
    assert_eq!(code, Operation::GetInterface.description().code);
    let requests = MibIpInterfaceRow::read_from_bytes(&input).unwrap();
    assert_eq!(
        (
            requests.family,
            requests.interface_luid,
            requests.interface_index
        ),
        (2, 0, 7)
    );
}

#[test]
fn a_change_of_an_interface_is_its_flags_and_its_metric() {
    let (device, driver) = device(std::iter::repeat_with(|| Ok(Vec::new())).take(4));
    let interface = Interface::Known { luid: 1, index: 7 };
    let set = |change| device.set_interface(AddressFamily::IPV4, interface, change);
    let change = InterfaceChange::new();
    set(change.metric(5).default_routes(false)).unwrap();
    set(change.metric(5).automatic_metric()).unwrap();
    set(change.default_routes(true)).unwrap();
    device
        .lease_interface(AddressFamily::IPV6, interface, change.metric(9))
        .unwrap();
    let requests: Vec<_> = driver
        .requests
        .lock()
        .unwrap()
        .drain(..)
        .map(|(code, input, _)| {
            assert_eq!(code, Operation::SetInterface.description().code);
            InterfaceRequest::read_from_bytes(&input).unwrap()
        })
        .collect();
    let keys = InterfaceRequest {
        interface_luid: 1,
        interface_index: 7,
        family: 2,
        ..InterfaceRequest::default()
    };
    let request = |flags, metric| InterfaceRequest {
        flags,
        metric,
        ..keys
    };
    let leased = InterfaceRequest {
        family: 23,
        ..request(INTERFACE_METRIC | INTERFACE_LEASE, 9)
    };
    assert_eq!(
        requests,
        [
            request(INTERFACE_METRIC | INTERFACE_DISABLE_DEFAULT_ROUTES, 5),
            request(INTERFACE_AUTOMATIC_METRIC, 0),
            request(INTERFACE_ENABLE_DEFAULT_ROUTES, 0),
            leased,
        ]
    );
}

#[test]
fn routes_have_the_metric_of_their_interface_or_none() {
    let strange = Route {
        interface: Interface::Known { luid: 9, index: 7 },
        ..route(2)
    };
    let (device, _) = device([
        Ok(page(0, 2, &[route(1), strange])),
        Ok(page_of(0, 1, &[interface_row()])),
    ]);
    let routes = device.routes_with_metrics(AddressFamily::IPV4).unwrap();
    let complete = routes.iter().map(RouteWithMetric::complete_metric);
    assert_eq!(complete.collect::<Vec<_>>(), [Some(281), None]);
}

#[test]
fn routes_are_read_even_if_interfaces_cannot_be() {
    for status in [NtStatus::NOT_FOUND, NtStatus::INVALID_DEVICE_REQUEST] {
        let (device, _) = device([Ok(page(0, 1, &[route(1)])), Err(status)]);
        let routes = device.routes_with_metrics(AddressFamily::IPV4).unwrap();
        assert_eq!(routes, [RouteWithMetric::new(route(1), None)], "{status:?}");
    }
    let (device, _) = device([Err(NtStatus::NOT_FOUND)]);
    assert_eq!(device.interfaces(AddressFamily::IPV4), Ok(Vec::new()));
}

#[test]
fn with_metric_reads_the_current_interface_metric() {
    let (device, _) = device([
        Ok(interface_row().as_bytes().to_vec()),
        Err(NtStatus::NOT_FOUND),
    ]);
    let route_with_metric = device.with_metric(route(1).metric(5)).unwrap();
    assert_eq!(route_with_metric.complete_metric(), Some(30));
    assert_eq!(device.with_metric(route(1)).unwrap().interface_metric, None);
}

#[test]
fn best_route_sends_interface_and_source() {
    let source = SockaddrInet::from(std::net::IpAddr::from([192, 0, 2, 10]));
    let answer = |source| {
        let best = abi::BestRoute {
            route: MibIpForwardRow2::from(&route(20)),
            source,
            reserved: 0,
        };
        Ok(best.as_bytes().to_vec())
    };
    let unspecified = SockaddrInet::unspecified(AddressFamily::IPV4);
    let (device, driver) = device([
        answer(source),
        answer(SockaddrInet::default()),
        answer(unspecified),
        answer(SockaddrInet {
            family: 99,
            ..source
        }),
    ]);
    let to = std::net::IpAddr::from([10, 20, 0, 1]);
    let settled = Destination::new(to)
        .interface(Interface::Luid(1))
        .source([192, 0, 2, 10].into());
    let best = device.best_route(settled).unwrap();
    assert_eq!(best.route, route(20));
    assert_eq!(best.source, source.address());
    assert_eq!(device.best_route(to).unwrap().source, None);
    assert_eq!(device.best_route(to).unwrap().source, None);
    assert!(matches!(
        device.best_route(to),
        Err(Error::Malformed { .. })
    ));
    let requests = driver.requests.lock().unwrap();
    let request =
        |index: usize| abi::BestRouteRequest::read_from_bytes(&requests[index].1).unwrap();
    let (first, second) = (request(0), request(1));
    assert_eq!((first.interface_luid, first.interface_index), (1, 0));
    assert_eq!(
        (first.source, first.destination),
        (source, SockaddrInet::from(to))
    );
    assert_eq!(second.source, SockaddrInet::default());
    assert_eq!((second.interface_luid, second.interface_index), (0, 0));
}

#[test]
fn find_best_route_searches_on_each_interface() {
    let best = |octet, metric| {
        let answer = abi::BestRoute {
            route: MibIpForwardRow2::from(&route(octet).metric(metric)),
            ..abi::BestRoute::default()
        };
        Ok(answer.as_bytes().to_vec())
    };
    let row = |index, metric, connected| MibIpInterfaceRow {
        interface_luid: u64::from(index),
        interface_index: index,
        metric,
        connected,
        ..interface_row()
    };
    let rows = [row(6, 0, 0), row(7, 50, 1), row(8, 10, 1), row(9, 0, 1)];
    let (device, driver) = device([
        Ok(page_of(0, 4, &rows)),
        best(1, 5),
        best(2, 6),
        Err(NtStatus::NETWORK_UNREACHABLE),
    ]);
    let to = std::net::IpAddr::from([10, 2, 0, 1]);
    let found = device.find_best_route(to).unwrap();
    assert_eq!(found.route, route(2).metric(6));
    let requests = driver.requests.lock().unwrap();
    let luids = requests[1..].iter().map(|(_, input, _)| {
        let request = abi::BestRouteRequest::read_from_bytes(input).unwrap();
        request.interface_luid
    });
    assert_eq!(luids.collect::<Vec<_>>(), [7, 8, 9]);
}

#[test]
fn without_any_route_the_first_error_is_returned() {
    let to = std::net::IpAddr::from([10, 2, 0, 1]);
    let (device, driver) = device([
        Ok(page_of(0, 1, &[interface_row()])),
        Err(NtStatus::NETWORK_UNREACHABLE),
        Err(NtStatus::NOT_FOUND),
        Err(NtStatus::INVALID_PARAMETER),
        Err(NtStatus::INVALID_PARAMETER),
    ]);
    let status = |to: Destination| device.find_best_route(to).unwrap_err().status();
    assert_eq!(status(to.into()), Some(NtStatus::NETWORK_UNREACHABLE));
    // No interfaces.
    assert_eq!(status(to.into()), Some(NtStatus::INVALID_PARAMETER));
    // With a given interface there is no search.
    let settled = Destination::new(to).interface(Interface::Index(7));
    assert_eq!(status(settled), Some(NtStatus::INVALID_PARAMETER));
    assert!(driver.answers.lock().unwrap().is_empty());
}

#[test]
fn an_error_of_a_search_is_not_skipped() {
    let to = std::net::IpAddr::from([10, 2, 0, 1]);
    let best = abi::BestRoute {
        route: MibIpForwardRow2::from(&route(1)),
        ..abi::BestRoute::default()
    };
    let (device, _) = device([
        Ok(page_of(0, 2, &[interface_row(), interface_row()])),
        Ok(best.as_bytes().to_vec()),
        Err(NtStatus::INSUFFICIENT_RESOURCES),
        // The same for an error of the interface table.
        Err(NtStatus::INSUFFICIENT_RESOURCES),
        Err(NtStatus::INVALID_DEVICE_REQUEST),
    ]);
    for status in [
        NtStatus::INSUFFICIENT_RESOURCES,
        NtStatus::INSUFFICIENT_RESOURCES,
        NtStatus::INVALID_DEVICE_REQUEST,
    ] {
        let refused = device.find_best_route(to).unwrap_err();
        assert_eq!(refused.status(), Some(status));
    }
}

/// The error of a call without a route.
fn refused(driver_error: DriverError) -> Error {
    let error = TransportError::Refused(driver_error);
    Error::from_transport(Operation::CreateRoute, error)
}

#[test]
fn diagnose_sends_the_status_of_the_refusal() {
    let there = MibIpForwardRow2::from(&route(20).metric(77));
    let (device, driver) = device([Ok(diagnosis(Cause::DUPLICATE, &there))]);
    let error = refused(DriverError::from_status(NtStatus::DUPLICATE_OBJECTID));
    let existing = route(20).metric(77);
    assert_eq!(
        device.diagnose(&error, &route(20)),
        Some(Diagnosis::Duplicate { existing })
    );
    let (_, input, _) = driver.requests.lock().unwrap().pop().unwrap();
    let request = ExplainRequest::read_from_bytes(&input).unwrap();
    assert_eq!(request.status, NtStatus::DUPLICATE_OBJECTID.bits());
    assert_eq!(request.row, MibIpForwardRow2::from(&route(20)));
}

#[test]
fn diagnose_tries_each_status_of_a_win32_error() {
    let existing = MibIpForwardRow2::from(&route(20));
    let nothing = diagnosis(Cause::NONE, &MibIpForwardRow2::default());
    let (device, driver) = device([Ok(nothing), Ok(diagnosis(Cause::DUPLICATE, &existing))]);
    let error = refused(DriverError::from_win32(5010));
    assert_eq!(error.reason(), Some(Reason::Duplicate));
    let found = device.diagnose(&error, &route(20));
    assert!(matches!(found, Some(Diagnosis::Duplicate { .. })));
    assert_eq!(driver.requests.lock().unwrap().len(), 2);
}

#[test]
fn no_broken_rule_differs_from_no_diagnosis() {
    let nothing = diagnosis(Cause::NONE, &MibIpForwardRow2::default());
    let (device, _) = device([Ok(nothing), Err(NtStatus::INVALID_DEVICE_REQUEST)]);
    let error = refused(DriverError::from_status(NtStatus::NOT_SUPPORTED));
    let found = device.diagnose(&error, &route(20));
    assert_eq!(found, Some(Diagnosis::NothingFound));
    assert_eq!(device.diagnose(&error, &route(20)), None);
}

#[test]
fn an_error_of_diagnose_is_ignored() {
    let (device, driver) = device([
        Err(NtStatus::ACCESS_DENIED),
        Ok(diagnosis(Cause::DUPLICATE, &MibIpForwardRow2::default())),
    ]);
    let error = refused(DriverError::from_status(NtStatus::INVALID_PARAMETER));
    assert_eq!(device.diagnose(&error, &route(20)), None);
    assert_eq!(device.diagnose(&error, &route(20)), None);
    let gone = Error::HostGone {
        kind: std::io::ErrorKind::BrokenPipe,
    };
    assert_eq!(device.diagnose(&gone, &route(20)), None);
    assert_eq!(driver.requests.lock().unwrap().len(), 2);
}

#[test]
fn explain_works_without_a_refusal() {
    let (device, driver) = device([Ok(diagnosis(
        Cause::HOST_BITS,
        &MibIpForwardRow2::default(),
    ))]);
    let bits = Route {
        destination: "10.20.0.1/16".parse().unwrap(),
        ..route(20)
    };
    let meant = "10.20.0.0/16".parse().unwrap();
    assert_eq!(
        device.explain_route(&bits, None),
        Ok(Diagnosis::HostBits { meant })
    );
    let (_, input, _) = driver.requests.lock().unwrap().pop().unwrap();
    let request = ExplainRequest::read_from_bytes(&input).unwrap();
    assert_eq!(request.status, 0);
    let prefix = IpAddressPrefix::new([10, 20, 0, 1].into(), 16);
    assert_eq!(request.row.destination_prefix, prefix);
}
