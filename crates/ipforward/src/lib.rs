#![doc = include_str!("../README.md")]

pub mod aliases;
#[cfg(feature = "async")]
pub mod asynchronous;
pub mod batch;
pub mod best_route;
pub mod device;
pub mod diagnosis;
pub mod driver_error;
pub mod error;
pub mod interface;
pub mod lease;
pub mod metrics;
pub mod reason;
pub mod route;
pub mod transport;
pub mod watch;

pub use abi;
pub use abi::AddressFamily;
pub use aliases::Aliases;
pub use batch::{Batch, Entry, EntryOutcome, EntryResult, Outcome, RouteSet, Verdict};
pub use best_route::{BestRoute, Destination};
pub use device::{CancelHandle, Device, DeviceOptions, Lease, Watch};
pub use diagnosis::Diagnosis;
pub use driver_error::DriverError;
pub use error::{Error, Malformed, TransportError};
pub use interface::{InterfaceFlags, IpInterface};
pub use ipnet::IpNet;
pub use lease::{Guard, GuardState, LeaseInfo, LeaseOwner, LeaseTerms};
pub use metrics::{Metrics, RouteWithMetric};
pub use reason::Reason;
pub use route::{
    Interface, InvalidRoute, InvalidRow, Lifetime, NextHop, Route, RouteFlags, RouteKey,
    RouteMember, RouteOrigin, RouteProtocol,
};
pub use transport::{Access, default_path};
pub use watch::{Event, EventKind, GuardOwner, WatchFilter};
