//! `IoInvalidateDeviceState`, after which the `PnP` manager asks for a device's state.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};

use crate::major_function::PNP;
use crate::{device_failure, devices, instance_path, pnp, pnp_minor as minor, system_work};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoInvalidateDeviceState]
}

/// `PNP_DEVICE_FAILED` and `PNP_DEVICE_REMOVED`.
const GONE: u64 = 0x4 | 0x8;

/// Up to `DISPATCH_LEVEL`. `physical` is the bus driver's device object.
extern "win64" fn IoInvalidateDeviceState(physical: usize) {
    const NAME: &str = "IoInvalidateDeviceState";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let device = devices::at(physical).filter(|_| instance_path::of(physical).is_some());
    let Some(device) = device else {
        irql::stop_for_rule(&format!(
            "{NAME} was called with what is no physical device object"
        ));
    };
    system_work::queue("the state of a device", move || {
        // It may have gone since.
        if device.is_deleted() {
            return;
        }
        let place = device.address();
        let state = pnp::send(place, PNP, minor::QUERY_PNP_DEVICE_STATE, |_| {});
        if state.is_ok_and(|state| state & GONE != 0) {
            device_failure::fail(place, false);
        }
    });
}
