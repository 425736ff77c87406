//! Builds Windows kernel drivers that are written in Rust with Microsoft's `wdk` crates, or in C, on
//! Linux and without Microsoft's driver kit.
//!
//! ```no_run
//! let built = wdk_cross::Project::new("path/to/driver".into()).build()?;
//! println!("{}", built.image.display());
//! # anyhow::Ok(())
//! ```

mod build_script_failure;
pub mod build_tools;
mod c_driver;
mod cargo_output;
mod delivery;
mod driver;
mod driver_model;
pub mod files;
mod headers;
pub mod image;
mod import_library;
mod inf;
mod inf_encoding;
mod kit;
mod normalize_pe;
mod options;
pub mod output;
mod patch;
pub mod prerequisites;
pub mod program;
mod project;
pub mod source_date;
pub mod toolchain;
pub mod tools;
mod wdk_build_copy;
mod wdk_build_manifest;
mod wdk_macros_cache;

pub use c_driver::CDriver;
pub use delivery::Built;
pub use driver_model::KMDF_MINORS;
pub use inf::Architecture;
pub use kit::Kit;
pub use options::{Options, Profile};
pub use project::{Compilation, Project};
