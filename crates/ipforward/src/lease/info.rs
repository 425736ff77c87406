//! Leases of all handles, as the driver reports them.

use std::time::Duration;

use abi::lease::{
    GUARD_BACKING_OFF, GUARD_CHECKING, GUARD_COOLDOWN, GUARD_GAVE_UP, GUARD_HOLDING,
    GUARD_INTERFACE_REPLACED, GUARD_NONE, GUARD_WAITS_FOR_INTERFACE, LEASE_DISPLACED, LEASE_ENDING,
    LEASE_MINE, LEASE_SHARED,
};
use abi::{LeaseRow, MibIpForwardRow2};

use crate::error::Malformed;
use crate::route::{InvalidRow, Route};

/// A lease: one handle holds one route. A shared route has a lease for each handle. See
/// [`Device::leases`](crate::Device::leases).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LeaseInfo {
    /// The route as its owner requested it, and as a guard restores it; without age and origin.
    pub route: Route,
    /// The route that this one replaced: the driver restores it when the last lease ends.
    pub displaced: Option<Route>,
    /// The handle that holds the lease.
    pub owner: LeaseOwner,
    /// True if other handles may lease the same route.
    pub shared: bool,
    /// The network compartment of the route, in which the lease was made; 1 is the default one.
    pub compartment: u32,
    /// The guard of the lease, if it has one.
    pub guard: Option<Guard>,
}

/// The handle that holds a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LeaseOwner {
    /// The number of the handle; the driver never reuses it.
    pub handle: u64,
    /// The process that opened the handle.
    pub process_id: u32,
    /// True if this is the device that requested the list.
    pub is_me: bool,
    /// True if the handle is closed and the driver could not remove the route yet.
    pub is_closed: bool,
}

/// Restores a route that another program removes or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Guard {
    /// The state of the guard.
    pub state: GuardState,
    /// Restorations since the last long time without interference.
    pub times: u32,
}

/// The state of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuardState {
    /// The route is as its owner requested it.
    Holding,
    /// The route may have changed; the driver is about to check it.
    Checking,
    /// The route was changed again soon; the driver restores it after this time.
    BackingOff(Duration),
    /// The route was changed too often; the driver does not restore it for this time.
    Cooldown(Duration),
    /// The interface is gone, disconnected, or without an address of the family. The driver restores
    /// the route at once when the interface can be used again.
    WaitsForInterface,
    /// The adapter is gone, and another adapter has its LUID. The driver restores the route when the
    /// adapter with the same GUID returns.
    InterfaceReplaced,
    /// Another program keeps changing the route; the driver does not restore it any more.
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
            compartment: row.compartment,
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
        GUARD_COOLDOWN => GuardState::Cooldown(delay),
        GUARD_WAITS_FOR_INTERFACE => GuardState::WaitsForInterface,
        GUARD_INTERFACE_REPLACED => GuardState::InterfaceReplaced,
        GUARD_GAVE_UP => GuardState::GaveUp,
        other => return Err(Malformed::GuardState(other)),
    };
    let times = row.guard_times;
    Ok(Some(Guard { state, times }))
}
