//! `OBJECT_ATTRIBUTES`: what a driver says of an object that it opens or creates.

use super::handles::HandleTable;
use crate::unicode::UnicodeString;

/// `OBJ_KERNEL_HANDLE`.
pub(crate) const KERNEL_HANDLE: u32 = 0x200;

/// An `OBJECT_ATTRIBUTES`.
#[repr(C)]
pub(crate) struct OpenAttributes {
    length: u32,
    root_directory: usize,
    object_name: *const UnicodeString,
    attributes: u32,
    security_descriptor: usize,
    security_quality_of_service: usize,
}

const _: () = assert!(size_of::<OpenAttributes>() == 0x30);

impl OpenAttributes {
    /// Its flags.
    pub(crate) const fn flags(&self) -> u32 {
        self.attributes
    }

    /// The name; empty if the object has none.
    ///
    /// # Safety
    ///
    /// The name is null or a counted string.
    pub(crate) unsafe fn name(&self) -> String {
        // SAFETY: by contract.
        let name = unsafe { self.object_name.as_ref() };
        // SAFETY: by contract.
        name.map_or_else(String::new, |name| unsafe { name.text() })
    }

    /// Where a handle for these attributes belongs.
    pub(crate) fn handle_table(attributes: Option<&Self>) -> HandleTable {
        let flags = attributes.map_or(0, Self::flags);
        if flags & KERNEL_HANDLE == 0 {
            HandleTable::of_process()
        } else {
            HandleTable::Kernel
        }
    }
}
