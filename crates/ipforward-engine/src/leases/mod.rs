//! The leases: which routes belong to which handles, and what to do when they end.
//!
//! One for the whole driver, behind one lock that is held around every change of the table, so
//! that changes of one handle never fall between those of another's batch.
//!
//! Everything is found by key, and no step takes longer because there are more leases. What is
//! taken out can be put back exactly, without memory, as long as it is not forgotten: that is how
//! a batch is undone.

pub(crate) mod backoff;
pub(crate) mod guard;
mod listing;
pub(crate) mod records;
pub(crate) mod release;

use abi::version::LEASES_PER_HANDLE_MAX;
use abi::{MibIpForwardRow2, NtStatus};

use crate::alloc::{KeyedSlab, Links, List, NONE, Slab};
use crate::route_key::RouteKey;
use records::{HandleEntry, Lease, LeaseRef, LeaseState};
pub(crate) use release::Released;

/// Handles that can hold one route together.
const OWNERS_MAX: u16 = 64;

/// All leases of all handles.
#[derive(Debug)]
pub struct LeaseTable {
    leases: KeyedSlab<Lease>,
    owners: Slab<LeaseRef>,
    displaced: Slab<MibIpForwardRow2>,
    holders: Slab<HandleEntry>,
    /// Closed handles some of whose leases could not be ended yet.
    closing: List,
    /// The one of them that is tried again; or [`NONE`].
    retrying: u32,
    guard: guard::Lists,
    /// How many places were looked through since notifications were lost; or [`NONE`].
    scanned: u32,
    /// Whether the stack could not be asked for some of these.
    unsure: bool,
    /// How often leases came, went or changed their terms.
    generation: u64,
}

