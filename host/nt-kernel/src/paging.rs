//! Pageable memory: when a thread raises its IRQL to `DISPATCH_LEVEL`, the host pages all of it
//! out, as Driver Verifier's forced IRQL checking does. An access below that IRQL pages it in
//! again. An access at that IRQL or above is a bug that would crash a machine that is short of
//! memory.
//!
//! The host misses such an access only if another thread, at a lower IRQL, has paged the same
//! memory in since, or uses it so often that it keeps it most of the time: see `OFTEN`.
//!
//! `bring_in` is called by the fault handler. The handler does not interrupt a thread at an
//! arbitrary point: it runs when a thread accesses pageable memory, which no code here does while
//! it holds the lock below.

use std::collections::BTreeMap;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::mman::{ProtFlags, mprotect};

use crate::verification;

/// How often pages are taken from a thread that goes on using them, each time that another thread raises
/// its IRQL. From then on they are taken at one raise in [`SELDOM`]. Linux interrupts the other processors
/// to take pages away, and the thread faults for them again: that can cost more than all other checks.
const OFTEN: u32 = 64;
/// See [`OFTEN`].
const SELDOM: u32 = 16;

/// Whole pages that are paged together.
struct Region {
    length: usize,
    /// What is allowed while they are in.
    access: ProtFlags,
    is_in: bool,
    /// The thread that paged them in.
    user: ThreadMark,
    /// How often another thread raised its IRQL while they were in.
    raises: u32,
    /// How often it is locked: it stays in then.
    locks: usize,
}

impl Region {
    /// Pages it in, for this thread.
    fn bring_in(&mut self, start: usize) {
        protect(start, self.length, self.access);
        self.is_in = true;
        self.user = ThreadMark::of_this_thread();
    }

    /// A thread has raised its IRQL: whether the pages, which are in, are taken out.
    fn is_taken_by(&mut self, thread: ThreadMark) -> bool {
        if self.user == thread {
            return true;
        }
        self.raises = self.raises.saturating_add(1);
        self.raises <= OFTEN || self.raises.is_multiple_of(SELDOM)
    }
}

/// What tells running threads apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ThreadMark(usize);

impl ThreadMark {
    fn of_this_thread() -> Self {
        thread_local!(static PLACE: u8 = const { 0 });
        PLACE.with(|place| Self(std::ptr::from_ref(place).addr()))
    }
}

/// Where pageable memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paged {
    /// It is accessible.
    In,
    /// The next access pages it in, or is a bug.
    Out,
}

/// All pageable memory.
struct Regions {
    /// By their first addresses.
    all: BTreeMap<usize, Region>,
    /// The first addresses of those that were paged in since everything was paged out, and perhaps of
    /// some that were removed since: a driver may have thousands, and accesses few.
    brought_in: Vec<usize>,
}

static REGIONS: Mutex<Regions> = Mutex::new(Regions {
    all: BTreeMap::new(),
    brought_in: Vec::new(),
});
/// True if some pageable memory is paged in.
static ANY_IN: AtomicBool = AtomicBool::new(false);
/// True if pageable memory stays in.
static STAYS_IN: AtomicBool = AtomicBool::new(false);

fn regions() -> MutexGuard<'static, Regions> {
    REGIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves pageable memory in, or not. Called before a driver is loaded.
pub fn set_staying_in(stays_in: bool) {
    STAYS_IN.store(stays_in, Ordering::Relaxed);
}

/// These pages are pageable from now on. They are paged in, with the protection `access`.
/// Without verification nothing is ever paged out.
pub fn add(pages: Range<usize>, access: ProtFlags) {
    if !verification::is_on() {
        return;
    }
    let region = Region {
        length: pages.len(),
        access,
        is_in: true,
        user: ThreadMark::of_this_thread(),
        raises: 0,
        locks: 0,
    };
    let mut regions = regions();
    regions.all.insert(pages.start, region);
    regions.brought_in.push(pages.start);
    ANY_IN.store(true, Ordering::SeqCst);
}

/// The pages that begin at `start` are not pageable any more, and stay paged in.
pub fn remove(start: usize) {
    let removed = regions().all.remove(&start);
    if let Some(region) = removed.filter(|region| !region.is_in) {
        protect(start, region.length, region.access);
    }
}

/// The pages that begin at `start` are not pageable any more, and stay as they are: in or out. `None`
/// if they were not pageable.
#[must_use]
pub fn forget(start: usize) -> Option<Paged> {
    let region = regions().all.remove(&start)?;
    Some(if region.is_in { Paged::In } else { Paged::Out })
}

/// True if the memory at `address` is pageable.
#[must_use]
pub fn is_pageable(address: usize) -> bool {
    around(&mut regions().all, address).is_some()
}

/// Takes everything out.
#[inline]
pub(super) fn trim() {
    if ANY_IN.load(Ordering::SeqCst) && ANY_IN.swap(false, Ordering::SeqCst) {
        page_out();
    }
}

fn page_out() {
    let mut regions = regions();
    let Regions { all, brought_in } = &mut *regions;
    if STAYS_IN.load(Ordering::Relaxed) {
        return brought_in.clear();
    }
    let thread = ThreadMark::of_this_thread();
    brought_in.retain(|start| {
        let unlocked = |region: &&mut Region| region.is_in && region.locks == 0;
        let Some(region) = all.get_mut(start).filter(unlocked) else {
            return false;
        };
        let is_taken = region.is_taken_by(thread);
        if is_taken {
            protect(*start, region.length, ProtFlags::PROT_NONE);
            region.is_in = false;
        }
        !is_taken
    });
    if !brought_in.is_empty() {
        ANY_IN.store(true, Ordering::SeqCst);
    }
}

