//! The answer to a `WATCH`: events, each with its route as it is by now.

use abi::watch::{EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED, EVENT_RESYNC, WATCH_NO_WAIT};
use abi::{MibIpForwardRow2, NtStatus, WatchEvent, WatchHeader, WatchRequest, Wire};
use zerocopy::IntoBytes;

use super::filter::check;
use super::{Event, EventLog, Memory};
use crate::handle::Lock;
use crate::network_stack::NetworkStack;

/// Events that are copied at a time, so that the lock is held shortly.
const AT_A_TIME: usize = 16;

/// Answers a `WATCH` of a handle. Answers how many bytes of `output` were written.
///
/// # Errors
///
/// - `STATUS_PENDING`: nothing has happened yet. The request is to be
///   [kept](crate::worker::park).
/// - `STATUS_INVALID_PARAMETER`: unknown flags, or a filter that makes no sense.
/// - `STATUS_BUFFER_TOO_SMALL`: no room for a single event.
/// - Those of beginning to watch: no memory, or too many filters.
pub(crate) fn watch(
    request: &WatchRequest,
    handle: u64,
    watch: &impl Lock<EventLog>,
    stack: &impl NetworkStack,
    output: &mut [u8],
) -> Result<usize, NtStatus> {
    check(request)?;
    let (header_room, event_room) = output
        .split_at_mut_checked(size_of::<WatchHeader>())
        .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
    if event_room.len() < size_of::<WatchEvent>() {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    if !watch.with(|watch| watch.watches(handle, request)) {
        // Memory is made, and memory that was not needed is given back, without the lock.
        let mut memory = Memory::for_watcher(watch)?;
        watch.with(|watch| watch.begin(handle, request, &mut memory))?;
    }
    let mut header = WatchHeader::default();
    let mut rooms = event_room.chunks_exact_mut(size_of::<WatchEvent>());
    let mut seen = 0;
    loop {
        let mut events = [Event::default(); AT_A_TIME];
        let limit = events.len().min(rooms.len());
        let Some(events) = events.get_mut(..limit).filter(|events| !events.is_empty()) else {
            break;
        };
        let taken = watch.with(|watch| watch.take(handle, request, seen, events));
        (header.sequence, header.lost) = (taken.sequence, taken.lost);
        for (event, room) in events.iter().take(taken.count).zip(&mut rooms) {
            room.copy_from_slice(tell(event, stack).as_bytes());
            header.count = header.count.saturating_add(1);
        }
        seen = taken.sequence;
        if taken.count < limit {
            break;
        }
    }
    if header.count == 0 && request.flags & WATCH_NO_WAIT == 0 {
        return Err(NtStatus::PENDING);
    }
    header_room.copy_from_slice(header.as_bytes());
    let events = (header.count as usize).saturating_mul(size_of::<WatchEvent>());
    Ok(events.saturating_add(size_of::<WatchHeader>()))
}

/// Whether an event tells what the table has become.
const fn is_of_the_table(kind: u32) -> bool {
    matches!(kind, EVENT_ADDED | EVENT_CHANGED)
}

/// An event for a caller. The notification said no more than the keys: the rest is asked for. If
/// the stack has no answer, though the route may be there, the reader has to ask for the table.
fn tell(event: &Event, stack: &impl NetworkStack) -> WatchEvent {
    let keys = MibIpForwardRow2 {
        interface_index: event.interface_index,
        ..event.key.row()
    };
    let resync = (EVENT_RESYNC, MibIpForwardRow2::default());
    let (kind, row) = match event.kind {
        EVENT_RESYNC => resync,
        EVENT_REMOVED => (EVENT_REMOVED, keys),
        kind => match stack.get(&keys) {
            Ok(row) => (kind, row),
            Err(status) if status.is_transient() && is_of_the_table(kind) => resync,
            Err(_) => (kind, keys),
        },
    };
    let flags = if kind == EVENT_RESYNC { 0 } else { event.flags };
    WatchEvent {
        sequence: event.sequence,
        kind,
        flags,
        row,
    }
    .canonical()
}
