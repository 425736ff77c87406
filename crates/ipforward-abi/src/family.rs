//! The functions of Windows and the operations that replace them.

use crate::operation::Operation;

/// Each function that the reference page of `CreateIpForwardEntry2` names, the two that return the
/// metric of an interface and the one that sets it, with the operation that does the same.
pub const FAMILY: &[(&str, Operation)] = &[
    ("CreateIpForwardEntry2", Operation::CreateRoute),
    ("DeleteIpForwardEntry2", Operation::DeleteRoute),
    ("GetBestRoute2", Operation::GetBestRoute),
    ("GetIpForwardEntry2", Operation::GetRoute),
    ("GetIpForwardTable2", Operation::GetTable),
    ("GetIpInterfaceEntry", Operation::GetInterface),
    ("GetIpInterfaceTable", Operation::GetInterfaceTable),
    ("InitializeIpForwardEntry", Operation::InitializeRoute),
    ("NotifyRouteChange2", Operation::Watch),
    ("SetIpForwardEntry2", Operation::SetRoute),
    ("SetIpInterfaceEntry", Operation::SetInterface),
];
