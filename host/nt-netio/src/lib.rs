//! The exports of NETIO.SYS: the route API over a network stack.

#![cfg(target_os = "linux")]

pub mod clock;
pub mod compartment;
pub mod exports;
pub mod initial;
mod installed;
pub mod interfaces;
pub mod keys;
pub mod memory;
pub mod notify;
pub mod stack;
pub mod trace;
#[cfg(feature = "vectors")]
pub mod vectors;

pub use exports::{explain_fault, exports};
pub use installed::{install, stack};
pub use interfaces::NetworkDescription;
pub use memory::Memory;
pub use notify::notify_after;
pub use nt_netio_profile::{self as behaviours, Behaviours, Choice, Profile};
pub use stack::{Adapter, AdvertisedRoute, BestRoute, BestRouteQuery, NetworkStack};
