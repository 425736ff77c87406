//! The end of leases: what a closed handle held goes, newest first.

use abi::NtStatus;

use super::records::HandleEntry;
use super::{LeaseTable, NONE};
use crate::alloc::Links;
use crate::leases::backoff::MILLISECOND;
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;

/// How long what the stack could not be reached for waits for the next try, in ticks of 100 ns: 1 s.
pub(crate) const RETRY: u64 = 1_000 * MILLISECOND;

/// How far the end of a handle's leases has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "leases may be left"]
pub(crate) enum Released {
    /// Nothing is left.
    Wholly,
    /// There is more to do: call again.
    More,
    /// The stack could not be reached for some. [`retry`](LeaseTable::retry) tries them again.
    Partly,
}

impl LeaseTable {
    /// Ends some of the leases of a handle that is closed, the newest first.
    ///
    /// Between two calls others have the leases, and may end any of these leases: so nothing is
    /// remembered but what is written down. What cannot be ended goes to the other end of the
    /// handle's list, marked with the epoch of this release, which no lease has before.
    pub(crate) fn release(
        &mut self,
        stack: &impl NetworkStack,
        holder: u32,
        limit: usize,
    ) -> Released {
        if holder == NONE {
            return Released::Wholly;
        }
        self.begin_release(holder);
        for _ in 0..limit {
            let record = self.holder(holder);
            let (owner, epoch) = (record.owners.last(), record.epoch);
            if owner == NONE || self.owner(owner).epoch == epoch {
                return self.end_release(holder);
            }
            if self.end_share(stack, owner).is_err() {
                self.set_aside(owner);
            }
        }
        Released::More
    }

    fn begin_release(&mut self, holder: u32) {
        let holder = self.holders.at_mut(holder);
        if !holder.releasing {
            holder.releasing = true;
            holder.epoch = holder.epoch.wrapping_add(1);
        }
    }

    fn end_release(&mut self, holder: u32) -> Released {
        let HandleEntry {
            owners,
            pending_release,
            ..
        } = *self.holder(holder);
        if owners.is_empty() {
            if pending_release {
                self.closing
                    .unlink(&mut self.holders, holder, Self::closing);
            }
            self.holders.remove(holder);
            return Released::Wholly;
        }
        if !pending_release {
            self.closing.push(&mut self.holders, holder, Self::closing);
        }
        let holder = self.holders.at_mut(holder);
        (holder.releasing, holder.pending_release) = (false, true);
        Released::Partly
    }

    /// Begins to try again to end the leases of closed handles, after [`Released::Partly`].
    pub(crate) const fn begin_retry(&mut self) {
        self.retrying = self.closing.first();
    }

    /// Goes on with that, for `limit` leases at most. Answers whether there are more to try.
    pub(crate) fn retry(&mut self, stack: &impl NetworkStack, limit: usize) -> bool {
        let holder = self.retrying;
        let next = self.holder(holder).closing.next();
        match self.release(stack, holder, limit) {
            Released::More => {}
            Released::Wholly | Released::Partly => self.retrying = next,
        }
        self.retrying != NONE
    }

    /// Whether closed handles have leases that are still to end.
    #[must_use]
    pub const fn has_pending_release(&self) -> bool {
        !self.closing.is_empty()
    }

    const fn closing(holder: &mut HandleEntry) -> &mut Links {
        &mut holder.closing
    }

    /// Ends one handle's share of a lease, and the lease with the last one.
    fn end_share(&mut self, stack: &impl NetworkStack, owner: u32) -> Result<(), NtStatus> {
        let lease = self.owner(owner).lease;
        if self.lease(lease).owner_count > 1 {
            self.unlink_share(owner);
            self.free_share(owner);
            return Ok(());
        }
        match self.withdraw(stack, lease) {
            Err(status) if status.is_transient() => Err(status),
            _ => {
                self.unlink(lease);
                self.free(lease);
                Ok(())
            }
        }
    }

    /// Deletes a leased route; or puts the row back that it displaced, unless somebody changed
    /// the route since.
    fn withdraw(&self, stack: &impl NetworkStack, lease: u32) -> Result<(), NtStatus> {
        let record = self.lease(lease);
        let keys = record.key.row();
        if !record.terms.puts_back {
            return stack.delete(&keys);
        }
        let there = stack.get(&keys)?;
        let displaced = self.displaced(lease);
        let unchanged = RouteAttributes::of(&there).unchanged_since(&record.terms.made);
        if unchanged && !RouteAttributes::of(displaced).matches(&RouteAttributes::of(&there)) {
            stack.set(&RouteAttributes::of(displaced).with_keys_of(&keys))
        } else {
            Ok(())
        }
    }
}
