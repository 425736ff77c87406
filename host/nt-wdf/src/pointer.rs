//! Pointers that a driver passes: what it may leave out, and what it must not.

use nt_io::unicode::UnicodeString;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::status;

/// The address of an input of the driver, or NULL.
///
/// # Invariants
///
/// It is NULL or points to a `T` that stays readable during the call, and so does the text of a
/// `UNICODE_STRING`: a driver promises that when it calls through the function table, and only such
/// a call (or a reference) makes a value.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct In<T>(*const T);

impl<T: Copy> In<T> {
    /// The value, or `None` for NULL.
    pub(crate) fn optional(self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not NULL, so readable by the type's invariant.
        Some(unsafe { self.0.read_unaligned() })
    }

    /// The value; stops the host for NULL.
    pub(crate) fn required(self, call: &FrameworkCall, name: &str) -> T {
        self.optional().unwrap_or_else(|| call.null(name))
    }

    /// A structure that begins with its own size; stops the host for NULL.
    ///
    /// # Errors
    ///
    /// `STATUS_INFO_LENGTH_MISMATCH` if the size is another one.
    pub(crate) fn sized(self, call: &FrameworkCall, name: &str) -> Result<T, NtStatus> {
        let size: In<u32> = In(self.0.cast());
        if size.required(call, name) as usize != size_of::<T>() {
            return Err(status::INFO_LENGTH_MISMATCH);
        }
        Ok(self.required(call, name))
    }

    /// The place at this address, which the driver has given.
    pub(crate) fn at(address: usize) -> Self {
        Self(std::ptr::with_exposed_provenance(address))
    }

    /// The same place, as a larger structure that begins with `T`.
    pub(crate) fn cast<U>(self) -> In<U> {
        In(self.0.cast())
    }

    /// Its value.
    pub(crate) fn address(self) -> usize {
        self.0.addr()
    }
}

impl In<UnicodeString> {
    /// The text, or `None` for NULL.
    pub(crate) fn optional_text(self) -> Option<String> {
        // SAFETY: the text is readable by the type's invariant.
        self.optional().map(|string| unsafe { string.text() })
    }

    /// The text; stops the host for NULL.
    pub(crate) fn required_text(self, call: &FrameworkCall, name: &str) -> String {
        self.optional_text().unwrap_or_else(|| call.null(name))
    }
}

#[cfg(test)]
impl<T> In<T> {
    pub(crate) const NULL: Self = Self(core::ptr::null());

    pub(crate) fn from(value: &T) -> Self {
        Self(core::ptr::from_ref(value))
    }
}

/// The address for an output to the driver, or NULL.
///
/// # Invariants
///
/// It is NULL or points to a place for a `T` that stays writable during the call.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Writes `value`, unless it is NULL.
    pub(crate) fn set(self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, so writable by the type's invariant.
            unsafe { self.0.write_unaligned(value) };
        }
    }

    /// Itself, if it is not NULL; stops the host otherwise.
    pub(crate) fn required(self, call: &FrameworkCall, name: &str) -> Self {
        if self.0.is_null() {
            call.null(name);
        }
        self
    }

    /// Whether there is nowhere to write.
    pub(crate) fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

impl<T: Copy> Out<T> {
    /// The same address as an input.
    pub(crate) fn as_in(self) -> In<T> {
        In(self.0)
    }
}

#[cfg(test)]
impl<T> Out<T> {
    pub(crate) const NULL: Self = Self(core::ptr::null_mut());

    pub(crate) fn from(value: &mut T) -> Self {
        Self(core::ptr::from_mut(value))
    }
}
