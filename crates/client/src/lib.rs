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
//! `NTSTATUS`. The client checks nothing beforehand: the stack is the judge.

pub mod device;
pub mod error;
pub mod options;
pub mod refusal;
pub mod route;
pub mod transport;

pub use abi;
pub use abi::AddressFamily;
pub use device::Device;
pub use error::{Error, Malformed};
pub use ipnet::IpNet;
pub use options::{Access, DeviceOptions, default_path};
pub use refusal::Refusal;
pub use route::{
    Interface, InvalidRow, Lifetime, NextHop, Route, RouteFlags, RouteKey, RouteOrigin,
    RouteProtocol,
};
