//! The images that are in memory now, found by address.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A driver image in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedImage {
    /// The file's name: `driver.sys`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The number that the linker gave the image and its program database.
    pub database: Option<[u8; 16]>,
    /// All of its addresses.
    pub range: Range<usize>,
    /// The addresses of its executable sections.
    pub code: Vec<Range<usize>>,
    /// Its table of unwind data, empty if it has none.
    pub functions: Range<usize>,
}

impl LoadedImage {
    /// Whether `address` is one of code.
    #[must_use]
    pub fn is_code(&self, address: usize) -> bool {
        self.code.iter().any(|section| section.contains(&address))
    }
}

static IMAGES: RwLock<Vec<Arc<LoadedImage>>> = RwLock::new(Vec::new());

/// The lowest address of all images, and the one behind the highest: a stack search asks for
/// thousands of other addresses.
static LOWEST: AtomicUsize = AtomicUsize::new(usize::MAX);
static END: AtomicUsize = AtomicUsize::new(0);

/// Makes `image` known.
pub(crate) fn add(image: LoadedImage) {
    change(|images| images.push(Arc::new(image)));
}

/// Forgets the image at `base`.
pub(crate) fn remove(base: usize) {
    change(|images| images.retain(|image| image.range.start != base));
}

fn change(edit: impl FnOnce(&mut Vec<Arc<LoadedImage>>)) {
    let mut images = IMAGES.write().unwrap_or_else(PoisonError::into_inner);
    edit(&mut images);
    let starts = images.iter().map(|image| image.range.start);
    let ends = images.iter().map(|image| image.range.end);
    LOWEST.store(starts.min().unwrap_or(usize::MAX), Ordering::Release);
    END.store(ends.max().unwrap_or(0), Ordering::Release);
}

/// Whether there is an image in memory.
#[must_use]
pub fn any() -> bool {
    let images = IMAGES.read().unwrap_or_else(PoisonError::into_inner);
    !images.is_empty()
}

/// True if `address` lies between the lowest and the highest address of all images.
#[inline]
#[must_use]
pub fn is_near(address: usize) -> bool {
    LOWEST.load(Ordering::Acquire) <= address && address < END.load(Ordering::Acquire)
}

/// The image that has `address`.
#[must_use]
pub fn find(address: usize) -> Option<Arc<LoadedImage>> {
    if !is_near(address) {
        return None;
    }
    let images = IMAGES.read().unwrap_or_else(PoisonError::into_inner);
    let image = images.iter().find(|image| image.range.contains(&address))?;
    Some(Arc::clone(image))
}

/// `address` for a reader: `driver.sys+0x1234` within an image, the bare number elsewhere.
#[must_use]
pub fn describe(address: usize) -> String {
    find(address).map_or_else(
        || format!("{address:#x}"),
        |image| format!("{}+{:#x}", image.name, address - image.range.start),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_described_by_its_image() {
        // Not an address that a real image could have.
        let base = 0x7000_0000_0000_0000;
        add(LoadedImage {
            name: "test.sys".to_owned(),
            path: PathBuf::new(),
            database: None,
            range: base..base + 0x1000,
            code: std::iter::once(base..base + 0x10).collect(),
            functions: 0..0,
        });
        assert_eq!(describe(base + 0x20), "test.sys+0x20");
        let image = find(base).unwrap();
        assert!(image.is_code(base) && !image.is_code(base + 0x10));
        remove(base);
        assert_eq!(describe(base + 0x20), "0x7000000000000020");
    }
}
