//! What the driver decides without a kernel.
//!
//! A request goes through here in two steps. [`decode`](command::decode) checks the caller's bytes
//! against the operation table and turns them into a [`Command`]; from then on nobody looks at
//! them again, because input and output are one buffer. [`Session::serve`] does what the
//! command says with a [`NetworkStack`] and writes the answer.
//!
//! Two things belong to the driver as a whole. The [`Ledger`] knows which routes belong to which
//! handle; it is held around every change, so that changes come one after the other. The [`Watch`]
//! knows what changes and who wants to know; it is held shortly, also by the notification
//! callback. Who holds the ledger may take a handle's lock or the watch's, never the other way
//! round.
//!
//! What happens between requests is in [`errands`]: the stack's notifications, and the work item
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

extern crate alloc;

mod announce;
mod apply;
pub mod command;
pub mod diagnose;
pub mod errands;
mod guard;
pub mod handle;
mod hash;
mod keeper;
mod key;
pub mod ledger;
mod memory;
pub mod serve;
pub mod stack;
pub mod table;
pub mod tally;
mod values;
pub mod watch;

#[cfg(test)]
mod test_stack;
#[cfg(test)]
mod tests;

pub use apply::batch::Batch;
pub use command::{Command, decode};
pub use diagnose::diagnose;
pub use handle::{Handle, Lock};
pub use ledger::Ledger;
pub use serve::Session;
pub use stack::NetworkStack;
pub use tally::{Tallies, Tally};
pub use watch::{Change, Watch};
