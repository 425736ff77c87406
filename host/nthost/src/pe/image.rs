//! A driver image, from the file to code that can be called.

use std::fs;
use std::path::Path;

use nix::sys::mman::ProtFlags;
use object::read::pe::PeFile64;

use super::layout::Layout;
use super::loaded::{self, LoadedImage};
use super::memory::{Filling, Memory};
use super::{LoadError, cookie, imports, relocation};
use crate::kernel::exports::Export;
use crate::kernel::paging;

/// A driver image in memory. Dropping it takes the code away: nothing may run or call it then.
#[derive(Debug)]
pub struct Image {
    name: String,
    memory: Memory,
    entry: usize,
    missing: Vec<String>,
    /// Where its pageable sections begin.
    pageable: Vec<usize>,
}

impl Image {
    /// Loads the driver at `path`, with what it imports from `exports`.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn load(path: &Path, exports: &[Export]) -> Result<Self, LoadError> {
        let data = fs::read(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(path, &data, exports)
    }

    /// Loads the driver whose file is at `path` and has these bytes.
    pub(super) fn from_bytes(
        path: &Path,
        data: &[u8],
        exports: &[Export],
    ) -> Result<Self, LoadError> {
        let file = PeFile64::parse(data)?;
        let layout = Layout::of(&file, data)?;
        let mut filling = Filling::new(layout.size)?;
        let base = filling.base();
        let image = filling.bytes();
        copy(&layout, image);
        let distance = (base as u64).wrapping_sub(layout.preferred_base);
        relocation::relocate(&file, image, distance)?;
        let missing = imports::resolve(&file, image, exports)?;
        cookie::set(&file, image, base as u64);
        let memory = filling.seal(&layout.protections())?;
        let mut pageable = Vec::new();
        for section in layout.sections.iter().filter(|section| section.pageable) {
            let pages = base + section.pages.start..base + section.pages.end;
            pageable.push(pages.start);
            paging::add(pages, section.protection);
        }
        let name = announce(path, &layout, &memory);
        Ok(Self {
            name,
            entry: base + layout.entry,
            memory,
            missing,
            pageable,
        })
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the first byte.
    #[must_use]
    pub fn base(&self) -> usize {
        self.memory.base()
    }

    /// Size in memory, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory.size()
    }

    /// The address of the entry point.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.entry
    }

    /// What it imports and nobody exports, as `module!name`.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        for start in &self.pageable {
            paging::remove(*start);
        }
        loaded::remove(self.memory.base());
    }
}

fn copy(layout: &Layout<'_>, image: &mut [u8]) {
    image[..layout.headers.len()].copy_from_slice(layout.headers);
    for section in &layout.sections {
        let start = section.pages.start;
        image[start..start + section.data.len()].copy_from_slice(section.data);
    }
}

/// Makes the image known, and says by which name.
fn announce(path: &Path, layout: &Layout<'_>, memory: &Memory) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let base = memory.base();
    let code = layout
        .sections
        .iter()
        .filter(|section| section.protection.contains(ProtFlags::PROT_EXEC))
        .map(|section| base + section.pages.start..base + section.pages.end)
        .collect();
    loaded::add(LoadedImage {
        name: name.clone(),
        path: path.to_owned(),
        database: layout.database,
        range: base..base + memory.size(),
        code,
        functions: base + layout.functions.start..base + layout.functions.end,
    });
    name
}
