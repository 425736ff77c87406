//! The answer to a `WATCH`: events, each with its route as the stack has it by now.

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_GUARD_GAVE_UP, EVENT_GUARD_INTERFACE_REPLACED,
    EVENT_GUARD_RESTORED, EVENT_INTERFACE_CHANGED, EVENT_MADE_BY_ME, EVENT_REMOVED, EVENT_RESYNC,
};
use abi::{MibIpForwardRow2, NtStatus, WatchEvent, WatchHeader, Wire};
use zerocopy::IntoBytes;

use super::request_number::RequestNumber;
use super::state::WatchState;
use crate::events::Change;
use crate::events::event::{LoggedEvent, WatchedEvent};
use crate::events::filter::WatchCommand;
use crate::events::memory::EventMemory;
use crate::handle_id::HandleId;
use crate::leases::guard::GuardEvent;
use crate::lock::Lock;
use crate::network_stack::NetworkStack;

/// Events that are copied under one hold of the lock.
const EVENTS_PER_HOLD: usize = 16;

/// A decoded `WATCH` of a handle that has no event yet. The driver keeps it with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingWatch {
    pub(crate) number: RequestNumber,
    pub(crate) handle: HandleId,
    pub(crate) command: WatchCommand,
}

/// Begins to keep events for a `WATCH`, if the handle does not watch through its filter already.
///
/// # Errors
///
/// No memory, or too many filters.
pub(crate) fn begin<Stack>(
    watch: &PendingWatch,
    lock: &impl Lock<WatchState, Stack>,
    stack: &mut Stack,
) -> Result<(), NtStatus> {
    let PendingWatch {
        handle, command, ..
    } = watch;
    let (watches, memory, attributes) = lock.with(stack, |state| {
        let events = &mut state.events;
        let watches = events.watches(*handle, &command.filter);
        (watches, events.memory(), events.attributes_changes())
    });
    if watches {
        return Ok(());
    }
    // The lock is not held while memory is allocated and unused memory is freed.
    let mut memory = EventMemory::for_watcher(memory, !attributes)?;
    lock.with(stack, |state| {
        state.events.begin(*handle, command, &mut memory)
    })
}

/// Whether a parked `WATCH` has to be answered: it has an event, or its handle was closed. If not,
/// it waits for the next event.
pub(crate) fn is_due<Stack>(
    watch: &PendingWatch,
    lock: &impl Lock<WatchState, Stack>,
    stack: &mut Stack,
) -> bool {
    let PendingWatch {
        handle, command, ..
    } = watch;
    lock.with(stack, |state| state.events.is_due(*handle, command))
}

/// Writes the events of a `WATCH` that [began](begin). Returns the number of bytes written; `None`
/// if the request has to wait for an event.
///
/// # Errors
///
/// - `STATUS_BUFFER_TOO_SMALL`: no room for a single event.
/// - `STATUS_INVALID_HANDLE`: the handle was closed.
pub(crate) fn write<Stack: NetworkStack>(
    watch: &PendingWatch,
    lock: &impl Lock<WatchState, Stack>,
    stack: &mut Stack,
    output: &mut [u8],
) -> Result<Option<usize>, NtStatus> {
    let (header_room, event_room) = split(output)?;
    let PendingWatch {
        handle, command, ..
    } = watch;
    let mut header = WatchHeader::default();
    let mut rooms = event_room.chunks_exact_mut(size_of::<WatchEvent>());
    let mut seen = 0;
    loop {
        let mut events = [LoggedEvent::default(); EVENTS_PER_HOLD];
        let limit = events.len().min(rooms.len());
        let Some(events) = events.get_mut(..limit).filter(|events| !events.is_empty()) else {
            break;
        };
        let taken = lock
            .with(stack, |state| {
                state.events.take(*handle, command, seen, events)
            })
            .ok_or(NtStatus::INVALID_HANDLE)?;
        (header.sequence, header.lost) = (taken.sequence, taken.lost);
        for (event, room) in events.iter().take(taken.count).zip(&mut rooms) {
            let read = read(watch, lock, stack, event);
            room.copy_from_slice(encode(*handle, event, &read).as_bytes());
            header.count = header.count.saturating_add(1);
        }
        seen = taken.sequence;
        if taken.count < limit {
            break;
        }
    }
    if header.count == 0 && !command.no_wait {
        return Ok(None);
    }
    header_room.copy_from_slice(header.as_bytes());
    let events = (header.count as usize).saturating_mul(size_of::<WatchEvent>());
    Ok(Some(events.saturating_add(size_of::<WatchHeader>())))
}

