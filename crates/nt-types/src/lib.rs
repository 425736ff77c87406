//! Types of the Windows kernel's interfaces: statuses, GUIDs, addresses, and the rows of the route
//! and interface tables.
//!
//! Each structure is the documented one, byte for byte, and holds integers and bytes only: no enum,
//! `bool`, pointer, `usize` or hidden padding, which the zerocopy derives prove. So any bytes make
//! a value, and driver, client and host share these types on any system.
#![no_std]
#![forbid(unsafe_code)]

pub mod address;
pub mod compartment;
pub mod guid;
pub mod interface;
pub mod route;
pub mod status;
mod status_names;
pub mod unicast_address;

pub use address::{AddressFamily, IpAddressPrefix, SockaddrInet};
pub use compartment::DEFAULT_COMPARTMENT;
pub use guid::{Guid, InvalidGuid};
pub use interface::MibIpInterfaceRow;
pub use route::MibIpForwardRow2;
pub use status::NtStatus;
pub use unicast_address::MibUnicastIpAddressRow;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
