//! The driver's state of a device: created and started with the device, stopped before the device
//! is removed.

use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::NtStatus;
use wdk_sys::{
    _WDF_POWER_DEVICE_STATE, NTSTATUS, WDF_OBJECT_ATTRIBUTES, WDF_PNPPOWER_EVENT_CALLBACKS,
    WDF_POWER_DEVICE_STATE, WDFDEVICE, WDFOBJECT, call_unsafe_wdf_function_binding,
};

use super::context::ContextType;
use super::device::Device;
use super::irql::PassiveLevel;
use super::kept_request::{KeptRequest, RequestValue};
use super::{Parent, object_attributes, structure_size};

/// State that a device carries until it is deleted.
pub(crate) trait DeviceState: Sized + Sync + 'static {
    /// The context type of [`Slot<Self>`].
    const CONTEXT: &'static ContextType;

    /// The value in the context of a request that waits.
    type Waiting: RequestValue;

    /// Creates the state of a device that is being created.
    fn create(level: &PassiveLevel, device: &Device) -> Result<Self, NtStatus>;

    /// The device starts. The state stays where it is until it is dropped.
    fn start(self: Pin<&Self>, level: &mut PassiveLevel);

    /// The device leaves D0 for a state from which it returns. Requests are served on.
    fn sleep(&self, level: &mut PassiveLevel);

    /// The device enters D0: it starts, or returns from a low-power state.
    fn enter_d0(&self, level: &mut PassiveLevel);

    /// The device is being removed: no handle is open, and the framework delivers no more requests.
    fn stop(&self, level: &mut PassiveLevel);

    /// The device was removed while handles are open: cancels the requests that wait. A program
    /// that waits for one would not close its handle, and the removal waits for that.
    fn cancel_waiting(&self, level: &mut PassiveLevel);

    /// Keeps a new request that has to wait.
    fn park(&self, level: &mut PassiveLevel, request: KeptRequest<Self::Waiting>);

    /// A request that has to wait could not be kept; it was completed with this status.
    fn not_parked(&self, status: NtStatus);

    /// Runs the work of work items and timers. May be called by two threads at once.
    fn work(self: Pin<&Self>, level: &mut PassiveLevel);
}

/// The place of a state in the device's context. All zero is a place without a state.
#[repr(C)]
pub(crate) struct Slot<D> {
    created: AtomicBool,
    state: MaybeUninit<D>,
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
        EvtDeviceD0Entry: Some(d0_entry::<D>),
        EvtDeviceD0Exit: Some(d0_exit::<D>),
        EvtDeviceSelfManagedIoInit: Some(self_managed_io_init::<D>),
        EvtDeviceSurpriseRemoval: Some(surprise_removal::<D>),
        EvtDeviceSelfManagedIoCleanup: Some(self_managed_io_cleanup::<D>),
        ..WDF_PNPPOWER_EVENT_CALLBACKS::default()
    }
}

/// Creates the state of a device that was just created.
pub(super) fn create<D: DeviceState>(
    level: &PassiveLevel,
    device: &Device,
) -> Result<(), NtStatus> {
    let state = D::create(level, device)?;
    // SAFETY: the device was created by this callback and is live.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device.as_object()) };
    let slot = slot.ok_or(NtStatus::INVALID_DEVICE_STATE)?;
    let full = Slot {
        created: AtomicBool::new(true),
        state: MaybeUninit::new(state),
    };
    // SAFETY: the context is as large as a `Slot<D>`, aligned as pool is, and no other code reads
    // it while the device is being created.
    unsafe { slot.cast::<Slot<D>>().write(full) };
    Ok(())
}

/// The state of a device, which stays where it is until it is dropped.
///
/// # Safety
///
/// As for [`of`].
pub(super) unsafe fn pinned<'device, D: DeviceState>(
    device: WDFDEVICE,
) -> Result<Pin<&'device D>, NtStatus> {
    // SAFETY: the caller's promise.
    let state = unsafe { of::<D>(device) }?;
    // SAFETY: context space does not move, and `destroy` drops the state there.
    Ok(unsafe { Pin::new_unchecked(state) })
}

