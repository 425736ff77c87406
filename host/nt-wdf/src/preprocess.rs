//! Preprocessing: a driver that receives an IRP before the framework, and completes it or passes it
//! on.

use std::collections::BTreeSet;
use std::sync::Arc;

use nt_io::{Irp, ReceivedIrp};
use nt_kernel::on_windows::Rule;
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::device_init::{InitHandle, Preprocess, PreprocessCallback};
use crate::function_entry::functions;
use crate::handle::WdfDevice;
use crate::object::Ref;
use crate::violation::{self, Violation};
use crate::{arrival, callback, pnp};

functions! {
    DISPATCH WdfDeviceWdmDispatchPreprocessedIrp = dispatch_preprocessed(
        device: WdfDevice, packet: usize) -> NtStatus;
    PASSIVE WdfDeviceInitAssignWdmIrpPreprocessCallback = assign_callback(
        init: InitHandle, callback: Option<PreprocessCallback>, major: u8, minors: *const u8,
        count: u32) -> NtStatus;
}

/// What the callback is called.
const NAME: &str = "EvtDeviceWdmIrpPreprocess";
/// The IRPs about a device itself that a driver is preprocessing, by address.
static PREPROCESSED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
/// How many major functions there are.
const MAJOR_FUNCTIONS: u8 = 0x1C;
/// The major functions for which this host does not make IRPs.
const SENT_OTHERWISE: [(u8, &str); 4] = [
    (0x02, "IRP_MJ_CLOSE"),
    (0x10, "IRP_MJ_SHUTDOWN"),
    (0x12, "IRP_MJ_CLEANUP"),
    (0x17, "IRP_MJ_SYSTEM_CONTROL"),
];

fn assign_callback(
    call: &FrameworkCall,
    init: InitHandle,
    callback: Option<PreprocessCallback>,
    major: u8,
    minors: *const u8,
    count: u32,
) -> NtStatus {
    let known = call.init(init);
    let callback = callback.unwrap_or_else(|| call.null("EvtDeviceWdmIrpPreprocess"));
    if count > 0 && minors.is_null() {
        call.null("MinorFunctions");
    }
    if major >= MAJOR_FUNCTIONS {
        return NtStatus::INVALID_PARAMETER;
    }
    if let Some((_, name)) = SENT_OTHERWISE.iter().find(|(other, _)| *other == major) {
        unimplemented::stop(&format!("{} for {name}", call.function.name));
    }
    let mut others = known.preprocess.iter();
    if others.any(|other| other.major == major && !other.minors.is_empty()) && count > 0 {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let minors = match count {
        0 => Vec::new(),
        // SAFETY: the driver promises that there are so many.
        _ => unsafe { std::slice::from_raw_parts(minors, count as usize) }.to_vec(),
    };
    call.change(init, |init| {
        init.preprocess.retain(|other| other.major != major);
        init.preprocess.push(Preprocess {
            major,
            minors,
            callback,
        });
    });
    NtStatus::SUCCESS
}

/// Handles an IRP of the I/O manager's.
pub(crate) fn arrive(device: &Ref<DeviceBody>, irp: &Arc<Irp>) -> NtStatus {
    match wanted(device, irp.request().major_function(), 0) {
        Some(callback) => present(device, irp, callback),
        None => dispatch(device, irp),
    }
}

/// Handles an IRP about the device itself: of the `PnP` manager, or of power.
pub(crate) fn arrive_for_device(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    let Some(callback) = wanted(device, irp.major_function(), irp.minor_function()) else {
        return pnp::dispatch(device, irp);
    };
    PREPROCESSED.lock().insert(irp.address());
    let status = callback::run(NAME, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { callback(device.handle(), irp.address()) }
    });
    if ReceivedIrp::at(irp.address()).is_none() {
        PREPROCESSED.lock().remove(&irp.address());
    }
    status
}

/// The callback that sees IRPs of this kind first.
fn wanted(device: &DeviceBody, major: u8, minor: u8) -> Option<PreprocessCallback> {
    let mut all = device.init().preprocess.iter();
    let found = all.find(|known| {
        let is_minor = known.minors.is_empty() || known.minors.contains(&minor);
        known.major == major && is_minor
    });
    found.map(|known| known.callback)
}

/// The framework's own part: it completes each request later, whenever that is.
fn dispatch(device: &Ref<DeviceBody>, irp: &Arc<Irp>) -> NtStatus {
    irp.mark_pending();
    match irp.request() {
        nt_io::Request::Create => arrival::create(device, irp),
        _ => arrival::arrive(device, irp),
    }
    NtStatus::PENDING
}

fn present(device: &Ref<DeviceBody>, irp: &Arc<Irp>, callback: PreprocessCallback) -> NtStatus {
    irp.set_the_drivers(true);
    let packet = irp.packet_address();
    irp.given_to(NAME, callback as usize);
    let status = callback::run(NAME, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { callback(device.handle(), packet) }
    });
    let is_over = irp.is_complete() || !irp.is_the_drivers();
    let is_pended = irp.is_pending() && status == NtStatus::PENDING;
    if !is_over && !is_pended {
        const RULE: Rule = Rule::named("wdm::a_preprocessed_irp_is_forgotten");
        let words = format!(
            "{NAME} returned {status}, but {irp} was neither completed, nor given to \
             WdfDeviceWdmDispatchPreprocessedIrp, nor marked and returned as pending"
        );
        violation::broken(RULE, Violation::VerifierFatalError, device.value(), words);
    }
    status
}

fn dispatch_preprocessed(call: &FrameworkCall, device: WdfDevice, packet: usize) -> NtStatus {
    let device = call.object(device, "Device");
    if packet == 0 {
        call.null("Irp");
    }
    if PREPROCESSED.lock().remove(&packet)
        && let Some(irp) = ReceivedIrp::at(packet)
    {
        require_skipped(call, packet, irp.is_skipped());
        irp.enter_next();
        return pnp::dispatch(&device, irp);
    }
    let irp = nt_io::irp_at(packet).filter(|irp| irp.is_the_drivers());
    let Some(irp) = irp else {
        call.violation(
            Violation::VerifierFatalError,
            packet,
            "this is no IRP that the driver is preprocessing",
        );
    };
    require_skipped(call, packet, irp.is_skipped());
    irp.enter_next();
    irp.set_the_drivers(false);
    dispatch(&device, &irp)
}

fn require_skipped(call: &FrameworkCall, packet: usize, is_skipped: bool) {
    const RULE: Rule = Rule::named("wdm::a_preprocessed_irp_is_not_skipped");
    if !is_skipped {
        let words =
            "IoSkipCurrentIrpStackLocation comes first: this host knows no completion routines";
        call.broken(RULE, Violation::VerifierFatalError, packet, words);
    }
}
