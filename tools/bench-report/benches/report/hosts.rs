//! Hosts that are measured, and the routes in them.

use std::ops::Range;

use anyhow::{Result, ensure};
use ipforward::{Batch, Device, Entry};
use tests::{Host, scattered_route, start_host_with};

/// The host without guard pages between pool blocks and without stacks, which take more time than all
/// that is measured. All other checks are on.
pub(crate) const FAST: [&str; 2] = ["--no-guard-pages", "--no-stacks"];

/// A host over the stack in memory.
pub(crate) fn fast_host() -> Host {
    start_host_with(&FAST)
}

pub(crate) fn open(host: &Host) -> Result<Device> {
    Ok(Device::open(host.socket())?)
}

/// Makes an entry for each route, batch by batch.
pub(crate) fn apply_each(
    device: &Device,
    numbers: Range<u32>,
    entries_of_batch: u32,
    entry: impl Fn(u32) -> Entry,
) -> Result<()> {
    let mut start = numbers.start;
    while start < numbers.end {
        let end = numbers.end.min(start + entries_of_batch);
        let batch: Batch = (start..end).map(&entry).collect();
        let outcome = device.apply(&batch)?;
        ensure!(outcome.is_success(), "{:?}", outcome.verdict);
        start = end;
    }
    Ok(())
}

/// Creates the routes.
pub(crate) fn create(device: &Device, numbers: Range<u32>) -> Result<()> {
    apply_each(device, numbers, Batch::ENTRIES_MAX, |number| {
        Entry::create(&scattered_route(number))
    })
}

/// Deletes the routes.
pub(crate) fn delete(device: &Device, numbers: Range<u32>) -> Result<()> {
    apply_each(device, numbers, Batch::ENTRIES_MAX, |number| {
        Entry::delete(&scattered_route(number).key())
    })
}

/// Leases the routes with as many handles as their quota requires. The routes are there until the
/// handles are dropped.
pub(crate) fn lease(host: &Host, numbers: Range<u32>) -> Result<Vec<Device>> {
    let mut holders = Vec::new();
    let mut start = numbers.start;
    while start < numbers.end {
        let holder = open(host)?;
        let quota = holder.version()?.leases_per_handle_max;
        let end = numbers.end.min(start.saturating_add(quota));
        apply_each(&holder, start..end, Batch::ENTRIES_MAX, |number| {
            Entry::create(&scattered_route(number)).lease()
        })?;
        holders.push(holder);
        start = end;
    }
    Ok(holders)
}
