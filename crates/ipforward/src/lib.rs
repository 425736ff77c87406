#![doc = include_str!("../README.md")]

mod aliases;
#[cfg(feature = "async")]
pub mod asynchronous;
mod batch;
mod best_route;
mod device;
mod diagnosis;
mod driver_error;
mod error;
mod interface;
mod interface_change;
mod lease;
mod metrics;
mod reason;
mod route;
mod row_bytes;
mod transport;
mod watch;

pub use abi;
pub use abi::AddressFamily;
pub use aliases::Aliases;
pub use batch::{
    Batch, Entry, EntryChange, EntryFailure, EntryOutcome, EntryResult, Outcome, RouteSet, Verdict,
};
pub use best_route::{BestRoute, Destination};
pub use device::{CancelHandle, Device, DeviceOptions, Lease, Watch};
pub use diagnosis::Diagnosis;
pub use driver_error::DriverError;
pub use error::{Error, Malformed, RefusedRoute, TransportError, UnknownInterface, similar_names};
pub use interface::{InterfaceFlags, IpInterface};
pub use interface_change::InterfaceChange;
pub use ipnet::IpNet;
pub use lease::{
    Guard, GuardState, InterfaceLease, LeaseInfo, LeaseOwner, LeaseTerms, SettingValues,
};
pub use metrics::{Metrics, RouteWithMetric};
pub use reason::Reason;
pub use route::{
    Interface, InterfaceAlias, InvalidInterface, InvalidLifetime, InvalidNextHop, InvalidProtocol,
    InvalidRoute, InvalidRow, Lifetime, NextHop, Route, RouteFlags, RouteKey, RouteMember,
    RouteOrigin, RouteProtocol,
};
pub use transport::{Access, Transport, default_path};
pub use watch::{Event, EventKind, GuardOwner, WatchFilter};
