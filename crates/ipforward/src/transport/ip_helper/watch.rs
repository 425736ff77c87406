//! `WATCH` over the notifications of the system.

use std::net::IpAddr;

use abi::watch::{
    EVENT_CHANGED, EVENT_INTERFACE_CHANGED, EVENT_REMOVED, EVENT_RESYNC, WATCH_INTERFACES,
    WATCH_NO_WAIT,
};
use abi::{AddressFamily, MibIpForwardRow2, NtStatus, WatchEvent, WatchHeader, WatchRequest};
use ipnet::IpNet;
use zerocopy::IntoBytes;

use super::change_log::{ChangeLog, LogState, NumberedChange, SystemChange};
use super::{RouteApi, Win32, refused};
use crate::driver_error::DriverError;
use crate::error::TransportError;
use crate::route::{Route, RouteKey};

/// Checks that user mode can answer a request.
///
/// # Errors
///
/// [`TransportError::NeedsDriver`]: it asks for events of guards, or for those of other programs only.
pub(super) fn check(request: &WatchRequest) -> Result<(), TransportError> {
    ChangeFilter::new(request).map(drop)
}

/// Answers a `WATCH` with the notifications after those that the caller knows; waits for one if
/// there is none.
///
/// # Errors
///
/// As [`check`], and `STATUS_CANCELLED` if the wait is cancelled.
pub(super) fn answer(
    api: &impl RouteApi,
    log: &ChangeLog,
    request: &WatchRequest,
    output: &mut [u8],
) -> Result<usize, TransportError> {
    let filter = ChangeFilter::new(request)?;
    let (header_room, event_room) = output
        .split_at_mut_checked(size_of::<WatchHeader>())
        .filter(|(_, events)| events.len() >= size_of::<WatchEvent>())
        .ok_or_else(|| refused(NtStatus::BUFFER_TOO_SMALL))?;
    let room = event_room.len() / size_of::<WatchEvent>();
    let (mut header, changes) = log
        .wait(|state| {
            let (header, changes) = filter.select(state, request.after_sequence, room);
            let is_answer = !changes.is_empty() || request.flags & WATCH_NO_WAIT != 0;
            is_answer.then_some((header, changes))
        })
        .ok_or_else(|| refused(NtStatus::CANCELLED))?;
    for (change, room) in changes
        .iter()
        .zip(event_room.chunks_exact_mut(size_of::<WatchEvent>()))
    {
        room.copy_from_slice(event(api, change).as_bytes());
        header.count += 1;
    }
    header_room.copy_from_slice(header.as_bytes());
    Ok(header_room.len() + changes.len() * size_of::<WatchEvent>())
}

/// The notifications that a request selects.
struct ChangeFilter {
    luid: u64,
    family: AddressFamily,
    prefix: Option<IpNet>,
    interfaces: bool,
}

/// A selected notification; `None` for lost ones.
struct SelectedChange {
    sequence: u64,
    change: Option<SystemChange>,
    /// True if a later notification is of the same route.
    has_later: bool,
}

impl ChangeFilter {
    fn new(request: &WatchRequest) -> Result<Self, TransportError> {
        if request.flags & !(WATCH_INTERFACES | WATCH_NO_WAIT) != 0 {
            return Err(TransportError::NeedsDriver);
        }
        let prefix = request.prefix.prefix.address();
        let prefix = prefix.map(|address| IpNet::new(address, request.prefix.prefix_length));
        Ok(Self {
            luid: request.interface_luid,
            family: AddressFamily(request.family),
            prefix: prefix
                .transpose()
                .map_err(|_| refused(NtStatus::INVALID_PARAMETER))?,
            interfaces: request.flags & WATCH_INTERFACES != 0,
        })
    }

    fn selects(&self, change: &SystemChange) -> bool {
        let is_of = |luid| self.luid == 0 || luid == self.luid;
        match change {
            SystemChange::Interface(luid) => self.interfaces && (*luid == 0 || is_of(*luid)),
            SystemChange::Route(_, row) => {
                let family = row.destination_prefix.prefix.family();
                is_of(row.interface_luid)
                    && (self.family == AddressFamily::UNSPECIFIED || self.family == family)
                    && self.prefix.is_none_or(|prefix| lies_in(row, &prefix))
            }
        }
    }

