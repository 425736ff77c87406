//! The event log: which changes of the route table happened, for the handles that watch.
//!
//! There is one [`EventLog`] for the whole driver, behind a lock that the notification callback
//! takes. What the callback does here neither allocates, nor waits, nor takes more than a bounded
//! number of steps.

use abi::watch::WATCH_FILTERS_MAX;
use abi::{MibIpForwardRow2, NtStatus};
use allocator_api2::vec::Vec;

use super::attribution::{ChangeKey, PendingChanges};
use super::event::{Change, LoggedEvent, WatchedEvent};
use super::filter::{EventFilter, WatchCommand};
use super::memory::EventMemory;
use super::new_event::NewEvent;
use super::ring::EventRing;
use super::store::{EventStore, RINGS_MAX};
use crate::alloc::{ResidentMemory, reserve};
use crate::handle_id::HandleId;
use crate::leases::guard::{GuardEvent, LeaseHolder};
use crate::report::Loss;
use crate::route_key::RouteKey;
use crate::time::KernelTime;

/// Filters of all handles together.
const WATCHERS_MAX: usize = RINGS_MAX - 1;

/// Which deferred work a notification requires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a piece of work of its own"
)]
pub(crate) struct RequiredWork {
    /// Serve parked `WATCH` requests: some have an event now.
    pub(crate) watchers: bool,
    /// Reconcile leases with the route table.
    pub(crate) leases: bool,
    /// Report that a filter began to lose events.
    pub(crate) events_lost: bool,
    /// Report that leases began to lose changes.
    pub(crate) changes_lost: bool,
}

impl RequiredWork {
    /// Whether deferred work has to run.
    pub(crate) const fn any(self) -> bool {
        self.watchers || self.leases
    }

    /// What began to be lost.
    pub(crate) fn losses(self) -> impl Iterator<Item = Loss> {
        let events = self.events_lost.then_some(Loss::EventsLost);
        let changes = self.changes_lost.then_some(Loss::ChangesLost);
        events.into_iter().chain(changes)
    }
}

/// The events that handles have not read yet.
#[derive(Debug)]
pub(crate) struct EventLog {
    /// The number of the newest event.
    sequence: u64,
    /// Whether a handle has ever watched or leased.
    has_readers: bool,
    store: EventStore,
    watchers: Vec<Watcher, ResidentMemory>,
    pending_changes: Option<PendingChanges>,
    /// Changed routes that may belong to leases.
    lease_changes: Option<EventRing>,
    /// Whether there may be guarded leases.
    guarded: bool,
    /// Whether the system sleeps: every lease is compared with its route afterwards.
    asleep: bool,
}

/// One filter of a handle, and its events.
#[derive(Debug)]
struct Watcher {
    handle: HandleId,
    filter: EventFilter,
    ring: EventRing,
    /// Whether a parked request waits for an event.
    waiting: bool,
}

impl EventLog {
    /// A log that no handle watches. Its events are in `memory`.
    pub(crate) const fn new(memory: ResidentMemory) -> Self {
        Self {
            sequence: 0,
            has_readers: false,
            store: EventStore::new(memory),
            watchers: Vec::new_in(memory),
            pending_changes: None,
            lease_changes: None,
            guarded: false,
            asleep: false,
        }
    }

    /// The memory that the events are in.
    pub(crate) fn memory(&self) -> ResidentMemory {
        self.store.memory()
    }

    /// The number of the newest event.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Logs a notification of the stack. It needs only the keys of the row, and both identifiers of
    /// its interface; and the time, if changes are attributed.
    pub(crate) fn on_route_changed(
        &mut self,
        change: Change,
        row: &MibIpForwardRow2,
        now: impl FnOnce() -> KernelTime,
    ) -> RequiredWork {
        if !self.has_readers {
            self.next_event(WatchedEvent::Route(change));
            return RequiredWork::default();
        }
        self.log_route_change(change, row, now)
    }

