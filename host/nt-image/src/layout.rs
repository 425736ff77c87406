//! Checks an image's headers and lays its sections out in memory, each with its protection.

use std::ops::Range;

use nix::sys::mman::ProtFlags;
use object::pe;
use object::read::Object as _;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};

use crate::LoadError;
use crate::memory::PAGE_SIZE;

/// A section of an image.
#[derive(Debug)]
pub(crate) struct Section<'file> {
    /// Its bytes in the file, which may be fewer than in memory.
    pub(crate) data: &'file [u8],
    /// Its pages in memory, as offsets from the image's base.
    pub(crate) pages: Range<usize>,
    /// What may be done with them.
    pub(crate) protection: ProtFlags,
    /// Whether they are paged: then the name begins with `PAGE`.
    pub(crate) pageable: bool,
}

/// The address range, contents and protection of each section in memory.
#[derive(Debug)]
pub(crate) struct Layout<'file> {
    /// The address that the image was linked for.
    pub(crate) preferred_base: u64,
    /// Its size in memory, in bytes.
    pub(crate) size: usize,
    /// The entry point's offset.
    pub(crate) entry: usize,
    /// The headers' bytes.
    pub(crate) headers: &'file [u8],
    /// The sections.
    pub(crate) sections: Vec<Section<'file>>,
    /// The table of unwind data.
    pub(crate) functions: Range<usize>,
    /// The number that the linker gave the image and its program database.
    pub(crate) database: Option<[u8; 16]>,
}

impl<'file> Layout<'file> {
    /// Checks the headers of `file`, whose bytes are `data`.
    pub(crate) fn of(file: &PeFile64<'file>, data: &'file [u8]) -> Result<Self, LoadError> {
        check_kind(file)?;
        let optional = file.nt_headers().optional_header();
        let size = optional.size_of_image() as usize;
        let entry = optional.address_of_entry_point() as usize;
        let headers_size = optional.size_of_headers() as usize;
        let headers = data.get(..headers_size).filter(|_| headers_size <= size);
        let mut sections = Vec::new();
        for header in file.section_table().iter() {
            sections.push(section(header, data, size)?);
        }
        let is_code = |section: &Section<'_>| {
            section.protection.contains(ProtFlags::PROT_EXEC) && section.pages.contains(&entry)
        };
        if !sections.iter().any(is_code) {
            return Err(LoadError::NoEntry);
        }
        Ok(Self {
            preferred_base: optional.image_base(),
            size,
            entry,
            headers: headers.ok_or_else(|| outside("the header"))?,
            functions: functions(file, size),
            database: file.pdb_info()?.map(|info| info.guid()),
            sections,
        })
    }

    /// The protections of all pages that are not read-only.
    pub(crate) fn protections(&self) -> Vec<(Range<usize>, ProtFlags)> {
        let of = |section: &Section<'_>| (section.pages.clone(), section.protection);
        self.sections.iter().map(of).collect()
    }
}

fn check_kind(file: &PeFile64<'_>) -> Result<(), LoadError> {
    let header = file.nt_headers().file_header();
    let machine = header.machine.get(object::LittleEndian);
    if machine != pe::IMAGE_FILE_MACHINE_AMD64 {
        return Err(LoadError::Machine { machine: machine.0 });
    }
    let optional = file.nt_headers().optional_header();
    let subsystem = optional.subsystem();
    if subsystem != pe::IMAGE_SUBSYSTEM_NATIVE {
        return Err(LoadError::Subsystem {
            subsystem: subsystem.0,
        });
    }
    let characteristics = header.characteristics.get(object::LittleEndian);
    if characteristics.contains(pe::IMAGE_FILE_RELOCS_STRIPPED) {
        return Err(LoadError::NoRelocations);
    }
    let alignment = optional.section_alignment();
    if !(alignment as usize).is_multiple_of(PAGE_SIZE) || alignment == 0 {
        return Err(LoadError::Alignment { alignment });
    }
    let tls = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_TLS);
    if tls.is_some_and(|directory| directory.size.get(object::LittleEndian) != 0) {
        return Err(LoadError::ThreadLocalStorage);
    }
    Ok(())
}

fn section<'file>(
    header: &'file pe::ImageSectionHeader,
    data: &'file [u8],
    image_size: usize,
) -> Result<Section<'file>, LoadError> {
    let name = String::from_utf8_lossy(header.raw_name()).into_owned();
    let start = header.virtual_address.get(object::LittleEndian) as usize;
    let size = header.virtual_size.get(object::LittleEndian) as usize;
    let end = start + size.next_multiple_of(PAGE_SIZE);
    let data = header.pe_data(data)?;
    if end > image_size.next_multiple_of(PAGE_SIZE)
        || !start.is_multiple_of(PAGE_SIZE)
        || data.len() > size
    {
        return Err(outside(&format!("section {name}")));
    }
    Ok(Section {
        data,
        pages: start..end,
        pageable: name.starts_with("PAGE"),
        protection: protection(header, name)?,
    })
}

fn protection(header: &pe::ImageSectionHeader, section: String) -> Result<ProtFlags, LoadError> {
    let characteristics = header.characteristics.get(object::LittleEndian);
    let mut protection = ProtFlags::PROT_NONE;
    for (asked, flag) in [
        (pe::IMAGE_SCN_MEM_READ, ProtFlags::PROT_READ),
        (pe::IMAGE_SCN_MEM_WRITE, ProtFlags::PROT_WRITE),
        (pe::IMAGE_SCN_MEM_EXECUTE, ProtFlags::PROT_EXEC),
    ] {
        protection.set(flag, characteristics.contains(asked));
    }
    if protection.contains(ProtFlags::PROT_WRITE | ProtFlags::PROT_EXEC) {
        return Err(LoadError::WritableCode { section });
    }
    Ok(protection)
}

fn functions(file: &PeFile64<'_>, image_size: usize) -> Range<usize> {
    let Some(directory) = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return 0..0;
    };
    let (start, size) = directory.address_range();
    let range = start as usize..start as usize + size as usize;
    if range.end <= image_size { range } else { 0..0 }
}

pub(crate) fn outside(what: &str) -> LoadError {
    LoadError::Outside {
        what: what.to_owned(),
    }
}
