//! A driver image: its bytes, its imports and its unwind table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, ImageThunkData, PeFile64};

/// Size of an entry of the import address table.
const THUNK_SIZE: u32 = 8;

/// An image, by offsets from its base.
pub(crate) struct ImageBytes {
    pub(crate) path: PathBuf,
    sections: Vec<Section>,
    /// The entries of the import address table, and what they import, as `MODULE!Function`.
    pub(crate) imports: BTreeMap<u32, String>,
    pub(crate) functions: Vec<RuntimeFunction>,
    pub(crate) entry_point: u32,
    /// Where the image has the address of its own code in its data.
    pub(crate) code_pointers: BTreeSet<u32>,
}

struct Section {
    start: u32,
    data: Vec<u8>,
    is_code: bool,
}

/// An entry of the unwind table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuntimeFunction {
    pub(crate) begin: u32,
    pub(crate) end: u32,
    pub(crate) unwind: u32,
}

impl ImageBytes {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)?;
        let file = PeFile64::parse(&*bytes).context("not a PE32+ image")?;
        let sections = file.section_table();
        let sections = sections.iter().map(|section| {
            let data = section.pe_data(&*bytes)?;
            Ok(Section {
                start: section.virtual_address.get(LE),
                data: data.to_vec(),
                is_code: section
                    .characteristics
                    .get(LE)
                    .contains(pe::IMAGE_SCN_MEM_EXECUTE),
            })
        });
        let mut image = Self {
            path: path.to_owned(),
            sections: sections.collect::<Result<_>>()?,
            imports: imports(&file)?,
            functions: Vec::new(),
            entry_point: file.nt_headers().optional_header().address_of_entry_point(),
            code_pointers: BTreeSet::new(),
        };
        image.functions = image.runtime_functions(&file)?;
        image.code_pointers = image.relocated_code_pointers(&file)?;
        Ok(image)
    }

    /// The bytes from an offset to the end of its section.
    pub(crate) fn at(&self, offset: u32) -> Result<&[u8]> {
        let found = self.sections.iter().find_map(|section| {
            let within = usize::try_from(offset.checked_sub(section.start)?).ok()?;
            section.data.get(within..)
        });
        found.with_context(|| format!("offset {offset:#x} is in no section"))
    }

    pub(crate) fn is_code(&self, offset: u32) -> bool {
        self.sections.iter().any(|section| {
            let size = u32::try_from(section.data.len()).unwrap_or(u32::MAX);
            section.is_code && (section.start..section.start.saturating_add(size)).contains(&offset)
        })
    }

    fn runtime_functions(&self, file: &PeFile64<'_>) -> Result<Vec<RuntimeFunction>> {
        let directory = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION);
        let (start, size) = directory.context("no unwind table")?.address_range();
        let table = self.at(start)?;
        let table = table.get(..usize::try_from(size)?).context("truncated")?;
        let entries = table.as_chunks::<12>().0.iter();
        Ok(entries
            .map(|entry| {
                let (fields, _) = entry.as_chunks::<4>();
                let field = |index: usize| u32::from_le_bytes(fields[index]);
                RuntimeFunction {
                    begin: field(0),
                    end: field(1),
                    unwind: field(2),
                }
            })
            .collect())
    }

    /// The code whose absolute address stands in the image's data.
    fn relocated_code_pointers(&self, file: &PeFile64<'_>) -> Result<BTreeSet<u32>> {
        let base = file.nt_headers().optional_header().image_base();
        let mut pointers = BTreeSet::new();
        let sections = file.section_table();
        let blocks = file
            .data_directories()
            .relocation_blocks(file.data(), &sections)?;
        let Some(mut blocks) = blocks else {
            return Ok(pointers);
        };
        while let Some(block) = blocks.next()? {
            for relocation in block {
                let bytes = self.at(relocation.virtual_address)?.first_chunk();
                let target = bytes.map(|bytes| u64::from_le_bytes(*bytes).wrapping_sub(base));
                let target = target.and_then(|target| u32::try_from(target).ok());
                pointers.extend(target.filter(|target| self.is_code(*target)));
            }
        }
        Ok(pointers)
    }
}

fn imports(file: &PeFile64<'_>) -> Result<BTreeMap<u32, String>> {
    let mut imports = BTreeMap::new();
    let Some(table) = file.import_table()? else {
        return Ok(imports);
    };
    let mut descriptors = table.descriptors()?;
    while let Some(descriptor) = descriptors.next()? {
        let module = String::from_utf8_lossy(table.name(descriptor.name.get(LE))?);
        let mut slot = descriptor.first_thunk.get(LE);
        let mut thunks = table.thunks(descriptor.original_first_thunk.get(LE))?;
        while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>()? {
            let (_hint, name) = table.hint_name(thunk.address())?;
            imports.insert(slot, format!("{module}!{}", String::from_utf8_lossy(name)));
            slot += THUNK_SIZE;
        }
    }
    Ok(imports)
}
