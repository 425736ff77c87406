//! With what each function of the table may fail, for fault injection: the statuses that its
//! documentation lists. A function fails before it has done anything.

use abi::NtStatus;

use super::call::Call;
use super::device_init::InitHandle;
use super::handle::Handle;
use super::status;
use crate::kernel::fault;

/// What a function answers whose failure is of interest to its caller.
pub(super) trait Answer: Sized {
    /// The answer that says this; `None` if the function has no way of saying it.
    fn failed(status: NtStatus) -> Option<Self>;
}

impl Answer for NtStatus {
    fn failed(status: NtStatus) -> Option<Self> {
        Some(status)
    }
}

impl Answer for InitHandle {
    fn failed(_status: NtStatus) -> Option<Self> {
        Some(Self::NULL)
    }
}

macro_rules! answers_otherwise {
    ($($type:ty),*) => {
        $(impl Answer for $type {
            fn failed(_status: NtStatus) -> Option<Self> {
                None
            }
        })*
    };
}

answers_otherwise!(u8, i8, u32, i32, u64, usize);

impl<T> Answer for *const T {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }
}

impl<T> Answer for *mut T {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }
}

impl<T> Answer for Handle<T> {
    fn failed(_status: NtStatus) -> Option<Self> {
        None
    }
}

/// The answer of this call, if it has to fail.
pub(super) fn answer<R: Answer>(call: &Call) -> Option<R> {
    if IN_ITS_OWN_TIME.contains(&call.function) {
        return None;
    }
    call.fails().and_then(R::failed)
}

impl Call {
    /// The status with which this call has to fail, if it has to.
    pub(super) fn fails(&self) -> Option<NtStatus> {
        if self.failures.is_empty() {
            return None;
        }
        fault::inject_one_of(self.function, self.failures)
    }
}

/// The functions that see for themselves when they have to fail: those that set their outputs first,
/// and those that cannot fail in every call.
const IN_ITS_OWN_TIME: [&str; 12] = [
    "WdfIoQueueFindRequest",
    "WdfIoQueueRetrieveFoundRequest",
    "WdfIoQueueRetrieveNextRequest",
    "WdfIoQueueRetrieveRequestByFileObject",
    "WdfRequestRetrieveInputBuffer",
    "WdfRequestRetrieveInputMemory",
    "WdfRequestRetrieveOutputBuffer",
    "WdfRequestRetrieveOutputMemory",
    "WdfRequestRetrieveUnsafeUserInputBuffer",
    "WdfRequestRetrieveUnsafeUserOutputBuffer",
    "WdfRequestUnmarkCancelable",
    "WdfWaitLockAcquire",
];

/// The functions with a status that are not failed, and why.
#[cfg(test)]
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "WdfDeviceWdmDispatchPreprocessedIrp",
        "its status is that of the IRP, which is no longer the driver's",
    ),
    ("WdfDriverRegisterTraceInfo", "it never succeeds here"),
    ("WdfObjectQuery", "it never succeeds"),
    ("WdfRequestGetStatus", "its status is what it was asked for"),
];

const NO_MEMORY: &[NtStatus] = &[NtStatus::INSUFFICIENT_RESOURCES];
const CREATION: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_PARAMETER,
];
const DEFERRED_WORK: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_PARAMETER,
    NtStatus::INVALID_DEVICE_REQUEST,
    status::WDF_PARENT_NOT_SPECIFIED,
    status::WDF_INCOMPATIBLE_EXECUTION_LEVEL,
];
const KEYS: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_PARAMETER,
    NtStatus::ACCESS_DENIED,
    NtStatus::OBJECT_NAME_NOT_FOUND,
];
const VALUES: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_PARAMETER,
    NtStatus::INVALID_DEVICE_REQUEST,
    NtStatus::OBJECT_NAME_NOT_FOUND,
    status::OBJECT_TYPE_MISMATCH,
];
const NEW_VALUES: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_PARAMETER,
    NtStatus::INVALID_DEVICE_REQUEST,
];
const BUFFERS: &[NtStatus] = &[
    NtStatus::INSUFFICIENT_RESOURCES,
    NtStatus::INVALID_DEVICE_REQUEST,
    NtStatus::BUFFER_TOO_SMALL,
];
const COPIES: &[NtStatus] = &[NtStatus::INVALID_PARAMETER, NtStatus::BUFFER_TOO_SMALL];
const RETRIEVALS: &[NtStatus] = &[
    status::NO_MORE_ENTRIES,
    status::WDF_PAUSED,
    NtStatus::INVALID_DEVICE_STATE,
];

