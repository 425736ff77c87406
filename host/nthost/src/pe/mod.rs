//! Driver images: loading, relocating, protecting, resolving imports.
//!
//! [`Image::load`] does the whole of it, in the order of the modules: the headers are checked
//! (`layout`), the sections copied to memory (`memory`), addresses corrected (`relocation`),
//! imports filled in (`imports`), the cookie set (`cookie`), and pages protected.

mod cookie;
mod error;
mod image;
mod imports;
mod layout;
pub mod loaded;
mod memory;
mod relocation;
pub(crate) mod symbols;
#[cfg(test)]
mod tests;
pub(crate) mod unwind;

pub use error::LoadError;
pub use image::Image;
