//! What the end-to-end tests share: the host with the driver image in it, and the command line.
//!
//! The tests run what `cargo xtask test` builds before: `target/driver/driver.sys` and the
//! programs beside the test programs. Without them they fail and say so.

#![cfg(target_os = "linux")]

mod control;
mod eventually;
mod fault_sweep;
mod hang;
mod host;
mod kernel_mode;
mod mixed;
mod process;
mod profile;
mod programs;
mod raw_client;
mod removal;
mod requests;
mod table;

pub use control::{Failed, NetioCall, Plan};
pub use eventually::eventually;
pub use fault_sweep::{Scenario, ScenarioContext, SweepSummary, for_callers, sweep};
pub use host::{Ended, Host};
pub use kernel_mode::KernelMode;
pub use mixed::{Mixed, is_leased};
pub use process::{Process, Reply};
pub use profile::Profile;
pub use programs::{driver_image, program, routectl, test_driver_image};
pub use raw_client::{RawClient, events};
pub use removal::Unloaded;
pub use requests::{status, valid_row};
pub use table::{table, without_age};
