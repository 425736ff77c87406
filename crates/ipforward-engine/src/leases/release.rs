//! The end of leases: a closed handle releases its leases, the newest first.

use abi::{MibIpForwardRow2, NtStatus};

use super::records::{HandleEntry, HandleEntryId, LeaseId, LeaseRefId};
use super::table::LeaseTable;
use crate::alloc::{Links, StaleId};
use crate::network_stack::NetworkStack;
use crate::report::LostRoute;
use crate::route_attributes::RouteAttributes;
use crate::time::Ticks;

/// The delay before a retry, after the stack refused with a transient status.
pub(crate) const RETRY_DELAY: Ticks = Ticks::from_millis(1_000);

/// The progress of the release of a handle's leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "leases may be left"]
pub(crate) enum Released {
    /// No lease is left.
    Wholly,
    /// The limit is reached: call again.
    More,
    /// The stack refused to release some. [`retry`](LeaseTable::retry) tries them again.
    Partly,
}

/// What the end of a lease did to its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    /// Nothing: the route is gone, or belongs to another program by now.
    Nothing,
    /// The route was deleted.
    Deleted,
    /// The displaced row was restored.
    Restored,
}

impl LeaseTable {
    /// Releases at most `limit` leases of a closed handle, the newest first, and at last its settings
    /// of interfaces.
    ///
    /// Between two calls other threads have the table, and may end any of these leases, so that no
    /// position is kept outside of the table. A lease that could not be released moves to the other
    /// end of the handle's list, marked with the epoch of this release, which no lease had before.
    pub(crate) fn release(
        &mut self,
        stack: &mut impl NetworkStack,
        handle: HandleEntryId,
        limit: usize,
    ) -> Result<Released, StaleId> {
        self.begin_release(handle)?;
        for _ in 0..limit {
            let record = self.handle(handle)?;
            let epoch = record.epoch;
            let newest = match record.refs.last() {
                Some(newest) if self.lease_ref(newest)?.epoch != epoch => newest,
                _ => return self.end_release(stack, handle),
            };
            if self.release_one(stack, newest).is_err() {
                self.set_aside(newest)?;
            }
        }
        Ok(Released::More)
    }

    fn begin_release(&mut self, handle: HandleEntryId) -> Result<(), StaleId> {
        let handle = self.handles.get_mut(handle)?;
        if !handle.releasing {
            handle.releasing = true;
            handle.epoch = handle.epoch.wrapping_add(1);
        }
        Ok(())
    }

    fn end_release(
        &mut self,
        stack: &mut impl NetworkStack,
        handle: HandleEntryId,
    ) -> Result<Released, StaleId> {
        let settings_are_left = self.release_settings(stack, handle)?;
        let HandleEntry {
            refs,
            pending_release,
            ..
        } = *self.handle(handle)?;
        let handles = &mut self.handles;
        if refs.is_empty() && !settings_are_left {
            if pending_release {
                self.pending_release
                    .unlink(handles, handle, pending_links)?;
            }
            handles.remove(handle)?;
            return Ok(Released::Wholly);
        }
        if !pending_release {
            self.pending_release.push(handles, handle, pending_links)?;
        }
        let record = handles.get_mut(handle)?;
        (record.releasing, record.pending_release) = (false, true);
        Ok(Released::Partly)
    }

    /// Begins to retry all pending releases.
    pub(crate) const fn begin_retry(&mut self) {
        self.retry_next = self.pending_release.first();
    }

    /// Continues to retry pending releases, of at most `limit` leases. Returns whether more are
    /// left to try.
    pub(crate) fn retry(
        &mut self,
        stack: &mut impl NetworkStack,
        limit: usize,
    ) -> Result<bool, StaleId> {
        let Some(handle) = self.retry_next else {
            return Ok(false);
        };
        let next = self.handle(handle)?.pending_links.next();
        match self.release(stack, handle, limit)? {
            Released::More => {}
            Released::Wholly | Released::Partly => self.retry_next = next,
        }
        Ok(self.retry_next.is_some())
    }

    /// True while closed handles have leases that are not released yet.
    #[must_use]
    pub const fn has_pending_release(&self) -> bool {
        !self.pending_release.is_empty()
    }

    /// Number of leases that are not released yet, and the route of one of them. No handle is open
    /// any more.
    pub(crate) fn first_left(&self) -> Option<(u32, LostRoute)> {
        let handle = self.handle(self.pending_release.first()?).ok()?;
        let lease_ref = self.lease_ref(handle.refs.first()?).ok()?;
        let lease = self.lease(lease_ref.lease).ok()?;
        Some((self.leases(), LostRoute::from(lease.key())))
    }

    /// Releases one handle's share of a lease; the last share ends the lease, in the compartment that it
    /// was made in.
    fn release_one(
        &mut self,
        stack: &mut impl NetworkStack,
        lease_ref: LeaseRefId,
    ) -> Result<(), NtStatus> {
        let lease = self.lease_ref(lease_ref)?.lease();
        if self.lease(lease)?.ref_count() > 1 {
            self.unlink_share(lease_ref)?;
            return Ok(self.free_share(lease_ref)?);
        }
        let compartment = self.lease(lease)?.key().compartment();
        let withdrawn = stack
            .in_compartment(compartment, |stack| self.withdraw(stack, lease, None))
            .flatten();
        match withdrawn {
            Err(status) if status.is_transient() => Err(status),
            // Another try of a permanent refusal would end the same way.
            _ => {
                self.unlink(lease)?;
                Ok(self.free(lease)?)
            }
        }
    }

    /// Takes the route of an ending lease, whose compartment the calling thread is in, from the
    /// route table: deletes the route, or restores the row that it displaced, unless another program
    /// has changed the route since. If the route does not exist any more, it changes nothing.
    /// `current` is the route as the stack has it, if the caller has read it.
    ///
    /// # Errors
    ///
    /// The status with which the stack refused. The route is unchanged then.
    pub(crate) fn withdraw(
        &self,
        stack: &mut impl NetworkStack,
        lease: LeaseId,
        current: Option<&MibIpForwardRow2>,
    ) -> Result<Withdrawn, NtStatus> {
        // A route on another adapter is not that of the lease.
        if self.is_on_another_adapter(stack, lease)? {
            return Ok(Withdrawn::Nothing);
        }
        let record = self.lease(lease)?;
        let keys = record.key().row();
        let displaced = match self.displaced(lease)? {
            Some(row) if record.state().restores_displaced => RouteAttributes::of(row),
            _ => return nothing_if_gone(stack.delete(&keys).map(|()| Withdrawn::Deleted)),
        };
        let read = match current {
            Some(row) => Ok(*row),
            None => stack.get(&keys),
        };
        let row = match read {
            Ok(row) => row,
            Err(status) => return nothing_if_gone(Err(status)),
        };
        let current = RouteAttributes::of(&row);
        if !self.is_left_in(lease, &row)? || displaced.matches(&current) {
            return Ok(Withdrawn::Nothing);
        }
        let displaced = displaced.refreshed(&record.state().written.stored(), &current);
        let restored = stack.set(&displaced.with_keys_of(&keys));
        nothing_if_gone(restored.map(|()| Withdrawn::Restored))
    }
}

/// A route that is gone needs no change.
fn nothing_if_gone(outcome: Result<Withdrawn, NtStatus>) -> Result<Withdrawn, NtStatus> {
    match outcome {
        Err(status) if status.is_absent() => Ok(Withdrawn::Nothing),
        outcome => outcome,
    }
}

const fn pending_links(handle: &mut HandleEntry) -> &mut Links<HandleEntry> {
    &mut handle.pending_links
}
