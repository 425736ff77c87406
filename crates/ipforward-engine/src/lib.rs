//! What the driver decides without a kernel.
//!
//! A request enters through [`Session::serve`]. The caller's bytes are checked against the operation
//! table and become a typed command; from then on they are not read again, because input and output
//! are one buffer. The command is executed with a [`NetworkStack`], and the answer is written.
//!
//! Two locks protect what belongs to the driver as a whole. The lock of the [`LeaseTable`] is held
//! around every change of a route or an interface, so that no two changes overlap. The lock of the [`WatchState`]
//! is held shortly, also by the notification callback. A thread that holds the lease-table lock may
//! take a handle's lock or the watch lock, never the other way round.
//!
//! What happens between requests is in [`worker`]: the stack's notifications, and the work item that
//! they enqueue.
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

#[cfg(any(test, feature = "fake-stack"))]
extern crate std;

mod alloc;
mod changed_interfaces;
mod compartment;
mod counters;
mod decode;
mod diagnose;
mod events;
mod handle;
mod handle_id;
mod hash;
mod interface_settings;
mod leases;
mod lock;
mod memory;
mod network_stack;
mod overridden_flags;
mod report;
mod route_attributes;
mod route_key;
mod route_table_size;
mod session;
mod snapshots;
mod stop;
mod time;
mod transaction;
mod watch;
pub mod worker;
mod written_route;

#[cfg(any(test, feature = "fake-stack"))]
pub mod fake_stack;
#[cfg(test)]
mod test_driver;
#[cfg(test)]
mod tests;

pub use alloc::ResidentMemory;
pub use compartment::CompartmentId;
pub use counters::{AtomicCounters, CounterScopes};
pub use events::Change;
pub use handle::HandleState;
pub use leases::LeaseTable;
pub use lock::{Lock, LockOrder, StackLock};
pub use network_stack::{InterfaceKey, NetworkStack, RouteLookup};
pub use report::{Loss, LossCounters, LossDetail, LostRoute};
pub use session::{RequestBuffers, Served, Session};
pub use stop::{StopCheck, StopReason};
pub use time::{KernelTime, Ticks};
pub use watch::{PendingWatch, WatchState};
