//! A device whose driver reports that it has failed: it goes as if it had been pulled out.

use parking_lot::Mutex;

use super::super::call::Call;
use super::super::device::Device;
use super::super::functions::functions;
use super::super::handle::Handle;
use crate::kernel::{trap, warning};

functions! {
    87 DISPATCH WdfDeviceSetFailed = set_failed(device: Handle<Device>, action: i32);
}

/// `WdfDeviceFailedAttemptRestart`.
const ATTEMPT_RESTART: i32 = 1;
/// `WdfDeviceFailedNoRestart`.
const NO_RESTART: i32 = 2;

type Listener = Box<dyn Fn(u32) + Send>;

/// Who hears of devices that have failed, and those that nobody has heard of.
struct Failures {
    listener: Option<Listener>,
    unheard: Vec<u32>,
}

static FAILURES: Mutex<Failures> = Mutex::new(Failures {
    listener: None,
    unheard: Vec::new(),
});

/// Tells `listener` the number of each device that fails, also of those that have already. It is
/// called within the driver's call, up to `DISPATCH_LEVEL`: it has to pass on the word to another
/// thread, since what the device goes through waits for that call.
pub fn on_failure(listener: impl Fn(u32) + Send + 'static) {
    let mut failures = FAILURES.lock();
    failures.unheard.drain(..).for_each(&listener);
    failures.listener = Some(Box::new(listener));
}

fn set_failed(call: &Call, device: Handle<Device>, action: i32) {
    let device = call.object(device, "Device");
    match action {
        NO_RESTART if device.is_control() => {
            trap::stop(&format!("{} for a control device", call.function));
        }
        NO_RESTART => tell(device.init().instance),
        ATTEMPT_RESTART => {
            trap::stop(&format!(
                "{} with WdfDeviceFailedAttemptRestart",
                call.function
            ));
        }
        _ => warning(format!(
            "{} does nothing: {action} is no WDF_DEVICE_FAILED_ACTION",
            call.function
        )),
    }
}

fn tell(instance: u32) {
    let mut failures = FAILURES.lock();
    match &failures.listener {
        Some(listener) => listener(instance),
        None => failures.unheard.push(instance),
    }
}
