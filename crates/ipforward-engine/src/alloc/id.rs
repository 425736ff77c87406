//! Typed ids of the values in a slab.

use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU32;

use abi::NtStatus;

/// The id of a `T` in its slab. `Option<Id<T>>` takes four bytes, too.
pub(crate) struct Id<T> {
    /// The index of the slot, plus one.
    number: NonZeroU32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of the slot with this index; `None` if there are no ids for so many slots.
    pub(crate) fn from_index(index: usize) -> Option<Self> {
        let number = u32::try_from(index).ok()?.checked_add(1)?;
        Some(Self {
            number: NonZeroU32::new(number)?,
            of: PhantomData,
        })
    }

    /// The index of the slot.
    pub(crate) const fn index(self) -> usize {
        // Cannot wrap: the number is not zero.
        self.number.get().wrapping_sub(1) as usize
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.index())
    }
}

/// No value has this id: it was freed, or never existed. Only a defect of the engine leads here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StaleId;

impl From<StaleId> for NtStatus {
    fn from(_: StaleId) -> Self {
        Self::UNSUCCESSFUL
    }
}

/// A stale id fails a test. The driver itself continues, because the other records are sound.
pub(crate) fn assert_live<T>(result: Result<T, StaleId>) -> Option<T> {
    debug_assert!(result.is_ok(), "an id without a value");
    result.ok()
}
