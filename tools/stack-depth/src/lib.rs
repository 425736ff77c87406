//! The worst static stack depth of a driver image where it calls another module.
//!
//! A kernel stack has 24 KiB, and the driver shares it with its callers and with what it calls. The
//! depth follows from the image alone: the unwind data says how much stack each function takes, the
//! code says which function calls which. The result is what the driver itself takes, from the return
//! address of the function that another module called, to the return address of the call that leaves
//! the image. A callback that runs inside such a call is a new entry.
//!
//! What cannot be bounded is an error: recursion, and stack whose size is not known before it runs.

mod calls;
mod functions;
mod graph;
mod image;
mod indirect;
mod names;
mod target;
mod unwind;

use std::path::Path;

use anyhow::Result;
pub use graph::{Boundary, DeepPath};

/// Finds the deepest path to each call that leaves the image, the deepest first. `callbacks` are parts
/// of the names of functions that only other modules call, so that no indirect call inside the image
/// reaches them.
///
/// # Errors
///
/// The image or its program database cannot be read; the image has recursion, which the error names,
/// or takes stack of unknown size.
pub fn deepest_paths(image: &Path, callbacks: &[&str]) -> Result<Vec<DeepPath>> {
    let image = image::ImageBytes::read(image)?;
    let names = names::Names::read(&image)?;
    let functions = functions::read(&image, &names)?;
    graph::deepest_paths(&functions, &names, callbacks)
}
