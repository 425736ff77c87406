//! Nonpaged pool: memory that is there at every IRQL.

use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use abi::NtStatus;
use wdk_sys::POOL_FLAG_NON_PAGED;
use wdk_sys::ntddk::{ExAllocatePool2, ExFreePoolWithTag};

/// The tag of all pool that this driver allocates: `IpFw` in a memory dump.
const TAG: u32 = u32::from_le_bytes(*b"IpFw");

/// The alignment of pool memory on a 64-bit system (`MEMORY_ALLOCATION_ALIGNMENT`).
const POOL_ALIGNMENT: usize = 16;

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
        // SAFETY: size and tag are not zero, and callers are at `DISPATCH_LEVEL` or below: all of
        // this driver is.
        let memory = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, size_of::<T>() as u64, TAG) };
        let place = NonNull::new(memory.cast::<T>()).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        // SAFETY: the pool block is as large as `T`, aligned for it (asserted above) and ours.
        unsafe { place.write(value) };
        Ok(Self(place))
    }

    /// The value's address, for a call that reads it.
    pub(crate) const fn as_ptr(&self) -> *const T {
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
        // SAFETY: the block came from `ExAllocatePool2` with this tag and is freed here only.
        unsafe { ExFreePoolWithTag(self.0.as_ptr().cast(), TAG) }
    }
}
