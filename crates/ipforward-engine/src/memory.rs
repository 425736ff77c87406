//! How much memory handles take, and its limits.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::NtStatus;
use abi::memory::{BATCH_BYTES_MAX, BATCH_BYTES_PER_HANDLE_MAX};

/// A number of bytes. Sums and products saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bytes(u64);

impl Bytes {
    /// So many bytes.
    pub(crate) const fn new(bytes: usize) -> Self {
        Self(bytes as u64)
    }

    /// A limit of the contract.
    pub(crate) const fn limit(bytes: u32) -> Self {
        Self(bytes as u64)
    }

    /// The number.
    #[cfg(test)]
    pub(crate) const fn count(self) -> u64 {
        self.0
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(crate) const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub(crate) const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as u64))
    }
}

/// Bytes that several threads may take and give back at once.
#[derive(Debug, Default)]
pub(crate) struct AtomicBytes(AtomicU64);

impl AtomicBytes {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The bytes that are taken now.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> Bytes {
        Bytes(self.0.load(Ordering::Relaxed))
    }

    /// Takes bytes, unless there would be more than `limit`. Returns whether it did.
    fn take(&self, bytes: Bytes, limit: Bytes) -> bool {
        let within = |taken| {
            let sum = Bytes(taken).plus(bytes);
            (sum <= limit).then_some(sum.0)
        };
        let updated = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, within);
        updated.is_ok()
    }

    fn give_back(&self, bytes: Bytes) {
        self.0.fetch_sub(bytes.0, Ordering::Relaxed);
    }
}

/// The memory of one batch: counted for its handle and for all handles together until it is dropped.
#[derive(Debug)]
pub(crate) struct BatchMemory<'a> {
    of_handle: &'a AtomicBytes,
    of_all: &'a AtomicBytes,
    bytes: Bytes,
}

impl<'a> BatchMemory<'a> {
    /// The memory of a batch that has none yet.
    pub(crate) const fn new(of_handle: &'a AtomicBytes, of_all: &'a AtomicBytes) -> Self {
        Self {
            of_handle,
            of_all,
            bytes: Bytes::new(0),
        }
    }

    /// Counts memory that the batch is about to allocate.
    ///
    /// # Errors
    ///
    /// `STATUS_QUOTA_EXCEEDED`: the batches of the handle would have too much, or those of all
    /// handles. Nothing is counted then.
    pub(crate) fn take(&mut self, bytes: Bytes) -> Result<(), NtStatus> {
        let of_handle = Bytes::limit(BATCH_BYTES_PER_HANDLE_MAX);
        if !self.of_handle.take(bytes, of_handle) {
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        if !self.of_all.take(bytes, Bytes::limit(BATCH_BYTES_MAX)) {
            self.of_handle.give_back(bytes);
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        self.bytes = self.bytes.plus(bytes);
        Ok(())
    }
}

impl Drop for BatchMemory<'_> {
    fn drop(&mut self) {
        self.of_handle.give_back(self.bytes);
        self.of_all.give_back(self.bytes);
    }
}

/// The memory of a batch of which a test does not count the bytes.
#[cfg(test)]
impl Default for BatchMemory<'_> {
    fn default() -> Self {
        static OF_HANDLE: AtomicBytes = AtomicBytes::new();
        static OF_ALL: AtomicBytes = AtomicBytes::new();
        Self::new(&OF_HANDLE, &OF_ALL)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const MEGABYTE: Bytes = Bytes::limit(1 << 20);

    /// The bytes of a driver with some handles.
    #[derive(Default)]
    struct Fixture {
        all: AtomicBytes,
        handles: [AtomicBytes; 12],
    }

    impl Fixture {
        fn batch_of(&self, handle: usize) -> BatchMemory<'_> {
            BatchMemory::new(&self.handles[handle], &self.all)
        }

        fn megabytes_of(&self, handle: usize) -> u64 {
            self.handles[handle].taken().count() >> 20
        }

        fn megabytes_of_all(&self) -> u64 {
            self.all.taken().count() >> 20
        }
    }

    #[test]
    fn batches_of_a_handle_have_a_limit_and_others_go_on() {
        let fixture = Fixture::default();
        let mut batch = fixture.batch_of(0);
        batch.take(MEGABYTE.times(31)).unwrap();
        let mut second = fixture.batch_of(0);
        second.take(MEGABYTE).unwrap();
        assert_eq!(second.take(Bytes::new(1)), Err(NtStatus::QUOTA_EXCEEDED));
        assert_eq!(fixture.batch_of(1).take(MEGABYTE.times(32)), Ok(()));
        drop(batch);
        assert_eq!(second.take(MEGABYTE.times(31)), Ok(()));
        assert_eq!(fixture.megabytes_of(0), 32);
    }

    #[test]
    fn batches_of_all_handles_have_a_limit() {
        let fixture = Fixture::default();
        let mut batches: Vec<_> = (0..8).map(|handle| fixture.batch_of(handle)).collect();
        for batch in &mut batches {
            batch.take(MEGABYTE.times(32)).unwrap();
        }
        let mut late = fixture.batch_of(8);
        assert_eq!(late.take(Bytes::new(1)), Err(NtStatus::QUOTA_EXCEEDED));
        assert_eq!(
            (fixture.megabytes_of(8), fixture.megabytes_of_all()),
            (0, 256)
        );
        batches.pop();
        assert_eq!(late.take(MEGABYTE.times(32)), Ok(()));
    }

    proptest! {
        #[test]
        fn batches_give_back_what_they_took(
            steps in proptest::collection::vec((0..12_usize, 0..40_u32, any::<bool>()), 0..200)
        ) {
            let fixture = Fixture::default();
            let mut batches = Vec::new();
            for (handle, megabytes, ends_one) in steps {
                if ends_one && !batches.is_empty() {
                    batches.swap_remove(handle % batches.len());
                }
                let mut batch = fixture.batch_of(handle);
                let _ = batch.take(MEGABYTE.times(megabytes));
                batches.push(batch);
                let sum: u64 = (0..12).map(|handle| fixture.megabytes_of(handle)).sum();
                prop_assert_eq!(fixture.megabytes_of_all(), sum);
                prop_assert!(sum <= 256 && (0..12).all(|handle| fixture.megabytes_of(handle) <= 32));
            }
            drop(batches);
            prop_assert_eq!(fixture.megabytes_of_all(), 0);
        }
    }
}
