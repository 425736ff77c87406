//! Leases as they are listed.

extern crate std;

use std::vec::Vec;

use abi::apply::{APPLY_ATOMIC, ENTRY_GUARD, ENTRY_SHARE};
use abi::lease::{
    GUARD_BACKING_OFF, GUARD_CHECKING, GUARD_COOLDOWN, GUARD_GAVE_UP, GUARD_HOLDING,
    GUARD_INTERFACE_REPLACED, GUARD_NONE, GUARD_WAITS_FOR_INTERFACE, LEASE_DISPLACED, LEASE_ENDING,
    LEASE_GUARDED, LEASE_MINE, LEASE_ROWS_MAX, LEASE_SHARED,
};
use abi::{LeaseHeader, LeaseRow};
use zerocopy::FromBytes;

use super::*;
use crate::leases::listing::LeasePage;

/// A page with room for so many leases.
fn page(
    driver: &TestDriver,
    client: &Client,
    cursor: u64,
    room: usize,
) -> Result<(LeaseHeader, Vec<LeaseRow>), NoAnswer> {
    let page = LeasePage {
        first_slot: cursor.try_into().unwrap(),
    };
    let mut output = std::vec![0xA5; size_of::<LeaseHeader>() + room * size_of::<LeaseRow>()];
    let written = driver.serve(client, Command::GetLeases(page), &mut output)?;
    let (header, rest) = LeaseHeader::read_from_prefix(&output[..written]).unwrap();
    let rows: Vec<_> = rest
        .chunks_exact(size_of::<LeaseRow>())
        .map(|row| LeaseRow::read_from_bytes(row).unwrap())
        .collect();
    assert_eq!(header.count as usize, rows.len());
    Ok((header, rows))
}

/// All leases, in pages of so many.
fn listed(driver: &TestDriver, client: &Client, room: usize) -> Vec<LeaseRow> {
    let (mut all, mut cursor) = (Vec::new(), 0);
    loop {
        let (header, rows) = page(driver, client, cursor, room).unwrap();
        all.extend(rows);
        cursor = header.next_cursor;
        if cursor == 0 {
            return all;
        }
    }
}

fn only(driver: &TestDriver) -> LeaseRow {
    let all = listed(driver, &Client::default(), 9);
    assert_eq!(all.len(), 1);
    all[0]
}

fn opened_by(process_id: u32) -> Client {
    Client {
        state: TestLock::new(FakeHandleState::opened_by(process_id)),
        ..Client::default()
    }
}

fn destination(row: &LeaseRow) -> [u8; 4] {
    row.route.destination_prefix.prefix.ipv4_or_flow
}

#[test]
fn a_lease_is_listed_with_its_handle_and_displaced_row() {
    let driver = TestDriver::default();
    let (owner, other) = (opened_by(4711), Client::default());
    driver.stack.create(&metric(route(1), 77)).unwrap();
    driver.must(&owner, upsert_lease(route(1)));
    let (_, seen_by_owner) = page(&driver, &owner, 0, 9).unwrap();
    let (_, seen_by_other) = page(&driver, &other, 0, 9).unwrap();
    let [row] = seen_by_owner[..] else {
        panic!("there is one lease");
    };
    assert_eq!((row.route.metric, row.displaced.metric), (5, 77));
    assert_eq!(destination(&row), [10, 0, 1, 0]);
    assert_eq!((row.process_id, row.guard_state), (4711, GUARD_NONE));
    assert_eq!(row.handle, owner.state.with(|state| state.id().number()));
    assert_eq!(row.flags, LEASE_MINE | LEASE_DISPLACED);
    let theirs = LeaseRow {
        flags: LEASE_DISPLACED,
        ..row
    };
    assert_eq!(seen_by_other, [theirs]);
}

#[test]
fn a_shared_route_is_listed_once_for_each_of_its_owners() {
    let driver = TestDriver::default();
    let owners = [opened_by(1), opened_by(2), opened_by(3)];
    for owner in &owners {
        let shared = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_SHARE, route(1));
        driver.must(owner, shared);
    }
    let processes = || -> Vec<u32> {
        let all = listed(&driver, &owners[0], 1);
        assert!(all.iter().all(|row| row.flags & LEASE_SHARED != 0));
        all.iter().map(|row| row.process_id).collect()
    };
    assert_eq!(processes(), [1, 2, 3]);
    assert!(!driver.close(&owners[1]));
    assert_eq!(processes(), [1, 3]);
}

#[test]
fn pages_of_any_size_join_to_all_leases() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let entries: Vec<_> = (0..100).map(|number| lease(route(number))).collect();
    driver.apply(&client, APPLY_ATOMIC, &entries);
    for gone in (0..100).step_by(3) {
        driver.must(&client, delete(route(gone)));
    }
    let all = listed(&driver, &client, 200);
    assert_eq!(all.len(), 66);
    for room in [1, 2, 7, 66] {
        assert_eq!(listed(&driver, &client, room), all);
    }
    let refused = page(&driver, &client, 0, 0);
    assert_eq!(refused.err(), Some(NtStatus::BUFFER_TOO_SMALL.into()));
}

