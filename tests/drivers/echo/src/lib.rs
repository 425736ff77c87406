//! A device that echoes: what was written to it is read back, after a while.
//!
//! A write keeps its bytes and is over at once. A read waits until the timer expires, then gets
//! the bytes of the last write. Until then it can be cancelled. How long reads wait can be set by a
//! device control request.
//!
//! All callbacks of the queue, the cancellation of its requests and the timer run under one lock,
//! the queue's synchronization scope; so none of them locks anything itself.
#![no_std]

extern crate alloc;
extern crate wdk_panic;

mod context;
mod device;
mod driver;
mod pended;
mod queue;

use wdk_alloc::WdkAllocator;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
