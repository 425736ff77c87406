//! Notifications of changed routes, interfaces and addresses.

use core::ffi::c_void;
use core::marker::PhantomPinned;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use abi::{AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus};
use engine::Change;

use super::sys;
use crate::wdf::{DispatchLevel, PassiveLevel};

const NO_INITIAL_NOTIFICATION: u8 = 0;

/// Takes the notifications of the stack.
///
/// The stack calls it in threads of the system, at an IRQL that is not documented. So a listener
/// may do only what is allowed at `DISPATCH_LEVEL`, and must not call the network stack.
pub(crate) trait ChangeListener: Sync {
    /// A route was added, changed or removed. Of the row only the keys are reliable.
    fn route_changed(&self, level: &mut DispatchLevel, change: Change, row: &MibIpForwardRow2);

    /// The interface with this LUID, or one of its addresses, was added, changed or removed; 0 if
    /// the stack did not say which.
    fn interface_changed(&self, level: &mut DispatchLevel, change: Change, luid: u64);
}

/// A listener, and its registrations for the notifications of both families.
///
/// The stack has the address of the listener while it is registered. Therefore the listener is
/// pinned first, and its registrations end before it is dropped.
pub(crate) struct Listening<L> {
    routes: Registration,
    interfaces: Registration,
    addresses: Registration,
    /// True if the listener may be registered.
    may_start: AtomicBool,
    listener: L,
    _pinned: PhantomPinned,
}

impl<L: ChangeListener> Listening<L> {
    /// A listener that is not registered yet.
    pub(crate) const fn new(listener: L) -> Self {
        Self {
            routes: Registration::new(),
            interfaces: Registration::new(),
            addresses: Registration::new(),
            may_start: AtomicBool::new(true),
            listener,
            _pinned: PhantomPinned,
        }
    }

    /// `NotifyRouteChange2`, `NotifyIpInterfaceChange` and `NotifyUnicastIpAddressChange`: registers
    /// the listener, unless it is registered or [may not be](Self::forbid_start). Returns whether it
    /// was registered now. Only one thread may call it at a time.
    ///
    /// # Errors
    ///
    /// The status of the stack. The listener is not registered then.
    pub(crate) fn start(self: Pin<&Self>, level: &PassiveLevel) -> Result<bool, NtStatus> {
        if self.addresses.is_registered() || !self.may_start.load(Ordering::Acquire) {
            return Ok(false);
        }
        let context = (&raw const self.listener).cast_mut().cast();
        let mut handle = null_mut();
        // SAFETY: the callback fits the context, which stays where it is until the registration
        // has ended: `self` is pinned, and its drop ends the registration. `handle` is a local; the
        // level is proven by `level`.
        NtStatus(unsafe {
            sys::NotifyRouteChange2(
                AddressFamily::UNSPECIFIED.0,
                route_changed::<L>,
                context,
                NO_INITIAL_NOTIFICATION,
                &raw mut handle,
            )
        })
        .into_result()?;
        self.routes.replace(handle);
        // SAFETY: as above.
        let status = NtStatus(unsafe {
            sys::NotifyIpInterfaceChange(
                AddressFamily::UNSPECIFIED.0,
                interface_changed::<L, MibIpInterfaceRow>,
                context,
                NO_INITIAL_NOTIFICATION,
                &raw mut handle,
            )
        });
        if let Err(status) = status.into_result() {
            self.stop(level);
            return Err(status);
        }
        self.interfaces.replace(handle);
        // SAFETY: as above.
        let status = NtStatus(unsafe {
            sys::NotifyUnicastIpAddressChange(
                AddressFamily::UNSPECIFIED.0,
                interface_changed::<L, MibUnicastIpAddressRow>,
                context,
                NO_INITIAL_NOTIFICATION,
                &raw mut handle,
            )
        });
        if let Err(status) = status.into_result() {
            self.stop(level);
            return Err(status);
        }
        self.addresses.replace(handle);
        Ok(true)
    }

    /// From now on [`start`](Self::start) does nothing. A thread that called it before may still be
    /// registering the listener.
    pub(crate) fn forbid_start(&self) {
        self.may_start.store(false, Ordering::Release);
    }

