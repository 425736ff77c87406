//! The functions of Windows that programs in user mode reach through the driver.

use crate::operation::Operation;

/// Each function that the reference page of `CreateIpForwardEntry2` names, and the two without
/// which a metric means nothing (those of the interfaces), with the operation that stands for it.
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
];
