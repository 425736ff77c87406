//! The end of leases: what a closed handle held goes, newest first.

use abi::NtStatus;

use super::lease::Holder;
use super::{Ledger, NONE};
use crate::guard::MILLISECOND;
use crate::memory::Links;
use crate::stack::NetworkStack;
use crate::values::Values;

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
    /// The stack could not be reached for some. [`retry`](Ledger::retry) tries them again.
    Partly,
}

/// Whether a change was refused for a reason that passes, so that it is worth trying again.
pub(crate) const fn is_passing(status: NtStatus) -> bool {
    !matches!(
        status,
        NtStatus::NOT_FOUND
            | NtStatus::OBJECT_NAME_NOT_FOUND
            | NtStatus::NOT_SUPPORTED
            | NtStatus::INVALID_PARAMETER
    )
}

impl Ledger {
    /// Ends some of the leases of a handle that is closed, the newest first.
    ///
    /// Between two calls others have the ledger, and may end any of these leases: so nothing is
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
        let Holder { owners, owing, .. } = *self.holder(holder);
        if owners.is_empty() {
            if owing {
                self.closing
                    .take_out(&mut self.holders, holder, Self::closing);
            }
            self.holders.remove(holder);
            return Released::Wholly;
        }
        if !owing {
            self.closing.push(&mut self.holders, holder, Self::closing);
        }
        let holder = self.holders.at_mut(holder);
        (holder.releasing, holder.owing) = (false, true);
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
    pub const fn is_owing(&self) -> bool {
        !self.closing.is_empty()
    }

    const fn closing(holder: &mut Holder) -> &mut Links {
        &mut holder.closing
    }

    /// Ends one handle's share of a lease, and the lease with the last one.
    fn end_share(&mut self, stack: &impl NetworkStack, owner: u32) -> Result<(), NtStatus> {
        let lease = self.owner(owner).lease;
        if self.lease(lease).owner_count > 1 {
            self.take_share_out(owner);
            self.forget_share(owner);
            return Ok(());
        }
        match self.withdraw(stack, lease) {
            Err(status) if is_passing(status) => Err(status),
            _ => {
                self.take_out(lease);
                self.forget(lease);
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
        let unchanged = record.terms.made.have_become(&Values::of(&there));
        if unchanged && !Values::of(displaced).agree_with(&Values::of(&there)) {
            stack.set(&Values::of(displaced).with_keys_of(&keys))
        } else {
            Ok(())
        }
    }
}
