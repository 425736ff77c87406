//! `StartIo`, and the device queue below it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt_kernel::irql::{self, Irql};
use nt_kernel::testing::expect_stop;
use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{Sent, TestDriver, control, end, ends_file_irp, extension, io, packet_at};
use crate::FileHandle;
use crate::device::DeviceObject;
use crate::packet::DEVICE_QUEUE_ENTRY;

/// A request that is started, with its input length as its key.
const START: u32 = 0x0022_2000;
/// The offset of `DriverStartIo` in a driver object.
const DRIVER_START_IO: usize = 0x60;

type StartIoRoutine = extern "win64" fn(usize, usize);

/// The length of a request's input.
fn input_length(packet: usize) -> u32 {
    let own = packet_at(packet).current().unwrap();
    u32::try_from(own.parameters[1].get()).unwrap()
}

/// Runs `call` at `DISPATCH_LEVEL`.
pub(super) fn at_dispatch<R>(call: impl FnOnce() -> R) -> R {
    let old = irql::raise(Irql::DISPATCH);
    let result = call();
    irql::lower(old);
    result
}

/// The cancel routine, as the documentation shows it.
extern "win64" fn cancel(device_object: usize, packet: usize) {
    let known = packet_at(packet);
    // SAFETY: a device object of the test's.
    let object = unsafe { DeviceObject::at(device_object) };
    if object.current_irp() == packet {
        io!(IoReleaseCancelSpinLock(known.cancel_irql.get() => u8) -> ());
        at_dispatch(|| io!(IoStartNextPacket(device_object => usize, 1 => u8) -> ()));
    } else {
        let device_queue = device_object + 0xA0;
        let removed = io!(KeRemoveEntryDeviceQueue(
            device_queue => usize, packet + DEVICE_QUEUE_ENTRY => usize) -> u8);
        assert_eq!(removed, 1);
        io!(IoReleaseCancelSpinLock(known.cancel_irql.get() => u8) -> ());
    }
    end(packet, NtStatus::CANCELLED);
}

/// Starts each request; those without input have no key.
pub(super) fn start(device_object: usize, packet: usize) -> NtStatus {
    if let Some(status) = ends_file_irp(packet) {
        return status;
    }
    packet_at(packet).current().unwrap().mark_pending();
    let key = input_length(packet);
    let key = if key == 0 {
        std::ptr::null()
    } else {
        &raw const key
    };
    io!(IoStartPacket(device_object => usize, packet => usize, key => *const u32,
        cancel as *const () as usize => usize) -> ());
    NtStatus::PENDING
}

/// A device of a driver with this `StartIo`, and an open file.
pub(super) fn open(routine: StartIoRoutine) -> (usize, std::sync::Arc<FileHandle>) {
    let driver = TestDriver::new();
    driver.set(DRIVER_START_IO, routine as *const () as usize);
    let device_object = driver.create(start);
    (device_object, driver.open())
}

/// Sends a request with this key.
pub(super) fn send(file: &std::sync::Arc<FileHandle>, key: usize) -> Sent {
    control(file, START, &vec![0; key], 0)
}

/// The device works on the IRP until the test ends it.
pub(super) extern "win64" fn work(_device_object: usize, packet: usize) {
    assert_eq!(irql::current(), Irql::DISPATCH);
    packet_at(packet).cancel_routine.store(0, Ordering::SeqCst);
}

/// The current IRP.
fn current(device_object: usize) -> usize {
    // SAFETY: a device object of the test's.
    unsafe { DeviceObject::at(device_object) }.current_irp()
}

/// Ends the current IRP, and starts the next one, by key if there is one. The key of the one that ended.
fn end_current(device_object: usize, key: Option<u32>) -> u32 {
    let packet = current(device_object);
    let own = input_length(packet);
    at_dispatch(|| {
        end(packet, NtStatus::SUCCESS);
        match key {
            None => io!(IoStartNextPacket(device_object => usize, 1 => u8) -> ()),
            Some(key) => io!(IoStartNextPacketByKey(
                device_object => usize, 1 => u8, key => u32) -> ()),
        }
    });
    own
}

