//! `WdfDeviceSetFailed`: the device is removed by surprise, and started again if the driver asks for it.

use nt_kernel::{unimplemented, warning};
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::WdfDevice;

functions! {
    DISPATCH WdfDeviceSetFailed = set_failed(device: WdfDevice, action: i32);
}

/// `WdfDeviceFailedAttemptRestart`.
const ATTEMPT_RESTART: i32 = 1;
/// `WdfDeviceFailedNoRestart`.
const NO_RESTART: i32 = 2;

/// A device that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub device: u32,
    /// Whether the driver wants it to be started again.
    pub restart: bool,
}

type Listener = Box<dyn Fn(Failure) + Send>;

/// The listener for failed devices, and the failures that wait for a listener.
struct Failures {
    listener: Option<Listener>,
    pending: Vec<Failure>,
}

static FAILURES: Mutex<Failures> = Mutex::new(Failures {
    listener: None,
    pending: Vec::new(),
});

/// Calls `listener` for each device that fails, also for those that have failed already. The call
/// happens within the driver's call, at up to `DISPATCH_LEVEL`. The listener must pass the failure to
/// another thread, since the removal of the device waits for the driver's call.
pub fn on_failure(listener: impl Fn(Failure) + Send + 'static) {
    let mut failures = FAILURES.lock();
    failures.pending.drain(..).for_each(&listener);
    failures.listener = Some(Box::new(listener));
}

fn set_failed(call: &FrameworkCall, device: WdfDevice, action: i32) {
    let device = call.object(device, "Device");
    match action {
        NO_RESTART | ATTEMPT_RESTART if device.is_control() => {
            unimplemented::stop(&format!("{} for a control device", call.function));
        }
        NO_RESTART | ATTEMPT_RESTART => report(Failure {
            device: device.init().instance,
            restart: action == ATTEMPT_RESTART,
        }),
        _ => warning(format!(
            "{} does nothing: {action} is no WDF_DEVICE_FAILED_ACTION",
            call.function
        )),
    }
}

/// Tells the listener of a failure, as soon as there is one.
pub(super) fn report(failure: Failure) {
    let mut failures = FAILURES.lock();
    match &failures.listener {
        Some(listener) => listener(failure),
        None => failures.pending.push(failure),
    }
}
