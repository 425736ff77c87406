//! IRPs that a driver forwards and waits for, and those that it builds and frees itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nt_kernel::resource_tracker;
use nt_kernel::testing::run_alone;
use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{
    Behaviour, TestDriver, attach, complete, control, end, ends_file_irp, extension, io, packet_at,
};
use crate::device::DeviceObject;
use crate::packet::StatusBlock;

const CODE: u32 = 0x0022_2000;
const READ: u32 = 3;
const WRITE: u32 = 4;
const DEVICE_CONTROL: u32 = 14;
/// `DO_BUFFERED_IO`.
const BUFFERED_IO: u32 = 4;
/// `DO_DIRECT_IO`.
const DIRECT_IO: u32 = 0x10;
/// `STATUS_MORE_PROCESSING_REQUIRED`.
const MORE_PROCESSING_REQUIRED: NtStatus = NtStatus::new(0xC000_0016);

/// Forwards the IRP, and completes it with one more than the driver below did.
fn forward_and_add(device_object: usize, packet: usize) -> NtStatus {
    if let Some(status) = ends_file_irp(packet) {
        return status;
    }
    let lower = extension(device_object).lower;
    let sent = io!(IoForwardIrpSynchronously(lower => usize, packet => usize) -> u8);
    assert_eq!(sent, 1);
    let StatusBlock {
        status,
        information,
    } = packet_at(packet).io_status.get();
    complete(packet, status, information + 1)
}

/// The answer of a stack whose upper driver forwards to a driver with this behaviour.
fn forward_to(below: Behaviour) -> (NtStatus, u64) {
    let driver = TestDriver::new();
    let lower = driver.create(below);
    let upper = attach(driver.object, lower, forward_and_add);
    let file = driver.open();
    let answer = control(&file, CODE, &[], 0).answer();
    crate::close(file);
    io!(IoDetachDevice(lower => usize) -> ());
    io!(IoDeleteDevice(upper => usize) -> ());
    io!(IoDeleteDevice(lower => usize) -> ());
    (answer.status, answer.information)
}

#[test]
fn a_forwarded_irp_comes_back_with_its_outcome() {
    let at_once = forward_to(|_, packet| complete(packet, NtStatus::SUCCESS, 4));
    assert_eq!(at_once, (NtStatus::SUCCESS, 5));
}

#[test]
fn a_pending_irp_is_waited_for() {
    let later = forward_to(|_, packet| {
        packet_at(packet).current().unwrap().mark_pending();
        thread::spawn(move || end(packet, NtStatus::UNSUCCESSFUL));
        NtStatus::PENDING
    });
    assert_eq!(later, (NtStatus::UNSUCCESSFUL, 1));
}

#[test]
fn an_irp_without_a_next_location_is_not_forwarded() {
    static SENT: Mutex<Option<u8>> = Mutex::new(None);
    let driver = TestDriver::new();
    let device_object = driver.create(|device_object, packet| {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        let sent = io!(IoForwardIrpSynchronously(
            device_object => usize, packet => usize) -> u8);
        *SENT.lock() = Some(sent);
        complete(packet, NtStatus::SUCCESS, 0)
    });
    let file = driver.open();
    let _ = control(&file, CODE, &[], 0).answer();
    crate::close(file);
    assert_eq!(*SENT.lock(), Some(0));
    io!(IoDeleteDevice(device_object => usize) -> ());
}

/// What a completion routine has found in an IRP, which it has freed.
static FOUND: Mutex<Option<(NtStatus, Vec<u8>)>> = Mutex::new(None);

/// Frees what `IoBuildAsynchronousFsdRequest` has made, as its page shows.
extern "win64" fn free(_device_object: usize, packet: usize, _context: usize) -> NtStatus {
    let known = packet_at(packet);
    let block = known.io_status.get();
    let length = usize::try_from(block.information).unwrap();
    let (system, list) = (known.system_buffer.get(), known.mdl_address.get());
    let mut bytes = Vec::new();
    if system != 0 {
        let start = std::ptr::with_exposed_provenance::<u8>(system);
        // SAFETY: the system buffer has as many bytes.
        bytes = unsafe { std::slice::from_raw_parts(start, length) }.to_vec();
        io!(ExFreePool(system => usize) -> ());
    }
    if list != 0 {
        io!(MmUnlockPages(list => usize) -> ());
        io!(IoFreeMdl(list => usize) -> ());
    }
    *FOUND.lock() = Some((block.status, bytes));
    io!(IoFreeIrp(packet => usize) -> ());
    MORE_PROCESSING_REQUIRED
}

