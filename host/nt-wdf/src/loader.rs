//! WDFLDR.SYS: `WdfVersionBind` and `WdfVersionUnbind`.

use nt_io::driver_object::DriverObject;
use nt_io::system_work;
use nt_io::unicode::UnicodeString;
use nt_kernel::exports::Export;
use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;

use crate::driver_binding::{DriverBinding, DriverGlobals};
use crate::export_table;
use crate::handle::Kind;
use crate::object::{deletion, driver_of};
use crate::pointer::{In, Out};

/// `WDF_BIND_INFO` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct BindInfo {
    pub(crate) size: u32,
    pub(crate) component: *const u16,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
    pub(crate) function_count: u32,
    pub(crate) function_table: Out<*const usize>,
    pub(crate) module: usize,
}

/// `WDF_BIND_INFO2` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct BindInfo2 {
    pub(crate) first: BindInfo,
    pub(crate) minimum_version: usize,
    pub(crate) client_is_newer: Out<u8>,
    pub(crate) function_count: Out<u32>,
    pub(crate) structure_count: Out<u32>,
    pub(crate) structures: usize,
}

const _: () = {
    assert!(size_of::<BindInfo>() == 48);
    assert!(size_of::<BindInfo2>() == 88);
    assert!(core::mem::offset_of!(BindInfo, function_count) == 28);
};

/// How many functions each released version had.
const FUNCTION_COUNTS: [u32; 13] = [
    383, 386, 387, 396, 432, 438, 444, 446, 448, 451, 453, 454, 458,
];
/// Up to this count the table is copied into the driver; since then the driver gets its address.
pub(crate) const COPIED_COUNT_MAX: u32 = 438;
/// How many structures version 1.31 has.
const STRUCTURE_COUNT: u32 = 81;

/// What fault injection calls the functions of this framework: their names, and for objects that the
/// framework creates by itself the names of their types.
#[must_use]
pub fn function_names() -> Vec<&'static str> {
    let functions = export_table::implemented();
    let functions = functions.iter().map(|function| function.name);
    functions.chain(Kind::names()).collect()
}

/// What WDFLDR.SYS exports.
#[must_use]
pub fn exports() -> Vec<Export> {
    let export = |name, address| Export {
        module: "WDFLDR.SYS",
        name,
        address,
    };
    vec![
        export("WdfVersionBind", version_bind as *const () as usize),
        export("WdfVersionUnbind", version_unbind as *const () as usize),
    ]
}

pub(crate) extern "win64" fn version_bind(
    driver_object: *mut DriverObject,
    registry_path: In<UnicodeString>,
    info: In<BindInfo>,
    globals: Out<*mut DriverGlobals>,
) -> NtStatus {
    irql::require_at_most("WdfVersionBind", Irql::PASSIVE);
    if globals.is_null() {
        return NtStatus::INVALID_PARAMETER;
    }
    match bind(driver_object, registry_path, info) {
        Ok(binding) => {
            globals.set(binding.globals());
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn bind(
    driver_object: *mut DriverObject,
    registry_path: In<UnicodeString>,
    info_address: In<BindInfo>,
) -> Result<&'static DriverBinding, NtStatus> {
    let info = info_address.optional().ok_or(NtStatus::INVALID_PARAMETER)?;
    let path = registry_path
        .optional_text()
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let known_count = FUNCTION_COUNTS.contains(&info.function_count);
    if info.function_table.is_null() || !known_count || driver_object.is_null() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if info.function_count <= COPIED_COUNT_MAX {
        // Nothing built in the last ten years copies the table.
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let binding =
        DriverBinding::new(driver_object, path).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
    info.function_table.set(export_table::address());
    if info.size as usize == size_of::<BindInfo2>() {
        tell_counts(info_address.cast());
    }
    Ok(binding)
}

fn tell_counts(info: In<BindInfo2>) {
    let Some(info) = info.optional() else {
        return;
    };
    info.client_is_newer.set(0);
    info.function_count.set(export_table::COUNT);
    info.structure_count.set(STRUCTURE_COUNT);
}

pub(crate) extern "win64" fn version_unbind(
    _registry_path: In<UnicodeString>,
    _info: In<BindInfo>,
    globals: *mut DriverGlobals,
) -> NtStatus {
    irql::require_at_most("WdfVersionUnbind", Irql::PASSIVE);
    let Some(binding) = DriverBinding::of_globals(globals) else {
        return NtStatus::INVALID_PARAMETER;
    };
    if let Some(driver) = driver_of(binding) {
        // DriverEntry failed after WdfDriverCreate: no EvtDriverUnload.
        binding.set_driver(None);
        deletion::delete(&driver);
    }
    system_work::wait_idle();
    binding.end();
    NtStatus::SUCCESS
}
