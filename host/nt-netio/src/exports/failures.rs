//! The statuses with which each call may fail, for fault injection. A call fails before it has done
//! anything.
//!
//! The source is the function's page in the reference of the kernel's route functions. Where a page
//! describes a failure without naming an `NTSTATUS`, or names one that callers in the field did not
//! see, the status is the one of the host's profile ([`Behaviours`]).

use nt_kernel::fault;
use nt_types::NtStatus;

use crate::Behaviours;
use crate::stack::NetworkStack;

/// The functions that are not failed, and why.
#[cfg(test)]
const NEVER_FAIL: [(&str, &str); 5] = [
    (
        "CancelMibChangeNotify2",
        "its page lists only a null handle, and a driver that cannot cancel can never be unloaded",
    ),
    ("FreeMibTable", "it answers nothing"),
    ("InitializeIpForwardEntry", "it answers nothing"),
    ("InitializeIpInterfaceEntry", "it answers nothing"),
    ("NdisGetThreadObjectCompartmentId", "it answers no status"),
];

/// The status with which this call of `function` has to fail, if it has to.
pub(super) fn inject(function: &str, stack: &dyn NetworkStack) -> Option<NtStatus> {
    fault::inject_with(function, || statuses_of(function, stack.behaviours()))
}

/// Each status once.
fn statuses_of(function: &str, behaviours: Behaviours) -> Vec<NtStatus> {
    let mut statuses = Vec::new();
    let listed = listed(function).to_vec();
    for status in [
        others(function, behaviours),
        listed,
        described(function, behaviours),
    ]
    .concat()
    {
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    statuses
}

/// A lack of memory, under a name that is no `NTSTATUS`, or "Other": a lack of memory again, which
/// every call may meet. The converters list neither.
fn others(function: &str, behaviours: Behaviours) -> Vec<NtStatus> {
    if function.starts_with("ConvertInterface") {
        return Vec::new();
    }
    vec![behaviours.no_memory()]
}

/// What the page lists. `ERROR_INVALID_HANDLE` is read as the `NTSTATUS` of that name.
fn listed(function: &str) -> &'static [NtStatus] {
    match function {
        "CreateIpForwardEntry2"
        | "DeleteIpForwardEntry2"
        | "GetBestRoute2"
        | "GetIpForwardEntry2"
        | "GetIpForwardTable2"
        | "GetIpInterfaceTable"
        | "GetUnicastIpAddressTable" => &[
            NtStatus::INVALID_PARAMETER,
            NtStatus::NOT_FOUND,
            NtStatus::NOT_SUPPORTED,
        ],
        "GetIpInterfaceEntry" | "SetIpForwardEntry2" | "SetIpInterfaceEntry" => {
            &[NtStatus::INVALID_PARAMETER, NtStatus::NOT_FOUND]
        }
        "ConvertInterfaceGuidToLuid"
        | "ConvertInterfaceIndexToLuid"
        | "ConvertInterfaceLuidToGuid"
        | "ConvertInterfaceLuidToIndex" => &[NtStatus::INVALID_PARAMETER],
        "NotifyIpInterfaceChange" | "NotifyRouteChange2" | "NotifyUnicastIpAddressChange" => {
            &[NtStatus::INVALID_PARAMETER, NtStatus::INVALID_HANDLE]
        }
        // No page lists any: that of a compartment that does not exist.
        "NdisSetThreadObjectCompartmentId" => &[NtStatus::NOT_FOUND],
        _ => &[],
    }
}

/// What the page describes: a route that exists or does not, a destination without a route, an
/// interface that is not given or not there.
fn described(function: &str, behaviours: Behaviours) -> Vec<NtStatus> {
    let interface = [
        behaviours.no_interface_given(),
        behaviours.unknown_interface(),
    ];
    match function {
        "CreateIpForwardEntry2" => vec![behaviours.duplicate(), behaviours.no_interface_given()],
        "DeleteIpForwardEntry2" | "GetIpForwardEntry2" | "SetIpForwardEntry2" => {
            vec![behaviours.absent(), behaviours.no_interface_given()]
        }
        "GetBestRoute2" => [&[behaviours.no_route()], &interface[..]].concat(),
        "GetIpInterfaceEntry" | "SetIpInterfaceEntry" => interface.to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::exports;
    use super::*;

    #[test]
    fn every_export_can_fail_or_says_why_not() {
        for export in exports() {
            let fails = !listed(export.name).is_empty();
            let excepted = NEVER_FAIL.iter().any(|(name, _)| *name == export.name);
            assert_ne!(fails, excepted, "{}", export.name);
        }
    }

    #[test]
    fn the_reading_says_what_the_page_does_not() {
        let creation = |behaviours| statuses_of("CreateIpForwardEntry2", behaviours);
        let listed = listed("CreateIpForwardEntry2");
        let default = [
            &[NtStatus::NO_MEMORY],
            listed,
            &[NtStatus::DUPLICATE_OBJECTID],
        ];
        assert_eq!(creation(Behaviours::default()), default.concat());
        let alternative = [
            &[NtStatus::INSUFFICIENT_RESOURCES],
            listed,
            &[NtStatus::OBJECTID_EXISTS, NtStatus::OBJECT_NAME_NOT_FOUND],
        ];
        assert_eq!(creation(Behaviours::alternative()), alternative.concat());
    }
}
