//! What the driver decides without a kernel.
//!
//! A request goes through here in two steps. [`decode`](command::decode) checks the caller's bytes
//! against the operation table and turns them into a [`Command`]; from then on nobody looks at
//! them again, because input and output are one buffer. [`Session::serve`] does what the
//! command says with a [`NetworkStack`] and writes the answer.
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

pub mod command;
pub mod diagnose;
pub mod handle;
pub mod serve;
pub mod stack;
pub mod table;
pub mod tally;

#[cfg(test)]
mod test_stack;

pub use command::{Command, decode};
pub use diagnose::diagnose;
pub use handle::{Handle, Lock};
pub use serve::Session;
pub use stack::NetworkStack;
pub use tally::{Tallies, Tally};
