//! Changes of the route table, single ones and batches, and of interfaces, and the changes of the
//! lease table that follow from them.

pub(crate) mod apply;
pub(crate) mod batch;
mod changed_routes;
mod context;
mod declared;
mod dry_run;
mod entry;
mod interface;
mod lease_change;
mod ownership;
mod refused;
mod route_snapshot;
mod run;
mod single;
mod undo;

pub(crate) use context::Transaction;
pub(crate) use run::BatchRun;
