//! `ExInterlocked…`: lists and numbers whose changes a spin lock of the driver's orders.
//!
//! The functions take the lock with interrupts disabled, at any level.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ptr;

use crate::exports::{Export, ntoskrnl};
use crate::ke::{KernelSpinLock, with_lock_at_any_level};

/// A `LIST_ENTRY`: an entry, or the head of a list.
#[repr(C)]
struct ListEntry {
    next: *mut ListEntry,
    previous: *mut ListEntry,
}

/// A `SINGLE_LIST_ENTRY`: an entry, or the head of a list.
#[repr(C)]
struct SingleListEntry {
    next: *mut SingleListEntry,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExInterlockedAddLargeInteger,
        ExInterlockedAddUlong,
        ExInterlockedInsertHeadList,
        ExInterlockedInsertTailList,
        ExInterlockedPopEntryList,
        ExInterlockedPushEntryList,
        ExInterlockedRemoveHeadList,
    ]
}

/// Any IRQL, if the memory is resident. The entry that was the first one; null if there was none.
unsafe extern "win64" fn ExInterlockedInsertHeadList(
    head: *mut ListEntry,
    entry: *mut ListEntry,
    lock: *const KernelSpinLock,
) -> *mut ListEntry {
    let insert = || {
        // SAFETY: by contract a list that has been initialised; the lock orders its changes.
        let first = unsafe { (*head).next };
        // SAFETY: by contract the list's entries, and an entry that is in no list.
        unsafe { link(head, entry, first) };
        (first != head).then_some(first)
    };
    // SAFETY: by contract a lock that has been initialised.
    let first = unsafe { with_lock_at_any_level("ExInterlockedInsertHeadList", lock, insert) };
    first.unwrap_or(ptr::null_mut())
}

/// As [`ExInterlockedInsertHeadList`]: the entry that was the last one.
unsafe extern "win64" fn ExInterlockedInsertTailList(
    head: *mut ListEntry,
    entry: *mut ListEntry,
    lock: *const KernelSpinLock,
) -> *mut ListEntry {
    let insert = || {
        // SAFETY: by contract a list that has been initialised; the lock orders its changes.
        let last = unsafe { (*head).previous };
        // SAFETY: by contract the list's entries, and an entry that is in no list.
        unsafe { link(last, entry, head) };
        (last != head).then_some(last)
    };
    // SAFETY: by contract a lock that has been initialised.
    let last = unsafe { with_lock_at_any_level("ExInterlockedInsertTailList", lock, insert) };
    last.unwrap_or(ptr::null_mut())
}

/// Any IRQL, if the memory is resident. Null for an empty list.
unsafe extern "win64" fn ExInterlockedRemoveHeadList(
    head: *mut ListEntry,
    lock: *const KernelSpinLock,
) -> *mut ListEntry {
    let remove = || {
        // SAFETY: by contract a list that has been initialised; the lock orders its changes.
        let first = unsafe { (*head).next };
        if first == head {
            return ptr::null_mut();
        }
        // SAFETY: by contract the first entry of the list.
        let second = unsafe { (*first).next };
        // SAFETY: the head is the caller's.
        unsafe { (*head).next = second };
        // SAFETY: by contract the second entry, or the head.
        unsafe { (*second).previous = head };
        first
    };
    // SAFETY: by contract a lock that has been initialised.
    unsafe { with_lock_at_any_level("ExInterlockedRemoveHeadList", lock, remove) }
}

/// Any IRQL, if the memory is resident. The entry that was the first one, or null.
unsafe extern "win64" fn ExInterlockedPushEntryList(
    head: *mut SingleListEntry,
    entry: *mut SingleListEntry,
    lock: *const KernelSpinLock,
) -> *mut SingleListEntry {
    let push = || {
        // SAFETY: by contract a list's head; the lock orders its changes.
        let head = unsafe { &mut *head };
        let first = std::mem::replace(&mut head.next, entry);
        // SAFETY: by contract an entry that is in no list.
        unsafe { (*entry).next = first };
        first
    };
    // SAFETY: by contract a lock that has been initialised.
    unsafe { with_lock_at_any_level("ExInterlockedPushEntryList", lock, push) }
}

/// Any IRQL, if the memory is resident. Null for an empty list.
unsafe extern "win64" fn ExInterlockedPopEntryList(
    head: *mut SingleListEntry,
    lock: *const KernelSpinLock,
) -> *mut SingleListEntry {
    let pop = || {
        // SAFETY: by contract a list's head; the lock orders its changes.
        let first = unsafe { (*head).next };
        // SAFETY: by contract null, or the first entry.
        if let Some(entry) = unsafe { first.as_ref() } {
            let next = entry.next;
            // SAFETY: as above.
            unsafe { (*head).next = next };
        }
        first
    };
    // SAFETY: by contract a lock that has been initialised.
    unsafe { with_lock_at_any_level("ExInterlockedPopEntryList", lock, pop) }
}

