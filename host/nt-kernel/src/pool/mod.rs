//! The kernel pool: each block has an owner's tag, bounds that are watched, and an end.
//!
//! A block lies on pages of its own between two guard pages, and ends where its last
//! page ends, so that the first byte beyond it faults (`guarded`). When there are too many for
//! that, blocks come from the heap with a watched margin (`plain`), as Driver Verifier's special
//! pool does. A freed block is kept unusable for a while, to catch a use after the free.

mod blocks;
mod guarded;
mod plain;
mod unverified;

use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;

use super::active_objects;
use super::bugcheck::{
    self, BAD_POOL_CALLER, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_NOT_LESS_OR_EQUAL,
    SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, StopCode,
};
use super::callback_guard;
use super::irql::{self, Irql};
use super::locks;
use super::resource_tracker;
use super::stack::Stack;
use super::verification;

pub use unverified::keep_freed_memory;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Size of a page, in bytes.
pub const PAGE_SIZE: usize = 4096;
/// Alignment of every block on x64, in bytes. A block of a page or more starts a page.
pub const ALIGNMENT: usize = 16;
/// What the resource tracker calls a pool block.
pub const TRACKED_KIND: &str = "pool";

/// `BAD_POOL_CALLER`: a request for no bytes.
const NO_BYTES: u64 = 0;
/// `BAD_POOL_CALLER`: the block has been freed before.
const FREED_TWICE: u64 = 7;
/// `BAD_POOL_CALLER`: another tag than the allocation's.
const WRONG_TAG: u64 = 0xA;
/// `BAD_POOL_CALLER`: an address that was never in any pool.
const NEVER_IN_POOL: u64 = 0x42;
/// `BAD_POOL_CALLER`: a tag of zero.
const NO_TAG: u64 = 0x9B;
/// Driver Verifier: paged pool taken above `APC_LEVEL`; one more means nonpaged above
/// `DISPATCH_LEVEL`.
const TAKEN_TOO_HIGH: u64 = 1;
/// Driver Verifier: paged pool freed above `APC_LEVEL`; one more means nonpaged above
/// `DISPATCH_LEVEL`.
const FREED_TOO_HIGH: u64 = 0x11;
/// Driver Verifier: written past the end of the block.
const OVERRUN: u64 = 0x52;
/// Special pool: bytes of the same page have been written that are not the block's.
const UNDERRUN: u64 = 0x23;

/// A block that is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolBlock {
    /// Its first byte.
    pub address: usize,
    /// Its size as asked for, in bytes.
    pub size: usize,
    /// Whether it may be touched at `DISPATCH_LEVEL`.
    pub nonpaged: bool,
    /// The owner's tag.
    pub tag: u32,
}

impl fmt::Display for PoolBlock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.nonpaged { "nonpaged" } else { "paged" };
        let tag = tag_text(self.tag);
        write!(formatter, "{} bytes, {kind}, tag '{tag}'", self.size)
    }
}

impl PoolBlock {
    /// The documented number of its pool type: 0 nonpaged, 1 paged.
    fn pool_type(&self) -> u64 {
        u64::from(!self.nonpaged)
    }

    /// The highest IRQL at which such a block may be taken or freed.
    fn limit(&self) -> Irql {
        if self.nonpaged {
            Irql::DISPATCH
        } else {
            Irql::APC
        }
    }
}

/// A tag as its owner wrote it: four characters, the first in the lowest byte.
#[must_use]
pub fn tag_text(tag: u32) -> String {
    tag.to_le_bytes()
        .map(|byte| {
            if byte.is_ascii_graphic() || byte == b' ' {
                char::from(byte)
            } else {
                '.'
            }
        })
        .iter()
        .collect()
}

