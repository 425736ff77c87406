//! `Rtl`: bitmaps of the driver's.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ops::Range;

use crate::exports::{Export, ntoskrnl};
use crate::irql;

/// Bits of an element of the buffer.
const BITS: u32 = u32::BITS;
/// No bits were found.
const NONE: u32 = u32::MAX;

/// An `RTL_BITMAP`. The buffer has whole elements.
#[repr(C)]
struct Bitmap {
    size: u32,
    buffer: *mut u32,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlAreBitsClear,
        RtlAreBitsSet,
        RtlClearAllBits,
        RtlClearBit,
        RtlClearBits,
        RtlFindClearBits,
        RtlFindClearBitsAndSet,
        RtlFindSetBits,
        RtlFindSetBitsAndClear,
        RtlInitializeBitMap,
        RtlNumberOfClearBits,
        RtlNumberOfSetBits,
        RtlSetAllBits,
        RtlSetBit,
        RtlSetBits,
        RtlTestBit,
    ]
}

/// Any IRQL, as for all of them, if the memory is resident. The bits stay as they are.
unsafe extern "win64" fn RtlInitializeBitMap(bitmap: *mut Bitmap, buffer: *mut u32, size: u32) {
    // SAFETY: by contract storage for a bitmap.
    unsafe { bitmap.write(Bitmap { size, buffer }) };
}

unsafe extern "win64" fn RtlClearAllBits(bitmap: *const Bitmap) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.elements.fill(0);
}

unsafe extern "win64" fn RtlSetAllBits(bitmap: *const Bitmap) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.elements.fill(u32::MAX);
}

unsafe extern "win64" fn RtlSetBit(bitmap: *const Bitmap, index: u32) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.put("RtlSetBit", index, 1, true);
}

unsafe extern "win64" fn RtlClearBit(bitmap: *const Bitmap, index: u32) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.put("RtlClearBit", index, 1, false);
}

unsafe extern "win64" fn RtlSetBits(bitmap: *const Bitmap, index: u32, count: u32) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.put("RtlSetBits", index, count, true);
}

unsafe extern "win64" fn RtlClearBits(bitmap: *const Bitmap, index: u32, count: u32) {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.put("RtlClearBits", index, count, false);
}

unsafe extern "win64" fn RtlTestBit(bitmap: *const Bitmap, index: u32) -> u8 {
    // SAFETY: by contract a bitmap.
    let bits = unsafe { Bits::of(bitmap) };
    bits.range("RtlTestBit", index, 1);
    bits.is_set(index).into()
}

/// False for bits that the bitmap does not have, and for none.
unsafe extern "win64" fn RtlAreBitsSet(bitmap: *const Bitmap, index: u32, count: u32) -> u8 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.are(index, count, true).into()
}

/// As [`RtlAreBitsSet`].
unsafe extern "win64" fn RtlAreBitsClear(bitmap: *const Bitmap, index: u32, count: u32) -> u8 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.are(index, count, false).into()
}

/// Looks for so many clear bits in a row, from `hint` on, then from the beginning. `0xFFFFFFFF` if there
/// are none.
unsafe extern "win64" fn RtlFindClearBits(bitmap: *const Bitmap, count: u32, hint: u32) -> u32 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.find(count, hint, false)
}

/// As [`RtlFindClearBits`].
unsafe extern "win64" fn RtlFindSetBits(bitmap: *const Bitmap, count: u32, hint: u32) -> u32 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.find(count, hint, true)
}

unsafe extern "win64" fn RtlFindClearBitsAndSet(
    bitmap: *const Bitmap,
    count: u32,
    hint: u32,
) -> u32 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.find_and_change("RtlFindClearBitsAndSet", count, hint, false)
}

unsafe extern "win64" fn RtlFindSetBitsAndClear(
    bitmap: *const Bitmap,
    count: u32,
    hint: u32,
) -> u32 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.find_and_change("RtlFindSetBitsAndClear", count, hint, true)
}

unsafe extern "win64" fn RtlNumberOfSetBits(bitmap: *const Bitmap) -> u32 {
    // SAFETY: by contract a bitmap.
    unsafe { Bits::of(bitmap) }.count_set()
}

unsafe extern "win64" fn RtlNumberOfClearBits(bitmap: *const Bitmap) -> u32 {
    // SAFETY: by contract a bitmap.
    let bits = unsafe { Bits::of(bitmap) };
    bits.size - bits.count_set()
}

/// The bits of a bitmap.
struct Bits<'a> {
    size: u32,
    elements: &'a mut [u32],
}

