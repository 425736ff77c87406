//! Guarded leases: each is in one list, by what the guard waits for.

use abi::lease::{
    GUARD_BACKING_OFF, GUARD_CHECKING, GUARD_COOLDOWN, GUARD_GAVE_UP, GUARD_HOLDING,
    GUARD_INTERFACE_GONE, GUARD_NONE,
};
use abi::watch::{EVENT_GUARD_GAVE_UP, EVENT_GUARD_RESTORED};
use abi::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::records::{Lease, LeaseState};
use super::release::RETRY;
use super::{LeaseTable, NONE};
use crate::alloc::{Links, List};
use crate::leases::backoff::{COOLDOWN, DELAYS, Decision, MILLISECOND};
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;

/// The list of routes that nobody disturbs.
const STABLE: u8 = 0;

/// The list of routes whose interface is gone.
const INTERFACE_GONE: u8 = 1;

/// The list of routes that are not put back any more.
const GIVEN_UP: u8 = 2;

/// The list of routes whose interface has come back.
const RETURNED: u8 = 3;

/// The list of routes that could not be looked at: whether they are disturbed is not known.
const UNSEEN: u8 = 4;

/// The list of routes to look at: they may have been disturbed. Behind it come the lists of routes
/// that are put back after a delay, by its index. Each is in the order of its times, for its delay
/// is always the same.
const CHECK: u8 = 5;

const LISTS: usize = DELAYS.len() + CHECK as usize;

/// The lists.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lists([List; LISTS]);

/// What the guard of a lease is doing: a `GUARD_` of the contract.
pub(super) fn state_of(terms: &LeaseState) -> u32 {
    match terms.state {
        _ if !terms.guarded => GUARD_NONE,
        STABLE => GUARD_HOLDING,
        INTERFACE_GONE => GUARD_INTERFACE_GONE,
        GIVEN_UP => GUARD_GAVE_UP,
        RETURNED | UNSEEN | CHECK => GUARD_CHECKING,
        delayed => match DELAYS.get(usize::from(delayed.saturating_sub(CHECK))) {
            Some(&COOLDOWN) => GUARD_COOLDOWN,
            _ => GUARD_BACKING_OFF,
        },
    }
}

impl LeaseState {
    /// Whether the route is not put back any more.
    pub(crate) const fn have_given_up(&self) -> bool {
        self.guarded && self.state == GIVEN_UP
    }
}

/// Milliseconds until the guard of a lease acts, if it waits for a time.
pub(super) fn delay_of(terms: &LeaseState, now: u64) -> u32 {
    match state_of(terms) {
        GUARD_BACKING_OFF | GUARD_COOLDOWN => {
            let ticks = terms.due.saturating_sub(now);
            u32::try_from(ticks.div_ceil(MILLISECOND)).unwrap_or(u32::MAX)
        }
        _ => 0,
    }
}

/// What a guard has done, for those who hold the route.
pub(crate) trait EventSink {
    /// An event of this kind for a handle's watch.
    fn tell(&mut self, handle: u64, kind: u32, key: &RouteKey);
}

impl LeaseTable {
    /// A route was added, changed or removed, perhaps by somebody else.
    ///
    /// A lease without a guard ends if its route is gone: what is made in its place is not ours.
    ///
    /// # Errors
    ///
    /// The stack could not be asked whether the route is gone, for a reason that passes.
    pub(crate) fn on_route_changed(
        &mut self,
        stack: &impl NetworkStack,
        key: &RouteKey,
        now: u64,
    ) -> Result<(), NtStatus> {
        let lease = self.find(key);
        if lease == NONE {
            return Ok(());
        }
        let terms = self.lease(lease).terms;
        if terms.guarded {
            if terms.state == STABLE {
                self.wait(lease, CHECK, now);
            }
            return Ok(());
        }
        self.end_if_gone(stack, lease)
    }

