//! A kernel for one driver, on Linux.
//!
//! The host loads the very driver image that ships and gives it what it imports: [`nt_kernel`] is
//! ntoskrnl, [`nt_wdf`] the framework behind WDFLDR, [`nt_netio`] NETIO, [`nt_io`] the I/O manager. It
//! is a verifier: a breach of a documented rule stops the machine with a report.
//!
//! [`hosted_driver`] puts them together, [`server`] serves client processes, [`pnp_commands`] removes
//! devices and unloads the driver.

#![cfg(target_os = "linux")]

mod driver_entry;
mod driver_stack;
mod framework_library;
pub mod hosted_driver;
pub mod pnp_commands;
pub mod quiesce;
pub mod server;
