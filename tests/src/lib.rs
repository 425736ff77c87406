//! What the end-to-end tests share: the host with the driver image in it, and the command line.
//!
//! The tests run what `cargo xtask test` builds before: `target/driver/driver.sys` and the
//! programs beside the test programs. Without them they fail and say so.

#![cfg(target_os = "linux")]

mod control;
mod eventually;
mod exhaust;
mod hand;
mod hang;
mod host;
mod kernel_mode;
mod mixed;
mod process;
mod programs;
mod reading;
mod removal;
mod requests;
mod table;

pub use control::{Failed, NetioCall, Plan};
pub use eventually::eventually;
pub use exhaust::{Bench, Exhaustion, Scenario, exhaust, for_callers};
pub use hand::{Hand, events};
pub use host::{Ended, Host};
pub use kernel_mode::KernelMode;
pub use mixed::{Mixed, is_leased};
pub use process::{Process, Reply};
pub use programs::{driver_image, program, routectl, test_driver_image};
pub use reading::Reading;
pub use removal::Unloaded;
pub use requests::{sound_row, status};
pub use table::{ageless, table};
