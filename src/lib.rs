//! The IpForward driver.
//!
//! It is thin: framework callbacks come in through [`wdf`], the engine decides, [`netio`] calls
//! the network stack. `unsafe` lives in `wdf/`, `netio.rs` and `pool.rs` and nowhere else.
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
mod driver;
mod handle;
mod netio;
mod pool;
mod queue;
mod stack;
mod wdf;

use wdk_alloc::WdkAllocator;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
