//! One call of the driver through the function table.

use std::sync::Arc;

use super::binding::{Binding, DriverGlobals};
use super::failures::Statuses;
use super::handle::{self, Any, Handle, Kind};
use super::object::{Body, Object, Ref};
use super::violation::{self, Violation};
use crate::kernel::irql::{self, Irql};

/// Which function was called, and by which driver.
pub(crate) struct Call {
    /// The function's name.
    pub(crate) function: &'static str,
    /// The calling driver.
    pub(crate) binding: Arc<Binding>,
    /// The statuses with which it can be made to fail.
    pub(super) failures: Statuses,
}

impl Call {
    /// The beginning of every function: stops the machine if the IRQL is above the function's
    /// limit, or the driver's globals are not the driver's.
    pub(crate) fn enter(
        function: &'static str,
        limit: Irql,
        globals: *mut DriverGlobals,
        failures: Statuses,
    ) -> Self {
        irql::require_at_most(function, limit);
        let Some(binding) = Binding::of_globals(globals) else {
            violation::stop(
                Violation::InvalidHandle,
                globals.addr(),
                0,
                format!("{function}: DriverGlobals are not those that the driver was bound with"),
            );
        };
        Self {
            function,
            binding,
            failures,
        }
    }

    /// Stops the machine because the parameter `name` is NULL.
    pub(crate) fn null(&self, name: &str) -> ! {
        violation::stop(
            Violation::RequiredParameterIsNull,
            0,
            0,
            format!("{}: {name} is NULL", self.function),
        )
    }

    /// The object of type `T` behind `handle`; stops the machine if there is none.
    pub(crate) fn object<T: Body>(&self, handle: Handle<T>, name: &str) -> Ref<T> {
        let object = self.find(handle.0, name, T::KIND.name());
        if object.kind() != T::KIND {
            self.wrong_type(handle.0, name, T::KIND.name(), object.kind());
        }
        self.require_usable(&object, name);
        Ref::new(object)
    }

    /// As [`Call::object`], or `None` for NULL.
    pub(crate) fn optional_object<T: Body>(&self, handle: Handle<T>, name: &str) -> Option<Ref<T>> {
        (handle.0 != 0).then(|| self.object(handle, name))
    }

    /// The object behind `handle`, of whatever type.
    pub(crate) fn any_object(&self, handle: Handle<Any>, name: &str) -> Arc<Object> {
        let object = self.remains(handle, name);
        self.require_usable(&object, name);
        object
    }

    /// As [`Call::any_object`], but what is kept by a reference only will do: for the functions
    /// that may be used until the object is destroyed.
    pub(crate) fn remains(&self, handle: Handle<Any>, name: &str) -> Arc<Object> {
        self.find(handle.0, name, "object")
    }

    /// Stops the machine because the driver broke a rule of this function.
    pub(crate) fn violation(&self, violation: Violation, subject: usize, rule: &str) -> ! {
        violation::stop(violation, subject, 0, format!("{}: {rule}", self.function))
    }

    fn find(&self, handle: usize, name: &str, expected: &str) -> Arc<Object> {
        if handle == 0 {
            self.null(name);
        }
        if let Some(object) = handle::find(handle) {
            return object;
        }
        let found = match handle::kind_of(handle) {
            Some(Kind::Request) => {
                let stack = handle::ended(handle);
                format!(
                    "{handle:#x} is a WDFREQUEST that has been completed; completed here:\n{stack}"
                )
            }
            Some(kind) => {
                let (kind, stack) = (kind.name(), handle::ended(handle));
                format!("{handle:#x} is a {kind} that has been deleted; deleted here:\n{stack}")
            }
            None => format!("{handle:#x} is no handle"),
        };
        self.invalid(handle, &format!("{name} has to be a {expected}; {found}"))
    }

    fn require_usable(&self, object: &Object, name: &str) {
        if object.is_cleaned_up() {
            let ended = match object.kind() {
                Kind::Request => "completed",
                _ => "deleted",
            };
            self.invalid(
                object.handle(),
                &format!(
                    "{name} is a {} that has been {ended}; a reference keeps its memory, nothing \
                     else; {ended} here:\n{}",
                    object.kind().name(),
                    object.ended()
                ),
            );
        }
    }

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
