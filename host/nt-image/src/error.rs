//! Why a file cannot be loaded as a driver.

use std::path::PathBuf;

/// Why a file cannot be loaded as a driver.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no PE32+ image, or a part of it lies outside of the file.
    #[error("not a 64-bit PE image: {0}")]
    Malformed(#[from] object::read::Error),
    /// The image is for another processor.
    #[error("an image for machine {machine:#06x}; this host runs x64 (0x8664) only")]
    Machine {
        /// The header's machine number.
        machine: u16,
    },
    /// The image is a program or a user-mode library.
    #[error("an image for subsystem {subsystem}; a driver has 1, native")]
    Subsystem {
        /// The header's subsystem number.
        subsystem: u16,
    },
    /// The image cannot be moved from the address that it was linked for.
    #[error("an image without relocations cannot be loaded")]
    NoRelocations,
    /// Sections that do not start pages cannot be protected one by one.
    #[error("sections are aligned to {alignment:#x}, less than a page")]
    Alignment {
        /// The header's section alignment.
        alignment: u32,
    },
    /// A section, a relocation or an import lies outside of the image.
    #[error("{what} lies outside of the image")]
    Outside {
        /// What does.
        what: String,
    },
    /// Code that can be written is how exploits work; a driver has none.
    #[error("section {section} is writable and executable")]
    WritableCode {
        /// Its name.
        section: String,
    },
    /// Drivers have no thread-local storage.
    #[error("the image has thread-local storage, which no driver may use")]
    ThreadLocalStorage,
    /// There is no entry point.
    #[error("the image has no entry point")]
    NoEntry,
    /// A kind of relocation that x64 images do not have.
    #[error("a relocation of kind {kind} at {offset:#x}; x64 has 0 and 10 only")]
    Relocation {
        /// Its kind.
        kind: u16,
        /// Its offset in the image.
        offset: u32,
    },
    /// Imports by number depend on the build of the module.
    #[error("{module} is imported from by ordinal {ordinal}; only names can be resolved")]
    Ordinal {
        /// The module.
        module: String,
        /// The ordinal.
        ordinal: u16,
    },
    /// No memory for the image, or its pages cannot be protected.
    #[error("memory for the image")]
    Memory(#[from] nix::Error),
}
