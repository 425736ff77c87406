//! `Rtl`: strings and memory, with what C calls the same.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::convert::identity;
use std::ffi::c_int;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::libc;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::pool;
use crate::unicode::UnicodeString;

/// Size of a UTF-16 unit, in bytes.
const UNIT: usize = 2;
/// The longest counted string, in bytes.
const STRING_MAX: usize = 0xFFFE;

/// What the driver has copied.
static COPIED_BYTES: AtomicU64 = AtomicU64::new(0);

/// How many bytes the driver has copied by calls.
pub(super) fn copied_bytes() -> u64 {
    COPIED_BYTES.load(Ordering::Relaxed)
}

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlCompareMemory,
        RtlCompareUnicodeString,
        RtlCopyMemory,
        RtlCopyUnicodeString,
        RtlEqualUnicodeString,
        RtlFillMemory,
        RtlInitUnicodeString,
        RtlMoveMemory,
        RtlZeroMemory,
        memcmp,
        memcpy,
        memmove,
        memset,
    ]
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn RtlInitUnicodeString(target: *mut UnicodeString, source: *mut u16) {
    irql::require_at_most("RtlInitUnicodeString", Irql::DISPATCH);
    let length = if source.is_null() {
        0
    } else {
        // SAFETY: by contract a string with a terminator.
        unsafe { bytes_before_terminator(source) }
    };
    let maximum = if source.is_null() { 0 } else { length + UNIT };
    let string = UnicodeString {
        length: u16::try_from(length).unwrap_or_default(),
        maximum_length: u16::try_from(maximum).unwrap_or(u16::MAX),
        buffer: source,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { target.write(string) };
}

/// The bytes of a string that a zero ends, at most as many as a counted string may have.
///
/// # Safety
///
/// `source` is a string with a terminator.
unsafe fn bytes_before_terminator(source: *const u16) -> usize {
    let mut count = 0;
    loop {
        // SAFETY: no terminator so far, so there is a further unit.
        let unit = unsafe { source.add(count) };
        // SAFETY: as above.
        if unsafe { unit.read() } == 0 || (count + 1) * UNIT >= STRING_MAX {
            return count * UNIT;
        }
        count += 1;
    }
}

/// Up to `DISPATCH_LEVEL`, if the buffers are nonpaged. Copies as much as there is room for, and a
/// terminator if there is room for that.
unsafe extern "win64" fn RtlCopyUnicodeString(
    target: *mut UnicodeString,
    source: *const UnicodeString,
) {
    irql::require_at_most("RtlCopyUnicodeString", Irql::DISPATCH);
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    // SAFETY: by contract null or the caller's string.
    let Some(source) = (unsafe { source.as_ref() }) else {
        target.length = 0;
        return;
    };
    let count = usize::from(source.length.min(target.maximum_length)) / UNIT;
    let buffer = target.buffer.cast_mut();
    // SAFETY: the source has at least as many units, the target room for them; they may overlap.
    unsafe { ptr::copy(source.buffer, buffer, count) };
    let length = count * UNIT;
    if length + UNIT <= usize::from(target.maximum_length) {
        // SAFETY: there is room for one unit more.
        let end = unsafe { buffer.add(count) };
        // SAFETY: as above.
        unsafe { end.write(0) };
    }
    target.length = u16::try_from(length).unwrap_or_default();
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlCompareUnicodeString(
    left: *const UnicodeString,
    right: *const UnicodeString,
    ignore_case: u8,
) -> i32 {
    irql::require_at_most("RtlCompareUnicodeString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let left = unsafe { &*left };
    // SAFETY: by contract the caller's string.
    let right = unsafe { &*right };
    // SAFETY: by contract its buffer has its length.
    let left = unsafe { left.units() };
    // SAFETY: by contract its buffer has its length.
    let right = unsafe { right.units() };
    let fold = folding(ignore_case);
    let ordering = left
        .iter()
        .copied()
        .map(fold)
        .cmp(right.iter().copied().map(fold));
    ordering as i32
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlEqualUnicodeString(
    left: *const UnicodeString,
    right: *const UnicodeString,
    ignore_case: u8,
) -> u8 {
    irql::require_at_most("RtlEqualUnicodeString", Irql::PASSIVE);
    // SAFETY: the same contract.
    u8::from(unsafe { RtlCompareUnicodeString(left, right, ignore_case) } == 0)
}

/// What makes units equal that differ in case alone, if the caller ignores that.
pub(crate) fn folding(ignores_case: u8) -> fn(u16) -> u16 {
    if ignores_case == 0 { identity } else { upcase }
}

/// A unit in upper case.
pub(crate) fn upcase(unit: u16) -> u16 {
    in_case(unit, char::to_uppercase)
}

/// A unit in lower case.
pub(crate) fn downcase(unit: u16) -> u16 {
    in_case(unit, char::to_lowercase)
}

/// A unit in the other case: of one unit's characters that are one unit there, too.
fn in_case<I: Iterator<Item = char>>(unit: u16, change: impl FnOnce(char) -> I) -> u16 {
    let changed = char::from_u32(u32::from(unit)).map(change);
    let mut changed = changed.into_iter().flatten();
    match (changed.next(), changed.next()) {
        (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(unit),
        _ => unit,
    }
}

/// Any IRQL. The number of bytes before the first difference.
unsafe extern "win64" fn RtlCompareMemory(left: *const u8, right: *const u8, size: usize) -> usize {
    // A pointer that leads nowhere faults here.
    // SAFETY: by contract `size` readable bytes.
    if unsafe { libc::memcmp(left.cast(), right.cast(), size) } == 0 {
        return size;
    }
    // SAFETY: by contract `size` readable bytes.
    let left = unsafe { slice::from_raw_parts(left, size) };
    // SAFETY: by contract `size` readable bytes.
    let right = unsafe { slice::from_raw_parts(right, size) };
    left.iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

/// Any IRQL.
unsafe extern "win64" fn RtlCopyMemory(target: *mut u8, source: *const u8, size: usize) {
    // SAFETY: the same contract.
    unsafe { memmove(target, source, size) };
}

/// Any IRQL.
unsafe extern "win64" fn RtlMoveMemory(target: *mut u8, source: *const u8, size: usize) {
    // SAFETY: the same contract.
    unsafe { memmove(target, source, size) };
}

/// Any IRQL.
unsafe extern "win64" fn RtlFillMemory(target: *mut u8, size: usize, value: u8) {
    require_resident("RtlFillMemory", target.addr(), size);
    // SAFETY: by contract `size` writable bytes.
    unsafe { libc::memset(target.cast(), value.into(), size) };
}

/// Any IRQL.
unsafe extern "win64" fn RtlZeroMemory(target: *mut u8, size: usize) {
    require_resident("RtlZeroMemory", target.addr(), size);
    // SAFETY: by contract `size` writable bytes.
    unsafe { libc::memset(target.cast(), 0, size) };
}

/// Any IRQL. What overlaps is copied as if it did not, as the kernel's own does.
unsafe extern "win64" fn memcpy(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    // SAFETY: the same contract.
    unsafe { memmove(target, source, size) }
}

/// Any IRQL.
unsafe extern "win64" fn memmove(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    require_resident("memmove", source.addr(), size);
    require_resident("memmove", target.addr(), size);
    COPIED_BYTES.fetch_add(size as u64, Ordering::Relaxed);
    // SAFETY: by contract `size` readable and writable bytes.
    unsafe { libc::memmove(target.cast(), source.cast(), size) };
    target
}

/// Any IRQL.
unsafe extern "win64" fn memset(target: *mut u8, value: c_int, size: usize) -> *mut u8 {
    require_resident("memset", target.addr(), size);
    // SAFETY: by contract `size` writable bytes.
    unsafe { libc::memset(target.cast(), value, size) };
    target
}

/// Any IRQL.
unsafe extern "win64" fn memcmp(left: *const u8, right: *const u8, size: usize) -> c_int {
    require_resident("memcmp", left.addr(), size);
    require_resident("memcmp", right.addr(), size);
    // SAFETY: by contract `size` readable bytes.
    unsafe { libc::memcmp(left.cast(), right.cast(), size) }
}

/// Any IRQL for memory that is always there, up to `APC_LEVEL` for any other.
fn require_resident(function: &str, address: usize, size: usize) {
    if size > 0 && irql::current() >= Irql::DISPATCH {
        pool::require_resident(function, address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(units: &mut [u16], length: usize) -> UnicodeString {
        UnicodeString {
            length: u16::try_from(length * UNIT).unwrap(),
            maximum_length: u16::try_from(units.len() * UNIT).unwrap(),
            buffer: units.as_mut_ptr(),
        }
    }

    #[test]
    fn a_terminated_string_is_counted_without_its_terminator() {
        let mut text = [0x41, 0x42, 0];
        let mut string = string(&mut [], 0);
        // SAFETY: a string of this test.
        unsafe { RtlInitUnicodeString(&raw mut string, text.as_mut_ptr()) };
        assert_eq!((string.length, string.maximum_length), (4, 6));
        // SAFETY: null is allowed.
        unsafe { RtlInitUnicodeString(&raw mut string, ptr::null_mut()) };
        assert_eq!((string.length, string.maximum_length), (0, 0));
    }

    #[test]
    fn a_copy_is_cut_to_the_room_and_terminated_if_it_can_be() {
        let mut source = [0x41, 0x42, 0x43];
        let source = string(&mut source, 3);
        for (room, expected) in [(2, vec![0x41, 0x42]), (4, vec![0x41, 0x42, 0x43, 0])] {
            let mut buffer = vec![0xFFFF; room];
            let mut target = string(&mut buffer, 0);
            // SAFETY: strings of this test.
            unsafe { RtlCopyUnicodeString(&raw mut target, &raw const source) };
            assert_eq!(usize::from(target.length), room.min(3) * UNIT);
            assert_eq!(buffer, expected);
        }
    }

    #[test]
    fn case_counts_only_if_it_shall() {
        let mut lower = [0x61, 0xE4];
        let mut upper = [0x41, 0xC4];
        let (lower, upper) = (string(&mut lower, 2), string(&mut upper, 2));
        for (ignore_case, expected) in [(1, 1), (0, 0)] {
            // SAFETY: strings of this test.
            let equal =
                unsafe { RtlEqualUnicodeString(&raw const lower, &raw const upper, ignore_case) };
            assert_eq!(equal, expected);
        }
    }

    #[test]
    fn equal_bytes_are_counted() {
        // SAFETY: three bytes each.
        let equal = unsafe { RtlCompareMemory(b"abc".as_ptr(), b"abd".as_ptr(), 3) };
        assert_eq!(equal, 2);
    }
}
