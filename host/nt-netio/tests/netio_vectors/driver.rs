//! The exports as a driver sees them: addresses, called by the x64 convention.

use std::ffi::c_void;

use nt_types::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus, SockaddrInet};

/// Declares the resolved functions, and looks each of them up.
macro_rules! functions {
    ($($name:ident, $export:literal, ($($parameter:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions of NETIO.SYS that a driver of the route API imports.
        pub(crate) struct Netio {
            $(pub(crate) $name: extern "win64" fn($($parameter),*) $(-> $result)?,)*
        }

        impl Netio {
            /// Resolves every function, as loading a driver does.
            pub(crate) fn resolve() -> Self {
                Self {
                    $($name: {
                        let address = address_of($export);
                        // SAFETY: the export of that name is a function of that type.
                        unsafe {
                            std::mem::transmute::<
                                *const (),
                                extern "win64" fn($($parameter),*) $(-> $result)?,
                            >(address)
                        }
                    },)*
                }
            }
        }
    };
}

functions! {
    initialize_route, "InitializeIpForwardEntry", (*mut MibIpForwardRow2);
    create_route, "CreateIpForwardEntry2", (*const MibIpForwardRow2) -> NtStatus;
    set_route, "SetIpForwardEntry2", (*const MibIpForwardRow2) -> NtStatus;
    delete_route, "DeleteIpForwardEntry2", (*const MibIpForwardRow2) -> NtStatus;
    route, "GetIpForwardEntry2", (*mut MibIpForwardRow2) -> NtStatus;
    table, "GetIpForwardTable2", (u16, *mut *mut c_void) -> NtStatus;
    free_table, "FreeMibTable", (*mut c_void);
    best_route, "GetBestRoute2", (*const u64, u32, *const SockaddrInet, *const SockaddrInet, u32,
        *mut MibIpForwardRow2, *mut SockaddrInet) -> NtStatus;
    initialize_interface, "InitializeIpInterfaceEntry", (*mut MibIpInterfaceRow);
    interface, "GetIpInterfaceEntry", (*mut MibIpInterfaceRow) -> NtStatus;
    set_interface, "SetIpInterfaceEntry", (*mut MibIpInterfaceRow) -> NtStatus;
    interface_table, "GetIpInterfaceTable", (u16, *mut *mut c_void) -> NtStatus;
    index_to_luid, "ConvertInterfaceIndexToLuid", (u32, *mut u64) -> NtStatus;
    luid_to_index, "ConvertInterfaceLuidToIndex", (*const u64, *mut u32) -> NtStatus;
    watch_routes, "NotifyRouteChange2", (u16, RouteCallback, *mut c_void, u8, *mut *mut c_void)
        -> NtStatus;
    watch_interfaces, "NotifyIpInterfaceChange", (u16, InterfaceCallback, *mut c_void, u8,
        *mut *mut c_void) -> NtStatus;
    cancel, "CancelMibChangeNotify2", (*mut c_void) -> NtStatus;
}

/// `PIPFORWARD_CHANGE_CALLBACK`.
pub(crate) type RouteCallback = extern "win64" fn(*mut c_void, *mut MibIpForwardRow2, u32);

/// `PIPINTERFACE_CHANGE_CALLBACK`.
pub(crate) type InterfaceCallback = extern "win64" fn(*mut c_void, *mut MibIpInterfaceRow, u32);

fn address_of(name: &str) -> *const () {
    let export = nt_netio::exports()
        .into_iter()
        .find(|export| export.name == name)
        .unwrap_or_else(|| panic!("NETIO.SYS does not export {name}"));
    assert_eq!(export.module, "NETIO.SYS");
    std::ptr::with_exposed_provenance(export.address)
}