/// The statuses that a function's documentation lists for its failure, by its name.
const LISTED: &[(&str, &[NtStatus])] = &[
    ("WdfCollectionAdd", NO_MEMORY),
    ("WdfCollectionCreate", CREATION),
    ("WdfControlDeviceInitAllocate", NO_MEMORY),
    (
        "WdfDeviceConfigureRequestDispatching",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            NtStatus::INVALID_DEVICE_REQUEST,
            status::WDF_BUSY,
        ],
    ),
    (
        "WdfDeviceCreate",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            NtStatus::INVALID_DEVICE_STATE,
            status::INVALID_SECURITY_DESCR,
            status::OBJECT_NAME_COLLISION,
        ],
    ),
    (
        "WdfDeviceCreateDeviceInterface",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_DEVICE_REQUEST,
        ],
    ),
    (
        "WdfDeviceCreateSymbolicLink",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            status::OBJECT_NAME_COLLISION,
        ],
    ),
    (
        "WdfDeviceEnqueueRequest",
        &[NtStatus::INVALID_DEVICE_REQUEST, status::WDF_BUSY],
    ),
    ("WdfDeviceInitAssignName", NO_MEMORY),
    ("WdfDeviceInitAssignSDDLString", NO_MEMORY),
    ("WdfDeviceInitAssignWdmIrpPreprocessCallback", NEW_VALUES),
    ("WdfDeviceMiniportCreate", CREATION),
    (
        "WdfDeviceOpenRegistryKey",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            NtStatus::INVALID_DEVICE_REQUEST,
            NtStatus::OBJECT_NAME_NOT_FOUND,
        ],
    ),
    (
        "WdfDeviceRetrieveDeviceInterfaceString",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_DEVICE_STATE,
            NtStatus::INVALID_DEVICE_REQUEST,
            NtStatus::OBJECT_NAME_NOT_FOUND,
        ],
    ),
    ("WdfDpcCreate", DEFERRED_WORK),
    (
        "WdfDriverCreate",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            status::DRIVER_INTERNAL_ERROR,
        ],
    ),
    ("WdfDriverOpenParametersRegistryKey", KEYS),
    ("WdfDriverRetrieveVersionString", CREATION),
    ("WdfIoQueueAssignForwardProgressPolicy", CREATION),
    (
        "WdfIoQueueCreate",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::INVALID_PARAMETER,
            NtStatus::UNSUCCESSFUL,
            status::INFO_LENGTH_MISMATCH,
            status::POWER_STATE_INVALID,
            status::WDF_NO_CALLBACK,
        ],
    ),
    (
        "WdfIoQueueFindRequest",
        &[
            NtStatus::INVALID_PARAMETER,
            NtStatus::NOT_FOUND,
            status::NO_MORE_ENTRIES,
        ],
    ),
    (
        "WdfIoQueueReadyNotify",
        &[
            NtStatus::INVALID_PARAMETER,
            NtStatus::INVALID_DEVICE_REQUEST,
        ],
    ),
    (
        "WdfIoQueueRetrieveFoundRequest",
        &[
            NtStatus::NOT_FOUND,
            status::WDF_PAUSED,
            NtStatus::INVALID_DEVICE_STATE,
        ],
    ),
    ("WdfIoQueueRetrieveNextRequest", RETRIEVALS),
    ("WdfIoQueueRetrieveRequestByFileObject", RETRIEVALS),
    ("WdfLookasideListCreate", CREATION),
    ("WdfMemoryAssignBuffer", &[NtStatus::INVALID_PARAMETER]),
    ("WdfMemoryCopyFromBuffer", COPIES),
    ("WdfMemoryCopyToBuffer", COPIES),
    ("WdfMemoryCreate", CREATION),
    ("WdfMemoryCreateFromLookaside", NO_MEMORY),
    ("WdfMemoryCreatePreallocated", CREATION),
    (
        "WdfObjectAllocateContext",
        &[
            NtStatus::INSUFFICIENT_RESOURCES,
            status::OBJECT_NAME_INVALID,
            status::DELETE_PENDING,
        ],
    ),
    ("WdfObjectCreate", CREATION),
    ("WdfRegistryAssignULong", NEW_VALUES),
    ("WdfRegistryAssignValue", NEW_VALUES),
    ("WdfRegistryCreateKey", KEYS),
    ("WdfRegistryOpenKey", KEYS),
    ("WdfRegistryQueryMemory", VALUES),
    ("WdfRegistryQueryMultiString", VALUES),
    ("WdfRegistryQueryString", VALUES),
    ("WdfRegistryQueryULong", VALUES),
    ("WdfRegistryQueryUnicodeString", VALUES),
    ("WdfRegistryQueryValue", VALUES),
    (
        "WdfRequestForwardToIoQueue",
        &[NtStatus::INVALID_DEVICE_REQUEST, status::WDF_BUSY],
    ),
    (
        "WdfRequestMarkCancelableEx",
        &[NtStatus::CANCELLED, NtStatus::INVALID_DEVICE_REQUEST],
    ),
    ("WdfRequestRequeue", &[NtStatus::INVALID_DEVICE_REQUEST]),
    ("WdfRequestRetrieveInputBuffer", BUFFERS),
    ("WdfRequestRetrieveInputMemory", BUFFERS),
    ("WdfRequestRetrieveOutputBuffer", BUFFERS),
    ("WdfRequestRetrieveOutputMemory", BUFFERS),
    ("WdfRequestRetrieveUnsafeUserInputBuffer", BUFFERS),
    ("WdfRequestRetrieveUnsafeUserOutputBuffer", BUFFERS),
    ("WdfRequestUnmarkCancelable", &[NtStatus::CANCELLED]),
    ("WdfSpinLockCreate", CREATION),
    ("WdfStringCreate", CREATION),
    ("WdfTimerCreate", DEFERRED_WORK),
    ("WdfWaitLockAcquire", &[status::TIMEOUT]),
    ("WdfWaitLockCreate", CREATION),
    ("WdfWorkItemCreate", DEFERRED_WORK),
];

/// The statuses of a function, none if it is not to fail.
pub(super) const fn listed(function: &str) -> &'static [NtStatus] {
    let mut place = 0;
    while place < LISTED.len() {
        let (name, statuses) = LISTED[place];
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
    use super::super::table;
    use super::*;

    #[test]
    fn every_function_with_a_status_can_fail_or_says_why_not() {
        for function in table::implemented() {
            let has_status = ["NtStatus", "InitHandle"].contains(&function.result);
            let fails = !listed(function.name).is_empty();
            let excepted = EXCEPTIONS.iter().any(|(name, _)| *name == function.name);
            assert_eq!(has_status, fails || excepted, "{}", function.name);
            assert!(!(fails && excepted), "{}", function.name);
        }
    }

    #[test]
    fn every_name_on_the_lists_is_a_functions() {
        let names: Vec<_> = table::implemented()
            .iter()
            .map(|function| function.name)
            .collect();
        let listed = LISTED.iter().map(|(name, _)| *name);
        let excepted = EXCEPTIONS.iter().map(|(name, _)| *name);
        for name in listed.chain(excepted).chain(IN_ITS_OWN_TIME) {
            assert!(names.contains(&name), "{name}");
        }
    }
}
