//! Requests that wait in the driver, and are cancelled there.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{TestDriver, control, end, ends_file_irp, io, packet_at};
use crate::irp_table::{self, IrpId, Originator};
use crate::packet::PacketMemory;

const CODE: u32 = 0x0022_2000;

/// `IoMarkIrpPending`.
fn mark_pending(packet: usize) {
    packet_at(packet).current().unwrap().mark_pending();
}

#[test]
fn a_cancel_routine_ends_a_pending_request() {
    extern "win64" fn cancelled(_device_object: usize, packet: usize) {
        let level = packet_at(packet).cancel_irql.get();
        io!(IoReleaseCancelSpinLock(level => u8) -> ());
        end(packet, NtStatus::CANCELLED);
    }
    fn pend(_device_object: usize, packet: usize) -> NtStatus {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        mark_pending(packet);
        let routine = cancelled as *const () as usize;
        packet_at(packet)
            .cancel_routine
            .store(routine, Ordering::SeqCst);
        NtStatus::PENDING
    }
    let driver = TestDriver::new();
    driver.create(pend);
    let file = driver.open();
    let sent = control(&file, CODE, &[], 0);
    assert!(sent.is_pending());
    assert!(crate::cancel(&sent.irp));
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert!(!crate::cancel(&sent.irp));
    crate::close(file);
}

#[test]
fn a_cancellation_spares_the_next_irp_at_its_address() {
    fn entered(memory: PacketMemory) -> IrpId {
        irp_table::insert(memory.address(), Originator::Driver(Some(memory)))
    }
    let memory = PacketMemory::new(1).unwrap();
    let address = memory.address();
    let first = entered(memory);
    let Some(Originator::Driver(Some(memory))) = irp_table::remove(address) else {
        panic!("it was entered");
    };
    let second = entered(memory);
    crate::cancel_irp(first);
    assert!(!packet_at(address).is_cancelled());
    crate::cancel_irp(second);
    assert!(packet_at(address).is_cancelled());
    drop(irp_table::remove(address));
}

#[test]
fn a_cancel_safe_queue_gives_an_irp_once() {
    static WAITING: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static QUEUE: [AtomicUsize; 8] = [const { AtomicUsize::new(0) }; 8];
    extern "win64" fn insert(_queue: usize, packet: usize) {
        WAITING.lock().push(packet);
    }
    extern "win64" fn remove(_queue: usize, packet: usize) {
        WAITING.lock().retain(|waiting| *waiting != packet);
    }
    extern "win64" fn peek(_queue: usize, after: usize, _context: usize) -> usize {
        let waiting = WAITING.lock();
        let place = waiting.iter().position(|waiting| *waiting == after);
        let next = place.map_or(0, |place| place + 1);
        waiting.get(next).copied().unwrap_or_default()
    }
    extern "win64" fn acquire(_queue: usize, level: *mut u8) {
        // SAFETY: the caller's variable.
        unsafe { level.write(0) };
    }
    extern "win64" fn release(_queue: usize, _level: u8) {}
    extern "win64" fn cancelled(_queue: usize, packet: usize) {
        end(packet, NtStatus::CANCELLED);
    }
    fn queue() -> usize {
        QUEUE.as_ptr().expose_provenance()
    }
    fn pend(_device_object: usize, packet: usize) -> NtStatus {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        io!(IoCsqInsertIrp(queue() => usize, packet => usize, 0 => usize) -> ());
        NtStatus::PENDING
    }
    let functions = [
        insert as *const () as usize,
        remove as *const () as usize,
        peek as *const () as usize,
        acquire as *const () as usize,
        release as *const () as usize,
        cancelled as *const () as usize,
    ];
    let [first, second, third, fourth, fifth, sixth] = functions;
    let status = io!(IoCsqInitialize(queue() => usize, first => usize, second => usize,
        third => usize, fourth => usize, fifth => usize, sixth => usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let driver = TestDriver::new();
    driver.create(pend);
    let file = driver.open();
    let [gone, served] = [(); 2].map(|()| control(&file, CODE, &[], 0));
    assert!(crate::cancel(&gone.irp));
    assert_eq!(gone.answer().status, NtStatus::CANCELLED);
    let packet = io!(IoCsqRemoveNextIrp(queue() => usize, 0 => usize) -> usize);
    assert_eq!(packet, served.irp.packet_address());
    end(packet, NtStatus::SUCCESS);
    assert_eq!(served.answer().status, NtStatus::SUCCESS);
    let none = io!(IoCsqRemoveNextIrp(queue() => usize, 0 => usize) -> usize);
    assert_eq!(none, 0);
    crate::close(file);
}
