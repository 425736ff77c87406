//! `WdfLdrQueryInterface`: the loader's functions by their addresses.

use nt_kernel::exports;
use nt_kernel::irql::{self, Irql};
use nt_kernel::unimplemented;
use nt_types::{Guid, NtStatus};

use crate::pointer::{In, Out};

/// The module of the loader.
pub(super) const MODULE: &str = "WDFLDR.SYS";

/// `GUID_WDF_LOADER_INTERFACE_STANDARD`.
const STANDARD: &str = "{49215dff-f5ac-4901-8588-ab3d540f6021}";

/// `WDF_LOADER_INTERFACE` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct LoaderInterface {
    size: u32,
    kind: In<Guid>,
    register_library: usize,
    version_bind: usize,
    version_unbind: usize,
    diagnostics_value: usize,
}

const _: () = assert!(size_of::<LoaderInterface>() == 48);

/// `WdfLdrQueryInterface`, `PASSIVE_LEVEL`. The caller has set the size and the type.
pub(super) extern "win64" fn query_interface(interface: Out<LoaderInterface>) -> NtStatus {
    const NAME: &str = "WdfLdrQueryInterface";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let Some(asked) = interface.as_in().optional() else {
        return NtStatus::INVALID_PARAMETER;
    };
    let kind = asked.kind.optional().map(|kind| kind.to_string());
    let kind = kind.unwrap_or_default();
    if !kind.eq_ignore_ascii_case(STANDARD) || asked.size as usize != size_of::<LoaderInterface>() {
        unimplemented::stop(&format!("{NAME} for the interface {kind}"));
    }
    let function = |name| exports::published(MODULE, name).unwrap_or_default();
    interface.set(LoaderInterface {
        register_library: function("WdfRegisterLibrary"),
        version_bind: function("WdfVersionBind"),
        version_unbind: function("WdfVersionUnbind"),
        diagnostics_value: function("WdfLdrDiagnosticsValueByNameAsULONG"),
        ..asked
    });
    NtStatus::SUCCESS
}