/// Allocates `size` bytes, zeroed, for the owner `tag`; `None` if there is no memory. The caller
/// owns them until [`free`]. Up to `DISPATCH_LEVEL`, paged memory up to `APC_LEVEL`. No bytes and
/// no tag stop the machine.
#[must_use]
pub fn allocate(nonpaged: bool, size: usize, tag: u32) -> Option<NonNull<u8>> {
    if !verification::is_on() {
        let block = unverified::allocate(size)?;
        block.expose_provenance();
        return Some(block);
    }
    let mut block = PoolBlock {
        address: 0,
        size,
        nonpaged,
        tag,
    };
    require_sound(&block);
    let (address, backing) = blocks::take(size)?;
    block.address = address.addr().get();
    if !nonpaged {
        backing.make_pageable(&block);
    }
    blocks::insert(block, backing);
    TAKEN.set(TAKEN.get() + 1);
    resource_tracker::record(TRACKED_KIND, block.address, block);
    Some(address)
}

/// How many blocks this thread has ever taken.
#[must_use]
pub fn taken_by_this_thread() -> usize {
    TAKEN.get()
}

/// Frees the block at `address`, which must not be touched any more. With a tag, it must be the
/// allocation's. Up to `DISPATCH_LEVEL`, paged memory up to `APC_LEVEL`.
pub fn free(address: usize, tag: Option<u32>) {
    if !verification::is_on() {
        return unverified::free(address);
    }
    let Some((block, backing)) = blocks::remove(address) else {
        stop_bad_address(address);
    };
    if irql::current() > block.limit() {
        stop_too_high(&block, FREED_TOO_HIGH, "freed", address);
    }
    if let Some(held) = locks::held_within(block.address..block.address + block.size) {
        stop(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            [
                callback_guard::HELD_LOCK,
                to_u64(held.lock),
                to_u64(address),
                0,
            ],
            format!(
                "{block}, was freed with {held}{}",
                where_allocated(&block).trim_start_matches("; ")
            ),
        );
    }
    let memory = block.address..block.address + block.size;
    active_objects::require_none_within(&memory, "pool memory was freed");
    if let Some(used) = tag.filter(|tag| *tag != block.tag) {
        stop(
            BAD_POOL_CALLER,
            [WRONG_TAG, to_u64(address), block.tag.into(), used.into()],
            format!(
                "{block}, was freed with the tag '{}'{}",
                tag_text(used),
                where_allocated(&block)
            ),
        );
    }
    if let Some(offset) = backing.overrun(&block) {
        stop(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            [OVERRUN, to_u64(address), 0, to_u64(block.size)],
            format!(
                "{block}, was written past its end, at offset {offset}{}",
                where_allocated(&block)
            ),
        );
    }
    if let Some(offset) = backing.underrun(&block) {
        stop(
            SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION,
            [
                to_u64(address),
                to_u64(address - offset),
                to_u64(block.size),
                UNDERRUN,
            ],
            format!(
                "{block}, was written before its start, at offset -{offset}{}",
                where_allocated(&block)
            ),
        );
    }
    let stacks = Stacks {
        allocated: resource_tracker::take(TRACKED_KIND, address).unwrap_or_default(),
        freed: Stack::capture(),
    };
    blocks::retire(block, backing, stacks);
}

/// The allocated block that has `address`, if there is one. Any IRQL.
#[must_use]
pub fn contains(address: usize) -> Option<PoolBlock> {
    blocks::around(address)
}

/// Stops the machine if `address`, which `function` is about to touch at `DISPATCH_LEVEL` or to have
/// touched there, lies in paged memory.
pub fn require_resident(function: &str, address: usize) {
    let Some(block) = contains(address).filter(|block| !block.nonpaged) else {
        return;
    };
    let level = irql::current().max(Irql::DISPATCH);
    stop(
        IRQL_NOT_LESS_OR_EQUAL,
        [to_u64(address), level.0.into(), 0, 0],
        format!(
            "{function} touches {address:#x} at {level}, which is pageable: {block}{}",
            where_allocated(&block)
        ),
    );
}

