//! Netio.lib: the route functions of `netioapi.h`, as safe functions.
//!
//! `wdk-sys` has no network subset, so they are declared here, with the status type that they have
//! in the kernel (`NETIO_STATUS` is `NTSTATUS` there). The documentation asks for an IRQL below
//! `DISPATCH_LEVEL`, the header for `PASSIVE_LEVEL`; each function here takes the proof of the
//! stricter one.

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::{NonNull, null_mut};
use core::slice;

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
    SockaddrInet,
};
use engine::Change;
use wdk_sys::NTSTATUS;
use wdk_sys::ntddk::DbgPrint;

use crate::pool::NonPaged;
use crate::wdf::PassiveLevel;

/// `MIB_IPFORWARD_TABLE2` and `MIB_IPINTERFACE_TABLE`: a count and that many rows.
#[repr(C)]
pub(crate) struct MibTableHeader<Row> {
    count: u32,
    rows: [Row; 0],
}

const _: () = {
    assert!(offset_of!(MibTableHeader<MibIpForwardRow2>, rows) == 8);
    assert!(offset_of!(MibTableHeader<MibIpInterfaceRow>, rows) == 8);
};

unsafe extern "system" {
    fn InitializeIpForwardEntry(row: *mut MibIpForwardRow2);
    fn CreateIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    fn SetIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    fn DeleteIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    fn GetIpForwardEntry2(row: *mut MibIpForwardRow2) -> NTSTATUS;
    fn GetIpForwardTable2(
        family: u16,
        table: *mut *mut MibTableHeader<MibIpForwardRow2>,
    ) -> NTSTATUS;
    fn GetBestRoute2(
        interface_luid: *const u64,
        interface_index: u32,
        source_address: *const SockaddrInet,
        destination_address: *const SockaddrInet,
        address_sort_options: u32,
        best_route: *mut MibIpForwardRow2,
        best_source_address: *mut SockaddrInet,
    ) -> NTSTATUS;
    fn GetIpInterfaceEntry(row: *mut MibIpInterfaceRow) -> NTSTATUS;
    fn GetIpInterfaceTable(
        family: u16,
        table: *mut *mut MibTableHeader<MibIpInterfaceRow>,
    ) -> NTSTATUS;
    fn FreeMibTable(memory: *mut c_void);
    fn NotifyRouteChange2(
        family: u16,
        callback: unsafe extern "system" fn(*mut c_void, *mut MibIpForwardRow2, i32),
        caller_context: *mut c_void,
        initial_notification: u8,
        notification_handle: *mut *mut c_void,
    ) -> NTSTATUS;
    fn NotifyIpInterfaceChange(
        family: u16,
        callback: unsafe extern "system" fn(*mut c_void, *mut MibIpInterfaceRow, i32),
        caller_context: *mut c_void,
        initial_notification: u8,
        notification_handle: *mut *mut c_void,
    ) -> NTSTATUS;
    fn CancelMibChangeNotify2(notification_handle: *mut c_void) -> NTSTATUS;
}

/// `InitializeIpForwardEntry`: overwrites the row with the stack's defaults.
pub(crate) fn initialize_ip_forward_entry(
    _level: &PassiveLevel<'_>,
    row: &mut NonPaged<MibIpForwardRow2>,
) {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    unsafe { InitializeIpForwardEntry(row.as_mut_ptr()) }
}

/// `CreateIpForwardEntry2`: adds the route. The stack keeps no pointer to the row.
pub(crate) fn create_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { CreateIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `SetIpForwardEntry2`: changes the route with the row's keys.
pub(crate) fn set_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { SetIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `DeleteIpForwardEntry2`: deletes the route with the row's keys.
pub(crate) fn delete_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { DeleteIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `GetIpForwardEntry2`: fills in the row of the route with the row's keys.
pub(crate) fn get_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &mut NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { GetIpForwardEntry2(row.as_mut_ptr()) }).into_result()
}

/// `GetIpForwardTable2`: a snapshot of all routes of a family.
pub(crate) fn get_ip_forward_table2(
    _level: &PassiveLevel<'_>,
    family: AddressFamily,
) -> Result<MibTable<MibIpForwardRow2>, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { GetIpForwardTable2(family.0, &raw mut table) }).into_result()?;
    MibTable::from_stack(table)
}