/// The state of a device.
///
/// # Safety
///
/// `device` is one of ours, and is not destroyed while `'device` lasts.
pub(super) unsafe fn of<'device, D: DeviceState>(
    device: WDFDEVICE,
) -> Result<&'device D, NtStatus> {
    // SAFETY: the device is live, the caller's promise.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device.cast()) };
    let slot = slot
        .ok_or(NtStatus::INVALID_DEVICE_STATE)?
        .cast::<Slot<D>>();
    // SAFETY: context memory is zeroed by the framework or was written by `create`; both are a
    // slot, and it is only shared until `destroy`.
    let slot = unsafe { slot.as_ref() };
    if !slot.created.load(Ordering::Acquire) {
        return Err(NtStatus::INVALID_DEVICE_STATE);
    }
    // SAFETY: `created` says that `create` wrote the state.
    Ok(unsafe { slot.state.assume_init_ref() })
}

/// `EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT`: the device starts.
extern "C" fn self_managed_io_init<D: DeviceState>(device: WDFDEVICE) -> NTSTATUS {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the device to its callback.
        unsafe { pinned::<D>(device) }?.start(level);
        Ok(())
    });
    match outcome {
        Ok(()) => NtStatus::SUCCESS.0,
        Err(status) => status.0,
    }
}

/// `EVT_WDF_DEVICE_D0_ENTRY`: the device starts, or the system resumes.
extern "C" fn d0_entry<D: DeviceState>(
    device: WDFDEVICE,
    _previous: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    with_state::<D>(device, D::enter_d0);
    NtStatus::SUCCESS.0
}

/// `EVT_WDF_DEVICE_D0_EXIT`: the system goes to sleep, or the device is being removed, for which there
/// are other callbacks.
extern "C" fn d0_exit<D: DeviceState>(
    device: WDFDEVICE,
    target: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    if target != _WDF_POWER_DEVICE_STATE::WdfPowerDeviceD3Final {
        with_state::<D>(device, D::sleep);
    }
    NtStatus::SUCCESS.0
}

/// `EVT_WDF_DEVICE_SURPRISE_REMOVAL`: the device does not exist any more, but its handles are still
/// open. The default queue is not power-managed, so the framework would deliver requests until the
/// last handle is closed.
extern "C" fn surprise_removal<D: DeviceState>(device: WDFDEVICE) {
    purge_default_queue(device);
    with_state::<D>(device, D::cancel_waiting);
}

/// `WdfIoQueuePurge` of the default queue: cancels the requests that wait there, and refuses new ones.
/// Requests that the driver has are served to their ends.
fn purge_default_queue(device: WDFDEVICE) {
    // SAFETY: the framework lends the device to the callback that calls this.
    let queue = unsafe { call_unsafe_wdf_function_binding!(WdfDeviceGetDefaultQueue, device) };
    if !queue.is_null() {
        // SAFETY: the default queue lives as long as its device; without a callback the context is
        // not used.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfIoQueuePurge, queue, None, null_mut());
        }
    }
}

/// `EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP`: the device is being removed.
extern "C" fn self_managed_io_cleanup<D: DeviceState>(device: WDFDEVICE) {
    with_state::<D>(device, D::stop);
}

/// Runs `body` for the device of a callback at `PASSIVE_LEVEL`.
fn with_state<D: DeviceState>(device: WDFDEVICE, body: fn(&D, &mut PassiveLevel)) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the device to its callback.
        body(unsafe { of::<D>(device) }?, level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}

/// `EVT_WDF_OBJECT_CONTEXT_DESTROY` of a device: its children are deleted.
extern "C" fn destroy<D: DeviceState>(device: WDFOBJECT) {
    // SAFETY: the framework lends the object to its callback.
    let slot = unsafe { D::CONTEXT.find::<Slot<D>>(device) };
    let Some(slot) = slot else { return };
    // SAFETY: context memory is zeroed or was written by `create`, both of which are a slot, and
    // no other code has the device any more.
    let slot = unsafe { slot.cast::<Slot<D>>().as_mut() };
    if slot.created.swap(false, Ordering::AcqRel) {
        // SAFETY: `created` said that there is a state, and the swap has taken it.
        unsafe { slot.state.assume_init_drop() };
    }
}