    /// Logs a notification for the handles that watch, and for leases. It is not inlined: otherwise a
    /// notification without readers would save this function's registers.
    #[inline(never)]
    fn log_route_change(
        &mut self,
        change: Change,
        row: &MibIpForwardRow2,
        now: impl FnOnce() -> KernelTime,
    ) -> RequiredWork {
        let key = RouteKey::of(row);
        let maker = self.pending_changes.as_mut().and_then(|changes| {
            changes.match_notification(&key, row.interface_index, change, now())
        });
        let event = LoggedEvent {
            key,
            interface_index: row.interface_index,
            maker,
            ..self.next_event(WatchedEvent::Route(change))
        };
        let mut event = NewEvent::new(&mut self.store, event);
        let mut required = RequiredWork::default();
        for watcher in &mut self.watchers {
            if watcher.filter.matches_change(event.event(), watcher.handle) {
                required.events_lost |= watcher.ring.push(&mut event);
                required.watchers |= core::mem::take(&mut watcher.waiting);
            }
        }
        if let Some(changes) = &mut self.lease_changes
            && !self.asleep
            && (self.guarded || maker.is_none())
            && change != Change::Added
        {
            required.changes_lost = changes.push(&mut event);
            required.leases = true;
        }
        required
    }

    /// Logs a notification about the interface with this LUID, or about one of its addresses, for the
    /// filters that ask for interfaces.
    pub(crate) fn on_interface_changed(&mut self, luid: u64) -> RequiredWork {
        let event = LoggedEvent {
            key: RouteKey::default().with_luid(luid),
            ..self.next_event(WatchedEvent::Interface)
        };
        let mut event = NewEvent::new(&mut self.store, event);
        let mut required = RequiredWork::default();
        for watcher in &mut self.watchers {
            if watcher.filter.matches_interface(luid) {
                required.events_lost |= watcher.ring.push_in_place_of_equal(&mut event);
                required.watchers |= core::mem::take(&mut watcher.waiting);
            }
        }
        required
    }

    /// Logs an act of a guard for the handle that holds the route, and for filters with the guards of
    /// all handles. Returns whether a parked request waits for it, and whether a filter lost events.
    pub(crate) fn on_guard_event(
        &mut self,
        holder: LeaseHolder,
        event: GuardEvent,
        key: &RouteKey,
    ) -> RequiredWork {
        let event = LoggedEvent {
            key: *key,
            ..self.next_event(WatchedEvent::Guard(event, holder))
        };
        let mut event = NewEvent::new(&mut self.store, event);
        let mut required = RequiredWork::default();
        for watcher in &mut self.watchers {
            let reader = watcher.handle;
            let filter = &watcher.filter;
            if filter.matches_guard(event.event(), reader, holder.handle) {
                required.events_lost |= watcher.ring.push(&mut event);
                required.watchers |= core::mem::take(&mut watcher.waiting);
            }
        }
        required
    }

    /// Whether a filter keeps a later notification of the event's route.
    pub(crate) fn has_later(
        &self,
        handle: HandleId,
        filter: &EventFilter,
        event: &LoggedEvent,
    ) -> bool {
        let mut watchers = self.watchers.iter();
        watchers
            .find(|watcher| watcher.is(handle, filter))
            .is_some_and(|watcher| watcher.ring.has_later(&self.store, event))
    }

    /// Handles the loss of notifications: every reader has to read the table again, and every lease
    /// has to be compared with its route.
    pub(crate) fn on_notifications_lost(&mut self) {
        let LoggedEvent { sequence, .. } = self.next_event(WatchedEvent::Resync);
        for watcher in &mut self.watchers {
            watcher.ring.lose(sequence);
            watcher.waiting = false;
        }
        if let Some(changes) = &mut self.lease_changes {
            changes.lose(sequence);
        }
    }

    /// Handles the beginning of a sleep: until [`on_resume`](Self::on_resume) no changes are kept for
    /// leases.
    pub(crate) const fn on_sleep(&mut self) {
        self.asleep = true;
    }