/// `GetBestRoute2`: fills in the route to `request.destination`, and the source address that goes
/// with it.
pub(crate) fn get_best_route2(
    _level: &PassiveLevel<'_>,
    request: &NonPaged<BestRouteRequest>,
    best: &mut NonPaged<BestRoute>,
) -> Result<(), NtStatus> {
    const NO_SORT_OPTIONS: u32 = 0;
    let interface_luid = match request.interface_luid {
        0 => core::ptr::null(),
        _ => &raw const request.interface_luid,
    };
    let source = match request.source.family() {
        AddressFamily::UNSPECIFIED => core::ptr::null(),
        _ => &raw const request.source,
    };
    let answer = &mut **best;
    // SAFETY: what is pointed to is borrowed for the call, the inputs shared and the two results
    // mutably; the stack may leave any bytes in the results; the level is proven by `_level`.
    NtStatus(unsafe {
        GetBestRoute2(
            interface_luid,
            request.interface_index,
            source,
            &raw const request.destination,
            NO_SORT_OPTIONS,
            &raw mut answer.route,
            &raw mut answer.source,
        )
    })
    .into_result()
}

/// `GetIpInterfaceEntry`: fills in the row of the interface with the row's keys.
pub(crate) fn get_ip_interface_entry(
    _level: &PassiveLevel<'_>,
    row: &mut NonPaged<MibIpInterfaceRow>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { GetIpInterfaceEntry(row.as_mut_ptr()) }).into_result()
}

/// `GetIpInterfaceTable`: a snapshot of all interfaces of a family.
pub(crate) fn get_ip_interface_table(
    _level: &PassiveLevel<'_>,
    family: AddressFamily,
) -> Result<MibTable<MibIpInterfaceRow>, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { GetIpInterfaceTable(family.0, &raw mut table) }).into_result()?;
    MibTable::from_stack(table)
}

/// `FreeMibTable`: gives a table back.
///
/// # Safety
///
/// The table came from the stack, and nobody looks at it any more or frees it again.
pub(crate) unsafe fn free_mib_table<Row>(
    _level: &PassiveLevel<'_>,
    table: NonNull<MibTableHeader<Row>>,
) {
    // SAFETY: the caller's promise; the level is proven by `_level`.
    unsafe { FreeMibTable(table.as_ptr().cast()) }
}

/// A table that the network stack allocated and nobody else owns.
///
/// A handle keeps tables from one request to the next, so that no proof of the level can be lent
/// for as long as they live: whoever drops one proves the level anew.
pub(crate) struct MibTable<Row>(NonNull<MibTableHeader<Row>>);

// SAFETY: a table is plain memory; `FreeMibTable` may be called by another thread than the one
// that asked for the table.
unsafe impl<Row: Send> Send for MibTable<Row> {}

impl<Row> MibTable<Row> {
    /// Takes what a call that succeeded left in its out pointer.
    fn from_stack(table: *mut MibTableHeader<Row>) -> Result<Self, NtStatus> {
        NonNull::new(table).map(Self).ok_or(NtStatus::UNSUCCESSFUL)
    }
}

impl<Row> AsRef<[Row]> for MibTable<Row> {
    fn as_ref(&self) -> &[Row] {
        // SAFETY: the stack gave this pointer to a table, which stays until `drop`.
        let count = unsafe { (*self.0.as_ptr()).count };
        // SAFETY: the offset stays within the table.
        let rows = unsafe { &raw const (*self.0.as_ptr()).rows };
        // SAFETY: `count` rows follow (documented layout), they stay until `drop`, nobody writes
        // to them, and any bytes are a row.
        unsafe { slice::from_raw_parts(rows.cast(), count as usize) }
    }
}

impl<Row> Drop for MibTable<Row> {
    fn drop(&mut self) {
        let freed = PassiveLevel::prove(|level| {
            // SAFETY: the table came from the stack, and its owner goes.
            unsafe { free_mib_table(level, self.0) };
            Ok(())
        });
        if freed.is_err() {
            // A table that is left is a leak; one that is freed at a wrong level is a crash.
            // SAFETY: `DbgPrint` may be called at every level, and the text has no conversions.
            unsafe {
                DbgPrint(c"ipforward: a table is left, at an IRQL too high to free it\n".as_ptr())
            };
        }
    }
}

/// Who wants to hear of changes.
///
/// Calls come from threads of the system's, at a level that nobody documents: the listener must do
/// with what is allowed at `DISPATCH_LEVEL`, and must not call the network stack.
pub(crate) trait ChangeListener: Sync {
    /// A route was added, changed or removed. Of the row only the keys are reliable.
    fn route_changed(&self, change: Change, row: &MibIpForwardRow2);