#[test]
fn a_lasting_lease_is_listed_despite_changes_between_pages() {
    let (driver, client) = (TestDriver::default(), Client::default());
    for number in 0..20 {
        driver.must(&client, lease(route(number)));
    }
    let (mut lasting, mut cursor, mut generations) = (Vec::new(), 0, Vec::new());
    for number in 0.. {
        let (header, rows) = page(&driver, &client, cursor, 2).unwrap();
        lasting.extend(rows.iter().map(destination).filter(|to| to[2] % 2 == 1));
        generations.push(header.generation);
        cursor = header.next_cursor;
        if cursor == 0 {
            break;
        }
        // The even routes are deleted, and other leases take their slots.
        driver.must(&client, delete(route(number * 2)));
        driver.must(&client, lease(route(number * 2 + 100)));
    }
    let odd: Vec<_> = (0..20).filter(|number| number % 2 == 1).collect();
    assert_eq!(lasting.iter().map(|to| to[2]).collect::<Vec<_>>(), odd);
    assert!(generations.is_sorted_by(|one, next| one < next));
}

#[test]
fn no_page_goes_through_more_places_than_its_limit() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let many = 4 * LEASE_ROWS_MAX + 2;
    for number in 0..many {
        let [_, a, b, c] = number.to_be_bytes();
        let mut row = route(0);
        row.destination_prefix.prefix.ipv4_or_flow = [10 + a, b, c, 0];
        driver.must(&client, lease(row));
    }
    let (header, rows) = page(&driver, &client, 0, many as usize).unwrap();
    assert_eq!((rows.len(), header.total), (4_096, many));
    // All routes are deleted but the last one, whose slot is beyond the limit of a page.
    let rest = listed(&driver, &client, 4_096);
    for row in &rest[..rest.len() - 1] {
        driver.must(&client, delete(row.route));
    }
    let (header, rows) = page(&driver, &client, 0, 9).unwrap();
    assert_eq!((rows.len(), header.total), (0, 1));
    assert_ne!(header.next_cursor, 0);
    assert_eq!(listed(&driver, &client, 9), rest[rest.len() - 1..]);
}

#[test]
fn a_cursor_beyond_the_end_finds_nothing_more() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    for cursor in [1, 2, u64::from(u32::MAX), u64::MAX] {
        let (header, rows) = page(&driver, &client, cursor, 9).unwrap();
        assert_eq!((header.next_cursor, rows.len()), (0, 0));
    }
}

#[test]
fn the_list_shows_the_state_of_a_guard() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(1));
    driver.must(&client, guarded);
    let mut seen = Vec::new();
    let mut look = |driver: &TestDriver| {
        let row = only(driver);
        assert_eq!(row.flags & LEASE_GUARDED, LEASE_GUARDED);
        seen.push((row.guard_state, row.guard_delay, row.guard_times));
    };
    look(&driver);
    for _ in 0..=crate::leases::backoff::DELAYS.len() {
        driver.stack.delete(&route(1)).unwrap();
        driver.notify();
        let kept = driver.work();
        look(&driver);
        if let Some(again) = kept {
            driver.state.now.set(again);
            driver.work();
        }
    }
    let expected = [
        (GUARD_HOLDING, 0, 0),
        (GUARD_HOLDING, 0, 1),
        (GUARD_BACKING_OFF, 100, 1),
        (GUARD_BACKING_OFF, 200, 2),
        (GUARD_BACKING_OFF, 400, 3),
        (GUARD_BACKING_OFF, 800, 4),
        (GUARD_BACKING_OFF, 1_600, 5),
        (GUARD_BACKING_OFF, 3_200, 6),
        (GUARD_BACKING_OFF, 6_400, 7),
        (GUARD_COOLDOWN, 60_000, 8),
        (GUARD_COOLDOWN, 60_000, 9),
        (GUARD_GAVE_UP, 0, 10),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_guard_without_its_interface_is_listed_as_such() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, route(1));
    driver.must(&client, guarded);
    driver.stack.remove_interfaces();
    driver.notify();
    driver.work();
    assert_eq!(only(&driver).guard_state, GUARD_WAITS_FOR_INTERFACE);
    driver.stack.replace_adapters(1);
    driver.stack.restore_interfaces();
    driver.interface_arrives();
    driver.work();
    assert_eq!(only(&driver).guard_state, GUARD_INTERFACE_REPLACED);
    driver.stack.replace_adapters(0);
    driver.interface_arrives();
    // The stack says that the interface can be used, and then fails.
    driver.stack.fail(4, 1);
    driver.work();
    assert!(driver.stack.heal());
    assert_eq!(only(&driver).guard_state, GUARD_CHECKING);
}

#[test]
fn a_pending_release_is_listed_as_ending() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.stack.fail(0, u64::MAX);
    assert!(driver.close(&client));
    assert_eq!(only(&driver).flags, LEASE_ENDING);
}
