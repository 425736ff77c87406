//! The pageable memory that MDLs keep in.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::pool::PAGE_SIZE;
use crate::{paging, resource_tracker};

/// What the resource tracker calls locked pages.
const TRACKED_KIND: &str = "locked pages";

/// The beginnings of the pageable memory that each MDL keeps in.
static LOCKED: Mutex<BTreeMap<usize, Vec<usize>>> = Mutex::new(BTreeMap::new());

/// Keeps the buffer of an MDL in.
pub(super) fn lock(mdl: usize, address: usize, length: usize) {
    let mut starts = Vec::new();
    let first = address - address % PAGE_SIZE;
    for page in (first..address + length).step_by(PAGE_SIZE) {
        starts.extend(paging::lock(page.max(address)));
    }
    LOCKED.lock().insert(mdl, starts);
    resource_tracker::record(TRACKED_KIND, mdl, format!("of an MDL for {length} bytes"));
}

/// Does not keep it in any more.
pub(super) fn unlock(mdl: usize) {
    for start in LOCKED.lock().remove(&mdl).unwrap_or_default() {
        paging::unlock(start);
    }
    resource_tracker::release(TRACKED_KIND, mdl);
}

/// Whether the memory at `address` is pageable.
pub(super) fn is_pageable(address: usize) -> bool {
    paging::is_pageable(address)
}
