//! Which object a handle belongs to, and where the objects that are gone were deleted.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

use nt_kernel::address_map::AddressMap;
use nt_kernel::stack::Stack;
use parking_lot::{Mutex, RwLock};

use super::Object;

static OBJECTS: LazyLock<RwLock<AddressMap<Arc<Object>>>> = LazyLock::new(RwLock::default);

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
pub(crate) fn find(handle: usize) -> Option<Arc<Object>> {
    OBJECTS.read().get(&handle).cloned()
}
