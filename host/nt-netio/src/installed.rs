//! The network stack behind the exports.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::stack::NetworkStack;

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
