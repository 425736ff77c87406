//! Requests of processes to a device of a WDM driver.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use nt_types::NtStatus;

use super::wdm_driver::{TestDriver, complete, control, end, ends_file_irp, packet_at};
use crate::packet::Packet;
use crate::{Call, Completion};

/// `METHOD_BUFFERED`, `METHOD_OUT_DIRECT` and `METHOD_NEITHER` of one function.
const BUFFERED: u32 = 0x0022_2000;
const OUT_DIRECT: u32 = 0x0022_2002;
const NEITHER: u32 = 0x0022_2003;

/// Bytes at an address that the driver got.
fn bytes<'a>(address: usize, length: usize) -> &'a mut [u8] {
    let start = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: a buffer of the request, with this length.
    unsafe { std::slice::from_raw_parts_mut(start, length) }
}

/// Where the driver finds input and output, by the method of the code.
fn buffers(packet: &Packet) -> (usize, usize) {
    let own = packet.current().unwrap();
    match own.parameters[2].get() & 3 {
        0 => (packet.system_buffer.get(), packet.system_buffer.get()),
        3 => (own.parameters[3].get(), packet.user_buffer.get()),
        _ => {
            let mdl = std::ptr::with_exposed_provenance::<usize>(packet.mdl_address.get());
            // SAFETY: the mapped address is the fourth member of an MDL.
            let mapped = unsafe { mdl.wrapping_add(3).read() };
            (packet.system_buffer.get(), mapped)
        }
    }
}

/// Gives the input backwards.
fn reverse(_device_object: usize, packet: usize) -> NtStatus {
    if let Some(status) = ends_file_irp(packet) {
        return status;
    }
    let known = packet_at(packet);
    let length = known.current().unwrap().parameters[1].get();
    let (input, output) = buffers(known);
    let mut text = bytes(input, length).to_vec();
    text.reverse();
    bytes(output, length).copy_from_slice(&text);
    complete(packet, NtStatus::SUCCESS, length as u64)
}

#[test]
fn a_request_reaches_its_driver_by_each_method() {
    let driver = TestDriver::new();
    driver.create(reverse);
    let file = driver.open();
    for code in [BUFFERED, OUT_DIRECT, NEITHER] {
        let answer = control(&file, code, b"abc", 3).answer();
        assert_eq!(answer.status, NtStatus::SUCCESS);
        assert_eq!(answer.output, b"cba", "{code:#x}");
    }
    crate::close(file);
}

#[test]
fn a_request_after_the_last_handle_is_refused() {
    let driver = TestDriver::new();
    driver.create(reverse);
    let file = driver.open();
    // Another thread has looked the handle up, and its request comes after the close.
    let looked_up = Arc::clone(&file);
    crate::close(file);
    let (answer, answered) = mpsc::channel();
    let call = Call::Read { length: 3 };
    let done = Box::new(move |completion: Completion| answer.send(completion.status).unwrap());
    assert!(crate::request(&looked_up, call, done).is_none());
    assert_eq!(answered.recv(), Ok(NtStatus::INVALID_HANDLE));
}

#[test]
fn a_function_that_the_driver_does_not_set_is_refused() {
    /// The member for `IRP_MJ_DEVICE_CONTROL`.
    const OFFSET: usize = 0x70 + 8 * 14;
    let driver = TestDriver::new();
    let object = crate::create_driver("WdmBare", 0, 0, 0);
    // SAFETY: the object has such a member.
    let invalid = unsafe { object.cast::<usize>().wrapping_add(OFFSET / 8).read() };
    driver.set(OFFSET, invalid);
    driver.create(reverse);
    let file = driver.open();
    let answer = control(&file, BUFFERED, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::INVALID_DEVICE_REQUEST);
    crate::close(file);
}

#[test]
fn another_thread_completes_what_is_returned_as_pending() {
    /// The IRP of the call that runs, 0 for none.
    static PENDED: AtomicUsize = AtomicUsize::new(0);
    static ROUND: AtomicUsize = AtomicUsize::new(0);
    const CALLS: usize = 10_000;
    fn pend(_device_object: usize, packet: usize) -> NtStatus {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        packet_at(packet).current().unwrap().mark_pending();
        PENDED.store(packet, Ordering::SeqCst);
        // The other thread is somewhere else in each completion when this one returns.
        let passes = ROUND.fetch_add(1, Ordering::SeqCst) % 1_000;
        (0..passes).for_each(|_| hint::spin_loop());
        NtStatus::PENDING
    }
    fn complete_next() {
        loop {
            let packet = PENDED.swap(0, Ordering::SeqCst);
            if packet != 0 {
                return end(packet, NtStatus::SUCCESS);
            }
            hint::spin_loop();
        }
    }
    let driver = TestDriver::new();
    driver.create(pend);
    let file = driver.open();
    let completing = thread::spawn(|| (0..CALLS).for_each(|_| complete_next()));
    for _ in 0..CALLS {
        let answer = control(&file, BUFFERED, &[], 0).answer();
        assert_eq!(answer.status, NtStatus::SUCCESS);
    }
    completing.join().unwrap();
    crate::close(file);
}
