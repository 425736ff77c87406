//! What a lease costs beside up to a million leases.

use std::ops::Range;

use ipforward::Device;

use crate::cost::Cost;
use crate::measured_host::MeasuredHost;
use crate::operations::{Measured, ROUTES, hold, lease};

/// The operations, by the number of leases of other handles beside which they are measured.
const NAMES: [(u32, [&str; 2]); 4] = [
    (
        1_000,
        [
            "leased batch entry beside 1,000 leases",
            "end of a lease beside 1,000 leases",
        ],
    ),
    (
        10_000,
        [
            "leased batch entry beside 10,000 leases",
            "end of a lease beside 10,000 leases",
        ],
    ),
    (
        100_000,
        [
            "leased batch entry beside 100,000 leases",
            "end of a lease beside 100,000 leases",
        ],
    ),
    (
        1_000_000,
        [
            "leased batch entry beside 1,000,000 leases",
            "end of a lease beside 1,000,000 leases",
        ],
    ),
];

/// The costs of both operations, beside each number of leases.
pub(crate) fn measure() -> Vec<Measured> {
    let mut host = MeasuredHost::start();
    let mut holders = Vec::new();
    let mut start = ROUTES;
    let mut costs = Vec::new();
    for (leases, names) in NAMES {
        let end = ROUTES + leases;
        holders.extend(hold_all(&host, start..end));
        start = end;
        let measured = lease(&mut host).map(Cost::rounded);
        costs.extend(names.into_iter().zip(measured));
    }
    drop(holders);
    host.stop();
    costs
}

/// Has as many handles as their quota requires lease these routes.
fn hold_all(host: &MeasuredHost, mut numbers: Range<u32>) -> Vec<Device> {
    let mut holders = Vec::new();
    while !numbers.is_empty() {
        let holder = host.open();
        let quota = holder.version().expect("a version").leases_per_handle_max;
        let end = numbers.end.min(numbers.start.saturating_add(quota));
        hold(&holder, numbers.start..end);
        numbers.start = end;
        holders.push(holder);
    }
    holders
}
