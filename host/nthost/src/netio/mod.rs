//! What NETIO.SYS exports: the route API over a network stack.

pub mod behaviours;
pub mod clock;
pub mod compartment;
pub mod exports;
pub mod initial;
pub mod interfaces;
pub mod keys;
pub mod memory;
pub mod notify;
pub mod rtnetlink;
pub mod stack;
pub mod trace;

use std::sync::Arc;

use parking_lot::RwLock;

pub use behaviours::{Behaviours, Choice, Profile};
pub use exports::{explain_fault, exports, notify_at_dispatch};
pub use interfaces::NetworkDescription;
pub use memory::Memory;
pub use notify::notify_after;
pub use rtnetlink::Rtnetlink;
pub use stack::{BestRoute, BestRouteQuery, NetworkStack};

static STACK: RwLock<Option<Arc<dyn NetworkStack>>> = RwLock::new(None);

/// Makes `stack` the one behind the exports.
pub fn install(stack: Arc<dyn NetworkStack>) {
    *STACK.write() = Some(stack);
}

/// The stack behind the exports.
///
/// # Panics
///
/// If none has been installed.
#[must_use]
pub fn stack() -> Arc<dyn NetworkStack> {
    let installed = STACK.read().clone();
    installed.expect("a network stack is installed before a driver is loaded")
}
