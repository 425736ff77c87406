//! Timers: work that is to be done later.

use abi::NtStatus;
use wdk_sys::{
    _WDF_EXECUTION_LEVEL, WDF_TIMER_CONFIG, WDFDEVICE, WDFTIMER, call_unsafe_wdf_function_binding,
};

use super::device::Device;
use super::device_state::{self, DeviceState};
use super::irql::PassiveLevel;
use super::{Parent, object_attributes, structure_size};

/// A one-shot timer that does a device's work at `PASSIVE_LEVEL`. It belongs to the device.
pub(crate) struct Timer(wdk::wdf::Timer);

// SAFETY: the framework's functions may be called with a timer by any thread.
unsafe impl Send for Timer {}
// SAFETY: as above.
unsafe impl Sync for Timer {}

impl Timer {
    /// `WdfTimerCreate`: runs `D::work` of the device's state.
    ///
    /// # Errors
    ///
    /// What the framework answers.
    pub(crate) fn new<D: DeviceState>(
        _level: &PassiveLevel,
        device: &Device,
    ) -> Result<Self, NtStatus> {
        let mut config = WDF_TIMER_CONFIG {
            Size: structure_size::<WDF_TIMER_CONFIG>(),
            EvtTimerFunc: Some(timer::<D>),
            ..WDF_TIMER_CONFIG::default()
        };
        let mut attributes = object_attributes();
        attributes.ParentObject = device.as_object();
        attributes.ExecutionLevel = _WDF_EXECUTION_LEVEL::WdfExecutionLevelPassive;
        let timer = wdk::wdf::Timer::try_new(&mut config, &mut attributes).map_err(NtStatus)?;
        Ok(Self(timer))
    }

    /// `WdfTimerStart`: the work is done `delay` ticks of 100 ns from now, instead of at any time
    /// that was set before.
    pub(crate) fn start(&self, delay: u64) {
        let relative = i64::try_from(delay).unwrap_or(i64::MAX).saturating_neg();
        let _was_pending = self.0.start(relative);
    }

    /// `WdfTimerStop`: the work is not done any more; waits until running work is done.
    pub(crate) fn stop(&self, _level: &PassiveLevel) {
        const WAIT: bool = true;
        let _was_pending = self.0.stop(WAIT);
    }
}

/// `EVT_WDF_TIMER`.
extern "C" fn timer<D: DeviceState>(timer: WDFTIMER) {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the timer to its callback.
        let device: WDFDEVICE =
            unsafe { call_unsafe_wdf_function_binding!(WdfTimerGetParentObject, timer) }.cast();
        // SAFETY: the parent is the device, whose state is made before anything can start the
        // timer, and which waits for its timers before it is deleted.
        let state = unsafe { device_state::pinned::<D>(device) }?;
        state.work(level);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the timer has passive execution level");
}
