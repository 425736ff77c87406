//! What a driver asks about the system.

use std::ptr;

use crate::export_by_name::{find, nt};

fn datum<T: Copy>(name: &str) -> T {
    let place = ptr::with_exposed_provenance::<T>(find(name));
    // SAFETY: the datum is of this type.
    unsafe { place.read() }
}

#[test]
fn data_of_the_kernel_can_be_read() {
    assert_eq!(datum::<u8>("KdDebuggerEnabled"), 0);
    assert_eq!(datum::<u8>("KdDebuggerNotPresent"), 1);
    assert_eq!(nt!(KdRefreshDebuggerNotPresent() -> u8), 1);
    let processors = nt!(KeQueryActiveProcessorCountEx(0 => u16) -> u32);
    assert_eq!(u32::from(datum::<u8>("KeNumberProcessors")), processors);
    assert!(nt!(KeGetCurrentProcessorIndex() -> u32) < processors);
    assert_ne!(
        datum::<usize>("PsThreadType"),
        datum::<usize>("IoFileObjectType")
    );
}

#[test]
fn every_datum_is_known_to_the_loader() {
    for name in [
        "KdDebuggerEnabled",
        "NtBuildNumber",
        "PsThreadType",
        "MmUserProbeAddress",
    ] {
        assert!(nt_image::is_datum(name), "{name}");
    }
}

#[test]
fn a_stack_lies_within_its_limits() {
    let (mut low, mut high) = (0, 0);
    nt!(IoGetStackLimits(&raw mut low => *mut usize, &raw mut high => *mut usize) -> ());
    let here = (&raw const low).addr();
    assert!(low < here && here < high);
}

#[test]
fn two_uuids_differ() {
    let (mut first, mut second) = ([0u8; 16], [0u8; 16]);
    for uuid in [&mut first, &mut second] {
        assert_eq!(nt!(ExUuidCreate(&raw mut *uuid => *mut [u8; 16]) -> u32), 0);
    }
    assert_ne!(first, second);
}
