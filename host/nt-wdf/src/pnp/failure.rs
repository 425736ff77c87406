//! A device whose driver reports that it has failed: it goes as if it had been pulled out, and may
//! come again.

use nt_kernel::{unimplemented, warning};
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::functions::functions;
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

/// Who hears of devices that have failed, and those that nobody has heard of.
struct Failures {
    listener: Option<Listener>,
    unheard: Vec<Failure>,
}

static FAILURES: Mutex<Failures> = Mutex::new(Failures {
    listener: None,
    unheard: Vec::new(),
});

/// Tells `listener` of each device that fails, also of those that have already. It is
/// called within the driver's call, up to `DISPATCH_LEVEL`: it has to pass on the word to another
/// thread, since what the device goes through waits for that call.
pub fn on_failure(listener: impl Fn(Failure) + Send + 'static) {
    let mut failures = FAILURES.lock();
    failures.unheard.drain(..).for_each(&listener);
    failures.listener = Some(Box::new(listener));
}

fn set_failed(call: &FrameworkCall, device: WdfDevice, action: i32) {
    let device = call.object(device, "Device");
    match action {
        NO_RESTART | ATTEMPT_RESTART if device.is_control() => {
            unimplemented::stop(&format!("{} for a control device", call.function));
        }
        NO_RESTART | ATTEMPT_RESTART => tell(Failure {
            device: device.init().instance,
            restart: action == ATTEMPT_RESTART,
        }),
        _ => warning(format!(
            "{} does nothing: {action} is no WDF_DEVICE_FAILED_ACTION",
            call.function
        )),
    }
}

fn tell(failure: Failure) {
    let mut failures = FAILURES.lock();
    match &failures.listener {
        Some(listener) => listener(failure),
        None => failures.unheard.push(failure),
    }
}
