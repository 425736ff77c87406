//! Help for debugging.

use nt_kernel::bugcheck::{self, BugCheck, StopCode};
use nt_kernel::warning;

use crate::call::FrameworkCall;
use crate::function_entry::functions;

functions! {
    ANY WdfVerifierDbgBreakPoint = break_point();
    ANY WdfVerifierKeBugCheck = bug_check(
        code: u32, first: usize, second: usize, third: usize, fourth: usize);
    ANY WdfGetTriageInfo = get_triage_info() -> *const TriageInfo;
}

/// The record about the framework that a debugger reads; it holds its size and no address.
#[repr(C)]
pub(crate) struct TriageInfo {
    size: u32,
    reserved: [u32; 31],
}

static TRIAGE_INFO: TriageInfo = TriageInfo {
    size: 128,
    reserved: [0; 31],
};

const _: () = assert!(size_of::<TriageInfo>() == 128);

fn get_triage_info(_call: &FrameworkCall) -> *const TriageInfo {
    &raw const TRIAGE_INFO
}

fn break_point(call: &FrameworkCall) {
    warning(format!(
        "{} was called by {}",
        call.function.name, call.binding
    ));
}

fn bug_check(
    call: &FrameworkCall,
    code: u32,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
) {
    bugcheck::stop(BugCheck {
        code: StopCode::of_driver(code),
        parameters: [first, second, third, fourth].map(|parameter| parameter as u64),
        rule: format!("the driver called {}", call.function.name),
    })
}