    /// The notifications after a number, as many as there is room for, and the header of the answer.
    fn select(
        &self,
        state: &LogState,
        after: u64,
        room: usize,
    ) -> (WatchHeader, Vec<SelectedChange>) {
        let lost = (state.lost_to > after).then_some(SelectedChange {
            sequence: state.lost_to,
            change: None,
            has_later: false,
        });
        let kept = state.after(after).filter(|kept| self.selects(&kept.change));
        let kept = kept.map(|kept| SelectedChange {
            sequence: kept.sequence,
            change: Some(kept.change),
            has_later: has_later(state, kept),
        });
        let changes: Vec<_> = lost.into_iter().chain(kept).take(room).collect();
        let sequence = match changes.last() {
            Some(change) if changes.len() == room => change.sequence,
            _ => state.sequence,
        };
        let header = WatchHeader {
            sequence,
            lost: state.lost,
            ..WatchHeader::default()
        };
        (header, changes)
    }
}

fn lies_in(row: &MibIpForwardRow2, outer: &IpNet) -> bool {
    let address: Option<IpAddr> = row.destination_prefix.prefix.address();
    let prefix = address.map(|address| IpNet::new(address, row.destination_prefix.prefix_length));
    matches!(prefix, Some(Ok(prefix)) if outer.contains(&prefix))
}

fn key(change: &SystemChange) -> Option<RouteKey> {
    match change {
        SystemChange::Route(_, row) => Route::try_from(row).ok().map(|route| route.key()),
        SystemChange::Interface(_) => None,
    }
}

fn has_later(state: &LogState, kept: &NumberedChange) -> bool {
    match kept.change {
        SystemChange::Route(EVENT_REMOVED, _) => {
            let route = key(&kept.change);
            let mut later = state.after(kept.sequence);
            route.is_some() && later.any(|later| key(&later.change) == route)
        }
        _ => false,
    }
}

/// A notification as an event, with its route as it is now. A removal that was notified late is a
/// change.
fn event(api: &impl RouteApi, selected: &SelectedChange) -> WatchEvent {
    let (kind, row) = match selected.change {
        None => (EVENT_RESYNC, MibIpForwardRow2::default()),
        Some(SystemChange::Interface(luid)) => {
            let row = MibIpForwardRow2 {
                interface_luid: luid,
                ..MibIpForwardRow2::default()
            };
            (EVENT_INTERFACE_CHANGED, row)
        }
        // The later notification says what has become of the route.
        Some(SystemChange::Route(kind, row)) if selected.has_later => (kind, keys_of(&row)),
        Some(SystemChange::Route(kind, row)) => route_event(api, kind, keys_of(&row)),
    };
    WatchEvent {
        sequence: selected.sequence,
        kind,
        row,
        ..WatchEvent::default()
    }
}

/// The kind of an event, and the row as it is now. A route that cannot be read, although it may exist,
/// makes the event a resync: the caller must not take the keys for the whole route.
fn route_event(api: &impl RouteApi, kind: u32, keys: MibIpForwardRow2) -> (u32, MibIpForwardRow2) {
    match api.route(&keys) {
        Ok(row) if kind == EVENT_REMOVED => (EVENT_CHANGED, row),
        Ok(row) => (kind, row),
        Err(error) if may_exist(error) => (EVENT_RESYNC, MibIpForwardRow2::default()),
        Err(_) => (kind, keys),
    }
}

/// Whether no status that Windows reports as this error says that the route is absent.
fn may_exist(error: Win32) -> bool {
    let mut statuses = DriverError::from_win32(error).statuses();
    statuses.all(NtStatus::is_transient)
}

fn keys_of(row: &MibIpForwardRow2) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_luid: row.interface_luid,
        interface_index: row.interface_index,
        destination_prefix: row.destination_prefix,
        next_hop: row.next_hop,
        ..MibIpForwardRow2::default()
    }
}
