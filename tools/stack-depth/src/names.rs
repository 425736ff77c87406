//! Names from the program database beside the image.

use std::collections::BTreeMap;

use anyhow::Result;
use fs_err::File;
use pdb_addr2line::pdb::{FallibleIterator, PDB, SymbolData};
use pdb_addr2line::{ContextPdbData, TypeFormatterFlags};

use crate::image::ImageBytes;

/// The variable with the address of the framework's function table; its version follows.
const FRAMEWORK_TABLE: &str = "WdfFunctions_";

/// The names of an image.
#[derive(Default)]
pub(crate) struct Names {
    functions: BTreeMap<u32, String>,
    /// The offset of the variable that points to the framework's function table.
    pub(crate) framework_table: Option<u32>,
}

impl Names {
    pub(crate) fn read(image: &ImageBytes) -> Result<Self> {
        let path = image.path.with_extension("pdb");
        let framework_table = framework_table(&mut PDB::open(File::open(&path)?)?)?;
        let data = ContextPdbData::try_from_pdb(PDB::open(File::open(&path)?)?)?;
        let flags = TypeFormatterFlags::NO_ARGUMENTS
            | TypeFormatterFlags::NO_FUNCTION_RETURN
            | TypeFormatterFlags::NO_MEMBER_FUNCTION_STATIC
            | TypeFormatterFlags::NAME_ONLY;
        let context = data.make_context_with_formatter_flags(flags)?;
        let named = context.functions().filter_map(|function| {
            let name = function.name?;
            Some((
                function.start_rva,
                format!("{:#}", rustc_demangle::demangle(&name)),
            ))
        });
        Ok(Self {
            functions: named.collect(),
            framework_table,
        })
    }

    /// The name of the function that begins at an offset.
    pub(crate) fn function(&self, begin: u32) -> String {
        let name = self.functions.get(&begin);
        name.cloned().unwrap_or_else(|| format!("{begin:#x}"))
    }
}

#[cfg(test)]
impl Names {
    /// Names of functions, for tests.
    pub(crate) fn of(functions: &[(u32, &str)]) -> Self {
        let named = functions
            .iter()
            .map(|(begin, name)| (*begin, (*name).to_owned()));
        Self {
            functions: named.collect(),
            framework_table: None,
        }
    }
}

fn framework_table(database: &mut PDB<'_, File>) -> Result<Option<u32>> {
    let addresses = database.address_map()?;
    let symbols = database.global_symbols()?;
    let mut symbols = symbols.iter();
    while let Some(symbol) = symbols.next()? {
        if let Ok(SymbolData::Public(public)) = symbol.parse()
            && public.name.to_string().starts_with(FRAMEWORK_TABLE)
        {
            return Ok(public.offset.to_rva(&addresses).map(|offset| offset.0));
        }
    }
    Ok(None)
}
