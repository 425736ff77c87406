//! The engine as a whole: several handles, a hostile third party, and a stack that fails.

mod batches;
mod declared;
mod guard_properties;
mod guarding;
mod interleavings;
mod leases;
mod listing;
mod properties;
mod reference;
mod scale;
mod stack;
mod watch_properties;
mod watching;

extern crate std;

use std::cell::{Cell, RefCell};
use std::vec::Vec;

use abi::apply::{ENTRY_CREATE, ENTRY_DELETE, ENTRY_LEASE, ENTRY_UPSERT};
use abi::{ApplyEntry, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use crate::counters::AtomicCounters;
use crate::decode::Command;
use crate::events::EventLog;
use crate::handle::{HandleState, Lock};
use crate::test_stack::{TestStack, World};
use crate::transaction::batch::Batch;
use crate::worker::{self, Clock, ParkedRequests, Queue};
use stack::ModelStack;

type State = HandleState<Vec<MibIpForwardRow2>, Vec<MibIpInterfaceRow>>;

/// One open handle.
#[derive(Default)]
struct Client {
    state: RefCell<State>,
    counters: AtomicCounters,
}

impl Lock<State> for RefCell<State> {
    fn with<R>(&self, body: impl FnOnce(&mut State) -> R) -> R {
        body(&mut self.borrow_mut())
    }
}

/// No request waits.
struct Nobody;

impl ParkedRequests for Nobody {
    type Request = ();

    fn count(&self, _queue: Queue) -> u32 {
        0
    }

    fn take(&self, _queue: Queue) -> Option<()> {
        None
    }

    fn put(&self, _queue: Queue, _request: ()) {}

    fn serve(&self, _request: ()) -> Option<()> {
        None
    }
}

/// A clock that stands still, and when worker want to be done next.
struct StoppedClock {
    now: u64,
    again: Cell<Option<u64>>,
}

impl StoppedClock {
    const fn at(now: u64) -> Self {
        Self {
            now,
            again: Cell::new(None),
        }
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> u64 {
        self.now
    }

    fn wake_in(&self, ticks: u64) {
        self.again.set(Some(self.now + ticks));
    }
}

/// A driver on a stack.
#[derive(Default)]
struct Machine {
    stack: ModelStack,
    world: World,
}

const NEVER: &dyn Fn() -> bool = &|| false;

impl Machine {
    fn serve(
        &self,
        client: &Client,
        command: Command,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        self.world
            .session(&self.stack, &client.state, &client.counters)
            .serve(command, output, NEVER)
    }

    fn apply_while(
        &self,
        client: &Client,
        flags: u32,
        entries: &[ApplyEntry],
        cancelled: &dyn Fn() -> bool,
    ) -> Batch {
        let mut batch = Batch::of(flags, entries);
        self.world
            .session(&self.stack, &client.state, &client.counters)
            .apply(&mut batch, cancelled)
            .unwrap();
        batch
    }

    fn apply(&self, client: &Client, flags: u32, entries: &[ApplyEntry]) -> Batch {
        self.apply_while(client, flags, entries, NEVER)
    }

    /// One entry that must succeed.
    fn must(&self, client: &Client, entry: ApplyEntry) -> u32 {
        let answer = self.apply(client, 0, &[entry]).entry_answer(0);
        assert_eq!(NtStatus::new(answer.status), NtStatus::SUCCESS);
        answer.result
    }

    /// Why one entry fails.
    fn refused(&self, client: &Client, entry: ApplyEntry) -> NtStatus {
        NtStatus::new(self.apply(client, 0, &[entry]).entry_answer(0).status)
    }

    /// Closes a handle. Whether leases are left that could not be ended.
    fn close(&self, client: &Client) -> bool {
        self.world
            .session(&self.stack, &client.state, &client.counters)
            .close(&self.world);
        self.world
            .leases
            .with(|leases| leases.has_pending_release())
    }

    /// Does the worker. When they want to be done next.
    fn keep(&self) -> Option<u64> {
        let clock = StoppedClock::at(self.world.now.get());
        let World { leases, watch, .. } = &self.world;
        worker::run(&self.stack, leases, watch, &Nobody, &clock);
        clock.again.get()
    }

    fn wait(&self, ticks: u64) {
        self.world.now.set(self.world.now.get() + ticks);
    }

    /// The stack's notifications reach the watch.
    fn notify(&self) {
        for (change, row) in self.stack.notifications() {
            self.world
                .watch
                .with(|watch| watch.notify(change, &row, self.world.now.get()));
        }
    }

    fn leases(&self) -> u32 {
        self.world.leases.with(|leases| leases.leases())
    }

    fn holders(&self) -> u32 {
        self.world.leases.with(|leases| leases.holders())
    }
}

/// One of many routes: 10.n.n.0/24.
fn route(number: u16) -> MibIpForwardRow2 {
    let mut row = TestStack::ROUTE;
    let [high, low] = number.to_be_bytes();
    row.destination_prefix.prefix.ipv4_or_flow = [10, high, low, 0];
    row.destination_prefix.prefix_length = 24;
    row
}

fn metric(row: MibIpForwardRow2, metric: u32) -> MibIpForwardRow2 {
    MibIpForwardRow2 { metric, ..row }
}

fn entry(operation: u32, flags: u32, row: MibIpForwardRow2) -> ApplyEntry {
    ApplyEntry {
        operation,
        flags,
        row,
        ..ApplyEntry::default()
    }
}

fn lease(row: MibIpForwardRow2) -> ApplyEntry {
    entry(ENTRY_CREATE, ENTRY_LEASE, row)
}

fn upsert_lease(row: MibIpForwardRow2) -> ApplyEntry {
    entry(ENTRY_UPSERT, ENTRY_LEASE, row)
}

fn delete(row: MibIpForwardRow2) -> ApplyEntry {
    entry(ENTRY_DELETE, 0, row)
}
