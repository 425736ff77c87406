//! The network stack behind the exports.

use std::sync::{Arc, OnceLock};

use crate::stack::NetworkStack;

static STACK: OnceLock<Arc<dyn NetworkStack>> = OnceLock::new();

/// Makes `stack` the one behind the exports, for as long as the process lives.
///
/// # Panics
///
/// If one has been installed before.
pub fn install(stack: Arc<dyn NetworkStack>) {
    let installed = STACK.set(stack).is_ok();
    assert!(installed, "a process has one network stack");
}

/// The stack behind the exports.
///
/// # Panics
///
/// If none has been installed.
#[must_use]
pub fn stack() -> &'static dyn NetworkStack {
    let installed = STACK.get();
    &**installed.expect("a network stack is installed before a driver is loaded")
}
