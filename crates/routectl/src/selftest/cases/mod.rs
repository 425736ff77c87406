//! The cases, one file for each group.

mod batches;
mod buffers;
mod contract;
mod diagnoses;
mod guards;
mod interfaces;
mod leases;
mod routes;
mod sets;
mod watches;

use super::case::NamedCase;

/// The groups in the order of the report: first what the others rely on.
pub(super) const GROUPS: &[(&str, &[NamedCase])] = &[
    ("contract", contract::CASES),
    ("buffers", buffers::CASES),
    ("routes", routes::CASES),
    ("diagnoses", diagnoses::CASES),
    ("batches", batches::CASES),
    ("leases", leases::CASES),
    ("sets", sets::CASES),
    ("interfaces", interfaces::CASES),
    ("guards", guards::CASES),
    ("watches", watches::CASES),
];
