//! Device objects, their names and what belongs to them.

use nt_kernel::resource_tracker;
use nt_types::NtStatus;

use super::wdm_driver::{TestDriver, attach, complete, create_device, io};
use crate::unicode::{OwnedUnicodeString, UnicodeString};

fn succeed(_device_object: usize, packet: usize) -> NtStatus {
    complete(packet, NtStatus::SUCCESS, 0)
}

/// What the resource tracker lists about this device object.
fn is_listed(device_object: usize) -> bool {
    let left = resource_tracker::outstanding();
    left.iter()
        .any(|entry| entry.kind == "DEVICE_OBJECT" && entry.address == device_object)
}

#[test]
fn a_symbolic_link_leads_to_its_device_until_it_is_deleted() {
    let driver = TestDriver::new();
    let device_object = driver.create(succeed);
    let target = OwnedUnicodeString::new(&driver.device_name());
    let link = OwnedUnicodeString::new(&format!(r"\??\{}", driver.service()));
    let (target, link) = (target.as_unicode_string(), link.as_unicode_string());
    let status = io!(IoCreateSymbolicLink(&raw const link => *const UnicodeString,
        &raw const target => *const UnicodeString) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let process = nt_kernel::process::Process::user(77, 1000);
    let path = format!(r"\\.\{}", driver.service());
    crate::close(crate::open(&process, &path, 1).expect("the link leads there"));
    let status = io!(IoDeleteSymbolicLink(&raw const link => *const UnicodeString) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!(
        crate::open(&process, &path, 1).err(),
        Some(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    io!(IoDeleteDevice(device_object => usize) -> ());
}

#[test]
fn a_symbolic_link_waits_for_its_device() {
    let driver = TestDriver::new();
    let target = OwnedUnicodeString::new(&driver.device_name());
    let link = OwnedUnicodeString::new(&format!(r"\??\{}", driver.service()));
    let (target, link) = (target.as_unicode_string(), link.as_unicode_string());
    let status = io!(IoCreateSymbolicLink(&raw const link => *const UnicodeString,
        &raw const target => *const UnicodeString) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let process = nt_kernel::process::Process::user(77, 1000);
    let path = format!(r"\\.\{}", driver.service());
    let missing = Some(NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(crate::open(&process, &path, 1).err(), missing);
    assert!(!crate::device_names().contains(&path));
    let device_object = driver.create(succeed);
    assert!(crate::device_names().contains(&path));
    crate::close(crate::open(&process, &path, 1).expect("the link leads there now"));
    io!(IoDeleteDevice(device_object => usize) -> ());
    assert_eq!(crate::open(&process, &path, 1).err(), missing);
    let status = io!(IoDeleteSymbolicLink(&raw const link => *const UnicodeString) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
}

#[test]
fn a_device_object_is_listed_until_it_is_deleted() {
    let driver = TestDriver::new();
    let [first, second] = [(); 2].map(|()| create_device(driver.object, None));
    assert!(is_listed(first) && is_listed(second));
    io!(IoDeleteDevice(first => usize) -> ());
    assert!(!is_listed(first) && is_listed(second));
    // The driver object's list begins with the device that is left.
    // SAFETY: the object has this member.
    let listed = unsafe { driver.object.cast::<usize>().wrapping_add(1).read() };
    assert_eq!(listed, second);
    io!(IoDeleteDevice(second => usize) -> ());
}

#[test]
fn a_stack_grows_and_shrinks_at_its_top() {
    let driver = TestDriver::new();
    let lowest = driver.create(succeed);
    let middle = attach(driver.object, lowest, succeed);
    let highest = attach(driver.object, lowest, succeed);
    let top = || io!(IoGetAttachedDevice(lowest => usize) -> usize);
    assert_eq!(top(), highest);
    assert_eq!(crate::devices::stack_size(highest), 3);
    let referenced = io!(IoGetAttachedDeviceReference(lowest => usize) -> usize);
    assert_eq!(referenced, highest);
    assert_eq!(io!(ObfDereferenceObject(highest => usize) -> isize), 1);
    io!(IoDetachDevice(middle => usize) -> ());
    assert_eq!(top(), middle);
    io!(IoDetachDevice(lowest => usize) -> ());
    for device_object in [highest, middle, lowest] {
        io!(IoDeleteDevice(device_object => usize) -> ());
    }
}

#[test]
fn no_device_is_attached_to_one_that_is_deleted() {
    let driver = TestDriver::new();
    let deleted = driver.create(succeed);
    let file = driver.open();
    io!(IoDeleteDevice(deleted => usize) -> ());
    let other = create_device(driver.object, None);
    let lower = io!(IoAttachDeviceToDeviceStack(other => usize, deleted => usize) -> usize);
    assert_eq!(lower, 0);
    crate::close(file);
    io!(IoDeleteDevice(other => usize) -> ());
}

#[test]
fn a_driver_objects_extension_is_found_by_its_identification() {
    let driver = TestDriver::new();
    let object = driver.object.expose_provenance();
    let mut first = 0;
    let mut allocate = || {
        io!(IoAllocateDriverObjectExtension(object => usize, 7 => usize, 16 => u32,
            &raw mut first => *mut usize) -> NtStatus)
    };
    assert_eq!(allocate(), NtStatus::SUCCESS);
    assert_eq!(allocate(), NtStatus::OBJECT_NAME_COLLISION);
    let find = |identification| io!(IoGetDriverObjectExtension(object => usize, identification => usize) -> usize);
    assert_eq!((find(7), find(8)), (first, 0));
}

#[test]
fn a_driver_objects_extension_goes_if_its_entry_fails() {
    for (outcome, stays) in [(NtStatus::SUCCESS, true), (NtStatus::UNSUCCESSFUL, false)] {
        let driver = TestDriver::new();
        let object = driver.object.expose_provenance();
        let mut extension = 0;
        let status = crate::enter_driver(driver.object, || {
            let allocated = io!(IoAllocateDriverObjectExtension(object => usize, 7 => usize,
                16 => u32, &raw mut extension => *mut usize) -> NtStatus);
            assert_eq!(allocated, NtStatus::SUCCESS);
            outcome
        });
        assert_eq!(status, outcome);
        let found = io!(IoGetDriverObjectExtension(object => usize, 7 => usize) -> usize);
        assert_eq!(found, if stays { extension } else { 0 });
        let left = resource_tracker::outstanding();
        let is_left = left.iter().any(|entry| entry.address == extension);
        assert_eq!(is_left, stays);
    }
}
