//! A driver image, from the file to code that can be called.

use std::fs;
use std::ops::Range;
use std::path::Path;

use nix::sys::mman::ProtFlags;
use object::read::pe::PeFile64;

use crate::layout::Layout;
use crate::loaded::{self, LoadedImage};
use crate::memory::{Filling, Memory};
use crate::{Export, LoadError, Unresolved, cookie, imports, relocation};

/// A section that the linker has marked pageable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageableSection {
    /// Its pages.
    pub pages: Range<usize>,
    /// How they are protected.
    pub protection: ProtFlags,
}

/// A driver image in memory. Dropping it takes the code away: nothing may run or call it then.
#[derive(Debug)]
pub struct Image {
    name: String,
    memory: Memory,
    entry: usize,
    missing: Vec<String>,
    pageable: Vec<PageableSection>,
}

impl Image {
    /// Loads the driver at `path`, with what it imports from `exports`, or else from
    /// `unresolved`.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn load(
        path: &Path,
        exports: &[Export],
        unresolved: &dyn Unresolved,
    ) -> Result<Self, LoadError> {
        let data = fs::read(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(path, &data, exports, unresolved)
    }

    /// Loads the driver whose file is at `path` and has these bytes.
    pub(crate) fn from_bytes(
        path: &Path,
        data: &[u8],
        exports: &[Export],
        unresolved: &dyn Unresolved,
    ) -> Result<Self, LoadError> {
        let file = PeFile64::parse(data)?;
        let layout = Layout::of(&file, data)?;
        let mut filling = Filling::new(layout.size)?;
        let base = filling.base();
        let image = filling.bytes();
        copy(&layout, image);
        let distance = (base as u64).wrapping_sub(layout.preferred_base);
        relocation::relocate(&file, image, distance)?;
        let missing = imports::resolve(&file, image, exports, unresolved)?;
        cookie::set(&file, image, base as u64);
        let memory = filling.seal(&layout.protections())?;
        let sections = layout.sections.iter().filter(|section| section.pageable);
        let pageable = sections.map(|section| PageableSection {
            pages: base + section.pages.start..base + section.pages.end,
            protection: section.protection,
        });
        let pageable = pageable.collect();
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

    /// Its pageable sections.
    #[must_use]
    pub fn pageable(&self) -> &[PageableSection] {
        &self.pageable
    }

    /// What it imports without an export, as `module!name`.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }
}

impl Drop for Image {
    fn drop(&mut self) {
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