impl Bits<'_> {
    /// # Safety
    ///
    /// `bitmap` is one whose buffer has all its bits, and no other thread uses it meanwhile.
    unsafe fn of(bitmap: *const Bitmap) -> Self {
        // SAFETY: by contract.
        let Bitmap { size, buffer } = unsafe { bitmap.read() };
        let count = size.div_ceil(BITS) as usize;
        let elements = if count == 0 {
            &mut []
        } else {
            // SAFETY: by contract the buffer has so many elements.
            unsafe { std::slice::from_raw_parts_mut(buffer, count) }
        };
        Self { size, elements }
    }

    fn is_set(&self, index: u32) -> bool {
        self.elements[(index / BITS) as usize] & bit(index) != 0
    }

    /// The bits from `index` on; stops the machine if the bitmap does not have them all.
    fn range(&self, function: &str, index: u32, count: u32) -> Range<u32> {
        let end = index.checked_add(count).filter(|end| *end <= self.size);
        let Some(end) = end else {
            irql::stop_for_rule(&format!(
                "{function} was called for {count} bits from bit {index} on: the bitmap has {}",
                self.size
            ));
        };
        index..end
    }

    fn put(&mut self, function: &str, index: u32, count: u32, is_set: bool) {
        for index in self.range(function, index, count) {
            let element = &mut self.elements[(index / BITS) as usize];
            if is_set {
                *element |= bit(index);
            } else {
                *element &= !bit(index);
            }
        }
    }

    fn are(&self, index: u32, count: u32, is_set: bool) -> bool {
        let end = index.checked_add(count).filter(|end| *end <= self.size);
        end.is_some_and(|end| count > 0 && (index..end).all(|index| self.is_set(index) == is_set))
    }

    fn find(&self, count: u32, hint: u32, is_set: bool) -> u32 {
        let hint = if hint < self.size { hint } else { 0 };
        let mut starts = (hint..self.size).chain(0..hint);
        starts
            .find(|start| self.are(*start, count, is_set))
            .unwrap_or(NONE)
    }

    /// Finds bits that are `is_set`, and makes them the opposite.
    fn find_and_change(&mut self, function: &str, count: u32, hint: u32, is_set: bool) -> u32 {
        let found = self.find(count, hint, is_set);
        if found != NONE {
            self.put(function, found, count, !is_set);
        }
        found
    }

    fn count_set(&self) -> u32 {
        let set = (0..self.size).filter(|index| self.is_set(*index));
        u32::try_from(set.count()).unwrap_or(u32::MAX)
    }
}

/// The place of a bit in its element.
const fn bit(index: u32) -> u32 {
    1 << (index % BITS)
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::testing::expect_stop;

    /// A bitmap of 40 bits, of which only bits 3 to 5 and 33 are set.
    fn with_bitmap<R>(work: impl FnOnce(*const Bitmap) -> R) -> R {
        let mut buffer = [u32::MAX; 2];
        let mut bitmap = Bitmap {
            size: 0,
            buffer: ptr::null_mut(),
        };
        let place = &raw mut bitmap;
        // SAFETY: a bitmap and a buffer of this test.
        unsafe { RtlInitializeBitMap(place, buffer.as_mut_ptr(), 40) };
        // SAFETY: as above.
        unsafe { RtlClearAllBits(place) };
        // SAFETY: as above.
        unsafe { RtlSetBits(place, 3, 3) };
        // SAFETY: as above.
        unsafe { RtlSetBit(place, 33) };
        work(place)
    }

    #[test]
    fn bits_are_set_counted_and_tested() {
        with_bitmap(|bitmap| {
            // SAFETY: the bitmap of this test.
            let count = || unsafe { RtlNumberOfSetBits(bitmap) };
            // SAFETY: as above.
            let is_set = |index| unsafe { RtlTestBit(bitmap, index) } != 0;
            assert_eq!(count(), 4);
            assert_eq!(
                [2, 3, 5, 6, 33].map(is_set),
                [false, true, true, false, true]
            );
            // SAFETY: as above.
            unsafe { RtlClearBit(bitmap, 33) };
            // SAFETY: as above.
            unsafe { RtlClearBits(bitmap, 4, 2) };
            assert_eq!(count(), 1);
            // SAFETY: as above.
            unsafe { RtlSetAllBits(bitmap) };
            // SAFETY: as above.
            assert_eq!((count(), unsafe { RtlNumberOfClearBits(bitmap) }), (40, 0));
        });
    }

    #[test]
    fn a_row_of_bits_has_all_of_them() {
        with_bitmap(|bitmap| {
            // SAFETY: the bitmap of this test.
            let set = |index, count| unsafe { RtlAreBitsSet(bitmap, index, count) } != 0;
            // SAFETY: as above.
            let clear = |index, count| unsafe { RtlAreBitsClear(bitmap, index, count) } != 0;
            assert!(set(3, 3) && !set(3, 4) && !set(3, 0) && !set(33, 100));
            assert!(clear(34, 6) && !clear(34, 7) && !clear(0, 4));
        });
    }

    #[test]
    fn a_row_is_looked_for_from_the_hint_on_and_then_before_it() {
        with_bitmap(|bitmap| {
            // SAFETY: the bitmap of this test.
            let clear = |count, hint| unsafe { RtlFindClearBits(bitmap, count, hint) };
            // SAFETY: as above.
            let set = |count, hint| unsafe { RtlFindSetBits(bitmap, count, hint) };
            assert_eq!(
                [clear(1, 3), clear(3, 35), clear(20, 35), clear(30, 0)],
                [6, 35, 6, NONE]
            );
            assert_eq!(
                [set(1, 4), set(3, 4), set(1, 99), set(4, 0)],
                [4, 3, 3, NONE]
            );
        });
    }

    #[test]
    fn what_is_found_can_be_changed_at_once() {
        with_bitmap(|bitmap| {
            // SAFETY: the bitmap of this test.
            let take = || unsafe { RtlFindClearBitsAndSet(bitmap, 27, 0) };
            assert_eq!([take(), take()], [6, NONE]);
            // SAFETY: as above.
            let give = || unsafe { RtlFindSetBitsAndClear(bitmap, 31, 0) };
            assert_eq!([give(), give()], [3, NONE]);
        });
    }

    #[test]
    fn a_bit_beyond_the_bitmap_stops_the_host() {
        let report = expect_stop!(|| {
            with_bitmap(|bitmap| {
                // SAFETY: the bitmap of this test; this breaks the rule that is tested.
                unsafe { RtlSetBits(bitmap, 39, 2) };
            });
        });
        assert!(
            report.contains("2 bits from bit 39 on: the bitmap has 40"),
            "{report}"
        );
    }
}
