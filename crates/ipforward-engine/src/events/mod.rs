//! Watching: what changes in the route table, for those who want to know.
//!
//! One [`EventLog`] for the whole driver, behind a lock that the notification callback takes. What
//! the callback does here neither allocates, nor waits, nor takes longer than a bounded number of
//! steps.

pub(crate) mod answer;
pub(crate) mod attributing_stack;
mod attribution;
mod filter;
mod ring;

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_MADE_BY_ME, EVENT_REMOVED, RING_EVENTS, WATCH_FILTERS_MAX,
};
use abi::{MibIpForwardRow2, NtStatus, WatchRequest};
use liballoc::vec::Vec;

use crate::handle::Lock;
use crate::route_key::RouteKey;
use attribution::PendingChanges;
use filter::Filter;
use ring::Ring;

/// Filters of all handles that can be watched through at a time.
const WATCHERS_MAX: usize = 64;

/// Routes to look at for the guard, until it gets to them.
const TOUCHED_MAX: u32 = 1_024;

/// What a notification says of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `MibAddInstance`.
    Added,
    /// `MibParameterNotification`.
    Changed,
    /// `MibDeleteInstance`.
    Removed,
}

impl Change {
    const fn kind(self) -> u32 {
        match self {
            Self::Added => EVENT_ADDED,
            Self::Changed => EVENT_CHANGED,
            Self::Removed => EVENT_REMOVED,
        }
    }
}

/// What there is to do after a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wake {
    /// Serve pending `WATCH` requests again: some have something to tell now.
    pub(crate) watchers: bool,
    /// Look after leases: see [`worker::run`](crate::worker::run).
    pub(crate) guard: bool,
}

impl Wake {
    /// Whether there is something to do at all.
    pub(crate) const fn is_wanted(self) -> bool {
        self.watchers || self.guard
    }
}

/// An event, as it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    pub(crate) key: RouteKey,
    pub(crate) interface_index: u32,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
}

/// What is watched, by whom, and what has happened.
#[derive(Debug, Default)]
pub struct EventLog {
    /// The number of the newest event.
    sequence: u64,
    watchers: Vec<Watcher>,
    pending: Option<PendingChanges>,
    /// Routes that changed in a way that matters to leases.
    touched: Option<Ring>,
    /// Whether there may be guarded ones among them.
    guarded: bool,
    /// How often the worker were called for.
    calls: u64,
    /// Whether somebody does them.
    at_work: bool,
    /// Whether an interface came or changed since the worker were done last.
    interface_came: bool,
}

/// One filter of a handle, and the events that it lets through.
#[derive(Debug)]
struct Watcher {
    handle: u64,
    filter: Filter,
    ring: Ring,
    /// Whether a request waits.
    waiting: bool,
}

