//! A network stack in memory, for tests: it checks rows by the documented rules, answers with the
//! statuses of Windows, keeps its notifications until they are taken, and fails on demand.

mod best_route;
mod buffers;
mod compartment;
mod interface;
mod plan;
mod stack;
mod stored_flags;
mod tables;

pub use buffers::SeparateBuffers;
pub use stack::{FakeStack, FakeStackOver};
pub use stored_flags::StoredFlags;
#[cfg(test)]
pub(crate) use tables::Table;
pub use tables::{FakeTable, FakeTables, TablesLock};
