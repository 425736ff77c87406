//! Pointers that a driver passes to NETIO.

use std::fmt;

use nt_types::NtStatus;

/// The address of an input of the driver, or NULL.
///
/// # Invariants
///
/// It is NULL or points to a `T` that stays readable during the call: a driver promises that when
/// it calls an export, and only such a call makes a value.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct In<T>(*const T);

impl<T: Copy> In<T> {
    /// The value, or `None` for NULL.
    pub(super) fn optional(self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not NULL, so readable by the type's invariant.
        Some(unsafe { self.0.read_unaligned() })
    }

    /// The value, or `STATUS_INVALID_PARAMETER` for NULL.
    pub(super) fn required(self) -> Result<T, NtStatus> {
        self.optional().ok_or(NtStatus::INVALID_PARAMETER)
    }
}

/// The address for an output to the driver, or NULL.
///
/// # Invariants
///
/// It is NULL or points to a place for a `T` that stays writable during the call.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// Itself, or `STATUS_INVALID_PARAMETER` for NULL.
    pub(super) fn required(self) -> Result<Self, NtStatus> {
        if self.0.is_null() {
            Err(NtStatus::INVALID_PARAMETER)
        } else {
            Ok(self)
        }
    }

    /// The same address as an input, for a parameter that is input and output.
    pub(super) fn input(self) -> In<T> {
        In(self.0)
    }

    /// Writes `value`, unless it is NULL.
    pub(super) fn set(self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, so writable by the type's invariant.
            unsafe { self.0.write_unaligned(value) };
        }
    }
}

/// A pointer of the driver's that is only handed back to it.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Default))]
#[repr(transparent)]
pub(super) struct Context(usize);

impl fmt::Display for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}
