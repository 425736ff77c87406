//! Which threads own each `ERESOURCE`, and which wait for it.

use std::collections::BTreeMap;

use parking_lot::{Condvar, Mutex};

/// How a thread acquires a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceAccess {
    /// Alone.
    Exclusive,
    /// With others; behind threads that wait for it alone, unless this thread owns it.
    Shared,
    /// With others, before threads that wait for it alone.
    SharedFirst,
    /// With others, behind threads that wait for it alone.
    SharedLast,
}

/// The state of a resource.
#[derive(Debug, Default)]
pub(super) struct ResourceState {
    /// How often each owner has acquired it, by thread object.
    owners: BTreeMap<usize, u32>,
    /// Whether its only owner has it alone.
    is_exclusive: bool,
    waiting_exclusive: u32,
    waiting_shared: u32,
}

static STATES: Mutex<BTreeMap<usize, ResourceState>> = Mutex::new(BTreeMap::new());
static RELEASED: Condvar = Condvar::new();

/// A resource begins at this address.
pub(super) fn insert(resource: usize) {
    STATES.lock().insert(resource, ResourceState::default());
}

/// There is none any more.
pub(super) fn remove(resource: usize) {
    STATES.lock().remove(&resource);
}

/// Runs `read` with the state of a resource, if there is one.
pub(super) fn with<R>(resource: usize, read: impl FnOnce(&mut ResourceState) -> R) -> Option<R> {
    STATES.lock().get_mut(&resource).map(read)
}

/// Lets the waiting threads try again.
pub(super) fn wake() {
    RELEASED.notify_all();
}

/// Acquires the resource for a thread, and waits for it if `wait`. Whether the thread has it; `None` if
/// there is no resource.
pub(super) fn acquire(
    resource: usize,
    thread: usize,
    access: ResourceAccess,
    wait: bool,
) -> Option<bool> {
    let mut states = STATES.lock();
    if states.get_mut(&resource)?.try_acquire(thread, access) {
        return Some(true);
    }
    if !wait {
        return Some(false);
    }
    *states.get_mut(&resource)?.waiting(access) += 1;
    loop {
        RELEASED.wait(&mut states);
        let state = states.get_mut(&resource)?;
        if state.try_acquire(thread, access) {
            *state.waiting(access) -= 1;
            return Some(true);
        }
    }
}

impl ResourceState {
    /// Whether a thread owns it.
    pub(super) fn is_owned(&self) -> bool {
        !self.owners.is_empty()
    }

    /// Whether this thread has it alone.
    pub(super) fn is_exclusive_of(&self, thread: usize) -> bool {
        self.is_exclusive && self.owners.contains_key(&thread)
    }

    /// How often this thread has acquired it.
    pub(super) fn times_of(&self, thread: usize) -> u32 {
        self.owners.get(&thread).copied().unwrap_or_default()
    }

    /// How many threads wait for it alone, or with others.
    pub(super) const fn waiters(&self, exclusive: bool) -> u32 {
        if exclusive {
            self.waiting_exclusive
        } else {
            self.waiting_shared
        }
    }

    /// Whether this thread shares it and asks for it alone.
    pub(super) fn waits_for_itself(&self, thread: usize, access: ResourceAccess) -> bool {
        access == ResourceAccess::Exclusive
            && !self.is_exclusive
            && self.owners.contains_key(&thread)
    }

    /// Releases one acquisition of a thread. How many are left; `None` if it owns nothing.
    pub(super) fn release(&mut self, thread: usize) -> Option<u32> {
        let times = self.owners.get_mut(&thread)?;
        *times -= 1;
        let left = *times;
        if left == 0 {
            self.owners.remove(&thread);
            self.is_exclusive = false;
        }
        Some(left)
    }

    /// The thread that has it alone shares it from now on; false if it does not have it alone.
    pub(super) fn share(&mut self, thread: usize) -> bool {
        let was_exclusive = self.is_exclusive_of(thread);
        if was_exclusive {
            self.is_exclusive = false;
        }
        was_exclusive
    }

    fn try_acquire(&mut self, thread: usize, access: ResourceAccess) -> bool {
        if !self.allows(thread, access) {
            return false;
        }
        if access == ResourceAccess::Exclusive {
            self.is_exclusive = true;
        }
        *self.owners.entry(thread).or_default() += 1;
        true
    }

    fn allows(&self, thread: usize, access: ResourceAccess) -> bool {
        if self.is_exclusive_of(thread) {
            return true;
        }
        let is_owner = self.owners.contains_key(&thread);
        match access {
            ResourceAccess::Exclusive => self.owners.is_empty(),
            ResourceAccess::SharedFirst => !self.is_exclusive,
            ResourceAccess::Shared => {
                !self.is_exclusive && (is_owner || self.waiting_exclusive == 0)
            }
            ResourceAccess::SharedLast => !self.is_exclusive && self.waiting_exclusive == 0,
        }
    }

    const fn waiting(&mut self, access: ResourceAccess) -> &mut u32 {
        match access {
            ResourceAccess::Exclusive => &mut self.waiting_exclusive,
            ResourceAccess::Shared | ResourceAccess::SharedFirst | ResourceAccess::SharedLast => {
                &mut self.waiting_shared
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: usize = 0x100;
    const OTHER: usize = 0x200;

    #[test]
    fn one_thread_has_a_resource_alone_and_again() {
        let mut state = ResourceState::default();
        assert!(state.try_acquire(ONE, ResourceAccess::Exclusive));
        assert!(!state.try_acquire(OTHER, ResourceAccess::SharedFirst));
        assert!(state.try_acquire(ONE, ResourceAccess::Shared));
        assert_eq!((state.release(ONE), state.release(OTHER)), (Some(1), None));
        assert!(state.share(ONE));
        assert!(state.try_acquire(OTHER, ResourceAccess::Shared));
        assert_eq!(state.release(ONE), Some(0));
    }

    #[test]
    fn a_waiting_exclusive_thread_comes_before_new_sharers() {
        let mut state = ResourceState::default();
        assert!(state.try_acquire(ONE, ResourceAccess::Shared));
        *state.waiting(ResourceAccess::Exclusive) += 1;
        assert!(!state.try_acquire(OTHER, ResourceAccess::Shared));
        assert!(state.try_acquire(ONE, ResourceAccess::Shared));
        assert!(!state.try_acquire(ONE, ResourceAccess::SharedLast));
        assert!(state.try_acquire(OTHER, ResourceAccess::SharedFirst));
    }
}