fn finish(device_object: usize, file: std::sync::Arc<FileHandle>) {
    crate::close(file);
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn a_device_works_on_one_irp_at_a_time() {
    let (device_object, file) = open(work);
    let sent = [0; 3].map(|key| send(&file, key));
    for request in &sent {
        assert!(request.is_pending());
        assert_eq!(current(device_object), request.irp.packet_address());
        end_current(device_object, None);
        assert_eq!(request.answer().status, NtStatus::SUCCESS);
    }
    assert_eq!(current(device_object), 0);
    let again = send(&file, 0);
    end_current(device_object, None);
    assert_eq!(again.answer().status, NtStatus::SUCCESS);
    finish(device_object, file);
}

#[test]
fn irps_with_keys_start_in_their_order() {
    let (device_object, file) = open(work);
    let sent = [9, 5, 3, 7, 5].map(|key| send(&file, key));
    let order = [0; 5].map(|_| end_current(device_object, None));
    assert_eq!(order, [9, 3, 5, 5, 7]);
    assert!(
        sent.iter()
            .all(|request| request.answer().status.is_success())
    );
    finish(device_object, file);
}

#[test]
fn the_next_irp_by_key_is_the_next_above() {
    let (device_object, file) = open(work);
    let sent = [9, 2, 4, 6].map(|key| send(&file, key));
    let keys = [Some(3), Some(7), Some(5), None];
    let order = keys.map(|key| end_current(device_object, key));
    // From 9 on to 4, with none above 7 to the first, from 2 on to 6.
    assert_eq!(order, [9, 4, 2, 6]);
    assert!(
        sent.iter()
            .all(|request| request.answer().status.is_success())
    );
    finish(device_object, file);
}

#[test]
fn a_queued_irp_is_cancelled_out_of_the_queue() {
    let (device_object, file) = open(work);
    let [first, second, third] = [0; 3].map(|key| send(&file, key));
    assert!(crate::cancel(&second.irp));
    assert_eq!(second.answer().status, NtStatus::CANCELLED);
    end_current(device_object, None);
    assert_eq!(current(device_object), third.irp.packet_address());
    end_current(device_object, None);
    assert_eq!(first.answer().status, NtStatus::SUCCESS);
    assert_eq!(third.answer().status, NtStatus::SUCCESS);
    finish(device_object, file);
}

#[test]
fn an_irp_that_was_cancelled_before_its_start_leaves_the_queue() {
    /// As [`start`]; the request with the key 2 is cancelled before.
    fn start_cancelled(device_object: usize, packet: usize) -> NtStatus {
        packet_at(packet).set_cancelled(input_length(packet) == 2);
        start(device_object, packet)
    }
    let (device_object, file) = open(work);
    extension(device_object).behaviour = start_cancelled;
    let [first, second] = [1, 2].map(|key| send(&file, key));
    assert!(!second.is_pending());
    end_current(device_object, None);
    assert_eq!(first.answer().status, NtStatus::SUCCESS);
    assert_eq!(current(device_object), 0);
    finish(device_object, file);
}

/// What `StartIo` routines of the next test have seen: how deep they were, by device.
static DEPTHS: Mutex<BTreeSet<(usize, usize)>> = Mutex::new(BTreeSet::new());
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Ends the IRP at once, and starts the next one. The first one waits for the test.
extern "win64" fn end_at_once(device_object: usize, packet: usize) {
    let depth = DEPTH.fetch_add(1, Ordering::SeqCst) + 1;
    DEPTHS.lock().insert((device_object, depth));
    packet_at(packet).cancel_routine.store(0, Ordering::SeqCst);
    if input_length(packet) != 1 {
        end(packet, NtStatus::SUCCESS);
        io!(IoStartNextPacket(device_object => usize, 1 => u8) -> ());
    }
    DEPTH.fetch_sub(1, Ordering::SeqCst);
}

#[test]
fn a_deferred_start_waits_for_the_return_of_startio() {
    for (deferred, deepest) in [(0, 3), (1, 1)] {
        let (device_object, file) = open(end_at_once);
        io!(IoSetStartIoAttributes(device_object => usize, deferred => u8, 0 => u8) -> ());
        let sent = [1, 2, 3, 4].map(|key| send(&file, key));
        end_current(device_object, None);
        assert!(
            sent.iter()
                .all(|request| request.answer().status.is_success())
        );
        let depths = DEPTHS.lock();
        let own = depths.iter().filter(|(device, _)| *device == device_object);
        assert_eq!(own.map(|(_, depth)| *depth).max(), Some(deepest));
        drop(depths);
        finish(device_object, file);
        DEPTHS.lock().clear();
    }
}

#[test]
fn an_irp_that_cannot_be_cancelled_loses_its_routine() {
    static ROUTINE: AtomicUsize = AtomicUsize::new(1);
    extern "win64" fn look(_device_object: usize, packet: usize) {
        let routine = packet_at(packet).cancel_routine.load(Ordering::SeqCst);
        ROUTINE.store(routine, Ordering::SeqCst);
    }
    let (device_object, file) = open(look);
    io!(IoSetStartIoAttributes(device_object => usize, 0 => u8, 1 => u8) -> ());
    let sent = send(&file, 0);
    assert_eq!(ROUTINE.load(Ordering::SeqCst), 0);
    end_current(device_object, None);
    assert_eq!(sent.answer().status, NtStatus::SUCCESS);
    finish(device_object, file);
}

#[test]
fn a_start_is_deferred_twice_for_one_irp() {
    extern "win64" fn start_twice(device_object: usize, packet: usize) {
        packet_at(packet).cancel_routine.store(0, Ordering::SeqCst);
        end(packet, NtStatus::SUCCESS);
        for _ in 0..2 {
            io!(IoStartNextPacket(device_object => usize, 0 => u8) -> ());
        }
    }
    let report = expect_stop!(|| {
        let (device_object, file) = open(start_twice);
        io!(IoSetStartIoAttributes(device_object => usize, 1 => u8, 0 => u8) -> ());
        let _ = send(&file, 0);
    });
    assert!(
        report.contains("IoStartNextPacket was called for a device queue"),
        "{report}"
    );
}

#[test]
fn a_driver_s_own_device_queue_is_busy_until_it_is_empty() {
    let queue = Box::leak(Box::new([0usize; 5]));
    let queue = (&raw mut *queue).expose_provenance();
    let entries = Box::leak(Box::new([[0usize; 3]; 3]));
    let [first, second, third] = entries
        .each_mut()
        .map(|entry| (&raw mut *entry).expose_provenance());
    io!(KeInitializeDeviceQueue(queue => usize) -> ());
    at_dispatch(|| {
        let insert = |entry| io!(KeInsertDeviceQueue(queue => usize, entry => usize) -> u8);
        let by_key = |entry, key| io!(KeInsertByKeyDeviceQueue(queue => usize, entry => usize, key => u32) -> u8);
        let if_busy = || io!(KeRemoveByKeyDeviceQueueIfBusy(queue => usize, 0 => u32) -> usize);
        assert_eq!(if_busy(), 0);
        assert_eq!([insert(first), insert(second), by_key(third, 0)], [0, 1, 1]);
        let entry = |entry| io!(KeRemoveEntryDeviceQueue(queue => usize, entry => usize) -> u8);
        assert_eq!([entry(second), entry(second), entry(first)], [1, 0, 0]);
        let next = || io!(KeRemoveDeviceQueue(queue => usize) -> usize);
        assert_eq!([next(), next(), if_busy()], [third, 0, 0]);
        assert_eq!(insert(first), 0);
        assert_eq!(
            io!(KeRemoveByKeyDeviceQueue(queue => usize, 5 => u32) -> usize),
            0
        );
    });
}
