//! One call of the driver through the function table.

use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::{self, Rule};

use crate::documented_statuses::Statuses;
use crate::driver_binding::{DriverBinding, DriverGlobals};
use crate::violation::{self, Violation};

/// What the documentation says of a function.
pub(crate) struct FunctionRules {
    /// The function's name.
    pub(crate) name: &'static str,
    /// The highest IRQL at which it may be called.
    pub(crate) limit: Irql,
    /// The statuses with which fault injection can make a call fail.
    pub(crate) failures: Statuses,
}

/// Which function was called, and by which driver.
pub(crate) struct FrameworkCall {
    /// The function.
    pub(crate) function: &'static FunctionRules,
    /// The calling driver.
    pub(crate) binding: &'static DriverBinding,
}

impl FrameworkCall {
    /// The beginning of every function. Stops the host if `globals` is not what a driver received when
    /// it was bound.
    #[inline]
    pub(crate) fn enter(function: &'static FunctionRules, globals: *mut DriverGlobals) -> Self {
        let Some(binding) = DriverBinding::of_globals(globals) else {
            stop_for_globals(function.name, globals);
        };
        Self { function, binding }
    }

    /// Whether the IRQL is one at which the function may be called. Otherwise the host stops; or the call
    /// fails, as with the framework's verifier.
    #[inline]
    pub(crate) fn is_at_its_level(&self) -> bool {
        const PASSIVE: Rule = Rule::named("irql::a_passive_framework_function_at_dispatch");
        const OTHER: Rule = Rule::named("irql::a_framework_function_above_dispatch");
        let limit = self.function.limit;
        let rule = if limit < Irql::DISPATCH {
            PASSIVE
        } else {
            OTHER
        };
        self.is_at_most(limit, rule)
    }

    /// As [`FrameworkCall::is_at_its_level`], for another limit, which is a rule of its own.
    #[inline]
    pub(crate) fn is_at_most(&self, limit: Irql, rule: Rule) -> bool {
        let Some(report) = irql::too_high(self.function.name, limit) else {
            return true;
        };
        on_windows::broken(rule, report);
        false
    }

    /// Stops the host because the parameter `name` is NULL.
    pub(crate) fn null(&self, name: &str) -> ! {
        violation::stop(
            Violation::RequiredParameterIsNull,
            0,
            0,
            format!("{}: {name} is NULL", self.function.name),
        )
    }

    /// Stops the host because the driver broke a rule of this function.
    pub(crate) fn violation(&self, violation: Violation, subject: usize, rule: &str) -> ! {
        violation::stop(
            violation,
            subject,
            0,
            format!("{}: {rule}", self.function.name),
        )
    }

    /// As [`FrameworkCall::violation`], for a rule after which Windows may go on: see
    /// [`violation::broken`].
    pub(crate) fn broken(&self, rule: Rule, violation: Violation, subject: usize, words: &str) {
        let words = format!("{}: {words}", self.function.name);
        violation::broken(rule, violation, subject, words);
    }
}

#[cold]
fn stop_for_globals(function: &str, globals: *mut DriverGlobals) -> ! {
    violation::stop(
        Violation::InvalidHandle,
        globals.addr(),
        0,
        format!("{function}: DriverGlobals are not those that the driver was bound with"),
    )
}
