//! Handles that hold as many leases as they may, by number and by memory.

extern crate std;

use std::vec::Vec;

use abi::Cause;
use abi::apply::ENTRY_SHARE;

use super::*;
use crate::leases::LeaseTable;
use crate::leases::limits::LeaseLimits;
use crate::leases::records::{BYTES_PER_DISPLACED_ROW, BYTES_PER_LEASE};

/// So much that a test never reaches it.
const UNLIMITED: LeaseLimits = LeaseLimits {
    leases_per_handle: u32::MAX,
    bytes_per_handle: u32::MAX,
    bytes: u32::MAX,
};

fn driver_with(limits: LeaseLimits) -> TestDriver {
    TestDriver {
        stack: FakeStack::default(),
        state: DriverState {
            leases: TestLock::new(LeaseTable::with_limits(limits)),
            ..DriverState::default()
        },
    }
}

/// Bytes of so many leases, and room to take one more if it displaced a row.
fn room_for(leases: u32) -> u32 {
    let bytes = BYTES_PER_LEASE.times(leases).plus(BYTES_PER_DISPLACED_ROW);
    u32::try_from(bytes.count()).unwrap()
}

impl TestDriver {
    /// The cause for which a lease is refused because of a limit, and the limit.
    fn limit_of(&self, client: &Client, entry: ApplyEntry) -> (Cause, u32) {
        let answer = self.apply(client, 0, &[entry]).entry_answer(0);
        assert_eq!(NtStatus::new(answer.status), NtStatus::QUOTA_EXCEEDED);
        (Cause(answer.cause), answer.limit)
    }

    fn bytes(&self) -> u64 {
        self.state.leases.with(|leases| leases.bytes().count())
    }
}

#[test]
fn one_lease_too_many_names_the_number() {
    let driver = driver_with(LeaseLimits {
        leases_per_handle: 2,
        ..UNLIMITED
    });
    let (client, other) = (Client::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.must(&client, lease(route(2)));
    let refused = driver.limit_of(&client, lease(route(3)));
    assert_eq!(refused, (Cause::LEASES_OF_HANDLE, 2));
    driver.must(&other, lease(route(3)));
}

#[test]
fn a_handle_has_so_many_bytes_of_leases_and_others_go_on() {
    let limit = room_for(2);
    let driver = driver_with(LeaseLimits {
        bytes_per_handle: limit,
        ..UNLIMITED
    });
    let (client, other) = (Client::default(), Client::default());
    driver.must(&client, lease(route(1)));
    driver.must(&client, lease(route(2)));
    let refused = driver.limit_of(&client, lease(route(3)));
    assert_eq!(refused, (Cause::LEASE_BYTES_OF_HANDLE, limit));
    driver.must(&other, lease(route(3)));
    driver.must(&client, delete(route(1)));
    driver.must(&client, lease(route(4)));
}

#[test]
fn a_displaced_row_counts_for_the_handle() {
    let driver = driver_with(LeaseLimits {
        bytes_per_handle: room_for(2),
        ..UNLIMITED
    });
    let client = Client::default();
    driver.stack.create(&route(1)).unwrap();
    driver.must(&client, upsert_lease(metric(route(1), 50)));
    let (cause, _) = driver.limit_of(&client, lease(route(2)));
    assert_eq!(cause, Cause::LEASE_BYTES_OF_HANDLE);
}

#[test]
fn all_handles_have_so_many_bytes_of_leases() {
    let measured = driver_with(UNLIMITED);
    let [first, second] = [1, 2].map(|number| {
        let client = Client::default();
        measured.must(&client, lease(route(number)));
        client
    });
    let of_two = measured.bytes();
    assert!(!measured.close(&first) && !measured.close(&second));
    assert_eq!(measured.bytes(), 0);

    let limit = u32::try_from(of_two + BYTES_PER_DISPLACED_ROW.count()).unwrap();
    let driver = driver_with(LeaseLimits {
        bytes: limit,
        ..UNLIMITED
    });
    let clients: Vec<_> = (0..3).map(|_| Client::default()).collect();
    driver.must(&clients[0], lease(route(1)));
    driver.must(&clients[1], lease(route(2)));
    let refused = driver.limit_of(&clients[2], lease(route(3)));
    assert_eq!(refused, (Cause::LEASE_BYTES_OF_ALL_HANDLES, limit));
    assert!(!driver.close(&clients[0]));
    driver.must(&clients[2], lease(route(3)));
}

#[test]
fn one_handle_too_many_of_a_lease_names_the_number() {
    let driver = driver_with(UNLIMITED);
    let shared = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_SHARE, route(1));
    let clients: Vec<_> = (0..64).map(|_| Client::default()).collect();
    for client in &clients {
        driver.must(client, shared);
    }
    let refused = driver.limit_of(&Client::default(), shared);
    assert_eq!(refused, (Cause::HANDLES_OF_LEASE, 64));
}
