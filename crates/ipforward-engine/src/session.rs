//! Requests of one handle.

use abi::apply::BATCH_ENTRIES_MAX;
use abi::table::TABLE_ROWS_MAX;
use abi::version::{
    ABI_VERSION, CAPABILITY_APPLY, CAPABILITY_BEST_ROUTE, CAPABILITY_GUARD, CAPABILITY_LEASES,
    CAPABILITY_ROUTES, CAPABILITY_STATISTICS, CAPABILITY_TABLES, CAPABILITY_WATCH,
    LEASES_PER_HANDLE_MAX,
};
use abi::watch::RING_EVENTS;
use abi::{AddressFamily, ControlCode, NtStatus, Version, Wire};

use crate::alloc::assert_live;
use crate::counters::CounterScopes;
use crate::decode::{Command, decode};
use crate::diagnose::diagnose;
use crate::events::filter::WatchCommand;
use crate::events::log::EventMemory;
use crate::handle::HandleState;
use crate::handle_id::HandleId;
use crate::leases::LeaseTable;
use crate::leases::records::HandleEntryId;
use crate::leases::release::Released;
use crate::lock::{Lock, StackLock};
use crate::network_stack::NetworkStack;
use crate::snapshots::{Page, Snapshots, TablePage};
use crate::time::KernelTime;
use crate::transaction::Transaction;
use crate::transaction::apply::apply;
use crate::transaction::batch::EntryBatch;
use crate::watch::attributing_stack::AttributingStack;
use crate::watch::{PendingWatch, WatchState, answer};
use crate::worker::{self, WorkerHost};

/// The answer to `QUERY_VERSION`.
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

/// The buffers of a request. Input and output may be the same memory.
pub trait RequestBuffers {
    /// The bytes that the caller sent.
    ///
    /// # Errors
    ///
    /// The status with which the framework refused.
    fn input(&self) -> Result<&[u8], NtStatus>;

    /// The length of the output.
    fn output_length(&self) -> usize;

    /// The memory for the answer, whose content is undefined before.
    ///
    /// # Errors
    ///
    /// The status with which the framework refused.
    fn output(&mut self) -> Result<&mut [u8], NtStatus>;
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// It is done, and so many bytes of output were written.
    Done(usize),
    /// It is a `WATCH` without an event: the driver has to [park](worker::park) it.
    Pending(PendingWatch),
}

/// Context of one request: the network stack, the state of the driver, and the state of the handle
/// that the request was sent to.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a, Stack, HandleLock, LeaseTableLock, WatchLock> {
    /// The network stack.
    pub stack: Stack,
    /// The state of the handle.
    pub handle: &'a HandleLock,
    /// The leases of all handles.
    pub leases: &'a LeaseTableLock,
    /// The events, and the schedule of deferred work.
    pub watch: &'a WatchLock,
    /// The counters to count with.
    pub counters: CounterScopes<'a>,
    /// The time.
    pub now: KernelTime,
}

impl<Stack, HandleLock, LeaseTableLock, WatchLock>
    Session<'_, Stack, HandleLock, LeaseTableLock, WatchLock>
