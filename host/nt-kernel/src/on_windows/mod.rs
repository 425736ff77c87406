//! What Windows does when a driver breaks a rule, for `nthost run --as-windows`.
//!
//! The host is stricter than Windows: it stops at the call that breaks a rule. When it [imitates]
//! Windows, it stops only where Windows with Driver Verifier and the framework's verifier does, with
//! the parameters of that bugcheck. A rule that neither a page nor a measurement decides stops the
//! host as always, and so does what this host lacks.
//!
//! [imitates]: imitate

mod io_table;
mod kernel_table;
mod reaction;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};

pub use reaction::WindowsReaction;

use crate::bugcheck::{
    self, BugCheck, KMODE_EXCEPTION_NOT_HANDLED, SYSTEM_SERVICE_EXCEPTION,
    SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, StopCode,
};
use crate::irql::{self, Irql};
use crate::process::{self, Mode};
use crate::stack::Stack;
use crate::{warning, watchdog};

static IMITATING: AtomicBool = AtomicBool::new(false);

/// Stops only where Windows does, from now on.
pub fn imitate() {
    IMITATING.store(true, Ordering::Relaxed);
    bugcheck::edit_with(of_unhandled_exception);
}

/// Whether the host stops only where Windows does.
#[must_use]
pub fn imitating() -> bool {
    IMITATING.load(Ordering::Relaxed)
}

/// A page of `docs/host` with rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesPage {
    /// Those of drivers in general, and of KMDF drivers.
    General,
    /// Those of the kernel's objects.
    Kernel,
    /// Those of the I/O manager.
    Wdm,
}

impl RulesPage {
    const ALL: [Self; 3] = [Self::General, Self::Kernel, Self::Wdm];

    /// The name of its file.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::General => "rules.md",
            Self::Kernel => "kernel.md",
            Self::Wdm => "wdm.md",
        }
    }

    const fn table(self) -> &'static [(&'static str, WindowsReaction)] {
        match self {
            Self::General => table::RULES,
            Self::Kernel => kernel_table::RULES,
            Self::Wdm => io_table::RULES,
        }
    }
}

/// A rule of one of the [pages](RulesPage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    name: &'static str,
    reaction: WindowsReaction,
}

impl Rule {
    /// The rule of this name, as in `locks::a_wait_lock_is_taken_twice`. For use in constants, where a
    /// wrong name does not compile.
    ///
    /// # Panics
    ///
    /// If there is no such rule.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let mut page = 0;
        while page < RulesPage::ALL.len() {
            if let Some(rule) = Self::in_table(name, RulesPage::ALL[page].table()) {
                return rule;
            }
            page += 1;
        }
        panic!("no rule has this name");
    }

    const fn in_table(name: &str, table: &[(&'static str, WindowsReaction)]) -> Option<Self> {
        let mut index = 0;
        while index < table.len() {
            let (known, reaction) = table[index];
            if is_same(known, name) {
                return Some(Self {
                    name: known,
                    reaction,
                });
            }
            index += 1;
        }
        None
    }
}

const fn is_same(first: &str, second: &str) -> bool {
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let mut index = 0;
    while index < first.len() && index < second.len() && first[index] == second[index] {
        index += 1;
    }
    index == first.len() && index == second.len()
}

/// The rules of `page` by their names, and the reaction of Windows to each.
pub fn rules(page: RulesPage) -> impl Iterator<Item = (&'static str, WindowsReaction)> {
    page.table().iter().copied()
}

/// The driver has broken `rule`. Stops the machine. If the host imitates Windows, it waits where
/// Windows does, until the watchdog reports that; and it returns, after a warning, where Windows lets
/// the driver go on: the caller does then what Windows does. Any IRQL.
pub fn broken(rule: Rule, report: BugCheck) {
    let Rule { name, reaction } = rule;
    if !imitating() {
        bugcheck::stop(report);
    }
    match reaction {
        WindowsReaction::BugCheck(code, first) => {
            let [_, second, third, fourth] = report.parameters;
            bugcheck::stop(BugCheck {
                code: StopCode::of_driver(code),
                parameters: [first, second, third, fourth],
                ..report
            })
        }
        WindowsReaction::WaitsForEver => watchdog::wait_for_ever(&report.rule),
        _ if reaction.lets_the_driver_go_on() => {
            let (text, stack) = (report.rule.trim_end(), Stack::capture());
            let windows = reaction.in_words();
            warning(format!("{name}: {text}; Windows: {windows}\n{stack}").trim_end());
        }
        _ => bugcheck::stop(report),
    }
}

/// The bugcheck of Windows for an exception that nothing handles: it depends on the thread.
fn of_unhandled_exception(report: &BugCheck) -> BugCheck {
    let is_exception = report.code == KMODE_EXCEPTION_NOT_HANDLED;
    if !is_exception || irql::current() >= Irql::DISPATCH {
        return report.clone();
    }
    let [status, address, ..] = report.parameters;
    let code = match process::current().mode {
        Mode::User => SYSTEM_SERVICE_EXCEPTION,
        Mode::Kernel => SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
    };
    BugCheck {
        code,
        // The host has no exception record and no context record for a debugger.
        parameters: [status, address, 0, 0],
        rule: report.rule.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bugcheck::WDF_VIOLATION;
    use crate::testing::expect_stop;

    fn report() -> BugCheck {
        BugCheck {
            code: WDF_VIOLATION,
            parameters: [3, 7, 0, 0],
            rule: "the rule in words".to_owned(),
        }
    }

    const BROKEN_AT_ONCE: Rule = Rule::named("objects::the_driver_is_deleted");

    #[test]
    fn a_broken_rule_stops_the_host() {
        let text = expect_stop!(|| broken(BROKEN_AT_ONCE, report()));
        assert!(text.contains("WDF_VIOLATION (0x3, 0x7,"), "{text}");
    }

    #[test]
    fn a_driver_goes_on_where_windows_lets_it() {
        let text = expect_stop!(|| {
            imitate();
            broken(BROKEN_AT_ONCE, report());
            broken(Rule::named("locks::a_spin_lock_is_taken_twice"), report());
        });
        let warning = "objects::the_driver_is_deleted: the rule in words; Windows: break point";
        assert!(text.contains(warning), "{text}");
        let stop = "DRIVER_VERIFIER_DETECTED_VIOLATION (0x1000, 0x7,";
        assert!(text.contains(stop), "{text}");
    }

    #[test]
    fn what_nothing_decides_stops_the_host_as_always() {
        let text = expect_stop!(|| {
            imitate();
            broken(Rule::named("irql::a_wait_for_what_is_no_event"), report());
        });
        assert!(text.contains("WDF_VIOLATION (0x3, 0x7,"), "{text}");
    }

    #[test]
    fn each_rule_has_one_line() {
        let all = RulesPage::ALL.into_iter().flat_map(rules);
        let mut names: Vec<_> = all.map(|(name, _)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
