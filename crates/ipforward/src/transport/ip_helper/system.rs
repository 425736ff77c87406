//! The functions of iphlpapi.dll. The rows of the contract are those of the API, byte for byte.

use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::sync::Arc;

use abi::watch::{EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED};
use abi::{
    AddressFamily, BestRoute, BestRouteRequest, Guid, MibIpForwardRow2, MibIpInterfaceRow,
    MibUnicastIpAddressRow, SockaddrInet,
};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CancelMibChangeNotify2, CreateIpForwardEntry2, DeleteIpForwardEntry2, FreeMibTable,
    GetBestRoute2, GetIpForwardEntry2, GetIpForwardTable2, GetIpInterfaceEntry,
    GetIpInterfaceTable, InitializeIpForwardEntry, MIB_IPFORWARD_ROW2, MIB_IPFORWARD_TABLE2,
    MIB_IPINTERFACE_ROW, MIB_IPINTERFACE_TABLE, MIB_NOTIFICATION_TYPE, MIB_UNICASTIPADDRESS_ROW,
    MibAddInstance, MibDeleteInstance, MibParameterNotification, NotifyIpInterfaceChange,
    NotifyRouteChange2, NotifyUnicastIpAddressChange, SetIpForwardEntry2,
};
use windows_sys::Win32::NetworkManagement::Ndis::NET_LUID_LH;
use windows_sys::Win32::Networking::WinSock::SOCKADDR_INET;

use super::change_log::{ChangeLog, SystemChange};
use super::{RouteApi, SystemRegistration, Win32};
use crate::transport::windows::{alias_of_luid, luid_of_alias, luid_of_guid};

const _: () = {
    assert!(size_of::<MibIpForwardRow2>() == size_of::<MIB_IPFORWARD_ROW2>());
    assert!(align_of::<MibIpForwardRow2>() == align_of::<MIB_IPFORWARD_ROW2>());
    assert!(size_of::<MibIpInterfaceRow>() == size_of::<MIB_IPINTERFACE_ROW>());
    assert!(align_of::<MibIpInterfaceRow>() == align_of::<MIB_IPINTERFACE_ROW>());
    assert!(size_of::<MibUnicastIpAddressRow>() == size_of::<MIB_UNICASTIPADDRESS_ROW>());
    assert!(align_of::<MibUnicastIpAddressRow>() == align_of::<MIB_UNICASTIPADDRESS_ROW>());
    assert!(size_of::<SockaddrInet>() == size_of::<SOCKADDR_INET>());
    assert!(align_of::<SockaddrInet>() == align_of::<SOCKADDR_INET>());
};

/// The IP Helper API of this system.
pub(crate) struct IpHelperApi;

