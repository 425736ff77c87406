//! Doing what a command says.

use abi::apply::BATCH_ENTRIES_MAX;
use abi::table::TABLE_ROWS_MAX;
use abi::version::{
    ABI_VERSION, CAPABILITY_APPLY, CAPABILITY_BEST_ROUTE, CAPABILITY_GUARD, CAPABILITY_LEASES,
    CAPABILITY_ROUTES, CAPABILITY_STATISTICS, CAPABILITY_TABLES, CAPABILITY_WATCH,
    LEASES_PER_HANDLE_MAX,
};
use abi::watch::RING_EVENTS;
use abi::{AddressFamily, NtStatus, Statistics, TableRequest, Version, Wire};

use crate::alloc::NONE;
use crate::counters::CounterScopes;
use crate::decode::Command;
use crate::diagnose::diagnose;
use crate::events::attributing_stack::AttributingStack;
use crate::events::{EventLog, Memory, answer};
use crate::handle::{HandleState, Lock};
use crate::leases::{LeaseTable, Released};
use crate::network_stack::NetworkStack;
use crate::snapshots::Snapshots;
use crate::transaction::apply;
use crate::transaction::batch::Batch;
use crate::transaction::entry::Transaction;
use crate::worker::{self, Enqueue};

/// What this driver says of itself.
const VERSION: Version = Version {
    abi_version: ABI_VERSION,
    table_rows_max: TABLE_ROWS_MAX,
    capabilities: CAPABILITY_ROUTES
        | CAPABILITY_TABLES
        | CAPABILITY_BEST_ROUTE
        | CAPABILITY_STATISTICS
        | CAPABILITY_APPLY
        | CAPABILITY_LEASES
        | CAPABILITY_WATCH
        | CAPABILITY_GUARD,
    driver_version: [
        decimal(env!("CARGO_PKG_VERSION_MAJOR")),
        decimal(env!("CARGO_PKG_VERSION_MINOR")),
        decimal(env!("CARGO_PKG_VERSION_PATCH")),
    ],
    reserved: 0,
    batch_entries_max: BATCH_ENTRIES_MAX,
    leases_per_handle_max: LEASES_PER_HANDLE_MAX,
    ring_events: RING_EVENTS,
    reserved_2: 0,
};

/// All that serving a request needs: the stack, what belongs to the driver as a whole, and what
/// belongs to the handle that the request came through.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a, Stack, State, LeaseTableLock, WatchLock> {
    /// The network stack.
    pub stack: &'a Stack,
    /// The state of the handle.
    pub handle: &'a State,
    /// Which routes belong to which handle.
    pub leases: &'a LeaseTableLock,
    /// Who watches what.
    pub watch: &'a WatchLock,
    /// The counters to count with.
    pub counters: CounterScopes<'a>,
    /// The time, in ticks of 100 ns since some moment; it never runs backwards.
    pub now: u64,
}

