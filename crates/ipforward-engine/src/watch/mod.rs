//! Watching: the state that requests, deferred work and the notification callback share, behind one
//! lock.

pub(crate) mod answer;
pub(crate) mod attributing_stack;
pub(crate) mod power;
pub(crate) mod request_number;
mod schedule;
mod state;

pub use answer::PendingWatch;
pub use state::WatchState;
