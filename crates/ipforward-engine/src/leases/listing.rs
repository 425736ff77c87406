//! What the leases tells of itself: which handles hold which routes, in pages.
//!
//! There is no snapshot, so that a million leases cost no more memory for being read. A page goes
//! through the places of the leases; each lease keeps its place for as long as it lasts.

use abi::lease::{
    LEASE_DISPLACED, LEASE_ENDING, LEASE_GUARDED, LEASE_MINE, LEASE_ROWS_MAX, LEASE_SHARED,
};
use abi::{LeaseHeader, LeaseRequest, LeaseRow, MibIpForwardRow2, NtStatus, Wire};
use zerocopy::IntoBytes;

use super::guard::{delay_of, state_of};
use super::{LeaseTable, NONE};

/// Places that one page goes through at most: many of them may be empty.
const PLACES_MAX: u32 = 4 * LEASE_ROWS_MAX;

impl LeaseTable {
    /// Writes the page that begins at the request's cursor, for the handle with the number
    /// `asking`. Answers how many bytes were written.
    ///
    /// # Errors
    ///
    /// `STATUS_BUFFER_TOO_SMALL`: no room for the header, or for a single lease where there is
    /// one.
    pub(crate) fn list(
        &self,
        request: &LeaseRequest,
        asking: u64,
        now: u64,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        let (header_room, row_room) = output
            .split_at_mut_checked(size_of::<LeaseHeader>())
            .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        let mut rooms = row_room
            .chunks_exact_mut(size_of::<LeaseRow>())
            .take(LEASE_ROWS_MAX as usize);
        let (mut place, end) = self.places(request.cursor);
        let mut count = 0_u32;
        while place < end {
            if let Some(row) = self.row(place, asking, now) {
                let Some(room) = rooms.next() else {
                    break;
                };
                room.copy_from_slice(row.as_bytes());
                count = count.saturating_add(1);
            }
            place = place.saturating_add(1);
        }
        // A page without leases is right where there are empty places only.
        if count == 0 && place < end {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let last = place >= self.owners.places();
        let header = LeaseHeader {
            next_cursor: if last { 0 } else { place.into() },
            generation: self.generation,
            count,
            total: self.owners.len(),
        };
        header_room.copy_from_slice(header.as_bytes());
        let rows = (count as usize).saturating_mul(size_of::<LeaseRow>());
        Ok(rows.saturating_add(size_of::<LeaseHeader>()))
    }

    /// The first place of a page, and the one behind its last.
    fn places(&self, cursor: u64) -> (u32, u32) {
        let all = self.owners.places();
        let first = u32::try_from(cursor).unwrap_or(all).min(all);
        (first, first.saturating_add(PLACES_MAX).min(all))
    }

    /// What is told of a lease; `None` if its place is empty.
    fn row(&self, place: u32, asking: u64, now: u64) -> Option<LeaseRow> {
        let owner = self.owner(place);
        if owner.lease == NONE {
            return None;
        }
        let (lease, holder) = (self.lease(owner.lease), self.holder(owner.holder));
        let terms = &lease.terms;
        let displaced = terms.puts_back.then(|| *self.displaced(owner.lease));
        let flags = [
            (holder.handle == asking, LEASE_MINE),
            (terms.shared, LEASE_SHARED),
            (terms.guarded, LEASE_GUARDED),
            (displaced.is_some(), LEASE_DISPLACED),
            (holder.releasing || holder.pending_release, LEASE_ENDING),
        ];
        let row = LeaseRow {
            route: terms.made.with_keys_of(&lease.key.row()),
            displaced: displaced.unwrap_or(MibIpForwardRow2::default()),
            handle: holder.handle,
            process_id: holder.process_id,
            flags: flags
                .into_iter()
                .filter_map(|(is_so, flag)| is_so.then_some(flag))
                .fold(0, |all, flag| all | flag),
            guard_state: state_of(terms),
            guard_delay: delay_of(terms, now),
            guard_times: terms.guard.times(),
            reserved: 0,
        };
        Some(row.canonical())
    }
}
