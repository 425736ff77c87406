//! IRPs that a driver makes, and what it waits with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nt_kernel::event;
use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{TestDriver, complete, io, packet_at};
use crate::dispatch_call::DispatchCall;
use crate::packet::StatusBlock;
use crate::{Irp, irp_table};

const CODE: u32 = 0x0022_2000;
/// `STATUS_MORE_PROCESSING_REQUIRED`.
const MORE_PROCESSING_REQUIRED: NtStatus = NtStatus::new(0xC000_0016);
/// `STATUS_DELETE_PENDING`.
const DELETE_PENDING: NtStatus = NtStatus::new(0xC000_0056);

/// Writes the length of its input as the output, one byte.
fn measure(_device_object: usize, packet: usize) -> NtStatus {
    let known = packet_at(packet);
    let length = known.current().unwrap().parameters[1].get();
    let output = std::ptr::with_exposed_provenance_mut::<u8>(known.system_buffer.get());
    // SAFETY: the system buffer has at least one byte.
    unsafe { output.write(u8::try_from(length).unwrap()) };
    complete(packet, NtStatus::SUCCESS, 1)
}

#[test]
fn a_built_control_request_gives_output_status_and_event() {
    let driver = TestDriver::new();
    let device_object = driver.create(measure);
    let mut block = StatusBlock {
        status: NtStatus::PENDING,
        information: 0,
    };
    let mut signalled = [0usize; 3];
    let signalled = (&raw mut signalled).expose_provenance();
    // SAFETY: storage for an event.
    unsafe { event::initialize(signalled) };
    let mut output = [0u8; 4];
    let packet = io!(IoBuildDeviceIoControlRequest(CODE => u32, device_object => usize,
        b"abc".as_ptr().expose_provenance() => usize, 3 => u32,
        (&raw mut output).expose_provenance() => usize, 4 => u32, 0 => u8, signalled => usize,
        (&raw mut block).expose_provenance() => usize) -> usize);
    assert_ne!(packet, 0);
    let status = io!(IofCallDriver(device_object => usize, packet => usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    // SAFETY: initialised above.
    unsafe { event::wait(signalled) };
    assert_eq!((block.status, block.information), (NtStatus::SUCCESS, 1));
    assert_eq!(output, [3, 0, 0, 0]);
    assert!(!crate::irp_table::contains(packet));
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn an_adopted_irp_ends_wherever_it_is_completed() {
    static ADOPTED: Mutex<Option<Arc<Irp>>> = Mutex::new(None);
    fn adopt(_device_object: usize, packet: usize) -> NtStatus {
        *ADOPTED.lock() = Irp::adopt(packet);
        complete(packet, NtStatus::SUCCESS, 0)
    }
    let driver = TestDriver::new();
    let device_object = driver.create(adopt);
    let packet = io!(IoBuildDeviceIoControlRequest(CODE => u32, device_object => usize,
        0 => usize, 0 => u32, 0 => usize, 0 => u32, 0 => u8, 0 => usize, 0 => usize) -> usize);
    let status = io!(IofCallDriver(device_object => usize, packet => usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let adopted = ADOPTED.lock().take().expect("a control request is adopted");
    assert!(adopted.is_complete());
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn an_allocated_irp_is_sent_twice_and_freed() {
    static COMPLETED: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn take(_device_object: usize, _packet: usize, context: usize) -> NtStatus {
        COMPLETED.fetch_add(context, Ordering::SeqCst);
        MORE_PROCESSING_REQUIRED
    }
    fn succeed(_device_object: usize, packet: usize) -> NtStatus {
        complete(packet, NtStatus::SUCCESS, 0)
    }
    let driver = TestDriver::new();
    let device_object = driver.create(succeed);
    let packet = io!(IoAllocateIrp(1 => i8, 0 => u8) -> usize);
    for round in 1..=2 {
        let next = packet_at(packet).location(1).unwrap();
        next.major_function.set(14);
        let status = io!(IoSetCompletionRoutineEx(device_object => usize, packet => usize,
            take as *const () as usize => usize, 1 => usize, 1 => u8, 1 => u8, 1 => u8)
            -> NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        let status = io!(IofCallDriver(device_object => usize, packet => usize) -> NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!(COMPLETED.load(Ordering::SeqCst), round);
        io!(IoReuseIrp(packet => usize, NtStatus::NOT_SUPPORTED => NtStatus) -> ());
        let status = packet_at(packet).io_status.get().status;
        assert_eq!(status, NtStatus::NOT_SUPPORTED);
    }
    io!(IoFreeIrp(packet => usize) -> ());
    assert!(!crate::irp_table::contains(packet));
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn an_irp_that_is_sent_again_was_not_below() {
    let packet = io!(IoAllocateIrp(2 => i8, 0 => u8) -> usize);
    let give = |location| {
        let call = Arc::new(DispatchCall::new(packet, location, 0, 14));
        irp_table::begin_call(packet, &call);
    };
    let end = |location| {
        let adoption = irp_table::complete_calls(packet, location, NtStatus::SUCCESS, false);
        assert!(adoption.is_none());
    };
    let was_below = || irp_table::was_below(packet, 2);
    give(2);
    assert!(!was_below());
    give(1);
    end(1);
    assert!(was_below());
    end(2);
    io!(IoReuseIrp(packet => usize, NtStatus::SUCCESS => NtStatus) -> ());
    give(2);
    assert!(!was_below());
    end(2);
    io!(IoFreeIrp(packet => usize) -> ());
}

#[test]
fn a_remove_lock_is_waited_for_and_then_refuses() {
    static LOCK: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];
    fn lock() -> usize {
        LOCK.as_ptr().expose_provenance()
    }
    fn acquire(tag: usize) -> NtStatus {
        io!(IoAcquireRemoveLockEx(lock() => usize, tag => usize, 0 => usize, 0 => u32, 32 => u32)
            -> NtStatus)
    }
    io!(IoInitializeRemoveLockEx(lock() => usize, 0 => u32, 0 => u32, 0 => u32, 32 => u32) -> ());
    assert_eq!(acquire(1), NtStatus::SUCCESS);
    assert_eq!(acquire(2), NtStatus::SUCCESS);
    let removal = thread::spawn(|| {
        io!(IoReleaseRemoveLockAndWaitEx(lock() => usize, 1 => usize, 32 => u32) -> ());
    });
    // From the moment on at which the other thread waits, the lock refuses.
    while acquire(3) == NtStatus::SUCCESS {
        io!(IoReleaseRemoveLockEx(lock() => usize, 3 => usize, 32 => u32) -> ());
        thread::yield_now();
    }
    assert_eq!(acquire(3), DELETE_PENDING);
    assert!(!removal.is_finished());
    io!(IoReleaseRemoveLockEx(lock() => usize, 2 => usize, 32 => u32) -> ());
    removal.join().unwrap();
}
