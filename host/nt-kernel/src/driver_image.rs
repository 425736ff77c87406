//! The driver's image in the kernel: its missing imports stop the machine when they are used, and its
//! pageable sections are paged.

use std::ops::Deref;
use std::path::Path;

use nt_image::{Export, Image, LoadError, Unresolved};

use crate::{console, export_thunk, paging, unimplemented};

/// A loaded driver image. Dropping it unloads the code: nothing may run or call it then.
#[derive(Debug)]
pub struct DriverImage(Image);

/// Imports that this host does not implement.
struct Unimplemented;

impl Unresolved for Unimplemented {
    fn function(&self, name: String) -> usize {
        let stub = unimplemented::function(name.clone());
        let thunks = export_thunk::record_calls(vec![(name, stub)]);
        thunks.first().copied().unwrap_or(stub)
    }

    fn data(&self, name: String) -> usize {
        console::write_line(&format!(
            "{name} is data, which this host does not have: a read stops the machine"
        ));
        unimplemented::data(name)
    }
}

impl DriverImage {
    /// Loads the driver at `path`, with what it imports from `exports`.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub fn load(path: &Path, exports: &[Export]) -> Result<Self, LoadError> {
        let image = Image::load(path, exports, &Unimplemented)?;
        for section in image.pageable() {
            paging::add(section.pages.clone(), section.protection);
        }
        Ok(Self(image))
    }
}

/// Whether there is an image in memory.
#[must_use]
pub fn any_loaded() -> bool {
    nt_image::loaded::any()
}

/// Whether `address` lies in an image.
#[must_use]
pub fn contains(address: usize) -> bool {
    nt_image::loaded::find(address).is_some()
}

/// Whether `address` is one of an image's code.
#[must_use]
pub fn is_code(address: usize) -> bool {
    nt_image::loaded::find(address).is_some_and(|image| image.is_code(address))
}

impl Deref for DriverImage {
    type Target = Image;

    fn deref(&self) -> &Image {
        &self.0
    }
}

impl Drop for DriverImage {
    fn drop(&mut self) {
        for section in self.0.pageable() {
            paging::remove(section.pages.start);
        }
    }
}
