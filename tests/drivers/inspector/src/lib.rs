//! A `PnP` device that uses what few drivers need: IRPs, WDM objects, registry keys and the caller's
//! addresses.
//!
//! | request | does |
//! |---|---|
//! | create | comes through a queue; the name `\refused` is refused |
//! | write | is seen as an IRP first: one of an odd length ends there, others come through the queue |
//! | `REPORT_OBJECTS` 0x222000 | gives `object_report::Report` |
//! | `KEYS` 0x222004 | writes values into the driver's parameters and gives `keys::Report` |
//! | `FAIL` 0x222010, `RESTART` 0x222014 | reports the device as failed, to be removed or started again |
//! | `STATE` 0x222018 | counts its calls in the driver's persistent-state key, and gives the count |
//! | `SHOW` 0x22201C, `HIDE` 0x222020 | enables and disables an interface |
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
mod object_report;
mod queue;
mod text;

use wdk_alloc::WdkAllocator;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
