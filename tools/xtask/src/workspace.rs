//! The folder of this workspace.

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;

/// The workspace's root folder: this package is in `tools/xtask` below it.
pub(crate) fn root() -> Result<PathBuf> {
    // Cargo sets the variable when it runs xtask. Without it, the path is that of the build.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .ancestors()
        .nth(2)
        .context("the xtask package is not two folders below the workspace's root")?;
    Ok(root.to_path_buf())
}
