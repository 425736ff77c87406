//! What a driver asks about its own stack, and unique numbers.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::atomic::{AtomicU64, Ordering};

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::stack::{self, Stack};

/// The exports of this module.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ExUuidCreate, IoGetStackLimits, RtlCaptureStackBackTrace]
}

/// Any IRQL.
unsafe extern "win64" fn IoGetStackLimits(low: *mut usize, high: *mut usize) {
    let limits = stack::thread_stack();
    // SAFETY: by contract the caller's variable.
    unsafe { low.write(limits.start) };
    // SAFETY: as above.
    unsafe { high.write(limits.end) };
}

/// Any IRQL. The return addresses in the driver, the innermost first; the host has no others.
unsafe extern "win64" fn RtlCaptureStackBackTrace(
    skip: u32,
    count: u32,
    addresses: *mut usize,
    hash: *mut u32,
) -> u16 {
    let stack = Stack::capture();
    let frames = stack.addresses().iter().skip(skip as usize);
    let mut place = addresses;
    let (mut captured, mut sum) = (0, 0u32);
    for frame in frames.take(count as usize) {
        // SAFETY: by contract there is room for so many.
        unsafe { place.write(*frame) };
        place = place.wrapping_add(1);
        captured += 1;
        #[expect(clippy::cast_possible_truncation, reason = "a hash of the addresses")]
        let low = *frame as u32;
        sum = sum.wrapping_add(low);
    }
    // SAFETY: by contract null or the caller's variable.
    if let Some(hash) = unsafe { hash.as_mut() } {
        *hash = sum;
    }
    captured
}

/// `PASSIVE_LEVEL`. Numbers that are the same in every run of the host.
unsafe extern "win64" fn ExUuidCreate(uuid: *mut [u8; 16]) -> NtStatus {
    const NAME: &str = "ExUuidCreate";
    /// `STATUS_RETRY`.
    const RETRY: NtStatus = NtStatus::new(0xC000_022D);
    /// The version, which is that of arbitrary numbers, and the variant.
    const TEMPLATE: [u8; 16] = [
        0, 0, 0, 0, 0, 0, 0, 0x40, 0x80, 0, 0x6E, 0x74, 0x68, 0x6F, 0x73, 0x74,
    ];
    static NEXT: AtomicU64 = AtomicU64::new(1);
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject_one_of(NAME, &[&[RETRY]]).is_some() {
        return RETRY;
    }
    let mut new = TEMPLATE;
    let number = NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes();
    new[..6].copy_from_slice(&number[..6]);
    // SAFETY: by contract the caller's variable.
    unsafe { uuid.write(new) };
    NtStatus::SUCCESS
}
