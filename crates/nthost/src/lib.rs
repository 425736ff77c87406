//! A kernel for one driver, on Linux.
//!
//! The host loads the very driver image that ships and gives it what it imports: `kernel` is
//! ntoskrnl, `wdf` the framework behind WDFLDR, `netio` NETIO, `io` the I/O manager. It is a
//! verifier: a breach of a documented rule stops the machine with a report.

pub mod io;
pub mod kernel;
pub mod netio;
pub mod pe;
pub mod wdf;
