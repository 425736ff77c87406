//! All interleavings of the driver's concurrent work: requests, notifications of the stack,
//! deferred work and the end of handles.
//!
//! The engine's own code runs in threads of `loom`. `loom` repeats a scenario until it has executed
//! every order of the steps at which another thread can run: each lock, and each call of the stack.

mod leasing;
mod parts;
mod rig;
mod sleeping;
mod termination;
mod watching;

extern crate std;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs a scenario in every order and says in how many.
fn in_every_order(name: &str, scenario: impl Fn() + Send + Sync + 'static) {
    explore(name, None, scenario);
}

/// Runs a scenario in every order in which threads are interrupted at most this often, beside
/// where they wait: the races that are known need one or two interruptions.
fn in_orders_with(interruptions: usize, name: &str, scenario: impl Fn() + Send + Sync + 'static) {
    explore(name, Some(interruptions), scenario);
}

fn explore(name: &str, interruptions: Option<usize>, scenario: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&orders);
    let mut explorer = loom::model::Builder::new();
    explorer.preemption_bound = interruptions;
    explorer.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scenario();
    });
    let which = match interruptions {
        Some(number) => std::format!(" with up to {number} interruptions"),
        None => std::string::String::new(),
    };
    std::println!("{name}: {} orders{which}", orders.load(Ordering::Relaxed));
}
