//! The rules of `StartIo` and of device queues: a driver that breaks one stops the machine.

use std::sync::atomic::Ordering;

use nt_kernel::testing::expect_stop;
use nt_types::NtStatus;

use super::start_io::{at_dispatch, open, send, start, work};
use super::wdm_driver::{TestDriver, end, io, packet_at};

/// Memory for a device queue, or for an entry.
fn storage() -> usize {
    (&raw mut *Box::leak(Box::new([0usize; 5]))).expose_provenance()
}

/// A device queue of the driver's.
fn queue() -> usize {
    let queue = storage();
    io!(KeInitializeDeviceQueue(queue => usize) -> ());
    queue
}

fn insert(queue: usize, entry: usize) -> bool {
    io!(KeInsertDeviceQueue(queue => usize, entry => usize) -> u8) != 0
}

#[test]
fn a_queued_irp_is_completed() {
    let report = expect_stop!(|| {
        let (_, file) = open(work);
        let [_first, second] = [0; 2].map(|key| send(&file, key));
        let packet = second.irp.packet_address();
        packet_at(packet).cancel_routine.store(0, Ordering::SeqCst);
        end(packet, NtStatus::SUCCESS);
    });
    assert!(report.contains("the IRP is in a device queue"), "{report}");
}

#[test]
fn a_next_irp_is_started_while_none_is_current() {
    let report = expect_stop!(|| {
        let (device_object, _file) = open(work);
        at_dispatch(|| io!(IoStartNextPacket(device_object => usize, 0 => u8) -> ()));
    });
    assert!(
        report.contains("IoStartNextPacket was called for a device queue"),
        "{report}"
    );
}

#[test]
fn the_next_irp_is_started_below_dispatch_level() {
    let report = expect_stop!(|| {
        let (device_object, _file) = open(work);
        io!(IoStartNextPacket(device_object => usize, 0 => u8) -> ());
    });
    assert!(
        report.contains("may be called at DISPATCH_LEVEL only"),
        "{report}"
    );
}

#[test]
fn an_irp_is_started_without_startio() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        driver.create(start);
        let file = driver.open();
        let _ = send(&file, 0);
    });
    assert!(report.contains("has set no DriverStartIo"), "{report}");
}

#[test]
fn what_is_no_irp_is_started() {
    let report = expect_stop!(|| {
        let (device_object, _file) = open(work);
        io!(IoStartPacket(device_object => usize, storage() => usize,
            std::ptr::null() => *const u32, 0 => usize) -> ());
    });
    assert!(report.contains("with what is no IRP"), "{report}");
}

#[test]
fn an_entry_is_queued_twice() {
    let report = expect_stop!(|| {
        let (queue, entry) = (queue(), storage());
        at_dispatch(|| [storage(), entry, entry].map(|entry| insert(queue, entry)));
    });
    assert!(
        report.contains("that is in a device queue already"),
        "{report}"
    );
}

#[test]
fn a_queue_that_is_not_busy_is_emptied() {
    let report = expect_stop!(|| {
        let queue = queue();
        at_dispatch(|| io!(KeRemoveDeviceQueue(queue => usize) -> usize));
    });
    assert!(
        report.contains("KeRemoveDeviceQueue was called for a device queue that is not busy"),
        "{report}"
    );
}

#[test]
fn a_device_queue_is_used_below_dispatch_level() {
    let report = expect_stop!(|| {
        insert(queue(), storage());
    });
    assert!(
        report.contains("KeInsertDeviceQueue was called at PASSIVE_LEVEL; it may be called at"),
        "{report}"
    );
}

#[test]
fn a_device_queue_is_used_before_it_is_made() {
    let report = expect_stop!(|| {
        let [queue, entry] = [storage(), storage()];
        at_dispatch(|| insert(queue, entry));
    });
    assert!(
        report.contains("KeInitializeDeviceQueue has not made"),
        "{report}"
    );
}
