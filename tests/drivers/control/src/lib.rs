//! A control device that is a mailbox: some programs put messages, others wait for them.
//!
//! | control code | does | needs |
//! |---|---|---|
//! | `PUT` 0x22A000 | puts the input, 1 to 256 bytes, into the mailbox | `FILE_WRITE_ACCESS` |
//! | `TAKE` 0x226004 | waits for the oldest message and gives it | `FILE_READ_ACCESS` |
//! | `QUERY` 0x226008 | gives the five counters of `mailbox::Report` | `FILE_READ_ACCESS` |
//!
//! Requests come one at a time. Those that wait for a message stand in a manual queue, from which
//! a work item takes them. Unread messages are freed with the handle that sent them.
#![no_std]

extern crate alloc;
extern crate wdk_panic;

mod context;
mod device;
mod driver;
mod file;
mod lock;
mod mailbox;
mod queue;
mod text;
mod worker;

use wdk_alloc::WdkAllocator;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
