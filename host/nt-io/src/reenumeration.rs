//! The bus interface by which a driver has its device removed and found again.

use nt_kernel::irql::{self, Irql};
use nt_types::{Guid, NtStatus};

use crate::device_failure;
use crate::packet::StackLocation;

/// `GUID_REENUMERATE_SELF_INTERFACE_STANDARD`.
const REENUMERATE_SELF: &str = "{2aeb0243-6a6e-486b-82fc-d815f6b97006}";

/// `REENUMERATE_SELF_INTERFACE_STANDARD`.
#[repr(C)]
struct ReenumerateSelf {
    size: u16,
    version: u16,
    context: usize,
    reference: extern "win64" fn(usize),
    dereference: extern "win64" fn(usize),
    reenumerate: extern "win64" fn(usize),
}

/// Answers `IRP_MN_QUERY_INTERFACE` for the device at `physical`. `None` if the bus has no such
/// interface.
pub(crate) fn query_interface(physical: usize, location: &StackLocation) -> Option<NtStatus> {
    let [kind, size_and_version, place, _] = &location.parameters;
    let kind = std::ptr::with_exposed_provenance::<Guid>(kind.get());
    // SAFETY: by contract the sender's GUID.
    let kind = unsafe { kind.read_unaligned() }.to_string();
    let size = size_and_version.get() & 0xFFFF;
    if !kind.eq_ignore_ascii_case(REENUMERATE_SELF) || size < size_of::<ReenumerateSelf>() {
        return None;
    }
    let place = std::ptr::with_exposed_provenance_mut::<ReenumerateSelf>(place.get());
    let answer = ReenumerateSelf {
        size: 40,
        version: 1,
        context: physical,
        reference: ignore,
        dereference: ignore,
        reenumerate,
    };
    // SAFETY: by contract the sender's structure, of the size that has been checked.
    unsafe { place.write_unaligned(answer) };
    Some(NtStatus::SUCCESS)
}

const _: () = assert!(size_of::<ReenumerateSelf>() == 40);

/// The bus driver outlives each device: references are not counted.
extern "win64" fn ignore(_context: usize) {}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn reenumerate(physical: usize) {
    irql::require_at_most("SurpriseRemoveAndReenumerateSelf", Irql::DISPATCH);
    device_failure::fail(physical, true);
}