    /// Handles the end of a sleep, in which the stack may have lost routes without notifications:
    /// every reader has to read the table again. Changes that were kept for leases are dropped,
    /// because every lease is compared with its route.
    pub(crate) fn on_resume(&mut self) {
        self.asleep = false;
        let LoggedEvent { sequence, .. } = self.next_event(WatchedEvent::Resync);
        for watcher in &mut self.watchers {
            watcher.ring.lose(sequence);
            watcher.waiting = false;
        }
        if let Some(changes) = &mut self.lease_changes {
            changes.clear(&mut self.store);
        }
    }

    fn next_event(&mut self, kind: WatchedEvent) -> LoggedEvent {
        self.sequence = self.sequence.wrapping_add(1);
        LoggedEvent {
            kind,
            ..LoggedEvent::resync(self.sequence)
        }
    }

    /// Records a change that a handle is about to make, so that its notification can be attributed
    /// to the handle.
    pub(crate) fn record_change(&mut self, handle: HandleId, key: ChangeKey, now: KernelTime) {
        if let Some(changes) = &mut self.pending_changes {
            changes.record(handle, key, now);
        }
    }

    /// Cancels a recorded change that the stack refused. If a notification was attributed to it
    /// already, another program made that change, and leases have not seen it.
    pub(crate) fn cancel_change(&mut self, handle: HandleId, key: ChangeKey) {
        let Some(changes) = &mut self.pending_changes else {
            return;
        };
        let was_pending = changes.cancel(handle, key);
        if let Some(changes) = &mut self.lease_changes
            && !was_pending
        {
            changes.lose(self.sequence);
        }
    }

    /// Whether a handle watches through this filter already.
    pub(crate) fn watches(&self, handle: HandleId, filter: &EventFilter) -> bool {
        let mut watchers = self.watchers.iter();
        watchers.any(|watcher| watcher.is(handle, filter))
    }

