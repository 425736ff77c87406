//! Help for debugging.

use super::call::Call;
use super::functions::functions;
use crate::kernel::bugcheck::{self, BugCheck};
use crate::kernel::warning;

functions! {
    367 ANY WdfVerifierDbgBreakPoint = break_point();
    368 ANY WdfVerifierKeBugCheck = bug_check(
        code: u32, first: usize, second: usize, third: usize, fourth: usize);
}

fn break_point(call: &Call) {
    warning(format!("{} was called by {}", call.function, call.binding));
}

fn bug_check(call: &Call, code: u32, first: usize, second: usize, third: usize, fourth: usize) {
    bugcheck::stop(BugCheck {
        code,
        parameters: [first, second, third, fourth].map(|parameter| parameter as u64),
        rule: format!("the driver called {}", call.function),
    })
}