impl<Stack, State, LeaseTableLock, WatchLock> Session<'_, Stack, State, LeaseTableLock, WatchLock>
where
    Stack: NetworkStack,
    State: Lock<HandleState<Stack::Routes, Stack::Interfaces>>,
    LeaseTableLock: Lock<LeaseTable>,
    WatchLock: Lock<EventLog>,
{
    /// Serves one command. Answers how many bytes of `output` were written; every one of them was.
    /// A long one asks between its steps whether it was `cancelled`.
    ///
    /// # Errors
    ///
    /// - The stack's status unchanged, or those of [`Snapshots::page`]. Nothing is half-done then.
    /// - `STATUS_PENDING`: a [`Command::Watch`] that has nothing to tell yet. The request is to be
    ///   [kept](crate::worker::park).
    /// - `STATUS_INVALID_HANDLE`: the handle is closed, and would take leases or watch.
    pub fn serve(
        &self,
        mut command: Command,
        output: &mut [u8],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<usize, NtStatus> {
        let written = self.execute(&mut command, output, cancelled)?;
        self.counters.each(|counters| counters.done(&command));
        Ok(written)
    }

    /// Gives up all that the handle holds, for its last user has closed it: its leases end, the
    /// newest first. Then calls for the worker: leases may be left that the stack could not be
    /// reached for, and a request of the handle's may be in their hands while the framework cancels
    /// those in the queues.
    pub fn close(&self, work: &impl Enqueue) {
        const AT_A_TIME: usize = 64;
        // Under the leases, so that no batch of this handle is on its way.
        let (number, holder, tables) = self.leases.with(|_| {
            self.handle
                .with(|handle| (handle.number(), handle.holder(), handle.close()))
        });
        drop(tables);
        self.end_watching(number);
        let release = || self.change(|desk| desk.leases.release(desk.stack, holder, AT_A_TIME));
        while release() == Released::More {}
        worker::call(self.watch, work);
    }

    fn execute(
        &self,
        command: &mut Command,
        output: &mut [u8],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<usize, NtStatus> {
        let stack = self.stack;
        match command {
            Command::QueryVersion => write(output, VERSION),
            Command::QueryStatistics => write(output, self.statistics()),
            Command::InitializeRoute => write(output, stack.initialize()?),
            Command::CreateRoute(row) => self.change(|desk| desk.create_one(row)).map(|()| 0),
            Command::SetRoute(row) => self.change(|desk| desk.set_one(row)).map(|()| 0),
            Command::DeleteRoute(row) => self.change(|desk| desk.delete_one(row)).map(|()| 0),
            Command::GetRoute(row) => write(output, stack.get(row)?),
            Command::ExplainRoute(request) => write(output, diagnose(request, stack)?),
            Command::GetTable(request) => self.table_page(
                request,
                |family| stack.routes(family),
                |handle| &mut handle.routes,
                output,
            ),
            Command::GetBestRoute(request) => write(output, stack.best_route(request)?),
            Command::GetInterface(row) => write(output, stack.interface(row)?),
            Command::GetInterfaceTable(request) => self.table_page(
                request,
                |family| stack.interfaces(family),
                |handle| &mut handle.interfaces,
                output,
            ),
            Command::Apply(batch) => {
                self.apply(batch, cancelled)?;
                batch.write(output)
            }
            Command::GetLeases(request) => self.leases.with(|leases| {
                let asking = self.handle.with(|handle| handle.number());
                leases.list(request, asking, self.now, output)
            }),
            Command::Watch(request) => {
                let number = self.handle.with(|handle| handle.number());
                let answer = answer::watch(request, number, self.watch, stack, output);
                // Asked afterwards: who closes says so first, and ends the watch then.
                if self.handle.with(|handle| handle.is_closed()) {
                    self.end_watching(number);
                    return Err(NtStatus::INVALID_HANDLE);
                }
                answer
            }
        }
    }

    /// Keeps no more events for a handle. Memory is given back without the lock.
    fn end_watching(&self, number: u64) {
        while let Some(ring) = self.watch.with(|watch| watch.end(number)) {
            drop(ring);
        }
    }

    /// Runs `body` while nobody else changes the table through this driver.
    fn change<R>(
        &self,
        body: impl FnOnce(&mut Transaction<'_, AttributingStack<'_, Stack, WatchLock>>) -> R,
    ) -> R {
        self.leases.with(|leases| {
            let (handle, holder) = self
                .handle
                .with(|handle| (handle.number(), handle.holder()));
            let stack = AttributingStack {
                stack: self.stack,
                watch: self.watch,
                handle,
                now: self.now,
            };
            body(&mut Transaction {
                stack: &stack,
                leases,
                holder,
            })
        })
    }

    pub(crate) fn apply(
        &self,
        batch: &mut Batch,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), NtStatus> {
        if batch.leases() {
            self.begin_guard(batch.guards())?;
        }
        self.change(|desk| {
            if batch.leases() {
                desk.holder = self.enroll(desk.leases)?;
            }
            apply(batch, desk, cancelled)
        })
    }

    /// Has changes of routes kept from now on, for leases; with a guard or not.
    fn begin_guard(&self, guarded: bool) -> Result<(), NtStatus> {
        if !self.watch.with(|watch| watch.guards(guarded)) {
            // Memory is made, and memory that was not needed is given back, without the lock.
            let mut memory = Memory::for_guard(self.watch)?;
            self.watch
                .with(|watch| watch.begin_guard(&mut memory, guarded));
        }
        Ok(())
    }

    /// The handle's place in the leases, which it is given if it has none.
    fn enroll(&self, leases: &mut LeaseTable) -> Result<u32, NtStatus> {
        self.handle.with(|handle| {
            if handle.is_closed() {
                return Err(NtStatus::INVALID_HANDLE);
            }
            if handle.holder() == NONE {
                handle.set_holder(leases.enroll(handle.number(), handle.process_id())?);
            }
            Ok(handle.holder())
        })
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            total: self.counters.total.read(),
            handle: self.counters.handle.read(),
        }
    }

    /// A page of a table; the first one of a reading takes the snapshot.
    ///
    /// The lock is held only to swap and to copy: the stack is asked before it is taken, and a
    /// table that was in the way is given back after it is released.
    fn table_page<Table: AsRef<[Row]>, Row: Wire>(
        &self,
        request: &TableRequest,
        ask: impl FnOnce(AddressFamily) -> Result<Table, NtStatus>,
        snapshots: impl FnOnce(
            &mut HandleState<Stack::Routes, Stack::Interfaces>,
        ) -> &mut Snapshots<Table>,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        // Before the table: what happens in between is told twice, rather than not at all.
        let sequence = self.watch.with(|watch| watch.sequence());
        let fresh = match request.cursor {
            0 => Some(ask(AddressFamily(request.family))?),
            _ => None,
        };
        let (page, _replaced) = self.handle.with(|handle| {
            let snapshots = snapshots(handle);
            let replaced =
                fresh.and_then(|table| snapshots.replace(request.family, sequence, table));
            (snapshots.page(request, output), replaced)
        });
        Ok(page?.written)
    }
}

/// Writes one structure at the start of the output, without the bytes that mean nothing.
fn write<T: Wire>(output: &mut [u8], value: T) -> Result<usize, NtStatus> {
    let value = value.canonical();
    let bytes = value.as_bytes();
    output
        .get_mut(..bytes.len())
        .ok_or(NtStatus::BUFFER_TOO_SMALL)?
        .copy_from_slice(bytes);
    Ok(bytes.len())
}

/// The number that Cargo wrote into the version, at compile time.
const fn decimal(digits: &str) -> u16 {
    match u16::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests;