    /// Begins to keep the events of a filter, in memory that was allocated without the lock.
    ///
    /// # Errors
    ///
    /// - `STATUS_QUOTA_EXCEEDED`: the handle has too many filters, or all handles together.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn begin(
        &mut self,
        handle: HandleId,
        command: &WatchCommand,
        memory: &mut EventMemory,
    ) -> Result<(), NtStatus> {
        if self.watches(handle, &command.filter) {
            return Ok(());
        }
        let of_handle = |watcher: &&Watcher| watcher.handle == handle;
        let filters = self.watchers.iter().filter(of_handle).count();
        if filters >= WATCH_FILTERS_MAX as usize || self.watchers.len() >= WATCHERS_MAX {
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        // One allocation of bounded size, for the first watcher only.
        let more = WATCHERS_MAX.saturating_sub(self.watchers.len());
        reserve(&mut self.watchers, more)?;
        let mut ring = self.begin_ring(memory)?;
        self.begin_attribution(memory);
        if command.after != 0 && command.after < self.sequence {
            ring.lose(self.sequence);
        }
        self.watchers.push(Watcher {
            handle,
            filter: command.filter,
            ring,
            waiting: false,
        });
        Ok(())
    }

    /// Copies events behind the number `seen` into `events`. If there are none, the request waits
    /// from now on. `None`: the handle does not watch through this filter any more.
    pub(crate) fn take(
        &mut self,
        handle: HandleId,
        command: &WatchCommand,
        seen: u64,
        events: &mut [LoggedEvent],
    ) -> Option<TakenEvents> {
        let newest = self.sequence;
        let store = &mut self.store;
        let watcher = find(&mut self.watchers, handle, &command.filter)?;
        let mut after = command.after;
        if after > newest && seen == 0 {
            // The number is from an earlier device: this device does not know the events since
            // then.
            watcher.ring.lose(newest);
            after = 0;
        }
        watcher.ring.acknowledge(store, after.min(newest));
        let count = watcher.ring.copy(store, seen.max(after), events);
        // Another request may wait through the same filter.
        watcher.waiting |= count == 0;
        let last = events.get(..count).and_then(<[LoggedEvent]>::last);
        Some(TakenEvents {
            count,
            sequence: match last {
                Some(last) if count == events.len() => last.sequence,
                _ => newest,
            },
            lost: watcher.ring.lost(),
        })
    }

    /// Whether [`take`](Self::take) would have an event for a request, or no filter. If neither, the
    /// request waits from now on.
    pub(crate) fn is_due(&mut self, handle: HandleId, command: &WatchCommand) -> bool {
        let newest = self.sequence;
        let Some(watcher) = find(&mut self.watchers, handle, &command.filter) else {
            return true;
        };
        let ring = &watcher.ring;
        let is_due = command.after > newest || ring.has_after(&self.store, command.after);
        watcher.waiting |= !is_due;
        is_due
    }

    /// Ends one filter of a closed handle. Returns memory that is not needed any more, to be dropped
    /// without the lock; then the caller calls again.
    pub(crate) fn end(&mut self, handle: HandleId) -> Option<EventMemory> {
        let mut watchers = self.watchers.iter();
        let index = watchers.position(|watcher| watcher.handle == handle);
        let mut ring = index.map(|index| self.watchers.swap_remove(index).ring);
        if let Some(ring) = &mut ring {
            ring.clear(&mut self.store);
        }
        let block = self.store.detach(self.kept_max());
        if ring.is_none() && block.is_none() {
            return None;
        }
        Some(EventMemory {
            ring,
            block,
            pending_changes: None,
        })
    }

    /// Begins to keep changed routes for leases, with guards or without.
    ///
    /// The lease table knows already what a handle changes itself, except for routes that another
    /// handle guards.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn begin_for_leases(
        &mut self,
        memory: &mut EventMemory,
        guarded: bool,
    ) -> Result<(), NtStatus> {
        if self.lease_changes.is_none() {
            self.lease_changes = Some(self.begin_ring(memory)?);
        }
        self.begin_attribution(memory);
        self.guarded |= guarded;
        Ok(())
    }

    /// A new ring, for whose events the store has room.
    fn begin_ring(&mut self, memory: &mut EventMemory) -> Result<EventRing, NtStatus> {
        let ring = &mut memory.ring;
        let capacity = ring.as_ref().map_or(0, EventRing::capacity);
        let needed = self.kept_max().saturating_add(capacity);
        // A filter that ended may have left its room.
        if self.store.capacity() < needed {
            self.store.attach(&mut memory.block)?;
        }
        let ring = ring.take().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        self.has_readers = true;
        Ok(ring)
    }

    /// Number of events that all rings together can have.
    fn kept_max(&self) -> usize {
        let watched = self.watchers.iter().map(|watcher| &watcher.ring);
        let rings = watched.chain(&self.lease_changes);
        rings.map(EventRing::capacity).sum()
    }

    fn begin_attribution(&mut self, memory: &mut EventMemory) {
        if self.pending_changes.is_none() {
            self.pending_changes = memory.pending_changes.take();
        }
    }

    /// Whether changed routes are kept for leases already.
    pub(crate) const fn serves_leases(&self, guarded: bool) -> bool {
        self.lease_changes.is_some() && (self.guarded || !guarded)
    }

    /// Whether changes are attributed already.
    pub(crate) const fn attributes_changes(&self) -> bool {
        self.pending_changes.is_some()
    }

    /// Number of changed routes that are kept for leases.
    pub(crate) fn lease_changes(&self) -> usize {
        self.lease_changes.as_ref().map_or(0, EventRing::len)
    }

    /// Keeps a changed route for the next time. Returns true if changes begin to be lost.
    pub(crate) fn keep_lease_change(&mut self, event: LoggedEvent) -> bool {
        let mut event = NewEvent::new(&mut self.store, event);
        let changes = self.lease_changes.as_mut();
        changes.is_some_and(|changes| changes.push(&mut event))
    }

    /// Takes changed routes out. Returns how many, and whether some were lost before.
    pub(crate) fn take_lease_changes(&mut self, events: &mut [LoggedEvent]) -> (usize, bool) {
        match &mut self.lease_changes {
            Some(changes) => changes.drain(&mut self.store, events),
            None => (0, false),
        }
    }
}

impl Watcher {
    fn is(&self, handle: HandleId, filter: &EventFilter) -> bool {
        self.handle == handle && self.filter == *filter
    }
}

