//! Many changes in one call.

mod entry;
mod outcome;
mod set;

use abi::apply::{APPLY_ATOMIC, APPLY_DRY_RUN, BATCH_ENTRIES_MAX};
use abi::{ApplyEntry, ApplyHeader};
use zerocopy::IntoBytes;

use crate::error::Error;

pub use entry::{Entry, EntryChange};
pub use outcome::{EntryFailure, EntryOutcome, EntryResult, Outcome, Verdict};
pub use set::RouteSet;

/// Changes of the route table that the driver makes in one call, in order. See
/// [`Device::apply`](crate::Device::apply).
///
/// Each entry succeeds or fails alone, unless the batch is [`atomic`](Self::atomic).
///
/// ```
/// use ipforward::{Batch, Entry, Interface, IpNet, Route};
///
/// let destination: IpNet = "10.20.0.0/16".parse()?;
/// let route = Route::new(destination, Interface::Index(7)).via([192, 0, 2, 254]);
/// let old: IpNet = "10.30.0.0/16".parse()?;
/// let batch = Batch::new()
///     .with(Entry::upsert(&route).lease().guard())
///     .with(Entry::delete(&Route::new(old, Interface::Index(7)).key()))
///     .atomic();
/// assert_eq!(batch.entries().len(), 2);
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a batch changes nothing until it is applied"]
pub struct Batch {
    entries: Vec<Entry>,
    flags: u32,
}

impl Batch {
    /// The maximum number of entries in a batch.
    pub const ENTRIES_MAX: u32 = BATCH_ENTRIES_MAX;

    /// A batch without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry and returns the batch.
    pub fn with(mut self, entry: Entry) -> Self {
        self.push(entry);
        self
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Makes the batch atomic: all entries succeed or none takes effect. The first failure ends the
    /// batch, and the driver rolls back the earlier entries in reverse order.
    pub fn atomic(mut self) -> Self {
        self.flags |= APPLY_ATOMIC;
        self
    }

    /// Makes the batch a dry run: it changes nothing, and its outcome reports what it would do.
    pub fn dry_run(mut self) -> Self {
        self.flags |= APPLY_DRY_RUN;
        self
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, in order, without a copy of them.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// True if the batch is [atomic](Self::atomic).
    #[must_use]
    pub const fn is_atomic(&self) -> bool {
        self.flags & APPLY_ATOMIC != 0
    }

    pub(crate) const fn flags(&self) -> u32 {
        self.flags
    }
}

impl Extend<Entry> for Batch {
    fn extend<T: IntoIterator<Item = Entry>>(&mut self, entries: T) {
        self.entries.extend(entries);
    }
}

impl FromIterator<Entry> for Batch {
    fn from_iter<T: IntoIterator<Item = Entry>>(entries: T) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            flags: 0,
        }
    }
}

/// Writes the input of `APPLY` for these entries in place of what is in `input`. Returns their number.
pub(crate) fn to_wire(entries: &[Entry], flags: u32, input: &mut Vec<u8>) -> Result<u32, Error> {
    let count = u32::try_from(entries.len())
        .ok()
        .filter(|count| *count <= Batch::ENTRIES_MAX)
        .ok_or(Error::TooManyEntries {
            count: entries.len(),
            max: Batch::ENTRIES_MAX,
        })?;
    let header = ApplyHeader {
        flags,
        count,
        reserved: 0,
    };
    let length = size_of::<ApplyHeader>() + entries.len() * size_of::<ApplyEntry>();
    input.clear();
    input.reserve(length);
    input.extend_from_slice(header.as_bytes());
    for entry in entries {
        input.extend_from_slice(ApplyEntry::from(entry).as_bytes());
    }
    Ok(count)
}
