//! What ntoskrnl exports as data, besides the types of objects, and functions that read such data.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::LazyLock;

use crate::exports::{Export, ntoskrnl};
use crate::{ke, user_memory, version};

/// The build number, with the bits of a build that is not checked.
const BUILD: u32 = 0xF000_0000 | version::BUILD;
/// The last address of user space that a program can have.
const HIGHEST_USER_ADDRESS: usize = user_memory::END - 1;
/// Where the kernel's part of the address space begins.
const SYSTEM_RANGE_START: usize = 0xFFFF_8000_0000_0000;

/// The exported data.
struct SystemData {
    debugger_enabled: u8,
    debugger_not_present: u8,
    processors: u8,
    build: u32,
    has_wide_code_page: u8,
    safe_boot_mode: u32,
    highest_user_address: usize,
    user_probe_address: usize,
    system_range_start: usize,
}

static DATA: LazyLock<SystemData> = LazyLock::new(|| SystemData {
    debugger_enabled: 0,
    debugger_not_present: 1,
    processors: u8::try_from(ke::processor_count()).unwrap_or(u8::MAX),
    build: BUILD,
    has_wide_code_page: 0,
    safe_boot_mode: 0,
    highest_user_address: HIGHEST_USER_ADDRESS,
    user_probe_address: user_memory::END,
    system_range_start: SYSTEM_RANGE_START,
});

/// The data and the functions.
pub(super) fn exports() -> Vec<Export> {
    fn datum<T>(name: &'static str, place: &'static T) -> Export {
        Export::ntoskrnl(name, std::ptr::from_ref(place).expose_provenance())
    }
    let data: &'static SystemData = &DATA;
    let mut exports = vec![
        datum("KdDebuggerEnabled", &data.debugger_enabled),
        datum("KdDebuggerNotPresent", &data.debugger_not_present),
        datum("KeNumberProcessors", &data.processors),
        datum("NtBuildNumber", &data.build),
        datum("NlsMbCodePageTag", &data.has_wide_code_page),
        datum("NlsMbOemCodePageTag", &data.has_wide_code_page),
        datum("InitSafeBootMode", &data.safe_boot_mode),
        datum("MmHighestUserAddress", &data.highest_user_address),
        datum("MmUserProbeAddress", &data.user_probe_address),
        datum("MmSystemRangeStart", &data.system_range_start),
    ];
    exports.extend(ntoskrnl![KdRefreshDebuggerNotPresent]);
    exports
}

/// Any IRQL. True: no debugger of Windows is attached to this host.
extern "win64" fn KdRefreshDebuggerNotPresent() -> u8 {
    DATA.debugger_not_present
}