    /// An interface was added, changed or removed.
    fn interface_changed(&self, change: Change);
}

/// Notifications for both families, until they are [ended](Self::end).
///
/// Laid out as the handle, which is never null: `None` of it is a null pointer.
#[must_use = "notifications that nobody ends come for ever"]
#[repr(transparent)]
pub(crate) struct Notification(NonNull<c_void>);

const NO_INITIAL_NOTIFICATION: u8 = 0;

impl Notification {
    /// `NotifyRouteChange2`: begins to tell a listener of routes.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    ///
    /// # Safety
    ///
    /// The listener stays where it is until the notifications have been ended.
    pub(crate) unsafe fn of_routes<L: ChangeListener>(
        _level: &PassiveLevel<'_>,
        listener: &L,
    ) -> Result<Self, NtStatus> {
        let mut handle = null_mut();
        // SAFETY: the callback fits the context, which is valid as long as the callback can come
        // (the caller's promise); `handle` is a local; the level is proven by `_level`.
        let status = NtStatus(unsafe {
            NotifyRouteChange2(
                AddressFamily::UNSPECIFIED.0,
                route_changed::<L>,
                (&raw const *listener).cast_mut().cast(),
                NO_INITIAL_NOTIFICATION,
                &raw mut handle,
            )
        });
        Self::registered(status, handle)
    }

    /// `NotifyIpInterfaceChange`: begins to tell a listener of interfaces.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    ///
    /// # Safety
    ///
    /// The listener stays where it is until the notifications have been ended.
    pub(crate) unsafe fn of_interfaces<L: ChangeListener>(
        _level: &PassiveLevel<'_>,
        listener: &L,
    ) -> Result<Self, NtStatus> {
        let mut handle = null_mut();
        // SAFETY: as in `of_routes`.
        let status = NtStatus(unsafe {
            NotifyIpInterfaceChange(
                AddressFamily::UNSPECIFIED.0,
                interface_changed::<L>,
                (&raw const *listener).cast_mut().cast(),
                NO_INITIAL_NOTIFICATION,
                &raw mut handle,
            )
        });
        Self::registered(status, handle)
    }

    fn registered(status: NtStatus, handle: *mut c_void) -> Result<Self, NtStatus> {
        status.into_result()?;
        NonNull::new(handle).map(Self).ok_or(NtStatus::UNSUCCESSFUL)
    }

    /// `CancelMibChangeNotify2`: returns after the last callback has. Not to be called by one, nor
    /// with a lock that one takes.
    pub(crate) fn end(self, _level: &PassiveLevel<'_>) {
        // SAFETY: the handle came from a registration, and is given back with its only owner; the
        // level is proven by `_level`.
        let status = NtStatus(unsafe { CancelMibChangeNotify2(self.0.as_ptr()) });
        debug_assert!(status.is_success(), "a handle of our own can be cancelled");
    }
}

/// What a `MIB_NOTIFICATION_TYPE` says; nothing for the initial notification.
const fn change(kind: i32) -> Option<Change> {
    match kind {
        0 => Some(Change::Changed),
        1 => Some(Change::Added),
        2 => Some(Change::Removed),
        _ => None,
    }
}

/// `PIPFORWARD_CHANGE_CALLBACK`.
unsafe extern "system" fn route_changed<L: ChangeListener>(
    context: *mut c_void,
    row: *mut MibIpForwardRow2,
    kind: i32,
) {
    // SAFETY: the stack gives back the context of the registration, which is valid until that is
    // cancelled.
    let listener = unsafe { &*context.cast::<L>() };
    // SAFETY: the stack lends the row, if there is one, for the time of this call.
    let row = unsafe { row.as_ref() };
    if let (Some(change), Some(row)) = (change(kind), row) {
        listener.route_changed(change, row);
    }
}

/// `PIPINTERFACE_CHANGE_CALLBACK`.
unsafe extern "system" fn interface_changed<L: ChangeListener>(
    context: *mut c_void,
    _row: *mut MibIpInterfaceRow,
    kind: i32,
) {
    // SAFETY: the stack gives back the context of the registration, which is valid until that is
    // cancelled.
    let listener = unsafe { &*context.cast::<L>() };
    if let Some(change) = change(kind) {
        listener.interface_changed(change);
    }
}