impl EventLog {
    /// Nobody watches.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sequence: 0,
            watchers: Vec::new(),
            pending: None,
            touched: None,
            guarded: false,
            calls: 0,
            at_work: false,
            interface_came: false,
        }
    }

    /// Somebody calls for the worker.
    pub(crate) const fn call(&mut self) {
        self.calls = self.calls.wrapping_add(1);
    }

    /// How often the worker were called for.
    pub(crate) const fn calls(&self) -> u64 {
        self.calls
    }

    /// Somebody comes to do the worker. Whether he is to: if another one is at it, that one is
    /// called.
    pub(crate) const fn begin_work(&mut self) -> bool {
        if self.at_work {
            self.call();
            return false;
        }
        self.at_work = true;
        true
    }

    /// The worker are done that were called for so often. Whether that is all.
    pub(crate) const fn end_work(&mut self, calls: u64) -> bool {
        self.at_work = self.calls != calls;
        !self.at_work
    }

    /// An interface came or changed.
    pub(crate) const fn interface_came(&mut self) {
        self.interface_came = true;
        self.call();
    }

    /// Whether an interface came or changed since this was asked last.
    pub(crate) const fn take_interface_came(&mut self) -> bool {
        core::mem::replace(&mut self.interface_came, false)
    }

    /// The number of the newest event.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Keeps what the stack's notification says of a route. Needs only the keys of the row, and
    /// both of its interface's names. `now` is in ticks of 100 ns.
    pub(crate) fn notify(&mut self, change: Change, row: &MibIpForwardRow2, now: u64) -> Wake {
        self.sequence = self.sequence.wrapping_add(1);
        let key = RouteKey::of(row);
        let mine = self
            .pending
            .as_mut()
            .and_then(|pending| pending.match_notification(&key, row.interface_index, change, now));
        let event = Event {
            sequence: self.sequence,
            key,
            interface_index: row.interface_index,
            kind: change.kind(),
            flags: 0,
        };
        let mut wake = Wake::default();
        for watcher in &mut self.watchers {
            let mine = mine == Some(watcher.handle);
            if watcher.filter.wants(&event, mine) {
                let flags = if mine { EVENT_MADE_BY_ME } else { 0 };
                watcher.ring.push(Event { flags, ..event });
                wake.watchers |= core::mem::take(&mut watcher.waiting);
            }
        }
        if let Some(touched) = &mut self.touched
            && (self.guarded || mine.is_none())
            && change != Change::Added
        {
            touched.push(event);
            wake.guard = true;
        }
        if wake.is_wanted() {
            self.call();
        }
        wake
    }

    /// Keeps an event of the guard for the handle that it concerns.
    pub(crate) fn tell(&mut self, handle: u64, kind: u32, key: &RouteKey) {
        self.sequence = self.sequence.wrapping_add(1);
        let event = Event {
            sequence: self.sequence,
            key: *key,
            kind,
            ..Event::default()
        };
        let mut is_awaited = false;
        for watcher in &mut self.watchers {
            if watcher.handle == handle && watcher.filter.covers(&event) {
                watcher.ring.push(event);
                is_awaited |= core::mem::take(&mut watcher.waiting);
            }
        }
        if is_awaited {
            self.call();
        }
    }

    /// A handle is about to make a change: its notification will be told as made by it.
    pub(crate) fn record_change(
        &mut self,
        handle: u64,
        row: &MibIpForwardRow2,
        change: Change,
        now: u64,
    ) {
        if let Some(pending) = &mut self.pending {
            pending.record(handle, row, change, now);
        }
    }

    /// The change was refused: no notification will come. If one has come, it was of a change that
    /// somebody else was faster to make, and is missing among the routes for the guard.
    pub(crate) fn cancel_change(&mut self, handle: u64, row: &MibIpForwardRow2, change: Change) {
        let Some(pending) = &mut self.pending else {
            return;
        };
        let was_there = pending.cancel(handle, row, change);
        if let Some(touched) = &mut self.touched
            && !was_there
        {
            touched.lose(self.sequence);
        }
    }

    /// Whether a handle watches already through the filter of this request.
    pub(crate) fn watches(&mut self, handle: u64, request: &WatchRequest) -> bool {
        self.of(handle, request).is_some()
    }

    /// Begins to keep events for a filter of a handle, with memory that was made without the lock.
    ///
    /// # Errors
    ///
    /// - `STATUS_QUOTA_EXCEEDED`: the handle has too many filters, or all handles together.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn begin(
        &mut self,
        handle: u64,
        request: &WatchRequest,
        memory: &mut Memory,
    ) -> Result<(), NtStatus> {
        if self.watches(handle, request) {
            return Ok(());
        }
        let of_handle = |watcher: &&Watcher| watcher.handle == handle;
        let filters = self.watchers.iter().filter(of_handle).count();
        if filters >= WATCH_FILTERS_MAX as usize || self.watchers.len() >= WATCHERS_MAX {
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        // One allocation of bounded size, for the first watcher only.
        self.watchers
            .try_reserve_exact(WATCHERS_MAX.saturating_sub(self.watchers.len()))
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let mut ring = memory.ring.take().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        self.begin_attribution(memory);
        if request.after_sequence != 0 && request.after_sequence < self.sequence {
            ring.lose(self.sequence);
        }
        self.watchers.push(Watcher {
            handle,
            filter: Filter::of(request),
            ring,
            waiting: false,
        });
        Ok(())
    }

    /// Copies events that a request has not seen into `events`. Answers how many, the number up to
    /// which that tells all, and how many were lost. If there are none, it waits.
    pub(crate) fn take(
        &mut self,
        handle: u64,
        request: &WatchRequest,
        seen: u64,
        events: &mut [Event],
    ) -> Taken {
        let newest = self.sequence;
        let Some(watcher) = self.of(handle, request) else {
            return Taken::default();
        };
        let mut after = request.after_sequence;
        if after > newest && seen == 0 {
            // A number of a device that is no more: what has happened since is not known here.
            watcher.ring.lose(newest);
            after = 0;
        }
        watcher.ring.acknowledge(after.min(newest));
        let count = watcher.ring.copy(seen.max(after), events);
        // Others may wait through the same filter.
        watcher.waiting |= count == 0;
        let last = events.get(..count).and_then(<[Event]>::last);
        Taken {
            count,
            sequence: match last {
                Some(last) if count == events.len() => last.sequence,
                _ => newest,
            },
            lost: watcher.ring.lost(),
        }
    }

    /// A handle is closed. What is returned is memory of one of its filters, to be dropped without
    /// the lock; then this is to be called again.
    pub(crate) fn end(&mut self, handle: u64) -> Option<Ring> {
        let index = self
            .watchers
            .iter()
            .position(|watcher| watcher.handle == handle)?;
        Some(self.watchers.swap_remove(index).ring)
    }

    /// Begins to keep routes that change, for leases; with a guard or not.
    ///
    /// What a handle does itself the leases knows already, but for what it does to routes that
    /// another one guards.
    pub(crate) fn begin_guard(&mut self, memory: &mut Memory, guarded: bool) {
        if self.touched.is_none() {
            self.touched = memory.ring.take();
        }
        self.begin_attribution(memory);
        self.guarded |= guarded;
    }

    /// Begins to know who makes which change.
    fn begin_attribution(&mut self, memory: &mut Memory) {
        if self.pending.is_none() {
            self.pending = memory.pending.take();
        }
    }

    /// Whether it keeps them already.
    pub(crate) const fn guards(&self, guarded: bool) -> bool {
        self.touched.is_some() && (self.guarded || !guarded)
    }

    /// How many routes changed since the last time.
    pub(crate) fn touched(&self) -> usize {
        self.touched.as_ref().map_or(0, Ring::len)
    }

    /// Keeps a route that changed for the next time.
    pub(crate) fn touch(&mut self, event: Event) {
        if let Some(touched) = &mut self.touched {
            touched.push(event);
        }
    }

    /// Takes routes that changed since the last time; and whether some were lost.
    pub(crate) fn take_touched(&mut self, events: &mut [Event]) -> (usize, bool) {
        let Some(touched) = &mut self.touched else {
            return (0, false);
        };
        touched.drain(events)
    }

    fn of(&mut self, handle: u64, request: &WatchRequest) -> Option<&mut Watcher> {
        let filter = Filter::of(request);
        self.watchers
            .iter_mut()
            .find(|watcher| watcher.handle == handle && watcher.filter == filter)
    }
}

