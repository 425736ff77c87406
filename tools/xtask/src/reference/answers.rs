//! The statuses of each operation, as far as they are documented or known.

use abi::{NtStatus, Operation};

/// One status, and when an operation completes with it.
pub(crate) type DocumentedStatus = (NtStatus, &'static str);

/// The statuses of every operation.
pub(crate) const COMMON: &[DocumentedStatus] = &[
    (
        NtStatus::ACCESS_DENIED,
        "The handle was not opened with the access that the operation needs: read or write.",
    ),
    (
        NtStatus::INVALID_DEVICE_REQUEST,
        "No operation has this code, or the request is not a `DeviceIoControl`.",
    ),
    (
        NtStatus::BUFFER_TOO_SMALL,
        "The output buffer is smaller than the answer.",
    ),
    (
        NtStatus::INVALID_BUFFER_SIZE,
        "The input is shorter or longer than the operation's structure.",
    ),
    (
        NtStatus::INVALID_USER_BUFFER,
        "A reserved byte, or padding of a structure of Windows, is not zero.",
    ),
    (
        NtStatus::INVALID_DEVICE_STATE,
        "The request came at an IRQL above `PASSIVE_LEVEL`.",
    ),
    (
        NtStatus::INSUFFICIENT_RESOURCES,
        "The system has no memory for the request.",
    ),
];

const NO_STACK: DocumentedStatus = (
    NtStatus::NOT_SUPPORTED,
    "The computer has no stack for the address family.",
);
const INTERFACE_OR_ROUTE: DocumentedStatus = (
    NtStatus::NOT_FOUND,
    "No route has these keys, no such interface exists, or the family is not bound to the interface.",
);
const INTERFACE_OR_ROUTE_ALIAS: DocumentedStatus = (
    NtStatus::OBJECT_NAME_NOT_FOUND,
    "The other status for the same: no such route, or no interface is specified.",
);
const INTERFACE: DocumentedStatus = (
    NtStatus::NOT_FOUND,
    "No such interface exists, or the family is not bound to it.",
);
const INTERFACE_ALIAS: DocumentedStatus = (
    NtStatus::OBJECT_NAME_NOT_FOUND,
    "The other status for the same: no such interface exists.",
);
const KEYS: DocumentedStatus = (
    NtStatus::INVALID_PARAMETER,
    "The prefix has an unknown family, the next hop has none, or LUID and index are \
     both 0.",
);
const TABLE: &[DocumentedStatus] = &[
    (
        NtStatus::INVALID_PARAMETER,
        "The family is not `AF_INET`, `AF_INET6` or `AF_UNSPEC`.",
    ),
    (
        NtStatus::NOT_FOUND,
        "The table is empty. An empty table may also be a success with `Total` 0.",
    ),
    NO_STACK,
    (
        NtStatus::NO_MEMORY,
        "The stack has no memory for the table.",
    ),
    (
        NtStatus::BUFFER_TOO_SMALL,
        "The buffer has room for the header, but for no row.",
    ),
    (
        NtStatus::REQUEST_OUT_OF_SEQUENCE,
        "The cursor does not belong to the handle's current snapshot: begin again with 0.",
    ),
];

const CREATE: &[DocumentedStatus] = &[
    (
        NtStatus::INVALID_PARAMETER,
        "The row breaks one of the [documented rules](errors.md#status_invalid_parameter).",
    ),
    INTERFACE,
    (
        NtStatus::OBJECT_NAME_NOT_FOUND,
        "The other status for the same: LUID and index are both 0.",
    ),
    (
        NtStatus::NOT_SUPPORTED,
        "The computer has no stack for the address family, or the interface carries no \
                 routes.",
    ),
    (
        NtStatus::DUPLICATE_OBJECTID,
        "A route with the same prefix, next hop and interface exists.",
    ),
];

const WATCH: &[DocumentedStatus] = &[
    (
        NtStatus::NOT_SUPPORTED,
        "The caller's thread is outside of the default network compartment, 1.",
    ),
    (
        NtStatus::INVALID_PARAMETER,
        "A flag or the family is unknown, or the prefix is invalid.",
    ),
    (
        NtStatus::QUOTA_EXCEEDED,
        "The handle already watches with `WATCH_FILTERS_MAX` other filters, or all \
             handles together with 64; or `WATCH_REQUESTS_MAX` requests of the handle wait.",
    ),
    (
        NtStatus::CANCELLED,
        "The caller cancelled the request or closed the handle.",
    ),
];

const APPLY: &[DocumentedStatus] = &[
    (
        NtStatus::INVALID_PARAMETER,
        "A flag or an operation is unknown, two of them exclude each other, or there are \
         too many entries.",
    ),
    (
        NtStatus::REQUEST_OUT_OF_SEQUENCE,
        "The page continues a declared set, but the handle has none: the set never began, \
         is finished, or was abandoned when a page with `APPLY_ATOMIC` failed or was \
         cancelled. Or the request is a dry run of a declared set while another set is \
         unfinished.",
    ),
    (
        NtStatus::INVALID_HANDLE,
        "The handle is closing and accepts no leases.",
    ),
    (
        NtStatus::QUOTA_EXCEEDED,
        "The batches of the handle that the driver executes at the same time, or that wait, \
         would take more than `BATCH_BYTES_PER_HANDLE_MAX` bytes, or those of all handles \
         more than `BATCH_BYTES_MAX`. An entry has this status if a limit of leases is \
         reached; its cause names the limit.",
    ),
];

/// The further statuses of one operation.
pub(crate) fn of(operation: Operation) -> &'static [DocumentedStatus] {
    match operation {
        Operation::QueryVersion
        | Operation::QueryStatistics
        | Operation::InitializeRoute
        | Operation::ExplainRoute => &[],
        Operation::CreateRoute => CREATE,
        Operation::SetRoute => &[
            (
                NtStatus::INVALID_PARAMETER,
                "The row breaks one of the [documented rules](errors.md#status_invalid_parameter).",
            ),
            INTERFACE_OR_ROUTE,
            INTERFACE_OR_ROUTE_ALIAS,
            NO_STACK,
        ],
        Operation::DeleteRoute | Operation::GetRoute => {
            &[KEYS, INTERFACE_OR_ROUTE, INTERFACE_OR_ROUTE_ALIAS, NO_STACK]
        }
        Operation::GetTable | Operation::GetInterfaceTable => TABLE,
        Operation::GetBestRoute => &[
            (
                NtStatus::INVALID_PARAMETER,
                "The destination is neither IPv4 nor IPv6. By the text of the documentation, \
                 also if LUID and index are both 0.",
            ),
            (
                NtStatus::NOT_FOUND,
                "No such interface exists, or no route leads to the destination.",
            ),
            (
                NtStatus::OBJECT_NAME_NOT_FOUND,
                "The other status for the same: no such interface exists.",
            ),
            NO_STACK,
            (
                NtStatus::NETWORK_UNREACHABLE,
                "No route leads to the destination.",
            ),
            (
                NtStatus::HOST_UNREACHABLE,
                "The other status for the same: no route leads to the destination.",
            ),
        ],
        Operation::Apply => APPLY,
        Operation::GetLeases | Operation::GetInterfaceLeases => &[(
            NtStatus::BUFFER_TOO_SMALL,
            "The buffer has room for the header, but for no lease.",
        )],
        Operation::Watch => WATCH,
        Operation::GetInterface => &[
            (
                NtStatus::INVALID_PARAMETER,
                "The family is neither `AF_INET` nor `AF_INET6`, or LUID and index are both \
                 0.",
            ),
            INTERFACE,
            INTERFACE_ALIAS,
            NO_STACK,
        ],
        Operation::SetInterface => &[
            (
                NtStatus::INVALID_PARAMETER,
                "A flag is unknown, two exclude each other, no setting is to be changed, or the \
                 metric is 0xFFFFFFFF or given without its flag. Or the family is neither `AF_INET` \
                 nor `AF_INET6`, or LUID and index are both 0.",
            ),
            INTERFACE,
            INTERFACE_ALIAS,
            NO_STACK,
            (
                NtStatus::SHARING_VIOLATION,
                "With `INTERFACE_LEASE`: another handle leases settings of the interface for this \
                 family.",
            ),
            (
                NtStatus::INVALID_HANDLE,
                "The handle is closing and accepts no leases.",
            ),
        ],
    }
}
