//! The Kernel-Mode Driver Framework, as WDFLDR.SYS hands it to a driver.
//!
//! A driver binds (`bind`) and receives a table of functions. Each file below is one kind of
//! framework object, begins with the prototypes of the functions that it gives to the table, and
//! ends with their bodies; `table` joins them. What is not implemented stops with its name.
//!
//! Objects (`object`) are known to the driver by handles that carry a type and are never used
//! twice (`handle`); they form a tree that is taken down in a fixed order (`deletion`).
//!
//! # Locking
//!
//! 1. **No lock of the host is held while the driver runs.** Every callback goes through
//!    `callback::run`, and whoever calls it has let go of everything. What is needed afterwards is
//!    looked at afresh.
//! 2. **Every lock is a leaf.** It is private to its file, guards plain data for a few lines, and no
//!    other lock is taken meanwhile. Two objects change hands by being looked at one after the
//!    other; where a race remains, the later step sees what the earlier one did (a cancelled
//!    request is flagged first and looked for second, an insertion looks for the flag inside the
//!    queue's lock). The one exception, in `queue::retrieve`, says why at its place.
//! 3. **What the driver sees as a lock is not one of ours.** Wait locks, spin locks and
//!    synchronization scopes (`sync`) are held across callbacks by design; they obey the driver's
//!    order, which `kernel::locks` watches.
//! 4. **A host lock may be taken at any IRQL**, since it is held for a moment only. What waits (for
//!    a callback to end, for a queue to empty) asks for `PASSIVE_LEVEL` first.

#![cfg(target_os = "linux")]

mod arrival;
mod binding;
mod call;
mod callback;
mod callback_lock;
mod collection;
mod control;
mod device;
mod device_creation;
mod device_init;
mod device_objects;
mod dispatching;
mod documented_statuses;
mod dpc;
mod driver;
mod export_table;
mod failures;
mod file;
mod functions;
mod handle;
mod interface;
mod io_target;
mod loader;
mod lookaside;
mod memory;
mod miniport;
mod noop_device_calls;
mod object;
mod object_api;
mod object_context;
mod object_lock;
mod owner_lock;
pub mod pnp;
mod pointer;
mod preprocess;
mod queue;
mod registry;
mod request;
mod request_api;
mod spin_lock;
mod status;
mod string;
pub mod timer;
mod verifier;
mod violation;
mod wait_lock;
mod work_item;

#[cfg(test)]
mod test_driver;
#[cfg(test)]
mod tests;

pub use loader::exports;
