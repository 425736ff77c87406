//! What the driver decides without a kernel.
//!
//! A request goes through here in two steps. [`decode`](command::decode) checks the caller's bytes
//! against the operation table and turns them into a [`Command`]; from then on nobody looks at
//! them again, because input and output are one buffer. [`Session::serve`] does what the
//! command says with a [`NetworkStack`] and writes the answer.
//!
//! Two things belong to the driver as a whole. The [`LeaseTable`] knows which routes belong to which
//! handle; it is held around every change, so that changes come one after the other. The [`EventLog`]
//! knows what changes and who wants to know; it is held shortly, also by the notification
//! callback. Who holds the leases may take a handle's lock or the watch's, never the other way
//! round.
//!
//! What happens between requests is in [`worker`]: the stack's notifications, and the work item
//! that they enqueue.
//!
//! Nothing in this crate can panic or allocate without a way to fail: a panic in the kernel is a
//! bugcheck.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

extern crate alloc as liballoc;

mod alloc;
pub mod counters;
pub mod decode;
pub mod diagnose;
pub mod events;
pub mod handle;
mod hash;
pub mod leases;
pub mod network_stack;
mod route_attributes;
mod route_key;
pub mod session;
pub mod snapshots;
mod transaction;
pub mod worker;

#[cfg(test)]
mod test_stack;
#[cfg(test)]
mod tests;

pub use counters::{AtomicCounters, CounterScopes};
pub use decode::{Command, decode};
pub use diagnose::diagnose;
pub use events::{Change, EventLog};
pub use handle::{HandleState, Lock};
pub use leases::LeaseTable;
pub use network_stack::NetworkStack;
pub use session::Session;
pub use transaction::batch::Batch;
