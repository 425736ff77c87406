//! Work items.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt_kernel::irql::{self, Irql};
use nt_kernel::resource_tracker;
use nt_kernel::testing::run_alone;

use super::wdm_driver::{TestDriver, create_device, io};
use crate::system_work;

type Routine = extern "win64" fn(usize, usize, usize);

/// Counts the call, and frees the work item if it is the second.
extern "win64" fn count(_object: usize, context: usize, item: usize) {
    assert_eq!(irql::current(), Irql::PASSIVE);
    let counter: *const AtomicUsize = ptr::with_exposed_provenance(context);
    // SAFETY: the test's counter lives for ever.
    if unsafe { &*counter }.fetch_add(1, Ordering::SeqCst) == 0 {
        queue(item, context);
    } else {
        io!(IoFreeWorkItem(item => usize) -> ());
    }
}

fn queue(item: usize, context: usize) {
    io!(IoQueueWorkItemEx(item => usize, count => Routine, 1 => u32, context => usize) -> ());
}

#[test]
fn a_work_item_may_be_queued_and_freed_by_its_routine() {
    let counter: &AtomicUsize = Box::leak(Box::default());
    let device_object = create_device(TestDriver::new().object, None);
    let item = io!(IoAllocateWorkItem(device_object => usize) -> usize);
    let is_listed = || {
        let all = resource_tracker::outstanding();
        all.iter().any(|entry| entry.address == item)
    };
    assert!(is_listed());
    queue(item, ptr::from_ref(counter).expose_provenance());
    system_work::wait_idle();
    assert_eq!(counter.load(Ordering::SeqCst), 2);
    assert!(!is_listed());
}

#[test]
fn a_try_queues_a_work_item_once() {
    extern "win64" fn ignore(_object: usize, _context: usize, _item: usize) {}
    run_alone!(|| {
        // No work item begins before the test waits for it.
        system_work::put_off();
        let device_object = create_device(TestDriver::new().object, None);
        let item = io!(IoAllocateWorkItem(device_object => usize) -> usize);
        let try_queue = || {
            io!(IoTryQueueWorkItem(item => usize, ignore => Routine, 1 => u32,
            0 => usize) -> u8)
        };
        assert_eq!([try_queue(), try_queue()], [1, 0]);
        system_work::wait_idle();
        assert_eq!(try_queue(), 1);
        system_work::wait_idle();
    });
}