    /// Ends a lease without a guard if its route is gone.
    ///
    /// # Errors
    ///
    /// The stack could not be asked, for a reason that passes.
    fn end_if_gone(&mut self, stack: &impl NetworkStack, lease: u32) -> Result<(), NtStatus> {
        let record = self.lease(lease);
        if record.terms.puts_back {
            return Ok(());
        }
        match stack.get(&record.key.row()) {
            Err(status) if status.is_transient() => Err(status),
            Err(status) if status.is_absent() => {
                self.unlink(lease);
                self.free(lease);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notifications were lost: every guarded route may have been disturbed, and every other one
    /// may be gone, which is for [`scan`](Self::scan) to see.
    pub(crate) fn on_notifications_lost(&mut self, now: u64) {
        self.move_all(STABLE, CHECK, now);
        self.scanned = 0;
    }

    /// Goes on to look through the leases without a guard, `limit` places of the leases at most.
    /// Answers whether there are more.
    pub(crate) fn scan(&mut self, stack: &impl NetworkStack, limit: u32) -> bool {
        let begin = self.scanned;
        let end = begin.saturating_add(limit);
        for lease in begin..end {
            let record = self.lease(lease);
            if record.owner_count > 0 && !record.terms.guarded {
                self.unsure |= self.end_if_gone(stack, lease).is_err();
            }
        }
        let more = end < self.leases.slab().places();
        self.scanned = if more { end } else { NONE };
        more
    }

    /// Begins to look through them again if the stack could not be asked for some. Answers whether
    /// that is so.
    pub(crate) const fn restart_scan(&mut self) -> bool {
        let unsure = core::mem::replace(&mut self.unsure, false);
        if unsure {
            self.scanned = 0;
        }
        unsure
    }

    /// An interface came: routes whose interface was gone may be put back.
    pub(crate) fn interface_came(&mut self, now: u64) {
        self.move_all(INTERFACE_GONE, RETURNED, now);
    }

    /// Looks at routes whose time has come, `limit` of them at most, and puts them back where the
    /// guard says so. Answers when to call again: at once, at a time, or when something happens.
    pub(crate) fn run_guard(
        &mut self,
        stack: &impl NetworkStack,
        now: u64,
        limit: usize,
        tell: &mut impl EventSink,
    ) -> Option<u64> {
        for _ in 0..limit {
            let (lease, due) = self.next_due()?;
            if due > now {
                return Some(due);
            }
            self.look_at(stack, lease, now, tell);
        }
        self.next_due().map(|(_, due)| due)
    }

    /// The route that comes next, and when.
    fn next_due(&self) -> Option<(u32, u64)> {
        self.guard
            .0
            .iter()
            .skip(usize::from(RETURNED))
            .map(|list| list.first())
            .filter(|lease| *lease != NONE)
            .map(|lease| (lease, self.lease(lease).terms.due))
            .min_by_key(|(_, due)| *due)
    }

    fn look_at(
        &mut self,
        stack: &impl NetworkStack,
        lease: u32,
        now: u64,
        tell: &mut impl EventSink,
    ) {
        let record = *self.lease(lease);
        let state = match record.terms.state {
            UNSEEN => record.terms.unseen_in,
            state => state,
        };
        let wanted = record.terms.made.with_keys_of(&record.key.row());
        let there = match see(stack, &record.key, &wanted) {
            Err(_) => {
                self.edit(lease).terms.unseen_in = state;
                return self.wait(lease, UNSEEN, now.saturating_add(RETRY));
            }
            Ok(Lookup::Away) => return self.wait(lease, INTERFACE_GONE, now),
            Ok(Lookup::There(there)) if there.unchanged_since(&record.terms.made) => {
                return self.wait(lease, STABLE, now);
            }
            Ok(Lookup::There(_)) => true,
            Ok(Lookup::Gone) => false,
        };
        // That an interface went and came is no fight.
        let is_fight = state != RETURNED;
        if is_fight && !self.is_its_turn(lease, state, now, tell) {
            return;
        }
        let outcome = if there {
            stack.set(&wanted)
        } else {
            stack.create(&wanted)
        };
        if is_fight || outcome.is_err() {
            self.edit(lease).terms.guard.tried(now);
        }
        if outcome.is_ok() {
            self.wait(lease, STABLE, now);
            self.tell_owners(lease, EVENT_GUARD_RESTORED, tell);
        } else {
            self.wait(lease, CHECK, now);
        }
    }

    /// Asks the guard of a disturbed route, which was in the list `state`, whether it is to be put
    /// back now. If not, the route waits for that, or for ever.
    fn is_its_turn(&mut self, lease: u32, state: u8, now: u64, tell: &mut impl EventSink) -> bool {
        let has_waited = state != CHECK;
        match self.edit(lease).terms.guard.disturbed(now) {
            Decision::PutBack(index) if !has_waited && index > 0 => {
                let delay = DELAYS.get(usize::from(index)).copied().unwrap_or(0);
                let due = now.saturating_add(delay);
                self.wait(lease, CHECK.saturating_add(index), due);
                false
            }
            Decision::PutBack(_) => true,
            Decision::GiveUp => {
                self.wait(lease, GIVEN_UP, now);
                self.tell_owners(lease, EVENT_GUARD_GAVE_UP, tell);
                false
            }
        }
    }

    fn tell_owners(&self, lease: u32, kind: u32, tell: &mut impl EventSink) {
        let record = self.lease(lease);
        let mut owner = record.owners.first();
        while owner != NONE {
            let holder = self.owner(owner).holder;
            tell.tell(self.holder(holder).handle, kind, &record.key);
            owner = self.owner(owner).of_lease.next();
        }
    }

    /// Moves a guarded lease to another list.
    fn wait(&mut self, lease: u32, state: u8, due: u64) {
        self.guard_list_out(lease);
        let terms = &mut self.edit(lease).terms;
        (terms.state, terms.due) = (state, due);
        self.guard_list_in(lease);
    }

    fn move_all(&mut self, from: u8, to: u8, now: u64) {
        loop {
            let first = self.guard_list(from).first();
            if first == NONE {
                break;
            }
            self.wait(first, to, now);
        }
    }

    fn edit(&mut self, lease: u32) -> &mut Lease {
        self.leases.slab_mut().at_mut(lease)
    }

    fn guard_list(&self, state: u8) -> List {
        self.guard
            .0
            .get(usize::from(state))
            .copied()
            .unwrap_or_default()
    }

    /// Puts a lease into its list, if it is guarded.
    pub(super) fn guard_list_in(&mut self, lease: u32) {
        let terms = self.lease(lease).terms;
        if !terms.guarded {
            return;
        }
        let earlier = self.earlier(terms.state, terms.due);
        let Some(list) = self.guard.0.get_mut(usize::from(terms.state)) else {
            return;
        };
        let slab = self.leases.slab_mut();
        if earlier == NONE {
            list.push_first(slab, lease, guard_links);
        } else {
            list.push_behind(slab, lease, earlier, guard_links);
        }
    }

    /// The last route of a list whose time comes before `due`, or [`NONE`]. Usually that is the
    /// last one of all. What an undone batch puts back has been there before, so it is sought from
    /// the beginning; but the lists of routes that wait for no time are in no order.
    fn earlier(&self, state: u8, due: u64) -> u32 {
        let list = self.guard_list(state);
        let is_earlier = |lease: u32| self.lease(lease).terms.due <= due;
        if state < RETURNED || list.is_empty() || is_earlier(list.last()) {
            return list.last();
        }
        let mut earlier = NONE;
        let mut next = list.first();
        while is_earlier(next) {
            earlier = next;
            next = self.lease(next).guard_links.next();
        }
        earlier
    }

    /// Takes a lease out of its list, if it is guarded.
    pub(super) fn guard_list_out(&mut self, lease: u32) {
        let terms = self.lease(lease).terms;
        if let Some(list) = self.guard.0.get_mut(usize::from(terms.state))
            && terms.guarded
        {
            list.unlink(self.leases.slab_mut(), lease, guard_links);
        }
    }
}

const fn guard_links(lease: &mut Lease) -> &mut Links {
    &mut lease.guard_links
}

/// What has become of a guarded route.
enum Lookup {
    There(RouteAttributes),
    Gone,
    /// Its interface is gone, or has lost the family.
    Away,
}

/// Looks at a route and, if it is not there, at its interface.
///
/// # Errors
///
/// The stack could not be asked, for a reason that passes.
fn see(
    stack: &impl NetworkStack,
    key: &RouteKey,
    wanted: &MibIpForwardRow2,
) -> Result<Lookup, NtStatus> {
    match stack.get(wanted) {
        Ok(row) => return Ok(Lookup::There(RouteAttributes::of(&row))),
        Err(status) if status.is_transient() => return Err(status),
        Err(_) => {}
    }
    let interface = stack.interface(&MibIpInterfaceRow {
        family: key.family().0,
        interface_luid: key.luid(),
        ..MibIpInterfaceRow::default()
    });
    match interface {
        Ok(_) => Ok(Lookup::Gone),
        Err(status) if status.is_transient() => Err(status),
        Err(_) => Ok(Lookup::Away),
    }
}
