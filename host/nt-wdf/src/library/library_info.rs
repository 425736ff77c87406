//! `WDF_LIBRARY_INFO`: what a framework library tells the loader.

use nt_kernel::{callback_guard, driver_image};
use nt_types::NtStatus;

use super::LoaderError;
use crate::loader::BindInfo;
use crate::pointer::In;

/// `WDF_VERSION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct LibraryVersion {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) build: u32,
}

/// `LibraryCommission` and `LibraryDecommission`.
type Commission = unsafe extern "win64" fn() -> NtStatus;
/// `LibraryRegisterClient`: the addresses of the client's globals and of the library's context for it
/// are outputs; the context is the `CLIENT_INFO` on entry.
type RegisterClient =
    unsafe extern "win64" fn(In<BindInfo>, globals: *mut usize, context: *mut usize) -> NtStatus;
/// `LibraryUnregisterClient`.
type UnregisterClient = unsafe extern "win64" fn(In<BindInfo>, globals: usize) -> NtStatus;

/// `WDF_LIBRARY_INFO` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct LibraryInfo {
    size: u32,
    commission: Option<Commission>,
    decommission: Option<Commission>,
    register_client: Option<RegisterClient>,
    unregister_client: Option<UnregisterClient>,
    version: LibraryVersion,
}

const _: () = {
    assert!(size_of::<LibraryInfo>() == 56);
    assert!(core::mem::offset_of!(LibraryInfo, version) == 40);
};

/// The functions of a library, and its version.
#[derive(Clone, Copy)]
pub(super) struct LibraryFunctions {
    commission: Commission,
    decommission: Commission,
    register_client: RegisterClient,
    unregister_client: UnregisterClient,
    pub(super) version: LibraryVersion,
}

impl LibraryFunctions {
    /// What `info` says.
    pub(super) fn read(info: In<LibraryInfo>) -> Result<Self, LoaderError> {
        const EXPECTED: usize = size_of::<LibraryInfo>();
        let size = info.cast::<u32>().optional();
        let size = size.ok_or_else(|| LoaderError::invalid("the WDF_LIBRARY_INFO is NULL"))?;
        let info = info.optional().filter(|_| size as usize == EXPECTED);
        let info = info.ok_or_else(|| {
            LoaderError::invalid(format!(
                "the Size of the WDF_LIBRARY_INFO is {size}, and {EXPECTED} is right"
            ))
        })?;
        let missing = |name| move || LoaderError::invalid(format!("{name} is NULL"));
        Ok(Self {
            commission: info.commission.ok_or_else(missing("LibraryCommission"))?,
            decommission: info
                .decommission
                .ok_or_else(missing("LibraryDecommission"))?,
            register_client: info
                .register_client
                .ok_or_else(missing("LibraryRegisterClient"))?,
            unregister_client: info
                .unregister_client
                .ok_or_else(missing("LibraryUnregisterClient"))?,
            version: info.version,
        })
    }

    /// Whether all of them are code of an image.
    pub(super) fn are_code(&self) -> bool {
        let addresses = [
            self.commission as *const () as usize,
            self.decommission as *const () as usize,
            self.register_client as *const () as usize,
            self.unregister_client as *const () as usize,
        ];
        addresses.into_iter().all(driver_image::is_code)
    }

    /// Calls `LibraryCommission`.
    pub(super) fn commission(&self) -> NtStatus {
        // SAFETY: the library registered this function for this call, and its image is loaded.
        callback_guard::run("LibraryCommission", || unsafe { (self.commission)() })
    }

    /// Calls `LibraryDecommission`.
    pub(super) fn decommission(&self) -> NtStatus {
        // SAFETY: as above.
        callback_guard::run("LibraryDecommission", || unsafe { (self.decommission)() })
    }

    /// Calls `LibraryRegisterClient` with the client's `CLIENT_INFO`. Returns the address of the
    /// client's globals.
    pub(super) fn register_client(
        &self,
        info: In<BindInfo>,
        client_info: usize,
    ) -> Result<usize, NtStatus> {
        let (mut globals, mut context) = (0, client_info);
        let status = callback_guard::run("LibraryRegisterClient", || {
            // SAFETY: as above; the outputs are variables of this function.
            unsafe { (self.register_client)(info, &raw mut globals, &raw mut context) }
        });
        status.into_result().map(|()| globals)
    }

    /// Calls `LibraryUnregisterClient`.
    pub(super) fn unregister_client(&self, info: In<BindInfo>, globals: usize) -> NtStatus {
        callback_guard::run("LibraryUnregisterClient", || {
            // SAFETY: as above; the globals are those that the library gave this client.
            unsafe { (self.unregister_client)(info, globals) }
        })
    }
}
