//! What the driver tells of a lease, whoever holds it.

use std::time::Duration;

use abi::lease::{
    GUARD_AWAY, GUARD_BACKING_OFF, GUARD_CHECKING, GUARD_GAVE_UP, GUARD_HOLDING, GUARD_NONE,
    GUARD_TRUCE, LEASE_DISPLACED, LEASE_ENDING, LEASE_MINE, LEASE_SHARED,
};
use abi::{LeaseRow, MibIpForwardRow2};

use crate::error::Malformed;
use crate::route::{InvalidRow, Route};

/// That one handle holds one route. A route that several handles share has as many leases. See
/// [`Device::leases`](crate::Device::leases).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LeaseInfo {
    /// The route as it was made, and as a guard puts it back; without its age and origin.
    pub route: Route,
    /// The route that was there before: it is put back when the last lease of the route ends.
    pub displaced: Option<Route>,
    /// Who holds it.
    pub owner: LeaseOwner,
    /// Whether other handles may hold the same route.
    pub shared: bool,
    /// Its guard, if it has one.
    pub guard: Option<Guard>,
}

/// The handle that holds a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LeaseOwner {
    /// Its number, which no other handle ever has.
    pub handle: u64,
    /// The process that opened it.
    pub process_id: u32,
    /// Whether it is the device that asked.
    pub is_me: bool,
    /// Whether it is closed already, and the stack does not allow the lease to end yet.
    pub is_closed: bool,
}

/// What puts a route back that somebody else removes or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Guard {
    /// What it is doing.
    pub state: GuardState,
    /// How often it has acted since the route was left alone for long.
    pub times: u32,
}

/// What a guard is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuardState {
    /// The route is as it should be.
    Holding,
    /// The route may have been disturbed and is about to be looked at.
    Checking,
    /// The route was disturbed again soon, and is put back after this time.
    BackingOff(Duration),
    /// The route was disturbed so often that both sides are left in peace for this time.
    Truce(Duration),
    /// The interface is gone. The route comes back with it.
    Away,
    /// Somebody else insists, and the route is not put back any more.
    GaveUp,
}

impl LeaseInfo {
    pub(crate) fn read(row: &LeaseRow) -> Result<Self, Malformed> {
        let has = |flag| row.flags & flag != 0;
        let route = |row: &MibIpForwardRow2| -> Result<Route, InvalidRow> { row.try_into() };
        Ok(Self {
            route: route(&row.route)?,
            displaced: has(LEASE_DISPLACED)
                .then(|| route(&row.displaced))
                .transpose()?,
            owner: LeaseOwner {
                handle: row.handle,
                process_id: row.process_id,
                is_me: has(LEASE_MINE),
                is_closed: has(LEASE_ENDING),
            },
            shared: has(LEASE_SHARED),
            guard: guard(row)?,
        })
    }
}

fn guard(row: &LeaseRow) -> Result<Option<Guard>, Malformed> {
    let delay = Duration::from_millis(row.guard_delay.into());
    let state = match row.guard_state {
        GUARD_NONE => return Ok(None),
        GUARD_HOLDING => GuardState::Holding,
        GUARD_CHECKING => GuardState::Checking,
        GUARD_BACKING_OFF => GuardState::BackingOff(delay),
        GUARD_TRUCE => GuardState::Truce(delay),
        GUARD_AWAY => GuardState::Away,
        GUARD_GAVE_UP => GuardState::GaveUp,
        other => return Err(Malformed::GuardState(other)),
    };
    let times = row.guard_times;
    Ok(Some(Guard { state, times }))
}
