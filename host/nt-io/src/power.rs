//! `Po`: the power of a device, which its driver changes.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::HashMap;
use std::sync::LazyLock;

use nt_kernel::callback_guard;
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::fault;
use nt_kernel::irql::{self, Irql};
use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::call_driver::call_driver;
use crate::device_irp::DeviceIrp;
use crate::irp_table::{self, Originator, Purpose};
use crate::major_function::POWER;
use crate::packet::StatusBlock;
use crate::{devices, pnp_minor as minor, system_work};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![PoRequestPowerIrp, PoSetPowerState, PoStartNextPowerIrp]
}

/// `PREQUEST_POWER_COMPLETE`.
type Complete = unsafe extern "win64" fn(
    device_object: usize,
    minor: u8,
    state: i32,
    context: usize,
    status: *const StatusBlock,
);

/// The power states that drivers have reported, by device object and type.
static STATES: LazyLock<Mutex<HashMap<(usize, i32), i32>>> = LazyLock::new(Mutex::default);

/// Up to `DISPATCH_LEVEL`. The state that was reported before.
extern "win64" fn PoSetPowerState(device_object: usize, kind: i32, state: i32) -> i32 {
    /// `PowerDeviceD3`, in which a device is before its driver reports anything.
    const FIRST: i32 = 4;
    irql::require_at_most("PoSetPowerState", Irql::DISPATCH);
    let before = STATES.lock().insert((device_object, kind), state);
    before.unwrap_or(FIRST)
}

/// Up to `DISPATCH_LEVEL`. Has no effect since Windows Vista.
extern "win64" fn PoStartNextPowerIrp(_packet: usize) {
    irql::require_at_most("PoStartNextPowerIrp", Irql::DISPATCH);
}

/// Up to `DISPATCH_LEVEL`. Sends a power IRP for the state of the device to the top of its stack.
extern "win64" fn PoRequestPowerIrp(
    device_object: usize,
    number: u8,
    state: i32,
    complete: Option<Complete>,
    context: usize,
    out: *mut usize,
) -> NtStatus {
    const NAME: &str = "PoRequestPowerIrp";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if devices::at(device_object).is_none() {
        irql::stop_for_rule("PoRequestPowerIrp was called with what is no device object");
    }
    if number != minor::SET_POWER && number != minor::QUERY_POWER && number != minor::WAIT_WAKE {
        /// `STATUS_INVALID_PARAMETER_2`.
        const INVALID_PARAMETER_2: NtStatus = NtStatus::new(0xC000_00F0);
        return INVALID_PARAMETER_2;
    }
    let irp = DeviceIrp::new(device_object, POWER, number, |location| {
        let [_, kind, new_state, _] = &location.parameters;
        // `DevicePowerState`.
        kind.set(1);
        new_state.set(usize::try_from(state).unwrap_or_default());
    });
    let Some(DeviceIrp { top, memory }) = irp.filter(|_| !fault::inject(NAME)) else {
        return NtStatus::INSUFFICIENT_RESOURCES;
    };
    let address = memory.address();
    let originator = Originator::System {
        memory,
        purpose: Purpose::Device,
        done: Box::new(move |status, information| {
            if let Some(complete) = complete {
                let block = StatusBlock {
                    status,
                    information,
                };
                callback_guard::run("the completion callback of PoRequestPowerIrp", || {
                    // SAFETY: the driver gave this function for exactly this call.
                    unsafe { complete(device_object, number, state, context, &raw const block) };
                });
            }
        }),
    };
    irp_table::insert(address, originator);
    if !out.is_null() {
        // SAFETY: by contract the caller's variable.
        unsafe { out.write(address) };
    }
    system_work::queue("a power IRP", move || {
        // What the dispatch routine returns has been compared with what it did.
        let _ = call_driver(top, address);
    });
    NtStatus::PENDING
}
