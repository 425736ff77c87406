//! Work items: work that is deferred to `PASSIVE_LEVEL`.

use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::{WDF_WORKITEM_CONFIG, WDFDEVICE, WDFWORKITEM, call_unsafe_wdf_function_binding};

use super::device::Device;
use super::device_state::{self, DeviceState};
use super::irql::PassiveLevel;
use super::{Parent, object_attributes, structure_size};

/// `WDFWORKITEM`. It belongs to a device, which waits for it before it is deleted.
pub(crate) struct WorkItem(WDFWORKITEM);

// SAFETY: the framework's functions may be called with a work item by any thread.
unsafe impl Send for WorkItem {}
// SAFETY: as above.
unsafe impl Sync for WorkItem {}

impl WorkItem {
    /// `WdfWorkItemCreate`: runs `D::work` of the device's state.
    ///
    /// # Errors
    ///
    /// What the framework answers.
    pub(crate) fn new<D: DeviceState>(
        _level: &PassiveLevel,
        device: &Device,
    ) -> Result<Self, NtStatus> {
        let mut config = WDF_WORKITEM_CONFIG {
            Size: structure_size::<WDF_WORKITEM_CONFIG>(),
            EvtWorkItemFunc: Some(work_item::<D>),
            AutomaticSerialization: 0,
        };
        let mut attributes = object_attributes();
        attributes.ParentObject = device.as_object();
        let mut item = null_mut();
        // SAFETY: the device is live, for it is being made; both structures are copied.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfWorkItemCreate,
                &raw mut config,
                &raw mut attributes,
                &raw mut item,
            )
        })
        .into_result()?;
        Ok(Self(item))
    }

    /// `WdfWorkItemEnqueue`: the work is done soon, once, however often this is called until then.
    /// Up to `DISPATCH_LEVEL`.
    pub(crate) fn enqueue(&self) {
        // SAFETY: the work item lives as long as its device, whose state this is.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfWorkItemEnqueue, self.0);
        }
    }

    /// `WdfWorkItemFlush`: waits until queued and running work is done. Not from the work itself.
    pub(crate) fn flush(&self, _level: &PassiveLevel) {
        // SAFETY: the work item lives as long as its device, whose state this is; waiting is
        // allowed at `PASSIVE_LEVEL`, which is proven.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfWorkItemFlush, self.0);
        }
    }
}

/// `EVT_WDF_WORKITEM`.
extern "C" fn work_item<D: DeviceState>(item: WDFWORKITEM) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the work item to its callback.
        let device: WDFDEVICE =
            unsafe { call_unsafe_wdf_function_binding!(WdfWorkItemGetParentObject, item) }.cast();
        // SAFETY: the parent is the device, whose state is made before anything can enqueue work,
        // and which waits for its work items before it is deleted.
        let state = unsafe { device_state::pinned::<D>(device) }?;
        state.work(level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}
