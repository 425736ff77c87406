//! `OBJECT_ATTRIBUTES`: what a driver says of an object that it opens or creates.

use nt_types::NtStatus;

use super::handles::HandleTable;
use crate::unicode::UnicodeString;

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
        unsafe { UnicodeString::text_at(self.object_name) }
    }

    /// The name, below that of the object whose handle is the root directory.
    ///
    /// # Errors
    ///
    /// The root's handle is none of an object with a name.
    ///
    /// # Safety
    ///
    /// As for [`name`](Self::name).
    pub(crate) unsafe fn full_name(
        &self,
        name_of: impl Fn(usize) -> Option<String>,
    ) -> Result<String, NtStatus> {
        // SAFETY: by contract.
        let name = unsafe { self.name() };
        match self.root_directory {
            0 => Ok(name),
            root => {
                let root = name_of(root).ok_or(NtStatus::INVALID_HANDLE)?;
                Ok(join(&root, &name))
            }
        }
    }

    /// Where a handle for these attributes belongs.
    pub(crate) fn handle_table(attributes: Option<&Self>) -> HandleTable {
        HandleTable::for_attributes(attributes.map_or(0, Self::flags))
    }
}

/// The name of an object below another one.
fn join(root: &str, name: &str) -> String {
    if name.is_empty() {
        root.to_owned()
    } else {
        format!(r"{root}\{name}")
    }
}
