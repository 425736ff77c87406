//! Checks of the source tree itself, run by `cargo test`.
//!
//! Each check returns its [`Finding`]s: file, line, and what would be right.

pub mod dependencies;
mod finding;
pub mod imports;
pub mod included_files;
pub mod module_graph;
pub mod packages;
pub mod page_commands;
pub mod pages;
pub mod retired_words;
pub mod sizes;
pub mod source;
mod syntax;
pub mod test_names;
pub mod type_names;

pub use finding::{Finding, report};
