//! Where this workspace lies.

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;

/// The workspace's root folder: the one above this package's.
pub(crate) fn root() -> Result<PathBuf> {
    // Cargo says at run time where the package is now; a copied binary falls back to its birthplace.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .parent()
        .context("the xtask package has no parent folder")?;
    Ok(root.to_path_buf())
}
