//! `WdfDeviceSetFailed`: the device is removed by surprise, and started again if the driver asks for it.

pub(super) use nt_io::device_failure::report;
pub use nt_io::device_failure::{Failure, on_failure};
use nt_kernel::{unimplemented, warning};

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

fn set_failed(call: &FrameworkCall, device: WdfDevice, action: i32) {
    let device = call.object(device, "Device");
    match action {
        NO_RESTART | ATTEMPT_RESTART if device.is_control() => {
            unimplemented::stop(&format!("{} for a control device", call.function.name));
        }
        NO_RESTART | ATTEMPT_RESTART => report(Failure {
            device: device.init().instance,
            restart: action == ATTEMPT_RESTART,
        }),
        _ => warning(format!(
            "{} does nothing: {action} is no WDF_DEVICE_FAILED_ACTION",
            call.function.name
        )),
    }
}
