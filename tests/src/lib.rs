//! What the end-to-end tests share: hosts with the driver image, the command line, and scenarios
//! for fault injection.
//!
//! The tests run what `cargo xtask test` builds before: `target/driver/driver.sys`, the drivers in
//! `target/test-drivers`, and the programs `nthost` and `routectl`. Without them the tests fail and
//! name the command.

#![cfg(target_os = "linux")]

mod compartment;
mod fault_sweep;
mod hosts;
mod manual_clock;
mod mixed_batch;
mod profile;
mod raw_client;
mod requests;
mod routes;

pub use compartment::device_in_compartment;
pub use fault_sweep::{Scenario, ScenarioContext};
pub use hosts::{
    driver_image, driver_of, driver_under_test, framework_image, has_own_framework, program,
    routectl, start_host, start_host_for, start_host_with, start_test_driver, test_driver,
    test_driver_image, test_driver_with_own_framework,
};
pub use manual_clock::ManualClockHost;
pub use mixed_batch::{MixedBatch, is_leased};
pub use nthost_testkit::sweep::{SweepSummary, status_for_client, sweep};
pub use nthost_testkit::{
    Driver, Ended, Failed, Host, NetioCall, Plan, Process, Reply, Sleep, Unloaded, eventually,
};
pub use profile::Profile;
pub use raw_client::{RawClient, events};
pub use requests::{creating_batch, numbered_row, status, valid_row};
pub use routes::{host_routes, numbered_route, scattered_route, table, without_age};