    /// `CancelMibChangeNotify2`: ends the registrations. Returns after the last callback has
    /// returned; must not be called by one, nor with a lock that one takes.
    pub(crate) fn stop(&self, _level: &PassiveLevel) {
        self.routes.replace(null_mut());
        self.interfaces.replace(null_mut());
        self.addresses.replace(null_mut());
    }
}

impl<L> Deref for Listening<L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.listener
    }
}

/// The handle of a registration, or null.
struct Registration(AtomicPtr<c_void>);

impl Registration {
    const fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    fn is_registered(&self) -> bool {
        !self.0.load(Ordering::Acquire).is_null()
    }

    /// Takes the handle of a new registration, or null, and ends the one before.
    fn replace(&self, handle: *mut c_void) {
        let before = self.0.swap(handle, Ordering::AcqRel);
        if !before.is_null() {
            // SAFETY: the handle came from a registration, and the swap made this thread its only
            // owner. `start`, `stop` and the drop of a device run at `PASSIVE_LEVEL`.
            let status = NtStatus(unsafe { sys::CancelMibChangeNotify2(before) });
            debug_assert!(status.is_success(), "the registration cannot be cancelled");
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.replace(null_mut());
    }
}

/// The change that a `MIB_NOTIFICATION_TYPE` names; `None` for the initial notification.
const fn change(kind: i32) -> Option<Change> {
    match kind {
        0 => Some(Change::Changed),
        1 => Some(Change::Added),
        2 => Some(Change::Removed),
        _ => None,
    }
}

/// The memory of a row.
type RowWords = [u64; size_of::<MibIpForwardRow2>() / size_of::<u64>()];

const _: () = assert!(size_of::<RowWords>() == size_of::<MibIpForwardRow2>());
const _: () = assert!(align_of::<RowWords>() == align_of::<MibIpForwardRow2>());

/// `PIPFORWARD_CHANGE_CALLBACK`.
unsafe extern "system" fn route_changed<L: ChangeListener>(
    context: *mut c_void,
    row: *mut MibIpForwardRow2,
    kind: i32,
) {
    // SAFETY: the stack passes the context of the registration, which is valid until that ends.
    let listener = unsafe { &*context.cast::<L>() };
    if let (Some(change), false) = (change(kind), row.is_null()) {
        // No page says which memory the row is in: it may be paged, and the listener takes a spin
        // lock. The read is volatile, because the compiler may otherwise pass on the stack's row; it
        // is one of words, because that of a structure reads each member.
        // SAFETY: the stack lends the row, which is not null, for the time of this call; words have the
        // size and the alignment of a row.
        let words = unsafe { row.cast::<RowWords>().read_volatile() };
        // SAFETY: the words are those of a row, and aligned as one.
        let row = unsafe { (&raw const words).cast::<MibIpForwardRow2>().read() };
        notify(|level| listener.route_changed(level, change, &row));
    }
}

/// A row of a notification about an interface.
trait InterfaceRow: Copy {
    fn luid(&self) -> u64;
}

impl InterfaceRow for MibIpInterfaceRow {
    fn luid(&self) -> u64 {
        self.interface_luid
    }
}

impl InterfaceRow for MibUnicastIpAddressRow {
    fn luid(&self) -> u64 {
        self.interface_luid
    }
}

/// `PIPINTERFACE_CHANGE_CALLBACK` and `PUNICAST_IPADDRESS_CHANGE_CALLBACK`.
unsafe extern "system" fn interface_changed<L: ChangeListener, Row: InterfaceRow>(
    context: *mut c_void,
    row: *mut Row,
    kind: i32,
) {
    // SAFETY: the stack passes the context of the registration, which is valid until that ends.
    let listener = unsafe { &*context.cast::<L>() };
    let luid = if row.is_null() {
        0
    } else {
        // As in `route_changed`, the row is not touched under the spin lock.
        // SAFETY: the stack lends the row, which is not null, for the time of this call.
        unsafe { row.read_volatile() }.luid()
    };
    if let Some(change) = change(kind) {
        notify(|level| listener.interface_changed(level, change, luid));
    }
}

fn notify(body: impl FnOnce(&mut DispatchLevel)) {
    let outcome = DispatchLevel::prove(|level| {
        body(level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "a notification came above DISPATCH_LEVEL");
}
