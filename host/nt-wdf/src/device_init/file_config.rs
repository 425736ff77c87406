//! Whether a device has file objects, and which callbacks they have.

use crate::handle::{WdfDevice, WdfFileObject, WdfRequest};

/// `EvtDeviceFileCreate`.
pub(crate) type FileCreate = unsafe extern "win64" fn(WdfDevice, WdfRequest, WdfFileObject);
/// `EvtFileClose` and `EvtFileCleanup`.
pub(crate) type FileEnd = unsafe extern "win64" fn(WdfFileObject);

/// `WDF_FILEOBJECT_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FileConfig {
    pub(crate) size: u32,
    pub(crate) create: Option<FileCreate>,
    pub(crate) close: Option<FileEnd>,
    pub(crate) cleanup: Option<FileEnd>,
    pub(crate) auto_forward: i32,
    pub(crate) class: i32,
}

const _: () = assert!(size_of::<FileConfig>() == 40);

/// `WdfFileObjectNotRequired`.
pub(crate) const NOT_REQUIRED: i32 = 1;
/// `WdfFileObjectWdfCannotUseFsContexts`, the last class.
const LAST_CLASS: i32 = 4;

impl FileConfig {
    /// Its `FileObjectClass` without the flag for optional file objects.
    pub(crate) fn class(&self) -> i32 {
        self.class & i32::MAX
    }

    /// Whether the class is a defined one.
    pub(crate) fn has_known_class(&self) -> bool {
        (NOT_REQUIRED..=LAST_CLASS).contains(&self.class())
    }
}
