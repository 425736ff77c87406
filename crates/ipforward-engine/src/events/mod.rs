//! The events of the route table: which changes happened, which handle made them, and which handles
//! watch for them.

mod attribution;
pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod log;
pub(crate) mod memory;
mod new_event;
mod ring;
mod store;

pub(crate) use attribution::ChangeKey;
pub use event::Change;
pub(crate) use log::EventLog;
