//! The contract between the IpForward driver and its callers.
//!
//! One table ([`operation`]) describes every operation. Routes and interfaces are the documented
//! Windows structures, byte for byte. Structures hold integers and bytes only: no enum, `bool`,
//! pointer, `usize` or hidden padding, which the zerocopy derives prove. 32-bit and 64-bit callers
//! send the same bytes.
#![no_std]
#![forbid(unsafe_code)]

pub mod apply;
pub mod best_route;
pub mod control_code;
pub mod device;
pub mod diagnosis;
pub mod family;
pub mod interface_request;
pub mod lease;
pub mod memory;
pub mod operation;
pub mod rules;
pub mod statistics;
pub mod table;
pub mod version;
pub mod watch;
pub mod wire;

pub use apply::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer};
pub use best_route::{BestRoute, BestRouteRequest};
pub use control_code::{ControlCode, RequiredAccess};
pub use diagnosis::{Cause, Diagnosis, ExplainRequest};
pub use interface_request::InterfaceRequest;
pub use lease::{InterfaceLeaseRow, LeaseHeader, LeaseRequest, LeaseRow};
pub use operation::{Operation, TypedOperation};
pub use statistics::{Counters, Losses, Statistics};
pub use table::{TableHeader, TableRequest};
pub use version::Version;
pub use watch::{WatchEvent, WatchHeader, WatchRequest};
pub use wire::Wire;

pub use nt_types::{
    AddressFamily, DEFAULT_COMPARTMENT, Guid, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow,
    MibUnicastIpAddressRow, NtStatus, SockaddrInet, address, interface, route, status,
    unicast_address,
};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
