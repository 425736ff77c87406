//! The engine as a whole: several handles, another program, and a stack that fails.

mod batches;
mod compartments;
mod declared;
mod declared_again;
mod guard_properties;
mod guarding;
mod guarding_interfaces;
mod interleavings;
mod late_notifications;
mod leased_settings;
mod leases;
mod limits;
mod listing;
mod parking;
mod parts;
mod properties;
mod reference;
mod scale;
mod sleeping;
mod stored_values;
mod watch_properties;
mod watching;
mod watching_interfaces;

extern crate std;

use abi::apply::{ENTRY_CREATE, ENTRY_DELETE, ENTRY_LEASE, ENTRY_UPSERT};
use abi::{ApplyEntry, MibIpForwardRow2, NtStatus, WatchRequest};

use crate::counters::AtomicCounters;
use crate::decode::{self, Command};
use crate::fake_stack::FakeStack;
use crate::session::Served;
use crate::stop::StopCheck;
use crate::test_driver::{DriverState, FakeHandleState, ROUTE, TestLock};
use crate::time::{KernelTime, Ticks};
use crate::transaction::batch::EntryBatch;
use crate::worker;

/// One open handle.
#[derive(Default)]
struct Client {
    state: TestLock<FakeHandleState>,
    counters: AtomicCounters,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoAnswer {
    /// It waits for an event.
    Waits,
    Refused(NtStatus),
}

impl From<NtStatus> for NoAnswer {
    fn from(status: NtStatus) -> Self {
        Self::Refused(status)
    }
}

/// A driver on a fake stack.
#[derive(Default)]
struct TestDriver {
    stack: FakeStack,
    state: DriverState,
}

const NEVER: StopCheck<'_> = &|| None;

/// Runs deferred work of a driver. Returns when it has to run again.
fn run_worker(stack: &FakeStack, state: &DriverState) -> Option<KernelTime> {
    state.wake_at.set(None);
    let mut stack = stack;
    worker::run(
        &mut stack,
        &state.leases,
        &state.watch,
        state,
        &state.notifications,
    );
    state.wake_at.get()
}

impl TestDriver {
    /// Serves a command. Returns the number of bytes written.
    fn serve(
        &self,
        client: &Client,
        mut command: Command<'_>,
        output: &mut [u8],
    ) -> Result<usize, NoAnswer> {
        let mut session = self
            .state
            .session(&self.stack, &client.state, &client.counters);
        match session.execute(&mut command, output, NEVER)? {
            Served::Done(written) => Ok(written),
            Served::Pending(_) => Err(NoAnswer::Waits),
        }
    }

    /// Serves a `WATCH`. Returns the number of bytes written.
    fn serve_watch(
        &self,
        client: &Client,
        request: &WatchRequest,
        output: &mut [u8],
    ) -> Result<usize, NoAnswer> {
        let command = Command::Watch(decode::watch::decode(request)?);
        self.serve(client, command, output)
    }

    fn apply_while(
        &self,
        client: &Client,
        flags: u32,
        entries: &[ApplyEntry],
        stop: StopCheck<'_>,
    ) -> EntryBatch<'static> {
        let mut batch = EntryBatch::of(flags, entries);
        self.state
            .session(&self.stack, &client.state, &client.counters)
            .apply(&mut batch, stop)
            .unwrap();
        batch
    }

    fn apply(&self, client: &Client, flags: u32, entries: &[ApplyEntry]) -> EntryBatch<'static> {
        self.apply_while(client, flags, entries, NEVER)
    }

    /// One entry that must succeed.
    fn must(&self, client: &Client, entry: ApplyEntry) -> u32 {
        let answer = self.apply(client, 0, &[entry]).entry_answer(0);
        assert_eq!(NtStatus::new(answer.status), NtStatus::SUCCESS);
        answer.result
    }

    /// The status with which one entry fails.
    fn refused(&self, client: &Client, entry: ApplyEntry) -> NtStatus {
        NtStatus::new(self.apply(client, 0, &[entry]).entry_answer(0).status)
    }

    /// Closes a handle. Returns whether a release is pending.
    fn close(&self, client: &Client) -> bool {
        self.state
            .session(&self.stack, &client.state, &client.counters)
            .close(&self.state);
        self.state
            .leases
            .with(|leases| leases.has_pending_release())
    }

    /// Runs deferred work. Returns when it has to run again.
    fn work(&self) -> Option<KernelTime> {
        run_worker(&self.stack, &self.state)
    }

    fn now(&self) -> KernelTime {
        self.state.now.get()
    }

    fn wait(&self, time: Ticks) {
        self.state.now.set(self.now().after(time));
    }

    /// Delivers the stack's notifications.
    fn notify(&self) {
        for (change, row) in self.stack.notifications() {
            self.state
                .watch
                .with(|watch| watch.events.on_route_changed(change, &row, || self.now()));
        }
    }

    /// The stack's notification of an interface that has arrived.
    fn interface_arrives(&self) {
        self.state
            .watch
            .with(|watch| watch.work.request_for_interface(FakeStack::LUID));
    }

    fn leases(&self) -> u32 {
        self.state.leases.with(|leases| leases.leases())
    }

    fn handles(&self) -> u32 {
        self.state.leases.with(|leases| leases.handles())
    }
}

/// One of many routes: 10.n.n.0/24.
fn route(number: u16) -> MibIpForwardRow2 {
    let mut row = ROUTE;
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
