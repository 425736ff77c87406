//! Route change events and the filter that selects them. [`Watch`](crate::Watch) reads them.

mod event;
mod filter;

pub use event::{Event, EventKind, GuardOwner};
pub use filter::WatchFilter;
