//! Sequenced singly linked lists (S-lists). The head and the entries are the driver's; one lock of the
//! host stands for the processor's exchange of 16 bytes.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ptr;

use parking_lot::{Mutex, MutexGuard};

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::pool;

/// The host's own first parameter for an entry that cannot be in an S-list: "SLI".
const BAD_ENTRY: u64 = 0x53_4C49;
/// Alignment of entries and heads, in bytes.
const ALIGNMENT: usize = 16;

static LISTS: Mutex<()> = Mutex::new(());

/// An `SLIST_ENTRY`.
#[repr(C)]
pub(super) struct Entry {
    next: *mut Entry,
}

/// An `SLIST_HEADER`: depth (16 bits) and sequence, then the first entry.
#[repr(C)]
pub(super) struct Head {
    depth_and_sequence: u64,
    first: *mut Entry,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExQueryDepthSList,
        ExpInterlockedFlushSList,
        ExpInterlockedPopEntrySList,
        ExpInterlockedPushEntrySList,
        InitializeSListHead,
    ]
}

/// Any IRQL.
pub(super) unsafe extern "win64" fn InitializeSListHead(head: *mut Head) {
    require_aligned("InitializeSListHead", head.addr());
    // SAFETY: by contract storage for a head.
    unsafe { head.write(Head::empty()) };
}

/// Any IRQL, if the memory is resident.
pub(super) unsafe extern "win64" fn ExpInterlockedPushEntrySList(
    head: *mut Head,
    entry: *mut Entry,
) -> *mut Entry {
    const NAME: &str = "ExpInterlockedPushEntrySList";
    require_aligned(NAME, entry.addr());
    let _order = lock(NAME, head);
    // SAFETY: by contract a list; the lock orders changes.
    let head = unsafe { &mut *head };
    let first = head.first;
    // SAFETY: by contract an entry that is in no list.
    unsafe { (*entry).next = first };
    head.first = entry;
    head.change_depth(1);
    first
}

/// Any IRQL, if the memory is resident.
pub(super) unsafe extern "win64" fn ExpInterlockedPopEntrySList(head: *mut Head) -> *mut Entry {
    let _order = lock("ExpInterlockedPopEntrySList", head);
    // SAFETY: by contract a list; the lock orders changes.
    let head = unsafe { &mut *head };
    let first = head.first;
    // SAFETY: by contract null or an entry that no thread has freed.
    if let Some(entry) = unsafe { first.as_ref() } {
        head.first = entry.next;
        head.change_depth(-1);
    }
    first
}

/// Any IRQL, if the memory is resident. Returns the entries, linked.
unsafe extern "win64" fn ExpInterlockedFlushSList(head: *mut Head) -> *mut Entry {
    let _order = lock("ExpInterlockedFlushSList", head);
    // SAFETY: by contract a list; the lock orders changes.
    let head = unsafe { &mut *head };
    let depth = i64::from(head.depth());
    head.change_depth(-depth);
    std::mem::replace(&mut head.first, ptr::null_mut())
}

/// Any IRQL.
pub(super) unsafe extern "win64" fn ExQueryDepthSList(head: *const Head) -> u16 {
    let _order = LISTS.lock();
    // SAFETY: by contract a list; the lock orders changes.
    unsafe { (*head).depth() }
}

impl Head {
    /// Of a list without entries.
    pub(super) const fn empty() -> Self {
        Self {
            depth_and_sequence: 0,
            first: ptr::null_mut(),
        }
    }

    fn depth(&self) -> u16 {
        let [low, high, ..] = self.depth_and_sequence.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Changes the depth by `by`, and the sequence.
    fn change_depth(&mut self, by: i64) {
        const DEPTH: u64 = 0xFFFF;
        let depth = self.depth_and_sequence.wrapping_add_signed(by) & DEPTH;
        let sequence = (self.depth_and_sequence >> 16).wrapping_add(1) << 16;
        self.depth_and_sequence = sequence | depth;
    }
}

fn lock(function: &'static str, head: *mut Head) -> MutexGuard<'static, ()> {
    require_aligned(function, head.addr());
    pool::require_resident(function, head.addr());
    LISTS.lock()
}

fn require_aligned(function: &str, address: usize) {
    if !address.is_multiple_of(ALIGNMENT) {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [BAD_ENTRY, address as u64, 0, 0],
            rule: format!("{function}: {address:#x} is not aligned to {ALIGNMENT} bytes"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C, align(16))]
    struct Aligned<T>(T);

    #[test]
    fn an_s_list_gives_the_last_entry_first() {
        let mut head = Aligned(std::mem::MaybeUninit::<Head>::uninit());
        let head = head.0.as_mut_ptr();
        let mut entries = [const {
            Aligned(Entry {
                next: ptr::null_mut(),
            })
        }; 3];
        let [first, second, third] = entries.each_mut().map(|entry| &raw mut entry.0);
        // SAFETY: memory of this test, aligned.
        unsafe { InitializeSListHead(head) };
        // SAFETY: a list and an entry of this test.
        let push = |entry| unsafe { ExpInterlockedPushEntrySList(head, entry) };
        // SAFETY: a list of this test.
        let pop = || unsafe { ExpInterlockedPopEntrySList(head) };
        // SAFETY: as above.
        let depth = || unsafe { ExQueryDepthSList(head) };
        assert!(push(first).is_null());
        assert_eq!(push(second), first);
        assert_eq!((depth(), pop(), depth()), (2, second, 1));
        push(third);
        // SAFETY: as above.
        let all = unsafe { ExpInterlockedFlushSList(head) };
        assert_eq!((all, depth()), (third, 0));
        assert!(pop().is_null());
        assert_eq!(depth(), 0);
    }
}