impl RouteApi for IpHelperApi {
    fn initial_route(&self) -> MibIpForwardRow2 {
        let mut row = MibIpForwardRow2::default();
        // SAFETY: the row can be written.
        unsafe { InitializeIpForwardEntry((&raw mut row).cast()) };
        row
    }

    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        // SAFETY: the row can be read.
        checked(unsafe { CreateIpForwardEntry2(ptr::from_ref(row).cast()) })
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        // SAFETY: the row can be read.
        checked(unsafe { SetIpForwardEntry2(ptr::from_ref(row).cast()) })
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        // SAFETY: the row can be read.
        checked(unsafe { DeleteIpForwardEntry2(ptr::from_ref(row).cast()) })
    }

    fn route(&self, key: &MibIpForwardRow2) -> Result<MibIpForwardRow2, Win32> {
        let mut row = *key;
        // SAFETY: the row can be read and written.
        checked(unsafe { GetIpForwardEntry2((&raw mut row).cast()) })?;
        Ok(row)
    }

    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, Win32> {
        let mut table = ptr::null_mut::<MIB_IPFORWARD_TABLE2>();
        // SAFETY: the address of the table can be written.
        checked(unsafe { GetIpForwardTable2(family.0, &raw mut table) })?;
        let table = ApiTable(table);
        // SAFETY: the function has succeeded, so the table is there until `table` is dropped.
        let count = unsafe { (*table.0).NumEntries };
        // SAFETY: as above; the reference is to the place of the first row only.
        let rows = unsafe { &raw const (*table.0).Table };
        // SAFETY: the table has `count` rows from there, and any bytes are a row.
        let rows = unsafe { slice::from_raw_parts(rows.cast(), count as usize) };
        Ok(rows.to_vec())
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, Win32> {
        let luid = NET_LUID_LH {
            Value: request.interface_luid,
        };
        let has_luid = request.interface_luid != 0;
        let has_source = request.source.family() != AddressFamily::UNSPECIFIED;
        let mut best = BestRoute::default();
        // SAFETY: each pointer is null where the function takes none, or to a local value or a part of
        // the request with the layout of the API's structure; the last two can be written.
        checked(unsafe {
            GetBestRoute2(
                if has_luid {
                    &raw const luid
                } else {
                    ptr::null()
                },
                request.interface_index,
                if has_source {
                    (&raw const request.source).cast()
                } else {
                    ptr::null()
                },
                (&raw const request.destination).cast(),
                0,
                (&raw mut best.route).cast(),
                (&raw mut best.source).cast(),
            )
        })?;
        Ok(best)
    }

    fn interface(&self, key: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, Win32> {
        let mut row = *key;
        // SAFETY: the row can be read and written.
        checked(unsafe { GetIpInterfaceEntry((&raw mut row).cast()) })?;
        Ok(row)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, Win32> {
        let mut table = ptr::null_mut::<MIB_IPINTERFACE_TABLE>();
        // SAFETY: the address of the table can be written.
        checked(unsafe { GetIpInterfaceTable(family.0, &raw mut table) })?;
        let table = ApiTable(table);
        // SAFETY: the function has succeeded, so the table is there until `table` is dropped.
        let count = unsafe { (*table.0).NumEntries };
        // SAFETY: as above; the reference is to the place of the first row only.
        let rows = unsafe { &raw const (*table.0).Table };
        // SAFETY: the table has `count` rows from there, and any bytes are a row.
        let rows = unsafe { slice::from_raw_parts(rows.cast(), count as usize) };
        Ok(rows.to_vec())
    }

    fn notify(&self, log: &Arc<ChangeLog>) -> Result<SystemRegistration, Win32> {
        let mut registered = ChangeRegistrations {
            handles: Vec::new(),
            log: Arc::clone(log),
        };
        let context = registered.context();
        let family = AddressFamily::UNSPECIFIED.0;
        registered.register(|handle| {
            // SAFETY: the log lives until `registered` has ended the registration; the handle can be
            // written.
            unsafe { NotifyRouteChange2(family, Some(route_changed), context, false, handle) }
        })?;
        registered.register(|handle| {
            // SAFETY: as above.
            unsafe {
                NotifyIpInterfaceChange(family, Some(interface_changed), context, false, handle)
            }
        })?;
        registered.register(|handle| {
            // SAFETY: as above.
            unsafe {
                NotifyUnicastIpAddressChange(family, Some(address_changed), context, false, handle)
            }
        })?;
        Ok(Box::new(registered))
    }

    fn luid_of_alias(&self, alias: &str) -> Option<u64> {
        luid_of_alias(alias)
    }

    fn luid_of_guid(&self, guid: Guid) -> Option<u64> {
        luid_of_guid(guid)
    }

    fn alias_of_luid(&self, luid: u64) -> Option<String> {
        alias_of_luid(luid)
    }
}

/// Registrations for notifications, which have the address of the log. Dropping it ends them.
struct ChangeRegistrations {
    handles: Vec<HANDLE>,
    log: Arc<ChangeLog>,
}

// SAFETY: a handle of a registration may be cancelled by any thread but that of its callback, and the
// callback drops nothing.
unsafe impl Send for ChangeRegistrations {}
// SAFETY: a shared reference gives access to nothing.
unsafe impl Sync for ChangeRegistrations {}

impl ChangeRegistrations {
    /// The context of the callbacks.
    fn context(&self) -> *const c_void {
        Arc::as_ptr(&self.log).cast()
    }

    fn register(&mut self, call: impl FnOnce(*mut HANDLE) -> Win32) -> Result<(), Win32> {
        let mut handle = ptr::null_mut();
        checked(call(&raw mut handle))?;
        self.handles.push(handle);
        Ok(())
    }
}

impl Drop for ChangeRegistrations {
    fn drop(&mut self) {
        for handle in &self.handles {
            // SAFETY: the registration succeeded, and nothing else ends it. The call returns after the
            // last callback.
            unsafe { CancelMibChangeNotify2(*handle) };
        }
    }
}

/// Adds a change to the log of a registration.
///
/// # Safety
///
/// The system passes the context of a registration that has not ended.
unsafe fn push(context: *const c_void, change: SystemChange) {
    // SAFETY: the caller's promise: the log lives at least as long as the registration.
    let log = unsafe { &*context.cast::<ChangeLog>() };
    log.push(change);
}

/// What a notification of a route is as an event.
const EVENTS: [(MIB_NOTIFICATION_TYPE, u32); 3] = [
    (MibAddInstance, EVENT_ADDED),
    (MibParameterNotification, EVENT_CHANGED),
    (MibDeleteInstance, EVENT_REMOVED),
];

/// `PIPFORWARD_CHANGE_CALLBACK`.
unsafe extern "system" fn route_changed(
    context: *const c_void,
    row: *const MIB_IPFORWARD_ROW2,
    kind: MIB_NOTIFICATION_TYPE,
) {
    let event = EVENTS.iter().find(|(system, _)| *system == kind);
    // SAFETY: the system lends the row, if it is not null, and it has the layout of the contract's.
    let row = unsafe { row.cast::<MibIpForwardRow2>().as_ref() };
    if let (Some((_, event)), Some(row)) = (event, row) {
        // SAFETY: it is the context of the registration.
        unsafe { push(context, SystemChange::Route(*event, *row)) };
    }
}

/// `PIPINTERFACE_CHANGE_CALLBACK`.
unsafe extern "system" fn interface_changed(
    context: *const c_void,
    row: *const MIB_IPINTERFACE_ROW,
    _kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the system lends the row, if it is not null.
    let row = unsafe { row.cast::<MibIpInterfaceRow>().as_ref() };
    let luid = row.map_or(0, |row| row.interface_luid);
    // SAFETY: it is the context of the registration.
    unsafe { push(context, SystemChange::Interface(luid)) };
}

/// `PUNICAST_IPADDRESS_CHANGE_CALLBACK`.
unsafe extern "system" fn address_changed(
    context: *const c_void,
    row: *const MIB_UNICASTIPADDRESS_ROW,
    _kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the system lends the row, if it is not null, and it has the layout of the contract's.
    let row = unsafe { row.cast::<MibUnicastIpAddressRow>().as_ref() };
    let luid = row.map_or(0, |row| row.interface_luid);
    // SAFETY: it is the context of the registration.
    unsafe { push(context, SystemChange::Interface(luid)) };
}

/// A table of the API. Dropping it frees it.
struct ApiTable<T>(*mut T);

impl<T> Drop for ApiTable<T> {
    fn drop(&mut self) {
        // SAFETY: a function of the API made the table, and nothing else frees it.
        unsafe { FreeMibTable(self.0.cast()) };
    }
}

const fn checked(error: Win32) -> Result<(), Win32> {
    match error {
        0 => Ok(()),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::error::Error;
    use crate::reason::Reason;
    use crate::route::{Interface, Route};

    #[test]
    fn the_tables_of_this_system_are_read() {
        let device = Device::ip_helper();
        for family in [AddressFamily::IPV4, AddressFamily::IPV6] {
            let routes = device.routes(family).unwrap();
            assert!(routes.iter().all(|route| route.family() == family));
            let interfaces = match device.interfaces(family) {
                // Wine 8 has no table of interfaces.
                Err(error) if error.reason() == Some(Reason::NotSupported) => continue,
                interfaces => interfaces.unwrap(),
            };
            assert!(interfaces.iter().all(|row| row.family == family));
            for route in routes {
                let on = |row: &crate::IpInterface| row.interface.is_same(route.interface);
                assert!(interfaces.iter().any(on), "{route}");
            }
        }
    }

    #[test]
    fn a_wrong_family_has_the_reason_of_the_driver() {
        let error = Device::ip_helper().routes(AddressFamily(99)).unwrap_err();
        assert_eq!(error.reason(), Some(Reason::InvalidParameter));
    }

    #[test]
    fn a_lease_needs_the_driver() {
        let route = Route::new("10.20.0.0/16".parse().unwrap(), Interface::Index(1));
        let error = Device::ip_helper().lease(&route).unwrap_err();
        assert!(matches!(error, Error::NeedsDriver { .. }), "{error}");
    }
}
