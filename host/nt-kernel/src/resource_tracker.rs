//! The resource tracker: the resources that the driver has acquired and must release.
//!
//! Each allocator and each constructor records the resources that it hands out, and removes the
//! record when the driver releases the resource. A resource that is still recorded after the driver
//! has been unloaded is a leak.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::address_map::AddressHash;
use crate::stack::Stack;
use crate::verification;

/// What a report says of an entry.
pub trait Detail: fmt::Display + fmt::Debug + Send + Sync {}

impl<T: fmt::Display + fmt::Debug + Send + Sync> Detail for T {}

/// A resource that the driver has not released.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is: `pool`, `WDFREQUEST`, `MIB table`.
    pub kind: &'static str,
    /// Where it is, or the handle's value.
    pub address: usize,
    /// More details: size, tag, name. Written out for reports only.
    pub detail: Arc<dyn Detail>,
    /// Its place in the order of creation.
    pub order: u64,
    /// The driver's calls that led to its creation.
    pub stack: Stack,
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            address,
            detail,
            order,
            stack,
        } = self;
        write!(formatter, "#{order} {kind} {address:#x}: {detail}\n{stack}")
    }
}

/// What an entry is found by. Its hash is that of the address alone.
#[derive(PartialEq, Eq)]
struct Key {
    kind: &'static str,
    address: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.address);
    }
}

type Entries = HashMap<Key, Entry, AddressHash>;

static ENTRIES: LazyLock<Mutex<Entries>> = LazyLock::new(Mutex::default);
static ORDER: AtomicU64 = AtomicU64::new(1);

/// Records that `address`, a `kind`, has been handed out. Any IRQL.
///
/// Without verification nothing is recorded, and everything counts as outstanding.
pub fn record(kind: &'static str, address: usize, detail: impl Detail + 'static) {
    record_at(kind, address, detail, Stack::capture());
}

/// As [`record`], for something that these calls led to.
pub fn record_at(kind: &'static str, address: usize, detail: impl Detail + 'static, stack: Stack) {
    if !verification::is_on() {
        return;
    }
    let entry = Entry {
        kind,
        address,
        detail: Arc::new(detail),
        order: ORDER.fetch_add(1, Ordering::Relaxed),
        stack,
    };
    entries().insert(Key { kind, address }, entry);
}

/// Records that `address` has been given back, and says whether it was outstanding. Any IRQL.
#[expect(
    clippy::must_use_candidate,
    reason = "an owner that knows of its record need not ask"
)]
pub fn release(kind: &'static str, address: usize) -> bool {
    !verification::is_on() || take(kind, address).is_some()
}

/// As [`release`]; the result is the calls that led to the creation.
pub(crate) fn take(kind: &'static str, address: usize) -> Option<Stack> {
    let entry = entries().remove(&Key { kind, address })?;
    Some(entry.stack)
}

/// The calls that led to the creation of `address`, none if it is not outstanding. Does not wait:
/// none either if another thread uses the tracker.
#[must_use]
pub fn stack_of(kind: &'static str, address: usize) -> Stack {
    let entries = ENTRIES.try_lock();
    let entry = entries.ok().and_then(|entries| {
        let entry = entries.get(&Key { kind, address })?;
        Some(entry.stack.clone())
    });
    entry.unwrap_or_default()
}

/// What `address` is, if it has been handed out as something: words to put behind others.
#[must_use]
pub fn describe(address: usize) -> String {
    let Ok(entries) = ENTRIES.try_lock() else {
        return String::new();
    };
    let found = entries.values().find(|entry| entry.address == address);
    found.map_or_else(String::new, |entry| {
        let Entry {
            kind,
            detail,
            stack,
            ..
        } = entry;
        format!("; it is a {kind} ({detail}), created here:\n{stack}")
    })
}

/// The resources that the driver has not released, in order of creation.
#[must_use]
pub fn outstanding() -> Vec<Entry> {
    let mut list: Vec<Entry> = entries().values().cloned().collect();
    list.sort_by_key(|entry| entry.order);
    list
}

fn entries() -> MutexGuard<'static, Entries> {
    ENTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_back_is_outstanding_in_order_of_creation() {
        const KIND: &str = "tracker test";
        for address in [30, 10, 20] {
            record(KIND, address, format!("number {address}"));
        }
        assert!(release(KIND, 10));
        let left: Vec<usize> = outstanding()
            .into_iter()
            .filter(|entry| entry.kind == KIND)
            .map(|entry| entry.address)
            .collect();
        assert_eq!(left, [30, 20]);
        assert!(release(KIND, 20) && release(KIND, 30));
    }

    #[test]
    fn what_was_never_handed_out_cannot_be_given_back() {
        assert!(!release("tracker test of strangers", 1));
    }
}
