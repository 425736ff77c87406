//! The objects that a driver passes to a function by their handles.

use std::sync::Arc;

use super::{Body, HandleTag, Object, Ref, handle_table};
use crate::call::FrameworkCall;
use crate::handle::{self, Handle, Kind, WdfObject};
use crate::violation::{self, Violation};

impl FrameworkCall {
    /// The object behind `handle`; stops the host if it is not one of the handle's type.
    #[inline]
    pub(crate) fn object<T: HandleTag>(&self, handle: Handle<T>, name: &str) -> Ref<T::Body> {
        let expected = T::Body::KIND;
        let object = self.find(handle.0, name, expected.name());
        if object.kind() != expected {
            self.wrong_type(handle.0, name, expected.name(), object.kind());
        }
        self.require_usable(&object, name);
        Ref::new(object)
    }

    /// As [`FrameworkCall::object`], or `None` for NULL.
    pub(crate) fn optional_object<T: HandleTag>(
        &self,
        handle: Handle<T>,
        name: &str,
    ) -> Option<Ref<T::Body>> {
        (handle.0 != 0).then(|| self.object(handle, name))
    }

    /// The object behind `handle`, of any type.
    pub(crate) fn any_object(&self, handle: WdfObject, name: &str) -> Arc<Object> {
        let object = self.referenced_object(handle, name);
        self.require_usable(&object, name);
        object
    }

    /// As [`FrameworkCall::any_object`], but the object may already be deleted and kept by a reference only:
    /// for the functions that may be used until the object is destroyed.
    pub(crate) fn referenced_object(&self, handle: WdfObject, name: &str) -> Arc<Object> {
        self.find(handle.0, name, "object")
    }

    #[inline]
    fn find(&self, handle: usize, name: &str, expected: &str) -> Arc<Object> {
        handle_table::find(handle).unwrap_or_else(|| self.not_found(handle, name, expected))
    }

    /// Stops the host for a handle that is none.
    #[cold]
    fn not_found(&self, handle: usize, name: &str, expected: &str) -> ! {
        if handle == 0 {
            self.null_handle(name, expected);
        }
        let found = match handle::kind_of(handle) {
            Some(Kind::Request) => {
                let stack = handle_table::ended(handle);
                format!(
                    "{handle:#x} is a WDFREQUEST that has been completed; completed here:\n{stack}"
                )
            }
            Some(kind) => {
                let (kind, stack) = (kind.name(), handle_table::ended(handle));
                format!("{handle:#x} is a {kind} that has been deleted; deleted here:\n{stack}")
            }
            None => format!("{handle:#x} is no handle"),
        };
        self.invalid(handle, &format!("{name} has to be a {expected}; {found}"))
    }

    /// Stops the host for a handle that is NULL, as the framework does: not for a parameter that is NULL.
    fn null_handle(&self, name: &str, expected: &str) -> ! {
        /// The framework's number of a handle of any type. Those of single types are not documented.
        const ANY_OBJECT: u64 = 0x1000;
        let detail = if expected == "object" { ANY_OBJECT } else { 0 };
        let rule = format!("{}: {name} is NULL", self.function.name);
        violation::stop(Violation::InvalidHandle, 0, detail, rule)
    }

    #[inline]
    fn require_usable(&self, object: &Object, name: &str) {
        if object.is_cleaned_up() {
            self.cleaned_up(object, name);
        }
    }

    /// Stops the host for an object that only references keep.
    #[cold]
    fn cleaned_up(&self, object: &Object, name: &str) -> ! {
        let ended = match object.kind() {
            Kind::Request => "completed",
            _ => "deleted",
        };
        self.invalid(
            object.handle(),
            &format!(
                "{name} is a {} that has been {ended}; a reference keeps its memory, nothing else; \
                 {ended} here:\n{}",
                object.kind().name(),
                object.ended()
            ),
        )
    }

    #[cold]
    fn wrong_type(&self, handle: usize, name: &str, expected: &str, found: Kind) -> ! {
        self.invalid(
            handle,
            &format!("{name} has to be a {expected}; this is a {}", found.name()),
        )
    }

    fn invalid(&self, handle: usize, rule: &str) -> ! {
        self.violation(Violation::InvalidHandle, handle, rule)
    }
}
