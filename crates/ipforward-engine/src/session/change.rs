//! Requests that change routes or interfaces: each runs under the lease-table lock.

use abi::NtStatus;

use super::Session;
use crate::alloc::assert_live;
use crate::events::memory::EventMemory;
use crate::handle::HandleState;
use crate::interface_settings::SettingsChange;
use crate::leases::LeaseTable;
use crate::leases::records::HandleEntryId;
use crate::leases::release::Released;
use crate::lock::{Lock, LockOrder, StackLock};
use crate::network_stack::NetworkStack;
use crate::stop::{StopCheck, StopReason};
use crate::time::KernelTime;
use crate::transaction::apply::{self, Rest};
use crate::transaction::batch::EntryBatch;
use crate::transaction::{BatchRun, Transaction};
use crate::watch::WatchState;
use crate::watch::attributing_stack::AttributingStack;

impl<Stack, HandleLock, LeaseTableLock, WatchLock>
    Session<'_, Stack, HandleLock, LeaseTableLock, WatchLock>
where
    Stack: NetworkStack,
    HandleLock: Lock<HandleState<Stack::Routes, Stack::Interfaces>, Stack>,
    LeaseTableLock: StackLock<LeaseTable, Stack>,
    WatchLock: Lock<WatchState, Stack>,
{
    /// Runs `body` while no other thread changes the route table through this driver.
    ///
    /// # Errors
    ///
    /// `STATUS_CANCELLED`: the request has to end, and waited for another thread still.
    pub(super) fn change<R>(
        &mut self,
        stop: StopCheck<'_>,
        body: impl FnOnce(
            &mut Transaction<'_, AttributingStack<'_, Stack, WatchLock>>,
        ) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        self.change_in(LockOrder::MayOvertake, stop, body)
    }

    /// As [`change`](Self::change), in this order beside other threads that wait.
    fn change_in<R>(
        &mut self,
        order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(
            &mut Transaction<'_, AttributingStack<'_, Stack, WatchLock>>,
        ) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        let (handle, watch, now) = (self.handle, self.watch, self.now);
        let changed = self
            .leases
            .with_unless(&mut self.stack, order, stop, |leases, stack| {
                transact(handle, watch, now, leases, stack, body)
            });
        changed.map_err(StopReason::status)?
    }

    /// Changes the settings of an interface. It is not inlined: its rows would be on the stack of
    /// every command.
    ///
    /// # Errors
    ///
    /// Nothing was done: see [`change`](Self::change), [`register`] and
    /// [`Transaction::set_interface`].
    #[inline(never)]
    pub(super) fn set_interface(
        &mut self,
        settings: &SettingsChange,
        stop: StopCheck<'_>,
    ) -> Result<(), NtStatus> {
        let handle = self.handle;
        self.change(stop, |transaction| {
            if settings.is_lease {
                let Transaction { stack, leases, .. } = transaction;
                transaction.handle = Some(register(handle, stack.stack, leases)?);
            }
            transaction.set_interface(settings)
        })
    }

    /// Executes a batch. Between two holds of the lease-table lock, other requests get it.
    ///
    /// # Errors
    ///
    /// Nothing was done: see [`change`](Self::change), [`register`] and [`apply::apply`]. A batch
    /// of which a part has been executed ends with its answers instead.
    pub(crate) fn apply(
        &mut self,
        batch: &mut EntryBatch<'_>,
        stop: StopCheck<'_>,
    ) -> Result<(), NtStatus> {
        self.apply_parts(batch, BatchRun::default(), stop)
    }

    /// Executes a batch from its beginning, in the parts of `run`.
    ///
    /// # Errors
    ///
    /// Those of [`apply`](Self::apply).
    pub(crate) fn apply_parts(
        &mut self,
        batch: &mut EntryBatch<'_>,
        mut run: BatchRun,
        stop: StopCheck<'_>,
    ) -> Result<(), NtStatus> {
        if batch.has_leases() {
            self.keep_lease_changes(batch.has_guards())?;
        }
        loop {
            match self.apply_part(batch, &mut run, stop) {
                Ok(Rest::Entries) => {}
                Ok(Rest::None) => return Ok(()),
                Err(status) if !run.has_begun() => return Err(status),
                // The request has to end, or its handle was closed meanwhile.
                Err(_) => {
                    apply::stop(batch, run);
                    return Ok(());
                }
            }
        }
    }

    /// Executes as much of a batch as is done under one hold of the lease-table lock.
    fn apply_part(
        &mut self,
        batch: &mut EntryBatch<'_>,
        run: &mut BatchRun,
        stop: StopCheck<'_>,
    ) -> Result<Rest, NtStatus> {
        let has_leases = batch.has_leases();
        let handle = self.handle;
        let order = if run.has_begun() {
            LockOrder::BehindOthers
        } else {
            LockOrder::MayOvertake
        };
        self.change_in(order, stop, |transaction| {
            if has_leases {
                let Transaction { stack, leases, .. } = transaction;
                transaction.handle = Some(register(handle, stack.stack, leases)?);
            }
            apply::apply(batch, run, transaction, stop)
        })
    }

    /// Begins to keep changed routes for leases, with guards or without.
    fn keep_lease_changes(&mut self, guarded: bool) -> Result<(), NtStatus> {
        let stack = &mut self.stack;
        let (serves, memory, attributes) = self.watch.with(stack, |state| {
            let events = &state.events;
            let serves = events.serves_leases(guarded);
            (serves, events.memory(), events.attributes_changes())
        });
        if !serves {
            // The lock is not held while memory is allocated and unused memory is freed.
            let mut memory = EventMemory::for_leases(memory, !attributes)?;
            self.watch.with(stack, |state| {
                state.events.begin_for_leases(&mut memory, guarded)
            })?;
        }
        Ok(())
    }

    /// Ends some leases of the handle, which is closed. Its thread may be terminating: this does not
    /// stop.
    pub(super) fn release(&mut self, entry: HandleEntryId) -> Option<Released> {
        const LEASES_PER_HOLD: usize = 64;
        let (handle, watch, now) = (self.handle, self.watch, self.now);
        self.leases.with(&mut self.stack, |leases, stack| {
            transact(handle, watch, now, leases, stack, |transaction| {
                let Transaction { stack, leases, .. } = transaction;
                assert_live(leases.release(*stack, entry, LEASES_PER_HOLD))
            })
        })
    }
}

/// Runs `body` as a change of the handle with this lock.
fn transact<Stack, WatchLock, R>(
    handle: &impl Lock<HandleState<Stack::Routes, Stack::Interfaces>, Stack>,
    watch: &WatchLock,
    now: KernelTime,
    leases: &mut LeaseTable,
    stack: &mut Stack,
    body: impl FnOnce(&mut Transaction<'_, AttributingStack<'_, Stack, WatchLock>>) -> R,
) -> R
where
    Stack: NetworkStack,
    WatchLock: Lock<WatchState, Stack>,
{
    let (id, entry) = handle.with(stack, |handle| (handle.id(), handle.entry()));
    let mut stack = AttributingStack {
        stack,
        watch,
        handle: id,
        now,
        is_attributed: None,
    };
    body(&mut Transaction::new(&mut stack, leases, entry))
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
