//! The end of leases: what a closed handle held goes, newest first.

use abi::NtStatus;

use super::{Ledger, NONE};
use crate::memory::Links;
use crate::stack::NetworkStack;
use crate::values::Values;

use super::lease::Holder;

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
    /// Ends some of the leases of a handle that is closed, the newest first; `after` is where to
    /// go on, and is moved.
    pub(crate) fn release(
        &mut self,
        stack: &impl NetworkStack,
        holder: u32,
        after: &mut Option<u32>,
        limit: usize,
    ) -> Released {
        if holder == NONE {
            return Released::Wholly;
        }
        self.close(holder);
        let mut owner = after.unwrap_or(self.holder(holder).owners.last());
        for _ in 0..limit {
            if owner == NONE {
                break;
            }
            let next = self.owner(owner).of_holder.previous();
            // What cannot be ended now stays in the list.
            let _passing = self.end_share(stack, owner);
            owner = next;
        }
        *after = Some(owner);
        if owner != NONE {
            Released::More
        } else if self.holder(holder).owners.is_empty() {
            self.closing
                .take_out(&mut self.holders, holder, Self::closing);
            self.holders.remove(holder);
            Released::Wholly
        } else {
            Released::Partly
        }
    }

    /// Tries again to end leases of closed handles, after [`Released::Partly`]. Answers whether
    /// any are left.
    pub fn retry(&mut self, stack: &impl NetworkStack) -> bool {
        let mut holder = self.closing.first();
        while holder != NONE {
            let next = self.holder(holder).closing.next();
            let _released = self.release(stack, holder, &mut None, usize::MAX);
            holder = next;
        }
        !self.closing.is_empty()
    }

    /// Whether closed handles have leases that are still to end.
    #[must_use]
    pub const fn is_owing(&self) -> bool {
        !self.closing.is_empty()
    }

    fn close(&mut self, holder: u32) {
        if !self.holder(holder).closed {
            self.holders.at_mut(holder).closed = true;
            self.closing.push(&mut self.holders, holder, Self::closing);
        }
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
