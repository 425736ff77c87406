//! Requests of one handle.

mod change;

use abi::apply::BATCH_ENTRIES_MAX;
use abi::table::TABLE_ROWS_MAX;
use abi::version::{
    ABI_VERSION, CAPABILITY_APPLY, CAPABILITY_BEST_ROUTE, CAPABILITY_GUARD, CAPABILITY_INTERFACES,
    CAPABILITY_LEASES, CAPABILITY_ROUTES, CAPABILITY_STATISTICS, CAPABILITY_TABLES,
    CAPABILITY_WATCH, LEASES_PER_HANDLE_MAX,
};
use abi::watch::RING_EVENTS;
use abi::{AddressFamily, ControlCode, NtStatus, Version, Wire};

use crate::counters::CounterScopes;
use crate::decode::{Command, decode};
use crate::diagnose::diagnose;
use crate::events::filter::WatchCommand;
use crate::handle::HandleState;
use crate::handle_id::HandleId;
use crate::leases::LeaseTable;
use crate::leases::release::Released;
use crate::lock::{Lock, LockOrder, StackLock};
use crate::network_stack::NetworkStack;
use crate::snapshots::{Page, Snapshots, TablePage};
use crate::stop::{StopCheck, StopReason};
use crate::time::KernelTime;
use crate::watch::request_number::RequestNumber;
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
        | CAPABILITY_GUARD
        | CAPABILITY_INTERFACES,
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
    /// The bytes that the caller sent. They are aligned to 8, as system buffers are.
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
    /// Serves one request. Every byte that it reports as written was written. The request ends early
    /// if `stop` gives a reason while it waits for the lease-table lock or between its steps.
    ///
    /// # Errors
    ///
    /// The stack's status unchanged, or one of the decoding of the request or of a table's page.
    /// The request has then changed nothing. `STATUS_INVALID_HANDLE`: the handle is closed, and the
    /// request would take leases or watch. `STATUS_CANCELLED`: it stopped while it waited.
    pub fn serve(
        &mut self,
        code: ControlCode,
        buffers: &mut impl RequestBuffers,
        stop: StopCheck<'_>,
    ) -> Result<Served, NtStatus> {
        self.counters.count_request(|| {
            let memory = self.counters.batch_memory();
            let mut decoded = decode(code, buffers.input()?, buffers.output_length(), memory);
            // A command is large, so it stays where it is.
            let command = decoded.as_mut().map_err(|status| *status)?;
            // From here on the input is gone: the output is the same memory.
            self.execute(command, buffers.output()?, stop)
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

    /// Executes one command.
    pub(crate) fn execute(
        &mut self,
        command: &mut Command<'_>,
        output: &mut [u8],
        stop: StopCheck<'_>,
    ) -> Result<Served, NtStatus> {
        if let Command::Watch(watch) = command {
            return self.watch(watch, output);
        }
        self.execute_and_answer(command, output, stop)
            .map(Served::Done)
    }

    /// Executes a command, counts what it has done, and writes its answer.
    fn execute_and_answer(
        &mut self,
        command: &mut Command<'_>,
        output: &mut [u8],
        stop: StopCheck<'_>,
    ) -> Result<usize, NtStatus> {
        match command {
            Command::QueryVersion => write(output, || Ok(VERSION)),
            Command::QueryStatistics => write(output, || Ok(self.counters.read())),
            Command::InitializeRoute => write(output, || self.stack.initialize()),
            Command::CreateRoute(row) => {
                self.change(stop, |change| change.create_one(row))?;
                self.counters.count(|counters| &counters.routes_created);
                Ok(0)
            }
            Command::SetRoute(row) => {
                self.change(stop, |change| change.set_one(row))?;
                self.counters.count(|counters| &counters.routes_set);
                Ok(0)
            }
            Command::DeleteRoute(row) => {
                self.change(stop, |change| change.delete_one(row))?;
                self.counters.count(|counters| &counters.routes_deleted);
                Ok(0)
            }
            Command::GetRoute(row) => write(output, || self.stack.get(row)),
            Command::ExplainRoute { row, refusal } => {
                write(output, || diagnose(row, *refusal, &self.stack))
            }
            Command::GetTable(page) => {
                self.table_page(*page, Stack::routes, |handle| &mut handle.routes, output)
            }
            Command::GetBestRoute(lookup) => write(output, || self.stack.best_route(lookup)),
            Command::GetInterface(row) => write(output, || self.stack.interface(row)),
            Command::GetInterfaceTable(page) => self.table_page(
                *page,
                Stack::interfaces,
                |handle| &mut handle.interfaces,
                output,
            ),
            Command::SetInterface(change) => {
                self.set_interface(change, stop)?;
                self.counters.count(|counters| &counters.interfaces_set);
                Ok(0)
            }
            Command::Apply(batch) => {
                self.apply(batch, stop)?;
                self.counters.count_changes(batch.changes());
                batch.write(output)
            }
            Command::GetInterfaceLeases(page) => {
                let reader = self.handle_id();
                self.list_leases(stop, |leases| leases.list_settings(*page, reader, output))
            }
            Command::GetLeases(page) => {
                let reader = self.handle_id();
                let now = self.now;
                self.list_leases(stop, |leases| leases.list(*page, reader, now, output))
            }
            // Answered by `watch`.
            Command::Watch(_) => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    /// Lists leases, which `list` does.
    ///
    /// # Errors
    ///
    /// Those of `list`, and `STATUS_CANCELLED`: the request has to end, and waited for another thread
    /// still.
    fn list_leases(
        &mut self,
        stop: StopCheck<'_>,
        list: impl FnOnce(&mut LeaseTable) -> Result<usize, NtStatus>,
    ) -> Result<usize, NtStatus> {
        let order = LockOrder::MayOvertake;
        let listed = self
            .leases
            .with_unless(&mut self.stack, order, stop, |leases, _| list(leases));
        listed.map_err(StopReason::status)?
    }

    fn watch(&mut self, command: &WatchCommand, output: &mut [u8]) -> Result<Served, NtStatus> {
        if !self.stack.is_notified() {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        let pending = PendingWatch {
            number: RequestNumber::next(),
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
        while let Some(memory) = self.watch.with(&mut self.stack, end) {
            drop(memory);
        }
    }

    /// A page of a table; the first page takes the snapshot.
    ///
    /// The lock is held only to swap and to copy: the stack is called before it is taken, and the
    /// earlier snapshot is dropped after it is released. It is not inlined: its values would be on
    /// the stack of every command.
    #[inline(never)]
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
        if page.from.is_none() {
            self.counters.count(|counters| &counters.snapshots);
        }
        Ok(written)
    }
}

/// Makes one structure, and writes it at the start of the output, with bytes without a meaning
/// cleared. It is not inlined: the structures would be on the stack of every command.
#[inline(never)]
fn write<T: Wire>(
    output: &mut [u8],
    make: impl FnOnce() -> Result<T, NtStatus>,
) -> Result<usize, NtStatus> {
    let value = make()?.canonical();
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