/// What [`EventLog::take`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) count: usize,
    pub(crate) sequence: u64,
    pub(crate) lost: u64,
}

/// Memory that is made before the lock is taken.
#[derive(Debug)]
pub(crate) struct Memory {
    ring: Option<Ring>,
    pending: Option<PendingChanges>,
}

impl Memory {
    /// For one more watcher.
    pub(crate) fn for_watcher(watch: &impl Lock<EventLog>) -> Result<Self, NtStatus> {
        Self::new(RING_EVENTS, watch)
    }

    /// For the guard.
    pub(crate) fn for_guard(watch: &impl Lock<EventLog>) -> Result<Self, NtStatus> {
        Self::new(TOUCHED_MAX, watch)
    }

    fn new(events: u32, watch: &impl Lock<EventLog>) -> Result<Self, NtStatus> {
        let has_flights = watch.with(|watch| watch.pending.is_some());
        Ok(Self {
            ring: Some(Ring::new(events)?),
            pending: if has_flights {
                None
            } else {
                Some(PendingChanges::new()?)
            },
        })
    }
}

#[cfg(test)]
impl Memory {
    /// Memory for this many events, of which none is known to be anybody's.
    pub(crate) fn small(events: u32) -> Self {
        Self {
            ring: Some(Ring::new(events).unwrap()),
            pending: None,
        }
    }
}
