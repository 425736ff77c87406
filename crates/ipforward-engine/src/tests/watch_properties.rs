//! Readers with and without filters end with the true table. This holds for any changes of the
//! table, for late and partial notifications, and if the stack fails while they read.

extern crate std;

use std::vec::Vec;

use abi::{IpAddressPrefix, WatchRequest};
use proptest::prelude::*;

use super::watching::{Reader, reader};
use super::*;
use crate::events::Change;
use crate::fake_stack::Table;

/// What happens while three readers follow the table.
#[derive(Clone, Debug)]
enum WatchStep {
    Create(u16, u32),
    Set(u16, u32),
    Delete(u16),
    /// A handle takes a lease, which its end will end.
    Lease(u16),
    Close,
    /// So many of the notifications that are under way arrive.
    Arrive(usize),
    /// A reader asks for so many events; this call of the stack fails meanwhile.
    Read(usize, usize, Option<u64>),
}

/// Routes into two prefixes.
const INTO: [u16; 6] = [0x0001, 0x0002, 0x0003, 0x0101, 0x0102, 0x0103];

fn steps() -> impl Strategy<Value = WatchStep> {
    let number = prop::sample::select(&INTO[..]);
    let values = (number.clone(), 1..9_u32);
    let read = (
        0..3_usize,
        1..6_usize,
        prop::option::weighted(0.3, 0..4_u64),
    );
    prop_oneof![
        3 => values.clone().prop_map(|(number, metric)| WatchStep::Create(number, metric)),
        2 => values.prop_map(|(number, metric)| WatchStep::Set(number, metric)),
        2 => number.clone().prop_map(WatchStep::Delete),
        2 => number.prop_map(WatchStep::Lease),
        1 => Just(WatchStep::Close),
        4 => (0..6_usize).prop_map(WatchStep::Arrive),
        3 => read.prop_map(|(who, room, failure)| WatchStep::Read(who, room, failure)),
    ]
}

struct Audience {
    driver: TestDriver,
    owner: Client,
    readers: [Reader; 3],
    under_way: Vec<(Change, MibIpForwardRow2)>,
}

impl Audience {
    fn new() -> Self {
        let driver = TestDriver::default();
        let into = WatchRequest {
            prefix: IpAddressPrefix::new("10.1.0.0".parse().unwrap(), 16),
            ..WatchRequest::default()
        };
        Self {
            readers: [WatchRequest::default(), into, WatchRequest::default()]
                .map(|request| reader(request, &driver)),
            driver,
            owner: Client::default(),
            under_way: Vec::new(),
        }
    }

    fn happens(&mut self, step: &WatchStep) {
        let stack = &self.driver.stack;
        match *step {
            // It may be there already, or not be there.
            WatchStep::Create(number, value) => {
                let _ = stack.create(&metric(route(number), value));
            }
            WatchStep::Set(number, value) => {
                let _ = stack.set(&metric(route(number), value));
            }
            WatchStep::Delete(number) => {
                let _ = stack.delete(&route(number));
            }
            WatchStep::Lease(number) => {
                self.driver
                    .apply(&self.owner, 0, &[upsert_lease(metric(route(number), 9))]);
            }
            WatchStep::Close => {
                let owner = core::mem::take(&mut self.owner);
                assert!(!self.driver.close(&owner));
            }
            WatchStep::Arrive(count) => self.arrive(count),
            WatchStep::Read(who, room, failure) => {
                if let Some(call) = failure {
                    stack.fail(call, 1);
                }
                let reader = &mut self.readers[who];
                if let Ok(events) = reader.watch(&self.driver, room) {
                    reader.follow(&self.driver, events);
                }
                self.driver.stack.heal();
            }
        }
    }

    fn arrive(&mut self, count: usize) {
        self.under_way.extend(self.driver.stack.notifications());
        let count = count.min(self.under_way.len());
        for (change, row) in self.under_way.drain(..count) {
            let DriverState { watch, now, .. } = &self.driver.state;
            watch.with(|watch| watch.events.on_route_changed(change, &row, || now.get()));
        }
    }

    /// What a copy or the table has into the prefix that a reader watches.
    fn seen(reader: &Reader, table: &Table) -> Table {
        let length = usize::from(reader.request.prefix.prefix_length) / 8;
        let wanted = reader.request.prefix.prefix.ipv4_or_flow;
        let mut seen = table.clone();
        seen.retain(|_, row| {
            row.destination_prefix.prefix.ipv4_or_flow[..length] == wanted[..length]
        });
        seen
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn events_are_the_difference_between_two_tables(
        steps in prop::collection::vec(steps(), 1..80)
    ) {
        let mut audience = Audience::new();
        for step in &steps {
            audience.happens(step);
        }
        audience.arrive(usize::MAX);
        let table = audience.driver.stack.table();
        for reader in &mut audience.readers {
            reader.catch_up(&audience.driver, 3);
            let copy = Audience::seen(reader, &reader.copy);
            prop_assert_eq!(copy, Audience::seen(reader, &table));
        }
    }
}