/// Builds an IRP for a device of these flags.
fn build(flags: u32, major: u32, buffer: &mut [u8], below: Behaviour) -> (usize, usize) {
    let device_object = TestDriver::new().create(below);
    // SAFETY: a device object of this test's.
    unsafe { DeviceObject::at(device_object) }.change_flags(flags, 0);
    let offset = 0x1_0000_0001_u64;
    let packet = io!(IoBuildAsynchronousFsdRequest(major => u32, device_object => usize,
        buffer.as_mut_ptr().expose_provenance() => usize,
        u32::try_from(buffer.len()).unwrap() => u32, &raw const offset => *const u64,
        0 => usize) -> usize);
    (device_object, packet)
}

/// Sends it, with a completion routine that frees it.
fn send(device_object: usize, packet: usize) {
    let status = io!(IoSetCompletionRoutineEx(device_object => usize, packet => usize,
        free as *const () as usize => usize, 0 => usize, 1 => u8, 1 => u8, 1 => u8) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let status = io!(IofCallDriver(device_object => usize, packet => usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    assert!(!crate::irp_table::contains(packet));
}

#[test]
fn a_built_write_has_a_copy_that_its_maker_frees() {
    static OFFSET: AtomicUsize = AtomicUsize::new(0);
    run_alone!(|| {
        let (device_object, packet) =
            build(BUFFERED_IO, WRITE, &mut b"abc".to_owned(), |_, packet| {
                let own = packet_at(packet).current().unwrap();
                OFFSET.store(own.parameters[2].get(), Ordering::SeqCst);
                complete(packet, NtStatus::SUCCESS, 3)
            });
        send(device_object, packet);
        let found = FOUND.lock().take();
        assert_eq!(found, Some((NtStatus::SUCCESS, b"abc".to_vec())));
        assert_eq!(OFFSET.load(Ordering::SeqCst), 0x1_0000_0001);
        io!(IoDeleteDevice(device_object => usize) -> ());
        assert!(resource_tracker::outstanding().is_empty());
    });
}

#[test]
fn a_built_read_of_a_direct_device_has_locked_pages() {
    run_alone!(|| {
        let mut buffer = [0; 8];
        let (device_object, packet) = build(DIRECT_IO, READ, &mut buffer, |_, packet| {
            let list = packet_at(packet).mdl_address.get();
            let place = io!(MmMapLockedPagesSpecifyCache(list => usize, 0 => i8, 1 => u32,
                0 => usize, 0 => u32, 0x4000_0010 => u32) -> usize);
            let place = std::ptr::with_exposed_provenance_mut::<u8>(place);
            // SAFETY: the mapping has eight bytes.
            unsafe { place.write(7) };
            complete(packet, NtStatus::SUCCESS, 8)
        });
        send(device_object, packet);
        assert_eq!(buffer, [7, 0, 0, 0, 0, 0, 0, 0]);
        io!(IoDeleteDevice(device_object => usize) -> ());
        assert!(resource_tracker::outstanding().is_empty());
    });
}

#[test]
fn a_built_irp_that_is_not_freed_is_listed() {
    let (_, packet) = build(0, WRITE, &mut b"abc".to_owned(), |_, packet| {
        complete(packet, NtStatus::SUCCESS, 3)
    });
    let all = resource_tracker::outstanding();
    assert!(all.iter().any(|entry| entry.address == packet));
    io!(IoFreeIrp(packet => usize) -> ());
}

#[test]
fn a_major_function_without_a_buffer_is_not_built() {
    let (_, packet) = build(0, DEVICE_CONTROL, &mut [], |_, packet| {
        complete(packet, NtStatus::SUCCESS, 0)
    });
    assert_eq!(packet, 0);
}
