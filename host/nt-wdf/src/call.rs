//! One call of the driver through the function table.

use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::Rule;

use crate::documented_statuses::Statuses;
use crate::driver_binding::{DriverBinding, DriverGlobals};
use crate::violation::{self, Violation};

/// Which function was called, and by which driver.
pub(crate) struct FrameworkCall {
    /// The function's name.
    pub(crate) function: &'static str,
    /// The calling driver.
    pub(crate) binding: &'static DriverBinding,
    /// The statuses with which fault injection can make the call fail.
    pub(crate) failures: Statuses,
}

impl FrameworkCall {
    /// The beginning of every function. Stops the host if the IRQL is above the function's limit,
    /// or if `globals` is not what a driver received when it was bound.
    pub(crate) fn enter(
        function: &'static str,
        limit: Irql,
        globals: *mut DriverGlobals,
        failures: Statuses,
    ) -> Self {
        irql::require_at_most(function, limit);
        let Some(binding) = DriverBinding::of_globals(globals) else {
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

    /// Stops the host because the parameter `name` is NULL.
    pub(crate) fn null(&self, name: &str) -> ! {
        violation::stop(
            Violation::RequiredParameterIsNull,
            0,
            0,
            format!("{}: {name} is NULL", self.function),
        )
    }

    /// Stops the host because the driver broke a rule of this function.
    pub(crate) fn violation(&self, violation: Violation, subject: usize, rule: &str) -> ! {
        violation::stop(violation, subject, 0, format!("{}: {rule}", self.function))
    }

    /// As [`FrameworkCall::violation`], for a rule after which Windows may go on: see
    /// [`violation::broken`].
    pub(crate) fn broken(&self, rule: Rule, violation: Violation, subject: usize, words: &str) {
        let words = format!("{}: {words}", self.function);
        violation::broken(rule, violation, subject, words);
    }
}
