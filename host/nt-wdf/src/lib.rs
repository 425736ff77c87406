//! The Kernel-Mode Driver Framework, as WDFLDR.SYS hands it to a driver.
//!
//! A driver binds (`loader`) and receives a table of functions (`export_table`). Each file is one kind
//! of framework object: it begins with the prototypes of its functions of the table and ends with
//! their bodies. A function that is not implemented stops the host with its name.
//!
//! A driver names objects (`object`) by handles that carry a type and are never reused (`handle`).
//! Objects form a tree, which is deleted in a fixed order (`object::deletion`).
//!
//! # Layers
//!
//! Modules use each other downwards only:
//!
//! 1. `export_table`, `loader`, and the functions of the table (`object_api`, `request_api`, ...)
//! 2. `device_creation`, `dispatch`, `preprocess`, `arrival`, `dispatching`: the way of an IRP to a queue
//! 3. `queue`, above `request`, above `file`, above `device`, above `device_init`
//! 4. `object`: objects, their tree and their deletion, without knowledge of the kinds
//! 5. `call`, `callback`, `pointer`, `driver_binding`, `handle`: one call in either direction
//!
//! # Locking
//!
//! 1. **No lock of the host is held while the driver runs.** The host calls every callback by
//!    `callback::run`, and the caller holds no lock. State that is needed after a callback is read
//!    again.
//! 2. **Every lock is a leaf.** It is private to its file, guards plain data for a few lines, and no
//!    other lock is taken meanwhile. Two objects are locked one after the other; where a race
//!    remains, the later step sees what the earlier one did (a cancellation flags the request first
//!    and searches the queue second, an insertion reads the flag inside the queue's lock). The one
//!    exception, in `queue::retrieve`, is explained there.
//! 3. **The locks of the driver are not locks of the host.** The driver holds wait locks, spin locks and
//!    callback locks (`callback_lock`) across callbacks by design; `nt_kernel::locks` checks their
//!    order.
//! 4. **A host lock may be taken at any IRQL**, since it is held for a moment only. What waits (for
//!    a callback to end, for a queue to empty) asks for `PASSIVE_LEVEL` first.

#![cfg(target_os = "linux")]

pub mod alarm;
mod arrival;
mod call;
mod callback;
mod callback_lock;
mod collection;
mod control;
mod device;
mod device_creation;
mod device_init;
mod device_objects;
mod device_property;
mod dispatch;
mod dispatching;
mod documented_statuses;
mod dpc;
mod driver;
mod driver_binding;
mod export_table;
mod failures;
mod file;
mod function_entry;
mod handle;
mod interface;
mod io_target;
pub mod library;
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
mod query_interface;
mod queue;
mod registry;
mod remote_target;
mod request;
mod request_api;
mod resource_list;
mod spin_lock;
mod status;
mod string;
mod timer;
mod verifier;
mod violation;
mod wait_lock;
mod work_item;

#[cfg(test)]
mod test_driver;
#[cfg(test)]
mod tests;

pub use loader::{exports, function_names};