/// The watcher of a handle with this filter.
fn find<'a>(
    watchers: &'a mut [Watcher],
    handle: HandleId,
    filter: &EventFilter,
) -> Option<&'a mut Watcher> {
    let mut watchers = watchers.iter_mut();
    watchers.find(|watcher| watcher.is(handle, filter))
}

/// What [`EventLog::take`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenEvents {
    pub(crate) count: usize,
    /// The number up to which the reader knows all events now.
    pub(crate) sequence: u64,
    /// Number of events that were lost.
    pub(crate) lost: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloc::TEST_MEMORY;

    const ALL: WatchCommand = WatchCommand {
        filter: EventFilter {
            family: None,
            luid: None,
            prefix: None,
            not_mine: false,
            only_guards: false,
            all_guards: false,
            interfaces: false,
        },
        after: 0,
        no_wait: false,
    };

    /// A log in which these handles watch for two events each.
    fn watched_by(handles: &[HandleId]) -> EventLog {
        let mut log = EventLog::new(TEST_MEMORY);
        for handle in handles {
            log.begin(*handle, &ALL, &mut EventMemory::small(2))
                .unwrap();
        }
        log
    }

    fn add_route(log: &mut EventLog) {
        let row = MibIpForwardRow2::default();
        log.on_route_changed(Change::Added, &row, || KernelTime::from_ticks(1));
    }

    /// Ends the filters of a handle. Returns how often the log gave memory back.
    fn end(log: &mut EventLog, handle: HandleId) -> usize {
        core::iter::from_fn(|| log.end(handle)).count()
    }

    #[test]
    fn a_filter_that_ends_takes_no_event_of_another_with_it() {
        let [first, second] = [1, 2].map(HandleId::numbered);
        let mut log = watched_by(&[first, second]);
        (0..3).for_each(|_| add_route(&mut log));
        // The events that the other filter has left are in both blocks.
        assert_eq!((end(&mut log, first), log.store.capacity()), (1, 4));
        let mut events = [LoggedEvent::default(); 4];
        let taken = log.take(second, &ALL, 0, &mut events).unwrap();
        assert_eq!((taken.count, taken.lost), (3, 1));
        assert_eq!(events.map(|event| event.sequence), [1, 2, 3, 0]);
        // The ring of the other with a block, and then the other block.
        assert_eq!((end(&mut log, second), log.store.capacity()), (2, 0));
    }

    #[test]
    fn a_new_filter_takes_the_room_that_an_ended_one_left() {
        let [first, second, third] = [1, 2, 3].map(HandleId::numbered);
        let mut log = watched_by(&[first, second]);
        (0..3).for_each(|_| add_route(&mut log));
        end(&mut log, first);
        let mut memory = EventMemory::small(2);
        log.begin(third, &ALL, &mut memory).unwrap();
        assert!(memory.ring.is_none() && memory.block.is_some());
        assert_eq!(log.store.capacity(), 4);
        (0..3).for_each(|_| add_route(&mut log));
        for handle in [second, third] {
            let mut events = [LoggedEvent::default(); 4];
            log.take(handle, &ALL, 0, &mut events).unwrap();
            assert_eq!(events.map(|event| event.sequence), [4, 5, 6, 0]);
        }
    }

    #[test]
    fn a_filter_and_the_leases_have_room_of_their_own() {
        let handle = HandleId::numbered(1);
        let mut log = watched_by(&[handle]);
        log.begin_for_leases(&mut EventMemory::small(2), false)
            .unwrap();
        assert_eq!(log.store.capacity(), 4);
        end(&mut log, handle);
        assert_eq!(log.store.capacity(), 2);
    }

    #[test]
    fn an_ended_filter_gives_its_memory_back() {
        let [first, second] = [1, 2].map(HandleId::numbered);
        let mut log = watched_by(&[first, second]);
        add_route(&mut log);
        // The event is in the block of the first filter, which the second one uses from now on.
        assert_eq!((end(&mut log, first), log.store.capacity()), (1, 2));
        assert_eq!((end(&mut log, second), log.store.capacity()), (1, 0));
    }
}