/// Keeps the pageable memory around `address` in, until an [`unlock`]. Returns where it begins; `None`
/// if it is not pageable.
pub(super) fn lock(address: usize) -> Option<usize> {
    let mut regions = regions();
    let (start, region) = around(&mut regions.all, address)?;
    region.locks += 1;
    if !region.is_in {
        region.bring_in(start);
    }
    Some(start)
}

/// Undoes a [`lock`] of the memory that begins at `start`.
pub(super) fn unlock(start: usize) {
    let mut regions = regions();
    let Regions { all, brought_in } = &mut *regions;
    if let Some(region) = all.get_mut(&start) {
        region.locks = region.locks.saturating_sub(1);
        brought_in.push(start);
        ANY_IN.store(true, Ordering::SeqCst);
    }
}

/// Pages in the memory at `address`, where a thread's access `wanted` faulted. Returns false if the
/// memory is not pageable, or does not allow the access. Called by the fault handler.
pub(super) fn bring_in(address: usize, wanted: ProtFlags) -> bool {
    let mut regions = regions();
    let Regions { all, brought_in } = &mut *regions;
    let Some((start, region)) = around(all, address) else {
        return false;
    };
    // Another thread may have paged it in since the fault; the access is then retried, too.
    if !region.is_in {
        region.bring_in(start);
        brought_in.push(start);
        ANY_IN.store(true, Ordering::SeqCst);
    }
    region.access.contains(wanted)
}

/// Whether `address`, where a thread's access `wanted` faulted, was paged out then.
pub(super) fn was_out(address: usize, wanted: ProtFlags) -> bool {
    around(&mut regions().all, address).is_some_and(|(_, region)| region.access.contains(wanted))
}

fn around(regions: &mut BTreeMap<usize, Region>, address: usize) -> Option<(usize, &mut Region)> {
    let (start, region) = regions.range_mut(..=address).next_back()?;
    (address - start < region.length).then_some((*start, region))
}

fn protect(start: usize, length: usize, access: ProtFlags) {
    let Some(first) = NonNull::new(std::ptr::with_exposed_provenance_mut(start)) else {
        return;
    };
    // SAFETY: whole pages of a mapping whose owner has them here for exactly this.
    let protected = unsafe { mprotect(first, length, access) };
    debug_assert!(protected.is_ok());
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::irql::{Irql, lower, raise};
    use crate::testing::{expect_stop, run_alone};
    use crate::{fault_handler, pool};

    const TAG: u32 = u32::from_le_bytes(*b"Test");

    /// A paged block, which has been taken out.
    fn taken_out() -> NonNull<u8> {
        fault_handler::install().unwrap();
        let block = pool::allocate(false, 100, TAG).unwrap();
        lower(raise(Irql::DISPATCH));
        block
    }

    #[test]
    fn below_dispatch_level_pages_come_in_with_their_contents() {
        let block = taken_out();
        // SAFETY: the first byte of a block that is allocated.
        unsafe { block.write_volatile(7) };
        lower(raise(Irql::DISPATCH));
        // SAFETY: as above.
        assert_eq!(unsafe { block.read_volatile() }, 7);
        lower(raise(Irql::DISPATCH));
        pool::free(block.addr().get(), Some(TAG));
    }

    #[test]
    fn locked_memory_stays_in() {
        let block = taken_out();
        let start = lock(block.addr().get()).unwrap();
        let old = raise(Irql::DISPATCH);
        // SAFETY: the first byte of a block that is allocated and stays in.
        unsafe { block.write_volatile(7) };
        lower(old);
        unlock(start);
        lower(raise(Irql::DISPATCH));
        assert!(was_out(block.addr().get(), ProtFlags::PROT_READ));
        pool::free(block.addr().get(), Some(TAG));
    }

    #[test]
    fn memory_that_is_to_stay_in_has_no_faults() {
        run_alone!(|| {
            set_staying_in(true);
            let block = pool::allocate(false, 100, TAG).unwrap();
            let old = raise(Irql::DISPATCH);
            // SAFETY: the first byte of a block that is allocated; nothing handles a fault.
            unsafe { block.write_volatile(7) };
            lower(old);
            assert!(is_pageable(block.addr().get()));
            pool::free(block.addr().get(), Some(TAG));
        });
    }

    /// How many of so many raises of this thread take out a block that another thread uses.
    fn taken_from_its_user(raises: u32) -> usize {
        let block = taken_out().addr();
        let use_it = || bring_in(block.get(), ProtFlags::PROT_READ);
        let taken = (0..raises).filter(|_| {
            assert!(thread::scope(|scope| scope.spawn(use_it).join().unwrap()));
            lower(raise(Irql::DISPATCH));
            !around(&mut regions().all, block.get()).unwrap().1.is_in
        });
        let taken = taken.count();
        pool::free(block.get(), Some(TAG));
        taken
    }

    #[test]
    fn memory_in_use_elsewhere_is_taken_often_and_then_seldom() {
        run_alone!(|| {
            assert_eq!(taken_from_its_user(OFTEN), 64);
            assert_eq!(taken_from_its_user(OFTEN + 10 * SELDOM), 64 + 10);
        });
    }

    #[test]
    fn at_dispatch_level_a_touch_stops() {
        let report = expect_stop!(|| {
            let block = taken_out();
            raise(Irql::DISPATCH);
            // SAFETY: none; the fault is what is tested.
            let _ = unsafe { block.read_volatile() };
        });
        assert!(report.contains("0x0000000A"), "{report}");
        assert!(
            report.contains("at DISPATCH_LEVEL, which is pageable"),
            "{report}"
        );
    }
}