impl LeaseTable {
    /// An empty leases. The seed is any number that callers cannot guess.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            leases: KeyedSlab::new(seed),
            owners: Slab::default(),
            displaced: Slab::default(),
            holders: Slab::default(),
            closing: List::default(),
            retrying: NONE,
            guard: guard::Lists::default(),
            scanned: NONE,
            unsure: false,
            generation: 0,
        }
    }

    /// Leased routes.
    #[must_use]
    pub const fn leases(&self) -> u32 {
        self.leases.len()
    }

    /// Handles that hold leases, or still have some to end.
    #[cfg(test)]
    pub(crate) const fn holders(&self) -> u32 {
        self.holders.len()
    }

    /// Records looked at so far: what the cost of every operation grows with.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.leases.steps()
    }

    /// The lease of the route with this key, or [`NONE`].
    pub(crate) fn find(&self, key: &RouteKey) -> u32 {
        self.leases.find(key)
    }

    pub(crate) fn lease(&self, lease: u32) -> &Lease {
        self.leases.slab().at(lease)
    }

    pub(crate) fn owner(&self, owner: u32) -> &LeaseRef {
        self.owners.at(owner)
    }

    /// What the same handle took before this; or [`NONE`].
    pub(crate) fn before(&self, owner: u32) -> u32 {
        self.owner(owner).of_holder.previous()
    }

    pub(crate) fn holder(&self, holder: u32) -> &HandleEntry {
        self.holders.at(holder)
    }

    pub(crate) fn holder_mut(&mut self, holder: u32) -> &mut HandleEntry {
        self.holders.at_mut(holder)
    }

    /// The row that a lease displaced.
    pub(crate) fn displaced(&self, lease: u32) -> &MibIpForwardRow2 {
        self.displaced.at(self.lease(lease).displaced)
    }

    /// Begins to keep leases for a handle.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn enroll(&mut self, handle: u64, process_id: u32) -> Result<u32, NtStatus> {
        self.holders.reserve()?;
        Ok(self.holders.insert(HandleEntry {
            handle,
            process_id,
            ..HandleEntry::default()
        }))
    }

    /// That this handle holds this lease, or [`NONE`].
    pub(crate) fn ownership(&self, lease: u32, holder: u32) -> u32 {
        if lease == NONE || holder == NONE {
            return NONE;
        }
        let mut owner = self.lease(lease).owners.first();
        while owner != NONE && self.owner(owner).holder != holder {
            owner = self.owner(owner).of_lease.next();
        }
        owner
    }

    /// Makes sure that one more lease of a handle can be written down.
    ///
    /// # Errors
    ///
    /// - `STATUS_QUOTA_EXCEEDED`: the handle holds as many as it may.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve(&mut self, holder: u32, joining: u32) -> Result<(), NtStatus> {
        let full = self.holder(holder).count >= LEASES_PER_HANDLE_MAX;
        if full || self.lease(joining).owner_count >= OWNERS_MAX {
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        self.owners.reserve()?;
        self.displaced.reserve()?;
        self.leases.reserve()
    }

    /// Writes a new lease down, in the room that [`reserve`](Self::reserve) made sure of.
    pub(crate) fn add(
        &mut self,
        holder: u32,
        key: RouteKey,
        terms: LeaseState,
        displaced: Option<MibIpForwardRow2>,
    ) -> u32 {
        let displaced = match displaced {
            Some(row) => self.displaced.insert(row),
            None => NONE,
        };
        let lease = self.leases.insert(Lease {
            key,
            displaced,
            terms: LeaseState {
                puts_back: displaced != NONE,
                ..terms
            },
            ..Lease::default()
        });
        self.guard_list_in(lease);
        self.join(holder, lease)
    }

    /// Writes down that one more handle holds a lease.
    pub(crate) fn join(&mut self, holder: u32, lease: u32) -> u32 {
        self.changed();
        let owner = self.owners.insert(LeaseRef {
            lease,
            holder,
            epoch: self.holder(holder).epoch,
            ..LeaseRef::default()
        });
        let record = self.leases.slab_mut().at_mut(lease);
        record.owners.push(&mut self.owners, owner, of_lease);
        record.owner_count = record.owner_count.saturating_add(1);
        let record = self.holders.at_mut(holder);
        record.owners.push(&mut self.owners, owner, of_holder);
        record.count = record.count.saturating_add(1);
        owner
    }

    /// Gives a lease other terms.
    pub(crate) fn amend(&mut self, lease: u32, terms: LeaseState) {
        self.changed();
        self.guard_list_out(lease);
        self.leases.slab_mut().at_mut(lease).terms = terms;
        self.guard_list_in(lease);
    }

    /// Marks what a handle holds as being in its newest declared set.
    pub(crate) fn mark(&mut self, owner: u32) {
        let epoch = self.holder(self.owner(owner).holder).epoch;
        self.owners.at_mut(owner).epoch = epoch;
    }

    /// Moves what could not be ended to the beginning of all that its handle holds, with a mark.
    pub(crate) fn set_aside(&mut self, owner: u32) {
        self.mark(owner);
        let holder = self.holders.at_mut(self.owners.at(owner).holder);
        holder.owners.unlink(&mut self.owners, owner, of_holder);
        holder.owners.push_first(&mut self.owners, owner, of_holder);
    }

    /// Takes one handle's share of a lease out, which others hold too.
    pub(crate) fn unlink_share(&mut self, owner: u32) {
        self.changed();
        let lease = self.owner(owner).lease;
        let record = self.leases.slab_mut().at_mut(lease);
        record.owners.unlink(&mut self.owners, owner, of_lease);
        record.owner_count = record.owner_count.saturating_sub(1);
        self.take_from_holder(owner);
    }

    /// Undoes [`unlink_share`](Self::unlink_share).
    pub(crate) fn relink_share(&mut self, owner: u32, exactly: bool) {
        self.changed();
        let lease = self.owner(owner).lease;
        let record = self.leases.slab_mut().at_mut(lease);
        record.owners.push(&mut self.owners, owner, of_lease);
        record.owner_count = record.owner_count.saturating_add(1);
        self.give_to_holder(owner, exactly);
    }

    /// Forgets what [`unlink_share`](Self::unlink_share) took out.
    pub(crate) fn free_share(&mut self, owner: u32) {
        self.owners.remove(owner);
    }

    /// Takes a lease out, with all who hold it.
    pub(crate) fn unlink(&mut self, lease: u32) {
        self.changed();
        self.leases.unlink(lease);
        self.guard_list_out(lease);
        let mut owner = self.lease(lease).owners.first();
        while owner != NONE {
            self.take_from_holder(owner);
            owner = self.owner(owner).of_lease.next();
        }
    }

    /// Undoes [`unlink`](Self::unlink). `exactly` if all that was done since is undone: then
    /// each handle's order of leases is what it was.
    pub(crate) fn relink(&mut self, lease: u32, exactly: bool) {
        self.changed();
        let mut owner = self.lease(lease).owners.last();
        while owner != NONE {
            self.give_to_holder(owner, exactly);
            owner = self.owner(owner).of_lease.previous();
        }
        self.leases.link(lease);
        self.guard_list_in(lease);
    }

    /// Forgets what [`unlink`](Self::unlink) took out.
    pub(crate) fn free(&mut self, lease: u32) {
        let record = *self.lease(lease);
        let mut owner = record.owners.first();
        while owner != NONE {
            let next = self.owner(owner).of_lease.next();
            self.owners.remove(owner);
            owner = next;
        }
        self.displaced.remove(record.displaced);
        self.leases.remove(lease);
    }

    const fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    fn take_from_holder(&mut self, owner: u32) {
        let holder = self.holders.at_mut(self.owners.at(owner).holder);
        holder.owners.unlink(&mut self.owners, owner, of_holder);
        holder.count = holder.count.saturating_sub(1);
    }

    fn give_to_holder(&mut self, owner: u32, exactly: bool) {
        let holder = self.holders.at_mut(self.owners.at(owner).holder);
        if exactly {
            holder.owners.relink(&mut self.owners, owner, of_holder);
        } else {
            holder.owners.push(&mut self.owners, owner, of_holder);
        }
        holder.count = holder.count.saturating_add(1);
    }
}

fn of_lease(owner: &mut LeaseRef) -> &mut Links {
    &mut owner.of_lease
}

fn of_holder(owner: &mut LeaseRef) -> &mut Links {
    &mut owner.of_holder
}