where
    Stack: NetworkStack,
    HandleLock: Lock<HandleState<Stack::Routes, Stack::Interfaces>, Stack>,
    LeaseTableLock: StackLock<LeaseTable, Stack>,
    WatchLock: Lock<WatchState, Stack>,
{
    /// Serves one request. Every byte that it reports as written was written. A long request asks
    /// between its steps whether it `is_cancelled`.
    ///
    /// # Errors
    ///
    /// The stack's status unchanged, or one of the decoding of the request or of a table's page.
    /// The request has then changed nothing. `STATUS_INVALID_HANDLE`: the handle is closed, and the
    /// request would take leases or watch.
    pub fn serve(
        &mut self,
        code: ControlCode,
        buffers: &mut impl RequestBuffers,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Served, NtStatus> {
        self.counters.count_request(|| {
            let command = decode(code, buffers.input()?, buffers.output_length())?;
            // From here on the input is gone: the output is the same memory.
            self.execute(command, buffers.output()?, is_cancelled)
        })
    }

    /// Closes the handle: its leases are released, the newest first. Then deferred work is
    /// scheduled, for leases that the stack refused to release, and for a parked request of the
    /// handle that deferred work has taken out of its queue.
    pub fn close(&mut self, host: &impl WorkerHost) {
        let handle = self.handle;
        // Under the lease-table lock, so that no batch of this handle is running.
        let (id, entry, tables) = self.leases.with(&mut self.stack, |_, stack| {
            handle.with(stack, |handle| {
                (handle.id(), handle.entry(), handle.close())
            })
        });
        drop(tables);
        self.end_watching(id);
        if let Some(entry) = entry {
            while self.release(entry) == Some(Released::More) {}
        }
        worker::schedule(self.watch, &mut self.stack, host);
    }

    fn release(&mut self, entry: HandleEntryId) -> Option<Released> {
        const LEASES_PER_HOLD: usize = 64;
        self.change(|transaction| {
            let Transaction { stack, leases, .. } = transaction;
            assert_live(leases.release(*stack, entry, LEASES_PER_HOLD))
        })
    }

    /// Executes one command.
    pub(crate) fn execute(
        &mut self,
        mut command: Command,
        output: &mut [u8],
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Served, NtStatus> {
        if let Command::Watch(watch) = &command {
            return self.watch(watch, output);
        }
        let written = self.write_answer(&mut command, output, is_cancelled)?;
        self.counters.count_command(&command);
        Ok(Served::Done(written))
    }

    fn write_answer(
        &mut self,
        command: &mut Command,
        output: &mut [u8],
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<usize, NtStatus> {
        match command {
            Command::QueryVersion => write(output, VERSION),
            Command::QueryStatistics => write(output, self.counters.read()),
            Command::InitializeRoute => write(output, self.stack.initialize()?),
            Command::CreateRoute(row) => self.change(|change| change.create_one(row)).map(|()| 0),
            Command::SetRoute(row) => self.change(|change| change.set_one(row)).map(|()| 0),
            Command::DeleteRoute(row) => self.change(|change| change.delete_one(row)).map(|()| 0),
            Command::GetRoute(row) => write(output, self.stack.get(row)?),
            Command::ExplainRoute { row, refusal } => {
                write(output, diagnose(row, *refusal, &self.stack)?)
            }
            Command::GetTable(page) => {
                self.table_page(*page, Stack::routes, |handle| &mut handle.routes, output)
            }
            Command::GetBestRoute(request) => write(output, self.stack.best_route(request)?),
            Command::GetInterface(row) => write(output, self.stack.interface(row)?),
            Command::GetInterfaceTable(page) => self.table_page(
                *page,
                Stack::interfaces,
                |handle| &mut handle.interfaces,
                output,
            ),
            Command::Apply(batch) => {
                self.apply(batch, is_cancelled)?;
                batch.write(output)
            }
            Command::GetLeases(page) => {
                let reader = self.handle_id();
                let now = self.now;
                self.leases.with(&mut self.stack, |leases, _| {
                    leases.list(*page, reader, now, output)
                })
            }
            // Answered by `watch`.
            Command::Watch(_) => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    fn watch(&mut self, command: &WatchCommand, output: &mut [u8]) -> Result<Served, NtStatus> {
        let pending = PendingWatch {
            handle: self.handle_id(),
            command: *command,
        };
        answer::check_room(output)?;
        answer::begin(&pending, self.watch, &mut self.stack)?;
        let written = answer::write(&pending, self.watch, &mut self.stack, output);
        // Asked afterwards: `close` marks the handle as closed first, and ends its watching then.
        if self
            .handle
            .with(&mut self.stack, |handle| handle.is_closed())
        {
            self.end_watching(pending.handle);
            return Err(NtStatus::INVALID_HANDLE);
        }
        Ok(match written? {
            Some(written) => Served::Done(written),
            None => Served::Pending(pending),
        })
    }

    fn handle_id(&mut self) -> HandleId {
        self.handle.with(&mut self.stack, |handle| handle.id())
    }

    /// Stops keeping events for a handle. Memory is freed without the lock.
    fn end_watching(&mut self, handle: HandleId) {
        let end = |state: &mut WatchState| state.events.end(handle);
        while let Some(ring) = self.watch.with(&mut self.stack, end) {
            drop(ring);
        }
    }

    /// Runs `body` while no other thread changes the route table through this driver.
    fn change<R>(
        &mut self,
        body: impl FnOnce(&mut Transaction<'_, AttributingStack<'_, Stack, WatchLock>>) -> R,
    ) -> R {
        let (handle, watch, now) = (self.handle, self.watch, self.now);
        self.leases.with(&mut self.stack, |leases, stack| {
            let (id, entry) = handle.with(stack, |handle| (handle.id(), handle.entry()));
            let mut stack = AttributingStack {
                stack,
                watch,
                handle: id,
                now,
            };
            body(&mut Transaction {
                stack: &mut stack,
                leases,
                handle: entry,
            })
        })
    }

    pub(crate) fn apply(
        &mut self,
        batch: &mut EntryBatch,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<(), NtStatus> {
        if batch.has_leases() {
            self.keep_lease_changes(batch.has_guards())?;
            let handle = self.handle;
            return self.change(|transaction| {
                let Transaction { stack, leases, .. } = transaction;
                transaction.handle = Some(register(handle, stack.stack, leases)?);
                apply(batch, transaction, is_cancelled)
            });
        }
        self.change(|transaction| apply(batch, transaction, is_cancelled))
    }

    /// Begins to keep changed routes for leases, with guards or without.
    fn keep_lease_changes(&mut self, guarded: bool) -> Result<(), NtStatus> {
        let stack = &mut self.stack;
        let (serves, attributes) = self.watch.with(stack, |state| {
            let attributes = state.events.attributes_changes();
            (state.events.serves_leases(guarded), attributes)
        });
        if !serves {
            // The lock is not held while memory is allocated and unused memory is freed.
            let mut memory = EventMemory::for_leases(!attributes)?;
            self.watch.with(stack, |state| {
                state.events.begin_for_leases(&mut memory, guarded);
            });
        }
        Ok(())
    }

    /// A page of a table; the first page takes the snapshot.
    ///
    /// The lock is held only to swap and to copy: the stack is called before it is taken, and the
    /// earlier snapshot is dropped after it is released.
    fn table_page<Table: AsRef<[Row]>, Row: Wire>(
        &mut self,
        page: TablePage,
        read: impl FnOnce(&Stack, AddressFamily) -> Result<Table, NtStatus>,
        snapshots: impl FnOnce(
            &mut HandleState<Stack::Routes, Stack::Interfaces>,
        ) -> &mut Snapshots<Table>,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        // Before the table: a change in between is reported twice, rather than not at all.
        let sequence = self
            .watch
            .with(&mut self.stack, |state| state.events.sequence());
        let fresh = match page.from {
            None => Some(read(&self.stack, page.family)?),
            Some(_) => None,
        };
        let (written_page, replaced) = self.handle.with(&mut self.stack, |handle| {
            let snapshots = snapshots(handle);
            let replaced = fresh.and_then(|table| snapshots.replace(page.family, sequence, table));
            (snapshots.page(page, output), replaced)
        });
        drop(replaced);
        let Page { written, finished } = written_page?;
        drop(finished);
        Ok(written)
    }
}

/// The entry of a handle in the lease table; created if it does not exist.
///
/// # Errors
///
/// - `STATUS_INVALID_HANDLE`: the handle is closed.
/// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
fn register<Stack: NetworkStack>(
    handle: &impl Lock<HandleState<Stack::Routes, Stack::Interfaces>, Stack>,
    stack: &mut Stack,
    leases: &mut LeaseTable,
) -> Result<HandleEntryId, NtStatus> {
    handle.with(stack, |handle| {
        if handle.is_closed() {
            return Err(NtStatus::INVALID_HANDLE);
        }
        if let Some(entry) = handle.entry() {
            return Ok(entry);
        }
        let entry = leases.register(handle.id(), handle.process_id())?;
        handle.set_entry(entry);
        Ok(entry)
    })
}

/// Writes one structure at the start of the output, with bytes without a meaning cleared.
fn write<T: Wire>(output: &mut [u8], value: T) -> Result<usize, NtStatus> {
    let value = value.canonical();
    let bytes = value.as_bytes();
    output
        .get_mut(..bytes.len())
        .ok_or(NtStatus::BUFFER_TOO_SMALL)?
        .copy_from_slice(bytes);
    Ok(bytes.len())
}

/// The number in a part of Cargo's version, at compile time.
const fn decimal(digits: &str) -> u16 {
    match u16::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests;
