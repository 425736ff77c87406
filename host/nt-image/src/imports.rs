//! Imports: names of functions in other modules, to be replaced by addresses.

use object::LittleEndian;
use object::pe::ImageNtHeaders64;
use object::read::pe::{Import, ImportTable, PeFile64};

use crate::layout::outside;
use crate::relocation::place;
use crate::{Export, LoadError, Unresolved};

/// The data exports of ntoskrnl. An import table does not distinguish data from functions.
const DATA: [&str; 20] = [
    "ExEventObjectType",
    "ExSemaphoreObjectType",
    "FsRtlLegalAnsiCharacterArray",
    "InitSafeBootMode",
    "IoDeviceObjectType",
    "IoDriverObjectType",
    "IoFileObjectType",
    "KdDebuggerEnabled",
    "KdDebuggerNotPresent",
    "KeNumberProcessors",
    "MmHighestUserAddress",
    "MmSystemRangeStart",
    "MmUserProbeAddress",
    "NlsMbCodePageTag",
    "NlsMbOemCodePageTag",
    "NtBuildNumber",
    "PsInitialSystemProcess",
    "PsProcessType",
    "PsThreadType",
    "SeExports",
];

/// Whether ntoskrnl exports this name as a datum.
#[must_use]
pub fn is_datum(name: &str) -> bool {
    DATA.contains(&name)
}

/// Writes the addresses of all imports of `file` into `image`. `unresolved` supplies the address of
/// an import without an export; the result is the names of those imports.
pub(crate) fn resolve(
    file: &PeFile64<'_>,
    image: &mut [u8],
    exports: &[Export],
    unresolved: &dyn Unresolved,
) -> Result<Vec<String>, LoadError> {
    let mut missing = Vec::new();
    let Some(table) = file.import_table()? else {
        return Ok(missing);
    };
    let mut modules = table.descriptors()?;
    while let Some(descriptor) = modules.next()? {
        let name = table.name(descriptor.name.get(LittleEndian))?;
        let module = Module {
            table: &table,
            name: String::from_utf8_lossy(name).into_owned(),
            exports,
            unresolved,
        };
        // The lookup table if there is one: the address table may have been overwritten.
        let first = descriptor.first_thunk.get(LittleEndian);
        let original = descriptor.original_first_thunk.get(LittleEndian);
        let names = if original == 0 { first } else { original };
        module.resolve(names, first, image, &mut missing)?;
    }
    Ok(missing)
}

/// The module that a part of an import table is about.
struct Module<'table, 'file> {
    table: &'table ImportTable<'file>,
    name: String,
    exports: &'table [Export],
    unresolved: &'table dyn Unresolved,
}

impl Module<'_, '_> {
    /// Fills the addresses at `addresses` for the names at `names`.
    fn resolve(
        &self,
        names: u32,
        addresses: u32,
        image: &mut [u8],
        missing: &mut Vec<String>,
    ) -> Result<(), LoadError> {
        let mut thunks = self.table.thunks(names)?;
        let mut offset = addresses as usize;
        while let Some(thunk) = thunks.next::<ImageNtHeaders64>()? {
            let name = match self.table.import::<ImageNtHeaders64>(thunk)? {
                Import::Name(_, name) => String::from_utf8_lossy(name).into_owned(),
                Import::Ordinal(ordinal) => {
                    let module = self.name.clone();
                    return Err(LoadError::Ordinal { module, ordinal });
                }
            };
            let address = self.find(&name).unwrap_or_else(|| {
                missing.push(format!("{}!{name}", self.name));
                self.stand_in(&name)
            });
            let slot = place(image, offset).ok_or_else(|| outside("an import"))?;
            *slot = (address as u64).to_le_bytes();
            offset += size_of::<u64>();
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<usize> {
        // What used to be the hardware abstraction layer's has moved to the kernel.
        let module = match self.name.as_str() {
            hal if hal.eq_ignore_ascii_case("hal.dll") => "ntoskrnl.exe",
            module => module,
        };
        let export = self
            .exports
            .iter()
            .find(|export| export.name == name && export.module.eq_ignore_ascii_case(module))?;
        Some(export.address)
    }

    fn stand_in(&self, name: &str) -> usize {
        let full = format!("{}!{name}", self.name);
        if is_datum(name) {
            self.unresolved.data(full)
        } else {
            self.unresolved.function(full)
        }
    }
}
