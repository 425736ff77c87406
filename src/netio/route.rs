//! Single routes and interfaces, and the adapters of interfaces.

use core::ptr::{from_ref, null};

use abi::{BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};
use engine::RouteLookup;

use super::sys;
use crate::pool::NonPaged;
use crate::wdf::PassiveLevel;

/// `InitializeIpForwardEntry`: overwrites the row with the stack's defaults.
pub(crate) fn initialize_ip_forward_entry(
    _level: &PassiveLevel,
    row: &mut NonPaged<MibIpForwardRow2>,
) {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    unsafe { sys::InitializeIpForwardEntry(row.as_mut_ptr()) }
}

/// `CreateIpForwardEntry2`: adds the route. The stack keeps no pointer to the row.
pub(crate) fn create_ip_forward_entry2(
    _level: &PassiveLevel,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { sys::CreateIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `SetIpForwardEntry2`: changes the route with the row's keys.
pub(crate) fn set_ip_forward_entry2(
    _level: &PassiveLevel,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { sys::SetIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `DeleteIpForwardEntry2`: deletes the route with the row's keys.
pub(crate) fn delete_ip_forward_entry2(
    _level: &PassiveLevel,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { sys::DeleteIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `GetIpForwardEntry2`: fills in the row of the route with the row's keys.
pub(crate) fn get_ip_forward_entry2(
    _level: &PassiveLevel,
    row: &mut NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { sys::GetIpForwardEntry2(row.as_mut_ptr()) }).into_result()
}

/// `GetBestRoute2`: fills in the route to `lookup.destination`, and its source address.
pub(crate) fn get_best_route2(
    _level: &PassiveLevel,
    lookup: &NonPaged<RouteLookup>,
    best: &mut NonPaged<BestRoute>,
) -> Result<(), NtStatus> {
    const NO_SORT_OPTIONS: u32 = 0;
    let luid = lookup.luid.as_ref().map_or(null(), from_ref);
    let source = lookup.source.as_ref().map_or(null(), from_ref);
    let answer = &mut **best;
    // SAFETY: all pointers are borrows for the duration of the call, the inputs shared and the two
    // results mutable; the stack may leave any bytes in the results; the level is proven by
    // `_level`.
    NtStatus(unsafe {
        sys::GetBestRoute2(
            luid,
            lookup.index.unwrap_or(0),
            source,
            &raw const lookup.destination,
            NO_SORT_OPTIONS,
            &raw mut answer.route,
            &raw mut answer.source,
        )
    })
    .into_result()
}

/// `GetIpInterfaceEntry`: fills in the row of the interface with the row's keys.
pub(crate) fn get_ip_interface_entry(
    _level: &PassiveLevel,
    row: &mut NonPaged<MibIpInterfaceRow>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { sys::GetIpInterfaceEntry(row.as_mut_ptr()) }).into_result()
}

/// `SetIpInterfaceEntry`: changes the settings of the interface with the row's keys. The stack fills
/// in the LUID of a row that has only the index.
pub(crate) fn set_ip_interface_entry(
    _level: &PassiveLevel,
    row: &mut NonPaged<MibIpInterfaceRow>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { sys::SetIpInterfaceEntry(row.as_mut_ptr()) }).into_result()
}

/// `ConvertInterfaceLuidToGuid`: the adapter that has the LUID.
pub(crate) fn convert_interface_luid_to_guid(
    _level: &PassiveLevel,
    luid: u64,
) -> Result<Guid, NtStatus> {
    let mut guid = Guid::default();
    // SAFETY: both are locals that outlive the call, and any bytes are a GUID; the level is proven
    // by `_level`.
    NtStatus(unsafe { sys::ConvertInterfaceLuidToGuid(&raw const luid, &raw mut guid) })
        .into_result()?;
    Ok(guid)
}

/// `ConvertInterfaceGuidToLuid`: the LUID that the adapter has.
pub(crate) fn convert_interface_guid_to_luid(
    _level: &PassiveLevel,
    guid: Guid,
) -> Result<u64, NtStatus> {
    let mut luid = 0;
    // SAFETY: both are locals that outlive the call; the level is proven by `_level`.
    NtStatus(unsafe { sys::ConvertInterfaceGuidToLuid(&raw const guid, &raw mut luid) })
        .into_result()?;
    Ok(luid)
}
