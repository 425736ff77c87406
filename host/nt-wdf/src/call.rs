//! One call of the driver through the function table.

use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::{self, Rule};

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
    /// The beginning of every function. Stops the host if `globals` is not what a driver received when
    /// it was bound.
    pub(crate) fn enter(
        function: &'static str,
        globals: *mut DriverGlobals,
        failures: Statuses,
    ) -> Self {
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

    /// Whether the IRQL is one at which the function may be called, up to `limit`. Otherwise the host
    /// stops; or the call fails, as with the framework's verifier.
    #[inline]
    pub(crate) fn is_at_most(&self, limit: Irql) -> bool {
        const PASSIVE: Rule = Rule::named("irql::a_passive_framework_function_at_dispatch");
        const OTHER: Rule = Rule::named("irql::a_framework_function_above_dispatch");
        let rule = if limit < Irql::DISPATCH {
            PASSIVE
        } else {
            OTHER
        };
        self.obeys(rule, limit)
    }

    /// As [`FrameworkCall::is_at_most`], for a function with a rule of its own.
    #[inline]
    pub(crate) fn obeys(&self, rule: Rule, limit: Irql) -> bool {
        let report = irql::too_high(self.function, limit);
        report
            .map(|report| on_windows::broken(rule, report))
            .is_none()
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
