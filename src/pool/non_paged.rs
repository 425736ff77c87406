//! Values in nonpaged pool: memory that is there at every IRQL.

use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use abi::NtStatus;

use super::{POOL_ALIGNMENT, PoolKind};

/// One value in nonpaged pool, freed when dropped. May be used up to `DISPATCH_LEVEL`.
pub(crate) struct NonPaged<T>(NonNull<T>);

impl<T: Copy> NonPaged<T> {
    /// Moves a value into nonpaged pool.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no pool left.
    pub(crate) fn new(value: T) -> Result<Self, NtStatus> {
        const { assert!(align_of::<T>() <= POOL_ALIGNMENT && size_of::<T>() > 0) };
        let block = super::allocate(PoolKind::NonPaged, size_of::<T>())
            .ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let place = block.cast::<T>();
        // SAFETY: the pool block is as large as `T`, aligned for it (asserted above) and ours.
        unsafe { place.write(value) };
        Ok(Self(place))
    }

    /// The value's address, for a call that reads it.
    pub(crate) const fn as_ptr(&self) -> *const T {
        self.0.as_ptr()
    }

    /// The address of a kernel object that only the kernel's functions touch, in any thread.
    pub(crate) const fn as_shared_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// The value's address, for a call that writes it.
    pub(crate) const fn as_mut_ptr(&mut self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T> Deref for NonPaged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the block holds a `T` from `new` until `drop`, and a mutable pointer to it is
        // given out against `&mut self` only.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for NonPaged<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the block holds a `T` from `new` until `drop`, and `self` is borrowed mutably.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for NonPaged<T> {
    fn drop(&mut self) {
        // SAFETY: the block came from `allocate` and is freed here only.
        unsafe { super::free(PoolKind::NonPaged, self.0.cast()) }
    }
}
