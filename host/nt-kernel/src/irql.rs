//! The rules of the interrupt request level: how it changes, and the highest one of a function.

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::level_rules::{self, LevelRule, UNNUMBERED};
use crate::{level, paging, verification};

pub use super::level::{Irql, current};

/// Driver Verifier's cause "invalid parameter to `KeRaiseIrql`".
const BAD_RAISE: u64 = 0x30;
/// Driver Verifier's cause "invalid parameter to `KeLowerIrql`".
const BAD_LOWER: u64 = 0x31;

/// Raises this thread to `to` and returns the level it had; pageable memory is paged out when the
/// thread reaches `DISPATCH_LEVEL`. Lowering this way, or beyond [`Irql::HIGH`], stops the machine.
#[expect(
    clippy::must_use_candidate,
    reason = "a thread that ends at its level need not remember the old one"
)]
#[inline]
pub fn raise(to: Irql) -> Irql {
    let old = current();
    if to < old || to > Irql::HIGH {
        stop_bad_change(BAD_RAISE, "KeRaiseIrql", "raise to", old, to);
    }
    if old < Irql::DISPATCH && to >= Irql::DISPATCH {
        paging::trim();
    }
    level::replace(to)
}

/// Lowers this thread to `to`. Raising this way stops the machine.
#[inline]
pub fn lower(to: Irql) {
    let old = current();
    if to > old {
        stop_bad_change(BAD_LOWER, "KeLowerIrql", "lower to", old, to);
    }
    if to < level::floor() {
        stop_lowered_in_dpc(old, to);
    }
    level::replace(to);
}

/// Puts this thread at `to`, as a write of CR8 does: any level is allowed.
pub(crate) fn set(to: Irql) {
    if current() < Irql::DISPATCH && to >= Irql::DISPATCH {
        paging::trim();
    }
    level::replace(to);
}

/// Stops the machine if this thread is above `limit`, the highest level at which the
/// documentation allows `function`.
#[inline]
pub fn require_at_most(function: &'static str, limit: Irql) {
    if let Some(report) = too_high(function, limit) {
        bugcheck::stop(report);
    }
}

/// What stops the machine if this thread is above `limit`, as for [`require_at_most`].
#[inline]
#[must_use]
pub fn too_high(function: &'static str, limit: Irql) -> Option<BugCheck> {
    let level = current();
    (level > limit && verification::is_on()).then(|| report_too_high(function, level, limit))
}

/// As [`require_at_most`], with the number that Driver Verifier has for the call.
pub(crate) fn require_at_most_numbered(function: &'static str, limit: Irql, number: u64) {
    if let Some(mut report) = too_high(function, limit) {
        report.parameters[0] = number;
        bugcheck::stop(report);
    }
}

/// Stops the machine unless this thread is at `DISPATCH_LEVEL`, the only one at which the documentation
/// allows `function`.
pub fn require_dispatch(function: &'static str) {
    require_at_most(function, Irql::DISPATCH);
    let level = current();
    if level < Irql::DISPATCH && verification::is_on() {
        let rule = level_rules::below(function);
        let words = "it may be called at DISPATCH_LEVEL only";
        bugcheck::stop(report(function, level, Irql::DISPATCH, words, rule));
    }
}

#[cold]
fn report_too_high(function: &str, level: Irql, limit: Irql) -> BugCheck {
    let rule = level_rules::above(function, level);
    let words = format!("it may be called up to {limit}");
    report(function, level, limit, &words, rule)
}

fn report(
    function: &str,
    level: Irql,
    limit: Irql,
    words: &str,
    rule: Option<LevelRule>,
) -> BugCheck {
    let number = rule.map_or(UNNUMBERED, |rule| rule.number);
    let name = rule.and_then(|rule| rule.name);
    let name = name.map_or_else(String::new, |name| format!(" (rule {name})"));
    BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [number, level.0.into(), limit.0.into(), 0],
        rule: format!("{function} was called at {level}; {words}{name}"),
    }
}

/// Stops the machine for a rule of a function for which Driver Verifier has no number.
pub fn stop_for_rule(rule: &str) -> ! {
    bugcheck::stop(report_for_rule(rule.to_owned()))
}

/// Stops the machine for a rule that has this number with Driver Verifier.
pub fn stop_for_numbered_rule(number: u64, rule: &str) -> ! {
    let mut report = report_for_rule(rule.to_owned());
    report.parameters[0] = number;
    bugcheck::stop(report)
}

/// What stops the machine for a rule without a number.
#[must_use]
pub fn report_for_rule(rule: String) -> BugCheck {
    BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [UNNUMBERED, current().0.into(), 0, 0],
        rule,
    }
}

#[cold]
fn stop_lowered_in_dpc(old: Irql, new: Irql) -> ! {
    const IN_DPC_ROUTINE: u64 = 1;
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [BAD_LOWER, old.0.into(), new.0.into(), IN_DPC_ROUTINE],
        rule: format!("KeLowerIrql was asked to lower to {new} within a DPC routine"),
    })
}

#[cold]
fn stop_bad_change(cause: u64, function: &str, verb: &str, old: Irql, new: Irql) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [cause, old.0.into(), new.0.into(), 0],
        rule: format!("{function} was asked to {verb} {new} from {old}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_level_goes_up_and_comes_back() {
        let old = raise(Irql::DISPATCH);
        assert_eq!((old, current()), (Irql::PASSIVE, Irql::DISPATCH));
        lower(old);
        assert_eq!(current(), Irql::PASSIVE);
    }

    #[test]
    fn each_thread_has_its_own_level() {
        let old = raise(Irql::APC);
        let other = std::thread::spawn(current).join().unwrap();
        lower(old);
        assert_eq!(other, Irql::PASSIVE);
    }

    #[test]
    fn raising_to_a_lower_level_stops() {
        let report = expect_stop!(|| {
            raise(Irql::DISPATCH);
            raise(Irql::APC);
        });
        assert!(report.contains("0x000000C4") && report.contains("raise to APC_LEVEL"));
    }

    #[test]
    fn a_call_above_its_limit_stops_and_names_the_function() {
        let report = expect_stop!(|| {
            raise(Irql::DISPATCH);
            require_at_most("CreateIpForwardEntry2", Irql::APC);
        },);
        let words = "CreateIpForwardEntry2 was called at DISPATCH_LEVEL; \
                     it may be called up to APC_LEVEL";
        assert!(report.contains(words), "{report}");
    }
}
