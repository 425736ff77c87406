//! Driver images on Linux: loading, relocating, protecting, resolving imports.
//!
//! [`Image::load`] does the whole of it, in the order of the modules: the headers are checked
//! (`layout`), the sections copied to memory (`memory`), addresses corrected (`relocation`),
//! imports filled in (`imports`), the cookie set (`cookie`), and pages protected.

#![cfg(target_os = "linux")]

mod cookie;
mod error;
mod export;
mod image;
mod imports;
mod layout;
pub mod loaded;
mod memory;
mod relocation;
pub mod symbols;
#[cfg(test)]
mod tests;
pub mod unwind;

pub use error::LoadError;
pub use export::{Export, Unresolved};
pub use image::{Image, PageableSection};
pub use imports::is_datum;