/// Any IRQL, if the memory is resident. The number before.
unsafe extern "win64" fn ExInterlockedAddUlong(
    number: *mut u32,
    increment: u32,
    lock: *const KernelSpinLock,
) -> u32 {
    let add = || {
        // SAFETY: by contract the caller's number; the lock orders its changes.
        let number = unsafe { &mut *number };
        let before = *number;
        *number = before.wrapping_add(increment);
        before
    };
    // SAFETY: by contract a lock that has been initialised.
    unsafe { with_lock_at_any_level("ExInterlockedAddUlong", lock, add) }
}

/// As [`ExInterlockedAddUlong`].
unsafe extern "win64" fn ExInterlockedAddLargeInteger(
    number: *mut i64,
    increment: i64,
    lock: *const KernelSpinLock,
) -> i64 {
    let add = || {
        // SAFETY: by contract the caller's number; the lock orders its changes.
        let number = unsafe { &mut *number };
        let before = *number;
        *number = before.wrapping_add(increment);
        before
    };
    // SAFETY: by contract a lock that has been initialised.
    unsafe { with_lock_at_any_level("ExInterlockedAddLargeInteger", lock, add) }
}

/// Puts `entry` between two neighbours.
///
/// # Safety
///
/// All three are entries or heads that no other thread changes.
unsafe fn link(before: *mut ListEntry, entry: *mut ListEntry, behind: *mut ListEntry) {
    let new = ListEntry {
        next: behind,
        previous: before,
    };
    // SAFETY: by contract.
    unsafe { entry.write(new) };
    // SAFETY: by contract.
    unsafe { (*before).next = entry };
    // SAFETY: by contract.
    unsafe { (*behind).previous = entry };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irql::{self, Irql};
    use crate::testing::expect_stop;

    const ENTRY: ListEntry = ListEntry {
        next: ptr::null_mut(),
        previous: ptr::null_mut(),
    };

    #[test]
    fn a_list_has_its_entries_in_the_order_of_its_ends() {
        let lock = KernelSpinLock::new(0);
        let lock = &raw const lock;
        let mut entries = [ENTRY, ENTRY, ENTRY, ENTRY];
        let [head, first, second, third] = &mut entries;
        let (head, first) = (&raw mut *head, &raw mut *first);
        let (second, third) = (&raw mut *second, &raw mut *third);
        let empty = ListEntry {
            next: head,
            previous: head,
        };
        // SAFETY: the head of this test's list.
        unsafe { head.write(empty) };
        // SAFETY: a list, entries and a lock of this test.
        let insert = |entry| unsafe { ExInterlockedInsertTailList(head, entry, lock) };
        assert!(insert(second).is_null());
        assert_eq!(insert(third), second);
        // SAFETY: as above.
        let before = unsafe { ExInterlockedInsertHeadList(head, first, lock) };
        assert_eq!(before, second);
        // SAFETY: as above.
        let remove = || unsafe { ExInterlockedRemoveHeadList(head, lock) };
        assert_eq!([remove(), remove(), remove()], [first, second, third]);
        assert!(remove().is_null());
    }

    #[test]
    fn the_last_entry_that_was_pushed_is_popped_first() {
        let lock = KernelSpinLock::new(0);
        let lock = &raw const lock;
        let empty = || SingleListEntry {
            next: ptr::null_mut(),
        };
        let (mut head, mut one, mut other) = (empty(), empty(), empty());
        let (one, other) = (&raw mut one, &raw mut other);
        let head = &raw mut head;
        // SAFETY: a list, entries and a lock of this test.
        let push = |entry| unsafe { ExInterlockedPushEntryList(head, entry, lock) };
        assert!(push(one).is_null());
        assert_eq!(push(other), one);
        // SAFETY: as above.
        let pop = || unsafe { ExInterlockedPopEntryList(head, lock) };
        assert_eq!([pop(), pop()], [other, one]);
        assert!(pop().is_null());
    }

    #[test]
    fn numbers_are_added_at_any_level() {
        let lock = KernelSpinLock::new(0);
        let lock = &raw const lock;
        let (mut number, mut large) = (u32::MAX, 5);
        let old = irql::raise(Irql::HIGH);
        // SAFETY: a number and a lock of this test.
        let before = unsafe { ExInterlockedAddUlong(&raw mut number, 2, lock) };
        // SAFETY: as above.
        let large_before = unsafe { ExInterlockedAddLargeInteger(&raw mut large, -7, lock) };
        irql::lower(old);
        assert_eq!((before, large_before), (u32::MAX, 5));
        assert_eq!((number, large), (1, -2));
    }

    #[test]
    fn a_thread_that_holds_the_lock_waits_for_itself() {
        let report = expect_stop!(|| {
            let lock = KernelSpinLock::new(0);
            let mut number = 0;
            let add = || {
                // SAFETY: a number and a lock of this test; this breaks the rule that is tested.
                unsafe { ExInterlockedAddUlong(&raw mut number, 1, &raw const lock) }
            };
            // SAFETY: as above.
            unsafe { with_lock_at_any_level("a test", &raw const lock, add) };
        });
        assert!(report.contains("holds the spin lock already"), "{report}");
    }
}
