//! Checks of the source tree itself, run by `cargo test`.
//!
//! Each check returns its [`Finding`]s: file, line, and what would be right.

mod finding;
pub mod module_graph;
pub mod source;
mod syntax;

pub use finding::{Finding, report};
