//! The client of the IpForward driver: own IP routes from a user program.
//!
//! A [`Device`] is the open driver, a [`Route`] is one route. On Windows the device is
//! `\\.\IpForward`; elsewhere it is the socket of nthost, which runs the same driver image. A
//! program is the same on both.
//!
//! ```no_run
//! use ipforward::{Device, Interface, Route};
//!
//! let device = Device::open_default()?;
//! let destination: ipnet::IpNet = "10.20.0.0/16".parse()?;
//! let gateway: std::net::IpAddr = "192.0.2.254".parse()?;
//! let route = Route::new(destination, Interface::Index(7)).via(gateway).metric(5);
//!
//! device.create_route(&route)?;
//! println!("{}", device.get_route(&route.key())?);
//! device.delete_route(&route.key())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the network stack answers reaches the caller unchanged, as an [`Error`] that carries the
//! `NTSTATUS`. The client checks nothing beforehand: the stack is the judge. Which rule a refused
//! route breaks, [`Device::diagnose`] says.
//!
//! A route can belong to the device that made it, and go with it, also when the process is killed:
//! see [`Device::lease`], and [`Device::apply`] for many. [`Device::watch`] tells what changes.
//!
//! With the feature `async`, calls are futures too, and a watch is a stream: see `asynchronous`.
//!
//! Of two routes to the same prefix, the one with the lower *complete* metric wins: its own plus
//! that of its interface. [`Device::routes_with_metrics`] gives both.

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
pub mod options;
pub mod reason;
pub mod route;
pub mod transport;
pub mod watch;

pub use abi;
pub use abi::AddressFamily;
pub use aliases::Aliases;
pub use batch::{Batch, Entry, EntryOutcome, EntryResult, Outcome, RouteSet, Verdict};
pub use best_route::{BestRoute, Destination};
pub use device::Device;
pub use diagnosis::Diagnosis;
pub use driver_error::DriverError;
pub use error::{Error, Malformed};
pub use interface::{InterfaceFlags, IpInterface};
pub use ipnet::IpNet;
pub use lease::{Guard, GuardState, Lease, LeaseInfo, LeaseOwner, LeaseTerms};
pub use metrics::{Metrics, RouteWithMetric};
pub use options::{Access, DeviceOptions, default_path};
pub use reason::Reason;
pub use route::{
    Interface, InvalidRow, Lifetime, NextHop, Route, RouteFlags, RouteKey, RouteMember,
    RouteOrigin, RouteProtocol,
};
pub use watch::{Event, EventKind, Watch, WatchFilter};
