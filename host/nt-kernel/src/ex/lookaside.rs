//! Lookaside lists. Headers of the kit take from them and give back inline: with a depth of 0 every
//! block goes through the list's functions, so each one lies on guarded pages.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::list::{self, Head};
use super::pool::{ExAllocatePoolWithTag, ExFreePool, ExFreePoolWithTag};
use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{self, Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::{fault, pool, resource_tracker, verification};

/// What the resource tracker calls a list.
const TRACKED_KIND: &str = "lookaside list";
/// The host's own first parameter for a list that is not initialised, or twice: "LKL".
const BAD_LIST: u64 = 0x4C_4B4C;
/// `NonPagedPoolNx` and `PagedPool`.
const NONPAGED: u32 = 512;
const PAGED: u32 = 1;

/// `GENERAL_LOOKASIDE`, without the padding behind it.
#[repr(C)]
struct Lookaside {
    head: Head,
    depth: u16,
    maximum_depth: u16,
    total_allocates: u32,
    allocate_misses: u32,
    total_frees: u32,
    free_misses: u32,
    pool_type: u32,
    tag: u32,
    size: u32,
    /// The address of the function that allocates.
    allocate: usize,
    /// The address of the function that frees.
    free: usize,
    list: [usize; 2],
    last: [u32; 2],
    future: [u32; 2],
}

const _: () = assert!(size_of::<Lookaside>() == 0x60);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExDeleteLookasideListEx,
        ExDeleteNPagedLookasideList,
        ExDeletePagedLookasideList,
        ExFlushLookasideListEx,
        ExInitializeLookasideListEx,
        ExInitializeNPagedLookasideList,
        ExInitializePagedLookasideList,
    ]
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn ExInitializeNPagedLookasideList(
    list: *mut Lookaside,
    allocate: usize,
    free: usize,
    _flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) {
    const NAME: &str = "ExInitializeNPagedLookasideList";
    irql::require_at_most(NAME, Irql::DISPATCH);
    pool::require_resident(NAME, list.addr());
    let functions = with_defaults(allocate, free);
    // SAFETY: by contract storage for a list.
    unsafe { initialize(NAME, list, functions, NONPAGED, size, tag) };
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn ExInitializePagedLookasideList(
    list: *mut Lookaside,
    allocate: usize,
    free: usize,
    _flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) {
    const NAME: &str = "ExInitializePagedLookasideList";
    irql::require_at_most(NAME, Irql::APC);
    let functions = with_defaults(allocate, free);
    // SAFETY: by contract storage for a list.
    unsafe { initialize(NAME, list, functions, PAGED, size, tag) };
}

/// Up to `DISPATCH_LEVEL`. The two functions get the list as a further argument.
unsafe extern "win64" fn ExInitializeLookasideListEx(
    list: *mut Lookaside,
    allocate: usize,
    free: usize,
    pool_type: u32,
    _flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) -> NtStatus {
    const NAME: &str = "ExInitializeLookasideListEx";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let functions = (
        or_default(allocate, allocate_block as *const () as usize),
        or_default(free, free_block as *const () as usize),
    );
    // SAFETY: by contract storage for a list.
    unsafe { initialize(NAME, list, functions, pool_type, size, tag) };
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn ExDeleteNPagedLookasideList(list: *mut Lookaside) {
    delete("ExDeleteNPagedLookasideList", Irql::DISPATCH, list);
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn ExDeletePagedLookasideList(list: *mut Lookaside) {
    delete("ExDeletePagedLookasideList", Irql::APC, list);
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn ExDeleteLookasideListEx(list: *mut Lookaside) {
    delete("ExDeleteLookasideListEx", Irql::DISPATCH, list);
}

/// Up to `DISPATCH_LEVEL`. Nothing is kept in a list of depth 0.
extern "win64" fn ExFlushLookasideListEx(_list: *mut Lookaside) {
    irql::require_at_most("ExFlushLookasideListEx", Irql::DISPATCH);
}

/// The function that allocates for a list without one of its own.
unsafe extern "win64" fn allocate_block(
    pool_type: u32,
    size: usize,
    tag: u32,
    _list: *mut Lookaside,
) -> *mut u8 {
    ExAllocatePoolWithTag(pool_type, size, tag)
}

/// The function that frees for such a list.
unsafe extern "win64" fn free_block(block: usize, list: *const Lookaside) {
    // SAFETY: by contract the list that the block was allocated for.
    let tag = unsafe { (*list).tag };
    ExFreePoolWithTag(block, tag);
}

/// The functions of a list; those of the pool, through their imports' thunks, where it has none.
fn with_defaults(allocate: usize, free: usize) -> (usize, usize) {
    let default = |name, own| exports::published("ntoskrnl.exe", name).unwrap_or(own);
    let pool_allocate = ExAllocatePoolWithTag as *const () as usize;
    let pool_free = ExFreePool as *const () as usize;
    (
        or_default(allocate, default("ExAllocatePoolWithTag", pool_allocate)),
        or_default(free, default("ExFreePool", pool_free)),
    )
}

const fn or_default(function: usize, default: usize) -> usize {
    if function == 0 { default } else { function }
}

/// # Safety
///
/// `list` is storage for a list.
unsafe fn initialize(
    function: &str,
    list: *mut Lookaside,
    (allocate, free): (usize, usize),
    pool_type: u32,
    size: usize,
    tag: u32,
) {
    if verification::is_on() && resource_tracker::release(TRACKED_KIND, list.addr()) {
        let rule = format!("{function}: the list is initialised already");
        stop(list, rule);
    }
    let detail = format!("of {size} bytes, tag '{}'", pool::tag_text(tag));
    resource_tracker::record(TRACKED_KIND, list.addr(), detail);
    let new = Lookaside {
        head: Head::empty(),
        depth: 0,
        maximum_depth: 0,
        total_allocates: 0,
        allocate_misses: 0,
        total_frees: 0,
        free_misses: 0,
        pool_type,
        tag,
        size: u32::try_from(size).unwrap_or(u32::MAX),
        allocate,
        free,
        list: [list.addr() + std::mem::offset_of!(Lookaside, list); 2],
        last: [0; 2],
        future: [0; 2],
    };
    // SAFETY: by contract.
    unsafe { list.write(new) };
}

fn delete(function: &'static str, limit: Irql, list: *mut Lookaside) {
    irql::require_at_most(function, limit);
    if !resource_tracker::release(TRACKED_KIND, list.addr()) {
        let rule = format!("{function}: the list is not initialised, or has been deleted");
        stop(list, rule);
    }
    // SAFETY: a list that was initialised, whose first member is the head.
    let kept = unsafe { list::ExQueryDepthSList(list.cast()) };
    debug_assert_eq!(kept, 0, "a list of depth 0 keeps no block");
}

fn stop(list: *mut Lookaside, rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [BAD_LIST, list.addr() as u64, 0, 0],
        rule,
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::testing::expect_stop;

    const TAG: u32 = u32::from_le_bytes(*b"Look");

    #[repr(align(64))]
    struct Storage(std::mem::MaybeUninit<Lookaside>);

    /// What the headers of the kit do inline.
    fn allocate_inline(list: *mut Lookaside) -> *mut u8 {
        // SAFETY: a list of this test.
        let list = unsafe { &mut *list };
        // SAFETY: as above.
        let kept = unsafe { list::ExpInterlockedPopEntrySList(&raw mut list.head) };
        assert!(kept.is_null());
        let function = ptr::with_exposed_provenance::<()>(list.allocate);
        // SAFETY: the list's function, of this type.
        let allocate = unsafe {
            std::mem::transmute::<*const (), extern "win64" fn(u32, usize, u32) -> *mut u8>(
                function,
            )
        };
        allocate(list.pool_type, list.size as usize, list.tag)
    }

    #[test]
    fn each_block_of_a_lookaside_list_is_one_of_pool() {
        let mut storage = Storage(std::mem::MaybeUninit::uninit());
        let list = storage.0.as_mut_ptr();
        // SAFETY: storage for a list.
        unsafe { ExInitializeNPagedLookasideList(list, 0, 0, 0, 100, TAG, 0) };
        let block = allocate_inline(list);
        assert!(!block.is_null());
        pool::free(block.addr(), Some(TAG));
        // SAFETY: initialised above.
        unsafe { ExDeleteNPagedLookasideList(list) };
        assert!(!resource_tracker::release(TRACKED_KIND, list.addr()));
    }

    #[test]
    fn deleting_a_lookaside_list_twice_stops() {
        let report = expect_stop!(|| {
            let mut storage = Storage(std::mem::MaybeUninit::uninit());
            let list = storage.0.as_mut_ptr();
            // SAFETY: storage for a list.
            unsafe { ExInitializePagedLookasideList(list, 0, 0, 0, 100, TAG, 0) };
            for _ in 0..2 {
                // SAFETY: the second time breaks the rule that is tested.
                unsafe { ExDeletePagedLookasideList(list) };
            }
        });
        assert!(report.contains("has been deleted"), "{report}");
    }
}
