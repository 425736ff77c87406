//! Leases: which routes and which settings of interfaces belong to which handles, and what to do when
//! they end.
//!
//! There is one [`LeaseTable`] for the whole driver. The driver holds its lock around every change
//! of the route table, so that no change of one handle falls between the changes of another
//! handle's batch.

pub(crate) mod backoff;
pub(crate) mod guard;
mod guard_phase;
mod guard_queue;
mod guard_run;
mod interface_change;
pub(crate) mod interface_records;
mod interfaces;
pub(crate) mod limits;
pub(crate) mod listing;
mod quota;
mod read_back;
pub(crate) mod records;
pub(crate) mod release;
mod resume;
mod settings;
mod settings_listing;
pub(crate) mod settings_records;
pub(crate) mod table;

pub use table::LeaseTable;
