//! A kernel for one driver, on Linux.
//!
//! The host loads the very driver image that ships and gives it what it imports: `kernel` is
//! ntoskrnl, `wdf` the framework behind WDFLDR, `netio` NETIO, `io` the I/O manager. It is a
//! verifier: a breach of a documented rule stops the machine with a report.
//!
//! [`hosted_driver`] puts them together, [`server`] serves client processes, [`pnp_commands`] removes
//! devices and unloads the driver.

#![cfg(target_os = "linux")]

pub mod hosted_driver;
pub use nt_io as io;
pub use nt_kernel as kernel;
pub use nt_kernel::process;
pub use nt_netio as netio;
pub use nt_wdf as wdf;

pub mod pnp_commands;
pub mod quiesce;
pub mod server;
