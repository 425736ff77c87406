//! What must not be under way any more when a driver has been unloaded: its threads, timers and DPCs
//! would run code that is gone.

use std::ops::Range;

use nt_image::loaded;

use crate::active_objects::{self, ActiveObject};
use crate::bugcheck::{
    self, BugCheck, DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, TIMER_OR_DPC_INVALID,
};
use crate::ex::set_timer_callback;
use crate::{pool, system_threads};

/// Bug check 0xC7: a DPC routine is in memory that goes.
const ROUTINE: u64 = 2;

/// Stops the machine if a thread of the driver's runs, a timer of its is set or a DPC of its is queued.
/// `PASSIVE_LEVEL`, after the driver has been unloaded and before its image goes.
pub fn require_nothing_active() {
    if let Some(routine) = system_threads::any_running() {
        bugcheck::stop(BugCheck {
            code: DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
            parameters: [routine as u64, 0, routine as u64, 0],
            rule: format!(
                "the driver was unloaded while a thread of PsCreateSystemThread runs, whose routine \
                 is {}: DriverUnload waits for the thread object first",
                loaded::describe(routine)
            ),
        });
    }
    for (address, object) in active_objects::all() {
        if matches!(object, ActiveObject::Timer | ActiveObject::Dpc) {
            let memory = memory_around(address);
            active_objects::stop(address, object, &memory, "the driver was unloaded");
        }
    }
    if let Some(routine) = set_timer_callback() {
        let memory = memory_around(routine);
        bugcheck::stop(BugCheck {
            code: TIMER_OR_DPC_INVALID,
            parameters: [
                ROUTINE,
                routine as u64,
                memory.start as u64,
                memory.end as u64,
            ],
            rule: "the driver was unloaded while a timer of ExAllocateTimer is set: ExDeleteTimer \
                   comes first"
                .to_owned(),
        });
    }
}

/// The image or the pool block that has this address.
fn memory_around(address: usize) -> Range<usize> {
    if let Some(image) = loaded::find(address) {
        return image.range.clone();
    }
    match pool::contains(address) {
        Some(block) => block.address..block.address + block.size,
        None => address..address,
    }
}
