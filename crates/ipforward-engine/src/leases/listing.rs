//! The pages of `GET_LEASES`: which handles hold which routes. Those of `GET_INTERFACE_LEASES` are made in
//! the same way.
//!
//! The driver takes no snapshot, so that reading a million leases needs no memory. A page scans the
//! slots of the table; a lease keeps its slot for as long as it exists.

use abi::lease::{
    GUARD_BACKING_OFF, GUARD_CHECKING, GUARD_COOLDOWN, GUARD_GAVE_UP, GUARD_HOLDING,
    GUARD_INTERFACE_REPLACED, GUARD_NONE, GUARD_WAITS_FOR_INTERFACE, LEASE_DISPLACED, LEASE_ENDING,
    LEASE_GUARDED, LEASE_MINE, LEASE_ROWS_MAX, LEASE_SHARED,
};
use abi::{LeaseHeader, LeaseRow, MibIpForwardRow2, NtStatus, Wire};
use zerocopy::IntoBytes;

use super::backoff::COOLDOWN;
use super::guard_phase::GuardPhase;
use super::records::{LeaseRefId, LeaseState};
use super::table::LeaseTable;
use crate::alloc::{Id, StaleId};
use crate::handle_id::HandleId;
use crate::time::KernelTime;

/// The number of slots that one page scans at most, because many slots may be vacant.
const SLOTS_PER_PAGE: usize = 4 * LEASE_ROWS_MAX as usize;

/// The page of `GET_LEASES` or `GET_INTERFACE_LEASES` that a handle asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeasePage {
    /// The slot of the table at which the page begins; no page begins beyond the table.
    pub(crate) first_slot: usize,
}

/// The slots of a table of leases, of which pages are made.
pub(super) struct LeaseSlots {
    pub(super) slots: usize,
    /// Number of leases in the slots.
    pub(super) total: u32,
    pub(super) generation: u64,
}

impl LeaseSlots {
    /// Writes a page. `row` makes the row of a slot; `None` for a vacant one.
    pub(super) fn write_page<Row: Wire>(
        &self,
        page: LeasePage,
        output: &mut [u8],
        row: impl Fn(usize) -> Result<Option<Row>, StaleId>,
    ) -> Result<usize, NtStatus> {
        let (header_room, row_room) = output
            .split_at_mut_checked(size_of::<LeaseHeader>())
            .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        let mut rooms = row_room
            .chunks_exact_mut(size_of::<Row>())
            .take(LEASE_ROWS_MAX as usize);
        let mut slot = page.first_slot.min(self.slots);
        let end = slot.saturating_add(SLOTS_PER_PAGE).min(self.slots);
        let mut count = 0_u32;
        while slot < end {
            if let Some(row) = row(slot)? {
                let Some(room) = rooms.next() else {
                    break;
                };
                room.copy_from_slice(row.as_bytes());
                count = count.saturating_add(1);
            }
            slot = slot.saturating_add(1);
        }
        // A page without leases is right where there are vacant slots only.
        if count == 0 && slot < end {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let header = LeaseHeader {
            next_cursor: if slot < self.slots { slot as u64 } else { 0 },
            generation: self.generation,
            count,
            total: self.total,
        };
        header_room.copy_from_slice(header.as_bytes());
        let rows = (count as usize).saturating_mul(size_of::<Row>());
        Ok(rows.saturating_add(size_of::<LeaseHeader>()))
    }
}

impl LeaseTable {
    /// Writes a page for the handle `reader`. Returns the number of bytes written.
    ///
    /// # Errors
    ///
    /// `STATUS_BUFFER_TOO_SMALL`: no room for the header, or for a single lease where there is
    /// one.
    pub(crate) fn list(
        &self,
        page: LeasePage,
        reader: HandleId,
        now: KernelTime,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        let source = LeaseSlots {
            slots: self.refs.slots(),
            total: self.refs.len(),
            generation: self.generation,
        };
        source.write_page(page, output, |slot| {
            let lease_ref = Id::from_index(slot).filter(|id| self.lease_ref(*id).is_ok());
            lease_ref
                .map(|lease_ref| self.row(lease_ref, reader, now))
                .transpose()
        })
    }

    fn row(
        &self,
        lease_ref: LeaseRefId,
        reader: HandleId,
        now: KernelTime,
    ) -> Result<LeaseRow, StaleId> {
        let lease_ref = self.lease_ref(lease_ref)?;
        let (lease, holder) = (self.lease(lease_ref.lease)?, self.handle(lease_ref.handle)?);
        let state = &lease.state;
        let displaced = match self.displaced(lease_ref.lease)? {
            Some(row) if state.restores_displaced => Some(*row),
            _ => None,
        };
        let flags = [
            (holder.handle == reader, LEASE_MINE),
            (state.shared, LEASE_SHARED),
            (state.guarded, LEASE_GUARDED),
            (displaced.is_some(), LEASE_DISPLACED),
            (holder.releasing || holder.pending_release, LEASE_ENDING),
        ];
        let row = LeaseRow {
            route: state.written.stored().with_keys_of(&lease.key.row()),
            displaced: displaced.unwrap_or(MibIpForwardRow2::default()),
            handle: holder.handle.number(),
            process_id: holder.process_id,
            flags: all_set(&flags),
            guard_state: match guard_state(state) {
                GUARD_WAITS_FOR_INTERFACE if self.is_replaced(lease_ref.lease)? => {
                    GUARD_INTERFACE_REPLACED
                }
                state => state,
            },
            guard_delay: guard_delay(state, now),
            guard_times: state.backoff.attempts(),
            compartment: lease.key.compartment().number(),
        };
        Ok(row.canonical())
    }
}

/// The flags that are set, in one number.
pub(super) fn all_set(flags: &[(bool, u32)]) -> u32 {
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    set.fold(0, |all, (_, flag)| all | flag)
}

/// What the guard of a lease waits for, as a `GUARD_` of the contract.
fn guard_state(state: &LeaseState) -> u32 {
    match state.phase {
        _ if !state.guarded => GUARD_NONE,
        GuardPhase::Stable => GUARD_HOLDING,
        GuardPhase::WaitsForInterface => GUARD_WAITS_FOR_INTERFACE,
        GuardPhase::GaveUp => GUARD_GAVE_UP,
        GuardPhase::InterfaceReturned | GuardPhase::Unreadable | GuardPhase::Check => {
            GUARD_CHECKING
        }
        GuardPhase::BackOff(_) if state.phase.delay() == Some(COOLDOWN) => GUARD_COOLDOWN,
        GuardPhase::BackOff(_) => GUARD_BACKING_OFF,
    }
}

/// Milliseconds until the guard restores the route; 0 if it waits for no delay.
fn guard_delay(state: &LeaseState, now: KernelTime) -> u32 {
    match state.phase {
        GuardPhase::BackOff(_) if state.guarded => state.due.since(now).as_millis_rounded_up(),
        _ => 0,
    }
}
