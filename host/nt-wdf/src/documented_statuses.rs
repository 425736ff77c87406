//! The statuses with which each function of the table may fail, by its documentation.
//!
//! The source is the function's page in the KMDF reference. A list has every status that the page
//! gives for a failure, also those that mean a mistake of the driver, and no other; what is left out
//! nevertheless has its reason in `LEFT_OUT`. Only the order is ours: a lack of memory comes first.
//! The names are the pages', without `STATUS_`.

use nt_types::NtStatus;

use crate::status::{
    ACCESS_VIOLATION, ARRAY_BOUNDS_EXCEEDED, BUFFER_OVERFLOW, DELETE_PENDING,
    DRIVER_INTERNAL_ERROR, INFO_LENGTH_MISMATCH, INTERNAL_ERROR, INVALID_PARAMETER_2,
    INVALID_SECURITY_DESCR, INVALID_USER_BUFFER, IO_TIMEOUT, NO_MORE_ENTRIES, NO_SUCH_DEVICE,
    OBJECT_NAME_INVALID, OBJECT_TYPE_MISMATCH, POWER_STATE_INVALID, REQUEST_NOT_ACCEPTED,
    RESOURCE_DATA_NOT_FOUND, WDF_BUSY, WDF_EXECUTION_LEVEL_INVALID,
    WDF_INCOMPATIBLE_EXECUTION_LEVEL, WDF_NO_CALLBACK, WDF_OBJECT_ATTRIBUTES_INVALID,
    WDF_PARENT_ALREADY_ASSIGNED, WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, WDF_PARENT_IS_SELF,
    WDF_PARENT_NOT_SPECIFIED, WDF_PAUSED, WDF_REQUEST_INVALID_STATE,
    WDF_SYNCHRONIZATION_SCOPE_INVALID,
};

/// The statuses that the driver's contract knows, under the same short names as the others.
macro_rules! of_the_contract {
    ($($name:ident)*) => {
        $(const $name: NtStatus = NtStatus::$name;)*
    };
}

of_the_contract! {
    ACCESS_DENIED BUFFER_TOO_SMALL CANCELLED INSUFFICIENT_RESOURCES INVALID_BUFFER_SIZE
    INVALID_DEVICE_REQUEST INVALID_DEVICE_STATE INVALID_PARAMETER NOT_FOUND OBJECT_NAME_COLLISION
    OBJECT_NAME_NOT_FOUND UNSUCCESSFUL
}

/// The statuses of one function: those of the pages to which its page sends the reader on, and its
/// own.
pub(crate) type Statuses = &'static [&'static [NtStatus]];

/// The page "Framework Object Creation Errors". The pages of most functions that create an object
/// send the reader on to it.
const CREATION_ERRORS: &[NtStatus] = &[
    INSUFFICIENT_RESOURCES,
    INFO_LENGTH_MISMATCH,
    WDF_OBJECT_ATTRIBUTES_INVALID,
    WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
    WDF_PARENT_ALREADY_ASSIGNED,
    WDF_PARENT_IS_SELF,
    WDF_SYNCHRONIZATION_SCOPE_INVALID,
    WDF_EXECUTION_LEVEL_INVALID,
];

/// What is on the pages: `function => [statuses of its page]`, with the page before `+` to which its
/// page sends the reader on.
macro_rules! pages {
    ($($function:ident => $($other_page:ident +)? [$($status:ident),* $(,)?];)*) => {
        &[$((stringify!($function), &[$($other_page,)? &[$($status),*]])),*]
    };
}

