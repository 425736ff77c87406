//! `IoWMIRegistrationControl`: devices whose drivers provide data to WMI.
//!
//! No program reads the data here. What WMI itself asks a registered device, it asks: which data it has
//! (`IRP_MN_REGINFO_EX`).
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::BTreeMap;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{pool, resource_tracker, unimplemented};
use nt_types::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::major_function::SYSTEM_CONTROL;
use crate::{devices, pnp, system_work};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoWMIRegistrationControl]
}

/// What the resource tracker calls a registration.
const TRACKED_KIND: &str = "WMI registration";
/// The pool tag of the buffers for answers: `Wmi `.
const TAG: u32 = u32::from_le_bytes(*b"Wmi ");

/// `WMIREG_ACTION_REGISTER`.
const REGISTER: u32 = 1;
/// `WMIREG_ACTION_DEREGISTER`.
const DEREGISTER: u32 = 2;
/// `WMIREG_ACTION_REREGISTER`.
const REREGISTER: u32 = 3;
/// `WMIREG_ACTION_UPDATE_GUIDS`.
const UPDATE_GUIDS: u32 = 4;

/// `IRP_MN_REGINFO_EX`.
const REGINFO_EX: u8 = 0xB;
/// Bytes for the answer to it; a driver that has more to say answers with the size.
const REGINFO_SIZE: usize = 4096;

/// How many queries are under way for each registered device, by the address of its device object.
static REGISTERED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());
static ANSWERED: Condvar = Condvar::new();

/// `PASSIVE_LEVEL` and `APC_LEVEL`. Deregistering waits until the device's driver has answered.
extern "win64" fn IoWMIRegistrationControl(device_object: usize, action: u32) -> NtStatus {
    const NAME: &str = "IoWMIRegistrationControl";
    irql::require_at_most(NAME, Irql::APC);
    if devices::at(device_object).is_none() {
        irql::stop_for_rule("IoWMIRegistrationControl was called with what is no device object");
    }
    match action {
        REGISTER => {
            if REGISTERED.lock().insert(device_object, 0).is_some() {
                unimplemented::stop(&format!("{NAME} for a device that is registered already"));
            }
            resource_tracker::record(TRACKED_KIND, device_object, "of this device".to_owned());
            query(device_object);
            NtStatus::SUCCESS
        }
        REREGISTER | UPDATE_GUIDS if query(device_object) => NtStatus::SUCCESS,
        DEREGISTER if deregister(device_object) => NtStatus::SUCCESS,
        _ => NtStatus::INVALID_PARAMETER,
    }
}

/// Whether the device was registered.
fn deregister(device_object: usize) -> bool {
    let mut registered = REGISTERED.lock();
    let is_asked = |registered: &mut BTreeMap<usize, usize>| {
        registered
            .get(&device_object)
            .is_some_and(|queries| *queries > 0)
    };
    ANSWERED.wait_while(&mut registered, is_asked);
    let known = registered.remove(&device_object);
    drop(registered);
    resource_tracker::release(TRACKED_KIND, device_object);
    known.is_some()
}

/// Asks the device's driver for its data, on a thread of the system's. False if the device is not
/// registered.
fn query(device_object: usize) -> bool {
    if !change_queries(device_object, |queries| queries + 1) {
        return false;
    }
    system_work::queue("WMI", move || {
        if let Some(buffer) = pool::allocate(true, REGINFO_SIZE, TAG) {
            let address = buffer.expose_provenance().get();
            // The driver may have no data.
            let _ = pnp::send(device_object, SYSTEM_CONTROL, REGINFO_EX, |location| {
                let [provider, _, size, answer] = &location.parameters;
                provider.set(device_object);
                size.set(REGINFO_SIZE);
                answer.set(address);
            });
            pool::free(address, Some(TAG));
        }
        change_queries(device_object, |queries| queries - 1);
        ANSWERED.notify_all();
    });
    true
}

/// False if the device is not registered.
fn change_queries(device_object: usize, change: impl FnOnce(usize) -> usize) -> bool {
    let mut registered = REGISTERED.lock();
    let Some(queries) = registered.get_mut(&device_object) else {
        return false;
    };
    *queries = change(*queries);
    true
}