/// Bytes and blocks that are allocated now.
#[must_use]
pub fn usage() -> (usize, usize) {
    blocks::usage()
}

/// Gives every later block pages of its own (the default) or none. Without, a wrong access is found
/// when the block is freed or not at all, and allocating is much faster.
pub fn set_guarding(guard: bool) {
    blocks::set_guarding(guard);
}

/// The tag of the allocated block that has `address`.
pub(crate) fn tag_at(address: usize) -> Option<u32> {
    blocks::around(address).map(|block| block.tag)
}

/// The tag of the freed block that had `address`.
pub(crate) fn former_tag_at(address: usize) -> Option<u32> {
    blocks::freed(address).map(|(block, _)| block.tag)
}

/// What an access to `address` did wrong, if it is near a block or in one that was freed.
#[must_use]
pub fn explain_fault(address: usize) -> Option<String> {
    blocks::explain(address)
}

/// The paged block that has `address`, and where it was allocated. Runs when the machine is about to
/// stop: it does not wait.
#[must_use]
pub(super) fn explain_paged(address: usize) -> Option<String> {
    let block = blocks::try_around(address)?;
    Some(format!("{block}{}", where_allocated(&block)))
}

/// Where the block was allocated, in words.
fn where_allocated(block: &PoolBlock) -> String {
    let stack = resource_tracker::stack_of(TRACKED_KIND, block.address);
    format!("; allocated here:\n{stack}")
}

/// The beginning and the end of a block.
#[derive(Clone, Debug)]
struct Stacks {
    allocated: Stack,
    freed: Stack,
}

impl fmt::Display for Stacks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { allocated, freed } = self;
        write!(
            formatter,
            "freed here:\n{freed}  allocated here:\n{allocated}"
        )
    }
}

fn require_sound(block: &PoolBlock) {
    let level = irql::current();
    if block.size == 0 {
        stop(
            BAD_POOL_CALLER,
            [NO_BYTES, 0, block.pool_type(), block.tag.into()],
            "pool memory of no bytes was asked for".to_owned(),
        );
    }
    if block.tag == 0 {
        stop(
            BAD_POOL_CALLER,
            [NO_TAG, block.pool_type(), to_u64(block.size), 0],
            "pool memory without a tag was asked for".to_owned(),
        );
    }
    if level > block.limit() {
        stop_too_high(block, TAKEN_TOO_HIGH, "asked for", block.size);
    }
}

fn stop_too_high(block: &PoolBlock, cause: u64, verb: &str, last: usize) -> ! {
    let level = irql::current();
    stop(
        DRIVER_VERIFIER_DETECTED_VIOLATION,
        [
            cause + u64::from(block.nonpaged),
            level.0.into(),
            block.pool_type(),
            to_u64(last),
        ],
        format!(
            "{block}, was {verb} at {level}; it may be up to {}",
            block.limit()
        ),
    )
}

fn stop_bad_address(address: usize) -> ! {
    let (cause, rule) = match (blocks::freed(address), contains(address)) {
        (Some((block, stacks)), _) if block.address == address => (
            FREED_TWICE,
            format!("the block {address:#x} ({block}) was freed twice; {stacks}"),
        ),
        (_, Some(block)) => (
            NEVER_IN_POOL,
            format!(
                "{address:#x} was freed, which lies {} bytes into a block ({block})",
                address - block.address
            ),
        ),
        _ => (
            NEVER_IN_POOL,
            format!(
                "{address:#x} was freed, which is not pool memory{}",
                resource_tracker::describe(address)
            ),
        ),
    };
    stop(BAD_POOL_CALLER, [cause, to_u64(address), 0, 0], rule)
}

fn stop(code: StopCode, parameters: [u64; 4], rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code,
        parameters,
        rule,
    })
}

/// An address or a size, as a stop code's parameter.
fn to_u64(value: usize) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests;
