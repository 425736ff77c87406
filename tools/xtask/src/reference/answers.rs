//! What an operation can be answered with, as far as it is documented or known.

use abi::{NtStatus, Operation};

/// One status and when it comes.
pub(crate) type Answer = (NtStatus, &'static str);

/// What the system and the driver answer to any operation.
pub(crate) const COMMON: &[Answer] = &[
    (
        NtStatus::ACCESS_DENIED,
        "The handle was not opened for what the operation needs: to read, or to write.",
    ),
    (
        NtStatus::INVALID_DEVICE_REQUEST,
        "No operation has this code, or the device was asked for something else than one.",
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

const NO_STACK: Answer = (
    NtStatus::NOT_SUPPORTED,
    "The machine has no stack for the address family.",
);
const INTERFACE_OR_ROUTE: Answer = (
    NtStatus::NOT_FOUND,
    "There is no such route, or no such interface, or the interface does not carry the family.",
);
const INTERFACE_OR_ROUTE_ALIAS: Answer = (
    NtStatus::OBJECT_NAME_NOT_FOUND,
    "There is no such route, or no interface is given, under its other name.",
);
const KEYS: Answer = (
    NtStatus::INVALID_PARAMETER,
    "The prefix has no family that is known, the next hop has none, or neither LUID nor index \
     says the interface.",
);
const TABLE: &[Answer] = &[
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
        "There is room for the header, but not for a single row.",
    ),
    (
        NtStatus::REQUEST_OUT_OF_SEQUENCE,
        "The cursor is not of the snapshot that this handle reads: begin again with 0.",
    ),
];

const CREATE: &[Answer] = &[
    (
        NtStatus::INVALID_PARAMETER,
        "The row breaks one of the [documented rules](errors.md#status_invalid_parameter).",
    ),
    (
        NtStatus::NOT_FOUND,
        "There is no such interface, or it does not carry the family.",
    ),
    (
        NtStatus::OBJECT_NAME_NOT_FOUND,
        "Neither LUID nor index says the interface, under its other name.",
    ),
    (
        NtStatus::NOT_SUPPORTED,
        "The machine has no stack for the address family, or the interface carries no \
                 routes.",
    ),
    (
        NtStatus::DUPLICATE_OBJECTID,
        "There is a route with the same prefix, next hop and interface.",
    ),
];

const WATCH: &[Answer] = &[
    (
        NtStatus::INVALID_PARAMETER,
        "A flag or the family is unknown, or the prefix makes no sense.",
    ),
    (
        NtStatus::QUOTA_EXCEEDED,
        "The handle watches through `WATCH_FILTERS_MAX` other filters already, or all \
             handles together through 64.",
    ),
    (
        NtStatus::CANCELLED,
        "The caller cancelled it, or closed the handle.",
    ),
];

/// What one operation is answered with besides.
pub(crate) fn of(operation: Operation) -> &'static [Answer] {
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
                "The destination is neither IPv4 nor IPv6; by the letter, also if neither LUID \
                 nor index says an interface.",
            ),
            (
                NtStatus::NOT_FOUND,
                "There is no such interface, or no route leads there.",
            ),
            (
                NtStatus::OBJECT_NAME_NOT_FOUND,
                "There is no such interface, under its other name.",
            ),
            NO_STACK,
            (NtStatus::NETWORK_UNREACHABLE, "No route leads there."),
            (
                NtStatus::HOST_UNREACHABLE,
                "No route leads there, under its other name.",
            ),
        ],
        Operation::Apply => &[
            (
                NtStatus::INVALID_PARAMETER,
                "A flag or an operation is unknown or does not go with another, or there are too \
                 many entries.",
            ),
            (
                NtStatus::REQUEST_OUT_OF_SEQUENCE,
                "A page that goes on with a declared set, but the handle declares none: it was never \
                 begun, or is over, or was given up with a page of `APPLY_ATOMIC` that failed or was \
                 cancelled. Or a dry run of a declared set, while another one is being declared in \
                 pages.",
            ),
            (
                NtStatus::INVALID_HANDLE,
                "The handle is being closed and takes no leases.",
            ),
        ],
        Operation::GetLeases => &[(
            NtStatus::BUFFER_TOO_SMALL,
            "There is room for the header, but not for a single lease.",
        )],
        Operation::Watch => WATCH,
        Operation::GetInterface => &[
            (
                NtStatus::INVALID_PARAMETER,
                "The family is neither `AF_INET` nor `AF_INET6`, or neither LUID nor index says \
                 the interface.",
            ),
            (
                NtStatus::NOT_FOUND,
                "There is no such interface, or it does not carry the family.",
            ),
            (
                NtStatus::OBJECT_NAME_NOT_FOUND,
                "There is no such interface, under its other name.",
            ),
            NO_STACK,
        ],
    }
}
