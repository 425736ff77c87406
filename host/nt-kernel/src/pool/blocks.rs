//! Which blocks there are, and those that have been: the latter stay unusable for a while.

use std::collections::{BTreeMap, VecDeque};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::guarded::{self, Pages};
use super::plain::{self, Margin};
use super::{PAGE_SIZE, PoolBlock, Stacks, where_allocated};
use crate::paging;

/// Blocks with pages of their own at one time. Each costs the system two mappings, as does a freed one
/// until its pages are unmapped; a process has some 65,000.
const GUARDED_MAX: usize = 16_384;
/// Freed blocks that are kept unusable.
const QUARANTINE_BLOCKS: usize = 4_096;
/// Freed bytes that are kept unusable.
const QUARANTINE_BYTES: usize = 64 << 20;

/// The memory under a block.
#[derive(Debug)]
pub(super) enum Backing {
    /// Pages of its own.
    Guarded(Pages),
    /// The heap.
    Plain(Margin),
}

impl Backing {
    /// The offset of a byte behind the block that has been written, if one was.
    pub(super) fn overrun(&self, block: &PoolBlock) -> Option<usize> {
        match self {
            Self::Guarded(_) => guarded::overrun(block),
            Self::Plain(_) => plain::overrun(block),
        }
    }

    /// How far before the block a byte has been written, if one was.
    pub(super) fn underrun(&self, block: &PoolBlock) -> Option<usize> {
        match self {
            Self::Guarded(_) => guarded::underrun(block),
            Self::Plain(_) => None,
        }
    }

    /// Lets the pages of a block be taken out. A block of the heap has none of its own.
    pub(super) fn make_pageable(&self, block: &PoolBlock) {
        if let Self::Guarded(_) = self {
            paging::add(guarded::pages_of(block), guarded::accessible());
        }
    }

    /// Poisons a freed block, so that a use after the free is seen.
    fn poison(&self, block: &PoolBlock) {
        match self {
            Self::Guarded(pages) => pages.forbid(),
            Self::Plain(_) => plain::fill_freed(block),
        }
    }
}

struct Freed {
    block: PoolBlock,
    backing: Backing,
    stacks: Stacks,
}

struct Pool {
    live: BTreeMap<usize, (PoolBlock, Backing)>,
    guarded: usize,
    freed: BTreeMap<usize, Freed>,
    freed_order: VecDeque<usize>,
    freed_bytes: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    live: BTreeMap::new(),
    guarded: 0,
    freed: BTreeMap::new(),
    freed_order: VecDeque::new(),
    freed_bytes: 0,
});
static GUARDING: AtomicBool = AtomicBool::new(true);

/// Memory for a block of `size` bytes, zeroed.
pub(super) fn take(size: usize) -> Option<(NonNull<u8>, Backing)> {
    let guard = GUARDING.load(Ordering::Relaxed) && pool().guarded < GUARDED_MAX;
    let guarded = if guard { guarded::take(size) } else { None };
    match guarded {
        Some((address, pages)) => Some((address, Backing::Guarded(pages))),
        None => plain::take(size).map(|(address, margin)| (address, Backing::Plain(margin))),
    }
}

pub(super) fn insert(block: PoolBlock, backing: Backing) {
    let mut pool = pool();
    pool.guarded += usize::from(matches!(backing, Backing::Guarded(_)));
    pool.live.insert(block.address, (block, backing));
}

pub(super) fn remove(address: usize) -> Option<(PoolBlock, Backing)> {
    let mut pool = pool();
    let (block, backing) = pool.live.remove(&address)?;
    pool.guarded -= usize::from(matches!(backing, Backing::Guarded(_)));
    drop(pool);
    if !block.nonpaged {
        paging::remove(guarded::pages_of(&block).start);
    }
    Some((block, backing))
}

/// Puts a freed block away, and gives back the memory of those that have been away long enough.
pub(super) fn retire(block: PoolBlock, backing: Backing, stacks: Stacks) {
    backing.poison(&block);
    let mut pool = pool();
    pool.freed_bytes += block.size;
    pool.freed_order.push_back(block.address);
    let freed = Freed {
        block,
        backing,
        stacks,
    };
    pool.freed.insert(block.address, freed);
    while pool.freed_order.len() > QUARANTINE_BLOCKS || pool.freed_bytes > QUARANTINE_BYTES {
        let Some(oldest) = pool.freed_order.pop_front() else {
            break;
        };
        if let Some(freed) = pool.freed.remove(&oldest) {
            pool.freed_bytes -= freed.block.size;
            release(freed);
        }
    }
}

fn release(freed: Freed) {
    match freed.backing {
        Backing::Guarded(pages) => guarded::release(pages, &freed.block),
        Backing::Plain(margin) => {
            if let Some(offset) = plain::written_after_free(&freed.block) {
                plain::stop_used_after_free(&freed.block, offset, &freed.stacks);
            }
            margin.give_back(&freed.block);
        }
    }
}

/// The allocated block that has `address`.
pub(super) fn around(address: usize) -> Option<PoolBlock> {
    let pool = pool();
    let (_, (block, _)) = pool.live.range(..=address).next_back()?;
    (address < block.address + block.size).then_some(*block)
}

/// The allocated block whose pages have `address`; `None`, too, if that cannot be looked at without
/// waiting.
pub(super) fn try_around(address: usize) -> Option<PoolBlock> {
    let pool = POOL.try_lock().ok()?;
    let mut near = pool.live.range(..=address.next_multiple_of(PAGE_SIZE));
    let (_, (block, _)) = near.next_back()?;
    guarded::pages_of(block)
        .contains(&address)
        .then_some(*block)
}

/// The freed block that had `address`, and its two ends.
pub(super) fn freed(address: usize) -> Option<(PoolBlock, Stacks)> {
    let pool = pool();
    let (_, freed) = pool.freed.range(..=address).next_back()?;
    let Freed { block, stacks, .. } = freed;
    (address < block.address + block.size).then(|| (*block, stacks.clone()))
}

pub(super) fn usage() -> (usize, usize) {
    let pool = pool();
    let bytes = pool.live.values().map(|(block, _)| block.size).sum();
    (bytes, pool.live.len())
}

pub(super) fn set_guarding(guard: bool) {
    GUARDING.store(guard, Ordering::Relaxed);
}

/// See [`super::explain_fault`]. Runs when the machine is about to stop, on a thread that may hold
/// the pool: it does not wait.
pub(super) fn explain(address: usize) -> Option<String> {
    let pool = POOL.try_lock().ok()?;
    if let Some((_, freed)) = pool.freed.range(..=address).next_back() {
        let Freed { block, stacks, .. } = freed;
        if address < (block.address + block.size).next_multiple_of(PAGE_SIZE) {
            return Some(format!(
                "{} bytes into a freed block ({block}); {stacks}",
                address - block.address
            ));
        }
    }
    let before = pool.live.range(..=address).next_back();
    let after = pool.live.range(address..).next().map(|(_, live)| live.0);
    if let Some((_, (block, _))) = before {
        let end = block.address + block.size;
        if address >= end && address < end + 2 * PAGE_SIZE {
            return Some(format!(
                "{} bytes past the end of a block ({block}){}",
                address - end,
                where_allocated(block)
            ));
        }
    }
    let block = after.filter(|block| block.address - address < 2 * PAGE_SIZE)?;
    Some(format!(
        "{} bytes before a block ({block}){}",
        block.address - address,
        where_allocated(&block)
    ))
}

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}
