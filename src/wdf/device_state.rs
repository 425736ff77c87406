//! Our state in a device: made with it, started with it, stopped before it goes.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::NtStatus;
use wdk_sys::{
    NTSTATUS, WDF_OBJECT_ATTRIBUTES, WDF_PNPPOWER_EVENT_CALLBACKS, WDFDEVICE, WDFOBJECT,
};

use super::context::ContextType;
use super::device::Device;
use super::irql::PassiveLevel;
use super::request::Request;
use super::{Parent, object_attributes, structure_size};
use crate::netio::{ChangeListener, Notification};

/// State that a device carries, until it is gone. It hears of changes of routes and interfaces from
/// the device's start until its end.
pub(crate) trait DeviceState: ChangeListener + Sized + Sync + 'static {
    /// The context type of [`Slot<Self>`].
    const CONTEXT: &'static ContextType;

    /// Makes the state of a device that is being made.
    fn create(level: &PassiveLevel<'_>, device: &Device) -> Result<Self, NtStatus>;

    /// The device goes: no request and no notification comes any more, no handle is open.
    fn stop(&self, level: &PassiveLevel<'_>);

    /// The device has gone while handles are open: ends the requests that it keeps. Whoever waits
    /// for them would not close its handle, and the removal waits for that.
    fn end_waiting(&self, level: &PassiveLevel<'_>);

    /// Keeps a new request that cannot be answered yet.
    fn park(&self, request: Request);
}

/// The place of a state in the device's context. All zero is a place without a state.
#[repr(C)]
pub(crate) struct Slot<D> {
    created: AtomicBool,
    state: MaybeUninit<D>,
    /// Touched by start and end of the device only, which never run at once.
    notifications: UnsafeCell<[Option<Notification>; 2]>,
}

/// Attributes of a device: room for a `D`.
pub(super) fn attributes<D: DeviceState>() -> WDF_OBJECT_ATTRIBUTES {
    let mut attributes = object_attributes();
    attributes.EvtDestroyCallback = Some(destroy::<D>);
    D::CONTEXT.request(&mut attributes);
    attributes
}

/// `WDF_PNPPOWER_EVENT_CALLBACKS_INIT` with the callbacks of `D`.
pub(super) fn callbacks<D: DeviceState>() -> WDF_PNPPOWER_EVENT_CALLBACKS {
    WDF_PNPPOWER_EVENT_CALLBACKS {
        Size: structure_size::<WDF_PNPPOWER_EVENT_CALLBACKS>(),
        EvtDeviceSelfManagedIoInit: Some(self_managed_io_init::<D>),
        EvtDeviceSurpriseRemoval: Some(surprise_removal::<D>),
        EvtDeviceSelfManagedIoCleanup: Some(self_managed_io_cleanup::<D>),
        ..WDF_PNPPOWER_EVENT_CALLBACKS::default()
    }
}

/// Makes the state of a device that was just created.
pub(super) fn create<D: DeviceState>(
    level: &PassiveLevel<'_>,
    device: &Device,
) -> Result<(), NtStatus> {
    let state = D::create(level, device)?;
    // SAFETY: the device was created by this callback and is live.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device.as_object()) };
    let slot = slot.ok_or(NtStatus::INVALID_DEVICE_STATE)?;
    let full = Slot {
        created: AtomicBool::new(true),
        state: MaybeUninit::new(state),
        notifications: UnsafeCell::default(),
    };
    // SAFETY: the context is as large as a `Slot<D>`, aligned as pool is, and nobody else looks at
    // it while the device is being made.
    unsafe { slot.cast::<Slot<D>>().write(full) };
    Ok(())
}

/// The slot of a device.
///
/// # Safety
///
/// `device` is one of ours, and is not destroyed while `'device` lasts.
unsafe fn slot<'device, D: DeviceState>(device: WDFDEVICE) -> Result<&'device Slot<D>, NtStatus> {
    // SAFETY: the device is live, the caller's promise.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device.cast()) };
    let slot = slot
        .ok_or(NtStatus::INVALID_DEVICE_STATE)?
        .cast::<Slot<D>>();
    // SAFETY: context memory is zeroed by the framework or was written by `create`; both are a
    // slot (`None` of a `Notification` is a null pointer), and it is only shared until `destroy`.
    Ok(unsafe { slot.as_ref() })
}

impl<D> Slot<D> {
    fn state(&self) -> Result<&D, NtStatus> {
        if !self.created.load(Ordering::Acquire) {
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        // SAFETY: `created` says that `create` wrote the state.
        Ok(unsafe { self.state.assume_init_ref() })
    }
}

/// The state of a device.
///
/// # Safety
///
/// `device` is one of ours, and is not destroyed while `'device` lasts.
pub(super) unsafe fn of<'device, D: DeviceState>(
    device: WDFDEVICE,
) -> Result<&'device D, NtStatus> {
    // SAFETY: the caller's promise.
    unsafe { slot::<D>(device) }?.state()
}

/// `EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT`: the device starts.
extern "C" fn self_managed_io_init<D: DeviceState>(device: WDFDEVICE) -> NTSTATUS {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the device to its callback.
        let slot = unsafe { slot::<D>(device) }?;
        // SAFETY: the state is dropped by `destroy` only, and before that comes
        // `self_managed_io_cleanup`, which ends the notifications.
        let routes = unsafe { Notification::of_routes(level, slot.state()?) }?;
        // SAFETY: as above.
        let interfaces = unsafe { Notification::of_interfaces(level, slot.state()?) };
        let interfaces = match interfaces {
            Ok(interfaces) => interfaces,
            Err(status) => {
                routes.end(level);
                return Err(status);
            }
        };
        // SAFETY: the framework starts and ends a device one after the other.
        unsafe { *slot.notifications.get() = [Some(routes), Some(interfaces)] };
        Ok(())
    });
    match outcome {
        Ok(()) => NtStatus::SUCCESS.0,
        Err(status) => status.0,
    }
}

/// `EVT_WDF_DEVICE_SURPRISE_REMOVAL`: the device has gone, its handles are still open.
extern "C" fn surprise_removal<D: DeviceState>(device: WDFDEVICE) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the device to its callback.
        unsafe { of::<D>(device) }?.end_waiting(level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}

/// `EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP`: the device goes.
extern "C" fn self_managed_io_cleanup<D: DeviceState>(device: WDFDEVICE) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the device to its callback.
        let slot = unsafe { slot::<D>(device) }?;
        // SAFETY: the framework starts and ends a device one after the other.
        let notifications = unsafe { core::mem::take(&mut *slot.notifications.get()) };
        for notification in notifications.into_iter().flatten() {
            notification.end(level);
        }
        slot.state()?.stop(level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}

/// `EVT_WDF_OBJECT_CONTEXT_DESTROY` of a device: its children are gone.
extern "C" fn destroy<D: DeviceState>(device: WDFOBJECT) {
    // SAFETY: the framework lends the object to its callback.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device) };
    let Some(slot) = slot else { return };
    // SAFETY: context memory is zeroed or was written by `create`, both of which are a slot, and
    // nobody else has the device any more.
    let slot = unsafe { slot.cast::<Slot<D>>().as_mut() };
    if slot.created.swap(false, Ordering::AcqRel) {
        // SAFETY: `created` said that there is a state; it says so no longer.
        unsafe { slot.state.assume_init_drop() };
    }
}
