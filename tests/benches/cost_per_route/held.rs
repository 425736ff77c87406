//! A host in which leases are held while others are created and ended.

use std::ops::Range;
use std::time::{Duration, Instant};

use ipforward::{Batch, Device, Entry};
use tests::{Host, scattered_route, start_host_with};

use crate::figures::Sample;

/// Entries of a batch.
const CHUNK: u32 = Batch::ENTRIES_MAX;

/// A host without guard pages between pool blocks and without stacks, which take more time than
/// everything that is measured here. All other checks are on.
pub(crate) fn host() -> Host {
    start_host_with(&["--no-guard-pages", "--no-stacks"])
}

/// A host in which a number of leases is held.
pub(crate) struct Held {
    host: Host,
    /// The handles that hold the leases; the quota of a handle decides how many.
    holders: Vec<Device>,
    /// The first unused route number.
    next: u32,
}

impl Held {
    pub(crate) fn start(leases: u32) -> Self {
        let host = host();
        let mut held = Self {
            host,
            holders: Vec::new(),
            next: 0,
        };
        let quota = held
            .open()
            .version()
            .expect("a version")
            .leases_per_handle_max;
        while held.next < leases {
            let holder = held.open();
            let end = leases.min(held.next.saturating_add(quota));
            while held.next < end {
                let numbers = held.take(CHUNK.min(end - held.next));
                apply(&holder, &leases_of(numbers));
            }
            held.holders.push(holder);
        }
        held
    }

    /// Times a batch of leases, their end with their handle, and a batch of plain routes.
    pub(crate) fn measure(&mut self) -> Sample {
        let device = self.open();
        let batch = leases_of(self.take(CHUNK));
        let create = time(|| apply(&device, &batch));
        let cleanup = time(|| drop(device));

        let numbers = self.take(CHUNK);
        let device = self.open();
        let batch: Batch = numbers
            .clone()
            .map(|number| Entry::create(&scattered_route(number)))
            .collect();
        let entry = time(|| apply(&device, &batch));
        let batch = numbers
            .map(|number| Entry::delete(&scattered_route(number).key()))
            .collect();
        apply(&device, &batch);
        Sample {
            create: create / CHUNK,
            entry: entry / CHUNK,
            cleanup: cleanup / CHUNK,
        }
    }

    fn open(&self) -> Device {
        Device::open(self.host.socket()).expect("the device opens")
    }

    fn take(&mut self, count: u32) -> Range<u32> {
        let start = self.next;
        self.next += count;
        start..self.next
    }
}

fn leases_of(numbers: Range<u32>) -> Batch {
    numbers
        .map(|number| Entry::create(&scattered_route(number)).lease())
        .collect()
}

fn apply(device: &Device, batch: &Batch) {
    let outcome = device.apply(batch).expect("the driver answers");
    assert!(outcome.is_success(), "{:?}", outcome.verdict);
}

fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}