/// What the pages list.
pub(crate) const LISTED: &[(&str, Statuses)] = pages! {
    WdfCmResourceListAppendDescriptor => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, ACCESS_DENIED,
    ];
    WdfCmResourceListInsertDescriptor => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, ACCESS_DENIED, ARRAY_BOUNDS_EXCEEDED,
    ];
    WdfCollectionAdd => [UNSUCCESSFUL];
    WdfCollectionCreate => [INSUFFICIENT_RESOURCES, INVALID_PARAMETER];
    WdfDeviceAddQueryInterface => CREATION_ERRORS + [INVALID_DEVICE_REQUEST, INVALID_PARAMETER];
    WdfDeviceAllocAndQueryProperty => [
        INVALID_PARAMETER, INVALID_PARAMETER_2, INVALID_DEVICE_REQUEST,
    ];
    WdfDeviceAllocAndQueryPropertyEx => [INVALID_PARAMETER];
    WdfDeviceAssignProperty => [INVALID_PARAMETER];
    WdfDeviceConfigureRequestDispatching => [INSUFFICIENT_RESOURCES, INVALID_PARAMETER, WDF_BUSY];
    WdfDeviceCreate => CREATION_ERRORS + [
        INVALID_PARAMETER, INVALID_DEVICE_STATE, INVALID_SECURITY_DESCR, OBJECT_NAME_COLLISION,
    ];
    WdfDeviceCreateDeviceInterface => CREATION_ERRORS + [];
    WdfDeviceCreateSymbolicLink => [INSUFFICIENT_RESOURCES];
    WdfDeviceEnqueueRequest => [INSUFFICIENT_RESOURCES, INVALID_DEVICE_REQUEST, WDF_BUSY];
    WdfDeviceInitAssignName => [INSUFFICIENT_RESOURCES];
    WdfDeviceInitAssignSDDLString => [INSUFFICIENT_RESOURCES];
    WdfDeviceInitAssignWdmIrpPreprocessCallback => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST,
    ];
    WdfDeviceMiniportCreate => CREATION_ERRORS + [];
    WdfDeviceOpenRegistryKey => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, OBJECT_NAME_NOT_FOUND,
    ];
    WdfDeviceQueryProperty => [BUFFER_TOO_SMALL, INVALID_PARAMETER_2, INVALID_DEVICE_REQUEST];
    WdfDeviceQueryPropertyEx => [BUFFER_TOO_SMALL, INVALID_PARAMETER];
    WdfDeviceRetrieveDeviceInterfaceString => [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, OBJECT_NAME_NOT_FOUND, INVALID_DEVICE_STATE,
    ];
    WdfDpcCreate => CREATION_ERRORS + [
        INVALID_PARAMETER, WDF_PARENT_NOT_SPECIFIED, INVALID_DEVICE_REQUEST,
        WDF_INCOMPATIBLE_EXECUTION_LEVEL,
    ];
    WdfDriverCreate => CREATION_ERRORS + [DRIVER_INTERNAL_ERROR, INVALID_PARAMETER];
    WdfDriverOpenParametersRegistryKey => CREATION_ERRORS + [ACCESS_DENIED];
    // Its page refers to that of the function before.
    WdfDriverOpenPersistentStateRegistryKey => CREATION_ERRORS + [ACCESS_DENIED];
    WdfDriverRetrieveVersionString => [INSUFFICIENT_RESOURCES];
    WdfFdoInitAllocAndQueryProperty => [
        INVALID_PARAMETER, INVALID_PARAMETER_2, INVALID_DEVICE_REQUEST,
    ];
    WdfFdoInitAllocAndQueryPropertyEx => [INVALID_PARAMETER];
    WdfFdoInitQueryProperty => [BUFFER_TOO_SMALL, INVALID_PARAMETER_2, INVALID_DEVICE_REQUEST];
    WdfFdoInitQueryPropertyEx => [BUFFER_TOO_SMALL, INVALID_PARAMETER];
    WdfFdoQueryForInterface => [INSUFFICIENT_RESOURCES, INVALID_PARAMETER];
    WdfIoQueueAssignForwardProgressPolicy => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH,
    ];
    WdfIoQueueCreate => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, POWER_STATE_INVALID,
        WDF_NO_CALLBACK, UNSUCCESSFUL,
    ];
    WdfIoQueueFindRequest => [INVALID_PARAMETER, NOT_FOUND, NO_MORE_ENTRIES];
    WdfIoQueueReadyNotify => [INVALID_PARAMETER, INVALID_DEVICE_REQUEST];
    WdfIoQueueRetrieveFoundRequest => [INVALID_PARAMETER, NOT_FOUND, NO_MORE_ENTRIES];
    WdfIoQueueRetrieveNextRequest => [
        INVALID_PARAMETER, NO_MORE_ENTRIES, INVALID_DEVICE_STATE, WDF_PAUSED,
    ];
    WdfIoQueueRetrieveRequestByFileObject => [
        INVALID_PARAMETER, NO_MORE_ENTRIES, INVALID_DEVICE_STATE, WDF_PAUSED,
    ];
    WdfIoTargetCreate => CREATION_ERRORS + [INVALID_PARAMETER, INVALID_DEVICE_REQUEST];
    WdfIoTargetFormatRequestForIoctl => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetFormatRequestForRead => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetFormatRequestForWrite => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetFormatRequestForInternalIoctl => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetFormatRequestForInternalIoctlOthers => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetOpen => [
        INSUFFICIENT_RESOURCES, INVALID_DEVICE_STATE, INFO_LENGTH_MISMATCH, NO_SUCH_DEVICE,
        INVALID_PARAMETER, NOT_FOUND,
    ];
    WdfIoTargetSendInternalIoctlOthersSynchronously => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, INVALID_DEVICE_REQUEST,
        IO_TIMEOUT, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetSendInternalIoctlSynchronously => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, INVALID_DEVICE_REQUEST,
        IO_TIMEOUT, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetSendIoctlSynchronously => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, INVALID_DEVICE_REQUEST,
        REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetSendReadSynchronously => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, INVALID_DEVICE_REQUEST,
        IO_TIMEOUT, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetSendWriteSynchronously => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INFO_LENGTH_MISMATCH, INVALID_DEVICE_REQUEST,
        IO_TIMEOUT, REQUEST_NOT_ACCEPTED,
    ];
    WdfIoTargetStart => [INVALID_DEVICE_STATE];
    WdfLookasideListCreate => CREATION_ERRORS + [INVALID_PARAMETER];
    WdfMemoryAssignBuffer => [INVALID_PARAMETER];
    WdfMemoryCopyFromBuffer => [INVALID_PARAMETER, INVALID_BUFFER_SIZE, BUFFER_TOO_SMALL];
    WdfMemoryCopyToBuffer => [INVALID_PARAMETER, BUFFER_TOO_SMALL];
    WdfMemoryCreate => CREATION_ERRORS + [INVALID_PARAMETER];
    WdfMemoryCreateFromLookaside => [INSUFFICIENT_RESOURCES, INVALID_PARAMETER];
    WdfMemoryCreatePreallocated => CREATION_ERRORS + [INVALID_PARAMETER];
    WdfObjectAllocateContext => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, OBJECT_NAME_INVALID, DELETE_PENDING,
    ];
    WdfObjectCreate => CREATION_ERRORS + [];
    WdfRegistryAssignMemory => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryAssignMultiString => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryAssignString => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryAssignULong => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryAssignUnicodeString => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryAssignValue => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRegistryCreateKey => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, OBJECT_NAME_NOT_FOUND,
    ];
    WdfRegistryOpenKey => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, OBJECT_NAME_NOT_FOUND,
    ];
    WdfRegistryQueryMemory => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, OBJECT_NAME_NOT_FOUND,
        RESOURCE_DATA_NOT_FOUND,
    ];
    WdfRegistryQueryMultiString => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, OBJECT_TYPE_MISMATCH,
        OBJECT_NAME_NOT_FOUND, RESOURCE_DATA_NOT_FOUND,
    ];
    WdfRegistryQueryString => CREATION_ERRORS + [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, OBJECT_TYPE_MISMATCH,
        OBJECT_NAME_NOT_FOUND, RESOURCE_DATA_NOT_FOUND,
    ];
    WdfRegistryQueryULong => [
        INSUFFICIENT_RESOURCES, INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED,
        OBJECT_TYPE_MISMATCH, OBJECT_NAME_NOT_FOUND,
    ];
    WdfRegistryQueryUnicodeString => [
        INSUFFICIENT_RESOURCES, INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED,
        OBJECT_TYPE_MISMATCH, BUFFER_OVERFLOW, OBJECT_NAME_NOT_FOUND,
    ];
    WdfRegistryQueryValue => [
        INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED, BUFFER_OVERFLOW,
        OBJECT_NAME_NOT_FOUND,
    ];
    WdfRegistryRemoveKey => [INVALID_DEVICE_REQUEST, ACCESS_DENIED];
    WdfRegistryRemoveValue => [INVALID_DEVICE_REQUEST, INVALID_PARAMETER, ACCESS_DENIED];
    WdfRequestCreate => CREATION_ERRORS + [INVALID_PARAMETER, REQUEST_NOT_ACCEPTED];
    WdfRequestForwardToIoQueue => [INVALID_DEVICE_REQUEST, WDF_BUSY];
    WdfRequestMarkCancelableEx => [CANCELLED, INVALID_DEVICE_REQUEST];
    WdfRequestProbeAndLockUserBufferForRead => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_USER_BUFFER, INVALID_DEVICE_REQUEST,
        ACCESS_VIOLATION,
    ];
    WdfRequestProbeAndLockUserBufferForWrite => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_USER_BUFFER, INVALID_DEVICE_REQUEST,
        ACCESS_VIOLATION,
    ];
    WdfRequestRequeue => [INVALID_PARAMETER, INVALID_DEVICE_REQUEST];
    WdfRequestRetrieveInputBuffer => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, BUFFER_TOO_SMALL, INVALID_DEVICE_REQUEST,
        INTERNAL_ERROR,
    ];
    WdfRequestRetrieveInputMemory => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, INTERNAL_ERROR,
        BUFFER_TOO_SMALL,
    ];
    WdfRequestRetrieveInputWdmMdl => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, INTERNAL_ERROR,
        BUFFER_TOO_SMALL,
    ];
    WdfRequestRetrieveOutputBuffer => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, BUFFER_TOO_SMALL, INVALID_DEVICE_REQUEST,
        INTERNAL_ERROR,
    ];
    WdfRequestRetrieveOutputMemory => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, INTERNAL_ERROR,
        BUFFER_TOO_SMALL,
    ];
    WdfRequestRetrieveOutputWdmMdl => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST, INTERNAL_ERROR,
        BUFFER_TOO_SMALL,
    ];
    WdfRequestRetrieveUnsafeUserInputBuffer => [
        INVALID_PARAMETER, INVALID_DEVICE_REQUEST, BUFFER_TOO_SMALL,
    ];
    WdfRequestRetrieveUnsafeUserOutputBuffer => [
        INVALID_PARAMETER, INVALID_DEVICE_REQUEST, BUFFER_TOO_SMALL,
    ];
    WdfRequestReuse => [INVALID_PARAMETER, WDF_REQUEST_INVALID_STATE];
    WdfRequestUnmarkCancelable => [CANCELLED, INVALID_PARAMETER];
    WdfSpinLockCreate => CREATION_ERRORS + [];
    WdfStringCreate => CREATION_ERRORS + [INVALID_DEVICE_REQUEST, INVALID_PARAMETER];
    WdfTimerCreate => CREATION_ERRORS + [
        WDF_PARENT_NOT_SPECIFIED, INVALID_PARAMETER, INVALID_DEVICE_REQUEST,
        WDF_INCOMPATIBLE_EXECUTION_LEVEL,
    ];
    WdfWaitLockCreate => CREATION_ERRORS + [];
    WdfWorkItemCreate => [
        INSUFFICIENT_RESOURCES, INVALID_PARAMETER, INVALID_DEVICE_REQUEST,
        WDF_INCOMPATIBLE_EXECUTION_LEVEL, WDF_PARENT_NOT_SPECIFIED,
    ];
};

