//! What a lease costs, with a thousand of them and with a million.

extern crate std;

use std::time::Instant;
use std::vec::Vec;

use abi::version::LEASES_PER_HANDLE_MAX;
use abi::{
    AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    NtStatus,
};

use crate::compartment::CompartmentId;
use crate::handle_id::HandleId;
use crate::leases::LeaseTable;
use crate::leases::limits::{LeaseLimits, NoRoom};
use crate::leases::records::LeaseState;
use crate::leases::release::Released;
use crate::network_stack::{NetworkStack, RouteLookup};
use crate::route_key::RouteKey;

/// A stack on which every call succeeds.
struct Yes;

impl NetworkStack for Yes {
    type Routes = Vec<MibIpForwardRow2>;
    type Interfaces = Vec<MibIpInterfaceRow>;
    type Addresses = Vec<MibUnicastIpAddressRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        Ok(MibIpForwardRow2::default())
    }

    fn create(&mut self, _row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        Ok(())
    }

    fn set(&mut self, _row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        Ok(())
    }

    fn delete(&mut self, _row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        Ok(())
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        Ok(*row)
    }

    fn routes(&self, _family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        Ok(Vec::new())
    }

    fn best_route(&self, _lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        Err(NtStatus::NOT_FOUND)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        Ok(*row)
    }

    fn set_interface(&mut self, _row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        Ok(())
    }

    fn interfaces(&self, _family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        Ok(Vec::new())
    }

    fn addresses(&self, _family: AddressFamily) -> Result<Self::Addresses, NtStatus> {
        Ok(Vec::new())
    }

    fn interface_guid(&self, _luid: u64) -> Result<Guid, NtStatus> {
        Ok(Guid::default())
    }

    fn interface_luid(&self, _guid: Guid) -> Result<u64, NtStatus> {
        Ok(0)
    }

    fn compartment(&self) -> CompartmentId {
        CompartmentId::DEFAULT
    }

    fn enter(&self, _compartment: CompartmentId) -> Result<(), NtStatus> {
        Ok(())
    }

    fn leave(&self, _before: CompartmentId) {}
}

/// Takes this many leases, finds each of them, and ends them; returns the cost so far before and
/// after each step.
fn live<Cost>(count: u64, mut cost: impl FnMut(&LeaseTable) -> Cost) -> [Cost; 4] {
    let mut leases = LeaseTable::new(7);
    let holder = leases.register(HandleId::numbered(1), 0).unwrap();
    let start = cost(&leases);
    for number in 0..count {
        leases.reserve(holder, None).unwrap();
        let key = leases.hashed(RouteKey::numbered(number));
        leases
            .add(holder, &key, LeaseState::default(), None)
            .unwrap();
    }
    let taken = cost(&leases);
    for number in 0..count {
        assert!(leases.find(&RouteKey::numbered(number)).is_some());
    }
    let found = cost(&leases);
    while leases.release(&mut Yes, holder, 64).unwrap() != Released::Wholly {}
    assert_eq!(leases.leases(), 0);
    [start, taken, found, cost(&leases)]
}

#[test]
fn each_step_of_a_lease_costs_the_same_with_a_million_of_them() {
    for count in [1_000, 30_000, 1_000_000] {
        let [start, taken, found, ended] = live(count, LeaseTable::steps);
        for steps in [taken - start, found - taken, ended - found] {
            assert!(steps <= 3 * count, "{count}: {steps}");
        }
    }
}

#[test]
fn a_leased_route_takes_at_most_192_bytes() {
    const FEW: u64 = 1_000;
    let bytes = |count: u64, displaced: Option<MibIpForwardRow2>| {
        // The table is measured beyond its limits, too.
        let mut leases = LeaseTable::with_limits(LeaseLimits {
            leases_per_handle: u32::MAX,
            bytes_per_handle: u32::MAX,
            bytes: u32::MAX,
        });
        let holder = leases.register(HandleId::numbered(1), 0).unwrap();
        let used = allocation_counter::measure(|| {
            for number in 0..count {
                leases.reserve(holder, None).unwrap();
                let key = leases.hashed(RouteKey::numbered(number));
                leases
                    .add(holder, &key, LeaseState::default(), displaced)
                    .unwrap();
            }
        });
        assert_eq!(u64::from(leases.leases()), count);
        // What is counted is what is allocated, but for chunks that are not full.
        let counted = leases.bytes().count();
        let allocated = u64::try_from(used.bytes_current).unwrap();
        assert!(counted <= allocated && allocated <= counted + counted / 50 + 600_000);
        u64::try_from(used.bytes_current).unwrap()
    };
    // Memory is allocated in chunks, so the memory of the first few leases is subtracted.
    for count in [10_000, 100_000, 1_000_000] {
        let plain = (bytes(count, None) - bytes(FEW, None)) / (count - FEW);
        let row = Some(MibIpForwardRow2::default());
        let displacing = (bytes(count, row) - bytes(FEW, row)) / (count - FEW);
        std::println!("{count} leases: {plain} bytes each, {displacing} with a displaced row");
        assert!(plain <= 192, "{plain} with {count}");
        assert!(displacing <= 192 + 112, "{displacing} with {count}");
    }
}

#[test]
fn a_handle_holds_at_most_its_limit_of_routes() {
    let mut leases = LeaseTable::new(7);
    let [holder, other] =
        [1, 2].map(|handle| leases.register(HandleId::numbered(handle), 0).unwrap());
    let limit = u64::from(LEASES_PER_HANDLE_MAX);
    let reached = NoRoom::LeasesOfHandle(LEASES_PER_HANDLE_MAX);
    for number in 0..limit {
        assert_eq!(leases.reserve(holder, None), Ok(()));
        let key = leases.hashed(RouteKey::numbered(number));
        leases
            .add(holder, &key, LeaseState::default(), None)
            .unwrap();
    }
    assert_eq!(leases.reserve(holder, None), Err(reached));
    assert_eq!(leases.reserve(other, None), Ok(()));
    assert_eq!(leases.release(&mut Yes, holder, 1).unwrap(), Released::More);
    assert_eq!(leases.reserve(holder, None), Ok(()));
}

/// `cargo test --release -p ipforward-engine -- --ignored --nocapture costs`
#[test]
#[ignore = "measures time"]
fn costs_per_lease_with_a_thousand_and_a_million() {
    let measure = |count: u64| {
        let rounds = 1_000_000 / count;
        let mut sums = [0.0; 3];
        for _ in 0..rounds {
            let times = live(count, |_| Instant::now());
            for (sum, pair) in sums.iter_mut().zip(times.windows(2)) {
                *sum += (pair[1] - pair[0]).as_secs_f64();
            }
        }
        sums.map(|sum| sum * 1e9 / 1e6)
    };
    let (few, many) = (measure(1_000), measure(1_000_000));
    for (what, (few, many)) in ["take", "find", "end"].iter().zip(few.iter().zip(many)) {
        let ratio = many / few;
        std::println!("{what}: {few:.0} ns with 1,000, {many:.0} ns with 1,000,000: x{ratio:.2}");
    }
}
