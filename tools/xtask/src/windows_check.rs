//! Checks that all packages but the driver compile for Windows.
//!
//! The client and the command line run there. `cargo wdk build` builds the other packages there,
//! too: it builds the whole workspace.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use wdk_cross::build_tools::BuildTools;
use wdk_cross::toolchain::{TARGET, ToolchainChoice};

use crate::workspace;

/// Checks all packages but the driver, with the driver's toolchain.
pub(crate) fn check() -> Result<()> {
    let build_tools = BuildTools::prepare(ToolchainChoice::Auto)?;
    let toolchain = &build_tools.toolchain;
    let root = workspace::root()?;
    let mut cargo = toolchain.cargo(&root);
    cargo
        .args(["check", "--quiet"])
        .args(["--workspace", "--exclude", "driver"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(root.join("target/windows-client").join(toolchain.name()));
    if toolchain.builds_its_libraries() {
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .arg("-Zbuild-std=std,panic_abort");
    }
    let status = cargo
        .stdin(Stdio::null())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the workspace does not compile for Windows");
    }
    Ok(())
}
