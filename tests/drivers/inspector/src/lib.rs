//! A `PnP` device for what few drivers need: it looks below the framework.
//!
//! | request | does |
//! |---|---|
//! | create | comes through a queue; the name `\refused` is refused |
//! | write | is seen as an IRP first: one of an odd length ends there, others come through the queue |
//! | `LOOK` 0x222000 | gives `look::Report` |
//! | `KEYS` 0x222004 | writes values into the driver's parameters and gives `keys::Report` |
//! | `REVERSE` 0x22200B | gives the input backwards, through the caller's own addresses |
//! | `LATE` 0x22200F | asks for the caller's addresses too late, and gives the status of that |
//!
//! One request is kept in reserve for when there is no memory for others.
#![no_std]

extern crate wdk_panic;

mod caller;
mod device;
mod driver;
mod irp;
mod keys;
mod look;
mod queue;
mod text;

use wdk_alloc::WdkAllocator;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
