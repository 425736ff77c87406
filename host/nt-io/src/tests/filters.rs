//! A device that is attached to another one.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::NtStatus;

use super::wdm_driver::{
    TestDriver, attach, complete, control, end, ends_file_irp, io, packet_at, pass_on, pass_on_with,
};
use crate::packet::StatusBlock;

const CODE: u32 = 0x0022_2000;
/// `STATUS_MORE_PROCESSING_REQUIRED`.
const MORE_PROCESSING_REQUIRED: NtStatus = NtStatus::new(0xC000_0016);

/// The lower device's behaviour.
fn succeed(_device_object: usize, packet: usize) -> NtStatus {
    complete(packet, NtStatus::SUCCESS, 0)
}

/// Ends the stack: the upper device first.
fn take_apart(upper: usize, lower: usize) {
    io!(IoDetachDevice(lower => usize) -> ());
    io!(IoDeleteDevice(upper => usize) -> ());
    io!(IoDeleteDevice(lower => usize) -> ());
}

#[test]
fn an_irp_that_is_passed_on_comes_back_to_its_filter() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn completed(_device_object: usize, packet: usize, _context: usize) -> NtStatus {
        let known = packet_at(packet);
        if known.pending_returned.get() != 0 {
            known.current().unwrap().mark_pending();
        }
        SEEN.fetch_add(1, Ordering::SeqCst);
        known.io_status.set(StatusBlock {
            status: NtStatus::NOT_FOUND,
            information: 0,
        });
        NtStatus::SUCCESS
    }
    fn filter(device_object: usize, packet: usize) -> NtStatus {
        match packet_at(packet).current().unwrap().major_function.get() {
            14 => {
                // The lower driver has succeeded, the filter's completion routine has not.
                let _ = pass_on_with(device_object, packet, completed);
                NtStatus::NOT_FOUND
            }
            _ => pass_on(device_object, packet),
        }
    }
    let driver = TestDriver::new();
    let lower = driver.create(succeed);
    let upper = attach(driver.object, lower, filter);
    let file = driver.open();
    let answer = control(&file, CODE, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::NOT_FOUND);
    assert_eq!(SEEN.load(Ordering::SeqCst), 1);
    crate::close(file);
    take_apart(upper, lower);
}

#[test]
fn a_filter_takes_an_irp_back_and_completes_it() {
    extern "win64" fn take(_device_object: usize, _packet: usize, _context: usize) -> NtStatus {
        MORE_PROCESSING_REQUIRED
    }
    fn filter(device_object: usize, packet: usize) -> NtStatus {
        if packet_at(packet).current().unwrap().major_function.get() != 14 {
            return pass_on(device_object, packet);
        }
        assert_eq!(pass_on_with(device_object, packet, take), NtStatus::SUCCESS);
        complete(packet, NtStatus::INVALID_PARAMETER, 0)
    }
    let driver = TestDriver::new();
    let lower = driver.create(succeed);
    let upper = attach(driver.object, lower, filter);
    let file = driver.open();
    let answer = control(&file, CODE, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::INVALID_PARAMETER);
    crate::close(file);
    take_apart(upper, lower);
}

#[test]
fn a_pending_irp_is_pending_for_the_whole_stack() {
    static WAITING: AtomicUsize = AtomicUsize::new(0);
    fn pend(_device_object: usize, packet: usize) -> NtStatus {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        packet_at(packet).current().unwrap().mark_pending();
        WAITING.store(packet, Ordering::SeqCst);
        NtStatus::PENDING
    }
    extern "win64" fn completed(_device_object: usize, packet: usize, _context: usize) -> NtStatus {
        let known = packet_at(packet);
        if known.pending_returned.get() != 0 {
            known.current().unwrap().mark_pending();
        }
        NtStatus::SUCCESS
    }
    fn filter(device_object: usize, packet: usize) -> NtStatus {
        match packet_at(packet).current().unwrap().major_function.get() {
            14 => pass_on_with(device_object, packet, completed),
            _ => pass_on(device_object, packet),
        }
    }
    let driver = TestDriver::new();
    let lower = driver.create(pend);
    let upper = attach(driver.object, lower, filter);
    let file = driver.open();
    let sent = control(&file, CODE, &[], 0);
    assert!(sent.is_pending());
    end(WAITING.load(Ordering::SeqCst), NtStatus::SUCCESS);
    assert_eq!(sent.answer().status, NtStatus::SUCCESS);
    crate::close(file);
    take_apart(upper, lower);
}
