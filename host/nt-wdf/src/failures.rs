//! Fault injection: makes each function of the table fail with every status that its documentation
//! lists ([`documented_statuses`]). A function fails before it has any effect.

use nt_kernel::fault;
use nt_types::NtStatus;

use crate::call::FrameworkCall;
use crate::documented_statuses::{self, Statuses};
use crate::handle::Handle;

/// The result of a function, which may be able to report a failure.
pub(crate) trait FunctionResult: Sized {
    /// The result that reports `status`; `None` if this type of result reports no failures.
    fn failed(status: NtStatus) -> Option<Self>;

    /// The result of a call that the framework's verifier refuses.
    fn refused() -> Self;
}

impl FunctionResult for NtStatus {
    fn failed(status: NtStatus) -> Option<Self> {
        Some(status)
    }

    fn refused() -> Self {
        Self::INVALID_DEVICE_REQUEST
    }
}

macro_rules! answers_otherwise {
    ($($type:ty),*) => {
        $(impl FunctionResult for $type {
            fn failed(_status: NtStatus) -> Option<Self> {
                None
            }

            fn refused() -> Self {
                0
            }
        })*
    };
}

answers_otherwise!(u8, i8, u32, i32, u64, usize);

impl<T> FunctionResult for *const T {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }

    fn refused() -> Self {
        std::ptr::null()
    }
}

impl<T> FunctionResult for *mut T {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }

    fn refused() -> Self {
        std::ptr::null_mut()
    }
}

impl<T> FunctionResult for Handle<T> {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }

    fn refused() -> Self {
        Self::NULL
    }
}

/// The result of this call, if fault injection makes it fail.
pub(crate) fn answer<R: FunctionResult>(call: &FrameworkCall) -> Option<R> {
    call.fails().and_then(R::failed)
}

/// Whether a function asks for an injected failure before its body runs.
pub(crate) const fn fails_before_its_body(function: &str) -> bool {
    let mut place = 0;
    while place < FAIL_IN_THEIR_BODIES.len() {
        if is_same(FAIL_IN_THEIR_BODIES[place].as_bytes(), function.as_bytes()) {
            return false;
        }
        place += 1;
    }
    !statuses_of(function).is_empty()
}

impl FrameworkCall {
    /// The status with which this call has to fail, if it has to.
    pub(crate) fn fails(&self) -> Option<NtStatus> {
        if self.function.failures.is_empty() {
            return None;
        }
        fault::inject_one_of(self.function.name, self.function.failures)
    }
}

/// The functions that ask for an injected failure in their bodies: they set outputs also when they
/// fail, or cannot fail in every call.
const FAIL_IN_THEIR_BODIES: [&str; 19] = [
    "WdfDeviceQueryProperty",
    "WdfDeviceQueryPropertyEx",
    "WdfFdoInitQueryProperty",
    "WdfFdoInitQueryPropertyEx",
    "WdfIoQueueFindRequest",
    "WdfIoQueueRetrieveFoundRequest",
    "WdfIoQueueRetrieveNextRequest",
    "WdfIoQueueRetrieveRequestByFileObject",
    "WdfRegistryQueryUnicodeString",
    "WdfRegistryQueryValue",
    "WdfRequestRetrieveInputBuffer",
    "WdfRequestRetrieveInputMemory",
    "WdfRequestRetrieveInputWdmMdl",
    "WdfRequestRetrieveOutputBuffer",
    "WdfRequestRetrieveOutputMemory",
    "WdfRequestRetrieveOutputWdmMdl",
    "WdfRequestRetrieveUnsafeUserInputBuffer",
    "WdfRequestRetrieveUnsafeUserOutputBuffer",
    "WdfRequestUnmarkCancelable",
];

/// The statuses of a function, none if it is not to fail.
pub(crate) const fn statuses_of(function: &str) -> Statuses {
    let listed = find(documented_statuses::LISTED, function);
    if listed.is_empty() {
        return find(documented_statuses::UNLISTED, function);
    }
    listed
}

/// The statuses of a function in `pages`, none if it is not there.
const fn find(pages: &[(&str, Statuses)], function: &str) -> Statuses {
    let mut place = 0;
    while place < pages.len() {
        let (name, statuses) = pages[place];
        if is_same(name.as_bytes(), function.as_bytes()) {
            return statuses;
        }
        place += 1;
    }
    &[]
}

/// `==`, at compile time.
const fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut place = 0;
    while place < left.len() {
        if left[place] != right[place] {
            return false;
        }
        place += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::export_table;

    #[test]
    fn every_function_with_a_status_can_fail_or_says_why_not() {
        for function in export_table::implemented() {
            let has_status = ["NtStatus", "InitHandle"].contains(&function.result);
            let fails = !statuses_of(function.name).is_empty();
            let excepted = documented_statuses::NEVER_FAIL
                .iter()
                .any(|(name, _)| *name == function.name);
            assert_eq!(has_status, fails || excepted, "{}", function.name);
            assert!(!(fails && excepted), "{}", function.name);
        }
    }

    #[test]
    fn every_name_on_the_lists_is_a_functions() {
        let names: Vec<_> = export_table::implemented()
            .iter()
            .map(|function| function.name)
            .collect();
        let fail = [documented_statuses::LISTED, documented_statuses::UNLISTED].concat();
        let fail = fail.iter().map(|(name, _)| *name);
        let left_out = documented_statuses::LEFT_OUT
            .iter()
            .map(|(name, _, _)| *name);
        let never_fail = documented_statuses::NEVER_FAIL
            .iter()
            .map(|(name, _)| *name);
        let listed = fail.chain(left_out).chain(never_fail);
        for name in listed.chain(FAIL_IN_THEIR_BODIES) {
            assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_function_is_listed_once_and_so_is_each_of_its_statuses() {
        let functions = [documented_statuses::LISTED, documented_statuses::UNLISTED].concat();
        let names: HashSet<_> = functions.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), functions.len());
        for (name, statuses) in functions {
            let statuses = statuses.concat();
            let different: HashSet<_> = statuses.iter().collect();
            assert_eq!(different.len(), statuses.len(), "{name}");
        }
    }

    #[test]
    fn a_status_that_is_left_out_is_on_no_list() {
        for (name, status, _) in documented_statuses::LEFT_OUT {
            assert!(!statuses_of(name).concat().contains(status), "{name}");
        }
    }

    /// What is a success by its number would be one to the driver, too.
    #[test]
    fn every_listed_status_is_a_failure() {
        for (name, statuses) in
            [documented_statuses::LISTED, documented_statuses::UNLISTED].concat()
        {
            let mut statuses = statuses.concat().into_iter();
            assert!(statuses.all(|status| !status.is_success()), "{name}");
        }
    }
}
