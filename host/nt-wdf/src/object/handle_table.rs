//! Which object a handle belongs to, and where the objects that are gone were deleted.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Weak};

use nt_kernel::address_map::AddressMap;
use nt_kernel::stack::Stack;
use parking_lot::{Mutex, RwLock};

use super::Object;
use crate::handle;

static OBJECTS: LazyLock<RwLock<AddressMap<Arc<Object>>>> = LazyLock::new(RwLock::default);

/// How many handles a thread remembers.
const FOUND_MAX: usize = 8;

thread_local! {
    /// What this thread has found last, so that threads that use the same handles again and again do
    /// not wait for each other. A handle is never given again: what was found is right until the object
    /// is cleaned up.
    static FOUND: RefCell<[(usize, Weak<Object>); FOUND_MAX]> =
        const { RefCell::new([const { (0, Weak::new()) }; FOUND_MAX]) };
}

/// How many deletions are remembered.
const ENDED_MAX: usize = 4_096;

/// The handles that became stale last, each with the call stack of its object's deletion.
static ENDED: Mutex<VecDeque<(usize, Stack)>> = Mutex::new(VecDeque::new());

/// The call stack that deleted the object of this stale handle; empty if it is no longer remembered.
pub(crate) fn ended(handle: usize) -> Stack {
    let all = ENDED.lock();
    let found = all.iter().rev().find(|(known, _)| *known == handle);
    found.map_or_else(Stack::default, |(_, stack)| stack.clone())
}

/// Makes the object's handle valid.
pub(super) fn register(object: Arc<Object>) {
    OBJECTS.write().insert(object.handle(), object);
}

/// Makes the handle stale.
pub(super) fn unregister(handle: usize, ended: Stack) {
    let mut all = ENDED.lock();
    if all.len() == ENDED_MAX {
        all.pop_front();
    }
    all.push_back((handle, ended));
    drop(all);
    // Dropped after the lock: an object's drop may unregister others.
    let object = OBJECTS.write().remove(&handle);
    drop(object);
}

/// The object behind `handle`, of any type.
#[inline]
pub(crate) fn find(handle: usize) -> Option<Arc<Object>> {
    found_before(handle).or_else(|| find_registered(handle))
}

fn found_before(handle: usize) -> Option<Arc<Object>> {
    // If this is the last reference, the object is dropped outside: its drop may look for others.
    let object = FOUND.with_borrow(|found| {
        let (known, object) = &found[place_of(handle)];
        (*known == handle).then(|| object.upgrade()).flatten()
    });
    object.filter(|object| !object.is_cleaned_up())
}

#[cold]
fn find_registered(handle: usize) -> Option<Arc<Object>> {
    let object = OBJECTS.read().get(&handle).cloned()?;
    let found = (handle, Arc::downgrade(&object));
    FOUND.with_borrow_mut(|all| all[place_of(handle)] = found);
    Some(object)
}

/// Where a thread remembers what it has found for a handle.
fn place_of(handle: usize) -> usize {
    handle::serial(handle) % FOUND_MAX
}
