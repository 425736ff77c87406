//! A device's security descriptor, as a driver sets it.

use nt_kernel::ob::references;
use nt_kernel::process::Process;
use nt_types::NtStatus;

use super::wdm_driver::{TestDriver, complete, io};

/// `FILE_READ_DATA`.
const READ: u32 = 1;
/// `FILE_WRITE_DATA`.
const WRITE: u32 = 2;
/// Everyone, as a `SID`.
const WORLD: [u32; 3] = [0x101, 0x0100_0000, 0];
/// The handle is the kernel's.
const KERNEL_HANDLE: u32 = 0x200;
/// `WRITE_DAC`.
const WRITE_DAC: u32 = 0x0004_0000;
/// `DACL_SECURITY_INFORMATION`.
const DACL: u32 = 4;

fn succeed(_device_object: usize, packet: usize) -> NtStatus {
    complete(packet, NtStatus::SUCCESS, 0)
}

/// A handle of the device.
fn open_object(device_object: usize) -> usize {
    let mut handle = 0;
    let status = io!(ObOpenObjectByPointer(device_object => usize, KERNEL_HANDLE => u32, 0 => usize,
        WRITE_DAC => u32, 0 => usize, 0 => i8, &raw mut handle => *mut usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    handle
}

/// Lets everyone do what `mask` says, and no user anything else.
fn allow_everyone(device_object: usize, mask: u32) {
    let mut list = [0_u32; 8];
    let mut descriptor = [0_usize; 5];
    let (list, descriptor) = (list.as_mut_ptr(), descriptor.as_mut_ptr());
    let handle = open_object(device_object);
    let steps = [
        io!(RtlCreateAcl(list => *mut u32, 32 => u32, 2 => u32) -> NtStatus),
        io!(RtlAddAccessAllowedAce(list => *mut u32, 2 => u32, mask => u32,
            WORLD.as_ptr() => *const u32) -> NtStatus),
        io!(RtlCreateSecurityDescriptor(descriptor => *mut usize, 1 => u32) -> NtStatus),
        io!(RtlSetDaclSecurityDescriptor(descriptor => *mut usize, 1 => u8, list => *mut u32,
            0 => u8) -> NtStatus),
        io!(ZwSetSecurityObject(handle => usize, DACL => u32, descriptor => *mut usize) -> NtStatus),
        io!(ZwClose(handle => usize) -> NtStatus),
    ];
    assert_eq!(steps, [NtStatus::SUCCESS; 6]);
}

#[test]
fn a_descriptor_that_a_driver_sets_decides_who_opens() {
    let driver = TestDriver::new();
    let device_object = driver.create(succeed);
    let user = Process::user(77, 1000);
    let open = |access| crate::open(&user, &driver.device_name(), access).map(crate::close);
    assert_eq!(open(WRITE), Ok(()));
    allow_everyone(device_object, READ);
    assert_eq!(open(WRITE), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(open(READ), Ok(()));
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn a_devices_handle_leads_back_to_the_device() {
    let driver = TestDriver::new();
    let device_object = driver.create(succeed);
    let handle = open_object(device_object);
    let mut found = 0;
    let status = io!(ObReferenceObjectByHandle(handle => usize, 0 => u32, 0 => usize, 0 => i8,
        &raw mut found => *mut usize, 0 => usize) -> NtStatus);
    assert_eq!((status, found), (NtStatus::SUCCESS, device_object));
    assert_eq!(references::add(device_object), 3);
    for left in [2, 1] {
        let count = io!(ObfDereferenceObject(device_object => usize) -> isize);
        assert_eq!(count, left);
    }
    assert_eq!(io!(ZwClose(handle => usize) -> NtStatus), NtStatus::SUCCESS);
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn a_device_is_not_opened_as_a_thread() {
    let driver = TestDriver::new();
    let device_object = driver.create(succeed);
    let mut handle = 0;
    let thread_type: *const usize =
        std::ptr::with_exposed_provenance(super::wdm_driver::export("PsThreadType"));
    // SAFETY: exported data with the type's address.
    let thread_type = unsafe { thread_type.read() };
    let status = io!(ObOpenObjectByPointer(device_object => usize, KERNEL_HANDLE => u32, 0 => usize,
        WRITE_DAC => u32, thread_type => usize, 0 => i8, &raw mut handle => *mut usize) -> NtStatus);
    assert_eq!(status, NtStatus::new(0xC000_0024));
    io!(IoDeleteDevice(device_object => usize) -> ());
}