/// The functions that may fail, but whose pages list no status. This one answers with null.
pub(crate) const UNLISTED: &[(&str, Statuses)] = pages! {
    WdfControlDeviceInitAllocate => [INSUFFICIENT_RESOURCES];
};

/// What a page lists, but no call is made to fail with, and why.
#[cfg(test)]
pub(crate) const LEFT_OUT: &[(&str, NtStatus, &str)] = &[
    (
        "WdfObjectAllocateContext",
        crate::status::OBJECT_NAME_EXISTS,
        "it is a success: the context space that there is, is given",
    ),
    (
        "WdfRequestUnmarkCancelable",
        INVALID_DEVICE_REQUEST,
        "the driver would conclude that it does not own the request and never complete it",
    ),
];

/// The functions with a status that are not failed at all, and why.
#[cfg(test)]
pub(crate) const NEVER_FAIL: &[(&str, &str)] = &[
    (
        "WdfDeviceWdmDispatchPreprocessedIrp",
        "its status is that of the IRP, which is no longer the driver's",
    ),
    (
        "WdfDriverErrorReportApiMissing",
        "it stops the host, since the verifier is on",
    ),
    ("WdfDriverRegisterTraceInfo", "it never succeeds here"),
    ("WdfObjectQuery", "it never succeeds"),
    ("WdfRequestGetStatus", "its status is what it was asked for"),
    (
        "WdfWaitLockAcquire",
        "a wait times out because another thread has the lock; a driver that waits in slices would \
         wait for ever",
    ),
];