/// Checks that an answer has room for one event.
///
/// # Errors
///
/// `STATUS_BUFFER_TOO_SMALL`: it has not.
pub(crate) fn check_room(output: &mut [u8]) -> Result<(), NtStatus> {
    split(output).map(|_| ())
}

fn split(output: &mut [u8]) -> Result<(&mut [u8], &mut [u8]), NtStatus> {
    output
        .split_at_mut_checked(size_of::<WatchHeader>())
        .filter(|(_, events)| events.len() >= size_of::<WatchEvent>())
        .ok_or(NtStatus::BUFFER_TOO_SMALL)
}

/// What the answer reports of an event.
struct ReadEvent {
    kind: WatchedEvent,
    row: MibIpForwardRow2,
}

impl ReadEvent {
    /// The reader has to read the table.
    fn resync() -> Self {
        Self {
            kind: WatchedEvent::Resync,
            row: MibIpForwardRow2::default(),
        }
    }
}

/// Reads the route of an event: the notification had only the keys. If the stack fails with a
/// transient status, the route may exist, so the event becomes a resync: the reader must read the
/// table.
///
/// Notifications may overtake each other. A removal whose route exists is either followed by a
/// notification that the reader gets, too, or came late; then the answer reports that the route has
/// changed.
fn read<Stack: NetworkStack>(
    watch: &PendingWatch,
    lock: &impl Lock<WatchState, Stack>,
    stack: &mut Stack,
    event: &LoggedEvent,
) -> ReadEvent {
    let keys = MibIpForwardRow2 {
        interface_index: event.interface_index,
        ..event.key.row()
    };
    let with_keys = ReadEvent {
        kind: event.kind,
        row: keys,
    };
    if event.kind == WatchedEvent::Resync {
        return ReadEvent::resync();
    }
    // The event of an interface has no route, and that on the other adapter is not the guarded one.
    if matches!(
        event.kind,
        WatchedEvent::Interface | WatchedEvent::Guard(GuardEvent::InterfaceReplaced, _)
    ) {
        return with_keys;
    }
    let found = stack.get(&keys);
    let is_removal = event.kind == WatchedEvent::Route(Change::Removed);
    let may_exist = found.map_or_else(NtStatus::is_transient, |_| true);
    if is_removal && may_exist && has_later(watch, lock, stack, event) {
        return with_keys;
    }
    match found {
        Ok(row) if is_removal => ReadEvent {
            kind: WatchedEvent::Route(Change::Changed),
            row,
        },
        Ok(row) => ReadEvent {
            kind: event.kind,
            row,
        },
        Err(_) if may_exist && matches!(event.kind, WatchedEvent::Route(_)) => ReadEvent::resync(),
        Err(_) => with_keys,
    }
}

fn has_later<Stack>(
    watch: &PendingWatch,
    lock: &impl Lock<WatchState, Stack>,
    stack: &mut Stack,
    event: &LoggedEvent,
) -> bool {
    let PendingWatch {
        handle, command, ..
    } = watch;
    lock.with(stack, |state| {
        state.events.has_later(*handle, &command.filter, event)
    })
}

/// An event in the format of the answer to a handle.
fn encode(reader: HandleId, event: &LoggedEvent, read: &ReadEvent) -> WatchEvent {
    let mine = event.maker == Some(reader) && event.kind == read.kind;
    let holder = match read.kind {
        WatchedEvent::Guard(_, holder) => Some(holder),
        WatchedEvent::Route(_) | WatchedEvent::Interface | WatchedEvent::Resync => None,
    };
    WatchEvent {
        sequence: event.sequence,
        kind: match read.kind {
            WatchedEvent::Route(Change::Added) => EVENT_ADDED,
            WatchedEvent::Route(Change::Changed) => EVENT_CHANGED,
            WatchedEvent::Route(Change::Removed) => EVENT_REMOVED,
            WatchedEvent::Guard(GuardEvent::Restored, _) => EVENT_GUARD_RESTORED,
            WatchedEvent::Guard(GuardEvent::GaveUp, _) => EVENT_GUARD_GAVE_UP,
            WatchedEvent::Guard(GuardEvent::InterfaceReplaced, _) => EVENT_GUARD_INTERFACE_REPLACED,
            WatchedEvent::Interface => EVENT_INTERFACE_CHANGED,
            WatchedEvent::Resync => EVENT_RESYNC,
        },
        flags: if mine { EVENT_MADE_BY_ME } else { 0 },
        guard_handle: holder.map_or(0, |holder| holder.handle.number()),
        guard_process_id: holder.map_or(0, |holder| holder.process_id),
        reserved: 0,
        row: read.row,
    }
    .canonical()
}
