//! The IpForward driver.
//!
//! It is thin: [`wdf`] receives the framework's callbacks, the engine decides, [`netio`] calls the
//! network stack. `unsafe` is in `wdf/`, `netio/` and `pool/` only.
#![no_std]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

extern crate wdk_panic;

mod device;
mod entry;
mod handle;
mod ioctl;
mod kernel_stack;
mod netio;
mod parked;
mod pool;
mod report;
mod wdf;

use pool::PagedPool;

#[global_allocator]
static ALLOCATOR: PagedPool = PagedPool;
