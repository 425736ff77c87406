//! A kernel for one driver, on Linux.
//!
//! The host loads the very driver image that ships and gives it what it imports: `kernel` is
//! ntoskrnl, `wdf` the framework behind WDFLDR, `netio` NETIO, `io` the I/O manager. It is a
//! verifier: a breach of a documented rule stops the machine with a report.
//!
//! [`machine`] puts them together, [`server`] lets client processes in, [`orders`] is how the machine
//! is told to let go of a device or of its driver.

#![cfg(target_os = "linux")]

pub mod io;
pub mod kernel;
pub mod machine;
pub mod netio;
pub mod orders;
pub mod pe;
pub mod process;
pub mod rest;
pub mod security;
pub mod server;
pub mod wdf;
