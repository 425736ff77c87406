//! How much memory the lease table has, and whether a handle may hold one more lease.

use super::limits::{HANDLES_PER_LEASE_MAX, LeaseLimits, NoRoom};
use super::records::{
    BYTES_PER_DISPLACED_ROW, BYTES_PER_LEASE, HandleEntry, HandleEntryId, LeaseId, LeaseRef,
};
use super::table::LeaseTable;
#[cfg(test)]
use crate::alloc::Id;
use crate::alloc::Slab;
use crate::memory::Bytes;

impl LeaseTable {
    /// Bytes of all records.
    pub(crate) fn bytes(&self) -> Bytes {
        let leases = self.leases.slab().len();
        let ownerships = self.refs.len();
        // A lease has one ownership in its own bytes.
        let further = ownerships.saturating_sub(leases);
        BYTES_PER_LEASE
            .times(leases)
            .plus(Bytes::new(Slab::<LeaseRef>::SLOT).times(further))
            .plus(BYTES_PER_DISPLACED_ROW.times(self.displaced.len()))
            .plus(Bytes::new(Slab::<HandleEntry>::SLOT).times(self.handles.len()))
    }

    /// Checks that a handle may hold one more lease: a new one, which may displace a row, or the lease
    /// `joining`.
    ///
    /// # Errors
    ///
    /// The limit that is reached.
    pub(super) fn check_limits(
        &self,
        handle: HandleEntryId,
        joining: Option<LeaseId>,
    ) -> Result<(), NoRoom> {
        let LeaseLimits {
            leases_per_handle,
            bytes_per_handle,
            bytes,
        } = self.limits;
        let new = BYTES_PER_LEASE.plus(BYTES_PER_DISPLACED_ROW);
        let (needed, of_handle) = match joining {
            Some(lease) => {
                let lease = self.lease(lease)?;
                if u32::from(lease.ref_count()) >= HANDLES_PER_LEASE_MAX {
                    return Err(NoRoom::HandlesOfLease(HANDLES_PER_LEASE_MAX));
                }
                (Bytes::new(Slab::<LeaseRef>::SLOT), lease.bytes())
            }
            None => (new, new),
        };
        let handle = self.handle(handle)?;
        if handle.ref_count >= leases_per_handle {
            return Err(NoRoom::LeasesOfHandle(leases_per_handle));
        }
        if handle.bytes.plus(of_handle) > Bytes::limit(bytes_per_handle) {
            return Err(NoRoom::BytesOfHandle(bytes_per_handle));
        }
        if self.bytes().plus(needed) > Bytes::limit(bytes) {
            return Err(NoRoom::BytesOfAllHandles(bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
impl LeaseTable {
    /// An empty table with these limits.
    pub(crate) fn with_limits(limits: LeaseLimits) -> Self {
        Self {
            limits,
            ..Self::new(7)
        }
    }

    /// Checks that each handle counts the bytes of the leases that it holds.
    pub(crate) fn check_bytes(&self) {
        for id in (0..self.handles.slots()).filter_map(Id::from_index) {
            let Ok(handle) = self.handles.get(id) else {
                continue;
            };
            let mut sum = Bytes::default();
            let mut next = handle.refs.first();
            while let Some(here) = next {
                let lease_ref = self.lease_ref(here).unwrap();
                sum = sum.plus(self.lease(lease_ref.lease).unwrap().bytes());
                next = lease_ref.in_handle.next();
            }
            assert_eq!(handle.bytes, sum);
        }
    }
}
