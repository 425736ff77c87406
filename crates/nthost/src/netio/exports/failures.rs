//! With what each call may fail by its documentation, for fault injection.

use abi::NtStatus;

use crate::kernel::fault;
use crate::netio::stack::NetworkStack;

/// What every call on rows lists.
const OF_ROWS: [NtStatus; 3] = [
    NtStatus::INVALID_PARAMETER,
    NtStatus::NOT_FOUND,
    NtStatus::NOT_SUPPORTED,
];
/// What the creation of a route lists.
const OF_CREATION: [NtStatus; 4] = [
    NtStatus::INVALID_PARAMETER,
    NtStatus::NOT_FOUND,
    NtStatus::NOT_SUPPORTED,
    NtStatus::DUPLICATE_OBJECTID,
];
/// What the search for a route lists, and what the absence of one gives.
const OF_SEARCH: [NtStatus; 4] = [
    NtStatus::INVALID_PARAMETER,
    NtStatus::NOT_FOUND,
    NtStatus::NOT_SUPPORTED,
    NtStatus::NETWORK_UNREACHABLE,
];
/// What the interface calls list.
const OF_INTERFACES: [NtStatus; 2] = [NtStatus::INVALID_PARAMETER, NtStatus::NOT_FOUND];
/// What the converters list.
const OF_CONVERSION: [NtStatus; 1] = [NtStatus::INVALID_PARAMETER];
/// What the registrations list.
const OF_REGISTRATION: [NtStatus; 2] = [NtStatus::INVALID_PARAMETER, NtStatus::INVALID_HANDLE];

/// The status with which this call of `function` has to fail, if it has to. All of them may lack
/// memory.
pub(super) fn inject(function: &str, stack: &dyn NetworkStack) -> Option<NtStatus> {
    let no_memory = [stack.knobs().no_memory()];
    fault::inject_one_of(function, &[&no_memory, listed(function)].concat())
}

fn listed(function: &str) -> &'static [NtStatus] {
    match function {
        "CreateIpForwardEntry2" => &OF_CREATION,
        "GetBestRoute2" => &OF_SEARCH,
        "GetIpInterfaceEntry" | "SetIpInterfaceEntry" => &OF_INTERFACES,
        "ConvertInterfaceIndexToLuid" | "ConvertInterfaceLuidToIndex" => &OF_CONVERSION,
        "NotifyRouteChange2" | "NotifyIpInterfaceChange" => &OF_REGISTRATION,
        _ => &OF_ROWS,
    }
}
