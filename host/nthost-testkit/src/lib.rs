#![doc = include_str!("../README.md")]
#![cfg(target_os = "linux")]

mod driver;
mod eventually;
mod fault;
mod hang;
mod host;
mod network;
mod process;
mod removal;
mod sleep;
pub mod sweep;
mod time;

pub use driver::Driver;
pub use eventually::eventually;
pub use fault::{Failed, Plan};
pub use host::{Ended, Host};
pub use network::NetioCall;
pub use nt_types::{Guid, NtStatus};
pub use nthost_protocol::control::ControlKind;
pub use nthost_protocol::syscall::CallKind;
pub use process::{Process, Reply};
pub use removal::Unloaded;
pub use sleep::Sleep;
