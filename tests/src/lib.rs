//! What the end-to-end tests share: the host with the driver image in it, and the command line.
//!
//! The tests run what `cargo xtask test` builds before: `target/driver/driver.sys` and the
//! programs beside the test programs. Without them they fail and say so.

#![cfg(target_os = "linux")]

mod control;
mod eventually;
mod exhaust;
mod hang;
mod host;
mod process;
mod programs;
mod reading;
mod removal;
mod table;

pub use control::{Failed, NetioCall, Plan};
pub use eventually::eventually;
pub use exhaust::{Bench, Exhaustion, Scenario, exhaust};
pub use host::{Ended, Host};
pub use process::{Process, Reply};
pub use programs::{driver_image, program, routectl, test_driver_image};
pub use reading::Reading;
pub use removal::Unloaded;
pub use table::{ageless, table};
