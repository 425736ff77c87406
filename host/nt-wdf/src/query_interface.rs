//! Interfaces that a driver offers to the other drivers of its device's stack.

use nt_io::ReceivedIrp;
use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::callback;
use crate::device::{DeviceBody, OfferedInterface, ProcessInterface};
use crate::function_entry::functions;
use crate::handle::WdfDevice;
use crate::object::Ref;
use crate::pointer::In;
use crate::status;

functions! {
    PASSIVE WdfDeviceAddQueryInterface = add(
        device: WdfDevice, config: In<QueryInterfaceConfig>) -> NtStatus;
    PASSIVE WdfFdoQueryForInterface = query(
        device: WdfDevice, kind: In<Guid>, interface: usize, size: u16, version: u16,
        data: usize) -> NtStatus;
}

/// `WDF_QUERY_INTERFACE_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct QueryInterfaceConfig {
    pub(crate) size: u32,
    pub(crate) interface: In<Interface>,
    pub(crate) kind: In<Guid>,
    pub(crate) to_parent: u8,
    pub(crate) process: Option<ProcessInterface>,
    pub(crate) import: u8,
}

const _: () = assert!(size_of::<QueryInterfaceConfig>() == 48);

/// `INTERFACE`, with which each interface begins.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Interface {
    pub(crate) size: u16,
    pub(crate) version: u16,
    pub(crate) context: usize,
    pub(crate) reference: Option<unsafe extern "win64" fn(context: usize)>,
    pub(crate) dereference: Option<unsafe extern "win64" fn(context: usize)>,
}

const _: () = assert!(size_of::<Interface>() == 32);

fn add(call: &FrameworkCall, device: WdfDevice, config: In<QueryInterfaceConfig>) -> NtStatus {
    let device = call.object(device, "Device");
    let config = match config.sized(call, "InterfaceConfig") {
        Ok(config) => config,
        Err(status) => return status,
    };
    let kind = config.kind.required(call, "InterfaceConfig->InterfaceType");
    let (Some(interface), 0) = (config.interface.optional(), config.to_parent) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let size = usize::from(interface.size);
    let is_imported = config.import != 0;
    if size < size_of::<Interface>() || (is_imported && config.process.is_none()) {
        return NtStatus::INVALID_PARAMETER;
    }
    let start: *const u8 = std::ptr::with_exposed_provenance(config.interface.address());
    // SAFETY: the driver promises that its interface has the size that it says.
    let bytes = unsafe { std::slice::from_raw_parts(start, size) }.to_vec();
    device.state.lock().offered.push(OfferedInterface {
        kind,
        version: interface.version,
        bytes,
        is_imported,
        process: config.process,
    });
    NtStatus::SUCCESS
}

fn query(
    call: &FrameworkCall,
    device: WdfDevice,
    kind: In<Guid>,
    interface: usize,
    size: u16,
    version: u16,
    data: usize,
) -> NtStatus {
    let device = call.object(device, "Fdo");
    if kind.address() == 0 || interface == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    let sizes = usize::from(size) | usize::from(version) << 16;
    let parameters = [kind.address(), sizes, interface, data];
    status::from_result(nt_io::pnp::query_interface(device.io(), parameters))
}

/// `IRP_MN_QUERY_INTERFACE`: answered if the driver offers an interface of this type, size and version.
pub(crate) fn answer(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    let [kind, sizes, interface, data] = irp.parameters();
    let (size, version) = (sizes & 0xFFFF, sizes >> 16 & 0xFFFF);
    let wanted: In<Guid> = In::at(kind);
    let fits = |offered: &&OfferedInterface| {
        Some(offered.kind) == wanted.optional()
            && usize::from(offered.version) == version
            && offered.bytes.len() <= size
    };
    let offered = device.state.lock().offered.iter().find(fits).cloned();
    let answered = offered.map(|offered| give(device, &offered, (kind, interface, data)));
    match answered {
        Some(status) if status != NtStatus::NOT_SUPPORTED => irp.complete(status),
        _ => irp.pass_down(device.io()),
    }
}

/// Copies the interface to the driver that asks, has the driver that offers it look at it, and references it.
fn give(
    device: &Ref<DeviceBody>,
    offered: &OfferedInterface,
    (kind, interface, data): (usize, usize, usize),
) -> NtStatus {
    if !offered.is_imported {
        let place: *mut u8 = std::ptr::with_exposed_provenance_mut(interface);
        // SAFETY: the driver that asks promises that its structure has the size that it says.
        unsafe { place.copy_from(offered.bytes.as_ptr(), offered.bytes.len()) };
    }
    let status = offered.process.map_or(NtStatus::SUCCESS, |process| {
        callback::run(
            "EvtDeviceProcessQueryInterfaceRequest",
            device.value(),
            || {
                let kind = std::ptr::with_exposed_provenance(kind);
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { process(device.handle(), kind, interface, data) }
            },
        )
    });
    let given = In::<Interface>::at(interface).optional();
    if let Some(Interface {
        context,
        reference: Some(reference),
        ..
    }) = given.filter(|_| status.is_success() && !offered.is_imported)
    {
        callback::run("InterfaceReference", device.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { reference(context) }
        });
    }
    status
}
