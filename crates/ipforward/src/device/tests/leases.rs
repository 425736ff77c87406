//! Leases.

use std::time::Duration;

use abi::lease::{
    GUARD_BACKING_OFF, LEASE_DISPLACED, LEASE_GUARDED, LEASE_MINE, LEASE_ROWS_MAX, LEASE_SHARED,
};
use abi::{LeaseHeader, LeaseRequest, LeaseRow};

use super::*;
use crate::lease::{Guard, GuardState, LeaseInfo, LeaseOwner};

fn row(octet: u8) -> LeaseRow {
    LeaseRow {
        route: MibIpForwardRow2 {
            interface_index: 0,
            ..MibIpForwardRow2::from(&route(octet))
        },
        handle: 3,
        process_id: 4711,
        compartment: 2,
        ..LeaseRow::default()
    }
}

fn leases(next_cursor: u64, generation: u64, rows: &[LeaseRow]) -> Vec<u8> {
    let header = LeaseHeader {
        next_cursor,
        generation,
        count: u32::try_from(rows.len()).unwrap(),
        total: 9,
    };
    [header.as_bytes(), rows.as_bytes()].concat()
}

fn interfaces() -> Vec<u8> {
    let row = MibIpInterfaceRow {
        family: 2,
        interface_luid: 1,
        interface_index: 7,
        ..MibIpInterfaceRow::default()
    };
    page_of(0, 1, &[row])
}

fn destinations(leases: &[LeaseInfo]) -> Vec<String> {
    let name = |lease: &LeaseInfo| lease.route.destination.to_string();
    leases.iter().map(name).collect()
}

#[test]
fn a_lease_has_its_owner_route_and_guard() {
    let guarded = LeaseRow {
        displaced: MibIpForwardRow2::from(&route(20).metric(77)),
        flags: LEASE_MINE | LEASE_SHARED | LEASE_GUARDED | LEASE_DISPLACED,
        guard_state: GUARD_BACKING_OFF,
        guard_delay: 400,
        guard_times: 3,
        ..row(20)
    };
    let (device, _) = device([Ok(leases(0, 1, &[guarded])), Ok(interfaces())]);
    let expected = LeaseInfo {
        route: route(20),
        displaced: Some(route(20).metric(77)),
        owner: LeaseOwner {
            handle: 3,
            process_id: 4711,
            is_me: true,
            is_closed: false,
        },
        shared: true,
        compartment: 2,
        guard: Some(Guard {
            state: GuardState::BackingOff(Duration::from_millis(400)),
            times: 3,
        }),
    };
    assert_eq!(device.leases(), Ok(vec![expected]));
}

#[test]
fn leases_are_read_to_the_last_page_past_an_empty_one() {
    let (device, driver) = device([
        Ok(leases(5, 1, &[row(20)])),
        Ok(leases(6, 1, &[])),
        Ok(leases(0, 1, &[row(30)])),
        Ok(interfaces()),
    ]);
    let read = device.leases().unwrap();
    assert_eq!(destinations(&read), ["10.20.0.0/16", "10.30.0.0/16"]);
    let requests = driver.requests.lock().unwrap();
    let cursors: Vec<_> = requests[..3]
        .iter()
        .map(|(_, input, _)| LeaseRequest::read_from_bytes(input).unwrap().cursor)
        .collect();
    assert_eq!(cursors, [0, 5, 6]);
    let room = size_of::<LeaseHeader>() + LEASE_ROWS_MAX as usize * size_of::<LeaseRow>();
    assert_eq!(requests[0].2, room);
}

#[test]
fn only_the_leases_of_wanted_routes_are_kept() {
    let (device, _) = device([
        Ok(leases(5, 1, &[row(20), row(30)])),
        Ok(leases(0, 1, &[row(20)])),
        Ok(interfaces()),
    ]);
    let wanted = route(20).destination;
    let read = device.leases_of(|key| key.destination == wanted).unwrap();
    assert_eq!(destinations(&read), ["10.20.0.0/16", "10.20.0.0/16"]);
    assert_eq!(read[0].route.interface, route(20).interface);
}

#[test]
fn leases_that_change_between_two_pages_are_read_again() {
    let (device, _) = device([
        Ok(leases(1, 1, &[row(20)])),
        Ok(leases(0, 2, &[row(30)])),
        Ok(leases(1, 2, &[row(40)])),
        Ok(leases(0, 2, &[row(50)])),
        Err(NtStatus::NOT_SUPPORTED),
    ]);
    let read = device.leases().unwrap();
    assert_eq!(destinations(&read), ["10.40.0.0/16", "10.50.0.0/16"]);
    assert_eq!(read[0].route.interface, Interface::Luid(1));
}

#[test]
fn endless_leases_and_unknown_states_are_malformed() {
    let unknown = LeaseRow {
        guard_state: 99,
        ..row(20)
    };
    for (answers, cause) in [
        (
            [leases(5, 1, &[]), leases(5, 1, &[])],
            Malformed::Endless { total: 9 },
        ),
        (
            [leases(5, 1, &[]), leases(0, 1, &[unknown])],
            Malformed::GuardState(99),
        ),
    ] {
        let (device, _) = device(answers.map(Ok));
        let operation = Operation::GetLeases;
        assert_eq!(device.leases(), Err(Error::Malformed { operation, cause }));
    }
}
