//! `routectl selftest`: what the driver promises, tried on the computer at hand with routes of its own.
//!
//! The cases are safe on a computer in production: they use prefixes of documentation that no route
//! leads to, and nearly every route is leased, so that the driver removes it if routectl is killed.
//! The few routes without a lease are valid for a minute.

mod case;
mod cases;
mod context;
mod error;
mod free_prefix;
mod junit;
mod not_passed;
mod report;
mod run;
mod selection;
mod temporary_route;
mod tested_computer;

pub(crate) use error::SelftestError;
pub(crate) use junit::write_junit;
pub(crate) use report::SelftestReport;
pub(crate) use run::run;
pub(crate) use selection::Selection;
pub(crate) use tested_computer::{TestedComputer, loopback};
